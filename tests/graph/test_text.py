"""Whatever a client writes, it is an answer that comes back: text, numbers, days and cursors at their very ends."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from graphql import GraphQLError

from graph.text import is_text, judge
from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.support.graph import Graph

_TEXTS = [
    "query ($s: String!) { child(reference: $s) { id } }",
    "query ($s: String!) { children(filter: {iroCode: $s}) { totalCount } }",
    "query ($s: String!) { slots(search: {kind: CARE_REVIEW, childReferences: [$s]}) { __typename } }",
    'mutation ($s: String!) { registerChild(input: {requestKey: "k", reference: "CH9", siblingOf: $s}) { __typename } }',
    'mutation ($s: ID!) { registerChild(input: {requestKey: $s, reference: "CH9", bornOn: "2020-01-01"}) { __typename } }',
    "query ($s: MeetingKind!) { obligations(filter: {kinds: [$s]}) { totalCount } }",
]


def _is_told(body: dict[str, Any]) -> bool:
    """Whether the answer is one that the client can act on."""
    return "INTERNAL" not in json.dumps(body) and "errors" in body


async def test_a_nul_character_is_refused_before_anything_runs(graph: Graph, authority: Authority) -> None:
    for document in _TEXTS:
        answer = await graph.ask(document, {"s": "CH\x00"})
        assert _is_told(answer.body)
        assert "data" not in answer.body
    answer = await graph.ask('{ child(reference: "CH\\u0000") { id } }')
    assert "NUL" in answer.body["errors"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        '{"query": "query ($s: String!) { child(reference: $s) { id } }", "variables": {"s": "\\ud800"}}',
        '{"query": "query ($s: Role!) { viewer { name } }", "variables": {"s": "\\udc00x"}}',
        '{"query": "{ viewer { name } }", "operationName": "\\ud800"}',
        '{"query": "query ($n: Int) { children(first: $n) { totalCount } }", "variables": {"n": ' + "1" * 5_000 + "}}",
        '{"query": "query ($n: Int) { children(first: $n) { totalCount } }", "variables": {"n": NaN}}',
        '{"query": "{ viewer { name } }", "variables": {"a": ' + "[" * 20_000 + "]" * 20_000 + "}}",
    ],
    ids=["surrogate", "surrogate in an enum", "surrogate in a name", "number", "NaN", "nested"],
)
async def test_what_is_no_json_of_the_standard_is_refused_whole(graph: Graph, body: str) -> None:
    headers = {"Authorization": f"Bearer {graph.token(Role.MANAGER)}", "Content-Type": "application/json"}
    response = await graph.client.post("/graphql", content=body, headers=headers)
    assert response.status_code == 400
    assert "JSON" in response.json()["errors"][0]["message"]


async def test_paired_surrogates_and_escaped_backslashes_are_text(graph: Graph) -> None:
    headers = {"Authorization": f"Bearer {graph.token(Role.MANAGER)}", "Content-Type": "application/json"}
    document = "query ($s: String!) { child(reference: $s) { id } }"
    for escaped in ("\\ud83d\\ude00", "\\\\ud800", "\\\\u0000"):
        body = f'{{"query": "{document}", "variables": {{"s": "{escaped}"}}}}'
        response = await graph.client.post("/graphql", content=body, headers=headers)
        assert response.json() == {"data": {"child": None}}


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
async def test_days_outside_all_records_are_refused(graph: Graph, authority: Authority, day: str) -> None:
    for document in (
        "query ($d: Date!) { caseloads(asOf: $d) { points } }",
        "query ($d: Date!) { meetings(filter: {from: $d, to: $d}) { totalCount } }",
        "query ($d: Date!) { iros { edges { node { meetings(to: $d) { totalCount } absences(to: $d) { id } } } } }",
    ):
        assert "1900 to 2199" in (await graph.ask(document, {"d": day})).body["errors"][0]["message"]


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
async def test_days_at_the_ends_of_the_calendar_are_answered(graph: Graph, authority: Authority, day: str) -> None:
    answer = await graph.ask(
        """query ($d: Date!) { caseloads(asOf: $d) { points } meetings(filter: {from: $d, to: $d}) { totalCount }
        iros { edges { node { meetings(from: $d, to: $d) { totalCount } absences(from: $d, to: $d) { id } } } }
        slots(search: {kind: INITIAL_CONFERENCE, childReferences: ["CH003"], triggeredOn: $d}) { __typename } }""",
        {"d": day},
    )
    assert answer.data["meetings"] == {"totalCount": 0}


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_instants_that_have_no_utc_are_refused(graph: Graph, instant: str) -> None:
    document = """mutation ($t: DateTime!) { bookMeeting(input: {requestKey: "k", kind: CARE_REVIEW, childReferences: ["CH001"],
        startsAt: $t}) { __typename } }"""
    assert "1900 to 2199" in (await graph.ask(document, {"t": instant})).body["errors"][0]["message"]


async def test_a_number_of_many_digits_is_too_much(graph: Graph) -> None:
    for document in (
        f"{{ children(first: {'9' * 5_000}) {{ totalCount }} }}",
        f'{{ slots(search: {{kind: CARE_REVIEW, childReferences: ["CH1"], minutes: {"9" * 5_000}}}) {{ __typename }} }}',
    ):
        assert _is_told((await graph.ask(document)).body)


@pytest.mark.parametrize("key", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\ud800", "\x00"])
async def test_a_cursor_that_no_list_gave_out_is_told_as_such(graph: Graph, authority: Authority, key: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([key, "0" * 32]).encode()).decode()
    answer = await graph.ask(
        'query ($after: String) { meetings(filter: {from: "2026-09-01", to: "2026-09-30"}, after: $after) { totalCount } }',
        {"after": cursor},
    )
    assert answer.code == "INVALID_INPUT"
    if len(key) == 1:
        assert (
            await graph.ask("query ($after: String) { children(after: $after) { totalCount } }", {"after": cursor})
        ).code == "INVALID_INPUT"


def test_text_is_found_however_deep_it_lies() -> None:
    assert is_text("\U0001f600 ' \\u0000")
    deep: object = "\x00"
    for _ in range(5_000):
        deep = [deep, {"a": deep}] if isinstance(deep, str) else [deep]
    with pytest.raises(GraphQLError, match="NUL"):
        judge({"a": ["x", 1, None], "b": deep})
    judge({"a": ["x", 1, None, {"b": True}]})
