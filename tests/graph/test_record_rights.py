"""Who may read and record what of every kind of record: the contract's table x roles x {own, not own, gone, never existed}."""

from __future__ import annotations

from itertools import count, product
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull

from graph.schema import build_schema
from services.history.versions import open_version, withdraw_version
from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.rights import CHILDREN, CODES, IMPORTS, Case, ask, cases, may_record, table
from tests.graph.stated import BETWEEN, JULY, OF_A_CHILD, Stated, state
from tests.graph.test_allocation_rights import WORKING_TIME
from tests.support.graph import Graph, global_id
from tests.support.records import Records

_KEYS = count()
_EDGES = ["carePeriods", "protectionPlans", "enquiries", "careStatuses", "transfers", "earlierReviews", "held", "obligations"]


@pytest.fixture
async def stated(records: Records, authority: Authority) -> Stated:
    return await state(records.connection, authority)


async def test_a_record_is_there_for_whom_the_table_says_now_and_as_it_was_known(graph: Graph, stated: Stated) -> None:
    edges = " ".join(f'{edge} {{ id }} {edge}Then: {edge}(asKnownAt: "{BETWEEN}") {{ id }}' for edge in _EDGES)
    for case in cases(CHILDREN):
        for name in OF_A_CHILD:
            identifier = {"own": stated.own, "other": stated.other}.get(case.whose, {}).get(name, uuid4())
            answer = await ask(graph, case, "query ($id: ID!) { node(id: $id) { id } }", id=global_id(name, identifier))
            assert (answer.data["node"] is not None) is case.allowed, (case, name)
        reference = {"own": "CH001", "other": "CH002", "never": "CH999"}[case.whose]
        shown = (await ask(graph, case, f'{{ child(reference: "{reference}") {{ {edges} }} }}')).data["child"]
        assert (shown is not None) is case.allowed
        assert shown is None or all(shown[edge] and shown[f"{edge}Then"] for edge in _EDGES)


async def test_a_note_taker_who_knows_whom_a_meeting_concerns_reads_no_record_of_the_child(graph: Graph, stated: Stated) -> None:
    edges = " ".join(f'{edge} {{ id }} {edge}Then: {edge}(asKnownAt: "{BETWEEN}") {{ id }}' for edge in _EDGES)
    child = f"... on Child {{ reference diedOn otherReferences {edges} }}"
    document = f'{{ meetingByReference(reference: "M-OWN1-OWN1") {{ items {{ subject {{ {child} }} }} }} }}'
    answer = await graph.ask(document, role=Role.NOTE_TAKER, code="NT-01")
    shown = answer.data["meetingByReference"]["items"][0]["subject"]
    assert shown.pop("reference") == "CH001"
    assert not any(shown.values())


async def test_a_household_is_there_for_whoever_sees_every_child(graph: Graph, stated: Stated) -> None:
    for case in cases(CHILDREN):
        whole = table()[CHILDREN][case.role] in ("all", "read", "read, record")
        identifier = stated.household if case.whose != "never" else uuid4()
        reference = "FH01" if case.whose != "never" else "FH99"
        answer = await ask(
            graph, case,
            """query ($id: ID!, $reference: String!, $held: ID!) { node(id: $id) { id } household(reference: $reference) { id }
               held: node(id: $held) { id } households { totalCount edges { node { reference } } } }""",
            id=global_id("FosterHousehold", identifier), reference=reference, held=global_id("HeldRecord", stated.household_held),
        )  # fmt: skip
        found = (answer.data["node"] is not None, answer.data["household"] is not None)
        assert found == ((whole and case.whose != "never"),) * 2
        assert (answer.data["held"] is not None) is whole
        listed = answer.data["households"]
        assert (listed["totalCount"], len(listed["edges"])) == ((1, 1) if whole else (0, 0))


# ------------------------------------------------------------------------------------------------------ recording

