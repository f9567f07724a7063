"""What a person states of a child, of an officer's independence and of a foster home's reviewer, over the graph."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.stated import Stated, state
from tests.support.graph import Graph
from tests.support.records import Records

_KEYS = count()
_FIELDS = """firstDay lastDay placedMiles placedAbroad placementArea household { reference } complexity needs
  wishedIro { code } unwantedIro { code } keepsIroBecause"""
_CHILD = f"... on ChildRecorded {{ child {{ reference weight {{ factors {{ code }} }} circumstances {{ {_FIELDS} }} }} }}"
_ANSWERS = {
    "nameHouseholdReviewer": "... on HouseholdRecorded { household { reference reviewer { code } } } ... on NotEligible { message code }"
}


@pytest.fixture
async def stated(records: Records, authority: Authority) -> Stated:
    return await state(records.connection, authority)


async def _say(graph: Graph, name: str, *, role: Role = Role.MANAGER, **stated: Any) -> dict[str, Any]:
    document = f"""mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ __typename
      {_ANSWERS.get(name, _CHILD)} ... on InvalidInput {{ message field }} ... on NotFound {{ message }} }} }}"""
    body = {"requestKey": f"key-{next(_KEYS)}", **stated}
    found: dict[str, Any] = (await graph.ask(document, {"input": body}, role=role)).data[name]
    return found


async def _shown(graph: Graph, arguments: str = "", **viewer: Any) -> dict[str, Any] | None:
    answer = await graph.ask(f'{{ child(reference: "CH001") {{ circumstances{arguments} {{ {_FIELDS} }} }} }}', **viewer)
    found: dict[str, Any] | None = answer.data["child"]["circumstances"]
    return found


async def test_what_is_stated_of_a_child_is_shown_kept_and_taken_away_and_weighs(graph: Graph, stated: Stated) -> None:
    assert await _shown(graph) is None
    said = await _say(
        graph, "recordCircumstances", role=Role.BUSINESS_SUPPORT, reference="CH001", fromDay="2026-08-20", placedMiles=60,
        placementArea="coast", complexity=["OPEN_DISPUTE"], needs=["neglect"], wishedIroCode="IRO-02",
    )  # fmt: skip
    first = said["child"]["circumstances"]
    assert first == {
        "firstDay": "2026-08-20", "lastDay": None, "placedMiles": 60, "placedAbroad": False, "placementArea": "coast", "household": None,
        "complexity": ["OPEN_DISPUTE"], "needs": ["neglect"], "wishedIro": {"code": "IRO-02"}, "unwantedIro": None, "keepsIroBecause": None,
    }  # fmt: skip
    assert {"OVER_50_MILES", "COMPLEX"} <= {each["code"] for each in said["child"]["weight"]["factors"]}
    said = await _say(
        graph, "recordCircumstances", reference="CH001", fromDay="2026-08-30", placedMiles=None, wishedIroCode=None,
        unwantedIroCode="IRO-02", householdReference="FH01", keepsIroBecause="about to change school",
    )  # fmt: skip
    second = said["child"]["circumstances"]
    assert (second["placedMiles"], second["wishedIro"], second["unwantedIro"]) == (None, None, {"code": "IRO-02"})
    assert (second["complexity"], second["placementArea"], second["household"]) == (["OPEN_DISPUTE"], "coast", {"reference": "FH01"})
    assert second["keepsIroBecause"] == "about to change school"
    assert await _shown(graph, '(asOf: "2026-08-25")') == {**first, "lastDay": "2026-08-29"}
    assert await _shown(graph, '(asOf: "2026-08-01")') is None
    assert await _shown(graph, '(asKnownAt: "2026-08-15T00:00:00Z")') is None


async def test_circumstances_are_told_of_ones_own_children_and_to_no_note_taker(graph: Graph, stated: Stated) -> None:
    await _say(graph, "recordCircumstances", reference="CH001", fromDay="2026-08-20", householdReference="FH01", placedMiles=3)
    own = await _shown(graph, role=Role.IRO, code="IRO-01")
    assert own is not None
    assert (own["placedMiles"], own["household"]) == (3, None)  # households are for whoever sees every child
    items = f"items {{ subject {{ ... on Child {{ circumstances {{ {_FIELDS} }} }} }} }}"
    document = f'{{ meetingByReference(reference: "M-OWN1-OWN1") {{ {items} }} }}'
    for role, code in ((Role.NOTE_TAKER, "NT-01"), (Role.MANAGER, None)):
        (item,) = (await graph.ask(document, role=role, code=code)).data["meetingByReference"]["items"]
        assert (item["subject"]["circumstances"] is None) is (role is Role.NOTE_TAKER)


async def test_a_conflict_bars_the_officer_until_it_is_withdrawn(graph: Graph, authority: Authority) -> None:
    body: dict[str, Any] = {"iroCode": "IRO-02", "reference": "CH001", "reason": "its social worker in 2024"}
    assert (await _say(graph, "declareConflict", role=Role.BUSINESS_SUPPORT, ground="HAD_CHARGE", **body))["child"]["reference"] == "CH001"
    assert (await _say(graph, "withdrawConflict", **body))["child"]["reference"] == "CH001"
    again = await _say(graph, "withdrawConflict", **body)
    assert again["__typename"] in ("NotFound", "InvalidInput")


async def test_a_foster_home_has_a_reviewer_who_has_no_child_there(graph: Graph, stated: Stated) -> None:
    home: dict[str, Any] = {"householdReference": "FH01", "fromDay": "2026-09-01"}
    named = await _say(graph, "nameHouseholdReviewer", iroCode="IRO-02", **home)
    assert named["household"] == {"reference": "FH01", "reviewer": {"code": "IRO-02"}}
    assert (await graph.ask('{ household(reference: "FH01") { a: reviewer(asOf: "2026-08-31") { code } } }')).data["household"] == {
        "a": None
    }
    table = {row["iro"]["code"]: row for row in (await graph.ask("{ caseloads { iro { code } households } }")).data["caseloads"]}
    assert (table["IRO-01"]["households"], table["IRO-02"]["households"]) == (0, 1)
    await _say(graph, "recordCircumstances", reference="CH001", fromDay="2026-09-01", householdReference="FH01")
    refused = await _say(graph, "nameHouseholdReviewer", iroCode="IRO-01", **home)
    assert (refused["__typename"], refused["code"]) == ("NotEligible", "INDEPENDENCE")
    nobody = await _say(graph, "nameHouseholdReviewer", iroCode=None, **home)
    assert nobody["household"]["reviewer"] is None


async def test_a_mistake_in_circumstances_names_its_field(graph: Graph, authority: Authority) -> None:
    said = await _say(graph, "recordCircumstances", reference="CH001", fromDay="2026-08-20", placedMiles=-1)
    assert (said["__typename"], said["field"]) == ("InvalidInput", "placedMiles")
    for code in ("wishedIroCode", "unwantedIroCode"):
        wish: dict[str, Any] = {code: "IRO-99"}
        said = await _say(graph, "recordCircumstances", reference="CH001", fromDay="2026-08-20", **wish)
        assert said["__typename"] == "NotFound"


async def test_more_children_take_no_more_statements(graph: Graph, stated: Stated, records: Records) -> None:
    children = f"children(first: 50) {{ edges {{ node {{ circumstances {{ {_FIELDS} }} }} }} }}"
    document = f"{{ {children} households {{ edges {{ node {{ reviewer {{ code }} }} }} }} }}"
    home: dict[str, Any] = {"householdReference": "FH01", "fromDay": "2026-08-20", "wishedIroCode": "IRO-02", "unwantedIroCode": "IRO-01"}
    await _say(graph, "recordCircumstances", reference="CH001", **home)
    for number in range(6):
        await records.child(f"CH20{number}")
        await _say(graph, "recordCircumstances", reference=f"CH20{number}", **home)
    many = await graph.ask(document)
    assert sum(edge["node"]["circumstances"] is not None for edge in many.data["children"]["edges"]) == 7
    assert len(many.statements) <= 10  # children, circumstances in two, households twice, reviewers in two, officers, audit
