"""Who may not have a child, as a person declares it: Care Planning Regulations 2010, reg. 46(3), and personal ties.

What is declared stands beside what the establishment file and the case system state; each is taken back where it was stated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.directory.store import find_resources
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, Reach, require
from services.kernel.words import IndependenceGround, ResourceKind
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "independence.sql")
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareConflict:
    """This officer may not have that child, nor chair its meetings, on that ground."""

    request_key: str
    iro_code: str
    reference: str
    ground: IndependenceGround
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConflict:
    """What was declared of this officer and that child does not hold."""

    request_key: str
    iro_code: str
    reference: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The two of whom it is said. `reference`: the child's, as it was given."""

    connection: Connection
    iro_id: UUID
    child_id: UUID
    reference: str
    reason: str

    async def keep(self, actor: Actor, now: datetime, what: str, ground: str) -> None:
        """For ever, in the words of whoever said it; the audit has the ground alone."""
        kept = {"reference": self.reference, "iro_id": self.iro_id, "what": what, "ground": ground, "reason": self.reason}
        await _sql.keep_event(self.connection, id=new_id(), at=now, by=actor.subject, **kept)
        details = {"iro": str(self.iro_id), "ground": ground}
        action = "DECLARE_CONFLICT" if what == "DECLARED" else "WITHDRAW_CONFLICT"
        await audit.record(self.connection, actor, action, subject=f"child:{self.child_id}", details=details)


async def declare_conflict(resources: Resources, actor: Actor, command: DeclareConflict, now: datetime) -> UUID:
    """The officer may not have the child from now on, nor chair its meetings; answers the child's identifier.

    Whatever decides now who gets whom is waited for. An officer who has the child keeps it until it is given to another. One who was
    declared before is so on this ground now. Raises `Forbidden` for whoever may record of some children alone, `NotFound`,
    `InvalidInput` where no reason is given.
    """

    async def work(pair: _Pair) -> None:
        await _sql.declare(pair.connection, iro_id=pair.iro_id, reference=pair.reference, ground=command.ground.value, reason=pair.reason)
        await pair.keep(actor, now, "DECLARED", command.ground.value)

    return await _say(resources, actor, command, work)


async def withdraw_conflict(resources: Resources, actor: Actor, command: WithdrawConflict, now: datetime) -> UUID:
    """What was declared bars the officer no more; answers the child's identifier. What a file states of the two stays.

    Raises as `declare_conflict`, and `InvalidInput` where nothing of the kind was declared.
    """

    async def work(pair: _Pair) -> None:
        gone = [row async for row in _sql.withdraw(pair.connection, iro_id=pair.iro_id, child_id=pair.child_id)]
        if not gone:
            raise await _undeclared(pair, command.iro_code)
        for row in gone:
            await pair.keep(actor, now, "WITHDRAWN", row["ground"])

    return await _say(resources, actor, command, work)


async def _say(
    resources: Resources, actor: Actor, command: DeclareConflict | WithdrawConflict, work: Callable[[_Pair], Awaitable[None]]
) -> UUID:
    if require(actor, Act.RECORD_CHILDREN) is not Reach.ALL:
        raise Forbidden("your role may not say who may have which child")
    reason = command.reason.strip()
    if not (reason.isprintable() and 0 < len(reason) <= LONGEST_REASON):
        raise InvalidInput(f"say why, in 1 to {LONGEST_REASON} characters on one line", "reason")

    async def attempt(connection: Connection) -> dict[str, Any]:
        await _sql.lock_decisions(connection)
        child = await _sql.child_of(connection, reference=command.reference)
        officer = await find_resources(connection, ResourceKind.IRO, command.iro_code)
        if child is None:
            raise NotFound(f"there is no child with the reference {command.reference}")
        if not officer:
            raise NotFound(f"there is no IRO {command.iro_code}")
        await work(_Pair(connection=connection, iro_id=officer[0], child_id=child["id"], reference=command.reference, reason=reason))
        return {"child_id": str(child["id"])}

    body = {"command": type(command).__name__, **asdict(command)}
    answer = await once(resources.database, actor, command.request_key, body, attempt)
    return UUID(answer["child_id"])


async def _undeclared(pair: _Pair, code: str) -> InvalidInput:
    sources = await _sql.sources_of(pair.connection, iro_id=pair.iro_id, child_id=pair.child_id)
    if not sources:
        return InvalidInput(f"nothing keeps {code} from {pair.reference}", "iroCode")
    stated = {"ESTABLISHMENT": "the establishment file", "SSD": "the case system's dataset"}
    by = " and ".join(stated.get(each, each) for each in sources)
    return InvalidInput(f"nobody has declared it: {by} states it of {code} and {pair.reference}; correct it there", "iroCode")
