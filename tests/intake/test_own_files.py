"""Sibling groups, parents, standing allocations and the establishment: our own files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import asyncpg

from services.intake import service as intake
from services.intake.report import ImportReport
from services.kernel.ids import new_id
from tests.intake.conftest import Unit, found
from tests.support.returns import write_ssda903

ESTABLISHMENT = """
[unit]
name = "Conference and Review Unit"
organiser = "conferences@example.org"
room_desk = "rooms@example.org"

[[iro]]
code = "IRO-01"
name = "First Officer"
email = "iro01@example.org"
wte = "1.0"
may_not_chair = ["C3"]

[[iro]]
code = "IRO-02"
name = "Second Officer"
email = "iro02@example.org"
wte = "0.6"
absences = [{ first_day = 2026-12-21, last_day = 2026-12-31, reason = "leave" }]
"""


async def _children(unit: Unit, folder: Path, *references: str) -> None:
    header = [f"{child},1,01/01/2012," for child in references]
    await unit.ssda903(write_ssda903(folder / "return", header=header, episodes=[f"{child},01/05/2025,S,C2,U1,," for child in references]))


async def _family(unit: Unit, folder: Path, *rows: str) -> ImportReport:
    path = folder / "family.csv"
    path.write_text("\n".join(["CHILD,SIBLING_GROUP,PARENT", *rows, ""]))
    return await unit.take(intake.import_family, path)


async def _allocations(unit: Unit, folder: Path, *rows: str) -> ImportReport:
    path = folder / "allocations.csv"
    path.write_text("\n".join(["CHILD,IRO,FROM", *rows, ""]))
    return await unit.take(intake.import_allocations, path)


async def _groups(unit: Unit) -> list[tuple[object, ...]]:
    return await unit.rows(
        "SELECT k.reference, group_key FROM sibling_group_member JOIN child k ON k.id = child_id WHERE upper_inf(recorded) ORDER BY 1"
    )


async def _parents(unit: Unit) -> list[tuple[object, ...]]:
    return await unit.rows(
        "SELECT k.reference, p.reference FROM parentage JOIN child k ON k.id = child_id JOIN child p ON p.id = parent_id "
        "WHERE upper_inf(recorded) ORDER BY 1, 2"
    )


async def test_siblings_and_parents_are_recorded_corrected_and_repeatable(unit: Unit, tmp_path: Path) -> None:
    await _children(unit, tmp_path, "C1", "C2", "C3", "P1", "P2")
    report = await _family(unit, tmp_path, "C1,G1,P1", "C1,G1,P2", "C2,G1,", "C3,G2,")
    assert (found(report), report.counts.changed) == (set(), 3)
    assert await _groups(unit) == [("C1", "G1"), ("C2", "G1"), ("C3", "G2")]
    assert await _parents(unit) == [("C1", "P1"), ("C1", "P2")]
    before = await unit.fingerprint()
    again = await _family(unit, tmp_path, "C1,G1,P1", "C1,G1,P2", "C2,G1,", "C3,G2,")
    assert again.counts.unchanged == 3
    assert await unit.fingerprint() == before
    report = await _family(unit, tmp_path, "C1,G1,P2", "C2,,", "C3,G1,")
    assert report.counts.changed == 3
    assert await _groups(unit) == [("C1", "G1"), ("C3", "G1")]
    assert await _parents(unit) == [("C1", "P2")]
    assert await unit.rows("SELECT count(*) FROM sibling_group_member") == [(4,)], "nothing is overwritten"


async def test_each_rule_of_a_family_file_finds_its_fault(unit: Unit, tmp_path: Path) -> None:
    await _children(unit, tmp_path, "C1", "C2", "C3", "C4")
    rows = ("X1,G1,", "C1,G1,C1", "C2,G1,", "C2,G2,", "C3,G1,X2", ",G1,", 'C4,"G1,')
    report = await _family(unit, tmp_path, *rows)
    expected = {
        ("X1", "CHILD_UNKNOWN"),
        ("C1", "OWN_PARENT"),
        ("C2", "GROUP_CONTRADICTED"),
        ("C3", "PARENT_UNKNOWN"),
        (None, "CHILD_MISSING"),
    }
    assert found(report) == expected | {("C4", "ROW")}
    assert await _groups(unit) == [("C3", "G1")]


async def _establish(unit: Unit, folder: Path, text: str = ESTABLISHMENT) -> ImportReport:
    path = folder / "establishment.toml"
    path.write_text(text)
    return await unit.take(intake.import_establishment, path)


async def _held(unit: Unit) -> list[tuple[object, ...]]:
    return await unit.rows(
        "SELECT k.reference, o.code, lower(held), upper(held) FROM allocation JOIN child k ON k.id = child_id "
        "JOIN resource o ON o.id = iro_id ORDER BY 1, 3"
    )


async def test_standing_allocations_are_taken_and_repeatable(unit: Unit, tmp_path: Path) -> None:
    await _establish(unit, tmp_path)
    await _children(unit, tmp_path, "C1", "C2")
    rows = ("C1,IRO-02,01/06/2026", "C1,IRO-01,01/05/2025", "C2,IRO-02,01/05/2025")
    report = await _allocations(unit, tmp_path, *rows)
    assert (found(report), report.counts.changed) == (set(), 2)
    standing = [
        ("C1", "IRO-01", date(2025, 5, 1), date(2026, 6, 1)),
        ("C1", "IRO-02", date(2026, 6, 1), None),
        ("C2", "IRO-02", date(2025, 5, 1), None),
    ]
    assert await _held(unit) == standing
    before = await unit.fingerprint()
    again = await _allocations(unit, tmp_path, *rows)
    assert again.counts.unchanged == 2
    assert await unit.fingerprint() == before


async def test_each_rule_of_an_allocations_file_finds_its_fault(unit: Unit, tmp_path: Path) -> None:
    await _establish(unit, tmp_path)
    await _children(unit, tmp_path, *(f"C{number}" for number in range(1, 8)))
    report = await _allocations(
        unit,
        tmp_path,
        "X1,IRO-01,01/05/2025",
        "C1,IRO-99,01/05/2025",
        "C2,IRO-01,01/05/2025",
        "C2,IRO-02,01/05/2025",
        "C3,IRO-01,01/05/2025",
        "C4,IRO-01,01/09/2026",
        "C5,IRO-01,2025-05-01",
        "C6,,01/05/2025",
        "C7,IRO-01,01/05/2025",
        "C7,IRO-01,01/05/2025",
    )
    assert found(report) == {
        ("X1", "CHILD_UNKNOWN"),
        ("C1", "IRO_UNKNOWN"),
        ("C2", "ALLOCATION_CONTRADICTED"),
        ("C3", "MAY_NOT_CHAIR"),
        ("C4", "ALLOCATION_IN_FUTURE"),
        ("C5", "DATE"),
        ("C6", "IRO_UNKNOWN"),
        ("C7", "DUPLICATE"),
    }
    assert [row[0] for row in await _held(unit)] == ["C3", "C7"]


_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE foreign_key_violation USING CONSTRAINT = 'allocation_to_iro';
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON allocation FOR EACH ROW WHEN (lower(NEW.held) = '2026-06-01') EXECUTE FUNCTION refuse();
"""


