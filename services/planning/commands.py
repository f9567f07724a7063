"""What a caller may ask of planning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind

LONGEST_DAYS = 366
FROZEN_DAYS = 2
MOST_FROZEN_DAYS = 60
AHEAD_DAYS = 400
"""How far ahead working time is laid out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMeetings:
    """Every obligation with its book-by day from `first_day` to `last_day`, both included. `kinds` None: all.

    Meetings that stand on these days and lack something are repaired at their time. `may_move`: how many that stand may get
    another time, none of those on the next `frozen_days` working days.
    """

    request_key: str
    first_day: date
    last_day: date
    kinds: tuple[MeetingKind, ...] | None = None
    may_move: int = 0
    frozen_days: int = FROZEN_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAction:
    """Apply or cancel one run."""

    request_key: str
    id: UUID
    reason: str | None = None


def check_span(command: PlanMeetings, today: date) -> None:
    """Raises `InvalidInput`, which names the field and what would be right."""
    first, last = command.first_day, command.last_day
    if last < first:
        raise InvalidInput(
            f"a plan from {first} to {last} ends before it begins: give the earlier day first, and a last day from {today} on", "to"
        )
    if last < today:
        raise InvalidInput(f"a plan from {first} to {last} is over: its last day must be today, {today}, or later", "to")
    if (last - first).days + 1 > LONGEST_DAYS:
        raise InvalidInput(f"a plan covers at most a year: from {first} it may reach to {first + timedelta(days=LONGEST_DAYS - 1)}", "to")
    if (last - today).days > AHEAD_DAYS:
        furthest = today + timedelta(days=AHEAD_DAYS)
        raise InvalidInput(f"working time is laid out to {furthest}: a plan made today must end by then", "to")
    if command.may_move < 0:
        raise InvalidInput("mayMove is a number of meetings, 0 or more", "mayMove")
    if not 0 <= command.frozen_days <= MOST_FROZEN_DAYS:
        raise InvalidInput(f"frozenDays is a number of working days from 0 to {MOST_FROZEN_DAYS}", "frozenDays")
    if command.kinds is not None and not command.kinds:
        raise InvalidInput("kinds names no kind of meeting: leave it out to plan all of them", "kinds")
