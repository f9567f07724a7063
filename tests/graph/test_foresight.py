"""What lies ahead of the diary, over the graph: to whoever may plan, with what is owed and what stands."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.rights import CODES, table
from tests.support.graph import Graph
from tests.support.records import Records

ASK = """query ($weeks: Int) { breachForecast(weeks: $weeks) {
    asOf firstDay lastDay quarterEndsOn
    obligations { obligation { kind subject { ... on Child { reference } } } lastDay slots short
                  shortages { slotsIfFree blocker { code resource resourceCode message } } }
    weeks { firstDay resource needed expected available short earlier }
    withoutPolice { kind day short message meeting { reference } obligations { kind } } } }"""


async def test_what_has_no_time_left_and_what_stands_without_police_is_shown(graph: Graph, authority: Authority, records: Records) -> None:
    child = await records.child("CH004")
    await records.allocation(child, authority.officer)
    await records.obligation(child, "REVIEW_CONFERENCE", date(2026, 9, 15))
    starts = datetime(2026, 9, 10, 9, tzinfo=UTC)
    await records.meeting("M-BARE-BARE", starts, [(authority.other, None)], kind="REVIEW_CONFERENCE", chair=authority.colleague)
    answer = await graph.ask(ASK, {"weeks": 2}, role=Role.MANAGER)
    found = answer.data["breachForecast"]
    assert (found["asOf"], found["firstDay"], found["lastDay"], found["quarterEndsOn"]) == (
        "2026-09-01", "2026-09-02", "2026-09-13", "2026-09-30",
    )  # fmt: skip
    assert found["obligations"] == []  # due in the third week
    bare, owed = found["withoutPolice"]
    assert (bare["meeting"]["reference"], bare["day"], bare["obligations"]) == ("M-BARE-BARE", "2026-09-10", [])
    assert (owed["meeting"], owed["obligations"]) == (None, [{"kind": "REVIEW_CONFERENCE"}])
    answer = await graph.ask(ASK, {"weeks": 3}, role=Role.BUSINESS_SUPPORT)
    (risk,) = answer.data["breachForecast"]["obligations"]
    assert risk["obligation"] == {"kind": "REVIEW_CONFERENCE", "subject": {"reference": "CH004"}}
    assert (risk["slots"], risk["short"], risk["lastDay"]) == (0, 3, "2026-09-15")
    assert {each["blocker"]["resource"] for each in risk["shortages"]} == {"IRO", "ROOM", "NOTE_TAKER", "POLICE"}  # nobody is at work
    assert {(each["resource"], each["needed"], each["short"]) for each in answer.data["breachForecast"]["weeks"]} == {
        ("POLICE", 1, 1), ("NOTE_TAKER", 1, 1), ("ROOM", 1, 1),
    }  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
async def test_whoever_may_plan_may_look_ahead(graph: Graph, authority: Authority, role: Role) -> None:
    answer = await graph.ask(ASK, {"weeks": 1}, role=role, code=CODES.get(role))
    cell = table()["allocate, rebalance, plan, weighting scheme"][role]
    allowed = cell == "yes" or "plan" in cell
    assert ("errors" not in answer.body) is allowed
    assert (answer.body["data"] is not None) is allowed


async def test_weeks_that_are_none_are_refused(graph: Graph, authority: Authority) -> None:
    answer = await graph.ask(ASK, {"weeks": 0}, role=Role.MANAGER)
    assert "give 1 to 52" in str(answer.body["errors"])
