"""Plans of a whole diary: asked for, followed, looked at, applied. The worker does the work."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described, errors
from graph.applying import Applied, ApplyQueued, ApplyResult, ItemResult, RunActionInput, results_of
from graph.context import Info
from graph.names import LazyIro, LazyMeeting, LazyNoteTaker, LazyObligation, LazyPoliceTeam, LazyRoom, Node, global_id, id_of
from graph.runs import follow
from graph.wishes import WishMissed, wishes_missed
from graph.words import Certainty, Goal
from services.history import reading as history_reading
from services.invitations.owe import AddresseeKind
from services.kernel.errors import NotFound
from services.kernel.words import InvitationMethod, MeetingKind, PlacementChange, ResourceKind, RunState
from services.planning import hearing, reading, service
from services.planning.hearing import hearings_of
from services.planning.wishing import missed_by_placements


@strawberry.type
class UnplacedObligation:
    blockers: list[errors.Blocker]
    item: strawberry.Private[reading.Planned]

    @strawberry.field
    async def obligation(self, info: Info) -> LazyObligation:
        return await _obligation(info, self.item)


@strawberry.type(description="What a meeting that stands will hold no more: of police the team's code.")
class GivenUp:
    kind: ResourceKind
    code: str
    from_: datetime = strawberry.field(name="from")
    to: datetime


@strawberry.type(description="One who would be told: invited, invited anew, or to stay away. Of a room, its desk. The times are its own.")
class Hearing:
    kind: ResourceKind
    code: str
    method: InvitationMethod
    arrives_at: datetime
    leaves_at: datetime


@strawberry.type(description="A meeting that stands and goes on lacking something: why not at its time, and why at no other.")
class UnrepairedMeeting:
    lacks: list[ResourceKind]
    blockers: list[errors.Blocker]
    row: strawberry.Private[reading.Unrepaired]

    @strawberry.field
    async def meeting(self, info: Info) -> LazyMeeting | None:
        from graph.booking import meeting_by_id

        return await meeting_by_id(info, self.row.meeting_id)


@strawberry.type(
    description="meeting: the one that stands and is changed, or what applying booked. movedFrom: set where one that stands moves."
)
class Placement:
    id: strawberry.ID
    change: PlacementChange
    group: int | None = strawberry.field(description="Placements of one number are applied together or not at all.")
    moved_from: datetime | None
    starts_at: datetime
    ends_at: datetime
    reasons: list[str]
    row: strawberry.Private[reading.Placement]

    @strawberry.field
    async def obligations(self, info: Info) -> list[LazyObligation]:
        return [await _obligation(info, item) for item in self.row.items]

    @strawberry.field
    async def meeting(self, info: Info) -> LazyMeeting | None:
        from graph.booking import meeting_by_id

        return await meeting_by_id(info, self.row.meeting_id)

    @described.field("Until the plan is applied: what the meeting that stands gives up.")
    async def gives_up(self, info: Info) -> list[GivenUp]:
        found = await info.context.loaders.load(reading.given_up_by, self.row.id)
        return [GivenUp(kind=each.kind, code=each.code, from_=each.starts_at, to=each.ends_at) for each in found or []]

    @described.field("Until the plan is applied: exactly those whose own view of the diary would change.")
    async def must_hear(self, info: Info) -> list[Hearing]:
        found = await info.context.loaders.load(hearings_of, self.row.id)
        return [_hearing(each) for each in found or []]

    @described.field("What of the own time of its children it does not respect.")
    async def wishes_missed(self, info: Info) -> list[WishMissed]:
        return wishes_missed(await info.context.loaders.load(missed_by_placements, self.row.id))

    @strawberry.field
    async def chair(self, info: Info) -> LazyIro:
        from graph.officers import the_iro

        return await the_iro(info, self.row.chair_id)

    @strawberry.field
    async def room(self, info: Info) -> LazyRoom | None:
        from graph.officers import room_by_id

        return await room_by_id(info, self.row.room_id)

    @strawberry.field
    async def note_taker(self, info: Info) -> LazyNoteTaker | None:
        from graph.officers import note_taker_by_id

        return await note_taker_by_id(info, self.row.note_taker_id)

    @strawberry.field
    async def police_team(self, info: Info) -> LazyPoliceTeam | None:
        from graph.officers import police_team_by_id

        return await police_team_by_id(info, self.row.police_team_id)


@strawberry.type(description="How far a plan is from a goal (0: met), and the least of any plan that is as good by the goals before it.")
class PlanGoal:
    goal: Goal
    value: int
    bound: int | None
    certainty: Certainty


@strawberry.type(description="Counts are of meetings; null until known.")
class Plan(Node):
    state: RunState
    progress: float = strawberry.field(description="0 to 1")
    from_: date = strawberry.field(name="from")
    to: date
    wanted: int | None
    placed: int | None
    late: int | None
    late_bound: int | None = strawberry.field(description="Proven least number late: equal to late, the plan is optimal in it.")
    moved: int | None = strawberry.field(description="Of the meetings that stand.")
    moved_bound: int | None = strawberry.field(
        description="Proven least number moved by any plan that is as good by the goals before: equal to moved, none moves fewer."
    )
    goals: list[PlanGoal] = strawberry.field(description="In the order of the unit; none until proposed.")
    may_move: int
    frozen_days: int
    message: str | None
    key: strawberry.Private[UUID]

    @strawberry.field
    async def unplaced(self, info: Info) -> list[UnplacedObligation]:
        found = await info.context.loaders.load(reading.unplaced_of, self.key)
        return [UnplacedObligation(item=row.item, blockers=[errors.blocker(each) for each in row.blockers]) for row in found or []]

    @strawberry.field
    async def unrepaired(self, info: Info) -> list[UnrepairedMeeting]:
        found = await info.context.loaders.load(reading.unrepaired_of, self.key)
        return [
            UnrepairedMeeting(row=row, lacks=list(row.lacks), blockers=[errors.blocker(each) for each in row.blockers])
            for row in found or []
        ]

    @strawberry.field
    async def placements(self, info: Info) -> list[Placement]:
        found = await info.context.loaders.load(reading.placements_of, self.key)
        return [_placement_of(row) for row in found or []]

    @strawberry.field
    async def results(self, info: Info) -> list[ItemResult]:
        return await _results(info, self.key)


@strawberry.input
class PlanMeetingsInput:
    request_key: strawberry.ID
    from_: date = strawberry.field(name="from")
    to: date
    kinds: list[MeetingKind] | None = strawberry.UNSET
    may_move: int | None = strawberry.field(default=0, description="Move meetings that stand already? At most so many.")
    frozen_days: int | None = strawberry.field(
        default=service.FROZEN_DAYS, description="None that stands within so many working days is moved, nor any moved to there."
    )


@strawberry.type
class PlanQueued:
    plan: Plan


PlanResult = Annotated[PlanQueued | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden, strawberry.union("PlanResult")]


def plan_of(row: reading.Plan) -> Plan:
    return Plan(
        id=global_id("Plan", row.id),
        state=row.state,
        progress=row.progress,
        from_=row.first_day,
        to=row.last_day,
        wanted=row.wanted,
        placed=row.placed,
        late=row.late,
        late_bound=row.late_bound,
        moved=None if row.moved is None else row.moved.value,
        moved_bound=None if row.moved is None else row.moved.bound,
        goals=[PlanGoal(goal=each.goal, value=each.value, bound=each.bound, certainty=each.certainty) for each in row.goals],
        may_move=row.may_move,
        frozen_days=row.frozen_days,
        message=row.message,
        key=row.id,
    )


async def plan_by_id(info: Info, identifier: UUID) -> Plan | None:
    row = await info.context.loaders.load(reading.plans, identifier)
    return None if row is None else plan_of(row)


def _placement_of(row: reading.Placement) -> Placement:
    return Placement(
        id=global_id("Placement", row.id),
        change=row.change,
        group=row.group_number,
        moved_from=row.moved_from,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        reasons=list(row.reasons),
        row=row,
    )


_KINDS = {
    AddresseeKind.IRO: ResourceKind.IRO,
    AddresseeKind.ROOM_DESK: ResourceKind.ROOM,
    AddresseeKind.NOTE_TAKER: ResourceKind.NOTE_TAKER,
    AddresseeKind.POLICE: ResourceKind.POLICE,
}


def _hearing(row: hearing.Hearing) -> Hearing:
    return Hearing(kind=_KINDS[row.addressee], code=row.code, method=row.method, arrives_at=row.arrives_at, leaves_at=row.leaves_at)


async def _results(info: Info, key: UUID) -> list[ItemResult]:
    return results_of("Placement", await info.context.loaders.load(reading.results_of, key) or [])


async def _obligation(info: Info, item: reading.Planned) -> LazyObligation:
    """As it is recorded; one that only the plan knows of, as the plan expects it."""
    from graph.obligations import obligation_of

    loaders = info.context.loaders
    row = await loaders.load(history_reading.obligations, item.obligation_id)
    row = row or await loaders.load(reading.chained, item.obligation_id)
    if row is None:
        raise NotFound("this obligation is owed no more")
    return obligation_of(info, row)


@strawberry.type
class PlanQuery:
    @strawberry.field
    async def plan(self, info: Info, id: strawberry.ID) -> Plan | None:  # noqa: A002
        try:
            return await plan_by_id(info, id_of("Plan", id))
        except NotFound:
            return None


@strawberry.type
class PlanMutation:
    @strawberry.mutation
    async def plan_meetings(self, info: Info, input: PlanMeetingsInput) -> PlanResult:  # noqa: A002
        context = info.context
        command = service.PlanMeetings(
            request_key=input.request_key,
            first_day=input.from_,
            last_day=input.to,
            kinds=tuple(input.kinds) if input.kinds or input.kinds == [] else None,
            may_move=input.may_move or 0,
            frozen_days=service.FROZEN_DAYS if input.frozen_days is None else input.frozen_days,
        )
        identifier = await service.request_plan(context.resources, context.actor, command, context.now)
        context.renew()
        return PlanQueued(plan=await _the_plan(info, identifier))

    @strawberry.mutation
    async def apply_plan(self, info: Info, input: RunActionInput) -> ApplyResult:  # noqa: A002
        context = info.context
        identifier = await service.request_apply(context.resources, context.actor, _run_action(input, "Plan"), context.now)
        context.renew()
        plan = await _the_plan(info, identifier)
        if plan.state is RunState.APPLIED:
            return Applied(results=await _results(info, plan.key))
        return ApplyQueued(id=plan.id)


def _run_action(stated: RunActionInput, kind: str) -> service.RunAction:
    return service.RunAction(request_key=stated.request_key, id=id_of(kind, stated.id), reason=stated.reason or None)


async def _the_plan(info: Info, identifier: UUID) -> Plan:
    found = await plan_by_id(info, identifier)
    if found is None:
        raise NotFound("there is no such plan, or not for you")
    return found


@strawberry.type
class PlanSubscription:
    @strawberry.subscription
    async def plan_progress(self, info: Info, id: strawberry.ID) -> AsyncGenerator[Plan, None]:  # noqa: A002
        context = info.context

        async def load(key: UUID) -> reading.Plan | None:
            return await context.loaders.load(reading.plans, key)

        async for row in follow(context, load, id_of("Plan", id), lambda run: run.state):
            yield plan_of(row)
