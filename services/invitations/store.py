"""Calendar entries, the outbox of notices and the versions of diaries, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.invitations.owe import AddresseeKind, Owed, Seen, View
from services.kernel.ids import new_id
from services.kernel.window import TimeWindow
from services.kernel.words import InvitationMethod, InvitationState, MeetingKind
from services.platform.database import Connection
from services.platform.sql import load_queries, statements_of

_queries = load_queries(__file__, words={"the_rest_is_done": "true"})
OWED = {word: text for word, text in statements_of(__file__).items() if word in ("enter", "post", "renew")}
"""What `write_owed` does, for a store that makes it part of a statement of its own, with what `owed_columns` says; there
`{the_rest_is_done}` is what is to come before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An addressee's calendar entry as it is from now on, with the bytes of its event in a feed."""

    uid: str
    owed: Owed
    vevent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail with its fate so far. `refusal`: a code, never a text."""

    uid: str
    sequence: int
    method: InvitationMethod
    email: str
    message_id: str
    message: bytes
    state: InvitationState = InvitationState.OWED
    refusal: str | None = None


async def entries_of_meeting(connection: Connection, meeting_id: UUID) -> tuple[Seen, ...]:
    """What each addressee of a meeting was told last; locked until the transaction ends."""
    return tuple([seen_of(row) async for row in _queries.entries_of_meeting(connection, meeting_id=meeting_id)])


async def kind_of(connection: Connection, meeting_id: UUID) -> MeetingKind:
    """The leading kind of a meeting."""
    return MeetingKind(await _queries.kind_of(connection, meeting_id=meeting_id))


async def entries_as_told(connection: Connection, meeting_ids: Collection[UUID]) -> dict[UUID, list[Seen]]:
    """What each addressee of these meetings was told last, by meeting; nothing is locked."""
    found: dict[UUID, list[Seen]] = {}
    async for row in _queries.entries_as_told(connection, meeting_ids=list(meeting_ids)):
        found.setdefault(row["meeting_id"], []).append(seen_of(row))
    return found


def seen_of(row: Any) -> Seen:
    """What the addressee of a row was told last."""
    return Seen(
        uid=row["uid"],
        kind=AddresseeKind(row["addressee_kind"]),
        code=row["addressee_code"],
        owner_id=row["owner_id"],
        sequence=row["sequence"],
        cancelled=row["cancelled"],
        view=View(window=TimeWindow(row["starts_at"], row["ends_at"]), location=row["location"], email=row["email"]),
        sitting=row["sitting"],
    )


async def supersede(connection: Connection, addresses: Mapping[str, str | None]) -> frozenset[tuple[str, str]]:
    """Withdraws what is owed and not yet in a sender's hand, but for a CANCEL to an address that is not (any more) that of its UID.

    Answers by UID at which addresses, in small letters, somebody may have heard something.
    """
    if not addresses:
        return frozenset()
    await _queries.supersede(connection, uids=list(addresses), emails=list(addresses.values()))
    return frozenset([(row["uid"], row["email"]) async for row in _queries.told_at(connection, uids=list(addresses))])


async def write_owed(connection: Connection, meeting_id: UUID, entries: Sequence[Entry], notices: Sequence[Notice], now: datetime) -> None:
    """Entries, new and known ones, are up to date, their notices are in the outbox, and each owner's diary has its next version:
    every feed that shows it has changed."""
    await _queries.write_owed(connection, **owed_columns(meeting_id, entries, notices, now))


def owed_columns(meeting_id: UUID, entries: Sequence[Entry], notices: Sequence[Notice], now: datetime) -> dict[str, Any]:
    """What the statements of `OWED` are told, by name."""
    return {
        "meeting_id": meeting_id,
        "now": now,
        "entries": [_entry_row(entry) for entry in entries],
        "notices": [_notice_row(each) for each in notices],
        "messages": [each.message for each in notices],
        "owners": [entry.owed.owner_id for entry in entries],
    }


def _entry_row(entry: Entry) -> dict[str, Any]:
    owed = entry.owed
    return {
        "uid": entry.uid,
        "kind": owed.kind.value,
        "code": owed.code,
        "owner_id": str(owed.owner_id),
        "email": owed.view.email,
        "sequence": owed.sequence,
        "cancelled": owed.method is InvitationMethod.CANCEL,
        "starts_at": owed.view.window.start.isoformat(),
        "ends_at": owed.view.window.end.isoformat(),
        "location": owed.view.location,
        "begins": None if owed.meets is None else owed.meets.start.isoformat(),
        "ends": None if owed.meets is None else owed.meets.end.isoformat(),
        "vevent": entry.vevent,
        "sitting": owed.sitting,
    }


def _notice_row(notice: Notice) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "uid": notice.uid,
        "sequence": notice.sequence,
        "method": notice.method.value,
        "email": notice.email,
        "message_id": notice.message_id,
        "state": notice.state.value,
        "refusal": notice.refusal,
    }
