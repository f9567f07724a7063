"""What is found with bits is what a plain look at every quarter of an hour finds, in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.diaries import Diary, SlotProblem, Team
from services.booking.needs import MeetingNeeds, needs_of, span_of
from services.booking.slots import find_slots, offer
from services.booking.timeline import Timeline, edges
from services.booking.wishes import OwnTime, Where, missed
from services.directory.settings import Settings
from services.kernel.window import LONDON, TimeWindow, civil_day, local_instant, monday_of
from services.kernel.words import Alternative, MeetingKind, ResourceKind, Weekday, Wish
from tests.booking.test_slots import windows
from tests.booking.world import most_at_once

DAYS = tuple(date(2026, 10, day) for day in (22, 23, 26, 27))  # the clocks change on the 25th
HOURS = (time(9, 30), time(16, 30))
SETTINGS = Settings()
Plain = tuple[tuple[bool, bool, int, bool, bool], datetime]


def _stretch(day: date, since: int, minutes: int) -> TimeWindow:
    begins = local_instant(day, time(0)) + timedelta(minutes=since)
    return TimeWindow(begins, begins + timedelta(minutes=minutes))


_stretches = st.lists(st.builds(_stretch, st.sampled_from(DAYS), st.integers(480, 1000), st.integers(1, 200)), max_size=9)
_work = st.lists(st.builds(_stretch, st.sampled_from(DAYS), st.integers(480, 720), st.integers(200, 540)), min_size=3, max_size=5)


@st.composite
def _diary(draw: st.DrawFn) -> Diary:
    code = draw(st.sampled_from("ABCDEF"))
    return Diary(id=uuid4(), code=code, at_work=edges(draw(_work)), busy=edges(draw(_stretches)))


@st.composite
def _note_taker(draw: st.DrawFn) -> Diary:
    written = draw(st.dictionaries(st.sampled_from([monday_of(day) for day in DAYS]), st.integers(0, 400)))
    return replace(draw(_diary()), written=written, write_up_a_week=draw(st.sampled_from([None, 100, 300, 500])))


_teams = st.builds(Team, id=st.uuids(), code=st.just("P"), places=st.lists(_diary(), max_size=2).map(tuple))
_wishing = st.builds(
    OwnTime,
    reference=st.just("CH"),
    born_on=st.sampled_from([None, date(2016, 5, 4)]),
    weekdays=st.sampled_from([frozenset(), frozenset({Weekday.THURSDAY, Weekday.MONDAY})]),
    until=st.sampled_from([None, time(14, 10)]),
)
_kinds = st.sampled_from([MeetingKind.REVIEW_CONFERENCE, MeetingKind.CARE_REVIEW])


@st.composite
def problems(draw: st.DrawFn) -> SlotProblem:
    return SlotProblem(
        needs=needs_of(draw(_kinds), children=1, first=False, settings=SETTINGS),
        days=DAYS,
        hours=HOURS,
        today=draw(st.sampled_from([DAYS[0], DAYS[0] - timedelta(days=4)])),
        last_in_time=draw(st.sampled_from([DAYS[1], DAYS[3], DAYS[3] + timedelta(days=2)])),
        chair=draw(_diary()),
        covers=tuple(draw(st.lists(_diary(), max_size=2))),
        rooms=tuple(draw(st.lists(_diary(), max_size=3))),
        note_takers=tuple(draw(st.lists(_note_taker(), max_size=2))),
        teams=tuple(draw(st.lists(_teams, max_size=2))),
        chaired_a_day=draw(st.integers(1, 3)),
        own_times=tuple(replace(each, reference=f"CH{at}") for at, each in enumerate(draw(st.lists(_wishing, max_size=2)))),
    )


def _meeting(needs: MeetingNeeds, start: datetime) -> TimeWindow:
    return TimeWindow(start, start + timedelta(minutes=needs.minutes))


def _quarters(needs: MeetingNeeds, day: date) -> Iterator[datetime]:
    start = local_instant(day, HOURS[0]).astimezone(UTC)
    while start + timedelta(minutes=needs.minutes) <= local_instant(day, HOURS[1]):
        yield start
        start += timedelta(minutes=15)


def _free(needs: MeetingNeeds, kind: ResourceKind, who: Diary, start: datetime) -> bool:
    span = span_of(kind, needs, _meeting(needs, start))
    at_work = any(each.contains(span.attended) for each in windows(who.at_work))
    writes = kind is not ResourceKind.NOTE_TAKER or _can_write(who, needs, civil_day(start))
    return at_work and writes and not any(each.overlaps(span.blocked) for each in windows(who.busy))


def _can_write(who: Diary, needs: MeetingNeeds, day: date) -> bool:
    return who.write_up_a_week is None or who.written.get(monday_of(day), 0) + needs.write_up <= who.write_up_a_week


def _attends(needs: MeetingNeeds, team: Team, start: datetime) -> bool:
    meeting = _meeting(needs, start)
    on_duty = sum(any(each.contains(meeting) for each in windows(place.at_work)) for place in team.places)
    busy = [each for place in team.places for each in windows(place.busy) if each.overlaps(meeting)]
    return most_at_once([(max(each.start, meeting.start), min(each.end, meeting.end)) for each in busy]) < on_duty


def _fits(asked: SlotProblem, needs: MeetingNeeds, chair: Diary, start: datetime, room_but: UUID | None = None) -> bool:
    rooms = (each for each in asked.rooms if each.id != room_but)
    return (
        _free(needs, ResourceKind.IRO, chair, start)
        and (not needs.room or any(_free(needs, ResourceKind.ROOM, each, start) for each in rooms))
        and (not needs.note_taker or any(_free(needs, ResourceKind.NOTE_TAKER, each, start) for each in asked.note_takers))
        and (not needs.police or any(_attends(needs, each, start) for each in asked.teams))
    )


def _plain(asked: SlotProblem, needs: MeetingNeeds, chair: Diary, start: datetime) -> Plain:
    day = civil_day(start)
    where = Where(in_unit_room=needs.room, remote=needs.remote)
    breaches = missed(asked.own_times, needs.kind, (_meeting(needs, start),), where, SETTINGS)
    unwished = sum(each.wish is not Wish.PLACE for each in breaches)
    chaired = sum(civil_day(each.start) == day for each in windows(chair.busy))
    notice, slack = (day - asked.today).days, (asked.last_in_time - day).days
    return (day > asked.last_in_time, notice < 5, unwished, chaired >= asked.chaired_a_day, slack < 3), start


def _all(asked: SlotProblem, needs: MeetingNeeds, chair: Diary, room_but: UUID | None = None) -> list[Plain]:
    starts = (start for day in DAYS for start in _quarters(needs, day) if _fits(asked, needs, chair, start, room_but))
    return sorted(_plain(asked, needs, chair, start) for start in starts)


def _few(asked: SlotProblem, first: int) -> list[datetime]:
    """The first of each half-day, days in order of what their best quarter could be; then the others."""
    best = {day: min(_plain(asked, asked.needs, asked.chair, start)[0] for start in _quarters(asked.needs, day)) for day in DAYS}
    halves: dict[tuple[object, ...], list[Plain]] = {}
    for rank, start in _all(asked, asked.needs, asked.chair):
        day = civil_day(start)
        halves.setdefault((best[day], day, start.astimezone(LONDON).hour >= 12), []).append((rank, start))
    leading = [halves[half][0] for half in sorted(halves)]
    rest = [each for half in sorted(halves) for each in halves[half][1:]]
    return [start for _, start in sorted([*leading, *rest][:first])]


@settings(deadline=None, max_examples=50)
@given(asked=problems(), first=st.integers(1, 12))
def test_a_search_finds_what_a_plain_look_finds(asked: SlotProblem, first: int) -> None:
    every = find_slots(asked, 1000)
    assert [each.starts_at for each in every] == [start for _, start in _all(asked, asked.needs, asked.chair)]
    assert [each.starts_at for each in find_slots(asked, first)] == _few(asked, first)
    for each in every:
        if asked.needs.room:
            assert each.room_id == next(room.id for room in asked.rooms if _free(asked.needs, ResourceKind.ROOM, room, each.starts_at))
        if asked.needs.police:
            assert each.police_team_id == next(team.id for team in asked.teams if _attends(asked.needs, team, each.starts_at))


@settings(deadline=None, max_examples=50)
@given(asked=problems())
def test_every_other_sort_is_the_best_that_a_plain_look_finds(asked: SlotProblem) -> None:
    found = {each.alternative: each for each in offer(asked, 50).options if each.alternative is not None}
    covered = [
        (*each[0], sum(civil_day(one.start) == civil_day(each[0][1]) for one in windows(cover.busy)), cover.code)
        for cover in asked.covers
        if (each := _all(asked, asked.needs, cover))
    ]
    by_video = _all(asked, replace(asked.needs, room=False, remote=True), asked.chair)
    assert {sort: each.starts_at for sort, each in found.items() if sort in (Alternative.COVER_CHAIR, Alternative.REMOTE)} == {
        **({Alternative.COVER_CHAIR: min(covered)[1]} if covered else {}),
        **({Alternative.REMOTE: by_video[0][1]} if by_video else {}),
    }
    as_asked = _all(asked, asked.needs, asked.chair)
    if as_asked and asked.needs.room:
        best = as_asked[0][1]
        taken = next(room.id for room in asked.rooms if _free(asked.needs, ResourceKind.ROOM, room, best))
        elsewhere = [start for _, start in _all(asked, asked.needs, asked.chair, taken)]
        other = found.get(Alternative.ANOTHER_ROOM)
        assert (other and other.starts_at) == (best if best in elsewhere else next(iter(elsewhere), None))


@settings(deadline=None, max_examples=100)
@given(asked=problems(), first=st.integers(3, 5), days=st.integers(1, 3))
def test_what_is_settled_no_later_day_changes(asked: SlotProblem, first: int, days: int) -> None:
    asked = replace(asked, own_times=(), today=DAYS[0] - timedelta(days=9), last_in_time=DAYS[-1] + timedelta(days=9), chaired_a_day=9)
    soon = offer(replace(asked, days=DAYS[:days]), first)
    if soon.settled:
        assert [each.starts_at for each in soon.options] == [each.starts_at for each in offer(asked, first).options]


@settings(deadline=None, max_examples=50)
@given(stated=_stretches, days=st.sampled_from([DAYS, DAYS[1:2], (date(2027, 3, 27), date(2027, 3, 29))]))
def test_a_unit_is_touched_where_a_stretch_overlaps_it_and_inside_where_one_covers_it(
    stated: list[TimeWindow], days: tuple[date, ...]
) -> None:
    timeline, stretches = Timeline(days), windows(edges(stated))
    touched, inside = timeline.touched(edges(stated)), timeline.inside(edges(stated))
    for unit in range(timeline.units):
        span = TimeWindow(timeline.instant(unit), timeline.instant(unit + 1))
        assert touched >> unit & 1 == any(each.overlaps(span) for each in stretches)
        assert inside >> unit & 1 == any(each.contains(span) for each in stretches)
    for number in timeline.numbers:
        begun = timeline.begun(edges(stated))[number]
        assert begun == sum(civil_day(each.start) == timeline.date(number) for each in stretches)
        assert timeline.instant(timeline.within(number)) == local_instant(timeline.date(number), time(0))
