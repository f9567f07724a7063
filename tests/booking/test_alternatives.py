"""Beside the best time there is another of each sort; where there is none, what would help was tried and is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.booking import service
from services.booking.blockers import find_blockers
from services.booking.commands import SlotSearch
from services.booking.diaries import Diary, SlotProblem, Team
from services.booking.slots import SlotOption, find_slots, offer
from services.booking.timeline import edges
from services.kernel.errors import Blocker, Impossible
from services.kernel.words import Alternative, BlockerCode, MeetingKind, ResourceKind
from tests.booking.test_slots import DAY, NEEDS, diary, problem, starts, window
from tests.booking.world import SUPPORT, World, at

NEXT = DAY + timedelta(days=1)
ANOTHER_DAY, ANOTHER_ROOM, COVER, REMOTE = Alternative


def both_days(*busy: tuple[int, int], code: str = "X") -> Diary:
    work = edges(window(540, 1020, day) for day in (DAY, NEXT))
    return Diary(id=uuid4(), code=code, at_work=work, busy=edges(window(*each) for each in busy))


def two_days(**more: object) -> SlotProblem:
    given: dict[str, object] = {
        "chair": both_days(code="IRO-01"),
        "covers": (both_days(code="IRO-02"),),
        "rooms": (both_days(code="ROOM-A"), both_days(code="ROOM-B")),
        "note_takers": (both_days(),),
        "teams": (Team(id=uuid4(), code="P", places=(both_days(),)),),
        "days": (DAY, NEXT),
        "last_in_time": NEXT,
        **more,
    }
    return problem(**given)  # type: ignore[arg-type]


def sorts(options: tuple[SlotOption, ...]) -> list[Alternative | None]:
    return [each.alternative for each in options]


def test_beside_the_best_there_is_one_of_each_sort() -> None:
    asked = two_days()
    options = offer(asked, 10).options
    assert len(options) == 10
    best = options[0]
    by_sort = {each.alternative: each for each in reversed(options)}
    assert set(by_sort) == {None, *Alternative}
    assert (best.alternative, best.starts_at) == (None, window(570, 600).start)
    assert by_sort[ANOTHER_DAY].starts_at.date() == NEXT
    assert (by_sort[ANOTHER_ROOM].starts_at, by_sort[ANOTHER_ROOM].room_id) == (best.starts_at, asked.rooms[1].id)
    assert (best.room_id, best.chair_id) == (asked.rooms[0].id, asked.chair.id)
    assert (by_sort[COVER].chair_id, by_sort[COVER].reasons[0]) == (asked.covers[0].id, "a cover chair: IRO-02")
    assert (by_sort[REMOTE].room_id, by_sort[REMOTE].remote, by_sort[REMOTE].chair_id) == (None, True, asked.chair.id)


@pytest.mark.parametrize(("first", "expected"), [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)])
def test_where_few_are_asked_for_the_best_comes_with_as_many_sorts_as_there_is_place_for(first: int, expected: int) -> None:
    options = offer(two_days(), first).options
    assert len(options) == first
    assert options[0].alternative is None
    assert len({each.alternative for each in options} - {None}) == expected


def test_a_sort_that_there_is_not_is_not_offered() -> None:
    one = two_days(covers=(), rooms=(both_days(),), days=(DAY,))
    assert set(sorts(offer(one, 10).options)) == {None, REMOTE}
    by_video = two_days(needs=replace(NEEDS, room=False, remote=True))
    assert REMOTE not in sorts(offer(by_video, 10).options)
    assert ANOTHER_ROOM not in sorts(offer(by_video, 10).options)


def test_another_room_is_sought_at_the_same_time_and_else_at_the_next() -> None:
    taken = two_days(rooms=(both_days(code="ROOM-A"), both_days((540, 780), code="ROOM-B")))
    (other,) = (each for each in offer(taken, 10).options if each.alternative is ANOTHER_ROOM)
    assert (other.starts_at, other.room_id) == (window(795, 800).start, taken.rooms[1].id)


def test_a_cover_chair_is_the_one_with_the_first_time_and_the_emptier_day() -> None:
    busy, free = both_days((900, 1020), code="IRO-02"), both_days(code="IRO-03")
    (cover,) = (each for each in offer(two_days(covers=(busy, free)), 10).options if each.alternative is COVER)
    assert cover.chair_id == free.id


def test_where_the_chair_is_away_in_time_a_cover_chair_comes_before_a_late_day() -> None:
    late = DAY + timedelta(days=2)
    away = Diary(id=uuid4(), code="IRO-01", at_work=edges([window(540, 1020, late)]), busy=())
    there = Diary(id=uuid4(), code="X", at_work=edges(window(540, 1020, day) for day in (DAY, late)), busy=())
    teams = (Team(id=uuid4(), code="P", places=(there,)),)
    asked = two_days(chair=away, covers=(there,), rooms=(there,), note_takers=(there,), teams=teams, days=(DAY, late), last_in_time=DAY)
    options = offer(asked, 5).options
    assert (options[0].alternative, options[0].in_timescale) == (COVER, True)
    assert [each.in_timescale for each in options[1:]] == [False] * 4


def test_nothing_is_settled_while_a_later_day_could_bring_a_sort() -> None:
    assert offer(two_days(), 2).settled is False  # hardly a slack before the last day: a later one could be better
    far = two_days(last_in_time=NEXT + timedelta(days=30), today=DAY - timedelta(days=10))
    assert offer(far, 2).settled is True
    assert [offer(far, first).settled for first in (4, 5)] == [True, False]  # the fifth is the second of a half-day
    assert offer(replace(far, covers=(both_days((540, 1020)),), days=(DAY,)), 2).settled is False


# ----------------------------------------------------------------------------------------------------------- blockers


def lifted(stuck: SlotProblem, kinds: set[ResourceKind]) -> SlotProblem:
    """The same problem, in which these are free all day."""
    free = diary()
    return replace(
        stuck,
        needs=replace(stuck.needs, police=stuck.needs.police and ResourceKind.POLICE not in kinds),
        chair=free if ResourceKind.IRO in kinds else stuck.chair,
        rooms=(free,) if ResourceKind.ROOM in kinds else stuck.rooms,
        note_takers=(free,) if ResourceKind.NOTE_TAKER in kinds else stuck.note_takers,
    )


_WORDS = {"the chair were": ResourceKind.IRO, "a room were": ResourceKind.ROOM, "a note-taker were": ResourceKind.NOTE_TAKER}
_WORDS["no police attended"] = ResourceKind.POLICE


def said(blocker: Blocker) -> tuple[set[ResourceKind], datetime]:
    assert blocker.would_fit_if is not None
    text, _, when = blocker.would_fit_if.rpartition(" at ")
    return {kind for word, kind in _WORDS.items() if word in text}, datetime.fromisoformat(when)


FULL = diary((540, 1020))
FULL_TEAM = (Team(id=uuid4(), code="P", places=(FULL,)),)


@pytest.mark.parametrize(
    "changed",
    [
        {"chair": FULL},
        {"rooms": ()},
        {"note_takers": (FULL,)},
        {"teams": FULL_TEAM},
        {"chair": FULL, "rooms": ()},
        {"rooms": (FULL,), "note_takers": ()},
        {"chair": FULL, "rooms": (FULL,), "note_takers": (FULL,), "teams": FULL_TEAM},
        {"chair": diary((540, 780)), "rooms": (diary((780, 1020)),)},
        {"chair": diary((540, 700)), "rooms": (diary((680, 860)),), "note_takers": (diary((840, 1020)),)},
    ],
)
def test_each_resource_at_fault_says_under_what_it_would_fit_and_that_is_true(changed: dict[str, Any]) -> None:
    stuck = problem(**changed)
    assert find_slots(stuck, 1) == ()
    blockers = find_blockers(stuck)
    assert blockers
    for blocker in blockers:
        kinds, when = said(blocker)
        assert blocker.resource in kinds
        assert when in [each.starts_at for each in find_slots(lifted(stuck, kinds), 100)]
        for fewer in kinds:
            assert find_slots(lifted(stuck, kinds - {fewer}), 1) == ()  # no less would do


def test_a_room_that_does_not_suit_says_when_it_would_be_free_and_only_then() -> None:
    why = [Blocker(code=BlockerCode.ROOM_TOO_SMALL, message="small", resource=ResourceKind.ROOM, resource_code=code) for code in ("A", "B")]
    rooms = (diary((540, 690), code="A"), diary((540, 1020), code="B"))
    free, full = find_blockers(problem(rooms=()), tuple(zip(rooms, why, strict=True)))
    assert free.would_fit_if == f"A suited, at {window(705, 710).start.isoformat()}"
    assert full.would_fit_if is None


def test_a_meeting_that_is_too_long_would_fit_if_it_were_as_long_as_its_hours() -> None:
    (blocker,) = find_blockers(problem(needs=replace(NEEDS, minutes=479)))
    assert (blocker.code, blocker.would_fit_if) == (
        BlockerCode.OUTSIDE_HOURS,
        f"it took 420 minutes, at {window(570, 600).start.isoformat()}",
    )


# ------------------------------------------------------------------------------------------------------------ service


async def search(world: World, *references: str, **more: Any) -> tuple[SlotOption, ...]:
    asked = {"kind": MeetingKind.INITIAL_CONFERENCE, "child_references": references, **more}
    return await service.slots(world.resources, SUPPORT, SlotSearch(**asked), world.now)


async def test_every_alternative_can_be_booked_as_it_is_offered(world: World) -> None:
    await world.conference("CH1")
    codes = {row["id"]: row["code"] for row in await world.sql("SELECT id, code FROM resource")}
    options = await search(world, "CH1")
    assert {None, *Alternative} == {each.alternative for each in options}
    for option in options:
        meeting = await world.book(
            "CH1",
            starts_at=option.starts_at,
            chair_code=codes[option.chair_id],
            remote=option.remote,
            **({} if option.room_id is None else {"room_code": codes[option.room_id]}),
        )
        row = await world.meeting(meeting)
        assert (row["chair"], row["room_id"], row["remote"]) == (codes[option.chair_id], option.room_id, option.remote)
        await world.act("cancel", meeting)


async def test_an_officer_on_leave_for_the_whole_window_would_be_covered_at_a_time_that_can_be_booked(world: World) -> None:
    await world.conference("CH1")
    await world.sql("DELETE FROM availability WHERE resource_id = (SELECT id FROM resource WHERE code = 'IRO-01')")
    with pytest.raises(Impossible) as refused:
        await search(world, "CH1")
    (blocker,) = refused.value.blockers
    chair, _, when = (blocker.would_fit_if or "").partition(" chaired, at ")
    assert (blocker.code, chair) == (BlockerCode.CHAIR_ABSENT, "IRO-02")
    await world.book("CH1", starts_at=datetime.fromisoformat(when), chair_code=chair)


async def test_where_no_room_is_left_it_would_fit_by_video_at_a_time_that_can_be_booked(world: World) -> None:
    await world.conference("CH1")
    await world.sql("DELETE FROM availability WHERE resource_id IN (SELECT resource_id FROM room)")
    with pytest.raises(Impossible) as refused:
        await search(world, "CH1")
    (blocker,) = refused.value.blockers
    how, _, when = (blocker.would_fit_if or "").partition(", at ")
    assert (blocker.code, how) == (BlockerCode.NO_ROOM, "it were by video")
    await world.book("CH1", starts_at=datetime.fromisoformat(when), remote=True)


async def test_who_may_not_chair_is_no_cover(world: World) -> None:
    await world.conference("CH1")
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) SELECT id, 'CH1', 'test' FROM resource WHERE code = 'IRO-02'"
    )
    assert COVER not in sorts(await search(world, "CH1"))
    with pytest.raises(Impossible) as refused:
        await search(world, "CH1", chair_code="IRO-02")
    (blocker,) = refused.value.blockers
    assert blocker.code is BlockerCode.INDEPENDENCE
    assert (blocker.would_fit_if or "").startswith("IRO-01 chaired, at 2026-09-0")


async def test_where_nobody_is_allocated_it_says_who_could_chair_and_when(world: World) -> None:
    await world.conference("CH1", None)
    await world.conference("CH2")
    first = (await search(world, "CH2"))[0].starts_at
    await world.book("CH2", starts_at=first)
    with pytest.raises(Impossible) as refused:
        await search(world, "CH1", from_day=first.date())
    (blocker,) = refused.value.blockers
    would = blocker.would_fit_if or ""
    assert would.startswith("IRO-0")
    chair, _, when = would.partition(" chaired, at ")
    meeting = await world.book("CH1", starts_at=datetime.fromisoformat(when), chair_code=chair)
    assert (await world.meeting(meeting))["chair"] == chair


async def test_what_is_found_in_the_first_weeks_is_what_the_whole_span_would_offer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1")
    asked = {"kind": MeetingKind.CARE_REVIEW, "from_day": date(2026, 9, 2), "to_day": date(2027, 1, 29)}
    soon = await search(world, "CH1", **asked)
    monkeypatch.setattr("services.booking.searching._SOON", timedelta(days=366))
    whole = await search(world, "CH1", **asked)
    assert [replace(each, reasons=()) for each in soon] == [replace(each, reasons=()) for each in whole]


async def test_a_meeting_goes_over_to_video_and_back(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.move(meeting, remote=True)
    row = await world.meeting(meeting)
    assert (row["remote"], row["room"], row["chair"]) == (True, None, "IRO-01")
    assert "ROOM-A" not in await world.holds(meeting)
    await world.move(meeting, 2, remote=False)
    row = await world.meeting(meeting)
    assert (row["remote"], row["room"], row["needs"]) == (False, "ROOM-A", [])


def test_the_times_are_those_of_the_clock_on_the_wall() -> None:
    assert starts(offer(two_days(), 1).options) == ["09:30"]
