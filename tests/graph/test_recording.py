"""What business support records by hand, mutation by mutation, and what follows from it in the same answer."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import strawberry

from graph.commands import fill
from graph.correction_inputs import CorrectCarePeriodInput
from services.history import corrections
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.words import OMITTED, Role
from tests.graph.conftest import Authority
from tests.graph.stated import Stated, state
from tests.support.graph import Graph, global_id
from tests.support.records import Records

_KEYS = count()
_CHILD = """reference bornOn expectedOn diedOn adoptedOn
  carePeriods { id startedOn endedOn endReason } protectionPlans { id startedOn endedOn endReason category }
  enquiries { id initiatingDiscussionOn conferenceNotRequired } careStatuses { id status startedOn endedOn endReason expectedEndOn }
  transfers { id direction notifiedOn conferenceOn withdrawnOn } earlierReviews { id kind byOn reason }
  held { id kind heldOn toReconvene participation source }
  obligations { kind triggeredOn statutoryDueOn notBeforeOn broughtForwardBy timeliness rule { code } meeting { state } }"""
_HOUSEHOLD = "reference approvedOn endedOn endReason held { id heldOn } obligations { kind statutoryDueOn timeliness }"
_RESULTS = {
    "recordHeldMeeting": "... on ChildrenRecorded { children { %s } } ... on HouseholdRecorded { household { %s } }",
    "correctHeldRecord": "... on ChildRecorded { child { %s } } ... on HouseholdRecorded { household { %s } }",
}


def _answers(name: str) -> str:
    if name in _RESULTS:
        return _RESULTS[name] % (_CHILD, _HOUSEHOLD)
    if name in ("recordStrategyDiscussion", "recordTransferIn"):
        return f"... on ChildrenRecorded {{ children {{ {_CHILD} }} }}"
    if "Household" in name:
        return f"... on HouseholdRecorded {{ household {{ {_HOUSEHOLD} }} }}"
    return f"... on ChildRecorded {{ child {{ {_CHILD} }} }}"


async def _say(graph: Graph, name: str, **stated: Any) -> dict[str, Any]:
    """What the mutation answers, whatever that is."""
    document = f"""mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ __typename {_answers(name)}
      ... on InvalidInput {{ message field }} ... on NotFound {{ message }} ... on RequestKeyReused {{ message }} }} }}"""
    body = {"requestKey": f"key-{next(_KEYS)}", **stated}
    found: dict[str, Any] = (await graph.ask(document, {"input": body}, role=Role.BUSINESS_SUPPORT)).data[name]
    return found


async def _do(graph: Graph, name: str, **stated: Any) -> dict[str, Any]:
    """The one child, or the household, of a mutation that is done."""
    said = await _say(graph, name, **stated)
    assert said["__typename"].endswith("Recorded"), said
    found: dict[str, Any] = said.get("child") or said.get("household") or said["children"][0]
    return found


def _owed(subject: dict[str, Any], *kinds: str) -> list[tuple[str, str, str]]:
    open_ones = [duty for duty in subject["obligations"] if duty["timeliness"] in ("NOT_YET_DUE", "OVERDUE")]
    return [(duty["kind"], duty["rule"]["code"], duty["statutoryDueOn"]) for duty in open_ones if not kinds or duty["kind"] in kinds]


async def test_an_unborn_child_is_discussed_born_met_about_and_on_a_plan_that_ends(graph: Graph) -> None:
    await _do(graph, "registerChild", reference="CH300", expectedOn="2026-09-20")
    discussed = await _do(graph, "recordStrategyDiscussion", references=["CH300"], heldOn="2026-08-10")
    assert _owed(discussed) == [("PRE_BIRTH_CONFERENCE", "PRE_BIRTH_CONFERENCE", "2026-09-01")]
    born = await _do(graph, "recordBirth", reference="CH300", bornOn="2026-08-20")
    assert (born["bornOn"], _owed(born)) == ("2026-08-20", [("INITIAL_CONFERENCE", "INITIAL_CONFERENCE", "2026-09-01")])
    outcome = [{"reference": "CH300", "onPlan": True, "category": "NEG"}]
    met = await _do(
        graph, "recordHeldMeeting", references=["CH300"], kind="INITIAL_CONFERENCE", heldOn="2026-08-24", toReconvene=True, outcomes=outcome
    )
    assert (met["held"][0]["toReconvene"], met["protectionPlans"][0]["category"]) == (True, "NEG")
    assert ("INITIAL_CONFERENCE", "INQUORATE_CONFERENCE", "2026-09-08") in _owed(met)
    assert ("REVIEW_CONFERENCE", "REVIEW_CONFERENCE_FIRST", "2026-11-24") in _owed(met)
    called = await _do(
        graph, "callEarlierReview", reference="CH300", kind="REVIEW_CONFERENCE", byOn="2026-09-30", reason="CIRCUMSTANCES_CHANGED"
    )
    (sooner,) = [duty for duty in called["obligations"] if duty["kind"] == "REVIEW_CONFERENCE"]
    assert (sooner["statutoryDueOn"], sooner["broughtForwardBy"]) == ("2026-09-30", "CIRCUMSTANCES_CHANGED")
    ended = await _do(graph, "endProtectionPlan", reference="CH300", endedOn="2026-08-28", reason="MOVED_ABROAD")
    assert (ended["protectionPlans"][0]["endedOn"], ended["protectionPlans"][0]["endReason"]) == ("2026-08-28", "MOVED_ABROAD")
    assert _owed(ended, "REVIEW_CONFERENCE") == []


async def test_children_on_plans_move_between_authorities(graph: Graph, authority: Authority) -> None:
    arrived = await _do(graph, "recordTransferIn", references=["CH003"], notifiedOn="2026-08-20")
    assert _owed(arrived) == [("TRANSFER_IN_CONFERENCE", "TRANSFER_IN_CONFERENCE", "2026-09-11")]
    back = await _do(graph, "withdrawTransfer", reference="CH003", direction="IN", withdrawnOn="2026-08-27")
    assert (_owed(back), back["transfers"][0]["withdrawnOn"]) == ([], "2026-08-27")
    leaving = await _do(graph, "recordTransferOut", reference="CH002", notifiedOn="2026-08-20")
    assert ("REVIEW_CONFERENCE", "REVIEW_CONFERENCE_FIRST", "2026-11-01") in _owed(leaving)
    gone = await _do(graph, "completeTransferOut", reference="CH002", conferenceOn="2026-08-28")
    (plan,) = gone["protectionPlans"]
    assert (plan["endedOn"], plan["endReason"], _owed(gone, "REVIEW_CONFERENCE")) == ("2026-08-28", "TRANSFERRED_OUT", [])


async def test_a_plan_that_a_conference_made_is_recorded_by_itself(graph: Graph, records: Records) -> None:
    child = await records.child("CH310")
    await records.held(child, "INITIAL_CONFERENCE", date(2026, 8, 3))
    planned = await _do(graph, "startProtectionPlan", reference="CH310", startedOn="2026-08-03", category="EMO")
    assert _owed(planned) == [("REVIEW_CONFERENCE", "REVIEW_CONFERENCE_FIRST", "2026-11-03")]


async def test_a_child_in_care_is_remanded_authorised_placed_disrupted_and_leaves(graph: Graph, authority: Authority) -> None:
    await _do(graph, "startCarePeriod", reference="CH003", startedOn="2026-02-02", legalStatus="C2")
    await _do(graph, "recordHeldMeeting", references=["CH003"], kind="CARE_REVIEW", heldOn="2026-02-20", outcomes=[
        {"reference": "CH003", "participation": "PN1"}])  # fmt: skip
    allowed = await _do(graph, "startCareStatus", reference="CH003", status="AUTHORISED_FOR_ADOPTION", startedOn="2026-06-08")
    assert ("ADOPTION_REVIEW", "ADOPTION_REVIEW_AUTHORISED_FIRST", "2026-09-08") in _owed(allowed)
    placed = await _do(graph, "startCareStatus", reference="CH003", status="PLACED_FOR_ADOPTION", startedOn="2026-08-03")
    assert _owed(placed, "ADOPTION_REVIEW") == [("ADOPTION_REVIEW", "ADOPTION_REVIEW_PLACED_FIRST", "2026-08-31")]
    back = await _do(graph, "endCareStatus", reference="CH003", status="PLACED_FOR_ADOPTION", endedOn="2026-08-24", reason="DISRUPTED")
    (review,) = [duty for duty in back["obligations"] if duty["rule"]["code"] == "ADOPTION_REVIEW_DISRUPTED"]
    assert (review["notBeforeOn"], review["statutoryDueOn"]) == ("2026-09-21", "2026-10-05")
    left = await _do(graph, "endCarePeriod", reference="CH003", endedOn="2026-08-28", reason="E4A")
    assert (_owed(left, "ADOPTION_REVIEW"), left["carePeriods"][0]["endReason"]) == ([], "E4A")


@pytest.mark.parametrize(("mutation", "day"), [("recordDeath", "diedOn"), ("recordAdoptionOrder", "madeOn")])
async def test_death_and_adoption_stop_every_clock_and_the_diary_at_once(
    graph: Graph, authority: Authority, mutation: str, day: str
) -> None:
    child = await _do(graph, mutation, reference="CH001", **{day: "2026-08-31"})
    assert child["diedOn" if mutation == "recordDeath" else "adoptedOn"] == "2026-08-31"
    assert _owed(child) == []
    meeting = (await graph.ask('{ meetingByReference(reference: "M-OWN1-OWN1") { state } }')).data["meetingByReference"]
    assert meeting["state"] == "CANCELLED"


async def test_a_foster_household_is_approved_reviewed_corrected_and_ended(graph: Graph) -> None:
    approved = await _do(graph, "approveHousehold", reference="FH20", approvedOn="2025-08-04")
    assert approved["obligations"] == [{"kind": "FOSTER_HOME_REVIEW", "statutoryDueOn": "2026-08-04", "timeliness": "OVERDUE"}]
    reviewed = await _do(
        graph, "recordHeldMeeting", householdReference="FH20", references=None, kind="FOSTER_HOME_REVIEW", heldOn="2026-08-03"
    )
    assert [duty["timeliness"] for duty in reviewed["obligations"]] == ["NOT_YET_DUE", "IN_TIME"]
    later = await _do(graph, "correctHeldRecord", id=reviewed["held"][0]["id"], heldOn="2026-08-05", reason="the wrong day")
    assert [duty["timeliness"] for duty in later["obligations"]] == ["NOT_YET_DUE", "LATE"]
    moved = await _do(graph, "correctHousehold", reference="FH20", approvedOn="2025-08-06", reason="the panel's letter")
    assert [duty["timeliness"] for duty in moved["obligations"]] == ["NOT_YET_DUE", "IN_TIME"]
    ended = await _do(graph, "endHouseholdApproval", reference="FH20", endedOn="2026-08-20", reason="resigned")
    assert (ended["endedOn"], ended["endReason"], _unmet(ended)) == ("2026-08-20", "resigned", [])


def _unmet(household: dict[str, Any]) -> list[str]:
    return [duty["timeliness"] for duty in household["obligations"] if duty["timeliness"] in ("NOT_YET_DUE", "OVERDUE")]


@pytest.fixture
async def stated(records: Records, authority: Authority) -> Stated:
    return await state(records.connection, authority)


async def test_any_record_is_corrected_and_what_follows_is_computed_anew(graph: Graph, stated: Stated) -> None:
    def identified(kind: str) -> dict[str, Any]:
        return {"id": global_id(kind, stated.own[kind]), "reason": "the file says so"}

    child = await _do(graph, "correctCarePeriod", **identified("CarePeriod"), startedOn="2025-01-03")
    assert child["carePeriods"][0]["startedOn"] == "2025-01-03"
    child = await _do(graph, "correctCareStatus", **identified("CareStatusRecord"), expectedEndOn="2025-03-01")
    assert child["careStatuses"][0]["expectedEndOn"] == "2025-03-01"
    child = await _do(graph, "correctProtectionPlan", **identified("ProtectionPlan"), category="PHY")
    assert child["protectionPlans"][0]["category"] == "PHY"
    child = await _do(graph, "correctEnquiry", **identified("Enquiry"), initiatingDiscussionOn="2025-04-15")
    assert child["enquiries"][0]["initiatingDiscussionOn"] == "2025-04-15"
    child = await _do(graph, "correctTransfer", **identified("Transfer"), notifiedOn="2025-04-09")
    assert child["transfers"][0]["notifiedOn"] == "2025-04-09"
    child = await _do(graph, "correctEarlierReview", **identified("EarlierReview"), withdraw=True)
    assert child["earlierReviews"] == []
    child = await _do(graph, "correctHeldRecord", **identified("HeldRecord"), participation=None)
    assert [each["participation"] for each in child["held"] if each["kind"] == "CARE_REVIEW"] == [None]
    child = await _do(graph, "correctHeldRecord", **identified("HeldRecord"), withdraw=True)
    assert [each for each in child["held"] if each["kind"] == "CARE_REVIEW"] == []
    child = await _do(graph, "correctChild", reference="CH001", reason="certificate", bornOn="2015-05-02")
    assert child["bornOn"] == "2015-05-02"
    gone = await _say(graph, "correctHeldRecord", **identified("HeldRecord"), heldOn="2025-02-18")
    assert gone["__typename"] == "NotFound"


async def test_a_refusal_names_the_field_and_says_what_would_be_right(graph: Graph, authority: Authority) -> None:
    for name, stated, field in (
        ("recordBirth", {"reference": "CH003", "bornOn": "2026-10-01"}, "bornOn"),
        ("recordDeath", {"reference": "CH003", "diedOn": "2026-09-30"}, "diedOn"),
        ("startCareStatus", {"reference": "CH003", "status": "SECURE", "startedOn": "2026-08-01"}, "startedOn"),
        ("callEarlierReview", {"reference": "CH001", "kind": "CARE_REVIEW", "byOn": "2027-09-04", "reason": "CHILD_REQUESTS"}, "byOn"),
        ("approveHousehold", {"reference": "", "approvedOn": "2026-08-01"}, "reference"),
        ("recordHeldMeeting", {"references": [], "kind": "CARE_REVIEW", "heldOn": "2026-08-01"}, "references"),
    ):
        said = await _say(graph, name, **stated)
        assert (said["__typename"], said.get("field")) == ("InvalidInput", field), (name, said)
        assert len(said["message"]) > 20


async def test_a_record_is_kept_once_for_a_request_key(graph: Graph, authority: Authority) -> None:
    first = await _say(graph, "startCarePeriod", requestKey="one", reference="CH003", startedOn="2026-08-28")
    assert await _say(graph, "startCarePeriod", requestKey="one", reference="CH003", startedOn="2026-08-28") == first
    other = await _say(graph, "startCarePeriod", requestKey="one", reference="CH003", startedOn="2026-08-27")
    assert other["__typename"] == "RequestKeyReused"


async def test_a_meeting_of_several_children_answers_with_them_in_the_order_named(graph: Graph, authority: Authority) -> None:
    for day, named in (("2026-08-20", ["CH002", "CH001"]), ("2026-08-21", ["CH001", "CH002"])):
        said = await _say(graph, "recordHeldMeeting", references=named, kind="CARE_REVIEW", heldOn=day)
        assert [child["reference"] for child in said["children"]] == named


def test_a_null_is_none_where_there_may_be_none_and_a_mistake_elsewhere() -> None:
    named: dict[str, Any] = {"request_key": strawberry.ID("k"), "id": global_id("CarePeriod", UUID(int=1)), "reason": "r"}
    stated = CorrectCarePeriodInput(**named, ended_on=None)
    command = fill(corrections.CorrectCarePeriod, stated, of="CarePeriod")
    assert (command.ended_on, command.started_on, command.id) == (None, OMITTED, UUID(int=1))
    with pytest.raises(InvalidInput, match="startedOn is null") as refused:
        fill(corrections.CorrectCarePeriod, CorrectCarePeriodInput(**named, started_on=None), of="CarePeriod")
    assert refused.value.field == "startedOn"
    with pytest.raises(NotFound):
        fill(corrections.CorrectCarePeriod, stated, of="Transfer")
