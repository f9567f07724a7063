"""What people record of children and of foster households, each with what follows from it in the same transaction; and, for
the rooms above, the records and obligations themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.history import commands
from services.history.facts import facts_of, household_facts_of
from services.history.projection import (
    expect_obligation,
    re_anchor,
    rewrite_household_obligations,
    rewrite_moving,
    rewrite_obligations,
)
from services.history.recording.care import end_care_period, end_care_status, start_care_period, start_care_status
from services.history.recording.children import record_adoption_order, record_birth, record_death, register_child
from services.history.recording.deed import Afterwards
from services.history.recording.households import approve_household, end_household_approval
from services.history.recording.meetings import call_earlier_review, record_held_meeting
from services.history.recording.protection import (
    complete_transfer_out,
    end_protection_plan,
    record_strategy_discussion,
    record_transfer_in,
    record_transfer_out,
    start_protection_plan,
    withdraw_transfer,
)
from services.history.store import record_held_in, record_plan_in
from services.history.timescales import ensure_timescales, load_timescales
from services.kernel.actor import Actor
from services.platform.resources import Resources

__all__ = [
    "Afterwards",
    "approve_household",
    "call_earlier_review",
    "complete_transfer_out",
    "correct_care_period",
    "correct_care_status",
    "correct_child",
    "correct_earlier_review",
    "correct_enquiry",
    "correct_held_record",
    "correct_household",
    "correct_protection_plan",
    "correct_transfer",
    "end_care_period",
    "end_care_status",
    "end_household_approval",
    "end_protection_plan",
    "ensure_timescales",
    "expect_obligation",
    "facts_of",
    "household_facts_of",
    "load_timescales",
    "re_anchor",
    "record_adoption_order",
    "record_birth",
    "record_death",
    "record_held_in",
    "record_held_meeting",
    "record_plan_in",
    "record_strategy_discussion",
    "record_transfer_in",
    "record_transfer_out",
    "register_child",
    "rewrite_household_obligations",
    "rewrite_moving",
    "rewrite_obligations",
    "start_care_period",
    "start_care_status",
    "start_protection_plan",
    "withdraw_transfer",
]


async def correct_child(resources: Resources, actor: Actor, command: commands.CorrectChild, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_care_period(resources: Resources, actor: Actor, command: commands.CorrectCarePeriod, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_protection_plan(resources: Resources, actor: Actor, command: commands.CorrectProtectionPlan, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_enquiry(resources: Resources, actor: Actor, command: commands.CorrectEnquiry, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_held_record(resources: Resources, actor: Actor, command: commands.CorrectHeldRecord, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_care_status(resources: Resources, actor: Actor, command: commands.CorrectCareStatus, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_transfer(resources: Resources, actor: Actor, command: commands.CorrectTransfer, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_earlier_review(resources: Resources, actor: Actor, command: commands.CorrectEarlierReview, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_household(resources: Resources, actor: Actor, command: commands.CorrectHousehold, now: datetime) -> UUID:
    raise NotImplementedError