_OF_A_REFERENCE: dict[str, dict[str, Any]] = {
    "recordBirth": {"bornOn": "2026-08-30"},
    "startCarePeriod": {"startedOn": "2026-08-12"},
    "startCareStatus": {"status": "SECURE", "startedOn": "2026-08-20"},
    "endCareStatus": {"status": "SECURE", "endedOn": "2026-08-28", "reason": "ENDED"},
    "startProtectionPlan": {"startedOn": "2026-08-01"},
    "recordTransferOut": {"notifiedOn": "2026-08-20"},
    "completeTransferOut": {"conferenceOn": "2026-08-28"},
    "withdrawTransfer": {"direction": "OUT", "withdrawnOn": "2026-08-28"},
    "recordCircumstances": {"fromDay": "2026-08-20", "placedMiles": 30, "needs": ["neglect"]},
    "callEarlierReview": {"kind": "CARE_REVIEW", "byOn": "2026-09-04", "reason": "CHILD_REQUESTS"},
    "endProtectionPlan": {"endedOn": "2026-08-28", "reason": "MOVED_ABROAD"},
    "endCarePeriod": {"endedOn": "2026-08-28", "reason": "E8"},
    "correctChild": {"reason": "r", "bornOn": "2015-05-01"},
    "correctSiblingGroup": {"reason": "r", "siblingOf": None},
    "recordAdoptionOrder": {"madeOn": "2026-08-31"},
    "recordDeath": {"diedOn": "2026-08-31"},
}
_OF_REFERENCES: dict[str, dict[str, Any]] = {
    "recordStrategyDiscussion": {"heldOn": "2026-08-28"},
    "recordTransferIn": {"notifiedOn": "2026-08-28"},
    "recordHeldMeeting": {"kind": "CARE_REVIEW", "heldOn": "2026-08-28"},
}
_OF_A_RECORD: dict[str, tuple[str, dict[str, Any]]] = {
    "correctCarePeriod": ("CarePeriod", {"startedOn": "2025-01-06"}),
    "correctProtectionPlan": ("ProtectionPlan", {"startedOn": "2025-05-06"}),
    "correctEnquiry": ("Enquiry", {"initiatingDiscussionOn": "2025-04-14"}),
    "correctHeldRecord": ("HeldRecord", {"heldOn": "2025-02-19"}),
    "correctCareStatus": ("CareStatusRecord", {"startedOn": "2025-01-06"}),
    "correctTransfer": ("Transfer", {"notifiedOn": "2025-04-10"}),
    "correctEarlierReview": ("EarlierReview", {"byOn": "2025-02-20"}),
}
_OF_TWO: dict[str, str] = {"correctSiblingGroup": "siblingOf", "correctParentage": "parentOf"}
"""By the field that names the other child."""
_OF_THE_UNIT: dict[str, dict[str, Any]] = {
    "registerChild": {"bornOn": "2020-01-01"},
    "approveHousehold": {"approvedOn": "2026-08-01"},
    "endHouseholdApproval": {"endedOn": "2026-08-28", "reason": "resigned"},
    "correctHousehold": {"reason": "r", "approvedOn": "2024-09-16"},
}
"""Of a child that is nobody's yet, and of households, which are nobody's own."""


def test_every_mutation_of_a_record_is_asked_of_every_role() -> None:
    mutations = build_schema()._schema.mutation_type
    assert mutations is not None
    of_records = {name for name, field in mutations.fields.items() if "Recorded" in str(field.type.of_type.types[0])}
    told = {*_OF_A_REFERENCE, *_OF_REFERENCES, *_OF_A_RECORD, *_OF_TWO, *_OF_THE_UNIT, "recordAbsence"}
    told |= {*WORKING_TIME, "declareConflict", "withdrawConflict", "nameHouseholdReviewer"}  # in test_allocation_rights
    assert {name for name in of_records if name not in told} == set()
    for field in mutations.fields.values():
        stated = field.args["input"].type
        assert isinstance(stated, GraphQLNonNull)
        assert isinstance(stated.of_type, GraphQLInputObjectType)
        assert "requestKey" in stated.of_type.fields


async def _said(graph: Graph, role: Role, name: str, stated: dict[str, Any]) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ __typename }} }}"
    body = {"requestKey": f"key-{next(_KEYS)}", **stated}
    answer = await graph.ask(document, {"input": body}, role=role, code=CODES.get(role), children=("CH001",))
    found: str = answer.data[name]["__typename"]
    return found


def _expected(role: Role, whose: str) -> set[str]:
    if not any(may_record(role, each) for each in ("own", "other")):
        return {"Forbidden"}
    return {"ChildRecorded", "ChildrenRecorded", "HouseholdRecorded", "InvalidInput"} if may_record(role, whose) else {"NotFound"}


async def test_of_a_child_records_whoever_the_table_says_and_nobody_else(graph: Graph, stated: Stated) -> None:
    for role, (whose, reference) in product(Role, {"own": "CH001", "other": "CH002", "never": "CH999"}.items()):
        for name, body in _OF_REFERENCES.items():
            assert await _said(graph, role, name, {"references": [reference], **body}) in _expected(role, whose), (role, name, whose)
        for name, body in _OF_A_REFERENCE.items():
            assert await _said(graph, role, name, {"reference": reference, **body}) in _expected(role, whose), (role, name, whose)


async def test_one_child_out_of_reach_among_several_and_nothing_is_recorded(graph: Graph, stated: Stated, records: Records) -> None:
    before = await records.connection.fetchval("SELECT count(*) FROM held_record")
    for name, body in _OF_REFERENCES.items():
        assert await _said(graph, Role.IRO, name, {"references": ["CH001", "CH002"], **body}) == "NotFound"
    assert await records.connection.fetchval("SELECT count(*) FROM held_record") == before


async def test_of_two_children_records_whoever_may_record_of_both(graph: Graph, stated: Stated) -> None:
    for role, (name, field) in product(Role, _OF_TWO.items()):
        for whose, other in (("other", "CH002"), ("never", "CH999")):
            said = await _said(graph, role, name, {"reference": "CH001", field: other, "reason": "r"})
            assert said in _expected(role, whose), (role, name, whose)
            said = await _said(graph, role, name, {"reference": other, field: "CH001", "reason": "r"})
            assert said in _expected(role, whose), (role, name, whose)


