"""What the directory keeps in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from services.directory.establishment import StatedIro
from services.directory.grounds import SAID
from services.directory.restating import StandingTime
from services.directory.settings import Settings, parse_setting
from services.kernel.window import DateSpan
from services.kernel.words import ResourceKind
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.timescales import SHIPPED, Timescale

_sql = load_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    resource_id: UUID
    in_force: DateSpan
    wte: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRow:
    code: str
    name: str
    email: str | None
    active: DateSpan


SETTINGS = "(SELECT coalesce(jsonb_object_agg(key, value), '{}')::text FROM setting WHERE in_force @> :today::date)"
"""What is stated on a day, as one value that a statement of another store may ask for beside its own; for `settings_of`."""


async def load_settings(connection: Connection, on: date) -> Settings:
    """The settings in force on a day: what the unit stated by then, defaults elsewhere."""
    return settings_of(await connection.fetchval(f"SELECT {SETTINGS.replace(':today', '$1')}", on))


@lru_cache(maxsize=8)
def settings_of(stated: str) -> Settings:
    """The settings of what `SETTINGS` answered. They are asked for with every change and change seldom."""
    return Settings(**{key: parse_setting(key, value) for key, value in json.loads(stated).items()})


async def lock_establishment(connection: Connection) -> None:
    await _sql.lock_establishment(connection)


async def state_at(connection: Connection, now: datetime) -> None:
    """What this transaction writes of working time is known from `now` on."""
    await _sql.state_at(connection, at=now.isoformat())


async def write_resources(connection: Connection, kind: ResourceKind, rows: Sequence[ResourceRow]) -> dict[str, UUID]:
    """The resources of that kind by code are as stated; answers their identifiers."""
    codes = [row.code for row in rows]
    await _sql.upsert_resources(
        connection,
        kind=kind.value,
        codes=codes,
        names=[row.name for row in rows],
        emails=[row.email for row in rows],
        actives=[_days(row.active) for row in rows],
    )
    return {row["code"]: row["id"] async for row in _sql.resource_ids(connection, kind=kind.value, codes=codes)}


async def retire_others(connection: Connection, kind: ResourceKind, codes: Sequence[str], today: date) -> tuple[str, ...]:
    """Resources of that kind that are not among `codes` are in use no longer; answers theirs."""
    return tuple([row["code"] async for row in _sql.retire_resources(connection, kind=kind.value, codes=codes, today=today)])


async def write_iros(connection: Connection, officers: Mapping[UUID, StatedIro]) -> None:
    """Specialities, areas and number in the register by officer; a number that another officer had is that one's no longer."""
    stated = [
        {"id": str(key), "specialities": list(iro.specialities), "areas": list(iro.areas), "registration": iro.registration}
        for key, iro in officers.items()
    ]
    await _sql.release_registrations(connection, stated=stated)
    await _sql.upsert_iros(connection, stated=stated)


async def write_rooms(connection: Connection, rooms: Mapping[UUID, tuple[int, Sequence[str]]]) -> None:
    """Seats and features by room."""
    stated = [{"id": str(key), "seats": seats, "features": list(features)} for key, (seats, features) in rooms.items()]
    await _sql.upsert_rooms(connection, stated=stated)


async def write_note_takers(connection: Connection, write_up: Mapping[UUID, int]) -> None:
    """Note-takers, each with the minutes of write-up that she can do a week."""
    await _sql.upsert_note_takers(connection, ids=list(write_up), write_up=list(write_up.values()))


async def write_teams(connection: Connection, teams: Sequence[tuple[str, str, str, int]]) -> None:
    """Police teams by code, name, email and capacity; a team that is not stated keeps no capacity."""
    codes, names, emails, capacities = ([team[part] for team in teams] for part in range(4))
    await _sql.upsert_teams(connection, codes=codes, names=names, emails=emails, capacities=capacities)
    await _sql.empty_teams(connection, codes=codes)


async def write_places(connection: Connection, places: Sequence[tuple[UUID, str, int]]) -> None:
    """Places by resource, code of the team and number."""
    ids, codes, numbers = ([place[part] for place in places] for part in range(3))
    await _sql.upsert_places(connection, ids=ids, team_codes=codes, numbers=numbers)


async def write_contracts(connection: Connection, wtes: Mapping[UUID, Decimal], today: date) -> None:
    """WTE from today on for good, where anything else is recorded; the first one ever stated holds for the past too."""
    stated = {"ids": list(wtes), "wtes": list(wtes.values()), "today": today}
    for write in (_sql.end_contracts, _sql.drop_contracts, _sql.extend_contracts, _sql.begin_contracts):
        await write(connection, **stated)