async def test_of_a_child_of_whom_one_allocation_is_refused_none_is_taken(unit: Unit, database_url: str, tmp_path: Path) -> None:
    await _establish(unit, tmp_path)
    await _children(unit, tmp_path, "C1", "C2")
    owner = await asyncpg.connect(database_url)
    try:
        await owner.execute(_REFUSE)
    finally:
        await owner.close()
    report = await _allocations(unit, tmp_path, "C1,IRO-01,01/05/2025", "C2,IRO-02,01/05/2025", "C1,IRO-02,01/06/2026")
    (finding,) = report.findings
    assert (finding.child_reference, finding.line, finding.rule) == ("C1", 4, "ALLOCATION_REFUSED")
    assert (report.counts.taken, report.counts.changed, report.counts.refused) == (1, 1, 1)
    assert await _held(unit) == [("C2", "IRO-02", date(2025, 5, 1), None)]
    assert await unit.rows("SELECT count(*) FROM allocation_event") == [(1,)]


async def test_an_establishment_is_taken_and_repeatable(unit: Unit, tmp_path: Path) -> None:
    report = await _establish(unit, tmp_path)
    assert report.lines()[0].startswith("Took 2 officers, rooms, note-takers and police teams from establishment.toml")
    assert await unit.rows("SELECT code FROM resource ORDER BY 1") == [("IRO-01",), ("IRO-02",)]
    before = await unit.rows("SELECT t::text FROM resource t ORDER BY 1")
    assert (await _establish(unit, tmp_path)).findings_total == 0
    assert await unit.rows("SELECT t::text FROM resource t ORDER BY 1") == before


