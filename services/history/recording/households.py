"""A foster household is approved, reviewed, and approved no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from services.history.commands import ApproveHousehold, EndHouseholdApproval, RecordHeldMeeting
from services.history.corrections import CorrectHousehold
from services.history.facts import household_facts_of
from services.history.projection import rewrite_household_obligations
from services.history.recording import store
from services.history.recording.deed import Details, Hand, action_of, body_of, days
from services.history.rules.households import judge_approval, judge_approval_again, judge_approval_end, judge_household_held
from services.history.rules.meetings import held_fact, judge_meeting, judge_shape
from services.history.store import RECORDED, lock_households, record_held_in
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, NotFound
from services.kernel.permission import Act, Reach, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.statutory.facts import SubjectFacts


async def approve_household(resources: Resources, actor: Actor, command: ApproveHousehold, now: datetime) -> UUID:
    """The household is known under its reference and owed its first review within a year. Answers its identifier.

    One whose approval ended may be approved again: its reviews begin anew, and what was held before stays what it was. Raises
    `Forbidden`, `InvalidInput` (also for a household whose approval stands).
    """

    async def work(hand: Hand) -> tuple[UUID, Details]:
        judge_approval(command, hand.today)
        household_id = await store.add_household(hand.connection, command.reference)
        if household_id is None:
            household_id, facts = await known_household(hand, command.reference)
            judge_approval_again(command, facts)
            again = {"approved_on": command.approved_on, "ended_on": None, "end_reason": None}
            await hand.revise("foster_household_fact", household_id, again)
        else:
            await hand.open("foster_household_fact", household_id=household_id, approved_on=command.approved_on)
        return household_id, days(approved_on=command.approved_on)

    return await record_household(resources, actor, command, now, work)


async def end_household_approval(resources: Resources, actor: Actor, command: EndHouseholdApproval, now: datetime) -> UUID:
    """The approval ended that day, and no review is owed from it on. Answers the household's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """

    async def work(hand: Hand) -> tuple[UUID, Details]:
        household_id, facts = await known_household(hand, command.reference)
        judge_approval_end(command, facts, hand.today)
        ended = {"ended_on": command.ended_on, "end_reason": command.reason}
        await hand.revise("foster_household_fact", household_id, ended)
        return household_id, days(ended_on=command.ended_on)

    return await record_household(resources, actor, command, now, work)


async def record_held_of_household(resources: Resources, actor: Actor, command: RecordHeldMeeting, now: datetime) -> UUID:
    """The household's review was held that day, and its next is owed a year later. Answers the household's identifier."""

    async def work(hand: Hand) -> tuple[UUID, Details]:
        judge_meeting(command)
        held = held_fact(command)
        judge_shape(held, hand.today)
        household_id, facts = await known_household(hand, command.household_reference or "")
        judge_household_held(held, facts)
        await record_held_in(
            hand.connection,
            None,
            held.kind,
            held.held_on,
            household_id=household_id,
            participation=None,
            meeting_id=None,
            source=RECORDED,
            now=hand.now,
            completed_on=held.completed_on,
        )
        return household_id, {"kind": held.kind.value, **days(held_on=held.held_on, completed_on=held.completed_on)}

    return await record_household(resources, actor, command, now, work)


async def record_household(
    resources: Resources,
    actor: Actor,
    command: ApproveHousehold | EndHouseholdApproval | RecordHeldMeeting | CorrectHousehold,
    now: datetime,
    work: Callable[[Hand], Awaitable[tuple[UUID, Details]]],
) -> UUID:
    """Does `work` once on the record of a household, with what follows; answers its identifier.

    Raises `Forbidden` for whoever may record of some children alone: no household is theirs.
    """
    require_households(actor)

    async def attempt(connection: Connection) -> dict[str, Any]:
        hand = Hand(connection=connection, actor=actor, now=now, today=resources.today(now))
        household_id, details = await work(hand)
        await settle_household(hand, command, household_id, details)
        return {"household_id": str(household_id)}

    answer = await once(resources.database, actor, command.request_key, body_of(command), attempt)
    return UUID(answer["household_id"])


def require_households(actor: Actor) -> None:
    """Raises `Forbidden` for whoever may not record of every household."""
    if require(actor, Act.RECORD_CHILDREN) is not Reach.ALL:
        raise Forbidden("your role may not record of foster households: none is one of your own")


async def known_household(hand: Hand, reference: str) -> tuple[UUID, SubjectFacts]:
    """The household, held until the transaction ends, and what is known of it; raises `NotFound`."""
    household_id = await store.household_of(hand.connection, reference)
    if household_id is None:
        raise NotFound(f"there is no foster household with the reference {reference}")
    await lock_households(hand.connection, [household_id])
    return household_id, (await household_facts_of(hand.connection, [household_id], today=hand.today))[household_id]


async def settle_household(hand: Hand, command: Any, household_id: UUID, details: Details) -> None:
    """The obligations of the household are what its records owe now, and the audit says what was done."""
    await rewrite_household_obligations(hand.connection, [household_id], hand.today)
    await audit.record(hand.connection, hand.actor, action_of(command), subject=f"household:{household_id}", details=details)
