"""Records of the sample that come in no file: given by the commands of business support."""

from __future__ import annotations

from datetime import UTC, date, datetime

from deploy.sample.households import FosterHousehold, MovingChild, foster_households, moving_child
from services.history.commands import ApproveHousehold, RecordHeldMeeting, RecordTransferIn, RegisterChild
from services.history.service import approve_household, record_held_meeting, record_transfer_in, register_child
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import MeetingKind
from services.platform.resources import Resources
from services.statutory.working_days import england


async def record_by_hand(resources: Resources, as_of: date) -> str:
    """After this the sample's foster households, their reviews and a child who moves here are recorded; a second time changes nothing.

    Answers what was recorded, for people.
    """
    now, working_days = datetime.now(UTC), england()
    households = foster_households(as_of, working_days)
    for each in households:
        await _approve(resources, each, now)
    await _announce(resources, moving_child(as_of, working_days), now)
    reviews = sum(len(each.reviewed_on) for each in households)
    return f"Recorded by hand: {len(households)} foster households with {reviews} reviews, and 1 child who moves here on a plan."


async def _approve(resources: Resources, household: FosterHousehold, now: datetime) -> None:
    reference = household.reference
    approval = ApproveHousehold(request_key=f"sample-{reference}", reference=reference, approved_on=household.approved_on)
    await approve_household(resources, COMMAND_LINE, approval, now)
    for day in household.reviewed_on:
        review = RecordHeldMeeting(
            request_key=f"sample-{reference}-{day.isoformat()}",
            kind=MeetingKind.FOSTER_HOME_REVIEW,
            held_on=day,
            household_reference=reference,
        )
        await record_held_meeting(resources, COMMAND_LINE, review, now)


async def _announce(resources: Resources, child: MovingChild, now: datetime) -> None:
    registration = RegisterChild(request_key=f"sample-{child.reference}", reference=child.reference, born_on=child.born_on)
    await register_child(resources, COMMAND_LINE, registration, now)
    notice = RecordTransferIn(request_key=f"sample-{child.reference}-notice", references=(child.reference,), notified_on=child.notified_on)
    await record_transfer_in(resources, COMMAND_LINE, notice, now)