async def test_an_absence_over_a_meeting_is_listed_and_recorded_only_with_release(unit: Unit, tmp_path: Path) -> None:
    await _establish(unit, tmp_path, ESTABLISHMENT.replace("absences =", "# absences ="))
    meeting = await _meeting_of_second_officer(unit)
    path = tmp_path / "establishment.toml"
    path.write_text(ESTABLISHMENT)
    report = await unit.take(intake.import_establishment, path)
    assert [(finding.element, finding.rule) for finding in report.findings] == [("iro IRO-02", "ABSENCE_OVER_MEETINGS")]
    assert report.findings[0].message.count("not recorded") == 1
    assert await unit.rows("SELECT count(*) FROM absence") == [(0,)]
    report = await unit.take(intake.import_establishment, path, release=True)
    assert report.findings_total == 0
    assert await unit.rows("SELECT count(*) FROM absence") == [(1,)]
    assert await unit.rows("SELECT id FROM meeting WHERE needs = '{IRO}'") == [(meeting,)]
    assert await unit.rows("SELECT count(*) FROM hold") == [(0,)]


async def test_what_calendars_show_is_reported_in_words_and_feeds_follow_the_file(unit: Unit, tmp_path: Path) -> None:
    plain = ESTABLISHMENT.replace("absences =", "# absences =")
    await _establish(unit, tmp_path, plain)
    meeting = await _meeting_of_second_officer(unit)
    async with unit.resources.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO calendar_entry (uid, meeting_id, addressee_kind, addressee_code, owner_id, email, sequence, starts_at, ends_at, "
            "view, vevent, changed_at) SELECT 'a', m.id, 'IRO', 'IRO-02', r.id, r.email, 0, starts_at, ends_at, "
            "'{\"location\": \"see Convene\"}', '', '2026-09-01 09:00Z' "
            "FROM meeting m JOIN resource r ON r.id = m.chair_id WHERE m.id = $1",
            meeting,
        )
    shown = plain + '[settings.calendar]\nshow = { IRO = ["kind"] }\n'
    for text, summary, findings in (
        (shown, "SUMMARY:Meeting M-1 (care review)", 1),
        (shown, None, 1),
        (plain, "SUMMARY:Meeting M-1", 0),
    ):
        versions = await unit.rows("SELECT sum(version) FROM diary_version")
        report = await _establish(unit, tmp_path, text)
        on_show = [each for each in report.findings if each.rule == "SHOWN_IN_CALENDARS"]
        assert [(each.element, "lock screens" in each.message) for each in on_show] == [("settings.calendar", True)] * findings
        assert ((await unit.rows("SELECT sum(version) FROM diary_version")) == versions) == (summary is None)
        (event,) = (await unit.rows("SELECT vevent FROM calendar_entry"))[0]
        assert f"{summary or 'SUMMARY:Meeting M-1 (care review)'}\r\n" in str(event)
    assert await unit.rows("SELECT count(*) FROM notice") == [(0,)]


