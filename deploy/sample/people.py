"""The children of the sample: days of birth, brothers and sisters, and the identifiers that both returns share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle
from random import Random
from typing import TypeVar

from deploy.sample.volumes import DISABLED_SHARE, WHITE_BRITISH_SHARE
from services.statutory.counting import add_months, birthday

T = TypeVar("T")

MALE, FEMALE, UNBORN = "M", "F", "U"

FIGURES = {MALE: "1", FEMALE: "2", UNBORN: "0"}
LETTERS_FROM = date(2024, 4, 1)
"""Returns of the years from this day on state the sex by its letter; those before it by a figure."""

_OTHER_ETHNICITIES = ("MWBC", "MWAS", "APKN", "AIND", "BAFR", "WOTH", "MOTH", "WROM")
_DISABILITIES = ("LD", "AUT MOB", "MOB", "COMM HEAR", "LD BEH", "VIS", "CON", "HAND", "INC", "DDA")
"""As they are drawn, in this order; some children have two."""

_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_NO_UPN_BEFORE = 5
_BETWEEN_BIRTHS = timedelta(days=300)


@dataclass(slots=True, kw_only=True, eq=False)
class Child:
    """One child. Built up step by step; `reference` and `upn` come last, when all children are known."""

    sex: str = MALE
    born_on: date | None = None
    expected_on: date | None = None
    reference: str = ""
    """The authority's own; of one child who is known to both sides it is that of the looked-after side alone."""

    other_reference: str = ""
    """What the children-in-need side calls the child, where it has not noticed that it is the same one."""

    group: str = ""
    upn: str = ""
    ethnicity: str = "WBRI"
    disability: str = "NONE"
    """One or more codes, with blanks between them."""

    parent: Child | None = None
    parent_of: Child | None = None

    @property
    def born(self) -> date:
        """The day of birth of a child who is born."""
        assert self.born_on is not None
        return self.born_on


def age_on(born_on: date, day: date) -> int:
    """Whole years."""
    years = day.year - born_on.year
    return years if birthday(born_on, years) <= day else years - 1


def household_sizes(total: int, pattern: Iterator[int]) -> Iterator[int]:
    """Sizes of households that have exactly `total` children."""
    while total > 0:
        size = min(next(pattern), total)
        total -= size
        yield size


def shuffled_cycle(random: Random, counts: Sequence[tuple[int, int]]) -> Iterator[int]:
    """An endless run of sizes; `counts`: (size, how often) in each round."""
    sizes = [size for size, often in counts for _ in range(often)]
    random.shuffle(sizes)
    return cycle(sizes)


def exact_shares(counts: Iterable[tuple[str, int]], random: Random) -> list[str]:
    """Each code as often as stated, in random order."""
    codes = [code for code, count in counts for _ in range(count)]
    random.shuffle(codes)
    return codes


def largest_remainders(shares: Sequence[tuple[str, float]], total: int) -> list[tuple[str, int]]:
    """Whole numbers in these shares that add up to `total`; a share that is there at all gets at least one, if it can."""
    whole = sum(share for _, share in shares)
    exact = [(code, share * total / whole) for code, share in shares]
    counts = {code: max(int(value), 1 if value > 0.05 else 0) for code, value in exact}
    order = sorted(exact, key=lambda each: counts[each[0]] - each[1])
    spare = total - sum(counts.values())
    for step in range(abs(spare)):
        code = order[step % len(order)][0] if spare > 0 else max(counts, key=lambda each: counts[each])
        counts[code] += 1 if spare > 0 else -1
    return list(counts.items())


def spaced_births(random: Random, size: int, since: date, until: date) -> list[date]:
    """Days of birth of brothers and sisters between two days: about two years apart, or closer, or twins where room is short."""
    room = (until - since).days
    if size == 1:
        return [since + timedelta(days=random.randint(0, max(room, 0)))]
    widest = max(room // (size - 1), 0)
    gaps = [_gap(random, widest) for _ in range(size - 1)]
    youngest = until - timedelta(days=random.randint(0, max(room - sum(gaps), 0)))
    births = [youngest]
    for gap in gaps:
        births.append(births[-1] - timedelta(days=gap))
    return births


def _gap(random: Random, widest: int) -> int:
    least = _BETWEEN_BIRTHS.days
    if widest < least:
        return 0
    return random.randint(least, min(widest, 1300))


def is_sibling_of_age(born_on: date, others: Iterable[date]) -> bool:
    """Whether these could be brothers and sisters: twins, or at least ten months apart."""
    return all(each == born_on or abs(each - born_on) >= _BETWEEN_BIRTHS for each in others)


def school_age(born_on: date | None, as_of: date) -> bool:
    return born_on is not None and age_on(born_on, as_of) >= _NO_UPN_BEFORE


def give_identifiers(children: Sequence[Child], as_of: date, random: Random) -> None:
    """After this every child has a reference, and each of school age a unique pupil number; the order tells nothing."""
    order = list(children)
    random.shuffle(order)
    width = max(6, len(str(len(order))))
    for number, child in enumerate(order, start=1):
        child.reference = f"CH{number:0{width}d}"
        if child.born_on is not None and school_age(child.born_on, as_of):
            child.upn = _pupil_number(number, child.born_on.year + 5)


def _pupil_number(number: int, year: int) -> str:
    """A letter that checks twelve figures: authority, school, year of entry, serial number. No authority has the number 001."""
    figures = f"001{4000 + number // 1000:04d}{year % 100:02d}{number % 1000:03d}"
    check = sum(int(figure) * weight for figure, weight in zip(figures, range(2, 14), strict=True))
    return _CHECK_LETTERS[check % 23] + figures


def give_characteristics(children: Sequence[Child], random: Random) -> None:
    """After this the shares of ethnicity and disability among these children are the report's."""
    count = len(children)
    white = round(count * WHITE_BRITISH_SHARE)
    others = [_OTHER_ETHNICITIES[place % len(_OTHER_ETHNICITIES)] for place in range(count - white)]
    for child, code in zip(children, _shuffled(["WBRI"] * white + others, random), strict=True):
        child.ethnicity = code
    disabled = round(count * DISABLED_SHARE)
    codes = [_DISABILITIES[place % len(_DISABILITIES)] for place in range(disabled)]
    for child, code in zip(children, _shuffled(codes + ["NONE"] * (count - disabled), random), strict=True):
        child.disability = code


def _shuffled(codes: list[str], random: Random) -> list[str]:
    random.shuffle(codes)
    return codes


def earliest_birth(as_of: date, years: int) -> date:
    """The first day of birth of those who are at most `years` old on the day, a few days clear of the birthday."""
    return add_months(as_of, -12 * (years + 1)) + timedelta(days=3)


def latest_birth(as_of: date, years: int) -> date:
    """The last day of birth of those who are at least `years` old on the day; the youngest are six weeks old."""
    return add_months(as_of, -12 * years) - timedelta(days=3 if years else 42)
