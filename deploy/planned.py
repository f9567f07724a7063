"""Plans at the command line: what is proposed or applied, in lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from deploy.runs import Report, finish, told, wall_clock
from services.kernel.actor import COMMAND_LINE
from services.kernel.window import LONDON
from services.kernel.words import Certainty, PlacementChange, ResourceKind, RunState
from services.planning import reading
from services.planning.commands import FROZEN_DAYS, PlanMeetings, RunAction
from services.planning.hearing import Hearing, hearings_of
from services.planning.reading import Placement, Plan, Result, Unplaced, Unrepaired
from services.planning.service import perform_waiting, request_apply, request_plan
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """What a plan came to, proposed or applied. `hearings`: by placement of a meeting that stands, who is told once it is applied."""

    plan: Plan
    placements: tuple[Placement, ...]
    unplaced: tuple[Unplaced, ...]
    unrepaired: tuple[Unrepaired, ...]
    results: tuple[Result, ...]
    hearings: Mapping[UUID, tuple[Hearing, ...]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The result; what becomes of meetings that stand, and who is told; what could not be placed, repaired or booked, and
        conferences without police, each with its reason."""
        refused = [result for result in self.results if not result.applied]
        at = {placement.id: placement.starts_at for placement in self.placements}
        return [
            *self._sentences(),
            *self._goal_lines(),
            *(line for each in self.changed() for line in _change_lines(each, self.hearings.get(each.id, ()))),
            *(_unrepaired_line(each) for each in self.unrepaired),
            *(_unplaced_line(each) for each in self.unplaced),
            *(_without_police_line(each) for each in self.without_police()),
            *(f"  refused: {_when(at[each.id])}: {each.message}" for each in refused),
        ]

    def changed(self) -> list[Placement]:
        """Placements of meetings that stand."""
        return [each for each in self.placements if each.change is not PlacementChange.BOOKS]

    def without_police(self) -> list[Placement]:
        """New conferences that police will not attend."""
        new = [each for each in self.placements if each.change is PlacementChange.BOOKS]
        return [each for each in new if each.police_team_id is None and each.kind.is_conference]

    def as_json(self) -> dict[str, Any]:
        stated = asdict(self)
        return {**stated, "hearings": {str(key): value for key, value in stated["hearings"].items()}}

    def _goal_lines(self) -> Iterator[str]:
        """What a proposal reaches of each goal, and what is proven of it."""
        sorts = {
            Certainty.PROVEN: "proven the least",
            Certainty.BOUNDED: "proven: not less than",
            Certainty.HEURISTIC: "not proven",
        }
        for certainty, words in sorts.items() if self.plan.state is RunState.PROPOSED else ():
            stated = [each for each in self.plan.goals if each.certainty is certainty]
            if stated:
                bounds = {each.goal: f" ({each.bound})" if certainty is Certainty.BOUNDED else "" for each in stated}
                yield f"  {words}: {', '.join(f'{each.goal.value.lower()} {each.value}{bounds[each.goal]}' for each in stated)}"

    def _sentences(self) -> list[str]:
        plan = self.plan
        if plan.state is RunState.APPLIED:
            return [plan.message or "the plan is applied"]
        proven = f"proven: at least {plan.late_bound} late" if plan.late else "none need be"
        counted = f"{plan.placed} of {plan.wanted} meetings placed, {plan.late} late ({proven})"
        return [f"{counted}; {plan.message}" if plan.message else counted]


def _change_lines(placement: Placement, hearings: tuple[Hearing, ...]) -> Iterator[str]:
    moves = placement.change is PlacementChange.MOVES
    yield f"  {'moves' if moves else 'changes'} {placement.meeting_reference} at {_when(placement.moved_from or placement.starts_at)}" + (
        f" to {_when(placement.starts_at)}" if moves else ""
    )
    yield from (f"    {reason}" for reason in placement.reasons)
    if hearings:
        yield f"    tells {', '.join(f'{each.code} ({each.method.value.lower()})' for each in hearings)}"


def _unrepaired_line(each: Unrepaired) -> str:
    lacks = ", ".join(kind.value for kind in ResourceKind if kind in each.lacks)
    return f"  still lacks {lacks}: {each.reference} at {_when(each.starts_at)}: {told(each.blockers)}"


def _unplaced_line(each: Unplaced) -> str:
    item = each.item
    return f"  not placed: {item.kind.value}, child {item.reference}, by {item.book_by_on}: {told(each.blockers)}"


def _without_police_line(placement: Placement) -> str:
    why = next((reason for reason in placement.reasons if "police" in reason.lower()), "no reason was noted")
    return f"  without police: {placement.kind.value} at {_when(placement.starts_at)}: {why}"


def _when(instant: datetime) -> str:
    return f"{instant.astimezone(LONDON):%Y-%m-%d %H:%M}"


async def plan_span(
    resources: Resources, first: date, last: date, report: Report, *, may_move: int = 0, frozen_days: int = FROZEN_DAYS
) -> PlanResult:
    """A proposed plan of the days from `first` to `last`, both included."""
    command = PlanMeetings(
        request_key=str(uuid.uuid4()), first_day=first, last_day=last, kinds=None, may_move=may_move, frozen_days=frozen_days
    )
    plan_id = await request_plan(resources, COMMAND_LINE, command, wall_clock())
    plan = await finish(resources, plan_id, "planning", report, reading.plans, perform_waiting)
    return await _plan_result(resources, plan)


async def apply_plan(resources: Resources, proposed: PlanResult, report: Report) -> PlanResult:
    """Does what the plan proposes; what the world took meanwhile is refused by name."""
    action = RunAction(request_key=str(uuid.uuid4()), id=proposed.plan.id, reason=None)
    await request_apply(resources, COMMAND_LINE, action, wall_clock())
    plan = await finish(resources, proposed.plan.id, "booking", report, reading.plans, perform_waiting)
    return await _plan_result(resources, plan, proposed.hearings)


async def _plan_result(resources: Resources, plan: Plan, known: Mapping[UUID, tuple[Hearing, ...]] | None = None) -> PlanResult:
    today, ids = resources.today(wall_clock()), [plan.id]
    async with resources.database.transaction(snapshot=True) as connection:
        placements = (await reading.placements_of(connection, COMMAND_LINE, ids, today)).get(plan.id, [])
        unplaced = await reading.unplaced_of(connection, COMMAND_LINE, ids, today)
        unrepaired = await reading.unrepaired_of(connection, COMMAND_LINE, ids, today)
        results = await reading.results_of(connection, COMMAND_LINE, ids, today)
        changed = [each.id for each in placements if each.change is not PlacementChange.BOOKS]
        hearings = await hearings_of(connection, COMMAND_LINE, changed, today)
    done = {each.id for each in results.get(plan.id, ()) if each.applied}
    heard = {key: each for key, each in (known or {}).items() if key in done}
    return PlanResult(
        plan=plan,
        placements=tuple(placements),
        unplaced=tuple(unplaced.get(plan.id, ())),
        unrepaired=tuple(unrepaired.get(plan.id, ())),
        results=tuple(results.get(plan.id, ())),
        hearings={**heard, **{key: tuple(each) for key, each in hearings.items()}},
    )
