"""Who may read and do what of allocation: the contract's table x roles x {own, not own, gone, never existed}."""

from __future__ import annotations

from datetime import date
from itertools import count, product
from typing import Any
from uuid import UUID, uuid4

import pytest

from graph.schema import build_schema
from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.proposed import rebalancing, request
from tests.graph.rights import CASELOADS, CHILDREN, CODES, Case, ask, cases, reach, table
from tests.support.graph import Answer, Graph, global_id
from tests.support.records import Records

_KEYS = count()
_DECIDE = "allocate, rebalance, plan, weighting scheme"
_APPROVE = "after the statutory day, over the limit, change of IRO, undo"
_REFERENCES = {"own": "CH001", "other": "CH002", "never": "CH999"}


def may(role: Role, what: str) -> bool:
    """Whether the table lets this role allocate, rebalance, plan, or set the weighting scheme."""
    cell = table()[_DECIDE][role]
    return cell == "yes" or what in cell.split(", ")


# ---------------------------------------------------------------------------------------------------------- reading


async def test_a_caseload_under_what_if_and_as_it_was_known_is_shown_to_whom_the_table_says(graph: Graph, authority: Authority) -> None:
    tables = """{ now: caseloads { iro { code } } then: caseloads(asKnownAt: "2099-08-31T12:00:00+01:00") { iro { code } }
      imagined: caseloads(whatIf: {absentIros: ["IRO-02"], newChildrenInCare: 3}) { iro { code } } }"""
    for case in cases(CASELOADS):
        code = {"own": "IRO-01", "other": "IRO-02", "never": "IRO-99"}[case.whose]
        shown = (await ask(graph, case, tables)).data
        for name, rows in shown.items():
            assert (code in {row["iro"]["code"] for row in rows}) is case.allowed, (case, name)


async def test_the_forecast_of_the_whole_unit_is_for_whoever_reads_every_caseload(graph: Graph, authority: Authority) -> None:
    for role in Role:
        answer = await ask(
            graph, Case(CASELOADS, role, "own"), "{ caseloadForecast(weeks: 1) { weeks { firstDay } officers { iro { code } } } }"
        )
        if reach(table()[CASELOADS][role]) == "ALL":
            assert [each["iro"]["code"] for each in answer.data["caseloadForecast"]["officers"]] == ["IRO-01", "IRO-02"]
        else:
            assert (answer.body["data"], answer.code) == (None, "FORBIDDEN")


async def test_who_waits_is_told_to_whoever_sees_children_that_are_nobodys_own(
    graph: Graph, authority: Authority, records: Records
) -> None:
    await records.care_period(await records.child("CH004"), date(2026, 8, 24))
    for role in Role:
        answer = await ask(graph, Case(CHILDREN, role, "other"), "{ awaitingAllocation { child { reference } } }")
        waiting = [each["child"]["reference"] for each in answer.data["awaitingAllocation"]]
        assert waiting == (["CH004"] if reach(table()[CHILDREN][role]) == "ALL" else [])


async def test_candidates_are_shown_to_whoever_allocates(graph: Graph, authority: Authority) -> None:
    for role, reference in product(Role, _REFERENCES.values()):
        answer = await ask(
            graph, Case(_DECIDE, role, "own"), "query ($reference: String!) { candidates(reference: $reference) { iro { code } } }",
            reference=reference,
        )  # fmt: skip
        if not may(role, "allocate"):
            assert (answer.body["data"], answer.code) == (None, "FORBIDDEN")
        elif reference == "CH999":
            assert (answer.body["data"], answer.code) == (None, "NOT_FOUND")
        else:
            assert {each["iro"]["code"] for each in answer.data["candidates"]} == {"IRO-01", "IRO-02"}


