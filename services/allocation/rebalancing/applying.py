"""A proposal is applied: all its moves or some, in one transaction, while what they rest on is as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.allocation.rebalancing import store
from services.allocation.rebalancing.choosing import Settled, settle
from services.allocation.rebalancing.commands import Applied, ApplyRebalancing, Result
from services.allocation.rebalancing.disturbing import Taken, chairs_of, find_meetings, rechair
from services.allocation.rebalancing.gathering import World, gather_to_apply, marked
from services.allocation.rebalancing.keeping import table_of_kept
from services.allocation.rebalancing.overtaking import tell_changes, tell_of
from services.allocation.rebalancing.posting import owe_digests
from services.allocation.rebalancing.store import Stored, StoredMove
from services.allocation.rebalancing.telling import Change, digests
from services.allocation.what_if import table_of
from services.booking.desk import Desk, open_desk
from services.booking.rechairing import Chaired, Rechaired
from services.caseload import restoring
from services.caseload import service as caseload
from services.caseload.capacity import Caseload
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, StaleVersion, Superseded
from services.kernel.permission import Act
from services.kernel.words import ChairAfterMove, RunState
from services.platform import audit
from services.platform.database import Connection
from services.platform.resources import Resources

Meetings = Mapping[int, Sequence[Chaired]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Moves that are to be made, all of them, with the meetings that they disturb."""

    rebalancing: Stored
    moves: tuple[StoredMove, ...]
    meetings: Meetings
    reason: str

    @property
    def away(self) -> tuple[UUID, ...]:
        return self.rebalancing.wanted.absent_iro_ids

    @property
    def taken(self) -> tuple[Taken, ...]:
        return taken_of(self.moves)


async def apply_in(
    resources: Resources, connection: Connection, actor: Actor, command: ApplyRebalancing, reason: str, now: datetime
) -> Applied:
    """As `service.apply`, in the caller's transaction. Where it raises `Superseded` no move has been made in it."""
    desk = await open_desk(resources, connection, actor, now, Act.REBALANCE)
    stored = await store.lock(connection, command.id)
    _judge_state(stored, desk)
    every = await store.load_moves(connection, stored.id)
    moves = _chosen(every, command.move_ids)
    await caseload.lock_decisions(connection)
    await caseload.ensure_scheme(connection, desk.today)
    world = await gather_to_apply(connection, stored.wanted, desk.today)
    _judge_world(stored, moves, world)
    settled = settle(world.problem, moves)
    if settled.refused and len(moves) == len(every):
        raise Superseded(tell_of(list(dict.fromkeys(settled.refused.values()))) or "")
    meetings = await _judge_meetings(desk, moves, settled.made)
    told: dict[UUID, str | None] = {}
    if settled.made:
        told = await _make(desk, Deed(rebalancing=stored, moves=settled.made, meetings=meetings, reason=reason), world)
    results = _results(moves, settled, told)
    if settled.made:
        await store.note_applied(connection, stored.id, results, by=actor.subject, now=now, on=desk.today, reason=reason)
    await audit.record(connection, actor, "APPLY_REBALANCING", subject=f"rebalancing:{stored.id}", details=_audited(settled))
    return Applied(results=results)


def taken_of(moves: Iterable[StoredMove]) -> tuple[Taken, ...]:
    """The moves as the diary sees them."""
    return tuple(Taken(number=move.number, child_ids=move.child_ids, officer=move.from_iro_id, to=move.to_iro_id) for move in moves)


# ------------------------------------------------------------------------------------------------ may it be applied?


def _judge_state(stored: Stored, desk: Desk) -> None:
    if stored.state is RunState.SUPERSEDED:
        raise Superseded(stored.message or "the world has changed since the proposal")
    if stored.state is not RunState.PROPOSED:
        raise InvalidInput(f"this rebalancing is {stored.state.value}: only a PROPOSED one can be applied", "id")
    if desk.settings.rebalancing_by_two and stored.requested_by == desk.actor.subject:
        raise Forbidden("you asked for this rebalancing: another manager is to apply it")


def _chosen(every: Sequence[StoredMove], ids: Collection[UUID] | None) -> tuple[StoredMove, ...]:
    if not every:
        raise InvalidInput("this rebalancing proposes no move: there is nothing to apply", "id")
    if ids is None:
        return tuple(every)
    if not ids:
        raise InvalidInput("name the moves to make, or leave moveIds out to make all", "moveIds")
    unknown = sorted(str(each) for each in set(ids) - {move.id for move in every})
    if unknown:
        raise NotFound(f"this rebalancing has no move {', '.join(unknown)}")
    return tuple(move for move in every if move.id in ids)


def _judge_world(stored: Stored, moves: Sequence[StoredMove], world: World) -> None:
    changed = tell_changes(moves, table_of_kept(stored.before), table_of(world.known), world.problem, world.known, marked(world.known))
    if changed is not None:
        raise Superseded(changed)


async def _judge_meetings(desk: Desk, chosen: Sequence[StoredMove], made: Sequence[StoredMove]) -> Meetings:
    """The meetings that the moves disturb, locked; raises `Superseded` where one is not as it was listed, or is not listed."""
    listed = {meeting: (move, version) for move in reversed(chosen) for meeting, version in move.meetings.items()}
    locked = await store.lock_meetings(desk.connection, sorted(listed))
    found = await find_meetings(desk.connection, taken_of(made), desk.today)
    told = [
        f"a booked meeting of move {move.number} has changed"
        for meeting, (move, version) in listed.items()
        if locked.get(meeting) != version
    ]
    told += [
        f"a meeting has been booked for the children of move {number}"
        for number, meetings in found.items()
        if any(each.meeting_id not in listed for each in meetings)
    ]
    if told:
        raise Superseded(tell_of(sorted(set(told))) or "")
    return found


