"""Weighting schemes: stated for a day on, never changed, superseded by a later statement of the same day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.caseload import scheming_store as store
from services.caseload.store import lock_decisions
from services.caseload.weights import SHIPPED_POINTS, FactorCode, Scheme
from services.directory.store import load_settings
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.ids import new_id, record_id
from services.kernel.permission import Act, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

ALWAYS = date(2000, 1, 1)
"""The first scheme also holds for the days before the service began: yesterday's caseload can be computed."""

_MOST_PLACES = 3
_MOST = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWeightingScheme:
    """From a day on this many points per WTE, and of the factors named these points; `near_share` None keeps the one in force.

    `factors` by code. Those that are not named keep what is in force on that day.
    """

    request_key: str
    effective_from: date
    limit_per_wte: Decimal
    near_share: Decimal | None = None
    factors: Mapping[str, Decimal]


async def set_scheme(resources: Resources, actor: Actor, command: SetWeightingScheme, now: datetime) -> Scheme:
    """The scheme is in force from its day on, until the next; answers it. What was stated for the same day before is kept.

    Raises `Forbidden`, and `InvalidInput` for a day before today (the past keeps its numbers), for a code that is no factor, and
    for a number that is negative, is no finite number or has more than three decimals.
    """
    require(actor, Act.SET_SCHEME)
    today = resources.today(now)
    _judge(command)

    async def work(connection: Connection) -> dict[str, Any]:
        if command.effective_from < today:
            day = command.effective_from.isoformat()
            right = f"the past keeps its numbers; give {today.isoformat()} or a later day"
            raise InvalidInput(f"effectiveFrom {day} is past: {right}", "effectiveFrom")
        await lock_decisions(connection)
        scheme = await _state(connection, actor, command, today, now)
        return {"scheme_id": str(scheme.id)}

    answer = await once(resources.database, actor, command.request_key, _body(command), work)
    async with resources.database.connection() as connection:
        scheme = await store.find_scheme(connection, UUID(answer["scheme_id"]))
    assert scheme is not None  # schemes are never removed
    return scheme


async def ensure_scheme(connection: Connection, today: date, now: datetime | None = None) -> Scheme:
    """A scheme is in force, and it is the later of two statements: of whoever set one, and of the unit's settings.

    Where the limits of the settings have changed since a scheme was last stated, one with these limits is in force from today on, with
    all other figures as they were; a scheme that was set for a later day holds from that day on, as it was announced. Otherwise
    nothing is written. Without `now` the database's clock tells it.
    """
    found = await _that_stands(connection, today)
    if found is not None:
        return found
    await lock_decisions(connection)
    found = await _that_stands(connection, today)
    if found is not None:
        return found
    before, settings = await store.load_scheme(connection, today), await load_settings(connection, today)
    if before is None:
        scheme = await shipped_scheme(connection, today)
    else:
        limit, near = settings.limit_per_wte, settings.near_share
        scheme = replace(before, id=new_id(), effective_from=today, limit_per_wte=limit, near_share=near)
    at = now or await store.stated_at(connection)
    await _save(connection, scheme, today, "SHIPPED" if before is None else "SETTINGS", at)
    return scheme


async def _that_stands(connection: Connection, today: date) -> Scheme | None:
    """The scheme in force, unless none is, or the settings have changed since the last statement of any."""
    stated = await store.load_statement(connection, today)
    if stated is None:
        return None
    settings = await load_settings(connection, today)
    if (settings.limit_per_wte, settings.near_share) != (stated.settings_limit_per_wte, stated.settings_near_share):
        return None
    return await store.find_scheme(connection, stated.id)


async def shipped_scheme(connection: Connection, on: date) -> Scheme:
    """The shipped factors with the limits of the unit's settings on a day: what is in force before any scheme is stated."""
    settings = await load_settings(connection, on)
    return Scheme(
        id=record_id("scheme", ALWAYS),
        effective_from=ALWAYS,
        limit_per_wte=settings.limit_per_wte,
        near_share=settings.near_share,
        points=SHIPPED_POINTS,
    )


async def _state(connection: Connection, actor: Actor, command: SetWeightingScheme, today: date, now: datetime) -> Scheme:
    await ensure_scheme(connection, today, now=now)
    before = await store.load_scheme(connection, command.effective_from)
    assert before is not None  # the one that was ensured, or a later one
    factors = {FactorCode(code): points for code, points in command.factors.items()}
    scheme = Scheme(
        id=new_id(),
        effective_from=command.effective_from,
        limit_per_wte=command.limit_per_wte,
        near_share=before.near_share if command.near_share is None else command.near_share,
        points={**SHIPPED_POINTS, **before.points, **factors},
    )
    await _save(connection, scheme, today, actor.subject, now)
    details = {
        "effective_from": scheme.effective_from.isoformat(),
        "limit_per_wte": [str(before.limit_per_wte), str(scheme.limit_per_wte)],
        "near_share": [str(before.near_share), str(scheme.near_share)],
        "factors": {code.value: [str(before.points.get(code)), str(points)] for code, points in factors.items()},
    }
    await audit.record(connection, actor, "SET_SCHEME", subject=f"weighting_scheme:{scheme.id}", details=details)
    return scheme


async def _save(connection: Connection, scheme: Scheme, today: date, recorded_by: str, now: datetime) -> None:
    settings = await load_settings(connection, today)
    await store.save_scheme(
        connection,
        scheme,
        settings_limit_per_wte=settings.limit_per_wte,
        settings_near_share=settings.near_share,
        recorded_by=recorded_by,
        now=now,
    )


def _judge(command: SetWeightingScheme) -> None:
    """Raises `InvalidInput` for the first number or code that is wrong."""
    _number(command.limit_per_wte, "limitPerWte", "a number of points above 0, such as 90")
    if command.limit_per_wte == 0:
        raise InvalidInput("limitPerWte is 0: give a number of points above 0, such as 90", "limitPerWte")
    if command.near_share is not None:
        _number(command.near_share, "nearShare", "a share of the limit above 0 and up to 1, such as 0.9")
        if not 0 < command.near_share <= 1:
            raise InvalidInput(
                f"nearShare is {command.near_share}: give a share of the limit above 0 and up to 1, such as 0.9", "nearShare"
            )
    for code, points in command.factors.items():
        if code not in FactorCode.__members__:
            raise InvalidInput(f"factors: there is no factor {code}; there are {', '.join(FactorCode)}", "factors")
        _number(points, "factors", f"points of {code} from 0 on, such as 0.25")


def _number(value: Decimal, field: str, right: str) -> None:
    if not value.is_finite() or value < 0 or value > _MOST:
        raise InvalidInput(f"{field}: {value} is not {right}", field)
    if value != round(value, _MOST_PLACES):
        raise InvalidInput(f"{field}: {value} has more than three decimals; give {right}", field)


def _body(command: SetWeightingScheme) -> dict[str, Any]:
    return {
        "command": "SetWeightingScheme",
        "effective_from": command.effective_from.isoformat(),
        "limit_per_wte": str(command.limit_per_wte),
        "near_share": None if command.near_share is None else str(command.near_share),
        "factors": {str(code): str(points) for code, points in command.factors.items()},
    }
