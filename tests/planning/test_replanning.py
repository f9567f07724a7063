"""Illness, floods, a police day lost, a new conference: plans over a real diary repair it, apply as one what hangs together, and tell
exactly whose view has changed."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.booking.commands import RecordAbsence, Sitting, SplitMeeting
from services.booking.service import record_absence, split
from services.kernel.errors import HasMeetings
from services.kernel.window import civil_day
from services.kernel.words import AbsenceReason, MeetingKind, PlacementChange, ResourceKind
from services.planning import performing, service
from services.planning.commands import PlanMeetings, RunAction
from services.planning.hearing import hearings_of
from services.planning.reading import given_up_by, placements_of, unrepaired_of
from tests.booking.world import MANAGER, NOW, SUPPORT, TODAY, World, at, key, overlaps
from tests.support.solving import solve_here

DAY, LAST = date(2026, 9, 8), date(2026, 9, 30)
IRO, ROOM, TAKER, POLICE = ResourceKind.IRO, ResourceKind.ROOM, ResourceKind.NOTE_TAKER, ResourceKind.POLICE


@pytest.fixture
async def world(database: Any) -> World:
    built = World(database)
    await built.establish(iros=2, rooms=2, note_takers=2, police=2)
    return built


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "solve_apart", solve_here)


def clock() -> datetime:
    return NOW


async def stands(world: World, reference: str, clock_: str = "10:00", *, day: date = DAY, iro: str = "IRO-01", **named: Any) -> UUID:
    """An initial conference, booked."""
    await world.conference(reference, iro)
    return await world.book(reference, starts_at=at(day, clock_), **named)


async def lost(world: World, kind: ResourceKind, code: str, first: date = DAY, days: int = 1, *, release: bool = True) -> Any:
    start = at(first, "00:00")
    command = RecordAbsence(
        request_key=key(),
        kind=kind,
        code=code,
        starts_at=start,
        ends_at=start + timedelta(days=days),
        reason=AbsenceReason.SICKNESS if kind is IRO else AbsenceReason.OTHER,
        release=release,
    )
    return await record_absence(world.resources, MANAGER, command, NOW)


async def plan(world: World, last_day: date = LAST, **more: Any) -> UUID:
    command = PlanMeetings(request_key=str(uuid4()), first_day=TODAY, last_day=last_day, **more)
    plan_id = await service.request_plan(world.resources, SUPPORT, command, NOW)
    await service.perform_waiting(world.resources, clock)
    return plan_id


async def apply(world: World, plan_id: UUID) -> None:
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key=str(uuid4()), id=plan_id), NOW)
    await service.perform_waiting(world.resources, clock)


async def read(world: World, what: Any, *ids: UUID) -> Any:
    async with world.database.connection() as connection:
        return await what(connection, SUPPORT, list(ids), TODAY)


async def placed(world: World, plan_id: UUID) -> list[Any]:
    return list((await read(world, placements_of, plan_id)).get(plan_id, []))


async def foretold(world: World, plan_id: UUID) -> list[tuple[str, str, str]]:
    ids = [each.id for each in await placed(world, plan_id)]
    told = await read(world, hearings_of, *ids)
    return sorted((each.addressee.value, each.code, each.method.value) for hearings in told.values() for each in hearings)


async def notices(world: World) -> list[tuple[str, str, str]]:
    """Everybody's mail so far: kind, code, method."""
    rows = await world.sql("SELECT addressee_kind, addressee_code, method FROM notice JOIN calendar_entry USING (uid) ORDER BY notice.id")
    return [tuple(row) for row in rows]


async def told_by(world: World, plan_id: UUID) -> list[tuple[str, str, str]]:
    """The mail that applying the plan owes."""
    await world.sql("DELETE FROM notice")
    await apply(world, plan_id)
    return sorted(await notices(world))


@pytest.mark.parametrize(("kind", "code", "column"), [(ROOM, "ROOM-A", "room"), (TAKER, "NT-01", "note_taker"), (IRO, "IRO-01", "chair")])
async def test_what_is_released_is_had_again_at_the_same_time_and_only_those_concerned_are_told(
    world: World, kind: ResourceKind, code: str, column: str
) -> None:
    meeting = await stands(world, "CH1", room_code="ROOM-A", note_taker_code="NT-01")
    with pytest.raises(HasMeetings):
        await lost(world, kind, code, release=False)
    await lost(world, kind, code)
    assert (await world.meeting(meeting))["needs"] == [kind.value]
    plan_id = await plan(world)
    (change,) = await placed(world, plan_id)
    assert (change.change, change.meeting_id) == (PlacementChange.REPAIRS, meeting)
    expected = await foretold(world, plan_id)
    assert await told_by(world, plan_id) == expected
    row = await world.meeting(meeting)
    assert (row["needs"], row["version"], row["starts_at"]) == ([], 3, at(DAY, "10:00"))
    assert row[column] not in (None, code)
    others = {"ROOM_DESK", "IRO", "NOTE_TAKER", "POLICE"} if kind is ROOM else {kind.value}  # everybody sees another place
    assert {who for who, _, _ in expected} == others


