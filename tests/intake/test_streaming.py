"""Returns of any length are read with the memory of one child, and what only pretends to be a return is refused at once.

`python -m tests.intake.test_streaming MEGABYTES` reads a census and a return of that size, written as they are read, and prints
the seconds and the peak of memory.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from services.intake import service as intake
from services.intake.readers.cin_census import read_census
from services.intake.readers.ssda903 import read_reviews, read_xml
from services.kernel.errors import InvalidInput
from tests.intake.conftest import Unit

_SMALL, _LARGE = 1, 12
"""Megabytes that are read in the suite: the second must need no more than the first, but for what the interpreter does."""

_SPARE_MB = 12

_CENSUS = (
    "<Message><Header/><Children>",
    (
        "<Child><ChildIdentifiers><LAchildID>C{}</LAchildID><PersonBirthDate>2018-05-01</PersonBirthDate><Sex>M</Sex></ChildIdentifiers>"
        "<CINdetails><Section47><S47ActualStartDate>2025-06-02</S47ActualStartDate></Section47><ChildProtectionPlans>"
        "<CPPstartDate>2025-06-19</CPPstartDate><LatestCategoryOfAbuse>NEG</LatestCategoryOfAbuse>"
        "<Reviews><CPPreviewDate>2025-09-01</CPPreviewDate></Reviews></ChildProtectionPlans></CINdetails></Child>\n"
    ),
    "</Children></Message>",
)
_LOOKED_AFTER = (
    "<EXPSSDA903>",
    (
        "<CHILD><HEADER><CHILDID>C{}</CHILDID><SEX>1</SEX><DOB>01/05/2018</DOB><AREVIEW><REVIEW>01/09/2025</REVIEW><REVIEW_CODE>PN1"
        "</REVIEW_CODE></AREVIEW></HEADER><EPISODE><DECOM>02/06/2025</DECOM><RNE>S</RNE><LS>C2</LS><DEC></DEC><REC></REC></EPISODE></CHILD>\n"
    ),
    "</EXPSSDA903>",
)


class Endless(io.RawIOBase):
    """A file of so many megabytes that is nowhere: each child is written when it is read."""

    def __init__(self, parts: tuple[str, str, str], megabytes: int) -> None:
        self._chunks, self._rest = self._write(parts, megabytes << 20), b""

    @staticmethod
    def _write(parts: tuple[str, str, str], size: int) -> Iterator[bytes]:
        start, child, end = parts
        yield start.encode()
        written = number = 0
        while written < size:
            chunk = "".join(child.format(number + place) for place in range(200)).encode()
            number, written = number + 200, written + len(chunk)
            yield chunk
        yield end.encode()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._rest and (chunk := next(self._chunks, None)) is not None:
            self._rest = chunk
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def read_through(megabytes: int) -> tuple[int, float]:
    """Rows of both kinds of file, and the peak of memory of this process, in megabytes."""
    rows = sum(1 for _ in read_census(_stream(_CENSUS, megabytes), "census.xml"))
    rows += sum(1 for _ in read_xml(_stream(_LOOKED_AFTER, megabytes), "ssda903.xml"))
    return rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _stream(parts: tuple[str, str, str], megabytes: int) -> IO[bytes]:
    return io.BufferedReader(Endless(parts, megabytes), 1 << 16)  # type: ignore[type-var]


def _read_apart(megabytes: int) -> tuple[int, float]:
    command = [sys.executable, "-m", "tests.intake.test_streaming", str(megabytes)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]).stdout.split()
    return int(told[0]), float(told[2])


def test_a_file_twelve_times_as_long_needs_no_more_memory() -> None:
    few, little = _read_apart(_SMALL)
    many, peak = _read_apart(_LARGE)
    assert many > 10 * few
    assert peak < little + _SPARE_MB


_LAUGHS = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 9))
BOMBS = {
    "billion": f'<!DOCTYPE Message [<!ENTITY l0 "ha">{_LAUGHS}]><Message>&l8;</Message>',
    "quadratic": f'<!DOCTYPE Message [<!ENTITY a "{"a" * 50_000}">]><Message>{"&a;" * 1000}</Message>',
    "outside": '<!DOCTYPE Message [<!ENTITY x SYSTEM "file:///etc/hostname">]><Message><Children>&x;</Children></Message>',
    "parameter": '<!DOCTYPE Message [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><Message/>',
}


@pytest.mark.parametrize("name", BOMBS)
async def test_entities_are_refused_before_anything_is_expanded(unit: Unit, tmp_path: Path, name: str) -> None:
    (tmp_path / "bomb.xml").write_text(BOMBS[name])
    for take in (intake.import_cin_census, intake.import_ssda903):
        with pytest.raises(InvalidInput, match="declares a document type or entities"):
            await unit.take(take, tmp_path / "bomb.xml")
    assert await unit.rows("SELECT 1 FROM import_report") == []


@pytest.mark.parametrize("name", ["return.xml", "return.csv"])
async def test_an_archive_under_another_name_is_no_return(unit: Unit, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("cin_census.xml", "<Message/>")
    for take in (intake.import_cin_census, intake.import_ssda903, intake.import_family, intake.import_allocations, intake.import_diary):
        with pytest.raises(InvalidInput, match="zip or spreadsheet"):
            await unit.take(take, tmp_path / name)
    (tmp_path / "ssda903").mkdir()
    for part in ("header", "episodes", "reviews"):
        (tmp_path / "ssda903" / f"{part}.csv").write_bytes((tmp_path / name).read_bytes())
    with pytest.raises(InvalidInput, match="zip or spreadsheet"):
        await unit.ssda903(tmp_path / "ssda903")


def test_a_line_without_an_end_is_no_csv() -> None:
    endless = _stream(("CHILD,REVIEW,REVIEW_CODE\n", "C{},,,,,,,,,,", ""), 1)
    with pytest.raises(InvalidInput, match="is longer than"):
        list(read_reviews(endless, "reviews.csv"))


if __name__ == "__main__":
    began = time.monotonic()
    count, most = read_through(int(sys.argv[1]))
    print(f"{count} rows, {most:.1f} MB at most, {time.monotonic() - began:.1f} s")
