"""What lies ahead of a unit's diary, read as one snapshot sees it, for viewers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.booking.entry import Item
from services.booking.subject_store import load_item_subjects
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.permission import Act, require
from services.kernel.window import local_instant
from services.kernel.words import MeetingKind, RunState
from services.planning.commands import FROZEN_DAYS
from services.planning.foresight import BreachForecast, Unattended, foresee
from services.planning.problem import Owed, Problem, Subject
from services.planning.snapshot import load_problem
from services.planning.store import Run
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "foreseeing.sql")
MOST_WEEKS = 52
_NO_RUN = UUID(int=0)


async def breach_forecast(connection: Connection, actor: Actor, weeks: int, today: date, now: datetime) -> BreachForecast:
    """So many weeks ahead, each from Monday to Sunday, the first of them that of tomorrow; conferences without police to the end of
    the quarter of the calendar that today is in.

    Raises `Forbidden` for whoever may not plan and `InvalidInput` for less than one week or more than 52.
    """
    require(actor, Act.PLAN)
    if not 1 <= weeks <= MOST_WEEKS:
        raise InvalidInput(f"{weeks} weeks: give 1 to {MOST_WEEKS}", "weeks")
    last_day, quarter_ends_on = last_day_of(today, weeks), quarter_end(today)
    furthest = max(last_day, quarter_ends_on)
    problem = await _load(connection, today, furthest, now)
    unattended = await _unattended(connection, problem, quarter_ends_on, now)
    return await asyncio.to_thread(foresee, problem, last_day, quarter_ends_on, unattended)  # arithmetic: others are answered meanwhile


def last_day_of(today: date, weeks: int) -> date:
    """The Sunday that ends the last of so many weeks, of which the first is that of tomorrow."""
    tomorrow = today + timedelta(days=1)
    return tomorrow - timedelta(days=tomorrow.weekday()) + timedelta(days=7 * weeks - 1)


def quarter_end(day: date) -> date:
    """The last day of the quarter of the calendar (to the end of March, June, September or December)."""
    after = 3 * ((day.month - 1) // 3) + 4
    return date(day.year + (after > 12), after if after <= 12 else 1, 1) - timedelta(days=1)


async def _load(connection: Connection, today: date, last_day: date, now: datetime) -> Problem:
    """The problem that a plan of these days would be posed, with reviews of foster homes; without the days after them."""
    run = Run(
        id=_NO_RUN,
        state=RunState.RUNNING,
        first_day=today,
        last_day=last_day,
        kinds=None,
        may_move=0,
        frozen_days=FROZEN_DAYS,
        today=today,
        requested_by="",
        apply_by=None,
    )
    problem = await load_problem(connection, run, now)
    owed = [_owed(row) async for row in _queries.household_duties(connection, last_day=last_day, now=now)]
    homes = await _homes(connection, owed, today)
    return replace(
        problem,
        days=tuple(day for day in problem.days if day <= last_day),
        owed=(*problem.owed, *(each for each, _ in owed)),
        subjects={**problem.subjects, **homes},
    )


def _owed(row: Any) -> tuple[Owed, Item]:
    kind = MeetingKind(row["kind"])
    owed = Owed(
        child_id=row["household_id"],
        kind=kind,
        triggered_on=row["triggered_on"],
        statutory_due_on=row["statutory_due_on"],
        book_by_on=row["book_by_on"],
        obligation_id=row["id"],
        rule_code=row["rule_code"],
        not_before_on=row["not_before_on"],
    )
    return owed, Item(household_id=owed.child_id, reference=row["reference"], kind=kind, obligation_id=owed.obligation_id)


async def _homes(connection: Connection, owed: list[tuple[Owed, Item]], today: date) -> dict[UUID, Subject]:
    """The households as planning sees subjects: the reviewer chairs, an officer of a child placed there may not."""
    return {
        each.subject_id: Subject(child_id=each.subject_id, chair_id=each.iro_id, barred=each.placed_iros, reference=each.reference)
        for each in await load_item_subjects(connection, [item for _, item in owed], today)
    }


async def _unattended(connection: Connection, problem: Problem, until: date, now: datetime) -> list[Unattended]:
    found = _queries.unattended(
        connection,
        kinds=[kind.value for kind in problem.settings.police_at],
        now=now,
        first=local_instant(problem.today, time(0)),
        until=local_instant(until + timedelta(days=1), time(0)),
    )
    return [_unattended_of(row) async for row in found]


def _unattended_of(row: Any) -> Unattended:
    sittings = tuple(zip(row["starts"], row["minutes"], strict=True))
    return Unattended(
        meeting_id=row["meeting_id"], reference=row["reference"], kind=MeetingKind(row["kind"]), sittings=sittings, waived=row["waived"]
    )
