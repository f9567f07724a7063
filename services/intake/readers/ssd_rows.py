"""What the tables of the Standard Safeguarding Dataset say, a row each: absent values are None."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class EpisodeRow(NamedTuple):
    line: int
    child: str
    care_id: str | None
    placement_id: str | None
    started_on: date | None
    reason_started: str | None
    ended_on: date | None
    reason_ended: str | None
    entered_on: date | None
    faults: list[str] | None


class LegalStatusRow(NamedTuple):
    line: int
    child: str
    status: str
    started_on: date | None
    ended_on: date | None
    faults: list[str] | None


class PlacementRow(NamedTuple):
    line: int
    placement_id: str
    place: str


class ReviewRow(NamedTuple):
    line: int
    child: str | None
    care_id: str | None
    held_on: date | None
    participation: str | None
    faults: list[str] | None


class EnquiryRow(NamedTuple):
    line: int
    child: str
    enquiry_id: str | None
    started_on: date | None
    not_required: bool
    faults: list[str] | None


class ConferenceRow(NamedTuple):
    line: int
    child: str
    conference_id: str | None
    enquiry_id: str | None
    held_on: date | None
    target_on: date | None
    transfer_in: bool
    faults: list[str] | None


class PlanRow(NamedTuple):
    line: int
    child: str
    plan_id: str | None
    conference_id: str | None
    started_on: date | None
    ended_on: date | None
    category: str | None
    elsewhere: bool
    faults: list[str] | None


class PlanReviewRow(NamedTuple):
    line: int
    child: str
    plan_id: str | None
    held_on: date | None
    inquorate: bool
    faults: list[str] | None


class InvolvementRow(NamedTuple):
    line: int
    child: str
    professional_id: str | None
    role: str | None
    charge: bool | None
    manages: bool
    started_on: date | None
    ended_on: date | None
    faults: list[str] | None


class ProfessionalRow(NamedTuple):
    line: int
    professional_id: str
    staff_id: str | None
    registration: str | None
    job_title: str | None
    charge: bool | None
    manages: bool


class MotherRow(NamedTuple):
    line: int
    child: str
    mother: str | None
    faults: list[str] | None


class FamilyRow(NamedTuple):
    line: int
    child: str
    faults: list[str] | None


class IdentifierRow(NamedTuple):
    line: int
    child: str
    upn: str
