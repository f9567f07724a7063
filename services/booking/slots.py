"""Times at which everything that a meeting needs is free, ranked, with another of each sort. Pure: diaries in, options out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.booking.bits import starts_in
from services.booking.diaries import Diary, SlotProblem
from services.booking.needs import MeetingNeeds
from services.booking.openings import Openings
from services.booking.ranking import BEST, NOTICE, Rank, Scale, notice_of, rank, slack_of
from services.booking.wishes import Where, WishMissed, missed, said
from services.kernel.window import LONDON, TimeWindow, civil_day, local_instant
from services.kernel.words import Alternative, ResourceKind, Wish

T = TypeVar("T")
BY_VIDEO = "by video: no room is taken and nobody travels"
SCARCE = 3
"""Days in time with a free slot: where there are fewer, whoever books is warned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOption:
    """A time with who and what is free then. `reasons`: one line a preference met or missed.

    `alternative`: how it differs from the best that was asked for; None: it is as asked. `remote`: by video. `wishes_missed`: what of
    the children's own time it does not respect; `reasons` say it without a child. `sittings`: where several
    were asked for, all of them, of which this time is the first.
    """

    starts_at: datetime
    ends_at: datetime
    chair_id: UUID
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    in_timescale: bool
    reasons: tuple[str, ...]
    alternative: Alternative | None = None
    remote: bool = False
    wishes_missed: tuple[WishMissed, ...] = ()
    sittings: tuple[TimeWindow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The options, best first. `settled`: on no later day could there be one that belongs among them."""

    options: tuple[SlotOption, ...]
    settled: bool


class _Start(NamedTuple):
    rank: Rank
    unit: int


def find_slots(problem: SlotProblem, first: int) -> tuple[SlotOption, ...]:
    """Up to `first` options as asked, the best first: in time, with notice, as the children wish, not too much for the chair, then the
    earliest.

    A morning and an afternoon a day come before a second of the same half-day. Where hardly any day in time is left, each option
    says so. Empty: see `blockers`.
    """
    found, _ = _as_asked(Openings(problem), first)
    return found


def offer(problem: SlotProblem, first: int) -> Offer:
    """Up to `first` options, and among them one of each sort that there is beside the best as asked: on another day, in another room,
    with a cover chair, by video (in this order, where `first` leaves no place for all).

    What is as asked comes before a cover chair and video, unless it is late. Where nothing is as asked, only those are left.
    """
    openings = Openings(problem)
    asked, led = _as_asked(openings, max(first, 3))
    others = [each for each in _others(openings, asked) if each is not None]
    options = sorted(beside(asked, others, first), key=lambda each: _place(openings, each))
    sought = {Alternative.ANOTHER_ROOM: problem.needs.room, Alternative.REMOTE: not problem.needs.remote}
    sought[Alternative.COVER_CHAIR] = bool(problem.covers)
    found = {each.alternative for each in others} | ({Alternative.ANOTHER_DAY} if _elsewhere(asked) is not None else set())
    wanted = {Alternative.ANOTHER_DAY, *(sort for sort, is_sought in sought.items() if is_sought)}
    ranked = led and all(_rank_of(openings, problem.chair, each) == BEST for each in asked)
    return Offer(options=tuple(options), settled=ranked and wanted <= found)


def beside(asked: Sequence[SlotOption], others: Sequence[SlotOption], first: int) -> list[SlotOption]:
    """Up to `first`: the best as asked, one of them as the one on another day, and what is not as asked after them."""
    best = list(asked[: max(1, first - len(others))])
    elsewhere = _elsewhere(asked)
    if elsewhere is not None and first > 1:
        if elsewhere not in best:
            best[1:] = [*best[1:-1], elsewhere] if len(best) > 1 else [elsewhere]
        best[best.index(elsewhere)] = marked(elsewhere, Alternative.ANOTHER_DAY, "another day")
    return [*best, *others][:first]


def _elsewhere(asked: Sequence[SlotOption]) -> SlotOption | None:
    return next((each for each in asked if civil_day(each.starts_at) != civil_day(asked[0].starts_at)), None)


def _as_asked(openings: Openings, first: int) -> tuple[tuple[SlotOption, ...], bool]:
    """The options, and whether there are as many, each the first of its half-day: else another day could bring one that comes before."""
    problem, timeline = openings.problem, openings.timeline
    scale = Scale(openings, problem.needs, problem.chair)
    starts = openings.starts(problem.needs, problem.chair)
    days = list(timeline.days_in(starts))
    in_time = sum(timeline.date(day) <= problem.last_in_time for day in days)
    leading: list[_Start] = []
    rest: list[_Start] = []
    for _, day in sorted((scale.best_on(day), day) for day in days):
        if len(leading) >= first:
            break
        for half in _halves(openings, day, starts):
            ordered = sorted(_Start(scale.rank(unit), unit) for unit in half)
            leading += ordered[:1]
            rest += ordered[1:]
    chosen = sorted([*leading, *rest][:first])
    warning = f"only {in_time} day{'s' if in_time > 1 else ''} in time left with a free slot"
    warnings = (warning,) if 0 < in_time < SCARCE else ()
    options = (_option(openings, problem.needs, problem.chair, each) for each in chosen)
    return tuple(replace(each, reasons=(*each.reasons, *warnings)) for each in options), len(leading) >= first


def _halves(openings: Openings, day: int, starts: int) -> Iterator[list[int]]:
    """The starts of that day before noon, and the others."""
    timeline = openings.timeline
    noon = timeline.unit(local_instant(timeline.date(day), time(12)))
    units = [timeline.within(day) + unit for unit in starts_in(timeline.of_day(starts, day))]
    yield [unit for unit in units if unit < noon]
    yield [unit for unit in units if unit >= noon]


def _others(openings: Openings, asked: tuple[SlotOption, ...]) -> Iterator[SlotOption | None]:
    """One in another room than the best as asked, one with a cover chair, one by video; None where there is none."""
    problem = openings.problem
    needs, chair = problem.needs, problem.chair
    if asked and needs.room:
        room_id = asked[0].room_id
        start = _first(openings, needs, chair, room_but=room_id, at=asked[0].starts_at)
        found = None if start is None else _option(openings, needs, chair, start, room_but=room_id)
        codes = {room.id: room.code for room in problem.rooms}
        yield found and marked(found, Alternative.ANOTHER_ROOM, f"another room: {codes[found.room_id]}" if found.room_id else "")
    for start, cover in covering(openings)[:1]:
        yield marked(_option(openings, needs, cover, start), Alternative.COVER_CHAIR, f"a cover chair: {cover.code}")
    if not needs.remote:
        by_video = replace(needs, room=False, remote=True)
        start_ = _first(openings, by_video, chair)
        yield start_ and marked(_option(openings, by_video, chair, start_), Alternative.REMOTE, BY_VIDEO)


def covering(openings: Openings) -> list[tuple[_Start, Diary]]:
    """The cover chairs who have a time as asked, each with her best: the best first, then who chairs least that day."""
    problem = openings.problem
    found = [(start, cover) for cover in problem.covers if (start := _first(openings, problem.needs, cover)) is not None]
    return sorted(found, key=lambda each: (each[0], openings.begun(each[1])[openings.timeline.day(each[0].unit)], each[1].code))


def marked(option: SlotOption, alternative: Alternative, how: str) -> SlotOption:
    """As it differs from what was asked for."""
    return replace(option, alternative=alternative, reasons=(how, *option.reasons))


def _first(
    openings: Openings, needs: MeetingNeeds, chair: Diary, *, room_but: UUID | None = None, at: datetime | None = None
) -> _Start | None:
    """The best start there is, or `at` itself where it is one."""
    starts = openings.starts(needs, chair, room_but=room_but)
    if not starts:
        return None
    scale = Scale(openings, needs, chair)
    unit = None if at is None else openings.timeline.unit(at)
    if unit is None or not starts >> unit & 1:
        unit = next(starts_in(scale.best_of(starts)))
    return _Start(scale.rank(unit), unit)


def _option(openings: Openings, needs: MeetingNeeds, chair: Diary, start: _Start, *, room_but: UUID | None = None) -> SlotOption:
    """That start with the first room that is free, the note-taker with the emptiest day and the first team with a place."""
    problem, timeline = openings.problem, openings.timeline
    number = timeline.day(start.unit)
    begins, day = timeline.instant(start.unit).astimezone(LONDON), timeline.date(number)

    def free(found: Iterable[tuple[T, int]]) -> Iterator[T]:
        return (each for each, starts in found if starts >> start.unit & 1)

    rooms = (room for room in free(openings.each(needs, ResourceKind.ROOM)) if room.id != room_but) if needs.room else iter(())
    takers = free(openings.each(needs, ResourceKind.NOTE_TAKER)) if needs.note_taker else ()
    room, taker = next(rooms, None), min(takers, key=lambda each: openings.begun(each)[number], default=None)
    team = next(free(openings.teams(needs)), None) if needs.police else None
    window = TimeWindow(begins, begins + timedelta(minutes=needs.minutes))
    wishes = missed(problem.own_times, needs.kind, (window,), Where(in_unit_room=needs.room, remote=needs.remote), problem.settings)
    return SlotOption(
        starts_at=begins,
        ends_at=window.end,
        chair_id=chair.id,
        room_id=None if room is None else room.id,
        note_taker_id=None if taker is None else taker.id,
        police_team_id=None if team is None else team.id,
        in_timescale=day <= problem.last_in_time,
        reasons=(*_reasons(problem, day, openings.begun(chair)[number]), *said(wishes)),
        remote=needs.remote,
        wishes_missed=wishes,
    )


def _rank_of(openings: Openings, chair: Diary, option: SlotOption) -> Rank:
    """Where it is, is no matter of its time."""
    unwished = sum(1 for each in option.wishes_missed if each.wish is not Wish.PLACE)
    return rank(openings, chair, openings.timeline.day(openings.timeline.unit(option.starts_at)), unwished)


def _place(openings: Openings, option: SlotOption) -> tuple[bool, bool, Rank, datetime, bool]:
    """Where an option stands among all that are offered."""
    problem = openings.problem
    chair = next((each for each in problem.covers if each.id == option.chair_id), problem.chair)
    late, *_ = rank = _rank_of(openings, chair, option)
    second = option.alternative in (Alternative.COVER_CHAIR, Alternative.REMOTE)
    return late, second, rank, option.starts_at, option.alternative is not None


def _reasons(problem: SlotProblem, day: date, chaired: int) -> tuple[str, ...]:
    notice, slack = notice_of(problem, day), slack_of(problem, day)
    in_time = f"{slack} working days before the last day in time" if slack >= 0 else f"{-slack} working days after the last day in time"
    return (
        in_time if slack else "the last day in time",
        f"{notice} working days' notice" + ("" if notice >= NOTICE else f", fewer than {NOTICE}"),
        f"the chair has {chaired or 'no'} other meeting{'s' if chaired > 1 else ''} that day",
    )
