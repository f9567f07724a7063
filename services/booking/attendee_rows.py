"""Between rows of table `attendee` and who comes to a meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.booking.attendees import Attendee
from services.booking.entry import Entry, Hold, Party
from services.directory.attendance import POLICE, RESOURCES, REVIEW_UNIT
from services.kernel.words import Consent, ResourceKind

ROLES = {ResourceKind.IRO: "CHAIR", ResourceKind.NOTE_TAKER: "NOTE_TAKER", ResourceKind.POLICE: POLICE}
"""As what those come whose time the diary holds."""
_AGENCIES = {ResourceKind.IRO: REVIEW_UNIT, ResourceKind.NOTE_TAKER: REVIEW_UNIT, ResourceKind.POLICE: POLICE}


def is_of_the_diary(role: str) -> bool:
    """Whether the row of such a person follows from what the meeting holds."""
    return role in RESOURCES


def attendee_rows(stated: Entry, holds: Sequence[Hold]) -> list[dict[str, Any]]:
    """Everybody who is to come, those first whose time is held."""
    by_resource = {hold.resource_id: hold for hold in sorted(holds, key=lambda each: -each.sitting)}  # the first sitting counts
    rows = [
        _row(
            Attendee(role=ROLES[party.kind], agency=_AGENCIES[party.kind], required=True, direct_contact=party.kind is ResourceKind.POLICE),
            by_resource[party.resource_id].attended.start,
        )
        for party in _arriving(stated)
    ]
    return [*_numbered(stated, rows, 1), *people_rows(stated)]


def people_rows(stated: Entry) -> list[dict[str, Any]]:
    """Those alone whose time nobody holds."""
    rows = [_row(each, stated.to_come[0][1].start - each.before) for each in stated.attendees]
    return _numbered(stated, rows, 1 + len(_arriving(stated)))


def _arriving(stated: Entry) -> list[Party]:
    """A room does not arrive."""
    return [party for party in stated.cast if party.kind in ROLES]


def _numbered(stated: Entry, rows: Sequence[dict[str, Any]], first: int) -> list[dict[str, Any]]:
    return [{"meeting_id": str(stated.id), "number": number, **row} for number, row in enumerate(rows, first)]


def _row(attendee: Attendee, arrives_at: datetime) -> dict[str, Any]:
    return {
        "role": attendee.role,
        "agency": attendee.agency,
        "arrives_at": arrives_at.isoformat(),
        "required": attendee.required,
        "invited": attendee.invited,
        "consent": attendee.consent.value,
        "direct_contact": attendee.direct_contact,
        "apart": attendee.apart,
        "attended": attendee.attended,
    }


def attendee_of(row: Mapping[str, Any], begins: datetime) -> Attendee:
    """The person of a row, of a meeting that begins then."""
    return Attendee(
        role=row["role"],
        agency=row["agency"] or "",
        required=row["required"],
        invited=row["invited"],
        direct_contact=row["direct_contact"],
        consent=Consent(row["consent"]),
        apart=row["apart"],
        before=begins - row["arrives_at"],
        attended=row["attended"],
    )
