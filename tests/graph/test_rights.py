"""Who may read what: generated from the contract's table x roles x {own, not own, never existed}.

What is refused must look exactly like what never existed: the same shape, no error, no other status.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.rights import CASELOADS, CHILDREN, MEETINGS, SUBJECTS, Case, ask, cases, table
from tests.support.graph import Graph, global_id
from tests.support.records import Records


def test_the_table_of_the_contract_is_read_whole() -> None:
    assert {len(row) for row in table().values()} == {8}
    assert {CHILDREN, MEETINGS, SUBJECTS, CASELOADS} <= set(table())


async def test_a_child_is_there_for_whom_the_table_says_and_for_nobody_else(graph: Graph, authority: Authority) -> None:
    for case in cases(CHILDREN):
        await _check_a_child_is_there_for_whom_the_table_says_and_for_nobody_else(graph, authority, case)


async def _check_a_child_is_there_for_whom_the_table_says_and_for_nobody_else(graph: Graph, authority: Authority, case: Case) -> None:
    reference = {"own": "CH001", "other": "CH002", "never": "CH999"}[case.whose]
    identifier = {"own": authority.own, "other": authority.other, "never": uuid4()}[case.whose]
    duty = {"own": authority.own_duty, "other": authority.other_duty, "never": uuid4()}[case.whose]
    answer = await ask(
        graph, case,
        """query ($reference: String!, $id: ID!, $duty: ID!) {
             child(reference: $reference) { reference weight { points } obligations { kind } carePeriods { startedOn } }
             node(id: $id) { id } duty: node(id: $duty) { id }
             children(first: 100) { edges { node { reference } } } obligations(first: 100) { edges { node { id } } } }""",
        reference=reference, id=global_id("Child", identifier), duty=global_id("Obligation", duty),
    )  # fmt: skip
    data = answer.data
    if case.allowed:
        assert data["child"]["obligations"]
        assert (data["node"]["id"], data["duty"]["id"]) == (global_id("Child", identifier), global_id("Obligation", duty))
    else:
        assert (data["child"], data["node"], data["duty"]) == (None, None, None)
    listed = {edge["node"]["reference"] for edge in data["children"]["edges"]}
    owed = {edge["node"]["id"] for edge in data["obligations"]["edges"]}
    assert ((reference in listed), (global_id("Obligation", duty) in owed)) == (case.allowed, case.allowed)


async def test_a_meeting_is_there_for_whom_the_table_says_and_for_nobody_else(graph: Graph, authority: Authority) -> None:
    for case in cases(MEETINGS):
        await _check_a_meeting_is_there_for_whom_the_table_says_and_for_nobody_else(graph, authority, case)


async def _check_a_meeting_is_there_for_whom_the_table_says_and_for_nobody_else(graph: Graph, authority: Authority, case: Case) -> None:
    identifier = {"own": authority.own_meeting, "other": authority.other_meeting, "never": uuid4()}[case.whose]
    reference = {"own": "M-OWN1-OWN1", "other": "M-OTH2-OTH2", "never": "M-NEVE-NEVE"}[case.whose]
    answer = await ask(
        graph, case,
        """query ($id: ID!, $reference: String!) {
             meeting(id: $id) { state startsAt } node(id: $id) { id } meetingByReference(reference: $reference) { state }
             meetings(filter: {from: "2026-09-01", to: "2026-09-30"}) { totalCount edges { node { reference } } } }""",
        id=global_id("Meeting", identifier), reference=reference,
    )  # fmt: skip
    data = answer.data
    found = (data["meeting"] is not None, data["node"] is not None, data["meetingByReference"] is not None)
    assert found == (case.allowed,) * 3
    listed = {edge["node"]["reference"] for edge in data["meetings"]["edges"]}
    assert (reference in listed) is case.allowed
    assert data["meetings"]["totalCount"] == len(listed)


async def test_whom_a_meeting_concerns_is_told_to_whom_the_table_says(graph: Graph, authority: Authority) -> None:
    for case in cases(SUBJECTS):
        await _check_whom_a_meeting_concerns_is_told_to_whom_the_table_says(graph, authority, case)


async def _check_whom_a_meeting_concerns_is_told_to_whom_the_table_says(graph: Graph, authority: Authority, case: Case) -> None:
    identifier = {"own": authority.own_meeting, "other": authority.other_meeting, "never": uuid4()}[case.whose]
    answer = await ask(
        graph, case,
        """query ($id: ID!) { meeting(id: $id) {
             kind timeliness items { kind subject { ... on Child { reference } } } attendees { role } history { what reason } } }""",
        id=global_id("Meeting", identifier),
    )  # fmt: skip
    meeting = answer.data["meeting"]
    if meeting is None:
        assert not case.allowed
        return
    if case.allowed:
        assert meeting["items"][0]["subject"]["reference"] == {"own": "CH001", "other": "CH002"}[case.whose]
        assert (meeting["kind"], meeting["attendees"][0]["role"]) == ("CARE_REVIEW", "social worker")
    else:
        assert (meeting["kind"], meeting["items"], meeting["attendees"]) == (None, None, None)
        assert meeting["timeliness"] == "NOT_APPLICABLE"
    assert meeting["history"] == [{"what": "BOOKED", "reason": "a family reason" if case.allowed else None}]


async def test_a_caseload_is_shown_to_whom_the_table_says(graph: Graph, authority: Authority) -> None:
    for case in cases(CASELOADS):
        await _check_a_caseload_is_shown_to_whom_the_table_says(graph, authority, case)


async def _check_a_caseload_is_shown_to_whom_the_table_says(graph: Graph, authority: Authority, case: Case) -> None:
    code = {"own": "IRO-01", "other": "IRO-02", "never": "IRO-99"}[case.whose]
    answer = await ask(graph, case, "{ caseloads { iro { code } points } }")
    assert (code in {each["iro"]["code"] for each in answer.data["caseloads"]}) is case.allowed


async def test_feeds_are_listed_to_whom_the_table_says(graph: Graph, authority: Authority, records: Records) -> None:
    for case in cases("feeds"):
        await _check_feeds_are_listed_to_whom_the_table_says(graph, authority, records, case)


async def _check_feeds_are_listed_to_whom_the_table_says(graph: Graph, authority: Authority, records: Records, case: Case) -> None:
    own = {
        Role.IRO: ("IRO", authority.officer), Role.NOTE_TAKER: ("NOTE_TAKER", authority.note_taker),
        Role.POLICE_LIAISON: ("POLICE_TEAM", authority.team), Role.BUSINESS_SUPPORT: ("ROOM", authority.room),
    }.get(case.role, ("IRO", authority.officer))  # fmt: skip
    mine = await records.feed(own[0], owner=own[1])
    theirs = await records.feed("IRO", owner=authority.colleague)
    identifier = {"own": mine, "other": theirs, "never": uuid4()}[case.whose]
    answer = await ask(
        graph, case, "query ($id: ID!) { calendarFeeds { id } node(id: $id) { id } }", id=global_id("CalendarFeed", identifier)
    )
    cell = table()["feeds"][case.role]
    allowed = case.whose != "never" and (cell == "all" or (cell != "–" and case.whose == "own"))
    assert (global_id("CalendarFeed", identifier) in {feed["id"] for feed in answer.data["calendarFeeds"]}) is allowed
    assert (answer.data["node"] is not None) is allowed


async def test_absences_are_shown_and_reasons_kept(graph: Graph, authority: Authority, records: Records) -> None:
    for case in cases("absences"):
        await _check_absences_are_shown_and_reasons_kept(graph, authority, records, case)


async def _check_absences_are_shown_and_reasons_kept(graph: Graph, authority: Authority, records: Records, case: Case) -> None:
    mine = {Role.NOTE_TAKER: authority.note_taker, Role.BUSINESS_SUPPORT: authority.note_taker}.get(case.role, authority.officer)
    when = datetime(2026, 9, 21, tzinfo=UTC)
    own, other = await records.absence(mine, when), await records.absence(authority.colleague, when)
    identifier = {"own": own, "other": other, "never": uuid4()}[case.whose]
    answer = await ask(
        graph, case, "query ($id: ID!) { node(id: $id) { ... on Absence { from reason } } }", id=global_id("Absence", identifier)
    )
    cell = table()["absences"][case.role]
    whole = cell in ("all", "read")
    allowed = case.whose != "never" and (whole or (cell != "–" and case.whose == "own" and case.role is not Role.POLICE_LIAISON))
    assert (answer.data["node"] is not None) is allowed
    if allowed:
        tells = case.role is Role.MANAGER or (case.role in (Role.IRO, Role.NOTE_TAKER) and case.whose == "own")
        assert answer.data["node"]["reason"] == ("SICKNESS" if tells else None)


_PLANS = "allocate, rebalance, plan, weighting scheme"


@pytest.mark.parametrize("role", list(Role))
async def test_plans_and_runs_are_there_for_whoever_may_ask_for_them(
    graph: Graph, authority: Authority, records: Records, role: Role
) -> None:
    plan, run = await records.plan(), await records.allocation_run()
    answer = await ask(
        graph, Case(_PLANS, role, "own"), "query ($plan: ID!, $run: ID!) { plan(id: $plan) { id } allocationRun(id: $run) { id } }",
        plan=global_id("Plan", plan), run=global_id("AllocationRun", run),
    )  # fmt: skip
    cell = table()[_PLANS][role]
    assert (answer.data["plan"] is not None) is (cell == "yes" or "plan" in cell)
    assert (answer.data["allocationRun"] is not None) is (cell == "yes" or "allocate" in cell)


_EDGES = """
{ meetings(first: 5, filter: {from: "2026-09-01", to: "2026-09-30"}) { edges { node {
    reference venue items { subject { ... on Child { reference bornOn siblings { reference } carePeriods { startedOn }
      obligations { kind } iro { code } allocations { reason } meetings(first: 3) { edges { node { reference } } } } }
      obligation { triggeredBy } }
    chair { code children(first: 3) { totalCount edges { node { reference } } }
      meetings(first: 3) { edges { node { reference items { kind } } } } absences { reason } } } } }
  iros(first: 5) { edges { node { code children(first: 9) { edges { node { reference } } } absences { reason } } } }
  noteTakers { code } policeTeams { code } }
