"""Imports with their findings, and the timeliness of a period, as a client reads them page by page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.stated import BETWEEN, Stated, correct, state
from tests.graph.test_record_rights import import_report
from tests.support.graph import Graph, global_id
from tests.support.records import Records

FINDINGS = """query ($first: Int, $after: String, $severities: [FindingSeverity!]) { importReports(first: 5) { edges { node {
  id source fileName asOf madeBy madeAt rows taken changed unchanged refused findingsBySeverity { severity findings }
  findings(first: $first, after: $after, severities: $severities) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor node { number fileName line element childReference child { reference } rule severity message } } } } } } }"""


async def _report(graph: Graph, **variables: Any) -> dict[str, Any]:
    (edge,) = (await graph.ask(FINDINGS, variables, role=Role.BUSINESS_SUPPORT)).data["importReports"]["edges"]
    found: dict[str, Any] = edge["node"]
    return found


async def test_an_import_is_shown_with_its_counts_and_findings_the_gravest_first(
    graph: Graph, authority: Authority, records: Records
) -> None:
    identifier = await import_report(records, {"REFUSED": ["CH001", "CH777"], "DOUBTFUL": ["CH002"], "NOTE": [None, "CH003"]})
    report = await _report(graph)
    assert (report["id"], report["source"], report["asOf"]) == (global_id("ImportReport", identifier), "SSDA903", "2026-08-31")
    assert [report[name] for name in ("rows", "taken", "changed", "unchanged", "refused")] == [9, 2, 1, 1, 1]
    assert {each["severity"]: each["findings"] for each in report["findingsBySeverity"]} == {"REFUSED": 2, "DOUBTFUL": 1, "NOTE": 2}
    found = [edge["node"] for edge in report["findings"]["edges"]]
    assert [each["severity"] for each in found] == ["REFUSED", "REFUSED", "DOUBTFUL", "NOTE", "NOTE"]
    assert [each["child"] for each in found] == [{"reference": "CH001"}, None, {"reference": "CH002"}, None, {"reference": "CH003"}]
    assert (found[1]["childReference"], found[1]["line"], found[1]["message"]) == ("CH777", 2, "what was found")


async def test_findings_come_in_pages_and_by_severity(graph: Graph, authority: Authority, records: Records) -> None:
    await import_report(records, {"REFUSED": ["CH001"], "DOUBTFUL": [None] * 3, "NOTE": [None] * 3})
    seen, after = [], None
    while True:
        page = (await _report(graph, first=2, after=after, severities=["DOUBTFUL", "NOTE"]))["findings"]
        assert page["totalCount"] == 6
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += [edge["node"]["number"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [2, 3, 4, 5, 6, 7]
    other = (await graph.ask("{ importReports(first: 1) { pageInfo { endCursor } } }")).data["importReports"]["pageInfo"]["endCursor"]
    wrong = await graph.ask(FINDINGS, {"after": other})
    assert wrong.code == "INVALID_INPUT"


async def test_a_child_among_the_findings_is_on_record_as_seen(graph: Graph, authority: Authority, records: Records) -> None:
    await import_report(records, {"REFUSED": ["CH001"]})
    await graph.ask("{ importReports { edges { node { findings { edges { node { rule } } } } } } }", role=Role.AUDITOR)
    rows = await records.connection.fetch("SELECT subject FROM audit_event WHERE action = 'READ_CHILD'")
    assert [row["subject"] for row in rows] == [f"child:{authority.own}"]


async def test_reports_are_paged_the_latest_first_and_their_findings_take_one_statement(
    graph: Graph, authority: Authority, records: Records
) -> None:
    identifiers = [await import_report(records, {"NOTE": ["CH001"] * 2}) for _ in range(5)]
    await records.connection.execute("UPDATE import_report SET made_at = '2026-08-20' WHERE id = $1", identifiers[3])
    document = """query ($after: String) { importReports(first: 3, after: $after) { totalCount pageInfo { hasNextPage endCursor }
      edges { node { id findings(first: 1) { edges { node { rule } } } } } } }"""
    first = await graph.ask(document)
    page = first.data["importReports"]
    second = (await graph.ask(document, {"after": page["pageInfo"]["endCursor"]})).data["importReports"]
    shown = [edge["node"]["id"] for edge in (*page["edges"], *second["edges"])]
    assert shown[0] == global_id("ImportReport", identifiers[3])
    assert sorted(shown) == sorted(global_id("ImportReport", each) for each in identifiers)
    assert (page["totalCount"], second["pageInfo"]["hasNextPage"]) == (5, False)
    assert len(first.statements) <= 4  # the reports, their number, their findings, and who saw whom


# --------------------------------------------------------------------------------------------------- timeliness


@pytest.fixture
async def stated(records: Records, authority: Authority) -> Stated:
    found = await state(records.connection, authority)
    await correct(records.connection, "care_period", found.other["CarePeriod"], authority.own, authority.other, ended_on=date(2025, 3, 8))
    return found


TIMELINESS = """query ($from: Date!, $to: Date!, $known: DateTime, $first: Int, $after: String) {
  timeliness(from: $from, to: $to, asKnownAt: $known) { from to knownAt
    indicators { code version title definition numerator denominator share failing(first: 5) { totalCount edges { node { id } } } }
    meetings(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { node {
      reference kind triggeredOn statutoryDueOn heldOn completedOn timeliness child { reference } obligation { statutoryDueOn } } } } } }"""
_QUARTER = {"from": "2025-01-01", "to": "2025-03-31"}


async def test_a_period_shows_its_figures_and_the_meetings_behind_them(graph: Graph, stated: Stated) -> None:
    report = (await graph.ask(TIMELINESS, _QUARTER)).data["timeliness"]
    assert (report["from"], report["to"], report["knownAt"]) == ("2025-01-01", "2025-03-31", None)
    assert all(figure["version"] >= 1 and figure["title"] and figure["definition"] for figure in report["indicators"])
    meetings = [edge["node"] for edge in report["meetings"]["edges"]]
    assert [(each["reference"], each["kind"], each["heldOn"], each["timeliness"]) for each in meetings] == [
        ("CH001", "CARE_REVIEW", "2025-02-19", "LATE"),
        ("CH002", "CARE_REVIEW", "2025-02-19", "LATE"),
    ]
    assert meetings[0]["child"] == {"reference": "CH001"}
    assert meetings[0]["obligation"] == {"statutoryDueOn": meetings[0]["statutoryDueOn"]}
    late = [figure for figure in report["indicators"] if figure["failing"]["totalCount"]]
    assert late
    assert all((figure["numerator"], figure["share"]) == (0, "0") for figure in late)


async def test_the_figures_of_a_period_are_answered_as_they_were_known(
    graph: Graph, records: Records, authority: Authority, stated: Stated
) -> None:
    await correct(records.connection, "held_record", stated.own["HeldRecord"], authority.own, held_on=date(2025, 2, 3))
    kinds = []
    for known in (None, BETWEEN):
        report = (await graph.ask(TIMELINESS, {**_QUARTER, "known": known})).data["timeliness"]
        own = [edge["node"] for edge in report["meetings"]["edges"] if edge["node"]["reference"] == "CH001"]
        kinds.append([(each["heldOn"], each["timeliness"]) for each in own if each["heldOn"]])
    assert kinds == [[("2025-02-03", "IN_TIME")], [("2025-02-19", "LATE")]]


async def test_the_meetings_of_a_period_come_in_pages(graph: Graph, stated: Stated) -> None:
    year = {"from": "2024-12-01", "to": "2026-08-31"}
    whole = (await graph.ask(TIMELINESS, {**year, "first": 100})).data["timeliness"]["meetings"]
    seen, after = [], None
    while True:
        page = (await graph.ask(TIMELINESS, {**year, "first": 2, "after": after})).data["timeliness"]["meetings"]
        seen += page["edges"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == whole["edges"]
    assert len(seen) == whole["totalCount"] > 4


async def test_whoever_reads_the_meetings_of_a_period_has_seen_the_children(
    graph: Graph, authority: Authority, records: Records, stated: Stated
) -> None:
    document = '{ timeliness(from: "2025-01-01", to: "2026-08-31") { meetings { edges { node { timeliness } } } } }'
    assert (await graph.ask(document, role=Role.AUDITOR)).data
    rows = await records.connection.fetch("SELECT subject FROM audit_event WHERE action = 'READ_CHILD'")
    assert {row["subject"] for row in rows} == {f"child:{authority.own}", f"child:{authority.other}"}


async def test_a_period_that_is_none_is_refused(graph: Graph, authority: Authority) -> None:
    assert (await graph.ask(TIMELINESS, {"from": "2025-02-01", "to": "2025-01-01"})).code == "INVALID_INPUT"
    assert (await graph.ask(TIMELINESS, {"from": "2020-01-01", "to": "2025-01-01"})).code == "INVALID_INPUT"
