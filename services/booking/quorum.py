"""When a meeting is properly constituted, judged on who comes: plain values in, the verdict and what is missing out.

A child protection conference is quorate with children's social care and at least two other agencies that have direct contact with
the child; where an illness may be fabricated or induced the paediatrician is one of them (Swindon's procedures on quorate
conferences; Standard Safeguarding Dataset, `cppr_cp_review_quorate`). A secure criteria review sits with three persons at least, one of
whom is neither member nor officer of the authority, and without the child's own officer (Children (Secure Accommodation) Regulations
1991, reg. 15; SI 1992/2117). No other meeting has a quorum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from services.booking.attendees import Attendee
from services.booking.rules import Objection
from services.directory.attendance import INDEPENDENT, PAEDIATRICIAN, PANEL_MEMBER, POLICE, SOCIAL_CARE
from services.kernel.words import BlockerCode, Consent, MeetingKind

OTHER_AGENCIES = 2
PANEL = 3
_SOCIAL_CARE_TOO = frozenset({SOCIAL_CARE, "OTHER_AUTHORITY"})
"""Social care of another authority is no other agency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """One who comes, or came."""

    role: str
    agency: str
    direct_contact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """`needs`: who is missing, in words; empty where it is met."""

    needs: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether nobody is missing."""
        return not self.needs


def foreseen(attendees: Iterable[Attendee], *, police: bool) -> list[Present]:
    """Who is to be counted on: whoever is required or invited and has not refused, and the police who are booked."""
    found = [_present(each) for each in attendees if (each.required or each.invited) and each.consent is not Consent.REFUSED]
    return [*found, Present(role=POLICE, agency=POLICE, direct_contact=True)] if police else found


def those_who_came(attendees: Iterable[Attendee]) -> list[Present]:
    """Who is recorded as having attended."""
    return [_present(each) for each in attendees if each.attended]


def _present(attendee: Attendee) -> Present:
    return Present(role=attendee.role, agency=attendee.agency, direct_contact=attendee.direct_contact)


def judge_quorum(kind: MeetingKind, present: Collection[Present], *, chaired: bool = True, induced_illness: bool = False) -> Quorum | None:
    """Whether such a meeting is quorate with these, and else who is missing; None: a meeting of that kind has no quorum."""
    if kind.is_conference:
        return Quorum(needs=tuple(_missing(present, induced_illness=induced_illness)))
    if kind is MeetingKind.SECURE_CRITERIA_REVIEW:
        return Quorum(needs=tuple(each.message for each in object_to_panel(present, chaired=chaired)))
    return None


def _missing(present: Collection[Present], *, induced_illness: bool) -> Iterable[str]:
    if not any(each.agency == SOCIAL_CARE for each in present):
        yield "children's social care"
    others = {each.agency for each in present if each.direct_contact} - _SOCIAL_CARE_TOO
    if len(others) < OTHER_AGENCIES:
        lacking = OTHER_AGENCIES - len(others)
        yield f"{lacking} more {'agency' if lacking == 1 else 'agencies'} in direct contact with the child"
    if induced_illness and not any(each.role == PAEDIATRICIAN for each in present):
        yield "the paediatrician"


def object_to_panel(present: Collection[Present], *, chaired: bool = True) -> list[Objection]:
    """What such a panel lacks: its chair is one of it. Whether the chair may sit on it is judged where officers are."""
    members = [each for each in present if each.role == PANEL_MEMBER]
    lacking = PANEL - len(members) - chaired
    found = []
    if lacking > 0:
        message = f"a secure criteria review sits with {PANEL} persons at least, its chair among them: {lacking} more"
        found.append(Objection(code=BlockerCode.PANEL_TOO_SMALL, message=message))
    if not any(each.agency == INDEPENDENT for each in members):
        message = f"one of the panel is neither member nor officer of the authority: a {PANEL_MEMBER} whose agency is {INDEPENDENT}"
        found.append(Objection(code=BlockerCode.PANEL_NOT_INDEPENDENT, message=message))
    return found
