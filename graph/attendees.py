"""Who comes to a meeting, and whether it is quorate with them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graph.words import Consent
from services.booking import reading_attendees as reading


@strawberry.type(description="By role and agency, without a name: who is expected, and when that person is to arrive.")
class Attendee:
    role: str
    agency: str | None
    arrives_at: datetime
    required: bool
    invited: bool = strawberry.field(description="False: expected, without an invitation. Who refused consent is not invited.")
    direct_contact: bool = strawberry.field(description="Works with the child: the agency counts for the quorum of a conference.")
    consent: Consent
    apart: bool = strawberry.field(description="Must not meet another one of these: the room has a second waiting room.")
    attended: bool | None = strawberry.field(description="Null: nobody has said.")


@strawberry.type(description="Whether a conference is quorate, or a secure criteria review has its panel.")
class Quorum:
    met: bool
    needs: list[str] = strawberry.field(description="Who is missing, in words; empty where it is met.")
    attended: bool = strawberry.field(description="True: judged by who attended; false: by who is to come.")


@strawberry.input(
    description="What is left out is as it was of such a person of this meeting, else as the unit's own lists have it. Role and agency are "
    "codes of the unit's lists, never names. Chair, note-taker and police come with the meeting and are not named here."
)
class AttendeeInput:
    role: str
    agency: str
    required: bool | None = strawberry.UNSET
    invited: bool | None = strawberry.UNSET
    direct_contact: bool | None = strawberry.UNSET
    consent: Consent | None = strawberry.UNSET
    apart: bool | None = strawberry.field(default=strawberry.UNSET, description="Of all who must not meet, two at least.")
    arrives_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="Moves with the meeting.")


@strawberry.input(description="One who came; of CHAIR, NOTE_TAKER and POLICE the agency is known.")
class AttendedInput:
    role: str
    agency: str | None = ""


def attendee_of(row: reading.Attendee) -> Attendee:
    return Attendee(**{name: getattr(row, name) for name in reading.Attendee.__slots__})


def quorum_of(row: reading.SeenQuorum) -> Quorum:
    return Quorum(met=row.quorum.met, needs=list(row.quorum.needs), attended=row.attended)
