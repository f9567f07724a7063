"""What the directory keeps in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from services.directory.establishment import StatedIro
from services.directory.grounds import SAID
from services.directory.patterns import parse_pattern
from services.directory.restating import StandingTime
from services.directory.settings import Settings, parse_setting
from services.kernel.errors import HasMeetings
from services.kernel.ids import new_id
from services.kernel.window import DateSpan, TimeWindow
from services.kernel.words import AbsenceReason, ResourceKind
from services.platform.database import Connection
from services.platform.ranges import range_of
from services.platform.sql import load_queries
from services.statutory.timescales import SHIPPED, Timescale

_sql = load_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceAbsence:
    """A stretch in which a resource is not there."""

    resource_id: UUID
    during: TimeWindow
    reason: AbsenceReason


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutside:
    """Meetings that stand at times at which a resource is no longer at work by its pattern."""

    kind: ResourceKind
    code: str
    meeting_ids: tuple[UUID, ...]


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


async def drop_unstated_absences(
    connection: Connection, owners: Collection[UUID], stated: Sequence[ResourceAbsence], since: datetime
) -> None:
    """Absences that an establishment once stated and does not now are gone, unless they were over by `since`."""
    await _sql.drop_absences(connection, owners=list(owners), from_=since, **_columns(stated))


async def unrecorded(connection: Connection, stated: Sequence[ResourceAbsence]) -> list[ResourceAbsence]:
    """Those of the stated absences that are not recorded yet."""
    rows = _sql.new_absences(connection, **_columns(stated))
    return [
        ResourceAbsence(
            resource_id=row["id"], during=TimeWindow(row["during"].lower, row["during"].upper), reason=AbsenceReason(row["reason"])
        )
        async for row in rows
    ]


async def add_absences(connection: Connection, absences: Sequence[ResourceAbsence], source: str, now: datetime) -> list[UUID]:
    """Recorded; answers one identifier for each. Availability is not touched."""
    ids = [new_id() for _ in absences]
    columns = _columns(absences)
    await _sql.add_absences(
        connection,
        ids=ids,
        resource_ids=columns["ids"],
        durings=columns["durings"],
        reasons=columns["reasons"],
        source=source,
        now=now,
    )
    return ids


async def drop_unstated_offers(
    connection: Connection, owners: Collection[UUID], stated: Sequence[tuple[UUID, TimeWindow]], since: datetime
) -> None:
    """Time that an establishment once said was offered and does not now is not, unless it was over by `since`."""
    ids, durings = [resource for resource, _ in stated], [range_of(window) for _, window in stated]
    await _sql.drop_offers(connection, owners=list(owners), ids=ids, durings=durings, from_=since)


async def add_offers(connection: Connection, offered: Sequence[tuple[UUID, TimeWindow]], source: str, now: datetime) -> None:
    """Recorded, each once of a source. Availability is not touched."""
    ids, durings = [resource for resource, _ in offered], [range_of(window) for _, window in offered]
    await _sql.add_offers(connection, ids=[new_id() for _ in ids], resource_ids=ids, durings=durings, source=source, now=now)


async def meetings_under(
    connection: Connection, spans: Sequence[tuple[UUID, TimeWindow]], now: datetime
) -> dict[tuple[UUID, TimeWindow], tuple[UUID, ...]]:
    """The meetings, not over by `now`, for which each resource must be at work in each window; windows without any are left out."""
    rows = _sql.holds_under(
        connection, resource_ids=[resource for resource, _ in spans], durings=[range_of(window) for _, window in spans], now=now
    )
    return {(row["resource_id"], TimeWindow(row["during"].lower, row["during"].upper)): tuple(row["meeting_ids"]) async for row in rows}


async def meetings_in_order(connection: Connection, meeting_ids: Collection[UUID]) -> tuple[UUID, ...]:
    """These meetings in order of time; what is equal, by reference."""
    return tuple(await _sql.meetings_in_order(connection, ids=list(meeting_ids)))


async def withdraw_offers(connection: Connection, resource_ids: Collection[UUID], window: TimeWindow) -> int:
    """Nobody's offer of these resources reaches into the window any more, but for those of a file; answers how many did. Availability
    is not touched."""
    found: int = await _sql.withdraw_offers(connection, resource_ids=list(resource_ids), during=range_of(window))
    return found


async def is_offered(connection: Connection, resource_ids: Collection[UUID], window: TimeWindow) -> bool:
    """Whether some of it is, by a person or a file."""
    return bool(await _sql.is_offered(connection, resource_ids=list(resource_ids), during=range_of(window)))


async def find_resources(connection: Connection, kind: ResourceKind, code: str) -> tuple[UUID, ...]:
    """The resource of that code, all places of a police team; nothing where there is none."""
    if kind is ResourceKind.POLICE:
        return tuple([row["resource_id"] async for row in _sql.team_place_ids(connection, code=code)])
    row = await _sql.resource_by_code(connection, kind=kind.value, code=code)
    return () if row is None else (row["id"],)


async def lay_availability(
    connection: Connection, days: DateSpan, resource_ids: Collection[UUID] | None, holidays: Collection[date], over_by: datetime
) -> tuple[HeldOutside, ...]:
    """Availability of these days is the pattern less holidays, with what is offered, less absences; only rows that change are written.

    Answers the holds that stand outside the pattern and keep their time. Holds that ended by `over_by` keep it even under an
    absence; another hold under an absence makes it raise `HasMeetings`.
    """
    assert days.until is not None
    chosen = None if resource_ids is None else list(resource_ids)
    last_day = max(days.days())
    rows = [row async for row in _sql.patterns_in_force(connection, first_day=days.first, last_day=last_day, resource_ids=chosen)]
    try:
        held = _sql.lay_availability(
            connection,
            first_day=days.first,
            last_day=last_day,
            resource_ids=chosen,
            holidays=list(holidays),
            over_by=over_by,
            **_stretches(rows),
        )
        return tuple([_held_outside(row) async for row in held])
    except asyncpg.ForeignKeyViolationError as fault:
        if fault.constraint_name != "hold_within_availability":
            raise
        raise HasMeetings(()) from fault


def _held_outside(row: Mapping[str, Any]) -> HeldOutside:
    return HeldOutside(kind=ResourceKind(row["kind"]), code=row["code"], meeting_ids=tuple(row["meeting_ids"]))


def _stretches(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"ids": [], "spans": [], "weekdays": [], "sinces": [], "untils": []}
    for row in rows:
        for stretch in parse_pattern(row["pattern"]):
            values = (row["resource_id"], row["in_force"], stretch.weekday, stretch.since, stretch.until)
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
    return columns


def _columns(absences: Sequence[ResourceAbsence]) -> dict[str, list[Any]]:
    return {
        "ids": [each.resource_id for each in absences],
        "durings": [range_of(each.during) for each in absences],
        "reasons": [each.reason.value for each in absences],
    }


def _span(days: asyncpg.Range[date]) -> DateSpan:
    return DateSpan(days.lower or date.min, days.upper)


def _days(span: DateSpan) -> asyncpg.Range[date]:
    return asyncpg.Range(span.first, span.until)
