"""One record at a time, version by version: a change closes the version in force and opens another with the same identity.

The two meet at one instant, `at`, when the service learned of it; where the clock stands still or runs behind, at one
microsecond after the old version began: none is ever overwritten, and each stays readable as of its own time. Every function
works inside the caller's transaction, in which the caller holds the subject (`store.lock_children`, `store.lock_households`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from services.kernel.ids import new_id
from services.platform.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """`columns` may be stated; those of `provenance` belong to one version alone and are not handed on to the next."""

    columns: frozenset[str]
    identity: str = "id"

    @property
    def own(self) -> frozenset[str]:
        return self.columns | {self.identity}


_PROVENANCE = frozenset({"import_id"})


def _table(*columns: str, identity: str = "id") -> _Table:
    return _Table(columns=frozenset(columns) | _PROVENANCE, identity=identity)


_TABLES: Mapping[str, _Table] = {
    "child_fact": _table("born_on", "expected_on", "sex", "upn", "died_on", "adopted_on", identity="child_id"),
    "care_period": _table(
        "child_id", "started_on", "started_on_exact", "ended_on", "end_reason", "legal_status", "short_break", "reviews_known_from"
    ),
    "care_episode": _table("child_id", "started_on", "ended_on", "reason_started", "legal_status", "placement", "reason_ended"),
    "care_status": _table("child_id", "status", "started_on", "started_on_exact", "ended_on", "end_reason", "expected_end_on"),
    "protection_plan": _table("child_id", "started_on", "ended_on", "end_reason", "category", "reviews_known_from"),
    "section47": _table("child_id", "initiating_discussion_on", "conference_target_on", "conference_on", "conference_not_required"),
    "transfer": _table("child_id", "direction", "notified_on", "conference_on", "withdrawn_on"),
    "earlier_review": _table("child_id", "kind", "called_on", "by_on", "reason"),
    "held_record": _table(
        "child_id",
        "household_id",
        "kind",
        "held_on",
        "completed_on",
        "participation",
        "meeting_id",
        "to_reconvene",
        "without_meeting",
    ),
    "foster_household_fact": _table("approved_on", "ended_on", "end_reason", identity="household_id"),
}
_CLOSED_AT = "greatest($2::timestamptz, lower(recorded) + interval '1 microsecond')"


async def open_version(connection: Connection, table: str, values: Mapping[str, Any], *, source: str, at: datetime) -> UUID:
    """A new record that states `values` is in force; columns left out are null or as the table says. Answers its identity.

    The facts of a child or a household, of which there is one record each, name it in `values`. Raises `KeyError` for a table
    or column that no record has.
    """
    identity = _TABLES[table].identity
    stated = dict(values)
    if identity == "id":
        stated.setdefault("id", new_id())
    names = tuple(sorted(stated))
    await connection.execute(_opening(table, names), source, at, *(stated[name] for name in names))
    found: UUID = stated[identity]
    return found


async def revise_version(
    connection: Connection, table: str, record_id: UUID, changes: Mapping[str, Any], *, source: str, at: datetime
) -> bool:
    """The record states `changes` from now on, and what it stated before beside them.

    False, and nothing is written, where no version is in force or all of it is stated already.
    """
    names = tuple(sorted(changes))
    if not names:
        return False
    return await connection.fetchval(_revising(table, names), record_id, at, source, *(changes[name] for name in names)) is not None


async def withdraw_version(connection: Connection, table: str, record_id: UUID, *, at: datetime) -> bool:
    """The record is in force no more: it was never true. False where it was not in force."""
    return await connection.fetchval(_withdrawing(table), record_id, at) is not None


async def version_in_force(connection: Connection, table: str, record_id: UUID) -> dict[str, Any] | None:
    """What the record states now, column by column; None where it is withdrawn or was never there."""
    found = await records_in_force(connection, table, {_TABLES[table].identity: record_id})
    return found[0] if found else None


async def records_in_force(connection: Connection, table: str, where: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records in force whose columns are as `where` says (None: nothing is stated there), in no order."""
    names = tuple(sorted(where))
    given = tuple(name for name in names if where[name] is not None)
    rows = await connection.fetch(_looking_up(table, names, given), *(where[name] for name in given))
    return [dict(row) for row in rows]


@lru_cache(maxsize=256)
def _opening(table: str, names: tuple[str, ...]) -> str:
    identity = _TABLES[table].identity
    _judge(table, names)
    begun = "$2::timestamptz"
    if identity != "id":  # its last version may have been closed a moment after `at`
        known = f"SELECT max(upper(recorded)) FROM {table} WHERE {identity} = ${names.index(identity) + 3}"  # noqa: S608 - own names
        begun = f"greatest({begun}, ({known}))"
    values = ", ".join(f"${number}" for number in range(3, len(names) + 3))
    return f"INSERT INTO {table} (source, recorded, {', '.join(names)}) VALUES ($1, tstzrange({begun}, NULL), {values})"  # noqa: S608 - as above


@lru_cache(maxsize=256)
def _revising(table: str, names: tuple[str, ...]) -> str:
    known = _TABLES[table]
    _judge(table, names)
    changed = {name: f"${number}" for number, name in enumerate(names, start=4)}
    kept = [known.identity, *sorted(known.own - _PROVENANCE - changed.keys() - {known.identity})]
    return f"""
        WITH closed AS (
            UPDATE {table} SET recorded = tstzrange(lower(recorded), {_CLOSED_AT})
            WHERE {known.identity} = $1 AND upper_inf(recorded) AND ({_listed(names)}) IS DISTINCT FROM ({_listed(changed.values())})
            RETURNING *
        )
        INSERT INTO {table} (recorded, source, {_listed(changed)}, {_listed(kept)})
        SELECT tstzrange(upper(recorded), NULL), $3, {_listed(changed.values())}, {_listed(kept)} FROM closed
        RETURNING {known.identity}
    """  # noqa: S608 - names of the tables above


@lru_cache(maxsize=32)
def _withdrawing(table: str) -> str:
    identity = _TABLES[table].identity
    closed = f"tstzrange(lower(recorded), {_CLOSED_AT})"
    return f"UPDATE {table} SET recorded = {closed} WHERE {identity} = $1 AND upper_inf(recorded) RETURNING {identity}"  # noqa: S608 - as above


@lru_cache(maxsize=256)
def _looking_up(table: str, names: tuple[str, ...], given: tuple[str, ...]) -> str:
    _judge(table, names)
    wanted = [f"{name} = ${given.index(name) + 1}" if name in given else f"{name} IS NULL" for name in names]
    return f"SELECT * FROM {table} WHERE {' AND '.join([*wanted, 'upper_inf(recorded)'])}"  # noqa: S608 - as above


def _judge(table: str, names: Iterable[str]) -> None:
    unknown = sorted(set(names) - _TABLES[table].own)
    if unknown:
        raise KeyError(f"{table} has no {', '.join(unknown)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
