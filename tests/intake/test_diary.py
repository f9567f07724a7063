"""The diary that stands when a unit begins: kept as stated, listed where it clashes, corrected by a corrected file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking import service as booking
from services.booking.commands import MeetingAction
from services.history import service as history
from services.history.commands import ApproveHousehold, RecordDeath, RecordStrategyDiscussion
from services.intake import service as intake
from services.intake.readers.diary import NotATime, read_time
from services.intake.report import ImportReport
from services.intake.stating import StatedRow, in_order
from services.kernel.errors import InvalidInput
from services.kernel.window import LONDON
from services.kernel.words import MeetingKind
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, World, at, key, overlaps
from tests.intake.conftest import Unit, found
from tests.support.returns import write_ssda903

HEADER = "KIND,CHILDREN,START,END,IRO,ROOM,NOTE_TAKER,POLICE"
DAY = date(2026, 9, 8)
REVIEW = "CARE_REVIEW,{child},{start},{end},{iro},,,"


@pytest.fixture
async def world(database: Database, unit: Unit, tmp_path: Path) -> World:
    """Children C1 to C4 in care since 10 August 2026, and a unit with two officers, two rooms, two note-takers, one police place."""
    made = World(database)
    children = ("C1", "C2", "C3", "C4")
    header = [f"{child},1,01/01/2012," for child in children]
    episodes = [f"{child},10/08/2026,S,C2,U1,," for child in children]
    await unit.ssda903(write_ssda903(tmp_path / "return", header=header, episodes=episodes))
    return made


async def _diary(unit: Unit, folder: Path, *rows: str, header: str = HEADER, **more: Any) -> ImportReport:
    path = folder / "diary.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return await unit.take(intake.import_diary, path, as_of=unit.now.date(), **more)


def _review(child: str, day: date = DAY, start: str = "10:00", end: str = "11:00", iro: str = "IRO-01") -> str:
    return REVIEW.format(child=child, start=f"{day:%d/%m/%Y} {start}", end=f"{day.isoformat()}T{end}", iro=iro)


async def _discussed(unit: Unit, *references: str) -> None:
    command = RecordStrategyDiscussion(request_key=key(), references=references, held_on=date(2026, 9, 1))
    await history.record_strategy_discussion(unit.resources, MANAGER, command, unit.now)


async def _meetings(world: World) -> list[dict[str, Any]]:
    rows = await world.sql("SELECT id FROM meeting ORDER BY starts_at, reference")
    return [await world.meeting(row["id"]) for row in rows]


async def _everything(unit: Unit) -> dict[str, Any]:
    tables = ("meeting", "meeting_item", "meeting_event", "hold", "sitting", "attendee", "calendar_entry", "notice", "diary_statement")
    return {**await unit.fingerprint(), **{each: await unit.rows(f"SELECT t::text FROM {each} t ORDER BY 1") for each in tables}}


def _rules(report: ImportReport) -> list[str]:
    return sorted(finding.rule for finding in report.findings)


async def test_a_row_becomes_a_confirmed_meeting_with_its_holds_its_duty_and_everybody_told(
    unit: Unit, world: World, tmp_path: Path
) -> None:
    await _discussed(unit, "C1", "C2")
    row = f"initial conference,C1; C2,{DAY:%d/%m/%Y} 10:00,{DAY:%d/%m/%Y} 12:00,IRO-01,ROOM-A,NT-01,POL-01"
    report = await _diary(unit, tmp_path, row)
    assert (found(report), report.counts.taken, report.counts.changed) == (set(), 1, 1)
    assert report.lines()[0].startswith("Took 1 meetings from diary.csv")
    (meeting,) = await _meetings(world)
    assert (meeting["kind"], meeting["state"], meeting["needs"]) == ("INITIAL_CONFERENCE", "CONFIRMED", [])
    assert (meeting["starts_at"], meeting["ends_at"]) == (at(DAY, "10:00"), at(DAY, "12:00"))
    assert (meeting["chair"], meeting["room"], meeting["note_taker"], meeting["police"]) == ("IRO-01", "ROOM-A", "NT-01", "POL-01")
    assert set(await world.holds(meeting["id"])) == {"IRO-01", "ROOM-A", "NT-01", "POL-01/1"}
    assert await world.owed(meeting["id"]) == [(kind, "REQUEST", 0) for kind in ("IRO", "NOTE_TAKER", "POLICE", "ROOM_DESK")]
    items = await unit.rows(
        "SELECT c.reference, o.kind, o.state FROM meeting_item i JOIN child c ON c.id = i.child_id "
        "JOIN obligation o ON o.id = i.obligation_id WHERE i.meeting_id = $1 ORDER BY 1",
        meeting["id"],
    )
    assert items == [("C1", "INITIAL_CONFERENCE", "OPEN"), ("C2", "INITIAL_CONFERENCE", "OPEN")]


async def test_the_same_diary_again_changes_nothing(unit: Unit, world: World, tmp_path: Path) -> None:
    rows = (_review("C1"), _review("C2", start="13:00", end="14:00"), _review("C3", iro="IRO-01"))
    await _diary(unit, tmp_path, *rows)
    before = await _everything(unit)
    again = await _diary(unit, tmp_path, *rows)
    assert (again.counts.taken, again.counts.changed) == (3, 0)
    assert _rules(again) == ["DIARY_STILL_LACKS"]  # C3's officer is with C1 then: listed again, and left
    assert await _everything(unit) == before


async def test_a_diary_that_clashes_with_itself_is_listed_not_lost(unit: Unit, world: World, tmp_path: Path) -> None:
    report = await _diary(unit, tmp_path, _review("C1"), _review("C2", start="10:30", end="11:30"))
    assert found(report) == {("C2", "DIARY_TAKEN")}
    (finding,) = report.findings
    assert finding.line == 3
    first, second = await _meetings(world)
    assert f"IRO-01 is taken from {DAY} 09:00 to 12:00 by line 2 ({first['reference']})" in finding.message
    assert (first["needs"], second["needs"]) == ([], ["IRO"])
    assert (second["state"], second["chair"]) == ("CONFIRMED", None)
    assert await overlaps(world.database) == 0


async def test_what_was_booked_here_is_named_where_the_diary_clashes_with_it(unit: Unit, world: World, tmp_path: Path) -> None:
    booked = await world.book_review("C1", starts_at=at(DAY, "10:00"), chair_code="IRO-01")
    report = await _diary(unit, tmp_path, _review("C2"))
    (finding,) = report.findings
    assert (finding.rule, (await world.meeting(booked))["reference"] in finding.message) == ("DIARY_TAKEN", True)


async def test_a_second_conference_of_the_police_at_one_time_is_kept_without_them(unit: Unit, world: World, tmp_path: Path) -> None:
    await _discussed(unit, "C1", "C2")
    start, end = f"{DAY:%d/%m/%Y} 10:00", f"{DAY:%d/%m/%Y} 12:00"
    report = await _diary(
        unit,
        tmp_path,
        f"INITIAL_CONFERENCE,C1,{start},{end},IRO-01,ROOM-A,NT-01,POL-01",
        f"INITIAL_CONFERENCE,C2,{start},{end},IRO-02,ROOM-B,NT-02,POL-01",
    )
    assert found(report) == {("C2", "DIARY_TAKEN")}
    assert [each["needs"] for each in await _meetings(world)] in ([[], ["POLICE"]], [["POLICE"], []])


@pytest.mark.parametrize(
    ("row", "rule", "lacks"),
    [
        (_review("C1", day=date(2026, 9, 12)), "DIARY_AWAY", ["IRO"]),  # a Saturday: a review may be then, the officer is not at work
        (_review("C1", iro="IRO-99"), "DIARY_RESOURCE_UNKNOWN", ["IRO"]),
        (_review("C1", iro=""), "DIARY_UNSTATED", ["IRO"]),
        (_review("C1", start="08:00", end="09:00"), "DIARY_HOURS", ["IRO"]),
    ],
)
async def test_what_cannot_be_held_leaves_the_meeting_without_it(
    unit: Unit, world: World, tmp_path: Path, row: str, rule: str, lacks: list[str]
) -> None:
    report = await _diary(unit, tmp_path, row)
    assert rule in _rules(report)
    (meeting,) = await _meetings(world)
    assert (meeting["state"], meeting["needs"], meeting["chair"]) == ("CONFIRMED", lacks, None)


async def test_an_officer_who_once_had_charge_does_not_chair(unit: Unit, world: World, tmp_path: Path) -> None:
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) SELECT id, 'C1', 'TEST' FROM resource WHERE code = 'IRO-01'"
    )
    report = await _diary(unit, tmp_path, _review("C1"))
    assert found(report) == {("C1", "DIARY_CHAIR")}
    assert "kept without a chair" in report.findings[0].message
    (meeting,) = await _meetings(world)
    assert (meeting["chair"], meeting["needs"]) == (None, ["IRO"])
    assert await world.owed(meeting["id"]) == []


async def test_a_room_that_does_not_suit_is_the_room_all_the_same(unit: Unit, world: World, tmp_path: Path) -> None:
    await world.sql("UPDATE room SET seats = 4 WHERE resource_id = (SELECT id FROM resource WHERE code = 'ROOM-A')")
    await _discussed(unit, "C1")
    row = f"INITIAL_CONFERENCE,C1,{DAY:%d/%m/%Y} 10:00,{DAY:%d/%m/%Y} 12:00,IRO-01,ROOM-A,NT-01,"
    report = await _diary(unit, tmp_path, row)
    assert found(report) == {("C1", "DIARY_ROOM")}
    (meeting,) = await _meetings(world)
    assert (meeting["room"], meeting["needs"]) == ("ROOM-A", [])
    assert meeting["police_waived_reason"] == "the diary states no police"


async def test_a_secure_criteria_review_without_a_panel_stands_and_is_listed(unit: Unit, world: World, tmp_path: Path) -> None:
    await world.establish(settings={"attendance": {"SECURE_CRITERIA_REVIEW": []}})
    row = f"SECURE_CRITERIA_REVIEW,C1,{DAY:%d/%m/%Y} 10:00,{DAY:%d/%m/%Y} 12:00,IRO-02,,NT-01,"
    report = await _diary(unit, tmp_path, row)
    messages = [finding.message for finding in report.findings if finding.rule == "DIARY_PANEL"]
    assert len(messages) == 2
    assert "3 persons at least" in messages[0]
    (meeting,) = await _meetings(world)
    assert meeting["state"] == "CONFIRMED"


async def test_a_meeting_after_the_laws_day_stands_and_says_so(unit: Unit, world: World, tmp_path: Path) -> None:
    report = await _diary(unit, tmp_path, _review("C1", day=date(2026, 9, 29)))
    assert found(report) == {("C1", "DIARY_LATE")}
    assert "2026-09-08" in report.findings[0].message
    (meeting,) = await _meetings(world)
    assert meeting["override_reason"] == "stood in the diary when the unit began"


async def test_a_chain_of_reviews_is_owed_link_by_link_in_whatever_order_the_rows_come(unit: Unit, world: World, tmp_path: Path) -> None:
    report = await _diary(unit, tmp_path, _review("C1", day=date(2026, 12, 3)), _review("C1"))
    assert (found(report), report.counts.changed) == (set(), 2)
    obligations = await world.obligations("C1")
    assert obligations == [("CARE_REVIEW", "OPEN", date(2026, 8, 10)), ("CARE_REVIEW", "EXPECTED", DAY)]
    linked = await unit.rows(
        "SELECT m.starts_at::date::text, o.triggered_on::text FROM meeting m JOIN meeting_item i ON i.meeting_id = m.id "
        "JOIN obligation o ON o.id = i.obligation_id ORDER BY 1"
    )
    assert linked == [("2026-09-08", "2026-08-10"), ("2026-12-03", "2026-09-08")]


async def test_what_no_record_owes_stands_and_is_listed(unit: Unit, world: World, tmp_path: Path) -> None:
    row = f"REVIEW_CONFERENCE,C1,{DAY:%d/%m/%Y} 10:00,{DAY:%d/%m/%Y} 11:30,IRO-01,ROOM-A,NT-01,POL-01"
    report = await _diary(unit, tmp_path, row)
    assert found(report) == {("C1", "DIARY_NOT_OWED")}
    (meeting,) = await _meetings(world)
    assert meeting["state"] == "CONFIRMED"


async def test_nothing_stands_for_a_child_who_died_and_its_brothers_meet_without_it(unit: Unit, world: World, tmp_path: Path) -> None:
    rows = (_review("C1"), _review("C1;C2", start="13:00", end="14:00"))
    await _diary(unit, tmp_path, *rows)
    death = RecordDeath(request_key=key(), reference="C1", died_on=unit.now.date())
    await booking.record_death(unit.resources, MANAGER, death, unit.now)
    before = await _everything(unit)
    report = await _diary(unit, tmp_path, *rows)
    assert sorted((each.line, each.rule) for each in report.findings) == [(2, "DIARY_CHILD_GONE"), (3, "DIARY_CHILD_LEFT_OUT")]
    assert (report.counts.refused, report.counts.unchanged) == (1, 1)
    assert await _everything(unit) == before
    assert [(meeting["state"], meeting["version"]) for meeting in await _meetings(world)] == [("CANCELLED", 2), ("CONFIRMED", 2)]


async def test_a_first_diary_invites_nobody_about_a_child_who_died(unit: Unit, world: World, tmp_path: Path) -> None:
    death = RecordDeath(request_key=key(), reference="C1", died_on=unit.now.date())
    await booking.record_death(unit.resources, MANAGER, death, unit.now)
    report = await _diary(unit, tmp_path, _review("C1"), _review("C1;C2", start="13:00", end="14:00"))
    assert found(report) == {("C1", "DIARY_CHILD_GONE"), ("C1", "DIARY_CHILD_LEFT_OUT")}
    about = await unit.rows("SELECT c.reference FROM meeting_item i JOIN child c ON c.id = i.child_id")
    assert about == [("C2",)]


async def test_past_meetings_are_not_booked(unit: Unit, world: World, tmp_path: Path) -> None:
    report = await _diary(unit, tmp_path, _review("C1", day=date(2026, 8, 27)))
    assert found(report) == {("C1", "DIARY_PAST")}
    assert "the records bring it" in report.findings[0].message
    assert await _meetings(world) == []


async def test_a_corrected_row_moves_the_meeting_that_an_earlier_diary_made(unit: Unit, world: World, tmp_path: Path) -> None:
    await _diary(unit, tmp_path, _review("C1"), _review("C2", start="13:00", end="14:00"))
    first, untouched = await _meetings(world)
    report = await _diary(
        unit, tmp_path, _review("C1", start="14:00", end="15:00", iro="IRO-02"), _review("C2", start="13:00", end="14:00")
    )
    assert (found(report), report.counts.changed, report.counts.unchanged) == (set(), 1, 1)
    moved = await world.meeting(first["id"])
    assert (moved["starts_at"], moved["chair"], moved["version"], moved["reference"]) == (
        at(DAY, "14:00"),
        "IRO-02",
        2,
        first["reference"],
    )
    assert await world.history(first["id"]) == ["BOOKED", "MOVED"]
    assert (await world.meeting(untouched["id"]))["version"] == 1
    assert len(await _meetings(world)) == 2
    told = await unit.rows(
        "SELECT addressee_code, method FROM notice JOIN calendar_entry e USING (uid) WHERE meeting_id = $1 ORDER BY owed_at, 2, 1",
        first["id"],
    )
    assert told == [("IRO-01", "REQUEST"), ("IRO-01", "CANCEL"), ("IRO-02", "REQUEST")]


async def test_a_corrected_row_gives_back_what_the_clash_took(unit: Unit, world: World, tmp_path: Path) -> None:
    await _diary(unit, tmp_path, _review("C1"), _review("C2"))
    report = await _diary(unit, tmp_path, _review("C1"), _review("C2", iro="IRO-02"))
    assert (found(report), report.counts.changed) == (set(), 1)
    assert [(each["chair"], each["needs"]) for each in await _meetings(world)] in (
        [("IRO-01", []), ("IRO-02", [])],
        [("IRO-02", []), ("IRO-01", [])],
    )


async def test_a_meeting_that_was_changed_here_since_is_left_as_it_is(unit: Unit, world: World, tmp_path: Path) -> None:
    await _diary(unit, tmp_path, _review("C1"))
    (meeting,) = await _meetings(world)
    await world.move(meeting["id"], starts_at=at(DAY, "12:00"))
    report = await _diary(unit, tmp_path, _review("C1", start="14:00", end="15:00"))
    assert found(report) == {("C1", "DIARY_CHANGED_SINCE")}
    assert (await world.meeting(meeting["id"]))["starts_at"] == at(DAY, "12:00")
    again = await _diary(unit, tmp_path, _review("C1"))
    assert (found(again), again.counts.changed) == (set(), 0)


async def test_a_meeting_whose_kind_the_records_changed_still_follows_the_diary(unit: Unit, world: World, tmp_path: Path) -> None:
    await _discussed(unit, "C1")
    row = "INITIAL_CONFERENCE,C1,{0} 10:00,{0} 12:00,IRO-01,ROOM-A,NT-01,POL-01"
    await _diary(unit, tmp_path, row.format(f"{DAY:%d/%m/%Y}"))
    (meeting,) = await _meetings(world)
    await world.sql("UPDATE meeting SET version = version + 1, kind = 'PRE_BIRTH_CONFERENCE'")
    await world.sql(
        "INSERT INTO meeting_event (meeting_id, number, at, by, what) VALUES ($1, 2, now(), 'records', 'KIND_CHANGED')", meeting["id"]
    )
    report = await _diary(unit, tmp_path, row.format("09/09/2026"))
    assert (found(report), report.counts.changed) == (set(), 1)
    assert (await world.meeting(meeting["id"]))["starts_at"] == at(date(2026, 9, 9), "10:00")


async def test_a_meeting_that_was_cancelled_here_is_not_booked_again(unit: Unit, world: World, tmp_path: Path) -> None:
    await _diary(unit, tmp_path, _review("C1"))
    (meeting,) = await _meetings(world)
    action = MeetingAction(request_key=key(), id=meeting["id"], version=1, reason="a test")
    await booking.cancel(unit.resources, MANAGER, action, unit.now)
    report = await _diary(unit, tmp_path, _review("C1"))
    assert report.counts.changed == 0
    assert [each["state"] for each in await _meetings(world)] == ["CANCELLED"]


async def test_a_meeting_that_was_booked_here_by_hand_is_not_booked_twice(unit: Unit, world: World, tmp_path: Path) -> None:
    await world.book_review("C1", starts_at=at(DAY, "10:00"), chair_code="IRO-01")
    report = await _diary(unit, tmp_path, _review("C1"))
    assert (found(report), report.counts.changed) == ({("C1", "DIARY_STANDS")}, 0)
    assert len(await _meetings(world)) == 1


async def test_a_row_that_is_gone_from_the_file_leaves_its_meeting_and_is_listed(unit: Unit, world: World, tmp_path: Path) -> None:
    await _diary(unit, tmp_path, _review("C1"), _review("C1", day=date(2026, 12, 3)))
    report = await _diary(unit, tmp_path, _review("C1"))
    assert _rules(report) == ["DIARY_LEFT_OUT"]
    assert len(await _meetings(world)) == 2


async def test_a_dry_run_books_nothing_and_says_what_it_would(unit: Unit, world: World, tmp_path: Path) -> None:
    report = await _diary(unit, tmp_path, _review("C1"), _review("C2"), dry_run=True)
    assert (report.counts.changed, _rules(report)) == (2, ["DIARY_TAKEN"])
    assert await _meetings(world) == []


async def test_wrong_rows_are_refused_by_name_and_stop_no_other(unit: Unit, world: World, tmp_path: Path) -> None:
    rows = {
        "PARTY,C1,08/09/2026 10:00,08/09/2026 11:00,IRO-01,,,": "DIARY_KIND",
        "CARE_REVIEW,,08/09/2026 10:00,08/09/2026 11:00,IRO-01,,,": "DIARY_CHILDREN",
        "CARE_REVIEW,C1;NOBODY,08/09/2026 10:00,08/09/2026 11:00,IRO-01,,,": "DIARY_CHILD_UNKNOWN",
        "CARE_REVIEW,C1,2026/09/08 10:00,08/09/2026 11:00,IRO-01,,,": "DIARY_TIME",
        "CARE_REVIEW,C1,08/09/2026 11:00,08/09/2026 10:00,IRO-01,,,": "DIARY_SPAN",
        "CARE_REVIEW,C1,08/09/2026 11:00,09/09/2026 10:00,IRO-01,,,": "DIARY_SPAN",
        "CARE_REVIEW,C1,28/03/2027 01:30,28/03/2027 02:30,IRO-01,,,": "CLOCK_CHANGE",
        "CARE_REVIEW,C1,25/10/2026 01:30,25/10/2026 02:30,IRO-01,,,": "CLOCK_CHANGE",
        'CARE_REVIEW,"C1,08/09/2026 10:00,08/09/2026 11:00,IRO-01,,,': "DIARY_ROW",
        "FOSTER_HOME_REVIEW,C1,08/09/2026 10:00,08/09/2026 11:00,IRO-01,,,": "DIARY_HOUSEHOLD_UNKNOWN",
    }
    report = await _diary(unit, tmp_path, *rows, _review("C2"))
    listed = {(finding.line, finding.rule) for finding in report.findings}
    assert listed >= set(enumerate(rows.values(), start=2))
    assert {line for line, _ in listed} == set(range(2, 2 + len(rows)))
    assert (report.counts.refused, report.counts.taken) == (len(rows), 1)
    assert len(await _meetings(world)) == 1


async def test_a_wrong_row_does_not_take_the_place_of_a_right_one(unit: Unit, world: World, tmp_path: Path) -> None:
    report = await _diary(unit, tmp_path, _review("C1"), _review("C1", end="09:00"))
    assert (_rules(report), report.counts.taken) == (["DIARY_SPAN"], 1)


async def test_the_later_of_two_rows_about_one_meeting_stands(unit: Unit, world: World, tmp_path: Path) -> None:
    report = await _diary(unit, tmp_path, _review("C1"), _review("C1", iro="IRO-02"), _review("C2"), _review("C2"))
    assert _rules(report) == ["DIARY_TWICE", "DUPLICATE"]
    assert sorted(each["chair"] for each in await _meetings(world)) == ["IRO-01", "IRO-02"]


async def test_a_foster_home_review_is_about_a_household(unit: Unit, world: World, tmp_path: Path) -> None:
    approval = ApproveHousehold(request_key=key(), reference="H1", approved_on=date(2025, 9, 20))
    await history.approve_household(unit.resources, MANAGER, approval, unit.now)
    row = "FOSTER_HOME_REVIEW,H1,08/09/2026 {0}:00,08/09/2026 {1}:00,IRO-01,,,"
    report = await _diary(unit, tmp_path, row.format("10", "11"))
    assert (found(report), report.counts.changed) == (set(), 1)
    about = (
        "SELECT h.reference, o.kind FROM meeting_item i JOIN foster_household h ON h.id = i.household_id "
        "JOIN obligation o ON o.id = i.obligation_id"
    )
    assert await unit.rows(about) == [("H1", "FOSTER_HOME_REVIEW")]
    again = await _diary(unit, tmp_path, row.format("10", "11"))
    assert (found(again), again.counts.unchanged) == (set(), 1)
    moved = await _diary(unit, tmp_path, row.format("14", "15"))
    assert (found(moved), moved.counts.changed) == (set(), 1)
    assert [each["starts_at"] for each in await _meetings(world)] == [at(DAY, "14:00")]


async def test_a_file_that_is_no_diary_changes_nothing(unit: Unit, world: World, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="column CHILDREN is missing"):
        await _diary(unit, tmp_path, header="KIND,CHILD,START,END,IRO")
    assert await unit.rows("SELECT count(*) FROM import_report WHERE source = 'DIARY'") == [(0,)]


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(LONDON)))  # noqa: DTZ001
def test_every_time_on_a_wall_in_england_is_read_as_it_was_or_refused(wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0)
    instant = wall.astimezone(UTC)
    try:
        first, second = (read_time(text) for text in (f"{wall:%d/%m/%Y %H:%M}", f"{wall:%Y-%m-%dT%H:%M}"))
    except NotATime as fault:
        skipped = instant.astimezone(LONDON).time() != wall.time()
        repeated = wall.replace(fold=0).astimezone(UTC) != wall.replace(fold=1).astimezone(UTC)
        assert (skipped or repeated, fault.rule) == (True, "CLOCK_CHANGE")  # noqa: PT017 - either outcome is right, each in its place
    else:
        assert first == second == instant


def test_an_hour_that_happens_twice_is_told_apart_by_its_offset() -> None:
    assert read_time("2026-10-25T01:30+01:00") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read_time("2026-10-25T01:30Z") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    with pytest.raises(NotATime, match="does not have that offset in England"):
        read_time("2026-07-01T10:00Z")


def test_rows_keep_their_order_but_for_the_meetings_of_one_child() -> None:
    one, two = UUID(int=1), UUID(int=2)

    def row(line: int, day: int, *children: UUID) -> StatedRow:
        start = datetime(2026, 9, day, 9, tzinfo=UTC)
        return StatedRow(
            line=line,
            kind=MeetingKind.CARE_REVIEW,
            children=("x",),
            child_ids=children,
            household_id=None,
            starts_at=start,
            ends_at=start + timedelta(hours=1),
            codes=("", "", "", ""),
            wanted={},
        )

    rows = [row(2, 20, one), row(3, 1, two), row(4, 10, one, two), row(5, 5, one)]
    assert [each.line for each in in_order(rows)] == [3, 5, 4, 2]
