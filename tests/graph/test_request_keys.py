"""Every mutation takes a request key, and the same key with another body is an error: asked of the schema, mutation by mutation."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLUnionType,
    Undefined,
    build_schema,
    get_named_type,
)

from graph.names import global_id
from graph.schema import export
from tests.graph.conftest import Authority
from tests.support.graph import Graph

SCHEMA = build_schema(export())
assert SCHEMA.mutation_type is not None
MUTATIONS = SCHEMA.mutation_type.fields

_STATED = {
    "reference": "CH001",
    "references": ["CH001"],
    "childReferences": ["CH001"],
    "iroCode": "IRO-01",
    "code": "IRO-01",
    "heldOn": "2026-08-31",
    "endsAt": "2026-09-08T11:00:00+01:00",
    "to": "2026-09-08T11:00:00+01:00",
    "requestKey": "used",
}
_MORE: dict[str, dict[str, Any]] = {
    "nameHouseholdReviewer": {"iroCode": "IRO-01"},
    "planMeetings": {"from": "2026-09-07", "to": "2026-09-11"},
    "recordLeaving": {"lastDay": "2026-12-31"},
    "setWeightingScheme": {"effectiveFrom": "2026-10-01", "limitPerWte": "85", "factors": []},
}
_ABOUT = {
    "AllocationRequest": {"decideAllocationRequest"},
    "CalendarFeed": {"revokeCalendarFeed"},
    "CarePeriod": {"correctCarePeriod"},
    "CareStatusRecord": {"correctCareStatus"},
    "EarlierReview": {"correctEarlierReview"},
    "Enquiry": {"correctEnquiry"},
    "HeldRecord": {"correctHeldRecord"},
    "IdentityLink": {"mergeIdentities", "rejectIdentity", "undoMerge"},
    "Plan": {"applyPlan", "cancelRun"},
    "ProtectionPlan": {"correctProtectionPlan"},
    "Rebalancing": {"applyRebalancing", "undoRebalancing"},
    "Reduction": {"endReduction"},
    "Task": {"resendInvitation", "seeToTask"},
    "Transfer": {"correctTransfer"},
}
_OF_TYPE = {
    "ID": "",
    "String": "a text",
    "Date": "2026-09-01",
    "DateTime": "2026-09-08T10:00:00+01:00",
    "Decimal": "1",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
}


def _input(mutation: str) -> GraphQLInputObjectType:
    found = get_named_type(MUTATIONS[mutation].args["input"].type)
    assert isinstance(found, GraphQLInputObjectType)
    return found


def _answers(field: GraphQLField) -> set[str]:
    found = get_named_type(field.type)
    assert isinstance(found, GraphQLUnionType)
    return {member.name for member in found.types}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_mutation_takes_a_key_and_may_say_that_it_was_used_for_another_body(mutation: str) -> None:
    assert str(_input(mutation).fields["requestKey"].type) == "ID!"
    assert {"RequestKeyReused", "Forbidden"} <= _answers(MUTATIONS[mutation])


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_changes_a_meeting_that_stands_is_told_which_version_was_read(mutation: str) -> None:
    answers, fields = _answers(MUTATIONS[mutation]), _input(mutation).fields
    if "id" in fields and answers & {"MeetingBooked", "MeetingChanged"}:
        assert str(fields["version"].type) == "Int!"
        assert "StaleVersion" in answers


def _of_kind(kind: Any, named: str) -> Any:
    """A value that passes for what it says, by the name of its field or else by its type."""
    if named in _STATED:
        return _STATED[named]
    if isinstance(kind, GraphQLNonNull):
        return _of_kind(kind.of_type, named)
    if isinstance(kind, GraphQLList):
        return [_of_kind(kind.of_type, named)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {name: _of_kind(of.type, name) for name, of in kind.fields.items() if _is_asked(of)}
    return _OF_TYPE[kind.name]


def _is_asked(of: GraphQLInputField) -> bool:
    return isinstance(of.type, GraphQLNonNull) and of.default_value is Undefined


def _stated(mutation: str) -> dict[str, Any]:
    """What it must be told, with a key that was used, about a thing of the kind that it is about."""
    stated: dict[str, Any] = _of_kind(_input(mutation), "input")
    if "id" in stated:
        kind = next((kind for kind, mutations in _ABOUT.items() if mutation in mutations), "Meeting")
        stated["id"] = global_id(kind, uuid4())
    return {**stated, **_MORE.get(mutation, {}), "requestKey": "used"}


async def test_a_key_that_was_used_for_another_body_is_refused_by_every_mutation(graph: Graph, authority: Authority) -> None:
    first = await _ask(graph, "registerChild", {"requestKey": "used", "reference": "CH900", "bornOn": "2020-02-29"})
    assert first == "ChildRecorded"
    answers = {mutation: await _ask(graph, mutation, _stated(mutation)) for mutation in MUTATIONS}
    assert {mutation: answer for mutation, answer in answers.items() if answer != "RequestKeyReused"} == {}


async def _ask(graph: Graph, mutation: str, stated: dict[str, Any]) -> str:
    document = f"mutation($input: {MUTATIONS[mutation].args['input'].type}) {{ {mutation}(input: $input) {{ __typename }} }}"
    answer: str = (await graph.ask(document, {"input": stated})).data[mutation]["__typename"]
    return answer
