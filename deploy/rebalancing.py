"""`convene rebalance`: a proposal asked for and waited for, told to people or to programs, applied and taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from deploy.runs import Report, finish, wall_clock
from deploy.tables import aligned, exact, percent
from services.allocation.figures import in_points
from services.allocation.rebalancing import reading
from services.allocation.rebalancing.commands import ApplyRebalancing, DisturbedMeeting, ProposeRebalancing, Result, UndoRebalancing
from services.allocation.rebalancing.reading import LeftBehind, Move, Rebalancing
from services.allocation.rebalancing.service import apply, perform_waiting_rebalancings, propose, undo
from services.booking import reading as diary
from services.booking.reading import Meeting
from services.caseload.capacity import Caseload
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.window import LONDON
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalancingResult:
    """A rebalancing with its moves and the meetings that they disturb. `results`: of what was just done, if anything was."""

    rebalancing: Rebalancing
    moves: tuple[Move, ...]
    meetings: dict[UUID, Meeting]
    results: tuple[Result, ...] = ()
    done: str | None = None

    def lines(self) -> list[str]:
        """What was done, or the proposal: what it comes to, before and after, and each move with its reasons and meetings."""
        if self.done is not None:
            return [self._what_was_done(), *self._refusals()]
        found = self.rebalancing
        lines = [f"Rebalancing {found.id}: {found.message or found.state.value}"]
        if found.after is not None:
            lines += ["", *before_and_after(found.before, found.after)]
        codes, alike = self._codes(), self._said_of_all()
        lines += [f"Of every move: {reason}" for reason in alike]
        for move in self.moves:
            lines += ["", *self._move(move, codes, alike)]
        return [*lines, *(line for each in found.left_behind for line in ("", *_left_behind(each, codes)))]

    def as_json(self) -> dict[str, Any]:
        """Everything of the rebalancing; meetings with reference and beginning."""
        codes = self._codes()
        moves = [{**asdict(move), "from": codes[move.from_iro_id], "to": codes[move.to_iro_id]} for move in self.moves]
        meetings = {str(each.id): {"reference": each.reference, "starts_at": each.starts_at} for each in self.meetings.values()}
        done = {"done": self.done, "results": [asdict(each) for each in self.results]}
        return {"rebalancing": asdict(self.rebalancing), "moves": moves, "meetings": meetings, **done}

    def _codes(self) -> dict[UUID, str]:
        return {each.iro_id: each.iro_code for each in self.rebalancing.before}

    def _said_of_all(self) -> list[str]:
        """Reasons that all moves have in common, to be read once."""
        if len(self.moves) < 2:
            return []
        return [reason for reason in self.moves[0].reasons if all(reason in move.reasons for move in self.moves)]

    def _move(self, move: Move, codes: dict[UUID, str], alike: list[str]) -> list[str]:
        children = ", ".join(child.reference for child in move.children)
        head = f"{move.number:3}  {children}: {codes[move.from_iro_id]} to {codes[move.to_iro_id]}, {in_points(move.points)}"
        reasons = [f"     {reason}" for reason in move.reasons if reason not in alike]
        return [head, *reasons, *(f"     {self._meeting(each)}" for each in move.meetings)]

    def _meeting(self, each: DisturbedMeeting) -> str:
        meeting = self.meetings.get(each.meeting_id)
        named = "a meeting" if meeting is None else f"{meeting.reference} on {meeting.starts_at.astimezone(LONDON):%Y-%m-%d at %H:%M}"
        return f"{named}: {each.message} ({each.chair.value}, {each.notices} invitations)"

    def _what_was_done(self) -> str:
        applied = sum(result.applied for result in self.results)
        return f"Rebalancing {self.rebalancing.id}: {applied} of {len(self.results)} moves {self.done}"

    def _refusals(self) -> list[str]:
        numbers = {move.id: move.number for move in self.moves}
        return [f"  refused: move {numbers[each.id]}: {each.message}" for each in self.results if not each.applied]


async def propose_rebalancing(resources: Resources, wanted: ProposeRebalancing, report: Report) -> RebalancingResult:
    """A proposal, performed here or by a solver worker. Nothing is moved by it."""
    found = await propose(resources, COMMAND_LINE, wanted, wall_clock())
    await finish(resources, found, "rebalancing", report, reading.rebalancings, perform_waiting_rebalancings)
    return await show_rebalancing(resources, found)


async def apply_rebalancing(resources: Resources, found: RebalancingResult, numbers: Sequence[int], reason: str) -> RebalancingResult:
    """The moves of these numbers (none given: all) are made; what the world has overtaken is refused."""
    by_number = {move.number: move.id for move in found.moves}
    unknown = [number for number in numbers if number not in by_number]
    if unknown:
        raise InvalidInput(f"--moves {unknown[0]}: the moves of this proposal are 1 to {len(by_number)}", "moves")
    wanted = tuple(by_number[number] for number in dict.fromkeys(numbers)) or None
    command = ApplyRebalancing(request_key=str(uuid.uuid4()), id=found.rebalancing.id, move_ids=wanted, reason=reason)
    applied = await apply(resources, COMMAND_LINE, command, wall_clock())
    return await show_rebalancing(resources, found.rebalancing.id, applied.results, "made")


async def undo_rebalancing(resources: Resources, stated: str, reason: str | None) -> RebalancingResult:
    """What a rebalancing did today is taken back."""
    command = UndoRebalancing(request_key=str(uuid.uuid4()), id=_id(stated), reason=reason)
    undone = await undo(resources, COMMAND_LINE, command, wall_clock())
    return await show_rebalancing(resources, command.id, undone.results, "taken back")


async def find_rebalancing(resources: Resources, stated: str) -> RebalancingResult:
    """A rebalancing that was asked for before."""
    return await show_rebalancing(resources, _id(stated))


async def show_rebalancing(
    resources: Resources, found: UUID, results: tuple[Result, ...] = (), done: str | None = None
) -> RebalancingResult:
    today = resources.today(wall_clock())
    async with resources.database.transaction(snapshot=True) as connection:
        known = await reading.rebalancings(connection, COMMAND_LINE, [found], today)
        if found not in known:
            raise NotFound(f"there is no rebalancing {found}")
        moves = tuple((await reading.moves_of(connection, COMMAND_LINE, [found], today)).get(found, ()))
        disturbed = {each.meeting_id for move in moves for each in move.meetings}
        meetings = await diary.meetings(connection, COMMAND_LINE, disturbed, today)
    return RebalancingResult(rebalancing=known[found], moves=moves, meetings=meetings, results=results, done=done)


def before_and_after(before: tuple[Caseload, ...], after: tuple[Caseload, ...]) -> list[str]:
    """A line an officer: children, points and share of the limit, before and after."""
    later = {each.iro_id: each for each in after}
    head = ("officer", "limit", "children", "after", "points", "after", "share", "after", "state", "after")
    rows = [_compared(each, later[each.iro_id]) for each in before if each.iro_id in later]
    return aligned([head, *rows], right=range(1, 8))


def _compared(one: Caseload, other: Caseload) -> tuple[str, ...]:
    children, points = (str(one.children), str(other.children)), (exact(one.points), exact(other.points))
    shares = percent(one.utilisation), percent(other.utilisation)
    return one.iro_code, exact(one.limit), *children, *points, *shares, one.state.value, other.state.value


def _left_behind(each: LeftBehind, codes: dict[UUID, str]) -> list[str]:
    return [f"  left with {codes[each.iro_id]}: {', '.join(each.references)}", *(f"     {reason}" for reason in each.reasons)]


def _id(stated: str) -> UUID:
    try:
        return UUID(stated)
    except ValueError:
        raise InvalidInput(f"{stated} is no id of a rebalancing: give the one that the proposal was printed with", "id") from None
