"""The rows of a meeting that are written, as JSON that PostgreSQL turns into the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from services.booking.entry import Entry

_AS_IT_IS = frozenset({str, int, bool})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a meeting's history. `details`: times and codes, before and after."""

    at: datetime
    by: str
    what: str
    reason: str | None = None
    details: Mapping[str, Any]


def plain(value: Any) -> Any:
    """The same as JSON knows it."""
    if value is None or type(value) in _AS_IT_IS:  # nearly all; to ask whether it is a mapping costs more than all else here
        return value
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def meeting_row(stated: Entry) -> dict[str, Any]:
    """The columns of table `meeting`."""
    cast = stated.cast
    columns = {
        "id": stated.id,
        "reference": stated.reference,
        "kind": stated.kind,
        "state": stated.state,
        "starts_at": stated.sittings[0].start,
        "ends_at": stated.sittings[0].end,
        "chair_id": cast.chair and cast.chair.id,
        "room_id": cast.room and cast.room.id,
        "note_taker_id": cast.note_taker and cast.note_taker.id,
        "police_team_id": cast.police and cast.police.id,
        "police_waived_reason": stated.police_waived_reason,
        "venue": stated.venue,
        "venue_confidential": stated.venue_confidential,
        "remote": stated.remote,
        "needs": stated.lacks,
        "provisional_until": stated.provisional_until,
        "override_reason": stated.override_reason,
        "version": stated.version,
    }
    columns_plain: dict[str, Any] = plain(columns)
    return columns_plain


def sitting_rows(stated: Entry) -> list[dict[str, Any]]:
    """Of those that took place with the day, and who came."""
    return [
        {
            "meeting_id": str(stated.id),
            "number": number,
            "during": f"[{each.start.isoformat()},{each.end.isoformat()})",
            "held_on": None if sat is None else sat.held_on.isoformat(),
            "attended": None if sat is None or sat.attended is None else list(sat.attended),
        }
        for number, (each, sat) in enumerate(zip_longest(stated.sittings, stated.sat), 1)
    ]


def item_rows(stated: Entry) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = plain(
        [
            {
                "meeting_id": stated.id,
                "number": number,
                "child_id": item.child_id,
                "household_id": item.household_id,
                "kind": item.kind,
                "obligation_id": item.obligation_id,
                "live": True,
            }
            for number, item in enumerate(stated.items, 1)
        ]
    )
    return rows


def event_row(meeting_id: UUID, number: int, event: Event) -> dict[str, Any]:
    row: dict[str, Any] = plain(
        {
            "meeting_id": meeting_id,
            "number": number,
            "at": event.at,
            "by": event.by,
            "what": event.what,
            "reason": event.reason,
            "details": event.details,
        }
    )
    return row