async def test_a_police_day_that_is_lost_moves_the_conference_where_the_plan_may(world: World) -> None:
    meeting = await stands(world, "CH1")
    await lost(world, POLICE, "POL-01")
    stays = await plan(world)
    ((told,),) = (await read(world, unrepaired_of, stays)).values()
    assert (told.meeting_id, told.lacks) == (meeting, (POLICE,))
    assert [each.code.value for each in told.blockers] == ["POLICE_OFF_DUTY", "OVER_LIMIT"]
    plan_id = await plan(world, may_move=1)
    (change,) = await placed(world, plan_id)
    assert (change.change, change.moved_from) == (PlacementChange.MOVES, at(DAY, "10:00"))
    given = (await read(world, given_up_by, change.id))[change.id]
    assert sorted(each.kind.value for each in given) == ["IRO", "NOTE_TAKER", "ROOM"]
    expected = await foretold(world, plan_id)
    assert ("POLICE", "POL-01", "REQUEST") in expected
    assert await told_by(world, plan_id) == expected
    row = await world.meeting(meeting)
    assert (row["needs"], row["police"], civil_day(row["starts_at"]) != DAY) == ([], "POL-01", True)
    assert len(await world.holds(meeting)) == 4


async def test_nothing_within_two_working_days_is_moved_unless_told_to(world: World) -> None:
    await stands(world, "CH1", day=date(2026, 9, 3))
    for code in ("ROOM-A", "ROOM-B"):
        await lost(world, ROOM, code, date(2026, 9, 3))
    frozen = await plan(world, may_move=5)
    ((told,),) = (await read(world, unrepaired_of, frozen)).values()
    assert [each.code.value for each in told.blockers] == ["NO_ROOM", "WINDOW_CLOSED"]
    assert [each.change for each in await placed(world, await plan(world, may_move=5, frozen_days=0))] == [PlacementChange.MOVES]


async def test_what_is_released_today_is_named_by_a_plan_whose_span_holds_today_and_left_to_people(world: World) -> None:
    meeting = await stands(world, "CH1", "14:00", day=TODAY)
    await lost(world, ROOM, (await world.meeting(meeting))["room"], TODAY)
    plan_id = await plan(world, may_move=3, frozen_days=0)
    ((told,),) = (await read(world, unrepaired_of, plan_id)).values()
    assert (told.meeting_id, told.lacks, [each.code.value for each in told.blockers]) == (meeting, (ROOM,), ["WINDOW_CLOSED"])
    assert await placed(world, plan_id) == []
    command = PlanMeetings(request_key=str(uuid4()), first_day=TODAY + timedelta(days=1), last_day=LAST)
    later = await service.request_plan(world.resources, SUPPORT, command, NOW)
    await service.perform_waiting(world.resources, clock)
    assert not (await read(world, unrepaired_of, later)).get(later)


async def _crowded(world: World) -> tuple[UUID, UUID]:
    """One officer, at work on one day, has it full; a new conference that is due by then is owed to her."""
    first = await stands(world, "CH1", "09:30")
    second = await stands(world, "CH2", "13:30")
    await world.child("CH3")
    await world.discussed("CH3", on=date(2026, 8, 20))  # due on 11 September
    for day, days in ((date(2026, 9, 2), 6), (date(2026, 9, 9), 3)):
        await lost(world, IRO, "IRO-01", day, days)
    return first, second


async def test_a_new_conference_gets_its_time_from_one_that_can_wait_and_both_are_applied_as_one(world: World) -> None:
    first, second = await _crowded(world)
    late = await plan(world, frozen_days=10)
    assert (await world.sql("SELECT late FROM plan WHERE id = $1", late))[0]["late"] == 1
    covered = await plan(world)  # where nothing may be moved another covers, so that nothing is late
    assert [each.change for each in await placed(world, covered)].count(PlacementChange.REPAIRS) == 1
    plan_id = await plan(world, may_move=3)
    changes = await placed(world, plan_id)
    moved = [each for each in changes if each.change is PlacementChange.MOVES]
    new = next(each for each in changes if each.change is PlacementChange.BOOKS)
    assert [each.meeting_id in (first, second) for each in moved] == [True]
    assert new.group_number == moved[0].group_number is not None
    expected = await foretold(world, plan_id)
    assert await told_by(world, plan_id) == expected
    assert [each.applied for each in await placed(world, plan_id)] == [True, True]
    (row,) = await world.sql("SELECT late, message FROM plan WHERE id = $1", plan_id)
    assert (row["late"], row["message"]) == (0, "1 of 1 meeting booked; 1 of 1 meeting that stood changed")


