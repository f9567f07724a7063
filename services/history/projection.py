"""Obligations as a projection of the records: computed anew whenever those change, written as the least difference.

Reads each thing once for all subjects asked for, computes in memory, and writes by arrays: thousands of children take as
many statements as one. Runs inside the caller's transaction, which holds the subjects until it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from services.history import obligations as table
from services.history.facts import facts_of, household_facts_of
from services.history.reconcile import assume, reconcile
from services.history.rows import EXPECTED, OF_HOUSEHOLDS, VOID, Changes, Law, Row, Stored, is_stated, row_of
from services.history.store import lock_children, lock_households
from services.history.timescales import load_timescales
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.ids import obligation_id
from services.kernel.words import MeetingKind
from services.platform.database import Connection
from services.statutory.clock import Due, SubjectFacts, obligations, owed_from
from services.statutory.working_days import england

_AT_ONCE = 2_000  # children: bounds the memory of an import of a whole county


async def rewrite_obligations(connection: Connection, child_ids: Collection[UUID], today: date) -> None:
    """The stored obligations of these children are what their records owe now; what goes on is known to until `today`.

    The same child, kind and day 0 keep their identifier. An obligation whose day 0 was corrected moves, and meetings booked
    for it stay attached; so does a conference that becomes of another kind because the child was born, and its meeting is of
    that kind too. A meeting to come, of which another meeting has answered what it was for, stands for what is owed next. An
    obligation that the records no longer start is removed, or void where a meeting or a plan refers to it. EXPECTED ones stay
    while the chain that they belong to stands.
    """
    law, wanted = await _law(connection), sorted(set(child_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        await lock_children(connection, some)
        facts = await facts_of(connection, some, today=today)
        await _rewrite(connection, law, facts, await table.stored_of(connection, some))


async def rewrite_household_obligations(connection: Connection, household_ids: Collection[UUID], today: date) -> None:
    """The same of foster households."""
    law, wanted = await _law(connection), sorted(set(household_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        await lock_households(connection, some)
        facts = await household_facts_of(connection, some, today=today)
        await _rewrite(connection, law, facts, await table.stored_of(connection, some, households=True))


async def obligations_known_at(
    connection: Connection, child_ids: Collection[UUID], known_at: datetime, today: date
) -> dict[UUID, tuple[Due, ...]]:
    """What each child was owed by what was known at that instant, as seen on `today`; who was not known then is left out.

    Computed under the rules that are in force now, from the records alone: no booking and nothing that is stored is read.
    """
    law, facts = await _law(connection), await facts_of(connection, child_ids, known_at=known_at, today=today)
    return {child_id: obligations(known, law.timescales, law.working_days) for child_id, known in facts.items()}


async def expect_obligation(
    connection: Connection, child_id: UUID, kind: MeetingKind, triggered_on: date, triggered_by: str, *, today: date | None = None
) -> UUID:
    """The obligation of `kind` that begins on `triggered_on`, as EXPECTED if no record starts it yet.

    Its rule is that of the chain as it will stand once what is expected before it has come about; outside a chain it is the
    rule that binds first. A day 0 that was stated before, whose meeting was called off, gives way to the one stated now.
    Raises `NotFound` for an unknown child, `InvalidInput` for a day on which no such rule was in force.
    """
    return await _expect(connection, child_id, kind, triggered_on, triggered_by, today)


async def expect_household_obligation(
    connection: Connection, household_id: UUID, kind: MeetingKind, triggered_on: date, triggered_by: str, *, today: date | None = None
) -> UUID:
    """The same of a foster household; `kind` is one whose subject is a household."""
    return await _expect(connection, household_id, kind, triggered_on, triggered_by, today)


async def re_anchor(
    connection: Connection, subject_id: UUID, kind: MeetingKind, old_trigger: date, new_trigger: date, *, today: date | None = None
) -> None:
    """The EXPECTED obligation of `kind` that began on `old_trigger` begins on `new_trigger` now: identifier, days and rule.

    Its booking stays attached. Where the child, or the household, owes one from the new day already, that one takes the booking
    over. Nothing happens where nothing was expected from the old day.
    """
    facts, stored = await _locked(connection, subject_id, kind, today)
    old_id, new = obligation_id(subject_id, kind.value, old_trigger), obligation_id(subject_id, kind.value, new_trigger)
    by_id = {each.row.id: each.row for each in stored}
    old = by_id.get(old_id)
    if old is None or old.state != EXPECTED or old_id == new:
        return
    if new in by_id:
        await table.hand_over_all(connection, old_id, new)
        await table.give_up(connection, [old_id])
        return
    others = [each for each in stored if each.row.id != old_id]
    row = _expected(await _law(connection), facts, others, kind, new_trigger, old.triggered_by)
    await table.move(connection, [(old_id, row)])


async def _expect(
    connection: Connection, subject_id: UUID, kind: MeetingKind, triggered_on: date, triggered_by: str, today: date | None
) -> UUID:
    facts, stored = await _locked(connection, subject_id, kind, today)
    wanted = obligation_id(subject_id, kind.value, triggered_on)
    known = next((each for each in stored if each.row.id == wanted), None)
    if known is not None and known.row.state != VOID:
        return wanted
    row = _expected(await _law(connection), facts, stored, kind, triggered_on, triggered_by)
    forgone = next((each for each in stored if _is_called_off(each, row)), None)
    if known is not None:
        await table.change(connection, [row])
    elif forgone is not None:
        await table.move(connection, [(forgone.row.id, row)])
    else:
        await table.add(connection, [row])
    return wanted


def _expected(law: Law, facts: SubjectFacts, stored: Sequence[Stored], kind: MeetingKind, day: date, triggered_by: str) -> Row:
    try:
        due = owed_from(_ahead(facts, stored, day), kind, day, triggered_by, law.timescales, law.working_days)
    except LookupError as unruled:
        raise InvalidInput(f"triggeredOn {day.isoformat()}: no timescale for {kind.value} was in force then", "triggeredOn") from unruled
    return row_of(facts.subject_id, due)


def _is_called_off(old: Stored, row: Row) -> bool:
    is_expected = old.row.state == EXPECTED and old.row.kind == row.kind
    return is_expected and is_stated(old.row) and is_stated(row) and old.referred_to and not old.booked


async def _rewrite(connection: Connection, law: Law, facts: dict[UUID, SubjectFacts], stored: dict[UUID, list[Stored]]) -> None:
    changes = Changes()
    for subject_id, known in facts.items():
        reconcile(known, obligations(known, law.timescales, law.working_days), stored.get(subject_id, ()), law, changes)
    await table.write(connection, changes)


async def _law(connection: Connection) -> Law:
    return Law(timescales=await load_timescales(connection), working_days=england())


async def _locked(connection: Connection, subject_id: UUID, kind: MeetingKind, today: date | None) -> tuple[SubjectFacts, list[Stored]]:
    of_household = kind in OF_HOUSEHOLDS
    await (lock_households if of_household else lock_children)(connection, [subject_id])
    found = await (household_facts_of if of_household else facts_of)(connection, [subject_id], today=today)
    if subject_id not in found:
        raise NotFound(f"there is no such {'household' if of_household else 'child'}")
    stored = await table.stored_of(connection, [subject_id], households=of_household)
    return found[subject_id], stored.get(subject_id, [])


def _ahead(facts: SubjectFacts, stored: Sequence[Stored], day: date) -> SubjectFacts:
    """The facts as they will be on `day`, if what is expected before it comes about."""
    expected = [each.row for each in stored if each.row.state == EXPECTED and each.row.triggered_on < day]
    for row in sorted(expected, key=lambda row: row.triggered_on):
        facts = assume(facts, row)
    return facts
