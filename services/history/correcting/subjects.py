"""Corrections of who a child is, and of a household's approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.history.correcting.frame import changes_of, judge_as_read, judge_changes, told
from services.history.corrections import CorrectChild, CorrectHousehold
from services.history.recording import store
from services.history.recording.children import LASTING
from services.history.recording.deed import Case, Details, Hand, record_one
from services.history.recording.households import known_household, record_household
from services.history.rules.children import judge_corrected_child
from services.history.rules.days import judge_text
from services.history.rules.households import judge_household
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.words import CareStatusEnd
from services.platform.resources import Resources

_ENDS = {"died_on": CareStatusEnd.DIED, "adopted_on": CareStatusEnd.ADOPTED}


async def correct_child(resources: Resources, actor: Actor, command: CorrectChild, now: datetime) -> UUID:
    """The child's own facts are as corrected. What ended with a death or an order ends on the corrected day, or goes on where
    there was none. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` where something else that is recorded does not fit.
    """

    async def work(case: Case) -> Details:
        judge_text("reason", command.reason, "why the record is corrected")
        known = await case.hand.records("child_fact", child_id=case.child_id)
        if not known:
            raise NotFound(f"nothing is recorded yet of the child with the reference {command.reference}")
        judge_as_read(command, known[0])
        changes = changes_of(command, known[0])
        judge_changes(command, changes, withdraw=False)
        judge_corrected_child(case.facts, replace(case.facts, **changes), case.hand.today)
        await case.hand.revise("child_fact", case.child_id, changes)
        followed = [each for name in _ENDS if name in changes for each in await _ends_follow(case, name, changes[name])]
        await _keep(case.hand, "child_fact", case.child_id, command.reason)
        return told(known[0], changes, followed, withdraw=False)

    return await record_one(resources, actor, command, now, work)


async def _ends_follow(case: Case, name: str, day: date | None) -> list[str]:
    """What ended with the death or the order ends on that day, or goes on; answers the records."""
    followed: list[str] = []
    reason, before = _ENDS[name].value, getattr(case.facts, name)
    for table in LASTING:
        for record in await case.hand.records(table, child_id=case.child_id, ended_on=before, end_reason=reason):
            _judge_begun(name, day, record)
            changes = {"ended_on": day, "end_reason": None if day is None else reason}
            await case.hand.revise(table, record["id"], changes)
            followed.append(str(record["id"]))
    return followed


def _judge_begun(name: str, day: date | None, record: Mapping[str, Any]) -> None:
    if day is not None and day < record["started_on"]:
        field = {"died_on": "diedOn", "adopted_on": "adoptedOn"}[name]
        raise InvalidInput(f"{field} {day} comes before what began on {record['started_on']} and ended with it", field)


async def correct_household(resources: Resources, actor: Actor, command: CorrectHousehold, now: datetime) -> UUID:
    """The household's approval was from, or until, the corrected days; `ended_on` None: it stands. Answers its identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` where a review that was held does not lie within them.
    """

    async def work(hand: Hand) -> tuple[UUID, Details]:
        judge_text("reason", command.reason, "why the record is corrected")
        household_id, facts = await known_household(hand, command.reference)
        known = (await hand.records("foster_household_fact", household_id=household_id))[0]
        judge_as_read(command, known)
        changes = changes_of(command, known)
        judge_changes(command, changes, withdraw=False)
        if "ended_on" in changes and known["ended_on"] is None:
            raise InvalidInput("endedOn: the approval has not ended: end it with a reason (endHouseholdApproval)", "endedOn")
        after = {**known, **changes}
        judge_household(after["approved_on"], after["ended_on"], facts, hand.today)
        if after["ended_on"] is None:
            changes["end_reason"] = None
        await hand.revise("foster_household_fact", household_id, changes)
        await _keep(hand, "foster_household_fact", household_id, command.reason)
        changes.pop("end_reason", None)  # free text
        return household_id, told(known, changes, (), withdraw=False)

    return await record_household(resources, actor, command, now, work)


async def _keep(hand: Hand, table: str, subject_id: UUID, reason: str) -> None:
    await store.keep_correction(hand.connection, hand.actor, table, subject_id, withdrawn=False, reason=reason, now=hand.now)
