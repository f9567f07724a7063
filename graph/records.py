"""What people record of children and foster households: what starts, ends and moves their clocks."""

from __future__ import annotations

import strawberry

from graph import described, recording
from graph import record_inputs as inputs
from graph.commands import fill, given
from graph.context import Info
from graph.recording import of_child, of_children, of_household
from services.booking import service as booking
from services.history import commands, service


async def _record_held_meeting(
    info: Info,
    input: inputs.RecordHeldMeetingInput,  # noqa: A002
) -> recording.ChildrenRecorded | recording.HouseholdRecorded:
    outcomes = tuple(fill(commands.HeldOutcome, each) for each in given(input).get("outcomes") or ())
    references = given(input).get("references") or ()
    command = fill(commands.RecordHeldMeeting, input, references=references, outcomes=outcomes)
    return await recording.of_all_whom_it_concerns(info, await recording.keep(info, service.record_held_meeting, command))


@strawberry.type
class ChildMutation:
    register_child = of_child(
        "A child that is born, or expected, becomes known.", inputs.RegisterChildInput, commands.RegisterChild, service.register_child
    )
    record_birth = of_child(
        "An unborn child was born: same record, same plan; a conference that was owed before the birth is an initial one now.",
        inputs.RecordBirthInput,
        commands.RecordBirth,
        service.record_birth,
    )
    record_death = of_child(
        "From that day on nothing is owed; every meeting that stands is called off at once.",
        inputs.RecordDeathInput,
        commands.RecordDeath,
        booking.record_death,
    )
    record_adoption_order = of_child(
        "Care, plan and every clock end that day; every meeting that stands is called off at once.",
        inputs.RecordAdoptionOrderInput,
        commands.RecordAdoptionOrder,
        booking.record_adoption_order,
    )


@strawberry.type
class CareMutation:
    start_care_period = of_child(
        "The child became looked after: its first review is owed.",
        inputs.StartCarePeriodInput,
        commands.StartCarePeriod,
        service.start_care_period,
    )
    end_care_period = of_child(
        "Care ended: from that day on no review is owed.", inputs.EndCarePeriodInput, commands.EndCarePeriod, service.end_care_period
    )
    start_care_status = of_child(
        "A remand, authority to place, a placement for adoption, a secure order, a short break or a long-term placement began.",
        inputs.StartCareStatusInput,
        commands.StartCareStatus,
        service.start_care_status,
    )
    end_care_status = of_child(
        "It ended; after a placement for adoption that was disrupted a review is owed between the 28th and the 42nd day.",
        inputs.EndCareStatusInput,
        commands.EndCareStatus,
        service.end_care_status,
    )


@strawberry.type
class ProtectionMutation:
    record_strategy_discussion = of_children(
        "The discussion that initiated the section 47 enquiry: day 0 of the initial conference.",
        inputs.RecordStrategyDiscussionInput,
        commands.RecordStrategyDiscussion,
        service.record_strategy_discussion,
    )
    start_protection_plan = of_child(
        "A plan began at the conference of that day.",
        inputs.StartProtectionPlanInput,
        commands.StartProtectionPlan,
        service.start_protection_plan,
    )
    end_protection_plan = of_child(
        "A plan ended: at a review conference, or for one of the few other reasons that end it.",
        inputs.EndProtectionPlanInput,
        commands.EndProtectionPlan,
        service.end_protection_plan,
    )
    record_transfer_in = of_children(
        "Children on another authority's plan have moved here: a conference is owed within 15 working days of the notice.",
        inputs.RecordTransferInInput,
        commands.RecordTransferIn,
        service.record_transfer_in,
    )
    record_transfer_out = of_child(
        "A child on our plan has moved away: plan and reviews stay ours until the other authority has held its conference.",
        inputs.RecordTransferOutInput,
        commands.RecordTransferOut,
        service.record_transfer_out,
    )
    complete_transfer_out = of_child(
        "The other authority has held its conference: our plan ended that day.",
        inputs.CompleteTransferOutInput,
        commands.CompleteTransferOut,
        service.complete_transfer_out,
    )
    withdraw_transfer = of_child(
        "The move that was notified does not come about.",
        inputs.WithdrawTransferInput,
        commands.WithdrawTransfer,
        service.withdraw_transfer,
    )


@strawberry.type
class HeldMutation:
    call_earlier_review = of_child(
        "What is owed must be held by an earlier day than its rule says.",
        inputs.CallEarlierReviewInput,
        commands.CallEarlierReview,
        service.call_earlier_review,
    )
    record_held_meeting = described.mutation_of(
        "A meeting that took place and was never booked here. One of this diary is recorded by recordMeetingHeld.",
        inputs.RecordHeldMeetingInput,
        recording.HeldMeetingResult,
        _record_held_meeting,
    )


@strawberry.type
class HouseholdMutation:
    approve_household = of_household(
        "Foster carers were approved: their first review is owed within a year.",
        inputs.ApproveHouseholdInput,
        commands.ApproveHousehold,
        service.approve_household,
    )
    end_household_approval = of_household(
        "Their approval ended: from that day on no review is owed.",
        inputs.EndHouseholdApprovalInput,
        commands.EndHouseholdApproval,
        service.end_household_approval,
    )
