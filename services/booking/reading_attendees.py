"""What viewers read of who comes to a meeting: only of one of which they may know whom it concerns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.booking.attendee_rows import attendee_of
from services.booking.quorum import Quorum, foreseen, judge_quorum, those_who_came
from services.booking.reading import items_seen
from services.directory.attendance import POLICE
from services.directory.reading import all_rows, grouped
from services.kernel.actor import Actor
from services.kernel.words import Consent, MeetingKind
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading_attendees.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    role: str
    agency: str | None
    arrives_at: datetime
    required: bool
    invited: bool
    direct_contact: bool
    consent: Consent
    apart: bool
    attended: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenQuorum:
    """`attended`: judged by who came, not by who is to come."""

    quorum: Quorum
    attended: bool


async def attendees_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Attendee]]:
    """Everybody who is to come to each meeting, or came."""
    rows = await all_rows(_queries.attendees_of(connection, ids=list(ids), **items_seen(actor, today)))
    return grouped(rows, "meeting_id", _attendee)


async def quorums_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, SeenQuorum]:
    """Of each meeting that has a quorum whether it is met: by who came, where that is said, else by who is to come."""
    people: dict[UUID, list[Attendee]] = await attendees_of(connection, actor, ids, today)
    rows = await all_rows(_queries.constituted(connection, ids=list(ids), **items_seen(actor, today)))
    found = {row["id"]: _quorum(row, people.get(row["id"], [])) for row in rows}
    return {meeting_id: seen for meeting_id, seen in found.items() if seen is not None}


def _attendee(row: Any) -> Attendee:
    return Attendee(**{**{name: row[name] for name in Attendee.__slots__}, "consent": Consent(row["consent"])})


def _quorum(row: Any, people: list[Attendee]) -> SeenQuorum | None:
    police = any(each.role == POLICE for each in people)
    stated = [attendee_of({name: getattr(each, name) for name in Attendee.__slots__}, each.arrives_at) for each in people]
    said = any(each.attended is not None for each in people)
    present = those_who_came(stated) if said else foreseen([each for each in stated if each.role != POLICE], police=police)
    found = judge_quorum(MeetingKind(row["kind"]), present, chaired=row["chaired"], induced_illness=row["induced"])
    return None if found is None else SeenQuorum(quorum=found, attended=said)
