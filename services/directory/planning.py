"""How a unit wants its diary laid where the law leaves room: what comes before what, and the days that it keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from typing import Any


class Goal(StrEnum):
    """What makes one plan better than another, in the shipped order: the first that differs decides."""

    LATE = "LATE"
    DAYS_LATE = "DAYS_LATE"
    POLICE_AND_QUORUM = "POLICE_AND_QUORUM"
    BOOK_BY = "BOOK_BY"
    CHAIR_CONTINUITY = "CHAIR_CONTINUITY"
    BOOKED_STAY = "BOOKED_STAY"
    WISHES = "WISHES"
    SLACK = "SLACK"
    BALANCED_DAYS = "BALANCED_DAYS"
    JOURNEYS = "JOURNEYS"


_LAW = (Goal.LATE, Goal.DAYS_LATE, Goal.POLICE_AND_QUORUM, Goal.BOOK_BY)
_STANDING = (Goal.CHAIR_CONTINUITY, Goal.BOOKED_STAY)
DAYS = (Goal.WISHES, Goal.SLACK, Goal.BALANCED_DAYS, Goal.JOURNEYS)
"""The goals that choose between days: in the order of the unit, after all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a diary is laid where the law leaves room. All are the unit's own choice; days are working days unless named otherwise."""

    notice_days: int = 5
    """Fewer days from today are short notice for families and agencies: taken only to avoid lateness."""
    slack_days: int = 10
    """Days kept before the book-by day, so that an illness does not make a breach."""
    slack_days_initial: int = 3
    """The same where the whole window is a few weeks: initial conferences and first reviews."""
    earliest_share: Fraction = Fraction(1, 2)
    """No review before this share of its interval has run: early reviews pull the chain in."""
    preferred_share: Fraction = Fraction(2, 3)
    together_days: int = 28
    """Calendar days within which siblings that are due are seen in one meeting."""
    late_days: int = 40
    """How far after its last day in time a meeting is still placed."""
    reserve: bool = True
    """Whether room is kept for the initial conferences that each week is expected to bring."""
    order: tuple[Goal, ...] = tuple(Goal)
    """The goals, gravest first."""


_MOST = {"notice_days": 60, "slack_days": 60, "slack_days_initial": 14, "together_days": 183, "late_days": 120}


def parse_policy(value: object) -> Policy:
    """What a unit states, with the shipped values for the rest; `ValueError` or `TypeError` says what would be right."""
    known = [each.name for each in fields(Policy)]
    if not isinstance(value, dict):
        raise TypeError(f"state it as a table of {', '.join(known)}")
    for name in value:
        if name not in known:
            raise ValueError(f"there is no {name}; there are: {', '.join(known)}")
    parsed: dict[str, Any] = {name: _parse(name, stated) for name, stated in value.items()}
    policy = Policy(**parsed)
    if policy.earliest_share > policy.preferred_share:
        raise ValueError("earliest_share is not above preferred_share")
    return policy


def _parse(name: str, value: object) -> object:
    if name == "order":
        return _parse_order(value)
    if name == "reserve":
        if not isinstance(value, bool):
            raise TypeError("reserve is true or false")
        return value
    if name in _MOST:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST[name]:
            raise ValueError(f"{name} is a whole number from 0 to {_MOST[name]}")
        return value
    return _parse_share(name, value)


def _parse_share(name: str, value: object) -> Fraction:
    wrong = f'{name} is a share in quotes from "0" to "1", such as "2/3" or "0.5"'
    if not isinstance(value, str):
        raise TypeError(wrong)
    try:
        share = Fraction(value)
    except (ValueError, ZeroDivisionError) as fault:
        raise ValueError(wrong) from fault
    if not 0 <= share <= 1:
        raise ValueError(wrong)
    return share


def _parse_order(value: object) -> tuple[Goal, ...]:
    """Three parts, one after the other: what the law asks, as it is; what stands, and how days are chosen, each in the unit's order,
    what it left out following."""
    if not isinstance(value, list) or not all(each in list(Goal) for each in value) or len(set(value)) < len(value):
        raise ValueError(f"order is a list of {', '.join(Goal)}, each once at most")
    stated = [Goal(each) for each in value]
    parts = [_part(goal) for goal in stated]
    law = [goal for goal in stated if goal in _LAW]
    if parts != sorted(parts) or law != [goal for goal in _LAW if goal in law]:
        raise ValueError(
            f"order has {', '.join(_LAW)} first, as they are, then {' and '.join(_STANDING)}, then {', '.join(DAYS)}: "
            "the second and the third part in the order of the unit"
        )
    return tuple(goal for part in (_LAW, _STANDING, DAYS) for goal in (_as_stated(part, stated) if part is not _LAW else part))


def _part(goal: Goal) -> int:
    return 0 if goal in _LAW else 1 if goal in _STANDING else 2


def _as_stated(part: Iterable[Goal], stated: list[Goal]) -> list[Goal]:
    return sorted(part, key=lambda goal: stated.index(goal) if goal in stated else len(stated))
