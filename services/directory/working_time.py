"""Working time that a manager records by hand: reductions, another WTE, a leaver. It stands beside what files state.

An establishment that states the same as before undoes none of it; one that states something else is the later statement, and
holds. What was known before is kept with its time (`capacity_past`): any past day can be computed as it was known then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.directory.laying import lay_ahead
from services.directory.store import lock_establishment, state_at
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, require
from services.kernel.window import hour_of
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "working_time.sql")
_MOST_PLACES = 3
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReduction:
    """So much WTE is taken off an officer's capacity from the first day to the last (included; None: until it is ended)."""

    request_key: str
    iro_code: str
    first_day: date
    last_day: date | None
    wte: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndReduction:
    """The reduction's last day is this one; a day before its first takes it back, as if it had never been."""

    request_key: str
    id: UUID
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWte:
    """The officer's contract is for this WTE from a day on, until the next change that is recorded already."""

    request_key: str
    iro_code: str
    from_day: date
    wte: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLeaving:
    """The officer's last day in the unit (included); None: she stays after all."""

    request_key: str
    iro_code: str
    last_day: date | None


async def record_reduction(resources: Resources, actor: Actor, command: RecordReduction, now: datetime) -> UUID:
    """The officer's limit is less by so much WTE in these days; answers the reduction's id.

    Raises `Forbidden`, `NotFound` for no such IRO, and `InvalidInput` for days in the wrong order, for WTE that is not above 0
    and up to 1, and without a reason.
    """
    _judge_wte(command.wte, least=Decimal("0.001"))
    if command.last_day is not None and command.last_day < command.first_day:
        raise InvalidInput(f"lastDay {command.last_day} comes before firstDay {command.first_day}", "lastDay")
    reason = command.reason.strip()
    if not 1 <= len(reason) <= _LONGEST_REASON:
        raise InvalidInput(f"reason: say in 1 to {_LONGEST_REASON} characters why, such as 'induction'", "reason")

    async def record(connection: Connection) -> tuple[UUID, dict[str, Any]]:
        officer, _ = await _officer(connection, command.iro_code)
        key = new_id()
        days = {"first_day": command.first_day, "last_day": command.last_day}
        await _sql.add_reduction(connection, id=key, resource_id=officer, **days, wte=command.wte, reason=reason, source=actor.subject)
        return key, {"iro": str(officer), "wte": str(command.wte), **{name: _day(value) for name, value in days.items()}}

    return await _once(resources, actor, command, record, now)


async def end_reduction(resources: Resources, actor: Actor, command: EndReduction, now: datetime) -> UUID:
    """The reduction ends with that day, or never was; answers its id. Raises `Forbidden`, and `NotFound` for no such reduction."""

    async def end(connection: Connection) -> tuple[UUID, dict[str, Any]]:
        found = await _sql.reduction(connection, id=command.id)
        if found is None:
            raise NotFound("there is no such reduction")
        if command.last_day < found["first_day"]:
            await _sql.remove_reduction(connection, id=command.id)
        else:
            await _sql.end_reduction(connection, id=command.id, last_day=command.last_day, source=actor.subject)
        return command.id, {"iro": str(found["resource_id"]), "last_day": _day(command.last_day)}

    return await _once(resources, actor, command, end, now)


async def change_wte(resources: Resources, actor: Actor, command: ChangeWte, now: datetime) -> UUID:
    """The contract is for so much WTE from that day on; answers the officer's id.

    Raises `Forbidden`, `NotFound` for no such IRO, and `InvalidInput` for WTE that is not from 0 to 1.
    """
    _judge_wte(command.wte, least=Decimal(0))

    async def change(connection: Connection) -> tuple[UUID, dict[str, Any]]:
        officer, _ = await _officer(connection, command.iro_code)
        standing = await _sql.contract_on(connection, resource_id=officer, day=command.from_day)
        if standing["wte"] is None:
            await _sql.add_contract(
                connection, resource_id=officer, first_day=command.from_day, until=standing["next_day"], wte=command.wte
            )
        elif standing["first_day"] == command.from_day:
            await _sql.restate_contract(connection, resource_id=officer, first_day=command.from_day, wte=command.wte)
        elif standing["wte"] != command.wte:
            where = {"resource_id": officer, "first_day": standing["first_day"]}
            await _sql.shorten_contract(connection, **where, until=command.from_day)
            await _sql.add_contract(connection, resource_id=officer, first_day=command.from_day, until=standing["until"], wte=command.wte)
        return officer, {"from_day": _day(command.from_day), "wte": [str(standing["wte"]), str(command.wte)]}

    return await _once(resources, actor, command, change, now)


async def record_leaving(resources: Resources, actor: Actor, command: RecordLeaving, now: datetime) -> UUID:
    """The officer is in the unit until that day; answers her id. She cannot be booked after it, and takes no new child in the four
    weeks before it. Children stay in her name, and meetings in her diary, until a manager gives them to others.

    Raises `Forbidden`, `NotFound` for no such IRO, and `InvalidInput` for a last day before her first.
    """
    today = resources.today(now)

    async def leave(connection: Connection) -> tuple[UUID, dict[str, Any]]:
        officer, first_day = await _officer(connection, command.iro_code)
        if command.last_day is not None and first_day is not None and command.last_day < first_day:
            raise InvalidInput(f"lastDay {command.last_day} comes before her first day, {first_day}", "lastDay")
        await _sql.set_leaving(connection, id=officer, last_day=command.last_day)
        outside = await lay_ahead(connection, today, [officer], over_by=hour_of(today, now))
        meetings = sum(len(held.meeting_ids) for held in outside)
        return officer, {"last_day": _day(command.last_day), "meetings_after": meetings}

    return await _once(resources, actor, command, leave, now)


async def _once(
    resources: Resources,
    actor: Actor,
    command: RecordReduction | EndReduction | ChangeWte | RecordLeaving,
    work: Callable[[Connection], Awaitable[tuple[UUID, dict[str, Any]]]],
    now: datetime,
) -> UUID:
    """Does it once, one change of working time at a time, known from `now` on and audited; answers the id that `work` does."""
    require(actor, Act.RECORD_WORKING_TIME)
    name = type(command).__name__

    async def attempt(connection: Connection) -> dict[str, Any]:
        await lock_establishment(connection)
        await state_at(connection, now)
        key, details = await work(connection)
        await audit.record(connection, actor, _ACTIONS[name], subject=f"working_time:{key}", details=details)
        return {"id": str(key)}

    answer = await once(resources.database, actor, command.request_key, {"command": name, **asdict(command)}, attempt)
    return UUID(answer["id"])


_ACTIONS = {
    "RecordReduction": "RECORD_REDUCTION",
    "EndReduction": "END_REDUCTION",
    "ChangeWte": "CHANGE_WTE",
    "RecordLeaving": "RECORD_LEAVING",
}


async def _officer(connection: Connection, code: str) -> tuple[UUID, date | None]:
    """The IRO of that code and her first day in the unit; also one who has left."""
    found = await _sql.officer(connection, code=code)
    if found is None:
        raise NotFound(f"there is no IRO {code}")
    return found["id"], found["first_day"]


def _judge_wte(wte: Decimal, *, least: Decimal) -> None:
    if not wte.is_finite() or not least <= wte <= 1 or wte != round(wte, _MOST_PLACES):
        raise InvalidInput(f"wte: {wte} is not a share of a full post from {least} to 1 with up to three decimals, such as 0.8", "wte")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
