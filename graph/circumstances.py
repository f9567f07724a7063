"""What no return tells and a person states: a child's circumstances, who may not have it, who reviews a foster home."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

import strawberry

from graph import described, errors
from graph.booking import meetings_by_ids
from graph.commands import fill
from graph.context import Info
from graph.names import LazyHousehold, LazyIro
from graph.officers import iro_by_id
from graph.recording import ChildRecorded, ChildResult, HouseholdRecorded, keep, of_child, of_whom_it_is, the_child
from graph.words import Complexity, IndependenceGround, Weekday, WishedPlace
from services.booking import parting
from services.caseload import reviewers
from services.directory import independence
from services.history import circumstances, reading, reading_households
from services.kernel.actor import Actor
from services.platform.database import Connection

_OMITTED = strawberry.UNSET


@strawberry.type(description="What is stated of a child from a day on, until the next statement.")
class Circumstances:
    first_day: date
    last_day: date | None = strawberry.field(description="Null until another day is stated.")
    placed_miles: int | None = strawberry.field(description="From home to the placement.")
    placed_abroad: bool
    placement_area: str | None = strawberry.field(description="One of the unit's areas, never an address.")
    complexity: list[Complexity]
    needs: list[str] = strawberry.field(description="Specialities of an officer that would help.")
    keeps_iro_because: str | None = strawberry.field(
        description="Why a rebalancing leaves the child where it is, unless no other way exists."
    )
    wished_weekdays: list[Weekday] = strawberry.field(description="On which the child wants its meetings; none: on any.")
    wished_from: str | None = strawberry.field(description="From this hour on the child wants its meetings, by the clock on the wall.")
    wished_until: str | None
    wished_place: WishedPlace | None
    wished_venue: str | None = strawberry.field(description="With ELSEWHERE: the place as the child names it, never an address.")
    activity_days: list[Weekday] = strawberry.field(description="On which its activities are: reviews avoid them.")
    parents_apart: bool = strawberry.field(
        description="They must not meet: meetings to which parents come need a second waiting room. In no invitation and no calendar."
    )
    row: strawberry.Private[circumstances.Circumstance]

    @described.field("The foster home in which it is placed.")
    async def household(self, info: Info) -> LazyHousehold | None:
        from graph.obligations import household_by_id

        return await household_by_id(info, self.row.household_id)

    @described.field("The officer whom the child asked for.")
    async def wished_iro(self, info: Info) -> LazyIro | None:
        return await iro_by_id(info, self.row.wished_iro_id)

    @described.field("The officer whom the child asked not to have.")
    async def unwanted_iro(self, info: Info) -> LazyIro | None:
        return await iro_by_id(info, self.row.unwanted_iro_id)


@strawberry.input(
    description="What holds of the child from fromDay on. What is left out stays as it is stated for that day; null takes it away."
)
class RecordCircumstancesInput:
    request_key: strawberry.ID
    reference: str
    from_day: date
    placed_miles: int | None = _OMITTED
    placed_abroad: bool | None = _OMITTED
    placement_area: str | None = _OMITTED
    household_reference: str | None = _OMITTED
    complexity: list[Complexity] | None = _OMITTED
    needs: list[str] | None = _OMITTED
    wished_iro_code: str | None = _OMITTED
    unwanted_iro_code: str | None = _OMITTED
    keeps_iro_because: str | None = strawberry.field(
        default=_OMITTED, description="Why a rebalancing leaves the child where it is, unless no other way exists."
    )
    wished_weekdays: list[Weekday] | None = _OMITTED
    wished_from: str | None = strawberry.field(default=_OMITTED, description="Such as 15:30.")
    wished_until: str | None = _OMITTED
    wished_place: WishedPlace | None = _OMITTED
    wished_venue: str | None = _OMITTED
    activity_days: list[Weekday] | None = _OMITTED
    parents_apart: bool | None = strawberry.field(default=_OMITTED, description="True: they must not meet.")


@strawberry.input(description="This officer may not have that child, nor chair its meetings.")
class DeclareConflictInput:
    request_key: strawberry.ID
    iro_code: str
    reference: str
    ground: IndependenceGround
    reason: str


@strawberry.input(description="What was declared of the two does not hold. What a file states of them stays.")
class WithdrawConflictInput:
    request_key: strawberry.ID
    iro_code: str
    reference: str
    reason: str


@strawberry.input(description="iroCode is stated; null: nobody reviews it from that day on.")
class NameHouseholdReviewerInput:
    request_key: strawberry.ID
    household_reference: str
    iro_code: str | None = _OMITTED
    from_day: date


NameReviewerResult = Annotated[
    HouseholdRecorded | errors.NotEligible | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("NameReviewerResult"),
]


async def circumstances_of(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, as_of: date, known_at: datetime | None
) -> dict[UUID, circumstances.Circumstance]:
    """Of the children in sight, what is stated for a day."""
    seen = await reading.children(connection, actor, ids, today)
    return await circumstances.circumstances_on(connection, as_of, list(seen), known_at) if seen else {}


async def reviewers_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date, as_of: date) -> dict[UUID, UUID]:
    """Of the households in sight, who reviews them on a day."""
    seen = await reading_households.households(connection, actor, ids, today)
    return await reviewers.reviewers_on(connection, as_of) if seen else {}


def shown(row: circumstances.Circumstance) -> Circumstances:
    return Circumstances(
        first_day=row.first_day,
        last_day=None if row.until is None else date.fromordinal(row.until.toordinal() - 1),
        placed_miles=row.placed_miles,
        placed_abroad=row.placed_abroad,
        placement_area=row.placement_area,
        complexity=sorted(row.complexity),
        needs=sorted(row.needs),
        keeps_iro_because=row.keeps_iro_because,
        wished_weekdays=_in_order(row.wished_weekdays),
        wished_from=_clock(row.wished_from),
        wished_until=_clock(row.wished_until),
        wished_place=row.wished_place,
        wished_venue=row.wished_venue,
        activity_days=_in_order(row.activity_days),
        parents_apart=row.parents_apart,
        row=row,
    )


def _in_order(days: Collection[Weekday]) -> list[Weekday]:
    return [each for each in Weekday if each in days]


def _clock(at: time | None) -> str | None:
    return None if at is None else at.isoformat("minutes")


async def _name_reviewer(info: Info, input: Any) -> HouseholdRecorded:  # noqa: A002
    answer = await of_whom_it_is(info, await keep(info, reviewers.name_reviewer, fill(reviewers.NameReviewer, input)))
    assert isinstance(answer, HouseholdRecorded)
    return answer


async def _record_circumstances(info: Info, input: Any) -> ChildRecorded:  # noqa: A002
    stated = await keep(info, parting.state_circumstances, fill(circumstances.StateCircumstances, input))
    return ChildRecorded(child=await the_child(info, stated.child_id), released=await meetings_by_ids(info, stated.released))


@strawberry.type
class CircumstanceMutation:
    record_circumstances = described.mutation_of(
        "Where a child is placed, what makes its case complex, what it needs, whom it wishes, and when and where.",
        RecordCircumstancesInput,
        ChildResult,
        _record_circumstances,
    )
    declare_conflict = of_child(
        "An officer may not have a child: regulation 46(3), or a personal tie. Nobody can override it.",
        DeclareConflictInput,
        independence.DeclareConflict,
        independence.declare_conflict,
    )
    withdraw_conflict = of_child(
        "What was declared of an officer and a child does not hold.",
        WithdrawConflictInput,
        independence.WithdrawConflict,
        independence.withdraw_conflict,
    )
    name_household_reviewer = described.mutation_of(
        "Who reviews a foster home: never the IRO of a child that is placed there.",
        NameHouseholdReviewerInput,
        NameReviewerResult,
        _name_reviewer,
    )
