"""A merge, or its undoing, while the diary goes on: no meeting is lost between two children, and what a person must look at is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.booking import service as booking
from services.booking.commands import BookMeeting, ChildOutcome, MeetingAction, RecordHeld
from services.history.commands import RecordDeath
from services.intake import identities
from services.intake import service as intake
from services.intake.merging import Merged, merge_in
from services.intake.passing import Merge
from services.intake.service import DecideIdentity, MergeIdentities
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden
from services.kernel.words import MeetingKind, Role
from services.planning import performing
from services.planning import service as planning
from services.planning.commands import PlanMeetings, RunAction
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, SUPPORT, World, at, key
from tests.intake.conftest import Unit
from tests.support.returns import census_child, plan, section47, write_census, write_ssda903
from tests.support.solving import solve_here

UPN = "H801200001001"  # the example of the department's guidance
DAY = date(2026, 9, 8)
_ABOUT = (
    "SELECT c.reference, o.kind, o.state, i.live FROM meeting_item i JOIN child c ON c.id = i.child_id "
    "LEFT JOIN obligation o ON o.id = i.obligation_id WHERE meeting_id = $1 ORDER BY i.number"
)
_HELD = (
    "SELECT c.reference, h.held_on FROM held_record h JOIN child c ON c.id = h.child_id WHERE upper_inf(h.recorded) AND h.meeting_id = $1"
)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def _both(unit: Unit, folder: Path, *, twice: bool = False) -> UUID:
    """C1 in care since 2025, L9 on a plan since January: proposed to be one. `twice`: on that plan under either reference."""
    care = write_ssda903(
        folder / "care",
        header=[f"C1,1,01/05/2018,{UPN}"],
        episodes=["C1,10/08/2025,S,C2,U1,,"],
        reviews=["C1,01/05/2018,03/09/2025,PN1", "C1,01/05/2018,01/12/2025,PN1"],
    )
    await unit.ssda903(care, as_of=date(2026, 8, 31))
    stated = [
        census_child(
            child,
            section47("2025-12-15", conference="2026-01-05") + plan("2026-01-05", reviews=["2026-03-30"]),
            identifiers=f"<UPN>{UPN}</UPN><PersonBirthDate>2018-05-01</PersonBirthDate><Sex>1</Sex>",
        )
        for child in (("C1", "L9") if twice else ("L9",))
    ]
    await unit.census(write_census(folder / "need.xml", *stated), as_of=date(2026, 8, 31))
    async with unit.resources.database.connection() as connection:
        (link,) = await intake.identity_links(connection, MANAGER)
    return link.id


async def _book(unit: Unit, reference: str, kind: MeetingKind = MeetingKind.REVIEW_CONFERENCE, clock: str = "10:00", **more: Any) -> UUID:
    more.setdefault("chair_code", "IRO-01")
    command = BookMeeting(request_key=key(), kind=kind, child_references=(reference,), starts_at=at(DAY, clock), **more)
    return await booking.book(unit.resources, MANAGER, command, unit.now)


def _hold(unit: Unit, meeting: UUID, reference: str, version: int = 1, *, on_plan: bool | None = True) -> Coroutine[Any, Any, UUID]:
    outcome = ChildOutcome(reference=reference, on_plan=on_plan)
    command = RecordHeld(request_key=key(), id=meeting, version=version, held_on=unit.now.date(), outcomes=(outcome,))
    return booking.record_held(unit.resources, MANAGER, command, unit.now)


async def _merge(unit: Unit, link: UUID, kept: str = "C1") -> UUID:
    command = MergeIdentities(request_key=key(), id=link, reason="one child", kept_reference=kept)
    return (await intake.merge_identities(unit.resources, SUPPORT, command, unit.now)).link_id


async def _undo(unit: Unit, link: UUID) -> UUID:
    command = DecideIdentity(request_key=key(), id=link, reason="looked into")
    return (await intake.undo_merge(unit.resources, SUPPORT, command, unit.now)).link_id


async def _while_merging(unit: Unit, link: UUID, monkeypatch: pytest.MonkeyPatch, work: Coroutine[Any, Any, UUID]) -> UUID | BaseException:
    """`work` begins when a merge has done everything but commit, which it does once `work` waits for it or is done."""
    begun: list[asyncio.Task[UUID]] = []

    async def merge_and_wait(merge: Merge, *more: Any) -> Merged:
        done = await merge_in(merge, *more)
        begun.append(asyncio.create_task(work))
        while not begun[0].done() and not await merge.connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            pass
        return done

    monkeypatch.setattr(identities, "merge_in", merge_and_wait)
    await _merge(unit, link)
    (answer,) = await asyncio.gather(*begun, return_exceptions=True)
    return answer


async def test_what_is_booked_while_a_merge_goes_on_is_about_the_child_that_is_kept(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await _both(unit, tmp_path)
    meeting = await _while_merging(unit, link, monkeypatch, _book(unit, "L9"))
    assert isinstance(meeting, UUID)
    assert await unit.rows(_ABOUT, meeting) == [("C1", "REVIEW_CONFERENCE", "OPEN", True)]


async def test_what_is_recorded_as_held_while_a_merge_goes_on_is_a_record_of_the_child_that_is_kept(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await _both(unit, tmp_path)
    meeting = await _book(unit, "L9")
    unit.now += timedelta(days=(DAY - unit.now.date()).days)
    refused = await _while_merging(unit, link, monkeypatch, _hold(unit, meeting, "L9"))
    if not isinstance(refused, UUID):  # it is about C1 now, and says so
        await _hold(unit, meeting, "C1")
    assert await unit.rows(_ABOUT, meeting) == [("C1", "REVIEW_CONFERENCE", "HELD", True)]
    assert await unit.rows(_HELD, meeting) == [("C1", DAY)]


async def test_a_child_who_died_under_the_other_reference_has_no_meeting_to_come_after_the_merge(
    unit: Unit, world: World, tmp_path: Path
) -> None:
    link = await _both(unit, tmp_path)
    meeting = await _book(unit, "C1", MeetingKind.CARE_REVIEW, override_reason="late already")
    command = RecordDeath(request_key=key(), reference="L9", died_on=unit.now.date())
    await booking.record_death(unit.resources, MANAGER, command, unit.now)
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"
    await _merge(unit, link)
    assert (await world.meeting(meeting))["state"] == "CANCELLED"
    assert "CANCEL" in {method for _, method, _ in await world.owed(meeting)}


async def test_undoing_a_merge_gives_the_record_of_a_meeting_to_whom_the_meeting_is_given(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    meeting = await _book(unit, "L9")
    await _merge(unit, link)
    unit.now += timedelta(days=(DAY - unit.now.date()).days)
    await _hold(unit, meeting, "C1")
    await _undo(unit, link)
    assert await unit.rows(_ABOUT, meeting) == [("L9", "REVIEW_CONFERENCE", "HELD", True)]
    assert await unit.rows(_HELD, meeting) == [("L9", DAY)]


async def test_undoing_a_merge_gives_a_meeting_booked_since_to_whom_it_is_owed(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _merge(unit, link)
    conference = await _book(unit, "C1")
    review = await _book(unit, "C1", MeetingKind.CARE_REVIEW, "14:00", override_reason="late already")
    await _undo(unit, link)
    assert await unit.rows(_ABOUT, conference) == [("L9", "REVIEW_CONFERENCE", "OPEN", True)]
    assert await unit.rows(_ABOUT, review) == [("C1", "CARE_REVIEW", "OPEN", True)]


async def test_undoing_a_merge_gives_a_meeting_held_since_to_whom_it_was_owed(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _merge(unit, link)
    conference = await _book(unit, "C1")
    unit.now += timedelta(days=(DAY - unit.now.date()).days)
    await _hold(unit, conference, "C1")
    await _undo(unit, link)
    assert await unit.rows(_ABOUT, conference) == [("L9", "REVIEW_CONFERENCE", "HELD", True)]
    assert await unit.rows(_HELD, conference) == [("L9", DAY)]


async def test_an_officer_who_was_to_follow_still_follows_after_a_merge(unit: Unit, world: World, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    for span, iro in (("[2026-01-01,2026-10-01)", "IRO-01"), ("[2026-10-01,)", "IRO-02")):
        await world.sql(
            "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), c.id, $1::text::daterange, r.id "
            "FROM child c, resource r WHERE c.reference = 'L9' AND r.code = $2",
            span,
            iro,
        )
    held = (
        "SELECT c.reference, r.code, lower(held), upper(held) FROM allocation a JOIN child c ON c.id = child_id "
        "JOIN resource r ON r.id = iro_id WHERE upper(held) IS NULL OR upper(held) > '2026-09-30' ORDER BY lower(held)"
    )
    today = unit.now.date()
    await _merge(unit, link)
    assert await unit.rows(held) == [("C1", "IRO-01", today, date(2026, 10, 1)), ("C1", "IRO-02", date(2026, 10, 1), None)]
    await _undo(unit, link)
    assert await unit.rows(held) == [("L9", "IRO-01", today, date(2026, 10, 1)), ("L9", "IRO-02", date(2026, 10, 1), None)]


async def _to_settle(unit: Unit, link: UUID) -> tuple[str, ...]:
    async with unit.resources.database.connection() as connection:
        return (await identities.unsettled(connection, SUPPORT, [link], unit.now.date())).get(link, ())


async def test_two_meetings_for_what_is_one_duty_since_a_merge_are_listed_until_one_is_called_off(
    unit: Unit, world: World, tmp_path: Path
) -> None:
    link = await _both(unit, tmp_path, twice=True)
    await _book(unit, "C1")
    second = await _book(unit, "L9", clock="14:00", chair_code="IRO-02")
    assert await _to_settle(unit, link) == ()
    await _merge(unit, link)
    reference = (await world.meeting(second))["reference"]
    assert await _to_settle(unit, link) == (f"{reference} stands for nothing that is owed for C1: cancel it, or move it to what is",)
    action = MeetingAction(request_key=key(), id=second, version=1, reason="the other one stands")
    await booking.cancel(unit.resources, MANAGER, action, unit.now)
    assert await _to_settle(unit, link) == ()


async def test_an_officer_who_may_not_chair_under_the_other_reference_is_listed_until_replaced(
    unit: Unit, world: World, tmp_path: Path
) -> None:
    link = await _both(unit, tmp_path)
    await world.sql(
        "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id "
        "FROM child c, resource r WHERE c.reference = 'C1' AND r.code = 'IRO-01'"
    )
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) SELECT id, 'L9', 'TEST' FROM resource WHERE code = 'IRO-01'"
    )
    meeting = await _book(unit, "C1", MeetingKind.CARE_REVIEW, override_reason="late already")
    assert await _to_settle(unit, link) == ()
    await _merge(unit, link)
    reference = (await world.meeting(meeting))["reference"]
    assert set(await _to_settle(unit, link)) == {
        f"{reference} is chaired by IRO-01, who once had charge of the case: another officer must chair",
        "IRO-01, who has C1, once had charge of the case: allocate another officer",
    }
    await world.sql("UPDATE allocation SET held = daterange(lower(held), $1)", unit.now.date())
    await world.move(meeting, chair_code="IRO-02")
    assert await _to_settle(unit, link) == ()


async def test_a_plan_that_was_proposed_before_a_merge_books_nothing_for_the_reference_that_is_gone_and_says_so(
    unit: Unit, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performing, "solve_apart", solve_here)
    link = await _both(unit, tmp_path)
    await world.sql(
        "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id "
        "FROM child c, resource r WHERE c.reference = 'L9' AND r.code = 'IRO-01'"
    )
    today = unit.now.date()
    asked = PlanMeetings(request_key=key(), first_day=today, last_day=date(2026, 12, 1), kinds=(MeetingKind.REVIEW_CONFERENCE,))
    plan_id = await planning.request_plan(unit.resources, SUPPORT, asked, unit.now)
    await planning.perform_waiting(unit.resources, lambda: unit.now)
    assert await unit.rows("SELECT count(*) FROM plan_placement WHERE plan_id = $1", plan_id) == [(1,)]
    await _merge(unit, link)
    await planning.request_apply(unit.resources, SUPPORT, RunAction(request_key=key(), id=plan_id), unit.now)
    await planning.perform_waiting(unit.resources, lambda: unit.now)
    ((meeting, refusal),) = await unit.rows("SELECT meeting_id, result FROM plan_placement WHERE plan_id = $1", plan_id)
    assert meeting is None
    assert "no longer allocated" in refusal or "has changed since the plan was made" in refusal
    assert await unit.rows("SELECT count(*) FROM meeting") == [(0,)]


async def test_an_officer_reads_nothing_of_whose_identities_are_one(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    officer = Actor(subject="officer", role=Role.IRO, name="An officer", resource_id=UUID(int=1))
    async with unit.resources.database.connection() as connection:
        with pytest.raises(Forbidden):
            await identities.unsettled(connection, officer, [link], unit.now.date())