"""


@pytest.mark.parametrize("role", [Role.IRO, Role.NOTE_TAKER, Role.POLICE_LIAISON, Role.SOCIAL_WORKER])
async def test_no_edge_leads_to_a_child_that_is_not_ones_own(graph: Graph, authority: Authority, records: Records, role: Role) -> None:
    await records.absence(authority.colleague, datetime(2026, 9, 21, tzinfo=UTC))
    answer = await ask(graph, Case(CHILDREN, role, "own"), _EDGES)
    assert answer.data
    shown = str(answer.body)
    assert "CH002" not in shown
    assert "CH003" not in shown
    assert "SICKNESS" not in shown
    assert ("a school" in shown) is False


async def test_a_note_taker_learns_whom_a_meeting_concerns_and_nothing_else_of_the_child(graph: Graph, authority: Authority) -> None:
    answer = await ask(graph, Case(SUBJECTS, Role.NOTE_TAKER, "own"), _EDGES)
    (edge,) = answer.data["meetings"]["edges"]
    child = edge["node"]["items"][0]["subject"]
    assert child["reference"] == "CH001"
    assert (child["bornOn"], child["siblings"], child["carePeriods"], child["obligations"], child["iro"], child["allocations"]) == (
        None, [], [], [], None, [],
    )  # fmt: skip
    assert edge["node"]["items"][0]["obligation"] is None


async def test_the_police_learn_where_their_meeting_is_but_not_whom_it_concerns(graph: Graph, authority: Authority) -> None:
    answer = await ask(graph, Case(MEETINGS, Role.POLICE_LIAISON, "own"), '{ meetingByReference(reference: "M-OWN1-OWN1") { venue kind } }')
    assert answer.data["meetingByReference"] == {"venue": "a refuge", "kind": None}


async def test_an_iro_whose_allocation_ended_sees_the_child_no_more(graph: Graph, authority: Authority, records: Records) -> None:
    await records.connection.execute(
        "UPDATE allocation SET held = daterange('2026-01-05', '2026-09-01') WHERE child_id = $1", authority.own
    )
    answer = await graph.ask('{ child(reference: "CH001") { reference } }', role=Role.IRO, code="IRO-01")
    assert answer.data == {"child": None}


async def test_whoever_has_left_is_let_in_no_more(graph: Graph, authority: Authority, records: Records) -> None:
    everything = '{ viewer { name } meetings(filter: {from: "2026-09-01", to: "2026-09-30"}) { totalCount } iros { totalCount } }'
    assert (await graph.ask(everything, role=Role.IRO, code="IRO-01")).data
    await records.connection.execute("UPDATE resource SET active = daterange('2020-01-01', '2026-09-01') WHERE id = $1", authority.officer)
    answer = await graph.ask(everything, role=Role.IRO, code="IRO-01")
    assert (answer.status, answer.body) == (403, {"errors": [{"message": "the bearer of this token is not in post"}]})
    for role, code in ((Role.IRO, "IRO-99"), (Role.NOTE_TAKER, "NT-99"), (Role.POLICE_LIAISON, "POL-99")):
        assert (await graph.ask(everything, role=role, code=code)).status == 403


async def _seen(records: Records) -> list[tuple[str, str]]:
    rows = await records.connection.fetch("SELECT actor, subject FROM audit_event WHERE action = 'READ_CHILD' ORDER BY id")
    return [(row["actor"], row["subject"]) for row in rows]


async def test_each_child_in_an_answer_is_on_record_once(graph: Graph, authority: Authority, records: Records) -> None:
    await graph.ask(
        '{ a: child(reference: "CH001") { reference } b: child(reference: "CH001") { siblings { reference } } }', role=Role.AUDITOR
    )
    expected = sorted([("auditor:AUDITOR", f"child:{authority.own}"), ("auditor:AUDITOR", f"child:{authority.other}")])
    assert sorted(await _seen(records)) == expected


async def test_what_tells_of_a_child_is_on_record_without_her_name_too(graph: Graph, authority: Authority, records: Records) -> None:
    facts = await graph.ask(
        '{ child(reference: "CH001") { carePeriods { id } protectionPlans { id } held { id } allocations { id } obligations { id } } }'
    )
    found = [each[0]["id"] for each in facts.data["child"].values()]
    assert len(found) == 5
    for identifier in found:
        await records.connection.execute("SET ROLE NONE")
        await records.connection.execute("TRUNCATE audit_event")
        answer = await graph.ask("query ($id: ID!) { node(id: $id) { id } }", {"id": identifier}, role=Role.AUDITOR)
        assert answer.data["node"]
        assert await _seen(records) == [("auditor:AUDITOR", f"child:{authority.own}")]


async def test_what_was_refused_is_not_on_record_as_seen(graph: Graph, authority: Authority, records: Records) -> None:
    await graph.ask('{ child(reference: "CH002") { reference } }', role=Role.IRO, code="IRO-01")
    assert await _seen(records) == []


async def test_an_answer_that_cannot_be_put_on_record_is_not_given(
    graph: Graph, authority: Authority, records: Records, database_url: str
) -> None:
    await records.connection.execute("SET ROLE NONE")
    await records.connection.execute("REVOKE INSERT ON audit_event FROM convene_app")
    answer = await graph.ask('{ child(reference: "CH001") { reference } }')
    assert answer.body["data"] is None
    assert answer.status == 200
    assert answer.code == "UNAVAILABLE"
    assert "CH001" not in str(answer.body)