# ------------------------------------------------------------------------------------------------------ it is applied


async def _make(desk: Desk, deed: Deed, world: World) -> dict[UUID, str | None]:
    """The moves are made, or (raising `Superseded`) none is; answers what became of the meetings of each, in words."""
    try:
        async with desk.connection.transaction():
            rows = await _assign(desk, deed, world)
            chairs = await rechair(desk, deed.taken, deed.meetings, deed.away, deed.reason)
    except StaleVersion as changed:
        raise Superseded("a booked meeting of these children has changed") from changed
    await store.note_was(desk.connection, {move.id: _was(move, deed, rows, chairs) for move in deed.moves})
    await store.note_chairs(desk.connection, _chairs(deed, chairs))
    await _post(desk, deed, world, chairs)
    return {move.id: _tell_meetings([chairs[each.meeting_id] for each in deed.meetings[move.number]]) for move in deed.moves}


async def _assign(desk: Desk, deed: Deed, world: World) -> dict[UUID, tuple[restoring.Row, restoring.Row]]:
    """Each child has its new IRO; answers for each the allocation that was made and the one before it, as it stood."""
    children = [child for move in deed.moves for child in move.child_ids]
    before = await restoring.load_rows(desk.connection, children, desk.today)
    wanted = [
        caseload.Assignment(
            child_id=child, iro_id=move.to_iro_id, reason=deed.reason, decision=_decision(deed, move, world), approved_by=desk.actor.subject
        )
        for move in deed.moves
        for child in move.child_ids
    ]
    await caseload.assign_many(desk.connection, wanted, desk.today, actor=desk.actor, now=desk.now, run_id=deed.rebalancing.id)
    made = await restoring.load_rows(desk.connection, children, desk.today)
    return {child: (made[child], before[child]) for child in children}


def _decision(deed: Deed, move: StoredMove, world: World) -> dict[str, Any]:
    return {
        "reasons": list(move.reasons),
        "rejected": [],
        "scheme_id": str(world.known.scheme.id),
        "engine": deed.rebalancing.basis["engine"],
        "move": str(move.id),
    }


def _was(
    move: StoredMove, deed: Deed, rows: Mapping[UUID, tuple[restoring.Row, restoring.Row]], chairs: Mapping[UUID, Rechaired]
) -> dict[str, Any]:
    """What undoing the move needs: allocations made and before, and of the meetings that got their chair by it the one before."""
    by = chairs_of(deed.taken, deed.meetings)
    return {
        "rows": [{"made": rows[child][0].kept(), "was": rows[child][1].kept()} for child in move.child_ids],
        "meetings": [
            {
                "meeting_id": str(each.meeting_id),
                "version": chairs[each.meeting_id].version,
                "chair": chairs[each.meeting_id].chair.value,
                "was": None if each.lost else str(move.from_iro_id),
            }
            for each in deed.meetings[move.number]
            if by[each.meeting_id].number == move.number
        ],
    }


def _chairs(deed: Deed, chairs: Mapping[UUID, Rechaired]) -> list[tuple[UUID, UUID, ChairAfterMove, str]]:
    return [
        (move.id, each.meeting_id, chairs[each.meeting_id].chair, chairs[each.meeting_id].message)
        for move in deed.moves
        for each in deed.meetings[move.number]
    ]


async def _post(desk: Desk, deed: Deed, world: World, chairs: Mapping[UUID, Rechaired]) -> None:
    by = chairs_of(deed.taken, deed.meetings)
    replaced = Counter(by[meeting].to for meeting, each in chairs.items() if each.chair is ChairAfterMove.REPLACED)
    after = table_after(world, {child: move.to_iro_id for move in deed.moves for child in move.child_ids})
    letters = digests(changes_of(deed.moves), after, replaced, desk.today, desk.settings.unit_name)
    await owe_digests(desk, deed.rebalancing.id, letters)


def table_after(world: World, moved: Mapping[UUID, UUID]) -> tuple[Caseload, ...]:
    """The caseloads once these children have these officers."""
    return table_of(replace(world.known, holders={**world.known.holders, **moved}))


def changes_of(moves: Iterable[StoredMove]) -> tuple[Change, ...]:
    """The moves in numbers."""
    return tuple(Change(officer=move.from_iro_id, to=move.to_iro_id, children=len(move.child_ids), points=move.points) for move in moves)


def _tell_meetings(chairs: Sequence[Rechaired]) -> str | None:
    """What became of the booked meetings of a move, in words; None where there were none."""
    counted = Counter(each.chair for each in chairs)
    words = {
        ChairAfterMove.REPLACED: "chaired by the new officer",
        ChairAfterMove.COVER: "still chaired by the old one as cover",
        ChairAfterMove.RELEASED: "to be given a chair by the next plan",
    }
    told = [f"{counted[chair]} {words[chair]}" for chair in ChairAfterMove if counted[chair]]
    return f"booked meetings: {', '.join(told)}" if told else None


def _results(moves: Sequence[StoredMove], settled: Settled, told: Mapping[UUID, str | None]) -> tuple[Result, ...]:
    return tuple(
        Result(id=move.id, applied=False, message=f"{settled.refused[move.id]}, without the moves that were not chosen")
        if move.id in settled.refused
        else Result(id=move.id, applied=True, message=told[move.id])
        for move in moves
    )


def _audited(settled: Settled) -> dict[str, Any]:
    return {
        "moves": len(settled.made),
        "children": sum(len(move.child_ids) for move in settled.made),
        "refused": [str(each) for each in settled.refused],
    }