async def test_requests_are_there_for_whoever_allocates(graph: Graph, authority: Authority, records: Records) -> None:
    kept = await request(records.connection, authority.own, authority.colleague, from_iro=authority.officer)
    for role, identifier in product(Role, (kept, uuid4())):
        answer = await ask(
            graph, Case(_DECIDE, role, "own"),
            "query ($id: ID!) { node(id: $id) { id } allocationRequests { totalCount edges { node { id reason } } } }",
            id=global_id("AllocationRequest", identifier),
        )  # fmt: skip
        allowed = may(role, "allocate")
        assert (answer.data["node"] is not None) is (allowed and identifier == kept)
        listed = answer.data["allocationRequests"]
        assert (listed["totalCount"], len(listed["edges"])) == ((1, 1) if allowed else (0, 0))


async def test_a_rebalancing_is_there_for_whoever_may_rebalance(graph: Graph, authority: Authority, records: Records) -> None:
    kept = await rebalancing(records.connection, authority)
    for role, identifier in product(Role, (kept, uuid4())):
        answer = await ask(
            graph, Case(_DECIDE, role, "own"), "query ($id: ID!) { rebalancing(id: $id) { message } node(id: $id) { id } }",
            id=global_id("Rebalancing", identifier),
        )  # fmt: skip
        allowed = may(role, "rebalance") and identifier == kept
        assert (answer.data["rebalancing"] is not None, answer.data["node"] is not None) == (allowed, allowed)


# ------------------------------------------------------------------------------------------------------------ doing

_FORBIDDEN, _NOT_THERE = {"Forbidden"}, {"NotFound"}


async def _said(graph: Graph, role: Role, name: str, stated: dict[str, Any]) -> str:
    kind = "RunActionInput" if name in ("undoRebalancing", "cancelRun", "applyPlan") else f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ __typename }} }}"
    body = {"requestKey": f"key-{next(_KEYS)}", **stated}
    answer: Answer = await graph.ask(document, {"input": body}, role=role, code=CODES.get(role), children=("CH001",))
    found: str = answer.data[name]["__typename"]
    return found


async def test_a_person_decides_who_has_a_child_if_the_table_lets_her(graph: Graph, authority: Authority) -> None:
    done = {"ChildrenAllocated", "AllocationRequested"}
    for role, reference in product(Role, _REFERENCES.values()):
        said = await _said(graph, role, "allocateTo", {"reference": reference, "iroCode": "IRO-02", "reason": "she knows the family"})
        expected = _FORBIDDEN if not may(role, "allocate") else _NOT_THERE if reference == "CH999" else {*done, "InvalidInput"}
        assert said in expected, (role, reference)
    for role in Role:
        said = await _said(graph, role, "allocateTo", {"reference": "CH001", "iroCode": "IRO-99", "reason": "r"})
        assert said in (_NOT_THERE if may(role, "allocate") else _FORBIDDEN), role


async def test_children_are_allocated_by_whoever_the_table_lets_allocate(graph: Graph, authority: Authority) -> None:
    for role in Role:
        one = [await _said(graph, role, "allocateChildren", {"references": [each]}) for each in ("CH001", "CH999")]
        everybody = await _said(graph, role, "allocateChildren", {})
        allowed = ["ChildrenAllocated", "NotFound", "AllocationQueued"]
        assert [*one, everybody] == (allowed if may(role, "allocate") else ["Forbidden"] * 3), role


async def test_a_request_is_decided_by_whoever_the_table_lets_override_and_nobody_else(
    graph: Graph, authority: Authority, records: Records
) -> None:
    for role in Role:
        await records.connection.execute("DELETE FROM allocation_request")
        kept = await request(records.connection, authority.own, authority.colleague, by="manager:another", from_iro=authority.officer)
        may_approve = table()[_APPROVE][role] not in ("", "–")
        for identifier in (uuid4(), kept):
            stated = {"id": global_id("AllocationRequest", identifier), "approve": False, "reason": "r"}
            said = await _said(graph, role, "decideAllocationRequest", stated)
            expected = {"Forbidden", "NotFound"} if not may_approve else _NOT_THERE if identifier != kept else {"AllocationRequestDecided"}
            assert said in expected, (role, said)
        wrong = {"id": global_id("AllocationRun", kept), "approve": False, "reason": "r"}
        assert await _said(graph, role, "decideAllocationRequest", wrong) in ("NotFound", "Forbidden")


