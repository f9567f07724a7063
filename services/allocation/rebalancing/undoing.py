"""What a rebalancing did today is taken back, move by move, each whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.allocation.rebalancing import store
from services.allocation.rebalancing.applying import table_after
from services.allocation.rebalancing.choosing import Settled, settle_undoing
from services.allocation.rebalancing.commands import Applied, Result, UndoRebalancing
from services.allocation.rebalancing.gathering import World, gather_to_apply
from services.allocation.rebalancing.keeping import table_of_kept
from services.allocation.rebalancing.posting import owe_digests
from services.allocation.rebalancing.store import Stored, StoredMove
from services.allocation.rebalancing.telling import Change, digests_of_undoing
from services.booking.desk import Desk, open_desk
from services.booking.rechairing import Rechaired, restore_chair_in
from services.caseload import restoring
from services.caseload import service as caseload
from services.caseload.restoring import Row, row_of_kept
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.permission import Act
from services.kernel.words import ChairAfterMove, RunState
from services.platform import audit
from services.platform.database import Connection
from services.platform.resources import Resources

_WHY = "a rebalancing of the same day is taken back"
UNDONE = "undone"
_CHANGED = "a booked meeting has changed since and stays as it is"
_ALL_ALONG = "its chair, whose the children are again, has not changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _GivenBack:
    """What has become of the chair of a meeting; `as_before`: it is what it was before the rebalancing."""

    meeting_id: UUID
    chair: ChairAfterMove
    message: str
    as_before: bool


async def undo_in(
    resources: Resources, connection: Connection, actor: Actor, command: UndoRebalancing, reason: str | None, now: datetime
) -> Applied:
    """As `service.undo`, in the caller's transaction."""
    desk = await open_desk(resources, connection, actor, now, Act.REBALANCE)
    stored = await store.lock(connection, command.id)
    _judge_state(stored, desk)
    done = {result.id for result in stored.results if result.applied}
    moves = [move for move in await store.load_moves(connection, stored.id) if move.id in done]
    await caseload.lock_decisions(connection)
    world = await gather_to_apply(connection, replace(stored.wanted, absent_iro_ids=()), desk.today)
    settled = await _settle(desk, stored, moves, world)
    told: dict[UUID, str | None] = {}
    if settled.made:
        told = await _take_back(desk, stored, settled.made, reason or _WHY)
        await _post(desk, stored, settled.made, world)
        await store.note_undone(connection, stored.id, _results_after(stored, settled), by=actor.subject, now=now)
    details = {"moves": len(settled.made), "refused": [str(each) for each in settled.refused]}
    await audit.record(connection, actor, "UNDO_REBALANCING", subject=f"rebalancing:{stored.id}", details=details)
    return Applied(results=tuple(_result(move, settled, told) for move in moves))


def _judge_state(stored: Stored, desk: Desk) -> None:
    if stored.state is not RunState.APPLIED or stored.applied_on is None:
        raise InvalidInput(f"this rebalancing is {stored.state.value}: only one that is APPLIED can be undone", "id")
    if stored.applied_on != desk.today:
        on = stored.applied_on.isoformat()
        raise InvalidInput(f"this rebalancing was applied on {on}: it can be undone on that day alone; propose another one", "id")


async def _settle(desk: Desk, stored: Stored, moves: Sequence[StoredMove], world: World) -> Settled:
    """Which moves stand as they were made, and may be taken back; why not the others."""
    children = [child for move in moves for child in move.child_ids]
    rows = await restoring.load_rows(desk.connection, children, desk.today)
    references = {child.child_id: child.reference for child in world.known.children}
    codes = {officer.iro_id: officer.code for officer in world.known.officers}
    overtaken: dict[UUID, str] = {}
    for move in moves:
        for made, _ in _rows(move):
            present = rows.get(made.child_id)
            if present != made:
                whose = "no IRO" if present is None else codes.get(present.iro_id, "another IRO")
                overtaken[move.id] = f"{references.get(made.child_id, 'a child')} has been decided anew since: it has {whose}"
    left = [move for move in moves if move.id not in overtaken]
    before = {each.iro_id: each.points for each in table_of_kept(stored.before)}
    settled = settle_undoing(world.problem, left, before)
    return Settled(made=settled.made, refused={**overtaken, **settled.refused})


