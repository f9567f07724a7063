"""A child comes into care, leaves it, and what holds of it there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.history.commands import EndCarePeriod, EndCareStatus, StartCarePeriod, StartCareStatus
from services.history.recording.deed import Case, Details, days, record_one
from services.history.rules.care import (
    OPENED_BY,
    SHORT_BREAKS,
    judge_care_end,
    judge_care_start,
    judge_status,
    judge_status_end,
    judge_status_start,
)
from services.history.rules.days import following
from services.kernel.actor import Actor
from services.kernel.words import CareStatusEnd
from services.platform.resources import Resources
from services.statutory.facts import CarePeriodFact, StatusFact


async def start_care_period(resources: Resources, actor: Actor, command: StartCarePeriod, now: datetime) -> UUID:
    """The child is looked after from that day on, and its first review is owed; or was, until the period ended. Answers the
    child's identifier.

    J1 (remanded) and V3 (one break of an agreed series) open the status that they are, too. Raises `Forbidden`, `NotFound`,
    `InvalidInput` for a day on which it cannot have begun.
    """

    async def work(case: Case) -> Details:
        judge_care_start(command, case.facts, case.hand.today)
        is_break = command.legal_status in SHORT_BREAKS
        record_id = await case.hand.open(
            "care_period",
            child_id=case.child_id,
            started_on=command.started_on,
            started_on_exact=True,
            ended_on=command.ended_on,
            end_reason=command.reason,
            legal_status=command.legal_status,
            short_break=is_break,
        )
        period = CarePeriodFact(started_on=command.started_on, ended_on=command.ended_on, short_break=is_break)
        await _open_status(_with(case, period), command)
        return {"record_id": str(record_id), **days(started_on=command.started_on, ended_on=command.ended_on)}

    return await record_one(resources, actor, command, now, work)


async def end_care_period(resources: Resources, actor: Actor, command: EndCarePeriod, now: datetime) -> UUID:
    """The child's open period of care ended that day, and every status with it: no review is owed from it on.

    Care that ended on the day on which it began lasted under 24 hours: the child was never looked after. Answers the child's
    identifier. Raises `Forbidden`, `NotFound`, `InvalidInput` where no period is open or the day does not fit.
    """

    async def work(case: Case) -> Details:
        period = judge_care_end(command, case.facts, case.hand.today)
        ended = {"ended_on": command.ended_on, "end_reason": command.reason}
        for record in await case.hand.records("care_period", child_id=case.child_id, started_on=period.started_on, ended_on=None):
            await case.hand.revise("care_period", record["id"], ended)
        for record in await case.hand.records("care_status", child_id=case.child_id, ended_on=None):
            changes = {"ended_on": command.ended_on, "end_reason": CareStatusEnd.CARE_ENDED.value}
            await case.hand.revise("care_status", record["id"], changes)
        return days(started_on=period.started_on, ended_on=command.ended_on)

    return await record_one(resources, actor, command, now, work)


async def start_care_status(resources: Resources, actor: Actor, command: StartCareStatus, now: datetime) -> UUID:
    """That holds of the child from that day on, and the clock that goes with it runs. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` where it cannot hold.
    """

    async def work(case: Case) -> Details:
        judge_status_start(command, case.facts, case.hand.today)
        record_id = await case.hand.open(
            "care_status",
            child_id=case.child_id,
            status=command.status.value,
            started_on=command.started_on,
            expected_end_on=command.expected_end_on,
        )
        told = days(started_on=command.started_on, expected_end_on=command.expected_end_on)
        return {"record_id": str(record_id), "status": command.status.value, **told}

    return await record_one(resources, actor, command, now, work)


async def end_care_status(resources: Resources, actor: Actor, command: EndCareStatus, now: datetime) -> UUID:
    """That held of the child until that day, and what its clock owed is owed no more. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` where it does not hold, or does not end so.
    """

    async def work(case: Case) -> Details:
        status = judge_status_end(command, case.facts, case.hand.today)
        ended = {"ended_on": command.ended_on, "end_reason": command.reason.value}
        where = {"status": command.status.value, "started_on": status.started_on, "ended_on": None}
        for record in await case.hand.records("care_status", child_id=case.child_id, **where):
            await case.hand.revise("care_status", record["id"], ended)
        return {"status": command.status.value, "reason": command.reason.value, **days(ended_on=command.ended_on)}

    return await record_one(resources, actor, command, now, work)


def _with(case: Case, period: CarePeriodFact) -> Case:
    return replace(case, facts=replace(case.facts, care_periods=(*case.facts.care_periods, period)))


async def _open_status(case: Case, command: StartCarePeriod) -> None:
    status = OPENED_BY.get(command.legal_status or "")
    if status is None:
        return
    fact = StatusFact(status=status, started_on=command.started_on, ended_on=command.ended_on)
    with following("startedOn", f"the status {status}"):
        judge_status(fact, case.facts, case.facts.statuses, case.hand.today)
    ended = {} if command.ended_on is None else {"ended_on": command.ended_on, "end_reason": CareStatusEnd.CARE_ENDED.value}
    await case.hand.open("care_status", child_id=case.child_id, status=status.value, started_on=command.started_on, **ended)