async def test_a_record_is_corrected_by_whoever_the_table_says_and_nobody_else(
    graph: Graph, stated: Stated, authority: Authority, records: Records
) -> None:
    gone = await _withdrawn(records, authority.own)
    for role, (name, (kind, body)) in product(Role, _OF_A_RECORD.items()):
        for whose, identifier in (("own", stated.own[kind]), ("other", stated.other[kind]), ("gone", gone[kind]), ("never", uuid4())):
            said = await _said(graph, role, name, {"id": global_id(kind, identifier), "reason": "r", **body})
            assert said in _expected(role, whose), (role, name, whose)
        other_kind = global_id("Child", stated.own[kind])
        assert await _said(graph, role, name, {"id": other_kind, "reason": "r", **body}) in ("NotFound", "Forbidden")


async def _withdrawn(records: Records, child_id: UUID) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for name, (table_name, values) in OF_A_CHILD.items():
        found[name] = await open_version(records.connection, table_name, {**values, "child_id": child_id}, source="TEST", at=JULY)
        await withdraw_version(records.connection, table_name, found[name], at=JULY)
    return found


async def test_what_is_nobodys_own_is_recorded_by_whoever_records_all(graph: Graph, stated: Stated) -> None:
    for role, (name, body), reference in product(Role, _OF_THE_UNIT.items(), ("FH01", "FH99")):
        said = await _said(graph, role, name, {"reference": reference, **body})
        assert (said == "Forbidden") is not may_record(role, "other"), (role, name)


async def test_a_review_of_a_household_is_recorded_and_corrected_by_whoever_records_all(graph: Graph, stated: Stated) -> None:
    review = {"kind": "FOSTER_HOME_REVIEW", "heldOn": "2026-08-28"}
    for role in Role:
        recorded = await _said(graph, role, "recordHeldMeeting", {"householdReference": "FH01", **review})
        held = {"id": global_id("HeldRecord", stated.household_held), "reason": "r", "heldOn": "2025-09-11"}
        corrected = await _said(graph, role, "correctHeldRecord", held)
        if may_record(role, "other"):
            assert {recorded, corrected} <= {"HouseholdRecorded", "InvalidInput"}, role
        else:
            assert {recorded, corrected} <= {"Forbidden", "NotFound"}, role


# ---------------------------------------------------------------------------------------------- reports and figures


async def test_import_reports_are_there_for_whom_the_table_says(graph: Graph, authority: Authority, records: Records) -> None:
    report = await import_report(records, {"REFUSED": ["CH001"], "NOTE": ["CH002", None]})
    for role in Role:
        cell = table()[IMPORTS][role]
        answer = await ask(
            graph, Case(IMPORTS, role, "own"),
            """query ($id: ID!) { node(id: $id) { id }
               importReports { totalCount edges { node { findings { edges { node { rule } } } } } } }""",
            id=global_id("ImportReport", report),
        )  # fmt: skip
        allowed = cell in ("both", "imports")
        assert (answer.data["node"] is not None) is allowed
        assert (answer.data["importReports"]["totalCount"], len(answer.data["importReports"]["edges"])) == ((1, 1) if allowed else (0, 0))


async def import_report(records: Records, findings: dict[str, list[str | None]]) -> UUID:
    """A report with findings of these severities about these references."""
    identifier = uuid4()
    counts = {"rows": 9, "taken": 2, "changed": 1, "unchanged": 1, "refused": 1}
    await records.connection.execute(
        "INSERT INTO import_report (id, source, file_name, as_of, made_by, made_at, counts) "
        "VALUES ($1, 'SSDA903', 'return.xml', '2026-08-31', 'test', $2, $3)",
        identifier, JULY, {**counts, "findings": {severity: len(found) for severity, found in findings.items()}},
    )  # fmt: skip
    rows = [(severity, reference) for severity, found in findings.items() for reference in found]
    for number, (severity, reference) in enumerate(rows, 1):
        await records.connection.execute(
            "INSERT INTO import_finding (import_id, number, file_name, line, child_reference, rule, severity, message) "
            "VALUES ($1, $2, 'header.csv', $2, $3, $5, $4, 'what was found')",
            identifier, number, reference, severity, f"R{number}",
        )  # fmt: skip
    return identifier


async def test_timeliness_is_told_of_the_children_whom_the_table_says(graph: Graph, authority: Authority, stated: Stated) -> None:
    document = (
        '{ timeliness(from: "2025-01-01", to: "2026-08-31") { indicators { denominator } meetings { edges { node { reference } } } } }'
    )
    for role in Role:
        answer = await ask(graph, Case(CHILDREN, role, "own"), document)
        cell = table()[CHILDREN][role]
        if cell == "–":
            assert answer.code == "FORBIDDEN"
            continue
        shown = {edge["node"]["reference"] for edge in answer.data["timeliness"]["meetings"]["edges"]}
        assert shown == ({"CH001"} if "own" in cell else {"CH001", "CH002", "FH01"})
