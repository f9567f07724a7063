"""One request asks for so much and no more, and to find that out costs no more than the text itself."""

from __future__ import annotations

from contextlib import suppress
from unittest.mock import patch

import pytest
from graphql import GraphQLError, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from graph import limits
from graph.limits import TooMuch, judge
from graph.schema import build_schema

SCHEMA = build_schema()._schema


def _judge(document: str, **variables: object) -> None:
    judge(SCHEMA, parse(document), variables)


def _bomb(fragments: int, ends_in: str = "{ __typename }") -> str:
    """Each fragment spreads the next twice: expanded, it doubles with every one."""
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(fragments))
    return f"{{ ...F0 }} {chain} fragment F{fragments} on Query {ends_in}"


def test_a_fragment_bomb_is_weighed_fragment_by_fragment_not_spread_by_spread() -> None:
    weighed = 0
    weigh = limits._Pass.weigh

    def counted(*args: object) -> object:
        nonlocal weighed
        weighed += 1
        return weigh(*args)  # type: ignore[arg-type]

    with patch.object(limits._Pass, "weigh", counted), pytest.raises(TooMuch, match="300 fields"):
        _judge(_bomb(19))
    assert weighed == 22  # the operation, its twenty fragments and the one field, once each: expanded there are half a million


def test_what_expands_beyond_all_bounds_stays_a_small_number() -> None:
    with patch.object(limits, "MOST_FRAGMENTS", 10_000), pytest.raises(TooMuch):
        _judge(_bomb(400))


@pytest.mark.parametrize(
    "document", ["{ ...A } fragment A on Query { ...A }", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A ...B }"]
)
def test_fragments_that_spread_each_other_in_a_circle_are_left_to_validation(document: str) -> None:
    _judge(document)


@pytest.mark.parametrize(
    "document",
    ["{ ...Nowhere }", "{ nothing { at { all } } }", "{ ... on Nothing { a } }", "mutation { x }", "{ viewer { iro(first: 3) } }"],
)
def test_unknown_names_are_left_to_validation(document: str) -> None:
    _judge(document)


_IN_FRAGMENTS = """{ ...A } fragment A on Query { iros(first: 51) { edges { node { ...B } } } }
fragment B on Iro { children(first: 100) { edges { node { id } } } }"""
_FIT = "{ viewer { name } }"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(16)) + " }", "15 aliases"),
        ("{ viewer { name " + "@skip(if: false) " * 10 + "} }", "9 directives"),
        ("{ ...F } fragment F on Query @a @b @c @d @e @f @g @h @i @j { viewer { name } }", "9 directives"),
        ("query @a @b @c @d @e @f @g @h @i @j { viewer { name } }", "9 directives"),
        ("query ($a: Int @a @b @c @d @e @f @g @h @i @j) { viewer { name } }", "9 directives"),
        ("{ viewer { name } } " + " ".join(f"fragment F{n} on Query {{ viewer {{ name }} }}" for n in range(21)), "20 fragments"),
        (" ".join(f"query Q{n} {{ viewer {{ name }} }}" for n in range(4)), "3 operations"),
        ("{ " + "viewer { name } " * 151 + "}", "300 fields"),
        ('{ child(reference: "x") ' + "{ siblings " * 15 + "{ id }" + " }" * 15 + " }", "15 levels"),
        ("{ iros(first: 100) { edges { node { children(first: 100) { edges { node { id } } } } } } }", "5000 objects"),
        ("{ children(first: 100) { edges { node { siblings { siblings { siblings { id } } } } } } }", "5000 objects"),
        (_IN_FRAGMENTS, "5000 objects"),
        ("{ importReports(first: 100) { edges { node { findings(first: 100) { edges { node { rule } } } } } } }", "5000 objects"),
        ("{ caseloads { iro { children(first: 100) { edges { node { obligations { kind } } } } } } }", "5000 objects"),
        ('{ rebalancing(id: "x") { moves { children { obligations { kind meeting { items { kind } } } } } } }', "5000 objects"),
        ('{ candidates(reference: "x") { iro { children(first: 100) { edges { node { held { kind } } } } } } }', "5000 objects"),
        (
            """{ timeliness(from: "2026-01-01", to: "2026-12-31") { indicators { failing(first: 100) { edges { node {
               subject { ... on Child { held { id } obligations { id } } } } } } } } }""",
            "5000 objects",
        ),
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_each_limit_is_one_clear_line(document: str, said: str) -> None:
    with pytest.raises(TooMuch, match=said):
        _judge(document)
    _judge(_FIT)


