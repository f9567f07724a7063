"""How a record comes in: an input becomes a command, a service keeps it, the answer shows whom it concerns.

Mutations of records differ in nothing but their input, command and service: each is one line of a table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from graph import described, errors
from graph.children import Child, child_by_id, children_by_ids
from graph.commands import fill
from graph.context import Info
from graph.names import LazyMeeting
from graph.obligations import FosterHousehold, household_by_id
from services.kernel.actor import Actor
from services.kernel.errors import NotFound
from services.platform.resources import Resources

Command = TypeVar("Command")
Answer = TypeVar("Answer")
Serve = Callable[[Resources, Actor, Command, datetime], Awaitable[Answer]]


@strawberry.type(description="The child as it is recorded now, with what it is owed.")
class ChildRecorded:
    child: Child
    released: list[LazyMeeting] = strawberry.field(
        default_factory=list,
        description="Meetings that have lost their room since the parents must not meet, and list it in needs: in order of time, as far "
        "as the viewer may see them. Of recordCircumstances alone.",
    )


@strawberry.type(description="In the order in which they were named.")
class ChildrenRecorded:
    children: list[Child]


@strawberry.type(description="The household as it is recorded now, with what it is owed.")
class HouseholdRecorded:
    household: FosterHousehold


ChildResult = Annotated[
    ChildRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("ChildResult"),
]
ChildrenResult = Annotated[
    ChildrenRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("ChildrenResult"),
]
HouseholdResult = Annotated[
    HouseholdRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("HouseholdResult"),
]
HeldMeetingResult = Annotated[
    ChildrenRecorded | HouseholdRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("HeldMeetingResult", description="The children of a meeting, or the household that it was about."),
]
HeldRecordResult = Annotated[
    ChildRecorded | HouseholdRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("HeldRecordResult", description="The child or the household that the record is about."),
]


def of_child(description: str, stated: type[Any], command: type[Command], serve: Serve[Command, UUID], *, of: str | None = None) -> Any:
    """A mutation that answers with a child. `of`: the type of the record that the input's id names."""

    async def resolve(info: Info, input: Any) -> ChildRecorded:  # noqa: A002
        return ChildRecorded(child=await the_child(info, await keep(info, serve, fill(command, input, of=of))))

    return described.mutation_of(description, stated, ChildResult, resolve)


def of_children(description: str, stated: type[Any], command: type[Command], serve: Serve[Command, list[UUID]]) -> Any:
    """A mutation that answers with the children whom its input names."""

    async def resolve(info: Info, input: Any) -> ChildrenRecorded:  # noqa: A002
        return ChildrenRecorded(children=await children_by_ids(info, await keep(info, serve, fill(command, input))))

    return described.mutation_of(description, stated, ChildrenResult, resolve)


def of_household(description: str, stated: type[Any], command: type[Command], serve: Serve[Command, UUID]) -> Any:
    """A mutation that answers with a foster household."""

    async def resolve(info: Info, input: Any) -> HouseholdRecorded:  # noqa: A002
        return HouseholdRecorded(household=await _household(info, await keep(info, serve, fill(command, input))))

    return described.mutation_of(description, stated, HouseholdResult, resolve)


async def keep(info: Info, serve: Serve[Command, Answer], command: Command) -> Answer:
    """What the service answers; whatever the request has read before is read again."""
    context = info.context
    answer = await serve(context.resources, context.actor, command, context.now)
    context.renew()
    return answer


async def of_whom_it_is(info: Info, identifier: UUID) -> ChildRecorded | HouseholdRecorded:
    """The child, or else the household, with this identifier."""
    child = await child_by_id(info, identifier)
    return HouseholdRecorded(household=await _household(info, identifier)) if child is None else ChildRecorded(child=child)


async def of_all_whom_it_concerns(info: Info, identifiers: Sequence[UUID]) -> ChildrenRecorded | HouseholdRecorded:
    """The children, or else the one household, with these identifiers."""
    children = await children_by_ids(info, identifiers)
    return ChildrenRecorded(children=children) if children else HouseholdRecorded(household=await _household(info, identifiers[0]))


async def the_child(info: Info, identifier: UUID) -> Child:
    """A child whose records the viewer has just changed."""
    found = await child_by_id(info, identifier)
    if found is None:
        raise NotFound("there is no such child, or not for you")
    return found


async def _household(info: Info, identifier: UUID) -> FosterHousehold:
    found = await household_by_id(info, identifier)
    if found is None:
        raise NotFound("there is no such household, or not for you")
    return found
