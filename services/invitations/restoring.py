"""After a restore from a backup: every calendar is brought back to what the database holds, with SEQUENCEs beyond all that was mailed.

The database has forgotten what was mailed since the backup. It knows when it was written to last, and so how long it may have
mailed at most: every SEQUENCE rises by more than could have changed in that time. What an exact list of what was mailed tells
(`mailed`) goes before that reckoning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from services.directory.settings import Settings
from services.directory.store import load_settings
from services.invitations import store
from services.invitations.itip import can_be_mailed
from services.invitations.letters import keep_letter
from services.invitations.mailed import Mailed
from services.invitations.owe import Seen, as_told
from services.invitations.service import entry_of, notice_again
from services.invitations.withdrawing import compose_withdrawal
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.ids import new_id
from services.kernel.window import civil_day
from services.kernel.words import InvitationMethod, MeetingKind
from services.platform import audit
from services.platform.database import Connection, Database
from services.platform.sql import load_queries

LEAST_STEP = 1_000
"""By how much a SEQUENCE rises at least: a backup may be younger than its newest trace tells."""
CHANGES_A_SECOND = 10
"""More than one meeting can change, since each change waits for the one before it."""

_HIGHEST = 2**31 - 1
_AT_ONCE = 500
_queries = load_queries(__file__, "restoring.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifting:
    """What lifting does, or did. `since`: of the newest trace of mail in this database; None: nothing was ever mailed.

    `done_at`: it was done for this restore already, and only what `mailed` tells beyond that is left.
    """

    since: datetime | None
    done_at: datetime | None
    step: int
    entries: int
    updates: int
    cancellations: int
    withdrawn: int
    unknown_to_whom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lifted:
    """An entry with its new SEQUENCE; `told`: its addressee is mailed how it stands. `left`: addresses that are its no more and that were
    still to hear a CANCEL, under the SEQUENCEs just before it."""

    seen: Seen
    reference: str
    kind: MeetingKind
    changed_at: datetime
    sequence: int
    told: bool
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Restore:
    """A restored database as it stands: its name, what was mailed in the meantime, and what is to be done about it."""

    name: str
    settings: Settings
    lifting: Lifting
    lifted: tuple[_Lifted, ...]
    unknown: tuple[Mailed, ...] = field(default=())


def step_of(since: datetime | None, now: datetime) -> int:
    """By how much every SEQUENCE rises that was last written `since` then."""
    elapsed = timedelta(0) if since is None else max(timedelta(0), now - since)
    return max(LEAST_STEP, ceil(elapsed.total_seconds() * CHANGES_A_SECOND))


async def foresee(database: Database, mailed: Mapping[str, Mailed], now: datetime, *, again: bool = False) -> Lifting:
    """What `lift` would do. Nothing is written."""
    async with database.transaction() as connection:
        return (await _read(connection, mailed, now, again=again)).lifting


async def lift(database: Database, actor: Actor, mailed: Mapping[str, Mailed], now: datetime, *, again: bool = False) -> Lifting:
    """Every SEQUENCE is beyond whatever was mailed, and everybody concerned is owed how things stand.

    True once it returns: each entry of a meeting that was to come at the time of the backup is owed anew, as an update or a CANCEL;
    mails that waited with older numbers are withdrawn; of a meeting that `mailed` names and the database does not know, its
    addressee is owed a CANCEL; every feed is new. Done once for a restore, unless `again`; then only what `mailed` adds.
    Senders must not run before it. Raises `InvalidInput` where a SEQUENCE would pass what calendars can hold.
    """

    async def work(connection: Connection) -> Lifting:
        await _queries.one_at_a_time(connection)
        restore = await _read(connection, mailed, now, again=again)
        if not restore.lifted and not restore.unknown:
            return restore.lifting
        await _write(connection, restore, now)
        told = restore.lifting
        counts = {"step": told.step, "entries": told.entries, "notices": told.updates + told.cancellations, "withdrawn": told.withdrawn}
        await _queries.keep(connection, restored=restore.name, now=now, by=actor.subject, **counts)
        await audit.record(connection, actor, "LIFT_SEQUENCES", details=counts)
        return told

    return await database.run(work)


async def _read(connection: Connection, mailed: Mapping[str, Mailed], now: datetime, *, again: bool) -> _Restore:
    name = await _queries.database_named(connection)
    done_at = None if again else await _queries.restored_at(connection, restored=name)
    since = await _queries.last_trace(connection)
    step = step_of(since, now)
    rows = [row async for row in _queries.entries(connection)]
    lifted = [each for row in rows if (each := _lifted(row, since, 0 if done_at else step, mailed.get(row["uid"]))) is not None]
    unknown = await _unknown(connection, mailed, {row["uid"] for row in rows}, step)
    settings = await load_settings(connection, civil_day(now))
    addressed = [each for each in unknown if each.recipient is not None and can_be_mailed(each.recipient)]
    lifting = Lifting(
        since=since,
        done_at=done_at,
        step=step,
        entries=len(lifted),
        updates=sum(_is_mailed(each) and not each.seen.cancelled for each in lifted),
        cancellations=sum((_is_mailed(each) and each.seen.cancelled) + len(each.left) for each in lifted),
        withdrawn=len(addressed),
        unknown_to_whom=len(unknown) - len(addressed),
    )
    return _Restore(name=name, settings=settings, lifting=lifting, lifted=tuple(lifted), unknown=tuple(addressed))


def _is_mailed(lifted: _Lifted) -> bool:
    return lifted.told and lifted.seen.view.email is not None


def _lifted(row: Any, since: datetime | None, step: int, mailed: Mailed | None) -> _Lifted | None:
    """None where nothing is to be done: it was lifted before, and nothing newer was mailed."""
    seen = store.seen_of(row)
    sequence = seen.sequence + step
    if mailed is not None and (mailed.sequence > sequence or (step and mailed.sequence == sequence)):
        sequence = mailed.sequence + 1
    if sequence == seen.sequence:
        return None
    left = tuple(row["left_addresses"])
    sequence += len(left)
    if sequence > _HIGHEST:
        raise InvalidInput(f"a SEQUENCE would be {sequence}, and calendars end at {_HIGHEST}: cancel and book those meetings anew")
    to_come = since is None or seen.view.window.end > since
    told = bool(to_come or row["waits"] or mailed is not None)
    return _Lifted(
        seen=seen,
        reference=row["reference"],
        kind=MeetingKind(row["kind"]),
        changed_at=row["changed_at"],
        sequence=sequence,
        told=told,
        left=left,
    )


async def _unknown(connection: Connection, mailed: Mapping[str, Mailed], known: set[str], step: int) -> list[Mailed]:
    """What was mailed of meetings that are not here, with the SEQUENCE of its CANCEL; without what was withdrawn before."""
    unknown = {f"restored:{uid}": each for uid, each in mailed.items() if uid not in known}
    done = {row["about"] async for row in _queries.withdrawn_already(connection, abouts=list(unknown))}
    return [replace(each, sequence=each.sequence + step) for about, each in unknown.items() if about not in done]


async def _write(connection: Connection, restore: _Restore, now: datetime) -> None:
    for first in range(0, len(restore.lifted), _AT_ONCE):
        await _write_entries(connection, restore.lifted[first : first + _AT_ONCE], restore.settings, now)
    for each in restore.unknown:
        assert each.recipient is not None
        mail = compose_withdrawal(each.uid, each.sequence, now, organiser=restore.settings.organiser, attendee=each.recipient)
        await keep_letter(connection, new_id(), f"restored:{each.uid}", each.recipient, mail, now)
    await _queries.lift_tasks(connection, step=0 if restore.lifting.done_at else restore.lifting.step)
    await _queries.renew_diaries(connection, now=now)
    await _queries.forget_changes(connection)


async def _write_entries(connection: Connection, lifted: Sequence[_Lifted], settings: Settings, now: datetime) -> None:
    """An entry of which nobody is told keeps its stamp: it is the same event, under a higher number."""
    entries = [(each, _entry(each, settings, now)) for each in lifted]
    notices = [
        notice_again(entry, each.reference, settings.organiser, now, settings.calendar.kind_for(each.seen.kind, each.kind))
        for each, entry in entries
        if _is_mailed(each)
    ]
    notices += [farewell for each in lifted for farewell in _farewells(each, settings.organiser, now)]
    await _queries.withdraw_owed(connection, uids=[entry.uid for _, entry in entries])
    await _queries.lift(
        connection,
        uids=[entry.uid for _, entry in entries],
        sequences=[each.sequence for each, _ in entries],
        events=[entry.vevent for _, entry in entries],
        changed=[now if each.told else each.changed_at for each, _ in entries],
    )
    await _queries.owe(
        connection,
        ids=[new_id() for _ in notices],
        uids=[each.uid for each in notices],
        sequences=[each.sequence for each in notices],
        methods=[each.method.value for each in notices],
        emails=[each.email for each in notices],
        message_ids=[each.message_id for each in notices],
        messages=[each.message for each in notices],
        states=[each.state.value for each in notices],
        refusals=[each.refusal for each in notices],
        now=now,
    )


def _farewells(lifted: _Lifted, organiser: str, now: datetime) -> Iterator[store.Notice]:
    for sequence, address in enumerate(lifted.left, lifted.sequence - len(lifted.left)):
        mail = compose_withdrawal(lifted.seen.uid, sequence, now, organiser=organiser, attendee=address, moved_on=True)
        yield store.Notice(
            uid=lifted.seen.uid,
            sequence=sequence,
            method=InvitationMethod.CANCEL,
            email=address,
            message_id=mail.message_id,
            message=mail.content,
        )


def _entry(lifted: _Lifted, settings: Settings, now: datetime) -> store.Entry:
    kind = settings.calendar.kind_for(lifted.seen.kind, lifted.kind)
    stamp = now if lifted.told else lifted.changed_at
    return entry_of(as_told(lifted.seen, lifted.sequence), lifted.reference, stamp, kind)
