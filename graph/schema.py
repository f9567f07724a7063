"""The schema, put together from the capabilities' parts."""

from __future__ import annotations

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph.absences import AbsenceMutation
from graph.allocation import AllocationMutation, AllocationQuery, AllocationSubscription
from graph.attending import AttendeeMutation
from graph.booking import MeetingQuery
from graph.cancelling import CancelMutation
from graph.candidates import CandidateQuery
from graph.caseload import CaseloadQuery
from graph.caseload_changes import CaseloadSubscription
from graph.changes import MeetingMutation, SlotQuery
from graph.children import ChildQuery
from graph.circumstances import CircumstanceMutation
from graph.corrections import CorrectionMutation
from graph.deciding import DecidingMutation
from graph.diary_changes import DiarySubscription
from graph.errors import HANDLERS
from graph.execution import Gate, GraphSchema
from graph.forecast import ForecastQuery
from graph.foresight import ForesightQuery
from graph.households import HouseholdQuery
from graph.identities import IdentityMutation, IdentityQuery
from graph.imports import ImportQuery
from graph.invitations import FeedMutation, FeedQuery
from graph.nodes import NodeQuery
from graph.obligations import ObligationQuery
from graph.officers import DirectoryQuery
from graph.planning import PlanMutation, PlanQuery, PlanSubscription
from graph.rebalancing import RebalancingQuery, RebalancingSubscription
from graph.rebalancing_changes import RebalancingMutation
from graph.records import CareMutation, ChildMutation, HeldMutation, HouseholdMutation, ProtectionMutation
from graph.requests import RequestQuery
from graph.scalars import SCALARS
from graph.schemes import SchemeMutation, SchemeQuery
from graph.tasks import TaskMutation, TaskQuery
from graph.timeliness import TimelinessQuery
from graph.working_time import WorkingTimeMutation


@strawberry.type
class Query(
    DirectoryQuery,
    NodeQuery,
    ChildQuery,
    HouseholdQuery,
    CaseloadQuery,
    SchemeQuery,
    ForecastQuery,
    ForesightQuery,
    ObligationQuery,
    MeetingQuery,
    SlotQuery,
    PlanQuery,
    AllocationQuery,
    CandidateQuery,
    RequestQuery,
    RebalancingQuery,
    FeedQuery,
    TaskQuery,
    ImportQuery,
    IdentityQuery,
    TimelinessQuery,
):
    """Everything that can be read."""


@strawberry.type
class Mutation(
    ChildMutation,
    CareMutation,
    ProtectionMutation,
    HeldMutation,
    HouseholdMutation,
    CorrectionMutation,
    CircumstanceMutation,
    IdentityMutation,
    MeetingMutation,
    AttendeeMutation,
    PlanMutation,
    AllocationMutation,
    DecidingMutation,
    RebalancingMutation,
    CancelMutation,
    AbsenceMutation,
    FeedMutation,
    TaskMutation,
    SchemeMutation,
    WorkingTimeMutation,
):
    """Everything that can be done."""


@strawberry.type
class Subscription(PlanSubscription, AllocationSubscription, RebalancingSubscription, CaseloadSubscription, DiarySubscription):
    """What can be followed."""


@cache
def build_schema(*, introspection: bool = True) -> GraphSchema:
    """The schema; without `introspection` no query may ask it about itself."""
    schema = GraphSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[lambda: Gate(introspection=introspection)],
        exception_handlers=HANDLERS,
    )
    schema.tells_of_itself = introspection
    return schema


@cache
def export() -> str:
    """The schema as text, sorted, with a line feed at its end: what `graph/schema.graphql` holds."""
    sorted_schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS, sort_schema=True),
        exception_handlers=HANDLERS,
    )
    return sorted_schema.as_str().strip() + "\n"