async def _meeting_of_second_officer(unit: Unit) -> UUID:
    meeting_id, span = new_id(), "tstzrange('2026-12-22 10:00Z', '2026-12-22 11:00Z')"
    async with unit.resources.database.transaction() as connection:
        iro_id = await connection.fetchval("SELECT id FROM resource WHERE code = 'IRO-02'")
        await connection.execute(
            "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at, chair_id) "
            f"VALUES ($1, 'M-1', 'CARE_REVIEW', 'CONFIRMED', lower({span}), upper({span}), $2)",
            meeting_id,
            iro_id,
        )
        await connection.execute(f"INSERT INTO sitting VALUES ($1, 1, {span})", meeting_id)
        await connection.execute(f"INSERT INTO hold VALUES ($1, {span}, {span}, $2, 1)", iro_id, meeting_id)
    return meeting_id


async def test_an_officer_who_is_named_no_longer_is_listed(unit: Unit, tmp_path: Path) -> None:
    await _establish(unit, tmp_path)
    report = await _establish(unit, tmp_path, ESTABLISHMENT[: ESTABLISHMENT.rindex("[[iro]]")])
    (finding,) = report.findings
    assert finding.rule == "NAMED_NO_LONGER"
    assert finding.message == "the file does not name it any more: not in use from 2026-09-03 on"


RULE = """
[[timescale]]
code = "CARE_REVIEW_NEXT"
amount = 4
unit = "MONTHS"
legal_basis = "regulation as amended"
from = 2026-01-01
"""


async def test_a_change_of_the_law_is_a_row_and_what_was_owed_before_it_stays(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(
        tmp_path,
        header=["C1,1,01/01/2012,"],
        episodes=["C1,01/05/2025,S,C2,U6,,"],
        reviews=[f"C1,01/01/2012,{day},PN1" for day in ("20/05/2025", "10/08/2025", "05/02/2026")],
    )
    await unit.ssda903(folder)
    sql = "SELECT triggered_on::text, statutory_due_on::text, rule_amount, legal_basis FROM obligation ORDER BY 1"
    before = await unit.rows(sql)
    assert before[-1][:3] == ("2026-02-05", "2026-08-05", 6)
    path = tmp_path / "establishment.toml"
    path.write_text(ESTABLISHMENT + RULE)
    await unit.take(intake.import_establishment, path)
    assert await unit.rows(sql) == [*before[:-1], ("2026-02-05", "2026-06-05", 4, "regulation as amended")]
    rows = "SELECT in_force::text, amount, source FROM timescale WHERE code = 'CARE_REVIEW_NEXT' ORDER BY in_force"
    assert (await unit.rows(rows))[-2:] == [("[2011-04-01,2026-01-01)", 6, "SHIPPED"), ("[2026-01-01,)", 4, "ESTABLISHMENT")]
    kept = await unit.fingerprint()
    await unit.take(intake.import_establishment, path)
    assert await unit.fingerprint() == kept
    path.write_text(ESTABLISHMENT)
    await unit.take(intake.import_establishment, path)
    assert await unit.rows(sql) == before
    assert (await unit.rows(rows))[-1] == ("[2011-04-01,)", 6, "SHIPPED")


async def test_the_number_of_an_officer_is_known_and_goes_over_to_another(unit: Unit, tmp_path: Path) -> None:
    path = tmp_path / "establishment.toml"
    sql = "SELECT r.code, o.registration FROM iro o JOIN resource r ON r.id = o.resource_id ORDER BY 1"
    first, second = (
        ESTABLISHMENT.replace(f'code = "{code}"', f'code = "{code}"\nregistration = "SW 123456"') for code in ("IRO-01", "IRO-02")
    )
    path.write_text(first)
    await unit.take(intake.import_establishment, path)
    assert (await unit.rows(sql))[:2] == [("IRO-01", "SW123456"), ("IRO-02", None)]
    path.write_text(second)
    await unit.take(intake.import_establishment, path)
    assert (await unit.rows(sql))[:2] == [("IRO-01", None), ("IRO-02", "SW123456")]