async def test_two_who_share_what_is_left_of_the_police_and_what_another_gives_up_are_booked_after_it_has_gone(database: Any) -> None:
    """For each of the two alone there is a place of the police left at the only time of its officer; for both there is none."""
    world = World(database)
    await world.establish(iros=3, rooms=3, note_takers=3, police=2)
    await stands(world, "CH1", "10:00")
    for number in (2, 3):
        await world.child(f"CH{number}", f"IRO-{number:02}")
        await world.discussed(f"CH{number}", on=date(2026, 8, 20))  # due on 11 September
        await lost(world, IRO, f"IRO-{number:02}", date(2026, 9, 2), 6)
        await lost(world, IRO, f"IRO-{number:02}", date(2026, 9, 9), 3)
        afternoon = RecordAbsence(
            request_key=key(),
            kind=IRO,
            code=f"IRO-{number:02}",
            starts_at=at(DAY, "13:00"),
            ends_at=at(DAY, "18:00"),
            reason=AbsenceReason.SICKNESS,
        )
        await record_absence(world.resources, MANAGER, afternoon, NOW)
    plan_id = await plan(world, may_move=1)
    changes = await placed(world, plan_id)
    assert {each.change for each in changes} == {PlacementChange.MOVES, PlacementChange.BOOKS}
    assert [each.group_number for each in changes] == [1, 1, 1]
    await apply(world, plan_id)
    assert [each.applied for each in await placed(world, plan_id)] == [True] * 3


async def test_of_what_hangs_together_nothing_stands_where_one_part_is_refused_and_the_rest_does(world: World) -> None:
    await _crowded(world)
    await world.review("CH9", iro="IRO-02")
    plan_id = await plan(world, may_move=3)
    moved = next(each for each in await placed(world, plan_id) if each.change is PlacementChange.MOVES)
    await world.sql("UPDATE meeting SET version = version + 1 WHERE id = $1", moved.meeting_id)
    await apply(world, plan_id)
    (meeting,) = await world.sql("SELECT reference, starts_at FROM meeting WHERE id = $1", moved.meeting_id)
    rows = await world.sql("SELECT kind, applied, result FROM plan_placement WHERE plan_id = $1", plan_id)
    refused = {row["result"] for row in rows if not row["applied"]}
    changed = f"{meeting['reference']} has changed since the plan was made"
    assert refused == {changed, f"refused with what it hangs together with: {changed}"}
    assert [row["kind"] for row in rows if row["applied"]] == ["CARE_REVIEW"]
    assert meeting["starts_at"] == moved.moved_from
    assert (await world.sql("SELECT count(*) AS number FROM meeting_item WHERE live"))[0]["number"] == 3


async def test_a_chair_who_only_covers_gives_it_back_and_covers_another_in_one_change(world: World) -> None:
    covered = await stands(world, "CH1", chair_code="IRO-02")
    plan_id = await plan(world)
    assert await told_by(world, plan_id) == [("IRO", "IRO-01", "REQUEST"), ("IRO", "IRO-02", "CANCEL")]
    assert (await world.meeting(covered))["chair"] == "IRO-01"
    assert await plan_is_empty(world)


async def plan_is_empty(world: World) -> bool:
    return await placed(world, await plan(world)) == []


async def test_two_who_apply_plans_of_one_illness_change_each_meeting_once(world: World) -> None:
    meetings = [await stands(world, f"CH{number}", day=DAY + timedelta(days=number)) for number in range(3)]
    await lost(world, IRO, "IRO-01", DAY, 4)
    plans = [await plan(world) for _ in range(2)]
    for plan_id in plans:
        await service.request_apply(world.resources, SUPPORT, RunAction(request_key=str(uuid4()), id=plan_id), NOW)
    await asyncio.gather(*(service.perform_waiting(world.resources, clock) for _ in plans))
    assert [(await world.meeting(each))["version"] for each in meetings] == [3, 3, 3]
    rows = await world.sql("SELECT applied, result FROM plan_placement WHERE plan_id = ANY($1::uuid[])", plans)
    assert sorted(row["applied"] for row in rows) == [False] * 3 + [True] * 3
    assert all("has changed since the plan was made" in row["result"] for row in rows if not row["applied"])
    assert await overlaps(world.database) == 0


