"""Choosing one of several histories for each household so that the totals are the report's, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Generic, TypeVar

H = TypeVar("H")


@dataclass(slots=True, kw_only=True)
class Choice(Generic[H]):
    """One household's possible histories by the number of meetings in the year, and the number chosen."""

    size: int
    histories: Mapping[int, H]
    chosen: int

    @property
    def history(self) -> H:
        return self.histories[self.chosen]


class Unfitting(Exception):
    """No choice gives the total: the volumes contradict each other."""


def fit(choices: Sequence[Choice[H]], *, target: int, weight: Callable[[Choice[H]], int], random: Random) -> None:
    """After this, the sum of `weight` times the chosen numbers is `target`; as few choices as can be have changed.

    A weight of 0 leaves a household as it is. Households of weight 1 settle what the others overstep. Raises `Unfitting`.
    """
    order = [each for each in choices if weight(each) > 0]
    random.shuffle(order)
    missing = target - sum(weight(each) * each.chosen for each in order)
    while missing:
        before = missing
        for each in order:
            number = _next(each, up=missing > 0)
            step = 0 if number is None else weight(each) * (number - each.chosen)
            if number is not None and abs(step) <= abs(missing):
                each.chosen, missing = number, missing - step
            if not missing:
                return
        if missing == before:
            raise Unfitting(f"{missing} of {target} meetings find no place")


def _next(choice: Choice[H], *, up: bool) -> int | None:
    """The next possible number of meetings, up or down."""
    others = [number for number in choice.histories if (number > choice.chosen if up else number < choice.chosen)]
    if not others:
        return None
    return min(others) if up else max(others)


def explore(candidates: Iterable[tuple[int, H]], *, size: int, enough: int = 12) -> Choice[H]:
    """A choice among the first `enough` candidates (meetings in the year, history); the very first stands for the start."""
    histories: dict[int, H] = {}
    chosen: int | None = None
    for number, history in islice(candidates, enough):
        histories.setdefault(number, history)
        chosen = number if chosen is None else chosen
    if chosen is None:
        raise Unfitting("a household has no possible history")
    return Choice(size=size, histories=histories, chosen=chosen)
