"""The child's own time: what it wishes of its meetings, school, activities, and what of it a time does not respect. Pure.

All of it is soft: nothing is refused for it, times are ranked by it, and each breach is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import groupby
from math import ceil, floor
from operator import or_

from services.booking.bits import FULL, UNIT, Calendar, bits
from services.booking.needs import MeetingNeeds
from services.directory.settings import Settings
from services.kernel.window import LONDON, TimeWindow, civil_day, local_instant
from services.kernel.words import MeetingKind, Weekday, Wish, WishedPlace
from services.statutory.counting import birthday
from services.statutory.working_days import england

WHOLE_DAY = (0, 24 * 60)
_MINUTE = timedelta(minutes=1)
_WEEK = tuple(Weekday)
REVIEWS_OF_A_CHILD = frozenset({MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW, MeetingKind.SHORT_BREAK_REVIEW})
"""All that a child wishes is asked of these, and school and activities are avoided. Of a conference only its hours are."""

Minutes = tuple[int, int]
"""From, included, to, left out: minutes after midnight by the clock on the wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTime:
    """What is stated of a child's time. `since`, `until`: between which its meetings should lie. No weekday: any."""

    reference: str
    born_on: date | None = None
    weekdays: frozenset[Weekday] = frozenset()
    since: time | None = None
    until: time | None = None
    place: WishedPlace | None = None
    venue: str | None = None
    activity_days: frozenset[Weekday] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a meeting is. `venue`: as it is stated, if it is in no room of the unit; None: nothing is."""

    in_unit_room: bool
    remote: bool
    venue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WishMissed:
    """One wish, or one part of its own time, of one child that a meeting does not respect."""

    reference: str
    wish: Wish
    message: str


_Avoided = tuple[Wish, tuple[Minutes, ...]]
"""Stretches of a day that a child's meetings should not touch, for one reason."""


def missed(
    own: Sequence[OwnTime], kind: MeetingKind, sittings: Sequence[TimeWindow], where: Where, settings: Settings
) -> tuple[WishMissed, ...]:
    """What of their own time a meeting does not respect, child by child; the time with the child alone before it is part of it."""
    found = []
    for each in own:
        for window in sittings:
            present, day = _on_the_wall(presence(kind, window, settings)), civil_day(window.start)
            hit = [wish for wish, stretches in _avoided(each, kind, day, settings) if any(_touches(present, one) for one in stretches)]
            found += [WishMissed(reference=each.reference, wish=wish, message=_message(each, wish, settings)) for wish in hit]
        if _place_missed(each, kind, where):
            found.append(WishMissed(reference=each.reference, wish=Wish.PLACE, message=_message(each, Wish.PLACE, settings)))
    return tuple(dict.fromkeys(found))


def said(breaches: Sequence[WishMissed]) -> tuple[str, ...]:
    """One line for each thing that is not respected, without a child: how many, where it is more than one."""
    lines = []
    for message, of in groupby(sorted(breaches, key=lambda each: (tuple(Wish).index(each.wish), each.message)), lambda each: each.message):
        children = len(list(of))
        lines.append(message if children == 1 else f"{message}, of {children} children")
    return tuple(lines)


def presence(kind: MeetingKind, window: TimeWindow, settings: Settings) -> TimeWindow:
    """For how long a child gives its time: to a review from when it is seen alone on."""
    return window.widened(before=timedelta(minutes=_alone(kind, settings)), after=timedelta(0))