async def test_a_rebalancing_is_asked_for_by_whoever_the_table_says(graph: Graph, authority: Authority) -> None:
    for role in Role:
        allowed = may(role, "rebalance")
        assert await _said(graph, role, "proposeRebalancing", {"maxMoves": 3}) == ("RebalancingQueued" if allowed else "Forbidden")
        for body in ({"absentIros": ["IRO-99"]}, {"keepReferences": ["CH999"]}):
            said = await _said(graph, role, "proposeRebalancing", {"maxMoves": 3, **body})
            assert said == ("NotFound" if allowed else "Forbidden")


@pytest.mark.parametrize("mutation", ["applyRebalancing", "undoRebalancing", "cancelRun"])
async def test_a_rebalancing_is_changed_by_whoever_the_table_says(
    graph: Graph, authority: Authority, records: Records, mutation: str
) -> None:
    gone = await rebalancing(records.connection, authority, state="CANCELLED")
    for role, identifier in product(Role, (gone, uuid4())):
        said = await _said(graph, role, mutation, {"id": global_id("Rebalancing", identifier), "reason": "r"})
        expected = _FORBIDDEN if not may(role, "rebalance") else {"InvalidInput"} if identifier == gone else _NOT_THERE
        assert said in expected, (role, identifier == gone)


async def test_a_run_is_cancelled_by_whoever_may_ask_for_one(graph: Graph, authority: Authority, records: Records) -> None:
    runs = {"Plan": ("plan", records.plan), "AllocationRun": ("allocate", records.allocation_run)}
    for role, (kind, (right, make)) in product(Role, runs.items()):
        allowed, waits = may(role, right), await make(state="QUEUED")
        assert await _said(graph, role, "cancelRun", {"id": global_id(kind, uuid4())}) == ("NotFound" if allowed else "Forbidden")
        said = [await _said(graph, role, "cancelRun", {"id": global_id(kind, waits)}) for _ in range(2)]
        assert said == (["Applied", "InvalidInput"] if allowed else ["Forbidden", "Forbidden"]), (role, kind)
    for role in Role:
        assert await _said(graph, role, "applyPlan", {"id": global_id("Plan", uuid4())}) == (
            "NotFound" if may(role, "plan") else "Forbidden"
        )
    for kind in ("Child", "AllocationRequest", "Nothing"):
        assert await _said(graph, Role.MANAGER, "cancelRun", {"id": global_id(kind, uuid4())}) == "NotFound"


WORKING_TIME: dict[str, dict[str, Any]] = {
    "recordReduction": {"firstDay": "2026-09-01", "wte": "0.2", "reason": "induction"},
    "changeWte": {"fromDay": "2026-09-01", "wte": "0.8"},
    "recordLeaving": {"lastDay": "2026-12-31"},
    "endReduction": {"lastDay": "2026-09-30"},
}


async def test_a_scheme_is_set_by_whoever_the_table_says(graph: Graph, authority: Authority) -> None:
    scheme = {"effectiveFrom": "2026-09-01", "limitPerWte": "85", "factors": []}
    for role in Role:
        said = await _said(graph, role, "setWeightingScheme", scheme)
        assert said == ("WeightingSchemeSet" if may(role, "weighting scheme") else "Forbidden"), role


async def test_working_time_is_recorded_by_managers_alone(graph: Graph, authority: Authority, records: Records) -> None:
    for role in Role:
        kept = await _reduction(records, authority.officer)
        for name, body in WORKING_TIME.items():
            there = {"id": global_id("Reduction", kept)} if name == "endReduction" else {"iroCode": "IRO-01"}
            never = {"id": global_id("Reduction", uuid4())} if name == "endReduction" else {"iroCode": "IRO-99"}
            said = [await _said(graph, role, name, {**body, **which}) for which in (there, never)]
            assert said == (["WorkingTimeRecorded", "NotFound"] if role is Role.MANAGER else ["Forbidden", "Forbidden"]), (role, name)
        wrong = {"id": global_id("Absence", kept), **WORKING_TIME["endReduction"]}
        assert await _said(graph, role, "endReduction", wrong) in ("NotFound", "Forbidden")


