"""A file that cannot be read changes nothing, and is one clear line."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from services.intake import service as intake
from services.intake.files import opened
from services.intake.store import driver_errors
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, Unavailable
from services.kernel.words import Role
from tests.intake.conftest import AS_OF, Unit
from tests.support.returns import census_child, write_census, write_ssda903

GOOD = {"header": ["C1,1,01/01/2012,"], "episodes": ["C1,01/05/2025,S,C2,U1,,"]}


async def _nothing_done(unit: Unit) -> bool:
    tables = ("child", "import_report", "import_finding", "audit_event", "resource", "setting")
    return not any([await unit.rows(f"SELECT 1 FROM {table}") for table in tables])


UNREADABLE = (
    ("missing", "there is no file or folder .*missing"),
    ("empty", "is no SSDA903 return: header.csv, episodes.csv, reviews.csv is missing; found no CSV file"),
    ("half", "is no SSDA903 return: reviews.csv is missing; found episodes.csv, header.csv"),
    ("twice", "holds HEADER.CSV and header.csv: which one is meant"),
    ("columns", "reviews.csv, line 1: column REVIEW_CODE is missing; expected CHILD, REVIEW, REVIEW_CODE; found CHILD, REVIEW, CODE"),
    ("half/header.csv", "name the folder that holds header.csv, episodes.csv, reviews.csv, or the one XML file of the return"),
    ("zip.xml", "is a zip or spreadsheet file"),
    ("broken.xml", "broken.xml, line 1, column 2[0-9]: broken XML"),
    ("census.xml", "the root element is Message; expected EXPSSDA903"),
)


async def test_a_return_that_cannot_be_read_changes_nothing(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_ssda903(tmp_path / "half", **GOOD)
    (tmp_path / "half" / "reviews.csv").unlink()
    write_ssda903(tmp_path / "twice", **GOOD)
    (tmp_path / "twice" / "HEADER.CSV").write_text("CHILD,SEX,DOB\n")
    write_ssda903(tmp_path / "columns", **GOOD)
    (tmp_path / "columns" / "reviews.csv").write_text("CHILD,REVIEW,CODE\nC1,01/06/2025,PN1\n")
    with zipfile.ZipFile(tmp_path / "zip.xml", "w") as archive:
        archive.writestr("a", "b")
    (tmp_path / "broken.xml").write_text("<EXPSSDA903><CHILD></X></EXPSSDA903>")
    write_census(tmp_path / "census.xml", census_child("C1"))
    for name, told in UNREADABLE:
        with pytest.raises(InvalidInput, match=told) as fault:
            await unit.ssda903(tmp_path / name)
        assert "\n" not in str(fault.value)
    assert await _nothing_done(unit)


async def test_a_fault_in_the_last_line_of_a_long_census_undoes_all_of_it(unit: Unit, tmp_path: Path) -> None:
    path = write_census(tmp_path / "census.xml", *(census_child(f"C{number}") for number in range(12_000)))
    path.write_text(path.read_text().replace("</Message>", "</Mess>"))
    with pytest.raises(InvalidInput, match="mismatched tag"):
        await unit.census(path)
    assert await _nothing_done(unit)


IMPORTS = (intake.import_cin_census, intake.import_family, intake.import_allocations, intake.import_establishment)


async def test_every_import_says_what_it_cannot_read(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "nonsense").write_bytes(b"\x00\x01\x02 nonsense")
    for take in IMPORTS:
        for path, told in ((tmp_path / "missing", "there is no file"), (tmp_path, "is not a file"), (tmp_path / "nonsense", "nonsense")):
            with pytest.raises(InvalidInput, match=told):
                await unit.take(take, path)
    assert await _nothing_done(unit)


async def test_a_right_over_ones_own_children_does_not_import(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(tmp_path, **GOOD)
    for role in (Role.IRO, Role.NOTE_TAKER, Role.AUDITOR, Role.SOCIAL_WORKER, Role.SERVICE):
        actor = Actor(subject="somebody", role=role, name="Somebody")
        with pytest.raises(Forbidden):
            await intake.import_ssda903(unit.resources, actor, folder, as_of=AS_OF, dry_run=False, now=unit.now)
    assert await _nothing_done(unit)


def test_a_full_disk_is_told_as_such() -> None:
    with pytest.raises(Unavailable, match="disk of the database is full: nothing was imported"), driver_errors():
        raise asyncpg.DiskFullError("could not extend file")


async def test_what_lies_after_today_has_not_happened_whatever_day_the_file_is_of(unit: Unit, tmp_path: Path) -> None:
    reviews = ["C1,01/01/2012,01/09/2026,PN1", "C1,01/01/2012,10/09/2026,PN1"]  # 'now' is 2 September
    report = await unit.ssda903(write_ssda903(tmp_path, **GOOD, reviews=reviews), as_of=date(2026, 12, 31))
    assert [finding.rule for finding in report.findings] == ["REVIEW_IN_FUTURE"]
    assert report.as_of == date(2026, 9, 2)
    assert await unit.rows("SELECT held_on FROM held_record") == [(date(2026, 9, 1),)]


async def test_files_come_in_any_letter_case(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(tmp_path, **GOOD)
    (folder / "header.csv").rename(folder / "Header.CSV")
    (folder / "oc2.csv").write_text("anything")
    (folder / "Header.CSV").write_bytes(b"\xef\xbb\xbfmother,Dob,child,SEX\r\n,01/01/2012,C1,1\r\n\r\n")
    report = await unit.ssda903(folder)
    assert report.lines()[0].startswith("Took 1 children from")
    with opened(folder / "Header.CSV") as stream:
        assert stream.read(3) == b"\xef\xbb\xbf"
