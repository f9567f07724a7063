"""Changes to the records of children: what starts, ends and moves their clocks."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from graph import described, errors
from graph.children import Child, child_of
from graph.commands import given
from graph.context import Info
from services.history import commands, service


@strawberry.input
class RegisterChildInput:
    request_key: strawberry.ID
    reference: str
    born_on: date | None = strawberry.UNSET
    expected_on: date | None = strawberry.UNSET
    sibling_of: str | None = strawberry.UNSET
    parent_of: str | None = strawberry.UNSET


@strawberry.input
class StartCarePeriodInput:
    request_key: strawberry.ID
    reference: str
    started_on: date
    legal_status: str | None = strawberry.UNSET


@strawberry.input
class EndCarePeriodInput:
    request_key: strawberry.ID
    reference: str
    ended_on: date
    reason: str


@strawberry.input
class RecordStrategyDiscussionInput:
    request_key: strawberry.ID
    references: list[str]
    held_on: date


@strawberry.type
class ChildRecorded:
    child: Child


@strawberry.type
class ChildrenRecorded:
    children: list[Child]


ChildResult = Annotated[
    ChildRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("ChildResult"),
]
ChildrenResult = Annotated[
    ChildrenRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("ChildrenResult"),
]


@strawberry.type
class ChildMutation:
    @strawberry.mutation
    async def register_child(self, info: Info, input: RegisterChildInput) -> ChildResult:  # noqa: A002
        command = commands.RegisterChild(**given(input))
        context = info.context
        identifier = await service.register_child(context.resources, context.actor, command, context.now)
        context.renew()
        return ChildRecorded(child=child_of(info, identifier, input.reference))

    @strawberry.mutation
    async def start_care_period(self, info: Info, input: StartCarePeriodInput) -> ChildResult:  # noqa: A002
        command = commands.StartCarePeriod(**given(input))
        context = info.context
        identifier = await service.start_care_period(context.resources, context.actor, command, context.now)
        context.renew()
        return ChildRecorded(child=child_of(info, identifier, input.reference))

    @strawberry.mutation
    async def end_care_period(self, info: Info, input: EndCarePeriodInput) -> ChildResult:  # noqa: A002
        command = commands.EndCarePeriod(**given(input))
        context = info.context
        identifier = await service.end_care_period(context.resources, context.actor, command, context.now)
        context.renew()
        return ChildRecorded(child=child_of(info, identifier, input.reference))

    @described.mutation("The discussion that initiated the section 47 enquiry: day 0 of the initial conference.")
    async def record_strategy_discussion(
        self,
        info: Info,
        input: RecordStrategyDiscussionInput,  # noqa: A002
    ) -> ChildrenResult:
        command = commands.RecordStrategyDiscussion(**given(input))
        context = info.context
        identifiers = await service.record_strategy_discussion(context.resources, context.actor, command, context.now)
        context.renew()
        pairs = zip(identifiers, input.references, strict=True)
        return ChildrenRecorded(children=[child_of(info, identifier, reference) for identifier, reference in pairs])
