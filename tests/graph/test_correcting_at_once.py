"""Two people correct one record at once: whoever read it before the other changed it is refused, and told what it states now."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import pytest

from services.history.versions import revise_version
from tests.graph.conftest import Authority
from tests.graph.stated import AUGUST, OF_A_CHILD, Stated, state
from tests.support.graph import Graph, global_id
from tests.support.records import Records

_KEYS = count()
CORRECTED: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "CarePeriod": ("correctCarePeriod", "legalStatus", {"legal_status": "C2"}, "legalStatus is C2 now"),
    "ProtectionPlan": ("correctProtectionPlan", "category", {"category": "NEG"}, "category is NEG now"),
    "Enquiry": ("correctEnquiry", "conferenceNotRequired", {"conference_not_required": True}, "conferenceNotRequired is true now"),
    "HeldRecord": ("correctHeldRecord", "participation", {"participation": None}, "participation is null now"),
    "CareStatusRecord": ("correctCareStatus", "endedOn", {"ended_on": date(2025, 3, 5)}, "endedOn is 2025-03-05 now"),
    "Transfer": ("correctTransfer", "notifiedOn", {"notified_on": date(2025, 4, 9)}, "notifiedOn is 2025-04-09 now"),
    "EarlierReview": ("correctEarlierReview", "byOn", {"by_on": date(2025, 2, 19)}, "byOn is 2025-02-19 now"),
}
"""By type: the mutation, a field of it, what somebody else makes of it, and what the second is told."""
_SECOND: dict[str, Any] = {"legalStatus": "E1", "category": "PHY", "conferenceNotRequired": False, "participation": "PN2"}


@pytest.fixture
async def stated(records: Records, authority: Authority) -> Stated:
    return await state(records.connection, authority)


async def correct(graph: Graph, name: str, **stated: Any) -> dict[str, Any]:
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ __typename ... on InvalidInput {{ message field }} }} }}"
    answer = await graph.ask(document, {"input": {"requestKey": f"key-{next(_KEYS)}", "reason": "r", **stated}})
    found: dict[str, Any] = answer.data[name]
    return found


async def read(graph: Graph, kind: str, identifier: str) -> str:
    answer = await graph.ask(f"query ($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ recordedAt }} }} }}", {"id": identifier})
    found: str = answer.data["node"]["recordedAt"]
    return found


@pytest.mark.parametrize("kind", CORRECTED)
async def test_who_read_a_record_before_it_was_changed_is_told_what_it_states_now(
    graph: Graph, stated: Stated, records: Records, kind: str
) -> None:
    name, field, changes, told = CORRECTED[kind]
    identifier = global_id(kind, stated.own[kind])
    before = await read(graph, kind, identifier)
    await revise_version(records.connection, OF_A_CHILD[kind][0], stated.own[kind], changes, source="TEST", at=AUGUST)
    named = {"id": identifier, field: _SECOND.get(field, "2025-01-01")}
    refused = await correct(graph, name, **named, recordedAt=before)
    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "recordedAt")
    assert told in refused["message"]
    withdrawn = await correct(graph, name, id=identifier, withdraw=True, recordedAt=before)
    assert withdrawn["field"] == "recordedAt"
    assert told.removesuffix(" now") in withdrawn["message"]
    again = await read(graph, kind, identifier)
    assert again != before
    assert (await correct(graph, name, **named, recordedAt=again)).get("field") != "recordedAt"


async def test_of_two_who_correct_a_period_of_care_the_first_is_not_overwritten(graph: Graph, stated: Stated, records: Records) -> None:
    identifier = global_id("CarePeriod", stated.own["CarePeriod"])
    both = await read(graph, "CarePeriod", identifier)
    assert (await correct(graph, "correctCarePeriod", id=identifier, legalStatus="C2", recordedAt=both))["__typename"] == "ChildRecorded"
    second = await correct(graph, "correctCarePeriod", id=identifier, legalStatus="E1", recordedAt=both)
    assert second["message"] == "recordedAt: the record has changed since you read it: legalStatus is C2 now; read it again"
    kept = await records.connection.fetchval(
        "SELECT legal_status FROM care_period WHERE id = $1 AND upper_inf(recorded)", stated.own["CarePeriod"]
    )
    assert kept == "C2"
    # whoever names no version corrects what is recorded by now
    assert (await correct(graph, "correctCarePeriod", id=identifier, legalStatus="E1"))["__typename"] == "ChildRecorded"


async def test_of_two_who_correct_a_child_or_a_household_the_second_is_told(graph: Graph, stated: Stated) -> None:
    for name, reference, kind, field in (
        ("correctChild", "CH001", "child", "bornOn"),
        ("correctHousehold", "FH01", "household", "approvedOn"),
    ):
        shown = await graph.ask(f'{{ {kind}(reference: "{reference}") {{ {field} recordedAt }} }}')
        both = shown.data[kind]["recordedAt"]
        days = ("2015-05-02", "2015-05-03") if kind == "child" else ("2024-09-15", "2024-09-14")
        first = await correct(graph, name, reference=reference, **{field: days[0]}, recordedAt=both)
        assert first["__typename"] in {"ChildRecorded", "HouseholdRecorded"}
        second = await correct(graph, name, reference=reference, **{field: days[1]}, recordedAt=both)
        assert (second["__typename"], second["field"]) == ("InvalidInput", "recordedAt")
        assert f"{field} is {days[0]} now" in second["message"]
