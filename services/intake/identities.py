"""One child under two references: proposed after an import, decided by a person, undone if that was wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import combinations, groupby
from typing import Any
from uuid import UUID

from services.booking import service as booking
from services.intake.joining import is_upn
from services.intake.merging import merge_in
from services.intake.parting import part_in
from services.intake.passing import Merge
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, Reach, require
from services.kernel.words import IdentityState
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "identities.sql")
_MOST_SHARING = 4
"""A number that more children than this share is nobody's: a filler, or a column that slipped."""
_LONGEST_REASON = 500
_UNDECIDED = frozenset({IdentityState.PROPOSED, IdentityState.REJECTED, IdentityState.UNDONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeIdentities:
    """`kept_reference`: under which the one child goes on; None: the one with an officer, else the one known longer."""

    request_key: str
    id: UUID
    reason: str
    kept_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideIdentity:
    request_key: str
    id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDecided:
    """What came of a decision. `released`: meetings to come that gave up their room; `stopped`: those that were called off, or go on
    without the child; in order of time."""

    link_id: UUID
    released: tuple[UUID, ...] = ()
    stopped: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLink:
    """Two references that may be, or are, one child. `evidence` never holds the number itself."""

    id: UUID
    child_id: UUID
    reference: str
    other_id: UUID
    other_reference: str
    evidence: tuple[str, ...]
    state: IdentityState
    kept_reference: str | None
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None


async def propose_in(connection: Connection, actor: Actor, now: datetime) -> tuple[tuple[str, str], ...]:
    """Every two children with one pupil number are proposed to be one, each pair once for ever; answers the new pairs' references.

    Nothing is changed of either. Called after an import of records, in its transaction.
    """
    pairs: list[tuple[Any, Any, list[str]]] = []
    rows = [row async for row in _sql.children_sharing_upn(connection)]
    for upn, sharing in groupby(rows, key=lambda row: row["upn"]):
        children = list(sharing)
        if is_upn(upn) and len(children) <= _MOST_SHARING:
            pairs += [(one, other, _evidence(one, other)) for one, other in combinations(children, 2)]
    ids = [new_id() for _ in pairs]
    found = _sql.propose(
        connection,
        ids=ids,
        child_ids=[one["id"] for one, _, _ in pairs],
        other_ids=[other["id"] for _, other, _ in pairs],
        evidence=[" ".join(evidence) for _, _, evidence in pairs],
        at=now,
        by=actor.subject,
    )
    proposed = {row["id"] async for row in found}
    new = [(link, one, other) for link, (one, other, _) in zip(ids, pairs, strict=True) if link in proposed]
    subjects = [(f"identity:{link}", {"child_id": str(one["id"]), "other_id": str(other["id"])}) for link, one, other in new]
    await audit.record_many(connection, actor, "PROPOSE_IDENTITY", subjects)
    return tuple((one["reference"], other["reference"]) for _, one, other in new)


def _evidence(one: Any, other: Any) -> list[str]:
    births = (one["born_on"], other["born_on"])
    if None in births:
        return ["SAME_UPN"]
    return ["SAME_UPN", "SAME_BIRTH" if births[0] == births[1] else "BIRTHS_DIFFER"]


async def identity_links(
    connection: Connection, actor: Actor, states: Collection[IdentityState] | None = None, ids: Collection[UUID] | None = None
) -> tuple[IdentityLink, ...]:
    """Proposals and decisions, what waits for a person first; in these states and of these identifiers, or all. Raises `Forbidden`
    for who may not see every child."""
    _judge_reader(actor)
    found = _sql.links(
        connection, states=None if states is None else [state.value for state in states], ids=None if ids is None else list(ids)
    )
    return tuple([_link(row) async for row in found])


def _link(row: Any) -> IdentityLink:
    return IdentityLink(**{**row, "evidence": tuple(row["evidence"]), "state": IdentityState(row["state"])})


async def unsettled(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, tuple[str, ...]]:
    """By link, of pairs that were merged or are two again: what a person must settle as things stand now, a sentence each. Raises
    as `identity_links`.

    Meetings to come that stand for nothing owed (both references had one for the same), and officers who have the child, or
    chair for it, and by what is known under the other reference may not.
    """
    _judge_reader(actor)
    found: dict[UUID, list[str]] = {}
    async for row in _sql.unsettled(connection, link_ids=list(ids), today=today):
        found.setdefault(row["link_id"], []).append(row["message"])
    return {link_id: tuple(messages) for link_id, messages in found.items()}


def _judge_reader(actor: Actor) -> None:
    if require(actor, Act.READ_CHILDREN) is not Reach.ALL:
        raise Forbidden("your role may not read whose identities are one")


async def merge_identities(resources: Resources, actor: Actor, command: MergeIdentities, now: datetime) -> IdentityDecided:
    """The two are one child from now on, under the kept reference: records, duties, bookings, officer.

    What was known before stays readable as of then, and what a source states of either reference later is this child's. Meetings to
    come whose parents must not meet, as was stated of one of the two alone, give up a room in which they would wait together. Raises
    `Forbidden`, `NotFound`, and `InvalidInput` where the two contradict each other, or one of them is merged already.
    """
    today = resources.today(now)

    async def work(connection: Connection, link: Any, reason: str) -> dict[str, Any]:
        _judge_state(link, _UNDECIDED, "merged already")
        merge = Merge(connection=connection, actor=actor, link_id=link["id"], now=now, today=today)
        done = await merge_in(merge, (link["child_id"], link["other_id"]), command.kept_reference)
        # what was known of one of the two alone
        stopped = await booking.stop_for_all_gone(connection, [done.kept], actor=actor, now=now, today=today)
        released = await booking.part_for(connection, done.kept, actor=actor, now=now, today=today)
        await _decide(connection, actor, link["id"], IdentityState.MERGED, reason, now, moved=done.moved)
        followed = _followed(released, stopped)
        told = {**done.told, "without_room": followed["released"]}
        await audit.record(connection, actor, "MERGE_IDENTITIES", subject=f"child:{done.kept}", details=told)
        return {"link_id": str(link["id"]), **followed}

    return await _done(resources, actor, command, work)


async def reject_identity(resources: Resources, actor: Actor, command: DecideIdentity, now: datetime) -> IdentityDecided:
    """The two are two children, and are not proposed again. Raises as `merge_identities`."""

    async def work(connection: Connection, link: Any, reason: str) -> dict[str, Any]:
        _judge_state(link, {IdentityState.PROPOSED}, "decided already")
        await _decide(connection, actor, link["id"], IdentityState.REJECTED, reason, now)
        await audit.record(connection, actor, "REJECT_IDENTITY", subject=f"identity:{link['id']}")
        return {"link_id": str(link["id"])}

    return await _done(resources, actor, command, work)


async def undo_merge(resources: Resources, actor: Actor, command: DecideIdentity, now: datetime) -> IdentityDecided:
    """The two are two children again, each with what was its own; what has come since goes to the one whose source it is, or stays.
    The audit lists what stays. Raises `Forbidden`, `NotFound`, `InvalidInput`."""
    today = resources.today(now)

    async def work(connection: Connection, link: Any, reason: str) -> dict[str, Any]:
        _judge_state(link, {IdentityState.MERGED}, "not merged")
        merge = Merge(connection=connection, actor=actor, link_id=link["id"], now=now, today=today)
        told = await part_in(merge, link["moved"])
        released: list[UUID] = []
        for child_id in (UUID(link["moved"]["kept"]), UUID(link["moved"]["other"])):
            released += await booking.part_for(connection, child_id, actor=actor, now=now, today=today)
        await _decide(connection, actor, link["id"], IdentityState.UNDONE, reason, now)
        await audit.record(connection, actor, "UNDO_MERGE", subject=f"child:{link['moved']['kept']}", details=told)
        return {"link_id": str(link["id"]), **_followed(released, ())}

    return await _done(resources, actor, command, work)


def _followed(released: Sequence[UUID], stopped: Sequence[UUID]) -> dict[str, list[str]]:
    return {"released": [str(each) for each in released], "stopped": [str(each) for each in stopped]}


Work = Callable[[Connection, Any, str], Awaitable[dict[str, Any]]]


async def _done(resources: Resources, actor: Actor, command: MergeIdentities | DecideIdentity, work: Work) -> IdentityDecided:
    """Once for its request key, while no import runs and nobody changes the diary: neither may speak of a child that becomes another
    under its hands."""
    if require(actor, Act.RECORD_CHILDREN) is not Reach.ALL:
        raise Forbidden("your role may not decide whose identities are one")
    reason = command.reason.strip()
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise InvalidInput(f"say why, in at most {_LONGEST_REASON} characters", "reason")

    async def attempt(connection: Connection) -> dict[str, Any]:
        await _sql.wait_for_imports(connection)
        await booking.stop_diary(connection)
        link = await _sql.lock_link(connection, id=command.id)
        if link is None:
            raise NotFound("there is no such proposal")
        return await work(connection, link, reason)

    body = {"command": type(command).__name__, **asdict(command)}
    answer = await once(resources.database, actor, command.request_key, body, attempt)
    await resources.doorbell.ring_delivery()
    released, stopped = (tuple(UUID(each) for each in answer.get(what, ())) for what in ("released", "stopped"))
    return IdentityDecided(link_id=UUID(answer["link_id"]), released=released, stopped=stopped)


def _judge_state(link: Any, states: Collection[IdentityState], otherwise: str) -> None:
    if link["state"] not in states:
        raise InvalidInput(f"the two are {otherwise}", "id")


async def _decide(
    connection: Connection,
    actor: Actor,
    link_id: UUID,
    state: IdentityState,
    reason: str,
    now: datetime,
    *,
    moved: dict[str, Any] | None = None,
) -> None:
    await _sql.decide(connection, id=link_id, state=state.value, at=now, by=actor.subject, reason=reason, moved=moved)
