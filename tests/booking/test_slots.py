"""Times offered are times that can be booked; where there is none, the reasons are true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking import service
from services.booking.blockers import find_blockers
from services.booking.commands import SlotSearch
from services.booking.diaries import Diary, SlotProblem, Team
from services.booking.needs import needs_of, span_of
from services.booking.slots import SlotOption, find_slots
from services.booking.timeline import EPOCH, Edges, edges
from services.directory.settings import Settings
from services.kernel.errors import Impossible, InvalidInput
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import BlockerCode, MeetingKind, ResourceKind
from tests.booking.world import SUPPORT, TODAY, World, at, most_at_once, unit

DAY = date(2026, 9, 8)
NEEDS = needs_of(MeetingKind.REVIEW_CONFERENCE, children=1, first=False, settings=Settings())


def window(since: int, until: int, day: date = DAY) -> TimeWindow:
    midnight = local_instant(day, time.min)
    return TimeWindow(midnight + timedelta(minutes=since), midnight + timedelta(minutes=until))


def windows(stated: Edges) -> list[TimeWindow]:
    """The stretches as they were stated."""
    instants = [EPOCH + timedelta(microseconds=each) for each in stated]
    return [TimeWindow(*each) for each in zip(instants[::2], instants[1::2], strict=True)]


def diary(*busy: tuple[int, int], at_work: tuple[int, int] | None = (540, 1020), code: str = "X") -> Diary:
    return Diary(
        id=uuid4(),
        code=code,
        at_work=edges([window(*at_work)] if at_work else []),
        busy=edges(window(*each) for each in busy),
    )


def problem(chair: Diary | None = None, **more: object) -> SlotProblem:
    given: dict[str, object] = {
        "needs": NEEDS,
        "days": (DAY,),
        "hours": (time(9, 30), time(16, 30)),
        "today": TODAY,
        "last_in_time": DAY,
        "chair": chair or diary(),
        "rooms": (diary(),),
        "note_takers": (diary(),),
        "teams": (Team(id=uuid4(), code="POL-01", places=(diary(),)),),
        **more,
    }
    return SlotProblem(**given)  # type: ignore[arg-type]


def starts(found: tuple[SlotOption, ...]) -> list[str]:
    return [each.starts_at.strftime("%H:%M") for each in found]


def test_a_free_day_offers_a_morning_and_an_afternoon_first() -> None:
    assert starts(find_slots(problem(), 2)) == ["09:30", "12:00"]


def test_a_meeting_needs_all_of_its_spans_free_at_once() -> None:
    # until 12:00 the chair, from 13:30 the room, from 13:15 on nobody notes: 12:15 (pre-meet from 12:00) would end at 13:45
    assert find_slots(problem(diary((540, 720)), rooms=(diary((840, 1020)),)), 10) == ()
    assert starts(find_slots(problem(diary((540, 720)), rooms=(diary((855, 1020)),)), 10)) == ["12:15"]


def test_days_in_time_and_with_notice_come_first() -> None:
    late, short = DAY + timedelta(days=1), TODAY + timedelta(days=1)
    days = (short, DAY, late)
    chair = Diary(id=uuid4(), code="X", at_work=edges(window(540, 1020, day) for day in days), busy=())
    found = find_slots(
        problem(chair, days=days, rooms=(chair,), note_takers=(chair,), teams=(Team(id=uuid4(), code="P", places=(chair,)),)), 6
    )
    assert [each.starts_at.date() for each in found] == [DAY, DAY, short, short, late, late]
    assert [each.in_timescale for each in found] == [True] * 4 + [False] * 2
    assert "fewer than 5" in found[2].reasons[1]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"chair": diary(at_work=None)}, BlockerCode.CHAIR_ABSENT),
        ({"chair": diary((540, 1020))}, BlockerCode.CHAIR_BUSY),
        ({"rooms": ()}, BlockerCode.NO_ROOM),
        ({"rooms": (diary((540, 1020)),)}, BlockerCode.ROOM_BUSY),
        ({"note_takers": ()}, BlockerCode.NO_NOTE_TAKER),
        ({"note_takers": (diary((540, 1020)),)}, BlockerCode.NOTE_TAKER_BUSY),
        ({"teams": ()}, BlockerCode.POLICE_OFF_DUTY),
        ({"teams": (Team(id=uuid4(), code="P", places=(diary((540, 1020)),)),)}, BlockerCode.POLICE_AT_CAPACITY),
        ({"days": ()}, BlockerCode.WINDOW_CLOSED),
        ({"needs": replace(NEEDS, minutes=479)}, BlockerCode.OUTSIDE_HOURS),
    ],
)
def test_what_is_at_fault_is_named_and_what_would_help_was_tried(changed: dict[str, object], code: BlockerCode) -> None:
    stuck = problem(**changed)  # type: ignore[arg-type]
    assert find_slots(stuck, 1) == ()
    (blocker,) = find_blockers(stuck)
    assert blocker.code is code
    if blocker.resource is not None:
        assert blocker.would_fit_if is not None
        assert local_instant(DAY, time(9, 30)).isoformat() in blocker.would_fit_if


def test_two_that_are_free_at_different_times_are_both_named() -> None:
    stuck = problem(diary((540, 780)), rooms=(diary((780, 1020)),))
    assert {each.code for each in find_blockers(stuck)} == {BlockerCode.CHAIR_BUSY, BlockerCode.ROOM_BUSY}
    assert all(each.would_fit_if for each in find_blockers(stuck))


spans = st.tuples(st.integers(108, 203), st.integers(1, 24)).map(lambda pair: (pair[0] * 5, min(1020, (pair[0] + pair[1]) * 5)))
diaries = st.lists(spans, max_size=4).map(lambda busy: diary(*busy))


@given(chair=diaries, rooms=st.lists(diaries, max_size=2), takers=st.lists(diaries, max_size=2), places=st.lists(diaries, max_size=3))
def test_offers_and_reasons_agree_with_a_look_at_every_minute(
    chair: Diary, rooms: list[Diary], takers: list[Diary], places: list[Diary]
) -> None:
    asked = problem(
        chair, rooms=tuple(rooms), note_takers=tuple(takers), teams=(Team(id=uuid4(), code="P", places=tuple(places)),) if places else ()
    )
    found = find_slots(asked, 100)
    assert bool(found) != bool(not found and find_blockers(asked))
    offered = {each.starts_at for each in found}
    by_id: dict[UUID, Diary] = {each.id: each for each in (chair, *rooms, *takers)}
    start = local_instant(DAY, time(9, 30))
    while start + timedelta(minutes=NEEDS.minutes) <= local_instant(DAY, time(16, 30)):
        assert (start in offered) == _all_free(asked, chair, rooms, takers, places, start)
        start += timedelta(minutes=15)
    for each in found:
        for kind, chosen in ((ResourceKind.ROOM, each.room_id), (ResourceKind.NOTE_TAKER, each.note_taker_id)):
            assert chosen is not None
            assert _free(kind, by_id[chosen], each.starts_at)


def _free(kind: ResourceKind, who: Diary, start: datetime) -> bool:
    span = span_of(kind, NEEDS, TimeWindow(start, start + timedelta(minutes=NEEDS.minutes)))
    at_work = any(each.contains(span.attended) for each in windows(who.at_work))
    return at_work and not any(each.overlaps(span.blocked) for each in windows(who.busy))


def _all_free(asked: SlotProblem, chair: Diary, rooms: list[Diary], takers: list[Diary], places: list[Diary], start: datetime) -> bool:
    end = start + timedelta(minutes=asked.needs.minutes)
    busy = [each for place in places for each in windows(place.busy) if each.start < end and start < each.end]
    taken = most_at_once([(max(each.start, start), min(each.end, end)) for each in busy])
    return (
        _free(ResourceKind.IRO, chair, start)
        and any(_free(ResourceKind.ROOM, each, start) for each in rooms)
        and any(_free(ResourceKind.NOTE_TAKER, each, start) for each in takers)
        and taken < len(places)
    )


async def search(world: World, *references: str, **more: object) -> tuple[SlotOption, ...]:
    asked = {"kind": MeetingKind.INITIAL_CONFERENCE, "child_references": references, **more}
    return await service.slots(world.resources, SUPPORT, SlotSearch(**asked), world.now)  # type: ignore[arg-type]


async def test_every_slot_that_is_offered_can_be_booked(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(DAY, "10:00"))
    options = await search(world, "CH1", first=40)
    assert len(options) == 40
    assert all(each.in_timescale and each.reasons for each in options)
    assert not any(at(DAY, "08:00") < each.starts_at < at(DAY, "12:00") for each in options)
    meeting = await world.book("CH1", starts_at=options[0].starts_at)
    for option in options[1:25]:
        version = (await world.meeting(meeting))["version"]
        await world.move(meeting, version, starts_at=option.starts_at)


async def test_a_meeting_that_moves_and_one_that_lapsed_are_not_in_the_way(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2")
    first = await world.book("CH1", starts_at=at(DAY, "10:00"), hold_until=world.now + timedelta(hours=1))
    span = {"from_day": DAY, "to_day": DAY, "first": 100}
    assert at(DAY, "10:00") in [each.starts_at for each in await search(world, "CH1", moving_meeting_id=first, **span)]
    assert at(DAY, "10:00") not in [each.starts_at for each in await search(world, "CH2", **span)]
    with pytest.raises(InvalidInput, match="about other children"):
        await search(world, "CH2", moving_meeting_id=first, **span)
    world.now += timedelta(hours=1)
    assert at(DAY, "10:00") in [each.starts_at for each in await search(world, "CH2", **span)]


async def test_a_review_in_a_room_moves_to_what_is_offered_as_long_as_it_is_and_with_its_room(world: World) -> None:
    """Of a kind that needs no room of the unit; the only room is taken in the afternoon."""
    await world.establish(unit(rooms=1))
    await world.review("CH1")
    await world.review("CH2", "IRO-02")
    other = date(2026, 9, 10)
    meeting = await world.book_review("CH1", starts_at=at(other, "10:00"), ends_at=at(other, "12:00"), room_code="ROOM-A")
    await world.book_review("CH2", starts_at=at(DAY, "14:30"), room_code="ROOM-A")
    about: dict[str, object] = {"kind": MeetingKind.CARE_REVIEW, "moving_meeting_id": meeting, "from_day": DAY, "to_day": DAY, "first": 100}
    options = [each for each in await search(world, **about) if each.alternative is None]
    assert {each.ends_at - each.starts_at for each in options} == {timedelta(hours=2)}
    for version, option in enumerate(options, 1):
        await world.move(meeting, version, starts_at=option.starts_at)
    shorter = await search(world, **about, minutes=45)
    assert {each.ends_at - each.starts_at for each in shorter} == {timedelta(minutes=45)}


async def test_a_conference_elsewhere_and_without_police_moves_to_where_it_needs_neither(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(date(2026, 9, 10), "10:00"), room_code=None, venue="a school", police_team_code=None)
    await world.sql("DELETE FROM availability a USING resource r WHERE r.id = a.resource_id AND r.kind IN ('ROOM', 'POLICE')")
    about: dict[str, object] = {"moving_meeting_id": meeting, "from_day": DAY, "to_day": DAY}
    options = [each for each in await search(world, **about) if each.alternative is None]
    assert options
    assert {(each.room_id, each.police_team_id) for each in options} == {(None, None)}
    for version, option in enumerate(options, 1):
        await world.move(meeting, version, starts_at=option.starts_at)
    # what it has lost is sought with another time
    await world.sql("UPDATE meeting SET needs = '{POLICE}', police_waived_reason = NULL WHERE id = $1", meeting)
    with pytest.raises(Impossible) as none:
        await search(world, **about)
    assert BlockerCode.POLICE_OFF_DUTY in {each.code for each in none.value.blockers}


async def test_no_time_says_who_is_at_fault_and_when_it_would_fit(world: World) -> None:
    await world.conference("CH1")
    await world.sql("DELETE FROM availability WHERE resource_id IN (SELECT resource_id FROM police_place) AND lower(during) < '2026-09-23'")
    with pytest.raises(Impossible) as refused:
        await search(world, "CH1")
    police, window_closed = refused.value.blockers
    assert (police.code, police.resource) == (BlockerCode.POLICE_OFF_DUTY, ResourceKind.POLICE)
    assert police.would_fit_if is not None
    assert "no police attended" in police.would_fit_if
    assert window_closed.code is BlockerCode.WINDOW_CLOSED
    assert window_closed.would_fit_if is not None
    assert "2026-09-23" in window_closed.would_fit_if


async def test_without_an_officer_or_against_independence_no_time_is_sought(world: World) -> None:
    await world.conference("CH1", None)
    with pytest.raises(Impossible) as refused:
        await search(world, "CH1")
    assert [each.code for each in refused.value.blockers] == [BlockerCode.NO_CHAIR]
    with pytest.raises(InvalidInput, match="triggeredOn"):
        await search(world, "CH1", kind=MeetingKind.TRANSFER_IN_CONFERENCE)
    found = await search(world, "CH1", kind=MeetingKind.TRANSFER_IN_CONFERENCE, triggered_on=TODAY, chair_code="IRO-02")
    assert found[0].in_timescale
    with pytest.raises(InvalidInput, match="ends before"):
        await search(world, "CH1", chair_code="IRO-02", from_day=DAY, to_day=TODAY)


async def test_a_search_stays_where_diaries_are_laid_out_and_says_so(world: World) -> None:
    await world.conference("CH1")
    for field, asked in (("from", {"from_day": date(2031, 1, 1)}), ("to", {"to_day": date(2027, 10, 7)})):
        with pytest.raises(InvalidInput, match="laid out for 400 days") as refused:
            await search(world, "CH1", **asked)
        assert refused.value.field == field
    with pytest.raises(InvalidInput, match="cannot come after"):
        await search(world, "CH1", kind=MeetingKind.CARE_REVIEW, triggered_on=date(2031, 1, 1))


async def test_a_review_has_a_note_taker_where_one_is_asked_for(world: World) -> None:
    await world.review("CH1")
    await world.review("CH2", "IRO-02")
    asked = SlotSearch(kind=MeetingKind.CARE_REVIEW, child_references=("CH1",), note_taker=True, from_day=DAY, to_day=DAY)
    (plain, *_) = await service.slots(world.resources, SUPPORT, replace(asked, note_taker=False), world.now)
    (first, *_) = await service.slots(world.resources, SUPPORT, asked, world.now)
    assert (plain.note_taker_id, first.note_taker_id is not None) == (None, True)
    meeting = await world.book_review("CH1", starts_at=first.starts_at, note_taker_code="NT-01", room_code=None)
    assert (await world.meeting(meeting))["note_taker"] == "NT-01"
    since, until = first.starts_at - timedelta(minutes=60), first.starts_at + timedelta(minutes=120)  # with the way there and back
    assert (await world.holds(meeting))["NT-01"] == (since.strftime("%H:%M"), until.strftime("%H:%M"))
    for code in ("NT-01", "NT-02"):
        await world.sql(
            "UPDATE availability SET during = tstzrange(lower(during), lower(during) + interval '1 hour') FROM resource "
            "WHERE id = resource_id AND code = $1 AND lower(during)::date = $2",
            code,
            DAY + timedelta(days=1),
        )
    elsewhere = replace(asked, child_references=("CH2",), from_day=DAY + timedelta(days=1), to_day=DAY + timedelta(days=1))
    with pytest.raises(Impossible) as refused:
        await service.slots(world.resources, SUPPORT, elsewhere, world.now)
    assert {each.resource for each in refused.value.blockers if each.code is not BlockerCode.WINDOW_CLOSED} == {ResourceKind.NOTE_TAKER}
    assert await service.slots(world.resources, SUPPORT, replace(elsewhere, note_taker=False), world.now)
