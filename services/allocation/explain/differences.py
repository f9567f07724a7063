"""What another officer would cost, in words: the first term of the objective in which two answers differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from services.allocation import rules
from services.allocation.figures import in_points
from services.allocation.problem import Officer, Problem
from services.kernel.words import BlockerCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`term` is the first that differs, None where none does; `message` says by how much the whole would be worse or better."""

    code: BlockerCode
    message: str
    term: str | None = None
    would_fit_if: str | None = None


def differ(problem: Problem, officer: Officer, load: int, after: Sequence[int], now: Sequence[int]) -> Difference:
    """How an answer that gives `officer` so many units in all (`after`) differs from the one that stands (`now`).

    Both are objectives in the problem's order.
    """
    pairs = zip(problem.order, after, now, strict=True)
    term, then, before = next(((name, one, other) for name, one, other in pairs if one != other), (None, 0, 0))
    if term is None:
        return Difference(code=BlockerCode.COSTLIER, message="as good in every respect: the first by code was taken")
    if term == "over_limit":
        over = problem.in_points(max(0, load - officer.limit))
        return Difference(
            code=BlockerCode.OVER_LIMIT,
            message=f"{officer.code} would stand at {problem.in_points(load)} points, {over} over her limit",
            term=term,
            would_fit_if=f"the limit of {officer.code} were {in_points(over)} higher",
        )
    if term == "spread":
        return Difference(code=BlockerCode.COSTLIER, message=_less_even(officer, load, then, before), term=term)
    code = BlockerCode.SIBLINGS_ELSEWHERE if term == "siblings_apart" else BlockerCode.COSTLIER
    return Difference(code=code, message=changed(term, then, before), term=term)


def gain(problem: Problem, after: Sequence[int], now: Sequence[int]) -> str:
    """What would be better by the first term in which two objectives differ, of which `after` is the better one."""
    term, then, before = next((name, one, other) for name, one, other in zip(problem.order, after, now, strict=True) if one != other)
    if term == "over_limit":
        return f"limits would be passed by {in_points(problem.in_points(before - then))} less"
    return "shares would be more even" if term == "spread" else changed(term, then, before)


def changed(term: str, after: int, now: int) -> str:
    """How the whole would differ by one term, in words; of limits and evenness, which are about officers, `differ` tells."""
    return _WORDS[term](after, now)


def _less_even(officer: Officer, load: int, after: int, now: int) -> str:
    share, more = in_percent(rules.utilisation(officer, load)), f"{Decimal(after - now) * 100 / max(1, now):.4f} %"
    return f"the fullest officer would stand no higher, but shares would be less even: {officer.code} at {share}, unevenness {more} more"


def _more(after: int, now: int, what: str) -> str:
    return f"{count(after - now, 'child', 'children')} more would {what}" if after > now else _fewer(now - after, what)


def _fewer(number: int, what: str) -> str:
    return f"{count(number, 'child', 'children')} fewer would {what}"


def _apart(after: int, now: int) -> str:
    more = "more" if after > now else "fewer"
    return f"brothers and sisters would have to do with {count(abs(after - now), 'officer', 'officers')} {more}"


_WORDS: Mapping[str, Callable[[int, int], str]] = MappingProxyType(
    {
        "unallocated": lambda after, now: _more(after, now, "have no IRO"),
        "siblings_apart": _apart,
        "last_iro_missed": lambda after, now: _more(after, now, "not have the IRO of last time"),
        "conference_chair_missed": lambda after, now: _more(after, now, "not have who chaired the conferences"),
        "worst_utilisation": lambda after, now: f"the fullest officer would stand at {in_percent(after)} instead of {in_percent(now)}",
        "speciality_missed": lambda after, now: _more(after, now, "miss an officer with the speciality that would help"),
        "travel_missed": lambda after, now: _more(after, now, "be placed outside the areas of their officer"),
        "wish_missed": lambda after, now: _more(after, now, "not have the officer whom they wished for"),
    }
)


def in_percent(share: int) -> str:
    """Hundredths of a percent, as people read them."""
    return f"{Decimal(share) / 100:.2f} %"


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"
