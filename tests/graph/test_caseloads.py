"""Caseloads over the graph: what stands behind a limit, as it was known, under what if, by another scheme, and ahead."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count
from typing import Any

import pytest

from tests.graph.conftest import Authority
from tests.support.graph import Answer, Graph
from tests.support.records import Records

_KEYS = count()
_OFFICER = """iro { code wte areas reductions { id firstDay lastDay wte reason }
  caseload { wte reduced limit state nextChange { on limit reason } } }"""
_SCHEME = "effectiveFrom limitPerWte nearShare factors { code points }"
_ANSWERS = {
    "setWeightingScheme": f"... on WeightingSchemeSet {{ scheme {{ {_SCHEME} }} }}",
    "nameHouseholdReviewer": "... on HouseholdRecorded { household { reviewer { code } } }",
}


async def _say(graph: Graph, name: str, **stated: Any) -> dict[str, Any]:
    answers = _ANSWERS.get(name, f"... on WorkingTimeRecorded {{ {_OFFICER} reduction {{ id lastDay wte reason }} }}")
    document = f"""mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ __typename {answers}
      ... on InvalidInput {{ message field }} ... on RequestKeyReused {{ message }} }} }}"""
    body = {"requestKey": f"key-{next(_KEYS)}", **stated}
    found: dict[str, Any] = (await graph.ask(document, {"input": body})).data[name]
    return found


async def _table(graph: Graph, arguments: str, fields: str) -> dict[str, dict[str, Any]]:
    shown = (await graph.ask(f"{{ caseloads{arguments} {{ iro {{ code }} {fields} }} }}")).data["caseloads"]
    return {row.pop("iro")["code"]: row for row in shown}


# --------------------------------------------------------------------------------------------------- working time


async def test_working_time_is_recorded_by_hand_and_shows_in_the_limit_and_its_next_change(graph: Graph, authority: Authority) -> None:
    said = await _say(
        graph, "recordReduction", iroCode="IRO-01", firstDay="2026-09-01", lastDay="2026-09-30", wte="0.25", reason="induction"
    )
    (reduction,) = said["iro"]["reductions"]
    assert (reduction["id"], reduction["wte"], reduction["reason"]) == (said["reduction"]["id"], "0.25", "induction")
    now = said["iro"]["caseload"]
    assert (now["wte"], now["reduced"], now["limit"]) == ("1", "0.25", "67.5")
    assert (now["nextChange"]["on"], now["nextChange"]["limit"]) == ("2026-10-01", "90")
    assert "induction" in now["nextChange"]["reason"]
    node = await graph.ask("query ($id: ID!) { node(id: $id) { ... on Reduction { lastDay } } }", {"id": reduction["id"]})
    assert node.data["node"] == {"lastDay": "2026-09-30"}
    ended = await _say(graph, "endReduction", id=reduction["id"], lastDay="2026-09-15")
    assert (ended["reduction"]["lastDay"], ended["iro"]["caseload"]["nextChange"]["on"]) == ("2026-09-15", "2026-09-16")
    taken_back = await _say(graph, "endReduction", id=reduction["id"], lastDay="2026-08-31")
    assert (taken_back["reduction"], taken_back["iro"]["reductions"], taken_back["iro"]["caseload"]["limit"]) == (None, [], "90")
    assert (await _say(graph, "endReduction", id=reduction["id"], lastDay="2026-09-20"))["__typename"] == "NotFound"
    changed = await _say(graph, "changeWte", iroCode="IRO-02", fromDay="2026-09-01", wte="0.8")
    assert (changed["iro"]["wte"], changed["iro"]["caseload"]["limit"], changed["reduction"]) == ("0.8", "72", None)
    leaving = await _say(graph, "recordLeaving", iroCode="IRO-02", lastDay="2026-10-30")
    assert (leaving["iro"]["caseload"]["nextChange"]["on"], leaving["iro"]["caseload"]["nextChange"]["limit"]) == ("2026-10-31", "0")
    assert (await _say(graph, "recordLeaving", iroCode="IRO-02", lastDay=None))["iro"]["caseload"]["nextChange"] is None


_MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("recordReduction", {"iroCode": "IRO-01", "firstDay": "2026-09-01", "wte": "0", "reason": "induction"}, "wte"),
    ("recordReduction", {"iroCode": "IRO-01", "firstDay": "2026-09-01", "wte": "0.2", "reason": " "}, "reason"),
    ("recordReduction", {"iroCode": "IRO-01", "firstDay": "2026-09-02", "lastDay": "2026-09-01", "wte": "0.2", "reason": "r"}, "lastDay"),
    ("changeWte", {"iroCode": "IRO-01", "fromDay": "2026-09-01", "wte": "1.5"}, "wte"),
    ("recordLeaving", {"iroCode": "IRO-01"}, "lastDay"),
    ("nameHouseholdReviewer", {"householdReference": "FH01", "fromDay": "2026-09-01"}, "iroCode"),
    ("setWeightingScheme", {"effectiveFrom": "2026-08-31", "limitPerWte": "85", "factors": []}, "effectiveFrom"),
    ("setWeightingScheme", {"effectiveFrom": "2026-09-01", "limitPerWte": "0", "factors": []}, "limitPerWte"),
    ("setWeightingScheme", {"effectiveFrom": "2026-09-01", "limitPerWte": "85", "nearShare": "9", "factors": []}, "nearShare"),
    ("setWeightingScheme", {"effectiveFrom": "2026-09-01", "limitPerWte": "85", "factors": [{"code": "X", "points": "1"}]}, "factors"),
    (
        "setWeightingScheme",
        {"effectiveFrom": "2026-09-01", "limitPerWte": "85", "factors": [{"code": "IN_CARE", "points": "-1"}]},
        "factors",
    ),
    (
        "setWeightingScheme",
        {"effectiveFrom": "2026-09-01", "limitPerWte": "85", "factors": [{"code": "IN_CARE", "points": each} for each in ("1", "2")]},
        "factors",
    ),
]


async def test_a_mistake_names_its_field(graph: Graph, authority: Authority) -> None:
    for name, stated, field in _MISTAKES:
        said = await _say(graph, name, **stated)
        assert (said["__typename"], said["field"]) == ("InvalidInput", field), (name, stated)
        assert len(said["message"]) > 15


# -------------------------------------------------------------------------------------------------------- schemes


async def test_a_scheme_is_set_from_a_day_on_and_the_past_keeps_its_numbers(graph: Graph, authority: Authority) -> None:
    factors = [{"code": "DUAL_STATUS", "points": "1.75"}]
    said = await _say(graph, "setWeightingScheme", requestKey="s", effectiveFrom="2026-10-01", limitPerWte="80", factors=factors)
    scheme = said["scheme"]
    assert (scheme["effectiveFrom"], scheme["limitPerWte"], scheme["nearShare"]) == ("2026-10-01", "80", "0.9")
    points = {each["code"]: each["points"] for each in scheme["factors"]}
    assert (points["DUAL_STATUS"], points["IN_CARE"], len(points)) == ("1.75", "1", 14)
    same = await _say(graph, "setWeightingScheme", requestKey="s", effectiveFrom="2026-10-01", limitPerWte="80", factors=factors)
    assert same == said
    other = await _say(graph, "setWeightingScheme", requestKey="s", effectiveFrom="2026-10-01", limitPerWte="81", factors=factors)
    assert other["__typename"] == "RequestKeyReused"
    shown = await graph.ask(f'{{ a: weightingScheme {{ {_SCHEME} }} b: weightingScheme(on: "2026-10-01") {{ {_SCHEME} }} }}')
    assert (shown.data["a"]["limitPerWte"], shown.data["b"]) == ("90", scheme)
    before, after = await _table(graph, "", "limit points"), await _table(graph, '(asOf: "2026-10-01")', "limit points")
    assert (before["IRO-01"]["limit"], after["IRO-01"]["limit"]) == ("90", "80")
    assert float(after["IRO-01"]["points"]) - float(before["IRO-01"]["points"]) == pytest.approx(0.25)


# -------------------------------------------------------------------------------------------------------- what if


async def test_the_whole_table_is_answered_under_changes_that_are_not_made(graph: Graph, authority: Authority) -> None:
    fields = "children childrenInCare points limit utilisation state"
    now = await _table(graph, "", fields)
    absent = await _table(graph, '(whatIf: {absentIros: ["IRO-01"]})', fields)
    assert (absent["IRO-01"]["state"], absent["IRO-01"]["utilisation"]) == ("UNAVAILABLE", None)
    assert (absent["IRO-01"]["points"], absent["IRO-02"]) == (now["IRO-01"]["points"], now["IRO-02"])
    larger = await _table(graph, "(whatIf: {newChildrenInCare: 30, newChildrenOnPlans: 10, wte: null, absentIros: null})", fields)
    assert sum(row["children"] for row in larger.values()) == sum(row["children"] for row in now.values()) + 40
    assert sum(row["childrenInCare"] for row in larger.values()) == sum(row["childrenInCare"] for row in now.values()) + 30
    other = await _table(graph, '(whatIf: {wte: [{iroCode: "IRO-02", wte: "1"}], limitPerWte: "60"})', fields)
    assert (other["IRO-01"]["limit"], other["IRO-02"]["limit"]) == ("60", "60")
    assert await _table(graph, "", fields) == now


@pytest.mark.parametrize(
    ("what_if", "code"),
    [
        ('{absentIros: ["IRO-99"]}', "NOT_FOUND"),
        ("{newChildrenInCare: -1}", "INVALID_INPUT"),
        ('{limitPerWte: "0"}', "INVALID_INPUT"),
        ('{wte: [{iroCode: "IRO-01", wte: "9"}]}', "INVALID_INPUT"),
        ('{wte: [{iroCode: "IRO-01", wte: "1"}, {iroCode: "IRO-01", wte: "0.5"}]}', "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_imagined_is_refused(graph: Graph, authority: Authority, what_if: str, code: str) -> None:
    assert (await graph.ask(f"{{ caseloads(whatIf: {what_if}) {{ points }} }}")).code == code


async def test_what_if_is_of_what_is_known_now(graph: Graph, authority: Authority) -> None:
    answer = await graph.ask('{ caseloads(whatIf: {newChildrenInCare: 1}, asKnownAt: "2026-08-01T00:00:00Z") { points } }')
    assert answer.code == "INVALID_INPUT"


# ---------------------------------------------------------------------------------------------- as it was known; ahead


async def test_a_table_is_answered_as_it_was_known_before_a_correction(graph: Graph, authority: Authority, records: Records) -> None:
    then: datetime = await records.connection.fetchval("SELECT clock_timestamp()")
    await records.connection.execute("UPDATE contract SET wte = 0.5 WHERE resource_id = $1", authority.officer)
    now = await _table(graph, "", "limit")
    known = await _table(graph, f'(asOf: "2026-09-01", asKnownAt: "{then.isoformat()}")', "limit asOf")
    assert (now["IRO-01"], known["IRO-01"]) == ({"limit": "45"}, {"limit": "90", "asOf": "2026-09-01"})


async def test_a_child_weighs_then_what_was_known_then(graph: Graph, authority: Authority, records: Records) -> None:
    then: datetime = await records.connection.fetchval("SELECT clock_timestamp()")
    for day in (date(2026, 8, 17), date(2026, 8, 28)):
        await records.held(authority.own, "CARE_REVIEW", day)
    await records.connection.execute("UPDATE held_record SET recorded = tstzrange(clock_timestamp(), NULL) WHERE kind = 'CARE_REVIEW'")
    known = f'asKnownAt: "{then.isoformat()}"'
    weights = f"""now: weight {{ points }} known: weight(asOf: "2026-09-01", {known}) {{ points factors {{ code }} }}
      earlier: weight(asOf: "2026-08-20") {{ points }}"""
    shown = (await graph.ask(f'{{ child(reference: "CH001") {{ {weights} }} }}')).data["child"]
    assert (shown["now"]["points"], shown["earlier"]["points"], shown["known"]["points"]) == ("1.5", "1.75", "1.75")
    assert [each["code"] for each in shown["known"]["factors"]] == ["DUAL_STATUS", "NEW_OR_IN_PROCEEDINGS"]


async def test_a_forecast_tells_each_week_each_officer_and_its_method(graph: Graph, authority: Authority) -> None:
    await _say(graph, "recordLeaving", iroCode="IRO-02", lastDay="2026-09-10")
    fields = """asOf method standing { points limit state } officers { iro { code } weeks { points limit state } }
      weeks { firstDay points limit utilisation state turning18 plansEnding careEnding newInCare newOnPlans }"""
    found = (await graph.ask(f"{{ caseloadForecast(weeks: 3) {{ {fields} }} }}")).data["caseloadForecast"]
    assert (found["asOf"], found["standing"]["limit"]) == ("2026-09-01", "144")
    assert [week["firstDay"] for week in found["weeks"]] == ["2026-09-02", "2026-09-09", "2026-09-16"]
    assert [week["limit"] for week in found["weeks"]] == ["144", "90", "90"]
    leaver = {each["iro"]["code"]: each["weeks"] for each in found["officers"]}["IRO-02"]
    assert [week["state"] for week in leaver] == ["UNDER", "UNAVAILABLE", "UNAVAILABLE"]
    assert "rates" in found["method"]
    assert len((await graph.ask("{ caseloadForecast { weeks { firstDay } } }")).data["caseloadForecast"]["weeks"]) == 13
    for weeks in (0, 105):
        assert (await graph.ask(f"{{ caseloadForecast(weeks: {weeks}) {{ method }} }}")).code == "INVALID_INPUT"


_MOST_STATEMENTS = [
    ("{ caseloads { points nextChange { on } } }", 9),
    ("{ caseloads { points iro { code reductions { wte } } } }", 11),
    ('{ caseloads(asKnownAt: "2026-09-01T00:00:00Z") { points } }', 20),
    ('{ caseloads(whatIf: {absentIros: ["IRO-01"], newChildrenInCare: 5}) { points } }', 17),
    ("{ weightingScheme { limitPerWte } }", 2),
]


async def test_a_table_takes_as_many_statements_however_many_officers_there_are(
    graph: Graph, authority: Authority, records: Records
) -> None:
    few = [await graph.ask(document) for document, _ in _MOST_STATEMENTS]
    for number in range(3, 9):
        officer = await records.iro(f"IRO-0{number}")
        for child in range(2):
            name = await records.child(f"CH{number}{child}0")
            await records.care_period(name, date(2026, 8, 10))
            await records.allocation(name, officer)
    for (document, most), before in zip(_MOST_STATEMENTS, few, strict=True):
        answer: Answer = await graph.ask(document)
        assert answer.data
        assert len(answer.statements) == len(before.statements), document
        assert len(answer.statements) <= most, (document, len(answer.statements))
