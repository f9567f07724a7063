"""Obligations as a projection of the records: computed anew whenever those change, written as the least difference.

Reads each thing once for all children asked for, computes in memory, and writes by arrays: thousands of children take as
many statements as one. Runs inside the caller's transaction, which holds the children until it ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.history.facts import facts_of
from services.history.reconcile import Changes, Law, Row, Stored, assume, is_stated, reconcile, row_of
from services.history.store import lock_children
from services.history.timescales import load_timescales
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.ids import obligation_id
from services.kernel.words import MeetingKind, ObligationState
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.clock import SubjectFacts, obligations, owed_from
from services.statutory.working_days import england

_sql = load_queries(__file__, "obligations.sql")
_AT_ONCE = 2_000  # children: bounds the memory of an import of a whole county

_TYPES = {"id": "uuid", "child_id": "uuid", "rule_amount": "integer"}
_ARRAYS = [_TYPES.get(name, "date" if name.endswith("_on") or name == "void_from" else "text") for name in Row._fields]
_COLUMNS = ", ".join(Row._fields)
_VALUES = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_ARRAYS, start=1))
_ASSIGNED = ", ".join(f"{name} = v.{name}" for name in Row._fields)
_ADD = f"INSERT INTO obligation ({_COLUMNS}) SELECT * FROM unnest({_VALUES})"  # noqa: S608 - columns of Row
_CHANGE = f"UPDATE obligation o SET {_ASSIGNED} FROM unnest({_VALUES}) AS v({_COLUMNS}) WHERE o.id = v.id"  # noqa: S608 - as above
_MOVE = (
    f"UPDATE obligation o SET {_ASSIGNED} FROM unnest({_VALUES}, ${len(_ARRAYS) + 1}::uuid[]) AS v({_COLUMNS}, old_id) "  # noqa: S608 - as above
    "WHERE o.id = v.old_id"
)


async def rewrite_obligations(connection: Connection, child_ids: Collection[UUID], today: date) -> None:
    """The stored obligations of these children are what their records owe now; what goes on is known to until `today`.

    The same child, kind and day 0 keep their identifier. An obligation whose day 0 was corrected moves, and meetings booked
    for it stay attached. One that the records no longer start is removed, or void where a meeting or a plan refers to it.
    EXPECTED ones stay while the chain that they belong to stands.
    """
    wanted = sorted(set(child_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        await _rewrite(connection, wanted[start : start + _AT_ONCE], today)


async def expect_obligation(connection: Connection, child_id: UUID, kind: MeetingKind, triggered_on: date, triggered_by: str) -> UUID:
    """The obligation of `kind` that begins on `triggered_on`, as EXPECTED if no record starts it yet.

    Its rule is that of the chain as it will stand once what is expected before it has come about; outside a chain it is the
    rule that binds first. A day 0 that was stated before, whose meeting was called off, gives way to the one stated now.
    Raises `NotFound` for an unknown child, `InvalidInput` for a day on which no such rule was in force.
    """
    facts, stored = await _locked(connection, child_id)
    wanted = obligation_id(child_id, kind.value, triggered_on)
    known = next((each for each in stored if each.row.id == wanted), None)
    if known is not None and known.row.state != ObligationState.VOID.value:
        return wanted
    row = _expected(await _law(connection), facts, stored, kind, triggered_on, triggered_by)
    forgone = next((each for each in stored if _is_called_off(each, row)), None)
    if known is not None:
        await _change(connection, [row])
    elif forgone is not None:
        await _move(connection, [(forgone.row.id, row)])
    else:
        await _add(connection, [row])
    return wanted


def _expected(law: Law, facts: SubjectFacts, stored: Sequence[Stored], kind: MeetingKind, day: date, triggered_by: str) -> Row:
    try:
        due = owed_from(_ahead(facts, stored, day), kind, day, triggered_by, law.timescales, law.working_days)
    except LookupError as unruled:
        raise InvalidInput(f"triggeredOn {day.isoformat()}: no timescale for {kind.value} was in force then", "triggeredOn") from unruled
    return row_of(facts.subject_id, due)


def _is_called_off(old: Stored, row: Row) -> bool:
    is_expected = old.row.state == ObligationState.EXPECTED.value and old.row.kind == row.kind
    return is_expected and is_stated(old.row) and is_stated(row) and old.referred_to and not old.booked


async def re_anchor(connection: Connection, child_id: UUID, kind: MeetingKind, old_trigger: date, new_trigger: date) -> None:
    """The EXPECTED obligation of `kind` that began on `old_trigger` begins on `new_trigger` now: identifier, days and rule.

    Its booking stays attached. Where the child owes one from the new day already, that one takes the booking over. Nothing
    happens where nothing was expected from the old day.
    """
    facts, stored = await _locked(connection, child_id)
    old_id, new = obligation_id(child_id, kind.value, old_trigger), obligation_id(child_id, kind.value, new_trigger)
    by_id = {each.row.id: each.row for each in stored}
    old = by_id.get(old_id)
    if old is None or old.state != ObligationState.EXPECTED.value or old_id == new:
        return
    if new in by_id:
        await _sql.hand_over_bookings(connection, old_id=old_id, new_id=new)
        await _give_up(connection, [old_id])
        return
    others = [each for each in stored if each.row.id != old_id]
    row = _expected(await _law(connection), facts, others, kind, new_trigger, old.triggered_by)
    await _move(connection, [(old_id, row)])


async def _rewrite(connection: Connection, child_ids: list[UUID], today: date) -> None:
    await lock_children(connection, child_ids)
    law = await _law(connection)
    facts = await facts_of(connection, child_ids, today=today)
    stored = await _stored(connection, child_ids)
    changes = Changes()
    for child_id, known in facts.items():
        reconcile(known, obligations(known, law.timescales, law.working_days), stored.get(child_id, ()), law, changes)
    await _move(connection, changes.moved)
    await _change(connection, changes.changed)
    await _add(connection, changes.added)
    await _give_up(connection, changes.gone)


async def _law(connection: Connection) -> Law:
    return Law(timescales=await load_timescales(connection), working_days=england())


async def _locked(connection: Connection, child_id: UUID) -> tuple[SubjectFacts, list[Stored]]:
    await lock_children(connection, [child_id])
    facts = (await facts_of(connection, [child_id])).get(child_id)
    if facts is None:
        raise NotFound("there is no such child")
    return facts, (await _stored(connection, [child_id])).get(child_id, [])


async def _stored(connection: Connection, child_ids: Collection[UUID]) -> dict[UUID, list[Stored]]:
    found: dict[UUID, list[Stored]] = defaultdict(list)
    async for *columns, referred_to, booked in _sql.stored_obligations(connection, child_ids=list(child_ids)):
        row = Row(*columns)
        found[row.child_id].append(Stored(row=row, booked=booked, referred_to=referred_to))
    return found


def _ahead(facts: SubjectFacts, stored: Sequence[Stored], day: date) -> SubjectFacts:
    """The facts as they will be on `day`, if what is expected before it comes about."""
    expected = [each.row for each in stored if each.row.state == ObligationState.EXPECTED.value and each.row.triggered_on < day]
    for row in sorted(expected, key=lambda row: row.triggered_on):
        facts = assume(facts, row)
    return facts


def _arrays(rows: Sequence[Row]) -> Iterator[list[Any]]:
    return (list(column) for column in zip(*rows, strict=True))


async def _add(connection: Connection, rows: Sequence[Row]) -> None:
    if rows:
        await connection.execute(_ADD, *_arrays(rows))


async def _change(connection: Connection, rows: Sequence[Row]) -> None:
    if rows:
        await connection.execute(_CHANGE, *_arrays(rows))


async def _move(connection: Connection, moved: Sequence[tuple[UUID, Row]]) -> None:
    """Under their new identifiers; meetings follow by the foreign key, plans are told."""
    if moved:
        old_ids, rows = [old for old, _ in moved], [row for _, row in moved]
        await connection.execute(_MOVE, *_arrays(rows), old_ids)
        await _sql.follow_in_placements(connection, old_ids=old_ids, new_ids=[row.id for row in rows])
        await _sql.follow_in_unplaced(connection, old_ids=old_ids, new_ids=[row.id for row in rows])


async def _give_up(connection: Connection, ids: Sequence[UUID]) -> None:
    """Locked first: whoever books one of them at this moment has finished before it is judged whether it is referred to."""
    if ids:
        _ = [row async for row in _sql.lock_obligations(connection, ids=ids)]
        await _sql.remove_obligations(connection, ids=ids)
        await _sql.void_obligations(connection, ids=ids)