@pytest.mark.parametrize(
    "document",
    [
        get_introspection_query(),
        "{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(15)) + " }",
        """{ iros(first: 6) { edges { node { children(first: 100) { edges { node {
             meetings(first: 1) { edges { node { room { code } } } } } } } } } } }""",
        "{ children(first: 100) { edges { node { obligations { kind meeting { chair { code } } } held { kind } } } } }",
        """{ children(first: 100) { edges { node { carePeriods { id } protectionPlans { id } enquiries { id } careStatuses { id }
             transfers { id } earlierReviews { id } held { id } obligations { advice } } } } }""",
        """{ importReports(first: 20) { edges { node { findingsBySeverity { severity }
             findings(first: 100) { edges { node { rule } } } } } }
             households(first: 100) { edges { node { held { id } obligations { id } } } } identityLinks(first: 100) { totalCount }
             timeliness(from: "2026-01-01", to: "2026-12-31") { indicators { failing(first: 10) { totalCount } }
               meetings(first: 100) { edges { node { child { reference } obligation { id } } } } } }""",
        """{ rebalancing(id: "x") { before { iro { code } nextChange { on } } after { iro { code } } results { id }
             leftBehind { children { reference } reasons }
             moves { children { reference weight { factors { reason } } } from { code } to { code } reasons meetingsDisturbed { id }
               meetings { chair meeting { startsAt items { kind } } } } } }""",
        """{ caseloads { iro { code children(first: 100) { edges { node { reference } } } reductions { wte } } nextChange { on } }
             awaitingAllocation { child { reference } } candidates(reference: "x") { iro { code } reasons }
             allocationRequests(first: 50) { edges { node { child { reference } iro { code } } } }
             caseloadForecast(weeks: 104) { weeks { points } officers { iro { code } weeks { points } } } }""",
    ],
    ids=lambda text: text[:30],
)
def test_what_a_frontend_asks_fits(document: str) -> None:
    _judge(document)


def test_lists_that_are_longer_than_others_are_lists_of_the_schema() -> None:
    for name, size in limits._LONG_LISTS.items():
        kind, field = name.split(".")
        definition = SCHEMA.type_map[kind].fields[field]  # type: ignore[attr-defined]
        assert limits._is_list(definition.type), name
        assert "first" not in definition.args, name
        assert size > limits._USUAL_LIST


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ children(first: 101) { totalCount } }", {}),
        ("query ($n: Int) { children(first: $n) { totalCount } }", {"n": 101}),
        ("query ($n: Int = 101) { children(first: $n) { totalCount } }", {}),
        ("query ($n: Int = 101) { ...P } fragment P on Query { children(first: $n) { totalCount } }", {}),
    ],
)
def test_a_page_is_at_most_a_hundred_however_it_is_asked_for(document: str, variables: dict[str, int]) -> None:
    with pytest.raises(TooMuch, match="at most 100"):
        _judge(document, **variables)


@pytest.mark.parametrize("value", [None, "x", -5, 1.5, True, [1], {"a": 1}])
def test_a_page_size_that_is_none_breaks_nothing_here(value: object) -> None:
    _judge("query ($n: Int) { children(first: $n) { totalCount } }", n=value)


@given(st.text(alphabet='{}()[]:!$@.aF0 \n"#,on', max_size=200))
def test_whatever_can_be_parsed_is_judged_without_a_fault(text: str) -> None:
    try:
        document = parse(text, max_tokens=limits.MOST_TOKENS)
    except (GraphQLError, RecursionError):
        return
    with suppress(TooMuch):
        judge(SCHEMA, document, {})
