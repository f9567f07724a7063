"""Every kind of record as a client reads it: now, as it was known before a correction, and in how many statements."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.history.service import rewrite_obligations
from services.history.versions import open_version
from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.stated import BETWEEN, JULY, TODAY, Stated, correct, state
from tests.support.graph import Graph, global_id
from tests.support.records import Records

RECORDS = """
  carePeriods%s { __typename id startedOn startedOnExact endedOn endReason legalStatus shortBreak }
  protectionPlans%s { __typename id startedOn endedOn category endReason }
  enquiries%s { __typename id initiatingDiscussionOn conferenceOn conferenceNotRequired }
  careStatuses%s { __typename id status startedOn endedOn endReason expectedEndOn }
  transfers%s { __typename id direction notifiedOn conferenceOn withdrawnOn }
  earlierReviews%s { __typename id kind calledOn byOn reason }
  held%s { __typename id kind heldOn completedOn toReconvene withoutMeeting participation timeliness source }
"""
_NOW = RECORDS.replace("%s", "")
_THEN = RECORDS.replace("%s", f'(asKnownAt: "{BETWEEN}")')


@pytest.fixture
async def stated(records: Records, authority: Authority) -> Stated:
    return await state(records.connection, authority)


async def _child(graph: Graph, fields: str, **viewer: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(f'{{ child(reference: "CH001") {{ {fields} }} }}', **viewer)).data["child"]
    return found


def _by_id(child: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for kind in child.values() for record in kind}


async def test_a_child_shows_each_kind_of_record_and_each_is_a_node(graph: Graph, stated: Stated) -> None:
    shown = _by_id(await _child(graph, _NOW))
    assert set(shown) >= {global_id(name, record) for name, record in stated.own.items()}
    for name, record in stated.own.items():
        answer = await graph.ask("query ($id: ID!) { node(id: $id) { __typename id } }", {"id": global_id(name, record)})
        assert answer.data["node"] == {"__typename": name, "id": global_id(name, record)}
    plan = shown[global_id("ProtectionPlan", stated.own["ProtectionPlan"])]
    assert (plan["endedOn"], plan["endReason"]) == ("2025-11-03", "REVIEW_CONFERENCE")
    status = shown[global_id("CareStatusRecord", stated.own["CareStatusRecord"])]
    assert (status["status"], status["endedOn"]) == ("REMAND", "2025-03-07")
    earlier = shown[global_id("EarlierReview", stated.own["EarlierReview"])]
    assert (earlier["reason"], earlier["byOn"]) == ("CHILD_REQUESTS", "2025-02-20")


async def test_what_was_known_before_a_correction_is_answered_as_of_then(graph: Graph, records: Records, stated: Stated) -> None:
    before = _by_id(await _child(graph, _NOW))
    connection = records.connection
    await correct(connection, "care_period", stated.own["CarePeriod"], started_on=date(2025, 1, 2))
    await correct(connection, "protection_plan", stated.own["ProtectionPlan"], category="EMO")
    await correct(connection, "section47", stated.own["Enquiry"], initiating_discussion_on=date(2025, 4, 15))
    await correct(connection, "care_status", stated.own["CareStatusRecord"], ended_on=date(2025, 3, 1))
    await correct(connection, "transfer", stated.own["Transfer"], notified_on=date(2025, 4, 9))
    await correct(connection, "earlier_review", stated.own["EarlierReview"], by_on=date(2025, 2, 18))
    await correct(connection, "held_record", stated.own["HeldRecord"], held_on=date(2025, 2, 17))
    now, then = _by_id(await _child(graph, _NOW)), _by_id(await _child(graph, _THEN))
    for name, record in stated.own.items():
        identifier = global_id(name, record)
        assert now[identifier] != before[identifier], name
        shown = {**then[identifier], "timeliness": None} if name == "HeldRecord" else then[identifier]
        assert shown == ({**before[identifier], "timeliness": None} if name == "HeldRecord" else before[identifier])


async def test_what_was_owed_by_what_was_known_then_is_answered_beside_what_is_owed_now(
    graph: Graph, records: Records, authority: Authority, stated: Stated
) -> None:
    await correct(records.connection, "care_period", stated.own["CarePeriod"], authority.own, started_on=date(2025, 2, 3))
    first = "obligations%s { kind triggeredOn rule { code } subject { ... on Child { reference } } meeting { id } advice }"
    now = await _child(graph, first % "")
    then = await _child(graph, first % f'(asKnownAt: "{BETWEEN}")')
    began = [(duty["triggeredOn"], duty["rule"]["code"]) for duty in then["obligations"] if duty["kind"] == "CARE_REVIEW"]
    assert ("2025-01-06", "REMAND_REVIEW_FIRST") in began
    assert ("2025-02-03", "CARE_REVIEW_FIRST") in [
        (duty["triggeredOn"], duty["rule"]["code"]) for duty in now["obligations"] if duty["kind"] == "CARE_REVIEW"
    ]
    assert {duty["subject"]["reference"] for duty in then["obligations"]} == {"CH001"}
    assert {duty["meeting"] for duty in then["obligations"]} == {None}
    assert any(duty["advice"] for duty in now["obligations"])
    assert not any(duty["advice"] for duty in then["obligations"])


async def test_what_was_owed_then_is_judged_as_of_then(graph: Graph, records: Records) -> None:
    await records.care_period(await records.child("CH400"), date(2026, 6, 22))
    owed = 'obligations(asKnownAt: "2026-07-10T12:00:00+01:00") { statutoryDueOn workingDaysLeft timeliness }'
    answer = await graph.ask(f'{{ child(reference: "CH400") {{ {owed} }} }}')
    assert answer.data["child"]["obligations"] == [{"statutoryDueOn": "2026-07-20", "workingDaysLeft": 6, "timeliness": "NOT_YET_DUE"}]


async def test_a_short_break_was_short_as_long_as_it_was_known_to_be(graph: Graph, records: Records) -> None:
    child, began = await records.child("CH401"), date(2026, 8, 3)
    care = {"child_id": child, "started_on": began, "started_on_exact": True, "short_break": True}
    await open_version(records.connection, "care_period", care, source="TEST", at=JULY)
    status = {"child_id": child, "started_on": began, "status": "SHORT_BREAK"}
    await open_version(records.connection, "care_status", status, source="TEST", at=JULY)
    await rewrite_obligations(records.connection, [child], TODAY)
    known = 'then: obligations(asKnownAt: "2026-08-12T12:00:00+01:00") { kind }'
    shown = (await graph.ask(f'{{ child(reference: "CH401") {{ obligations {{ kind }} {known} }} }}')).data["child"]
    assert {duty["kind"] for duty in shown["then"]} == {"SHORT_BREAK_REVIEW"}
    assert "CARE_REVIEW" in {duty["kind"] for duty in shown["obligations"]}


async def test_another_conference_that_answers_a_transfer_in_shows_that_it_was_in_time(graph: Graph, records: Records) -> None:
    child = await records.child("CH402")
    moved = {"child_id": child, "direction": "IN", "notified_on": date(2026, 7, 20)}
    await open_version(records.connection, "transfer", moved, source="TEST", at=JULY)
    await records.held(child, "INITIAL_CONFERENCE", date(2026, 7, 28))
    await rewrite_obligations(records.connection, [child], TODAY)
    now_and_then = f'held {{ kind timeliness }} then: held(asKnownAt: "{BETWEEN}") {{ kind timeliness }}'
    shown = (await graph.ask(f'{{ child(reference: "CH402") {{ {now_and_then} }} }}')).data["child"]
    assert shown["held"] == shown["then"] == [{"kind": "INITIAL_CONFERENCE", "timeliness": "IN_TIME"}]


async def test_a_review_that_was_late_by_what_was_known_then_may_be_in_time_by_what_is_known_now(
    graph: Graph, records: Records, authority: Authority, stated: Stated
) -> None:
    await correct(records.connection, "care_status", stated.own["CareStatusRecord"], started_on=date(2025, 2, 3))
    await correct(records.connection, "care_period", stated.own["CarePeriod"], authority.own, started_on=date(2025, 2, 3))
    held = "held%s { id timeliness }"
    identifier = global_id("HeldRecord", stated.own["HeldRecord"])
    then = {each["id"]: each["timeliness"] for each in (await _child(graph, held % f'(asKnownAt: "{BETWEEN}")'))["held"]}
    now = {each["id"]: each["timeliness"] for each in (await _child(graph, held % ""))["held"]}
    assert (then[identifier], now[identifier]) == ("LATE", "IN_TIME")


async def test_death_and_adoption_are_days_of_the_child(graph: Graph, records: Records, authority: Authority) -> None:
    await records.connection.execute(
        "UPDATE child_fact SET died_on = '2026-08-30', adopted_on = '2026-08-29' WHERE child_id = $1", authority.own
    )
    assert await _child(graph, "diedOn adoptedOn") == {"diedOn": "2026-08-30", "adoptedOn": "2026-08-29"}


async def test_a_child_with_two_references_answers_to_both_under_the_one_that_stands(
    graph: Graph, records: Records, authority: Authority
) -> None:
    await records.connection.execute("UPDATE child SET merged_into = $1 WHERE reference = 'CH003'", authority.own)
    child = (await graph.ask('{ child(reference: "CH003") { reference otherReferences } }')).data["child"]
    assert child == {"reference": "CH001", "otherReferences": ["CH003"]}
    refused = await graph.ask('{ child(reference: "CH003") { reference } }', role=Role.IRO, code="IRO-02")
    assert refused.data == {"child": None}


HOUSEHOLD = """reference approvedOn endedOn endReason
  held { kind heldOn timeliness } obligations { kind statutoryDueOn timeliness subject { ... on FosterHousehold { reference } } }"""


async def test_a_foster_household_shows_its_approval_its_reviews_and_what_is_owed(graph: Graph, stated: Stated) -> None:
    answer = await graph.ask(
        f"""query ($id: ID!) {{ household(reference: "FH01") {{ {HOUSEHOLD} }} none: household(reference: "FH99") {{ id }}
            households(first: 5) {{ totalCount edges {{ node {{ reference endedOn }} }} }} node(id: $id) {{ id }} }}""",
        {"id": global_id("FosterHousehold", stated.household)},
    )
    household = answer.data["household"]
    assert (household["approvedOn"], household["endedOn"]) == ("2024-09-16", None)
    assert household["held"] == [{"kind": "FOSTER_HOME_REVIEW", "heldOn": "2025-09-10", "timeliness": "IN_TIME"}]
    assert household["obligations"][0] == {
        "kind": "FOSTER_HOME_REVIEW", "statutoryDueOn": "2026-09-10", "timeliness": "NOT_YET_DUE", "subject": {"reference": "FH01"},
    }  # fmt: skip
    assert answer.data["none"] is None
    assert answer.data["households"] == {"totalCount": 1, "edges": [{"node": {"reference": "FH01", "endedOn": None}}]}
    assert answer.data["node"]


async def test_a_household_too_is_answered_as_it_was_known(graph: Graph, records: Records, stated: Stated) -> None:
    await correct(records.connection, "held_record", stated.household_held, held_on=date(2025, 9, 20))
    known = f"""held(asKnownAt: "{BETWEEN}") {{ heldOn timeliness }} obligations(asKnownAt: "{BETWEEN}") {{ statutoryDueOn }}"""
    then = (await graph.ask(f'{{ household(reference: "FH01") {{ {known} now: held {{ heldOn }} }} }}')).data["household"]
    assert then["held"] == [{"heldOn": "2025-09-10", "timeliness": "IN_TIME"}]
    assert [duty["statutoryDueOn"] for duty in then["obligations"]] == ["2026-09-10", "2025-09-16"]
    assert then["now"] == [{"heldOn": "2025-09-20"}]


async def test_a_meeting_about_a_household_names_it(graph: Graph, records: Records, authority: Authority, stated: Stated) -> None:
    meeting = await records.meeting(
        "M-HOME-HOME", datetime(2026, 9, 8, 9, tzinfo=UTC), [], kind="FOSTER_HOME_REVIEW", chair=authority.officer
    )
    await records.connection.execute(
        "INSERT INTO meeting_item (meeting_id, number, household_id, kind, obligation_id, live) "
        "SELECT $1, 1, $2, 'FOSTER_HOME_REVIEW', id, true FROM obligation WHERE household_id = $2 AND state = 'OPEN'",
        meeting, stated.household,
    )  # fmt: skip
    document = """query ($id: ID!) { meeting(id: $id) { kind timeliness items {
      subject { __typename ... on FosterHousehold { reference approvedOn endedOn held { heldOn } } } obligation { statutoryDueOn } } } }"""
    shown = (await graph.ask(document, {"id": global_id("Meeting", meeting)})).data["meeting"]
    assert (shown["kind"], shown["timeliness"]) == ("FOSTER_HOME_REVIEW", "NOT_YET_DUE")
    subject = {"__typename": "FosterHousehold", "reference": "FH01", "approvedOn": "2024-09-16", "endedOn": None}
    assert shown["items"] == [{"subject": {**subject, "held": [{"heldOn": "2025-09-10"}]}, "obligation": {"statutoryDueOn": "2026-09-10"}}]
    chair = (await graph.ask(document, {"id": global_id("Meeting", meeting)}, role=Role.IRO, code="IRO-01")).data["meeting"]
    assert chair["items"] == [{"subject": {**subject, "held": []}, "obligation": None}]


async def test_advice_is_given_where_the_clock_has_something_to_say(graph: Graph, records: Records, authority: Authority) -> None:
    await records.connection.execute(
        "INSERT INTO care_episode (id, child_id, recorded, started_on, reason_started, legal_status, source) "
        "VALUES (gen_random_uuid(), $1, tstzrange('2026-08-20', NULL), '2026-08-20', 'P', 'C2', 'TEST')", authority.own,
    )  # fmt: skip
    await records.obligation(authority.own, "REVIEW_CONFERENCE", date(2026, 11, 1))
    duties = (await _child(graph, "obligations { kind advice }"))["obligations"]
    advice = {duty["kind"]: duty["advice"] for duty in duties}
    moved = "the placement changed on 2026-08-20, after the last review: the clock does not restart; "
    assert advice["CARE_REVIEW"] == [moved + "review before any further significant change of the care plan"]
    both = "became looked after on 2026-08-10 while on a protection plan: an early review conference may be offered; "
    assert advice["REVIEW_CONFERENCE"] == [both + "the plan stands until a conference ends it"]


async def test_more_children_with_more_records_take_no_more_statements(graph: Graph, records: Records, authority: Authority) -> None:
    now = f"{{ children(first: 50) {{ edges {{ node {{ reference otherReferences diedOn obligations {{ advice }} {_NOW} }} }} }} }}"
    then = now.replace(_NOW, _THEN).replace("obligations {", f'obligations(asKnownAt: "{BETWEEN}") {{')
    await state(records.connection, authority)
    few = [await graph.ask(document) for document in (now, then)]
    for number in range(8):
        child_id = await records.child(f"CH2{number}")
        await records.care_period(child_id, date(2026, 8, 10))
        await records.held(child_id, "CARE_REVIEW", date(2026, 8, 20))
        await records.obligation(child_id, "CARE_REVIEW", date(2026, 11, 20))
    many = [await graph.ask(document) for document in (now, then)]
    assert [len(answer.data["children"]["edges"]) for answer in many] == [11, 11]
    assert [len(answer.statements) for answer in many] == [len(answer.statements) for answer in few]
    assert max(len(answer.statements) for answer in many) <= 29


async def test_households_take_as_many_statements_however_many_there_are(graph: Graph, stated: Stated) -> None:
    answer = await graph.ask("{ households(first: 50) { edges { node { reference endedOn held { heldOn } obligations { kind } } } } }")
    assert answer.data["households"]["edges"]
    assert len(answer.statements) <= 3
