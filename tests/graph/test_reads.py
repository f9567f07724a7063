"""What the queries answer, and in how many statements."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.support.graph import Graph, global_id
from tests.support.records import Records

CHILD = """
query ($reference: String!) {
  child(reference: $reference) {
    id reference bornOn expectedOn dualStatus
    siblings { reference }
    carePeriods { id startedOn startedOnExact endedOn legalStatus }
    protectionPlans { id startedOn endedOn category }
    held { id kind heldOn participation timeliness source }
    iro { code name wte specialities }
    allocations { id from to reason approvedBy iro { code } child { reference } }
    weight { points factors { code points reason } }
    obligations {
      id kind triggeredOn triggeredBy rule { code amount unit legalBasis } statutoryDueOn censusDueOn bookByOn workingDaysLeft timeliness
      subject { __typename ... on Child { reference } }
      meeting { reference }
    }
    meetings(first: 5) { totalCount pageInfo { hasNextPage } edges { cursor node { reference } } }
  }
}
"""


async def test_a_child_answers_with_all_that_is_recorded_of_it(graph: Graph, authority: Authority) -> None:
    child = (await graph.ask(CHILD, {"reference": "CH001"})).data["child"]
    assert child["id"] == global_id("Child", authority.own)
    assert child["bornOn"] == "2015-05-01"
    assert child["dualStatus"] is True
    assert child["siblings"] == [{"reference": "CH002"}]
    assert [period["startedOn"] for period in child["carePeriods"]] == ["2026-08-10"]
    assert child["held"][0]["kind"] == "INITIAL_CONFERENCE"
    assert child["iro"] == {"code": "IRO-01", "name": "Name of IRO-01", "wte": "1", "specialities": ["neglect"]}
    assert child["allocations"][0]["from"] == "2026-01-05"
    assert child["allocations"][0]["to"] is None
    assert float(child["weight"]["points"]) > 0
    duty = child["obligations"][0]
    assert duty["statutoryDueOn"] == "2026-09-08"
    assert duty["workingDaysLeft"] == 5
    assert duty["timeliness"] == "NOT_YET_DUE"
    assert duty["subject"] == {"__typename": "Child", "reference": "CH001"}
    assert duty["meeting"] == {"reference": "M-OWN1-OWN1"}
    assert child["meetings"]["totalCount"] == 1
    assert child["meetings"]["edges"][0]["node"]["reference"] == "M-OWN1-OWN1"


MEETING = """
query ($id: ID!) {
  meeting(id: $id) {
    id reference kind state startsAt endsAt venue venueConfidential needs timeliness version provisionalUntil
    sittings { startsAt endsAt }
    items { kind timeliness subject { __typename ... on Child { reference } } obligation { kind } }
    chair { code } room { code seats features } noteTaker { code wte } policeTeam { code capacity }
    attendees { role agency arrivesAt required }
    invitations { attendee method sequence state sentAt reply }
    history { at by what reason }
  }
}
"""


async def test_a_meeting_answers_with_whom_it_concerns_and_who_takes_part(graph: Graph, authority: Authority) -> None:
    meeting = (await graph.ask(MEETING, {"id": global_id("Meeting", authority.own_meeting)})).data["meeting"]
    assert meeting["startsAt"] == "2026-09-03T09:00:00+00:00"
    assert meeting["kind"] == "CARE_REVIEW"
    assert meeting["items"] == [
        {
            "kind": "CARE_REVIEW",
            "timeliness": "NOT_YET_DUE",
            "subject": {"__typename": "Child", "reference": "CH001"},
            "obligation": {"kind": "CARE_REVIEW"},
        }
    ]
    assert (meeting["chair"]["code"], meeting["noteTaker"]["code"], meeting["policeTeam"]["code"]) == ("IRO-01", "NT-01", "POL-01")
    assert meeting["attendees"][0]["role"] == "social worker"
    assert meeting["history"][0]["reason"] == "a family reason"
    assert meeting["venue"] == "a refuge"


NESTED = """
{ iros(first: 10) { edges { node { code
    children(first: 20) { edges { node { reference obligations { kind }
      meetings(first: 1) { edges { node { startsAt room { code } } } } } } }
    meetings(first: 5) { edges { node { reference chair { code } } } }
} } } }
"""


async def test_a_nested_query_takes_one_statement_a_level_whatever_the_number_of_rows(
    graph: Graph, authority: Authority, records: Records
) -> None:
    await _more_children(records, authority, range(4))
    few = await graph.ask(NESTED)
    await _more_children(records, authority, range(4, 30))
    many = await graph.ask(NESTED)
    assert len(many.data["iros"]["edges"][0]["node"]["children"]["edges"]) == 16
    # officers; their children and meetings; the children's duties and meetings; the meetings, at two levels; rooms; chairs;
    # and the record of who saw whom
    assert max(len(few.statements), len(many.statements)) <= 10


async def _more_children(records: Records, authority: Authority, numbers: range) -> None:
    for number in numbers:
        child_id = await records.child(f"CH1{number:02}")
        await records.allocation(child_id, authority.officer if number % 2 else authority.colleague)
        duty = await records.obligation(child_id, "CARE_REVIEW", date(2026, 10, 1))
        starts_at = datetime(2026, 9, 10, 9, tzinfo=UTC) + timedelta(days=number)
        await records.meeting(f"M-{number:04}-AAAA", starts_at, [(child_id, duty)], chair=authority.officer, room=authority.room)


_MOST_STATEMENTS: list[tuple[str, int]] = [
        ("{ viewer { name role } }", 0),
        ("{ rooms { code } noteTakers { code } policeTeams { code } }", 3),
        ("{ children(first: 10) { edges { node { reference bornOn dualStatus } } } }", 2),
        ("{ children(first: 10) { totalCount } }", 3),
        ("{ obligations(first: 10) { edges { node { kind subject { ... on Child { reference } } } } } }", 2),
        ('{ meetings(filter: {from: "2026-09-01", to: "2026-09-30"}) { edges { node { reference items { kind } } } } }', 2),
        ("{ calendarFeeds { scope } }", 1),
    ]  # fmt: skip


async def test_a_query_takes_no_more_statements_than_it_needs(graph: Graph, authority: Authority) -> None:
    for document, most in _MOST_STATEMENTS:
        answer = await graph.ask(document)
        assert answer.data
        assert len(answer.statements) <= most, answer.statements


async def test_caseloads_and_scheme_are_answered(graph: Graph, authority: Authority) -> None:
    answer = await graph.ask(
        "{ caseloads { iro { code } asOf children childrenInCare childrenOnPlans points limit headroom utilisation state } "
        "weightingScheme { effectiveFrom limitPerWte nearShare factors { code points description } } }"
    )
    first = answer.data["caseloads"][0]
    assert (first["iro"]["code"], first["asOf"], first["children"], first["limit"]) == ("IRO-01", "2026-09-01", 1, "90")
    assert answer.data["weightingScheme"]["limitPerWte"] == "90"


async def _pages(graph: Graph, document: str, root: str, size: int) -> list[list[Any]]:
    pages, after = [], None
    while True:
        found = (await graph.ask(document, {"first": size, "after": after})).data[root]
        pages.append([edge["node"] for edge in found["edges"]])
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        if not found["pageInfo"]["hasNextPage"]:
            return pages
        after = found["pageInfo"]["endCursor"]


@pytest.mark.parametrize(
    ("root", "wanted"),
    [
        ("children", "reference"),
        ("obligations", "id"),
        ("iros", "code"),
        ("households", "reference"),
        ('meetings(filter: {from: "2026-09-01", to: "2026-12-31"},', "reference"),
    ],
)
async def test_pages_show_every_row_once_in_order(graph: Graph, authority: Authority, records: Records, root: str, wanted: str) -> None:
    for number in range(7):
        child_id = await records.child(f"CH9{number}")
        duty = await records.obligation(child_id, "CARE_REVIEW", date(2026, 10, 1) + timedelta(days=number // 3))
        starts_at = datetime(2026, 9, 10, 9, tzinfo=UTC) + timedelta(days=number // 2)
        await records.meeting(f"M-PAG{number}-AAAA", starts_at, [(child_id, duty)])
        await records.iro(f"IRO-9{number}")
        await records.connection.execute("INSERT INTO foster_household (id, reference) VALUES ($1, $2)", child_id, f"FH9{number}")
        await records.connection.execute(
            "INSERT INTO foster_household_fact (household_id, recorded, approved_on, source) VALUES ($1, tstzrange($2, NULL), $3, 'TEST')",
            child_id, starts_at, date(2026, 1, 5),
        )  # fmt: skip
    name, opening = root.split("(", maxsplit=1)[0], root if "(" in root else f"{root}("
    document = (
        f"query ($first: Int, $after: String) {{ {opening} first: $first, after: $after) "
        f"{{ totalCount pageInfo {{ hasNextPage hasPreviousPage endCursor }} edges {{ node {{ {wanted} }} }} }} }}"
    )
    whole = (await _pages(graph, document, name, 100))[0]
    pages = await _pages(graph, document, name, 2)
    assert [row for page in pages for row in page] == whole
    assert all(len(page) == 2 for page in pages[:-1])
    assert (await graph.ask(document, {"first": 1})).data[name]["totalCount"] == len(whole)


_NO_CURSORS = ["", "x", "WyJhIl0", "bm90IGpzb24", "WzEsMl0", "W1tdLFtdXQ", "é", "W" * 600]


async def test_a_cursor_that_is_none_is_refused_in_one_sentence(graph: Graph) -> None:
    for root in ("children", "obligations", "iros", "households", "importReports", "identityLinks"):
        for after in _NO_CURSORS:
            document = f"query ($after: String) {{ {root}(after: $after) {{ pageInfo {{ hasNextPage }} }} }}"
            assert (await graph.ask(document, {"after": after})).code == "INVALID_INPUT"


async def test_a_cursor_of_another_list_is_refused_where_its_key_means_nothing(graph: Graph, authority: Authority) -> None:
    page = (await graph.ask("{ children(first: 1) { pageInfo { endCursor } } }")).data["children"]
    document = "query ($after: String) { obligations(after: $after) { totalCount } }"
    assert (await graph.ask(document, {"after": page["pageInfo"]["endCursor"]})).code == "INVALID_INPUT"


async def test_filters_of_children_and_obligations_are_heeded(graph: Graph, authority: Authority) -> None:
    answer = await graph.ask(
        """{ a: children(filter: {unallocated: true}) { edges { node { reference } } }
             b: children(filter: {iroCode: "IRO-02"}) { edges { node { reference } } }
             c: children(filter: {inCare: false}) { totalCount }
             d: obligations(filter: {booked: false}) { totalCount }
             e: obligations(filter: {iroCode: "IRO-01", dueTo: "2026-09-08"}) { totalCount }
             f: obligations(filter: {overdue: true}) { totalCount }
             g: meetings(filter: {from: "2026-09-01", to: "2026-09-30", roomCode: "ROOM-A", kinds: [CARE_REVIEW]}) { totalCount } }"""
    )
    data = answer.data
    assert [edge["node"]["reference"] for edge in data["a"]["edges"]] == ["CH003"]
    assert [edge["node"]["reference"] for edge in data["b"]["edges"]] == ["CH002"]
    assert [data[name]["totalCount"] for name in "cdefg"] == [1, 0, 1, 0, 1]


async def test_any_node_is_found_by_its_identifier(graph: Graph, authority: Authority, records: Records) -> None:
    absence = await records.absence(authority.officer, datetime(2026, 9, 20, tzinfo=UTC))
    plan, run = await records.plan(), await records.allocation_run()
    feed = await records.feed("UNIT")
    names = {
        "Child": authority.own, "Iro": authority.officer, "Room": authority.room, "NoteTaker": authority.note_taker,
        "PoliceTeam": authority.team, "Meeting": authority.own_meeting, "Obligation": authority.own_duty, "Absence": absence,
        "Plan": plan, "AllocationRun": run, "CalendarFeed": feed,
    }  # fmt: skip
    for name, identifier in names.items():
        answer = await graph.ask("query ($id: ID!) { node(id: $id) { __typename id } }", {"id": global_id(name, identifier)})
        assert answer.data["node"] == {"__typename": name, "id": global_id(name, identifier)}


async def test_a_plan_shows_what_it_would_book_even_for_a_duty_that_is_not_recorded_yet(
    graph: Graph, authority: Authority, records: Records
) -> None:
    await records.connection.execute(
        "INSERT INTO timescale VALUES ('CARE_REVIEW_FIRST', daterange('2011-04-01', NULL), 20, 'WORKING_DAYS', NULL, 'reg. 33'), "
        "('CARE_REVIEW_NEXT', daterange('2011-04-01', NULL), 6, 'MONTHS', 183, 'reg. 33(2)')"
    )
    plan = await records.plan()
    chained = global_id("Obligation", authority.room)  # any identifier that no obligation has
    await records.placement(
        plan, datetime(2026, 9, 10, 9, tzinfo=UTC), authority.officer,
        [(authority.own_duty, authority.own, date(2026, 9, 8)), (authority.room, authority.own, date(2026, 10, 8))],
    )  # fmt: skip
    answer = await graph.ask(
        """query ($id: ID!) { plan(id: $id) {
             state progress from to wanted placed late lateBound message results { id } unplaced { blockers { code } }
             placements { chair { code } startsAt reasons
               obligations { id kind statutoryDueOn rule { code } subject { ... on Child { reference } } } } } }""",
        {"id": global_id("Plan", plan)},
    )
    (placement,) = answer.data["plan"]["placements"]
    assert [duty["id"] for duty in placement["obligations"]] == [global_id("Obligation", authority.own_duty), chained]
    assert placement["obligations"][1]["rule"]["code"].startswith("CARE_REVIEW")


async def test_an_allocation_run_shows_its_decisions_with_reasons(graph: Graph, authority: Authority, records: Records) -> None:
    run = await records.allocation_run()
    await records.decision(run, authority.own, authority.officer, authority.colleague)
    answer = await graph.ask(
        "query ($id: ID!) { allocationRun(id: $id) { state decisions { reasons allocation { child { reference } iro { code } } "
        "rejected { iro { code } code message } } } }",
        {"id": global_id("AllocationRun", run)},
        role=Role.SERVICE,
    )
    (decision,) = answer.data["allocationRun"]["decisions"]
    assert decision["allocation"] == {"child": {"reference": "CH001"}, "iro": {"code": "IRO-01"}}
    assert decision["rejected"] == [{"iro": {"code": "IRO-02"}, "code": "COSTLIER", "message": "0.02 worse"}]