async def write_patterns(connection: Connection, patterns: Mapping[UUID, Sequence[str]], today: date) -> None:
    """Weekly patterns from today on where they differ; the first one ever stated holds for the past too."""
    stated = [{"id": str(key), "pattern": list(value)} for key, value in patterns.items()]
    for write in (_sql.end_patterns, _sql.drop_patterns, _sql.begin_patterns):
        await write(connection, stated=stated, today=today)


async def write_settings(connection: Connection, values: Mapping[str, object], today: date) -> None:
    """Settings from today on where they differ; what is not stated has its default again."""
    stated = [{"key": key, "value": value} for key, value in values.items()]
    for write in (_sql.end_settings, _sql.drop_settings, _sql.begin_settings):
        await write(connection, stated=stated, today=today)


async def write_timescales(connection: Connection, rows: Sequence[tuple[Timescale, bool]]) -> None:
    """The rules that a unit states hold as these rows have them; one that it states no longer is as shipped again."""
    codes = {row.code for row, _ in rows} | {row["code"] async for row in _sql.timescales_stated(connection)}
    wanted = [*rows, *((row, False) for row in SHIPPED if row.code in codes - {row.code for row, _ in rows})]
    stated = [
        {
            "code": row.code,
            "first": row.in_force.first.isoformat(),
            "until": row.in_force.until and row.in_force.until.isoformat(),
            "amount": row.amount,
            "unit": row.unit.value,
            "census_days": row.census_days,
            "legal_basis": row.legal_basis,
            "source": "ESTABLISHMENT" if by_unit else "SHIPPED",
        }
        for row, by_unit in wanted
    ]
    await _sql.drop_timescales(connection, codes=list(codes), stated=stated)
    await _sql.add_timescales(connection, stated=stated)


async def write_reductions(
    connection: Connection, owners: Collection[UUID], stated: Sequence[Reduction], fresh: Sequence[Reduction], today: date
) -> None:
    """Of what files state, the owners' reductions are those stated; what was in force before today and is stated no longer ends
    today. Of the `fresh` ones, those that are not there begin. What a person has recorded stays."""
    rows = _columns_of(stated)
    await _sql.drop_reductions(connection, owners=list(owners), today=today, **rows)
    await _sql.end_reductions(connection, owners=list(owners), today=today, **rows)
    await _sql.begin_reductions(connection, **_columns_of(fresh))


def _columns_of(reductions: Sequence[Reduction]) -> dict[str, list[Any]]:
    return {
        "ids": [each.resource_id for each in reductions],
        "spans": [_days(each.in_force) for each in reductions],
        "wtes": [each.wte for each in reductions],
        "reasons": [each.reason for each in reductions],
    }


async def load_standing_times(connection: Connection, today: date) -> dict[str, StandingTime]:
    """The working time of every IRO as it is recorded, by code, with what a file last stated of it."""
    return {row["code"]: _standing_time(row) async for row in _sql.standing_times(connection, today=today)}


def _standing_time(row: Mapping[str, Any]) -> StandingTime:
    return StandingTime(
        active=_span(row["active"]),
        wte=row["wte"],
        reductions=tuple((_span(span), wte, reason) for span, wte, reason in zip(row["spans"], row["wtes"], row["reasons"], strict=True)),
        stated=row["stated"],
    )


async def write_statements(connection: Connection, statements: Mapping[UUID, Mapping[str, Any]]) -> None:
    """What a file states of working time, kept for the next one."""
    await _sql.write_statements(connection, stated=[{"id": str(key), "stated": value} for key, value in statements.items()])


async def write_may_not_chair(connection: Connection, stated: Mapping[UUID, StatedIro]) -> None:
    """Of what the establishment says, officers and the references of children whom they may not chair, each on its ground."""
    pairs = [(key, reference, iro.ground_of(reference)) for key, iro in stated.items() for reference in iro.may_not_chair]
    rows: dict[str, Any] = {"ids": [key for key, _, _ in pairs], "references_": [reference for _, reference, _ in pairs]}
    await _sql.drop_may_not_chair(connection, owners=list(stated), **rows)
    grounds = [ground for _, _, ground in pairs]
    await _sql.add_may_not_chair(connection, **rows, grounds=[each.value for each in grounds], reasons=[SAID[each] for each in grounds])


async def find_resources(connection: Connection, kind: ResourceKind, code: str) -> tuple[UUID, ...]:
    """The resource of that code, all places of a police team; nothing where there is none."""
    if kind is ResourceKind.POLICE:
        return tuple([row["resource_id"] async for row in _sql.team_place_ids(connection, code=code)])
    row = await _sql.resource_by_code(connection, kind=kind.value, code=code)
    return () if row is None else (row["id"],)


def _span(days: asyncpg.Range[date]) -> DateSpan:
    return DateSpan(days.lower or date.min, days.upper)


def _days(span: DateSpan) -> asyncpg.Range[date]:
    return asyncpg.Range(span.first, span.until)
