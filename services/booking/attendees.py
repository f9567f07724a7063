"""Who comes to one meeting beside those whose time the diary holds: by role and agency, each with an own time of arrival. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from services.directory.attendance import LONGEST_OFFSET, PARENT, Expected
from services.directory.settings import Settings
from services.kernel.words import Consent, MeetingKind

EARLIEST = timedelta(minutes=LONGEST_OFFSET)
"""So long before the meeting begins somebody arrives at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """`before`: how long before the meeting begins this person arrives; it moves with the meeting. `invited` False: expected only.

    `direct_contact`: works with the child, so that the agency counts for a quorum. `apart`: must not meet another one of these.
    `attended` None: nobody has said.
    """

    role: str
    agency: str
    required: bool = False
    invited: bool = True
    direct_contact: bool = False
    consent: Consent = Consent.NOT_ASKED
    apart: bool = False
    before: timedelta = timedelta(0)
    attended: bool | None = None


def expected_at(kind: MeetingKind, settings: Settings, *, apart: bool = False) -> tuple[Attendee, ...]:
    """Whom the unit's own list names for such a meeting. `apart`: its parents must not meet, so that there are two of them, who
    arrive one after the other."""
    return tuple(found for each in settings.attendance[kind] for found in _those_of(each, kind, settings, apart=apart))


def must_be_apart(kind: MeetingKind, stated: Iterable[bool], settings: Settings) -> bool:
    """Whether parents who must not meet, as it is stated of some of the children, are to come to such a meeting."""
    return any(stated) and any(each.role == PARENT for each in settings.attendance[kind])


def _those_of(expected: Expected, kind: MeetingKind, settings: Settings, *, apart: bool) -> Iterator[Attendee]:
    before = settings.shapes[kind].pre_meet if expected.arrives is None else expected.arrives
    between = settings.apart_minutes
    divided = apart and expected.role == PARENT
    for minutes in (max(before, between), max(before, between) - between) if divided else (before,):
        yield Attendee(
            role=expected.role,
            agency=expected.agency,
            required=expected.required,
            invited=expected.invited,
            direct_contact=expected.direct_contact,
            apart=divided,
            before=timedelta(minutes=minutes),
        )
