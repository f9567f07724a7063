"""A police team is a pool of numbered places that are all alike: which number an attendance gets says nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from services.kernel.window import TimeWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """The number for a new attendance, and the new numbers of standing ones (by their position) that make room for it."""

    number: int
    renumbered: Mapping[int, int] = field(default_factory=dict)


def deal(numbers: Collection[int], standing: Sequence[tuple[int, TimeWindow]], wanted: TimeWindow) -> Dealt | None:
    """A place for `wanted` beside what stands (number and time), renumbering if need be; None: at some instant all are taken.

    `numbers` are the places that may be dealt; what stands may have others, of a team that was larger once.

    Attendances are intervals: dealt in order of their start, each to the lowest free number, they need no more numbers than
    are taken at one instant.
    """
    free = set(numbers) - {number for number, window in standing if window.overlaps(wanted)}
    if most_at_once([window for _, window in standing if window.overlaps(wanted)], wanted) >= len(numbers):
        return None
    if free:
        return Dealt(number=min(free))
    return _deal_anew(numbers, standing, wanted)


def most_at_once(windows: Sequence[TimeWindow], within: TimeWindow) -> int:
    """The largest number of windows at one instant of `within`."""
    starts = [max(window.start, within.start) for window in windows if window.overlaps(within)]
    return max((sum(window.start <= at < window.end for window in windows) for at in starts), default=0)


def _deal_anew(numbers: Collection[int], standing: Sequence[tuple[int, TimeWindow]], wanted: TimeWindow) -> Dealt | None:
    everyone = [*(window for _, window in standing), wanted]
    dealt: dict[int, int] = {}
    for position in sorted(range(len(everyone)), key=lambda each: (everyone[each], each)):
        taken = {number for other, number in dealt.items() if everyone[other].overlaps(everyone[position])}
        number = min(set(numbers) - taken, default=None)
        if number is None:
            return None
        dealt[position] = number
    number = dealt.pop(len(standing))
    return Dealt(number=number, renumbered={each: to for each, to in dealt.items() if standing[each][0] != to})