def _rows(move: StoredMove) -> list[tuple[Row, Row]]:
    """Of each child the allocation that the move made, and the one before."""
    return [(row_of_kept(each["made"]), row_of_kept(each["was"])) for each in move.was["rows"]]


async def _take_back(desk: Desk, stored: Stored, moves: Sequence[StoredMove], reason: str) -> dict[UUID, str | None]:
    """Allocations and chairs are as they were, the chairs as far as they can be; answers what became of the meetings of each move."""
    wanted = [pair for move in moves for pair in _rows(move)]
    await restoring.restore_many(desk.connection, wanted, desk.today, actor=desk.actor, now=desk.now, run_id=stored.id, reason=reason)
    kept = {UUID(each["meeting_id"]): each for move in moves for each in move.was["meetings"]}
    locked = await store.lock_meetings(desk.connection, sorted(kept))
    told: dict[UUID, str | None] = {}
    chairs: list[tuple[UUID, ChairAfterMove, str]] = []
    for move in moves:
        found = [await _give_back_chair(desk, each, locked, reason) for each in move.was["meetings"]]
        chairs.extend((each.meeting_id, each.chair, each.message) for each in found)
        told[move.id] = "; ".join(each.message for each in found if not each.as_before) or None
    await store.note_chairs_again(desk.connection, stored.id, chairs)
    return told


async def _give_back_chair(desk: Desk, kept: Mapping[str, str | int | None], locked: Mapping[UUID, int], reason: str) -> _GivenBack:
    """The chair before chairs the meeting again where that can be."""
    meeting, chair, was = UUID(str(kept["meeting_id"])), ChairAfterMove(str(kept["chair"])), kept["was"]
    covers = chair is ChairAfterMove.COVER
    if locked.get(meeting) != kept["version"]:
        return _GivenBack(meeting_id=meeting, chair=chair, message=_CHANGED, as_before=covers)
    if covers:
        return _GivenBack(meeting_id=meeting, chair=ChairAfterMove.REPLACED, message=_ALL_ALONG, as_before=True)
    found: Rechaired = await restore_chair_in(desk, meeting, locked[meeting], None if was is None else UUID(str(was)), reason)
    as_before = found.chair is ChairAfterMove.REPLACED or was is None
    return _GivenBack(meeting_id=meeting, chair=found.chair, message=found.message, as_before=as_before)


async def _post(desk: Desk, stored: Stored, moves: Sequence[StoredMove], world: World) -> None:
    after = table_after(world, {child: move.from_iro_id for move in moves for child in move.child_ids})
    back = [Change(officer=move.to_iro_id, to=move.from_iro_id, children=len(move.child_ids), points=move.points) for move in moves]
    await owe_digests(desk, stored.id, digests_of_undoing(back, after, desk.today, desk.settings.unit_name))


def _result(move: StoredMove, settled: Settled, told: Mapping[UUID, str | None]) -> Result:
    if move.id in settled.refused:
        return Result(id=move.id, applied=False, message=settled.refused[move.id])
    return Result(id=move.id, applied=True, message=told[move.id])


def _results_after(stored: Stored, settled: Settled) -> tuple[Result, ...]:
    """What stands of each move from now on."""
    undone = {move.id for move in settled.made}
    return tuple(
        Result(id=each.id, applied=False, message=UNDONE)
        if each.id in undone
        else Result(id=each.id, applied=True, message=f"not undone: {settled.refused[each.id]}")
        if each.id in settled.refused
        else each
        for each in stored.results
    )