async def test_repairs_go_on_where_a_dead_worker_left_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meetings = [await stands(world, f"CH{number}", day=DAY + timedelta(days=number)) for number in range(3)]
    await lost(world, IRO, "IRO-01", DAY, 4)
    plan_id = await plan(world)
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key="apply", id=plan_id), NOW)
    monkeypatch.setattr(performing, "_AT_ONCE", 1)
    ring, rung = world.resources.doorbell.ring_delivery, 0

    async def die_at_the_second(_: object) -> None:
        nonlocal rung
        rung += 1
        if rung == 2:
            raise KeyboardInterrupt
        await ring()

    with monkeypatch.context() as patched:
        patched.setattr(type(world.resources.doorbell), "ring_delivery", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            await service.perform_waiting(world.resources, clock)
    assert [each.applied for each in await placed(world, plan_id)] == [True, True, None]
    assert await service.perform_waiting(world.resources, lambda: NOW + timedelta(minutes=2)) == 1
    assert [(await world.meeting(each))["chair"] for each in meetings] == ["IRO-02"] * 3


async def test_a_review_at_home_is_covered_and_its_time_is_kept(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "14:00"))
    await lost(world, IRO, "IRO-01")
    before = await world.meeting(meeting)
    await apply(world, await plan(world, kinds=(MeetingKind.CARE_REVIEW,)))
    row = await world.meeting(meeting)
    assert (row["chair"], row["starts_at"], before["chair"]) == ("IRO-02", at(DAY, "14:00"), None)


async def test_a_meeting_in_several_sittings_is_repaired_at_each_of_them_or_says_what_it_lacks(world: World) -> None:
    later = DAY + timedelta(days=2)
    meeting = await stands(world, "CH1", "10:00", note_taker_code="NT-01")
    sittings = tuple(Sitting(starts_at=at(day, "10:00"), ends_at=at(day, "11:00")) for day in (DAY, later))
    command = SplitMeeting(request_key=key(), id=meeting, version=1, sittings=sittings, reason="a test")
    await split(world.resources, MANAGER, command, NOW)
    other = await stands(world, "CH2", "10:00", iro="IRO-02", note_taker_code="NT-02")  # at the first sitting alone
    await lost(world, TAKER, "NT-01", later)
    refused = await plan(world, last_day=DAY, frozen_days=10)  # a span that the first sitting alone lies in; the other gives nobody up
    assert await placed(world, refused) == []
    async with world.database.connection() as connection:
        (left,) = (await unrepaired_of(connection, SUPPORT, [refused], TODAY))[refused]
    assert left.blockers[0].message.startswith("at 8 September 2026, 10:00 and 10 September 2026, 10:00 every note-taker")
    await world.act("cancel", other)
    mended = await plan(world, last_day=DAY)
    await apply(world, mended)
    rows = await world.sql(
        "SELECT sitting, code FROM hold JOIN resource ON id = resource_id WHERE meeting_id = $1 AND kind = 'NOTE_TAKER' ORDER BY 1", meeting
    )
    assert [tuple(row) for row in rows] == [(1, "NT-02"), (2, "NT-02")]
    assert await overlaps(world.database) == 0


async def test_what_a_sitting_to_come_takes_no_other_repair_takes(world: World) -> None:
    """One meeting lacks a room at both its sittings, another at the time of the first: one room is left, and goes to one of them."""
    later = DAY + timedelta(days=2)
    first = await stands(world, "CH1", "10:00", room_code="ROOM-A", note_taker_code="NT-01")
    sittings = tuple(Sitting(starts_at=at(day, "10:00"), ends_at=at(day, "11:00")) for day in (DAY, later))
    await split(world.resources, MANAGER, SplitMeeting(request_key=key(), id=first, version=1, sittings=sittings, reason="a test"), NOW)
    await stands(world, "CH2", "10:00", iro="IRO-02", room_code="ROOM-B", note_taker_code="NT-02")
    await lost(world, ROOM, "ROOM-B", DAY)
    await lost(world, ROOM, "ROOM-A", later)
    plan_id = await plan(world, last_day=DAY)
    assert [each.room_id for each in await placed(world, plan_id)] != []
    await apply(world, plan_id)
    assert all(each.applied for each in await placed(world, plan_id))
    assert await overlaps(world.database) == 0
