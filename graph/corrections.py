"""Corrections of records: what follows is computed anew, and what was known stays readable as of its own time."""

from __future__ import annotations

import strawberry

from graph import correction_inputs as inputs
from graph import described, recording
from graph.commands import fill
from graph.context import Info
from graph.recording import of_child, of_household
from services.history import service
from services.history.corrections import (
    CorrectCarePeriod,
    CorrectCareStatus,
    CorrectChild,
    CorrectEarlierReview,
    CorrectEnquiry,
    CorrectHeldRecord,
    CorrectHousehold,
    CorrectParentage,
    CorrectProtectionPlan,
    CorrectSiblingGroup,
    CorrectTransfer,
)


async def _correct_held_record(
    info: Info,
    input: inputs.CorrectHeldRecordInput,  # noqa: A002
) -> recording.ChildRecorded | recording.HouseholdRecorded:
    command = fill(CorrectHeldRecord, input, of="HeldRecord")
    return await recording.of_whom_it_is(info, await recording.keep(info, service.correct_held_record, command))


@strawberry.type
class CorrectionMutation:
    correct_child = of_child(
        "Days of birth, expected birth, death and adoption order.",
        inputs.CorrectChildInput,
        CorrectChild,
        service.correct_child,
    )
    correct_sibling_group = of_child(
        "Whose brother or sister a child is.",
        inputs.CorrectSiblingGroupInput,
        CorrectSiblingGroup,
        service.correct_sibling_group,
    )
    correct_parentage = of_child("Whose parent a child is.", inputs.CorrectParentageInput, CorrectParentage, service.correct_parentage)
    correct_care_period = of_child(
        "A period of care; withdrawn, the child was not looked after then.",
        inputs.CorrectCarePeriodInput,
        CorrectCarePeriod,
        service.correct_care_period,
        of="CarePeriod",
    )
    correct_protection_plan = of_child(
        "A child protection plan.",
        inputs.CorrectProtectionPlanInput,
        CorrectProtectionPlan,
        service.correct_protection_plan,
        of="ProtectionPlan",
    )
    correct_enquiry = of_child(
        "A section 47 enquiry; conferenceNotRequired ends the duty to hold one.",
        inputs.CorrectEnquiryInput,
        CorrectEnquiry,
        service.correct_enquiry,
        of="Enquiry",
    )
    correct_held_record = described.mutation_of(
        "A meeting that took place; withdrawn, it did not.", inputs.CorrectHeldRecordInput, recording.HeldRecordResult, _correct_held_record
    )
    correct_care_status = of_child(
        "A remand, authority to place, placement for adoption and the like.",
        inputs.CorrectCareStatusInput,
        CorrectCareStatus,
        service.correct_care_status,
        of="CareStatusRecord",
    )
    correct_transfer = of_child(
        "A move between authorities.",
        inputs.CorrectTransferInput,
        CorrectTransfer,
        service.correct_transfer,
        of="Transfer",
    )
    correct_earlier_review = of_child(
        "A meeting that was called for earlier; withdrawn, its rule's own day binds again.",
        inputs.CorrectEarlierReviewInput,
        CorrectEarlierReview,
        service.correct_earlier_review,
        of="EarlierReview",
    )
    correct_household = of_household(
        "The days of a foster household's approval.", inputs.CorrectHouseholdInput, CorrectHousehold, service.correct_household
    )
