"""An import that arrives after a meeting was booked: what the records show as held is held in the diary too."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.booking.commands import BookMeeting, RecordHeld
from services.booking.service import book, record_held
from services.history import service as history
from services.history.commands import RecordStrategyDiscussion, RegisterChild, StartCareStatus
from services.intake.report import ImportReport
from services.kernel.words import CareStatus, MeetingKind
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, World, at, key
from tests.intake.conftest import Unit, found
from tests.support.returns import census_child, section47, write_census, write_ssda903

DAY = date(2026, 9, 8)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def _return(unit: Unit, folder: Path, *reviews: str, children: tuple[str, ...] = ("C1",), name: str = "first") -> ImportReport:
    """Children in care since 1 August 2026, and such reviews, seen on 20 September."""
    path = write_ssda903(
        folder / name,
        header=[f"{child},1,01/01/2012," for child in children],
        episodes=[f"{child},10/08/2026,S,C2,U1,," for child in children],
        reviews=[f"{child},01/01/2012,{day},PN1" for child, day in (each.split() for each in reviews)],
    )
    return await unit.ssda903(path, as_of=max(unit.now.date(), DAY))


async def _book(unit: Unit, *references: str, day: date = DAY, **more: Any) -> UUID:
    more.setdefault("kind", MeetingKind.CARE_REVIEW)
    more.setdefault("chair_code", "IRO-01")
    command = BookMeeting(request_key=key(), child_references=references, starts_at=at(day, "10:00"), **more)
    return await book(unit.resources, MANAGER, command, unit.now)


async def _later(unit: Unit, day: date) -> None:
    unit.now += timedelta(days=(day - unit.now.date()).days)


async def _records(unit: Unit) -> list[tuple[Any, ...]]:
    return await unit.rows("SELECT held_on::text, meeting_id, source, participation FROM held_record WHERE upper_inf(recorded) ORDER BY 1")


@pytest.mark.usefixtures("world")
async def test_a_review_that_the_return_brings_closes_its_meeting_and_is_its_record(unit: Unit, world: World, tmp_path: Path) -> None:
    await _return(unit, tmp_path)
    meeting = await _book(unit, "C1")
    await _later(unit, date(2026, 9, 20))
    report = await _return(unit, tmp_path, "C1 08/09/2026", name="second")
    assert found(report) == {(None, "MEETING_HELD")}
    row = await world.meeting(meeting)
    assert (row["state"], row["version"]) == ("HELD", 2)
    assert await world.history(meeting) == ["BOOKED", "HELD"]
    assert await _records(unit) == [("2026-09-08", meeting, "SSDA903", "PN1")]
    assert [each[1] for each in await world.obligations("C1")] == ["HELD", "OPEN"]
    ((obligation,),) = await unit.rows(
        "SELECT o.held_on::text FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id WHERE i.meeting_id = $1", meeting
    )
    assert obligation == "2026-09-08"
    assert [each[1] for each in await world.owed(meeting)] == ["REQUEST"]  # nobody need stay away from what is over


@pytest.mark.usefixtures("world")
async def test_the_same_return_again_changes_nothing_of_a_meeting_that_it_closed(unit: Unit, tmp_path: Path) -> None:
    await _return(unit, tmp_path)
    await _book(unit, "C1")
    await _later(unit, date(2026, 9, 20))
    await _return(unit, tmp_path, "C1 08/09/2026", name="second")
    before, events = await unit.fingerprint(), await unit.rows("SELECT count(*) FROM meeting_event")
    again = await _return(unit, tmp_path, "C1 08/09/2026", name="second")
    assert (again.counts.changed, found(again)) == (0, set())
    assert await unit.fingerprint() == before
    assert await unit.rows("SELECT count(*) FROM meeting_event") == events


@pytest.mark.usefixtures("world")
async def test_a_meeting_of_which_only_some_children_have_a_record_is_left_and_listed(unit: Unit, world: World, tmp_path: Path) -> None:
    await _return(unit, tmp_path, children=("C1", "C2"))
    meeting = await _book(unit, "C1", "C2")
    await _later(unit, date(2026, 9, 20))
    report = await _return(unit, tmp_path, "C1 08/09/2026", children=("C1", "C2"), name="second")
    assert found(report) == {("C2", "MEETING_PARTLY_HELD")}
    assert "recorded as held for C1" in report.findings[0].message
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"
    report = await _return(unit, tmp_path, "C1 08/09/2026", "C2 08/09/2026", children=("C1", "C2"), name="third")
    assert (await world.meeting(meeting))["state"] == "HELD"
    assert found(report) == {(None, "MEETING_HELD")}


@pytest.mark.usefixtures("world")
async def test_a_review_held_on_another_day_than_booked_is_listed(unit: Unit, world: World, tmp_path: Path) -> None:
    await _return(unit, tmp_path)
    meeting = await _book(unit, "C1")
    await _later(unit, date(2026, 9, 20))
    report = await _return(unit, tmp_path, "C1 04/09/2026", name="second")
    assert found(report) == {("C1", "MEETING_ON_ANOTHER_DAY")}
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"


@pytest.mark.usefixtures("world")
async def test_a_meeting_whose_day_is_to_come_stays(unit: Unit, world: World, tmp_path: Path) -> None:
    await _return(unit, tmp_path)
    meeting = await _book(unit, "C1")
    report = await _return(unit, tmp_path, "C1 08/09/2026", name="second")  # of a day that is not over: refused by the return's rules
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"
    assert (None, "MEETING_HELD") not in found(report)


@pytest.mark.usefixtures("world")
async def test_conferences_at_which_a_plan_may_begin_are_one_to_the_records(unit: Unit, world: World, tmp_path: Path) -> None:
    """Booked as a pre-birth conference or an initial one: the census has but one element for both."""
    birth = date(2026, 10, 1)
    await history.register_child(unit.resources, MANAGER, RegisterChild(request_key=key(), reference="U1", expected_on=birth), unit.now)
    discussion = RecordStrategyDiscussion(request_key=key(), references=("U1",), held_on=date(2026, 9, 1))
    await history.record_strategy_discussion(unit.resources, MANAGER, discussion, unit.now)
    kind = MeetingKind((await world.obligations("U1"))[0][0])
    meeting = await _book(unit, "U1", kind=kind)
    await _later(unit, date(2026, 9, 20))
    identifiers = "<ExpectedPersonBirthDate>2026-10-01</ExpectedPersonBirthDate><Sex>U</Sex>"
    child = census_child("U1", section47("2026-09-01", conference="2026-09-08"), identifiers=identifiers)
    report = await unit.census(write_census(tmp_path / "census.xml", child, reference_day="2027-03-31"), as_of=date(2026, 9, 20))
    assert (None, "MEETING_HELD") in found(report)
    assert (await world.meeting(meeting))["state"] == "HELD"


@pytest.mark.usefixtures("world")
async def test_a_dry_run_closes_nothing(unit: Unit, world: World, tmp_path: Path) -> None:
    await _return(unit, tmp_path)
    meeting = await _book(unit, "C1")
    await _later(unit, date(2026, 9, 20))
    path = write_ssda903(
        tmp_path / "dry", header=["C1,1,01/01/2012,"], episodes=["C1,10/08/2026,S,C2,U1,,"], reviews=["C1,01/01/2012,08/09/2026,PN1"]
    )
    report = await unit.ssda903(path, as_of=date(2026, 9, 20), dry_run=True)
    assert (None, "MEETING_HELD") in found(report)
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"


@pytest.mark.usefixtures("world")
async def test_a_meeting_that_somebody_is_changing_is_left_to_them(unit: Unit, world: World, tmp_path: Path) -> None:
    await _return(unit, tmp_path)
    meeting = await _book(unit, "C1")
    await _later(unit, date(2026, 9, 20))
    async with unit.resources.database.transaction() as connection:
        await connection.execute("SELECT FROM meeting WHERE id = $1 FOR NO KEY UPDATE", meeting)
        report = await _return(unit, tmp_path, "C1 08/09/2026", name="second")
    assert (None, "MEETING_BUSY") in found(report)
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"


@pytest.mark.usefixtures("world")
async def test_an_adjourned_meeting_is_held_once_its_last_sitting_is_over(unit: Unit, world: World, tmp_path: Path) -> None:
    await _return(unit, tmp_path)
    meeting = await _book(unit, "C1")
    await _later(unit, DAY)
    command = RecordHeld(request_key=key(), id=meeting, version=1, held_on=DAY, resumes_at=at(date(2026, 9, 22), "10:00"))
    await record_held(unit.resources, MANAGER, command, unit.now)
    await _later(unit, date(2026, 9, 15))
    await _return(unit, tmp_path, "C1 08/09/2026", name="second")
    assert (await world.meeting(meeting))["state"] == "ADJOURNED"  # begun, and not at its end
    await _later(unit, date(2026, 9, 24))
    report = await _return(unit, tmp_path, "C1 22/09/2026", name="third")
    assert (None, "MEETING_HELD") in found(report)
    assert (await world.meeting(meeting))["state"] == "HELD"


@pytest.mark.usefixtures("world")
async def test_one_review_that_was_booked_for_both_clocks_of_a_child_is_recorded_as_what_answers_both(
    unit: Unit, world: World, tmp_path: Path
) -> None:
    """The return says that a child was reviewed, not in which review; and the same return again leaves it so."""
    await _return(unit, tmp_path)
    status = StartCareStatus(request_key=key(), reference="C1", status=CareStatus.AUTHORISED_FOR_ADOPTION, started_on=date(2026, 8, 20))
    await history.start_care_status(unit.resources, MANAGER, status, unit.now)
    meeting = await _book(unit, "C1", kind=MeetingKind.ADOPTION_REVIEW)
    items = await unit.rows("SELECT kind FROM meeting_item WHERE meeting_id = $1 ORDER BY 1", meeting)
    assert items == [("ADOPTION_REVIEW",), ("CARE_REVIEW",)]
    await _later(unit, date(2026, 9, 20))
    await _return(unit, tmp_path, "C1 08/09/2026", name="second")
    assert (await world.meeting(meeting))["state"] == "HELD"
    kinds = "SELECT kind, meeting_id FROM held_record WHERE upper_inf(recorded)"
    assert await unit.rows(kinds) == [("ADOPTION_REVIEW", meeting)]
    held = await unit.rows("SELECT kind FROM obligation WHERE state = 'HELD' ORDER BY 1")
    assert held == [("ADOPTION_REVIEW",), ("CARE_REVIEW",)]
    again = await _return(unit, tmp_path, "C1 08/09/2026", name="second")
    assert again.counts.changed == 0
    assert await unit.rows(kinds) == [("ADOPTION_REVIEW", meeting)]