class Unwished:
    """At which starts of the days of a calendar how much of the children's own time is not respected; place, which is the same at
    all of them, left out. `own` and needs may differ from call to call."""

    def __init__(self, calendar: Calendar, settings: Settings) -> None:
        self._calendar = calendar
        self._settings = settings
        self._levels: dict[tuple[object, ...], tuple[int, ...]] = {}

    def levels(self, own: Sequence[OwnTime], needs: MeetingNeeds, day: int) -> tuple[int, ...]:
        """`levels[k]` has the starts of the day that miss more than k; as many as there are things that could be missed."""
        on = self._calendar.days[day]
        stretches = tuple(avoided for each in own for _, avoided in _avoided(each, needs.kind, on, self._settings))
        key = (stretches, needs.kind, needs.minutes, day)
        if key not in self._levels:
            levels = [0] * len(stretches)
            for each in stretches:
                starts = reduce(or_, (self._touching(one, needs, day) for one in each), 0)
                for level in range(len(levels) - 1, 0, -1):
                    levels[level] |= levels[level - 1] & starts
                levels[0] |= starts
            self._levels[key] = tuple(levels)
        return self._levels[key]

    def _touching(self, stretch: Minutes, needs: MeetingNeeds, day: int) -> int:
        if stretch == WHOLE_DAY:
            return FULL
        on, alone = self._calendar.days[day], _alone(needs.kind, self._settings)
        first, until = (
            self._calendar.unit(day, local_instant(on, time(at // 60, at % 60))) if 0 < at < WHOLE_DAY[1] else None for at in stretch
        )
        low = 0 if first is None else floor(first - needs.minutes / UNIT) + 1
        high = FULL.bit_length() if until is None else ceil(until + alone / UNIT)
        return bits(low, high)


def fewest(levels: Sequence[int], starts: int) -> tuple[int, int]:
    """The least that any of these starts misses, and those of them that miss no more."""
    for number, more in enumerate(levels):
        if starts & ~more:
            return number, starts & ~more
    return len(levels), starts


def count_at(levels: Sequence[int], start: int) -> int:
    """How much that start misses."""
    return sum(more >> start & 1 for more in levels)


# ------------------------------------------------------------------------------------------------------------- one child


def _alone(kind: MeetingKind, settings: Settings) -> int:
    return settings.shapes[kind].pre_meet if kind in REVIEWS_OF_A_CHILD else 0


def _avoided(own: OwnTime, kind: MeetingKind, day: date, settings: Settings) -> Iterator[_Avoided]:
    review = kind in REVIEWS_OF_A_CHILD
    weekday = _WEEK[day.weekday()]
    if review and own.weekdays and weekday not in own.weekdays:
        yield Wish.WEEKDAY, (WHOLE_DAY,)
    if (review or kind.is_conference) and (own.since is not None or own.until is not None):
        yield Wish.HOURS, _outside(own)
    if review and at_school(own, day, settings):
        yield Wish.SCHOOL, ((_minutes(settings.school_from), _minutes(settings.school_until)),)
    if review and weekday in own.activity_days:
        yield Wish.ACTIVITY, (WHOLE_DAY,)


def _message(own: OwnTime, wish: Wish, settings: Settings) -> str:
    match wish:
        case Wish.WEEKDAY:
            return f"not on a day that the child wishes: {_days(own.weekdays)}"
        case Wish.HOURS:
            return f"not at an hour that the child wishes: {_hours(own)}"
        case Wish.SCHOOL:
            return f"in school hours: {settings.school_from.isoformat('minutes')} to {settings.school_until.isoformat('minutes')}"
        case Wish.ACTIVITY:
            return f"on a day of the child's activities: {_days(own.activity_days)}"
        case Wish.PLACE:
            named = own.venue if own.place is WishedPlace.ELSEWHERE else None
            return f"not where the child wishes: {named or _PLACES[own.place or WishedPlace.ELSEWHERE]}"


def at_school(own: OwnTime, day: date, settings: Settings) -> bool:
    """Whether school keeps the child that day: by its age, on a working day of a term."""
    if own.born_on is None or not settings.school_from_age <= _age(own.born_on, day) <= settings.school_until_age:
        return False
    return england().is_working(day) and settings.in_term(day)


def _age(born_on: date, day: date) -> int:
    years = day.year - born_on.year
    return years if birthday(born_on, years) <= day else years - 1


def _outside(own: OwnTime) -> tuple[Minutes, ...]:
    before = (0, _minutes(own.since)) if own.since is not None and own.since > time.min else None
    after = (_minutes(own.until), WHOLE_DAY[1]) if own.until is not None else None
    return tuple(each for each in (before, after) if each is not None)


def _on_the_wall(window: TimeWindow) -> tuple[float, float]:
    """In minutes after the midnight of the day on which it begins."""
    day = civil_day(window.start)
    begins, ends = (at.astimezone(LONDON).replace(tzinfo=None) - datetime.combine(day, time.min) for at in (window.start, window.end))
    return begins / _MINUTE, ends / _MINUTE


def _touches(present: tuple[float, float], stretch: Minutes) -> bool:
    return present[0] < stretch[1] and stretch[0] < present[1]


def _place_missed(own: OwnTime, kind: MeetingKind, where: Where) -> bool:
    if own.place is None or kind not in REVIEWS_OF_A_CHILD:
        return False
    is_at = WishedPlace.REMOTE if where.remote else WishedPlace.UNIT if where.in_unit_room else WishedPlace.ELSEWHERE
    if is_at is not own.place:
        return True
    both = is_at is WishedPlace.ELSEWHERE and own.venue is not None and where.venue is not None
    return both and str(own.venue).casefold() != str(where.venue).strip().casefold()


_PLACES = {WishedPlace.UNIT: "in the unit", WishedPlace.ELSEWHERE: "elsewhere than in the unit", WishedPlace.REMOTE: "by video"}


def _days(weekdays: frozenset[Weekday]) -> str:
    return ", ".join(each.value.capitalize() for each in _WEEK if each in weekdays)


def _hours(own: OwnTime) -> str:
    parts = (("from", own.since), ("until", own.until))
    return " ".join(f"{word} {at.isoformat('minutes')}" for word, at in parts if at is not None)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
