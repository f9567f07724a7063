"""Households of children in care by age: exact numbers in every age band, brothers and sisters of plausible ages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from deploy.sample.fit import Unfitting
from deploy.sample.people import earliest_birth, is_sibling_of_age, latest_birth
from deploy.sample.volumes import AGE_BANDS

_TRIES = 12


def settle_members(sizes: Sequence[int], quota: Sequence[int], as_of: date, random: Random) -> list[list[date]]:
    """Days of birth of each household, one list a size, that use up `quota` (children an age band) exactly.

    Large households choose first: whoever comes last lives alone and takes any age that is left.
    """
    left = list(quota)
    births: list[list[date]] = [[] for _ in sizes]
    for place in sorted(range(len(sizes)), key=lambda each: -sizes[each]):
        for _ in range(sizes[place]):
            band, born_on = _next_member(births[place], left, as_of, random)
            left[band] -= 1
            births[place].append(born_on)
    return births


def _next_member(others: Sequence[date], left: Sequence[int], as_of: date, random: Random) -> tuple[int, date]:
    open_bands = [band for band, count in enumerate(left) if count]
    if not others:
        band = random.choices(open_bands, weights=[left[each] for each in open_bands])[0]
        return band, _draw(band, as_of, random)
    near = _band_of(others[0], as_of)
    for band in sorted(open_bands, key=lambda each: (abs(each - near), random.random())):
        for _ in range(_TRIES):
            born_on = _draw(band, as_of, random)
            if is_sibling_of_age(born_on, others):
                return band, born_on
        twin = next((each for each in others if _band_of(each, as_of) == band), None)
        if twin is not None:
            return band, twin
    raise Unfitting("a household has no room for another child")


def _draw(band: int, as_of: date, random: Random) -> date:
    youngest, oldest = AGE_BANDS[band].years
    since, until = earliest_birth(as_of, oldest), latest_birth(as_of, youngest)
    return since + timedelta(days=random.randint(0, (until - since).days))


def _band_of(born_on: date, as_of: date) -> int:
    return next(band for band, each in enumerate(AGE_BANDS) if born_on >= earliest_birth(as_of, each.years[1]))
