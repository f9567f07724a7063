"""Who reviews a foster home: never the IRO of a child that is placed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.caseload.store import lock_decisions
from services.history.recording.deed import Hand, action_of, body_of
from services.history.recording.households import known_household
from services.history.rules.circumstances import span_from
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotEligible, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, require
from services.kernel.window import DateSpan
from services.kernel.words import BlockerCode
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.platform.sql import load_queries
from services.statutory.facts import SubjectFacts

_sql = load_queries(__file__, "reviewers.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameReviewer:
    """The officer reviews that foster home from `from_day` on, until another is named. `iro_code` None: nobody does."""

    request_key: str
    household_reference: str
    iro_code: str | None
    from_day: date


async def name_reviewer(resources: Resources, actor: Actor, command: NameReviewer, now: datetime) -> UUID:
    """The household has that reviewer from its day on; who was named for a later day follows. Answers the household's identifier.

    Naming whom that very day names already changes nothing. Raises `Forbidden`; `NotFound` for an unknown household or officer;
    `InvalidInput` for a day on which the home is not approved or the officer not in the unit; `NotEligible` for the IRO of a child
    placed there, and for who is booked to chair a meeting to come about one (who reviews a child's care does not review its carers:
    local practice).
    """
    require(actor, Act.ALLOCATE)

    async def work(connection: Connection) -> dict[str, Any]:
        await lock_decisions(connection)
        hand = Hand(connection=connection, actor=actor, now=now, today=resources.today(now))
        household_id, facts = await known_household(hand, command.household_reference)
        _judge_approved(command.from_day, facts)
        iro_id = None if command.iro_code is None else await _officer(connection, command.iro_code, command.from_day)
        if await _name(hand, household_id, iro_id, command):
            details = {"iro": None if iro_id is None else str(iro_id), "from_day": command.from_day.isoformat()}
            await audit.record(connection, actor, action_of(command), subject=f"household:{household_id}", details=details)
        return {"household_id": str(household_id)}

    answer = await once(resources.database, actor, command.request_key, body_of(command), work)
    return UUID(answer["household_id"])


async def reviewers_on(connection: Connection, on: date, known_at: datetime | None = None) -> dict[UUID, UUID]:
    """The reviewer of each household that has one on a day, as is known now, or was at `known_at`."""
    return {row["household_id"]: row["iro_id"] async for row in _sql.reviewers_on(connection, on_day=on, known_at=known_at)}


def _judge_approved(day: date, facts: SubjectFacts) -> None:
    before = any(each.approved_on <= day < each.ended_on for each in facts.approvals_before)
    ended = facts.approval_ended_on
    if not before and (facts.approved_on is None or day < facts.approved_on or (ended is not None and day >= ended)):
        raise InvalidInput(f"fromDay {day}: the home is not approved that day, and nobody reviews it", "fromDay")


async def _officer(connection: Connection, code: str, day: date) -> UUID:
    found = await _sql.officer(connection, code=code, on_day=day)
    if found is None:
        raise NotFound(f"there is no IRO {code}")
    if not found["active"]:
        raise InvalidInput(f"fromDay {day}: {code} is not in the unit that day", "fromDay")
    officer: UUID = found["id"]
    return officer


async def _name(hand: Hand, household_id: UUID, iro_id: UUID | None, command: NameReviewer) -> bool:
    """Whether anything has changed by it."""
    connection, day = hand.connection, command.from_day
    named = [row async for row in _sql.named(connection, household_id=household_id)]
    days = [DateSpan(row["first_day"], row["until"]) for row in named]
    present = next((row for row, span in zip(named, days, strict=True) if day in span), None)
    if iro_id is None and present is None:
        return False
    if present is not None and (present["iro_id"], present["first_day"]) == (iro_id, day):
        return False
    span = span_from(day, days)
    stretch = {"household_id": household_id, "iro_id": iro_id, "first_day": span.first, "until": span.until}
    if iro_id is not None and await _sql.has_placed(connection, **stretch):
        message = (
            f"{command.iro_code} is the IRO of a child who is placed with {command.household_reference}: another officer must review it"
        )
        raise NotEligible(BlockerCode.INDEPENDENCE, message)
    if iro_id is not None and (booked := await _sql.chairs_for_placed(connection, **stretch, today=hand.today)) is not None:
        raise NotEligible(
            BlockerCode.INDEPENDENCE,
            f"{command.iro_code} is to chair {booked}, which is about a child who is placed with {command.household_reference}: "
            "give that meeting another chair first, or the home another reviewer",
        )
    if present is not None:
        await _sql.keep_known(connection, id=present["id"], at=hand.now)
        if present["first_day"] < day:
            await _sql.shorten(connection, id=present["id"], until=day, at=hand.now)
        else:
            await _sql.remove(connection, id=present["id"])
    if iro_id is not None:
        await _sql.add(connection, id=new_id(), **stretch, by=hand.actor.subject, at=hand.now)
    return True