async def test_reductions_are_shown_to_whoever_sees_the_caseload(graph: Graph, authority: Authority, records: Records) -> None:
    kept = {"own": await _reduction(records, authority.officer), "other": await _reduction(records, authority.colleague)}
    for case in cases(CASELOADS):
        identifier, code = global_id("Reduction", kept.get(case.whose, uuid4())), {"own": "IRO-01", "other": "IRO-02"}.get(case.whose, "X")
        answer = await ask(
            graph, case, "query ($id: ID!, $code: String!) { node(id: $id) { id } iro(code: $code) { reductions { id } } }",
            id=identifier, code=code,
        )  # fmt: skip
        assert (answer.data["node"] is not None) is case.allowed, case
        if answer.data["iro"] is not None:
            assert bool(answer.data["iro"]["reductions"]) is case.allowed, case


async def _reduction(records: Records, officer: UUID) -> UUID:
    identifier = uuid4()
    await records.connection.execute(
        "INSERT INTO capacity_reduction (id, resource_id, in_force, wte, reason) VALUES ($1, $2, daterange('2026-09-01', NULL), 0.1, 'r')",
        identifier, officer,
    )  # fmt: skip
    return identifier


async def test_who_reviews_a_foster_home_is_named_by_whoever_allocates(graph: Graph, authority: Authority, records: Records) -> None:
    await records.connection.execute("INSERT INTO foster_household (id, reference) VALUES ($1, 'FH01')", uuid4())
    for role, reference, code in product(Role, ("FH01", "FH99"), ("IRO-02", "IRO-99")):
        body = {"householdReference": reference, "iroCode": code, "fromDay": "2026-09-01"}
        said = await _said(graph, role, "nameHouseholdReviewer", body)
        there = (reference, code) == ("FH01", "IRO-02")
        refused = _NOT_THERE if reference == "FH99" else {"NotFound", "InvalidInput"}
        expected = _FORBIDDEN if not may(role, "allocate") else {"HouseholdRecorded", "InvalidInput"} if there else refused
        assert said in expected, (role, reference, code, said)


async def test_what_bars_an_officer_is_declared_by_whoever_records_of_every_child(graph: Graph, authority: Authority) -> None:
    for role, (whose, reference), code in product(Role, _REFERENCES.items(), ("IRO-02", "IRO-99")):
        body = {"reference": reference, "iroCode": code, "reason": "once its social worker"}
        cell = table()[CHILDREN][role]
        records_all = cell == "all" or "record" in cell.split(", ")
        for name, more in (("declareConflict", {"ground": "HAD_CHARGE"}), ("withdrawConflict", {})):
            said = await _said(graph, role, name, {**body, **more})
            there = whose != "never" and code == "IRO-02"
            expected = _FORBIDDEN if not records_all else {"ChildRecorded", "InvalidInput"} if there else _NOT_THERE
            assert said in expected, (role, name, whose, code)


def test_every_mutation_of_allocation_is_asked_of_every_role() -> None:
    mutations = build_schema()._schema.mutation_type
    assert mutations is not None
    told = {"allocateTo", "decideAllocationRequest", "proposeRebalancing", "applyRebalancing", "undoRebalancing", "cancelRun"}
    of_allocation = ("AllocateChildrenResult", "DecideAllocationRequestResult", "RebalancingResult", "ApplyResult", "WorkingTimeResult")
    there = {name for name, field in mutations.fields.items() if str(field.type).rstrip("!") in of_allocation}
    assert there == {*told, *WORKING_TIME, "allocateChildren", "applyPlan"}
