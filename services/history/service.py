"""What people record of children and of foster households, each with what follows from it in the same transaction; and, for
the rooms above, the records and obligations themselves."""

from __future__ import annotations

from services.history.correcting.care import correct_care_period, correct_care_status
from services.history.correcting.family import correct_parentage, correct_sibling_group
from services.history.correcting.meetings import correct_earlier_review, correct_held_record
from services.history.correcting.protection import correct_enquiry, correct_protection_plan, correct_transfer
from services.history.correcting.subjects import correct_child, correct_household
from services.history.facts import facts_of, household_facts_of
from services.history.projection import (
    expect_obligation,
    re_anchor,
    rewrite_household_obligations,
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
from services.history.renewing import rewrite_everybody
from services.history.store import record_held_in, record_plan_in
from services.history.timescales import ensure_timescales, load_timescales

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
    "correct_parentage",
    "correct_protection_plan",
    "correct_sibling_group",
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
    "rewrite_everybody",
    "rewrite_household_obligations",
    "rewrite_obligations",
    "start_care_period",
    "start_care_status",
    "start_protection_plan",
    "withdraw_transfer",
]
