"""Mutations through the graph: what they answer, their errors as union members, and their request keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.support.graph import Graph, global_id
from tests.support.records import Records

REGISTER = """mutation ($input: RegisterChildInput!) { registerChild(input: $input) {
  __typename ... on ChildRecorded { child { id reference bornOn } } ... on InvalidInput { message field }
  ... on RequestKeyReused { message } ... on Forbidden { message } ... on NotFound { message } } }"""

BOOK = """mutation ($input: BookMeetingInput!) { bookMeeting(input: $input) {
  __typename
  ... on MeetingBooked { meeting { id reference version state startsAt chair { code } items { subject { ... on Child { reference } } } } }
  ... on ResourceTaken { message kind code from to } ... on OutsideAvailability { message kind code }
  ... on OutsideTimescale { message statutoryDueOn bookByOn } ... on NotEligible { message }
  ... on NotFound { message } ... on InvalidInput { message field } ... on RequestKeyReused { message } ... on Forbidden { message } } }"""


def _change(name: str, kind: str) -> str:
    done = "MeetingBooked" if name in ("moveMeeting", "reinstateMeeting", "splitMeeting") else "MeetingChanged"
    return f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
      __typename ... on {done} {{ meeting {{ state version timeliness startsAt }} }} ... on StaleVersion {{ message version }}
      ... on NotFound {{ message }} ... on InvalidInput {{ message field }} ... on Forbidden {{ message }}
      ... on ResourceTaken {{ message }} ... on OutsideAvailability {{ message }} }} }}"""


async def _mutate(graph: Graph, document: str, stated: dict[str, Any], **viewer: Any) -> dict[str, Any]:
    (result,) = (await graph.ask(document, {"input": stated}, **viewer)).data.values()
    assert isinstance(result, dict)
    return result


async def test_a_child_is_registered_once_for_a_request_key(graph: Graph, authority: Authority) -> None:
    stated = {"requestKey": "one", "reference": "CH100", "bornOn": "2020-02-29"}
    first = await _mutate(graph, REGISTER, stated, role=Role.BUSINESS_SUPPORT)
    again = await _mutate(graph, REGISTER, stated, role=Role.BUSINESS_SUPPORT)
    assert first == again
    assert (first["__typename"], first["child"]["bornOn"]) == ("ChildRecorded", "2020-02-29")
    other = await _mutate(graph, REGISTER, {**stated, "reference": "CH101"}, role=Role.BUSINESS_SUPPORT)
    assert other["__typename"] == "RequestKeyReused"


async def test_what_a_service_rejects_is_a_member_of_the_union(graph: Graph, authority: Authority) -> None:
    taken = await _mutate(graph, REGISTER, {"requestKey": "two", "reference": "CH001", "bornOn": "2020-01-01"})
    assert taken["__typename"] == "InvalidInput"
    unknown = await _mutate(graph, REGISTER, {"requestKey": "three", "reference": "CH102", "bornOn": "2020-01-01", "siblingOf": "NOBODY"})
    assert unknown["__typename"] == "NotFound"
    forbidden = await _mutate(graph, REGISTER, {"requestKey": "x", "reference": "CH103", "bornOn": "2020-01-01"}, role=Role.AUDITOR)
    assert forbidden["__typename"] == "Forbidden"


async def test_a_child_that_comes_into_care_owes_a_review_at_once(graph: Graph, authority: Authority) -> None:
    answer = await graph.ask(
        """mutation { startCarePeriod(input: {requestKey: "k", reference: "CH003", startedOn: "2026-08-28", legalStatus: "C2"}) {
             ... on ChildRecorded { child { reference carePeriods { startedOn legalStatus } obligations { kind statutoryDueOn } } } } }"""
    )
    child = answer.data["startCarePeriod"]["child"]
    assert child["carePeriods"] == [{"startedOn": "2026-08-28", "legalStatus": "C2"}]
    assert child["obligations"] == [{"kind": "CARE_REVIEW", "statutoryDueOn": "2026-09-28"}]


async def test_a_strategy_discussion_starts_the_clock_of_each_child(graph: Graph, authority: Authority) -> None:
    answer = await graph.ask(
        """mutation { recordStrategyDiscussion(input: {requestKey: "k", references: ["CH003"], heldOn: "2026-08-31"}) {
             ... on ChildrenRecorded { children { reference obligations { kind triggeredOn } } } } }"""
    )
    assert answer.data["recordStrategyDiscussion"]["children"] == [
        {"reference": "CH003", "obligations": [{"kind": "INITIAL_CONFERENCE", "triggeredOn": "2026-08-31"}]}
    ]


@pytest.fixture
async def bookable(authority: Authority, records: Records) -> Authority:
    """IRO-01 is at work in September, and the meetings of the authority are gone."""
    for table in ("meeting_event", "attendee", "sitting", "meeting_item", "paper_trail", "meeting"):
        if table == "meeting_event":
            await records.connection.execute("SET ROLE NONE")
        await records.connection.execute(f"DELETE FROM {table}")
    await records.connection.execute("RESET ROLE")
    for resource in (authority.officer, authority.colleague, authority.room, authority.note_taker):
        await records.at_work(resource, datetime(2026, 9, 1, tzinfo=UTC))
    return authority


_NEW = {
    "requestKey": "book", "childReferences": ["CH001"], "kind": "CARE_REVIEW", "startsAt": "2026-09-07T10:00:00+01:00",
    "chairCode": "IRO-01", "venue": "a school",
}  # fmt: skip


async def test_a_meeting_is_found_a_time_booked_moved_called_off_and_stands_again(graph: Graph, bookable: Authority) -> None:
    slots = await graph.ask(
        """{ slots(search: {childReferences: ["CH001"], kind: CARE_REVIEW, from: "2026-09-03", to: "2026-09-08", first: 3}) {
             __typename ... on NoSlot { blockers { code } }
             ... on Slots { options { startsAt endsAt chair { code } inTimescale reasons } } } }"""
    )
    assert slots.data["slots"]["__typename"] == "Slots"
    booked = await _mutate(graph, BOOK, _NEW)
    assert booked["__typename"] == "MeetingBooked", booked
    assert booked == await _mutate(graph, BOOK, _NEW)
    meeting = booked["meeting"]
    assert (meeting["version"], meeting["chair"], meeting["startsAt"]) == (1, {"code": "IRO-01"}, "2026-09-07T09:00:00+00:00")
    taken = await _mutate(graph, BOOK, {**_NEW, "requestKey": "again", "childReferences": ["CH002"]})
    assert (taken["__typename"], taken["kind"], taken["code"]) == ("ResourceTaken", "IRO", "IRO-01")
    moved = await _mutate(
        graph, _change("moveMeeting", "MoveMeetingInput"),
        {"requestKey": "m", "id": meeting["id"], "version": 1, "startsAt": "2026-09-08T10:00:00+01:00", "reason": "school day"},
    )  # fmt: skip
    assert (moved["__typename"], moved["meeting"]["version"]) == ("MeetingBooked", 2)
    assert moved["meeting"]["startsAt"] == "2026-09-08T09:00:00+00:00"
    stale = await _mutate(
        graph, _change("cancelMeeting", "MeetingActionInput"), {"requestKey": "c", "id": meeting["id"], "version": 1, "reason": "r"}
    )
    assert (stale["__typename"], stale["version"]) == ("StaleVersion", 2)
    gone = await _mutate(
        graph, _change("cancelMeeting", "MeetingActionInput"), {"requestKey": "c", "id": meeting["id"], "version": 2, "reason": "r"}
    )
    assert (gone["meeting"]["state"], gone["meeting"]["timeliness"]) == ("CANCELLED", "NOT_APPLICABLE")
    back = await _mutate(
        graph, _change("reinstateMeeting", "MeetingActionInput"), {"requestKey": "b", "id": meeting["id"], "version": 3, "reason": "r"}
    )
    assert back["meeting"]["state"] == "CONFIRMED"


async def test_a_remote_meeting_is_booked_as_one_and_nobody_travels(graph: Graph, bookable: Authority, records: Records) -> None:
    booked = await _mutate(graph, BOOK, {**_NEW, "remote": True})
    assert booked["__typename"] == "MeetingBooked", booked
    row = await records.connection.fetchrow("SELECT remote, starts_at - lower(blocked) AS before FROM hold JOIN meeting ON id = meeting_id")
    assert row is not None
    assert row["remote"] is True
    assert row["before"] == timedelta(minutes=30), "the child alone first, and no way to go"


async def test_a_meeting_is_split_into_sittings_with_a_version_and_a_key(graph: Graph, bookable: Authority) -> None:
    booked = (await _mutate(graph, BOOK, _NEW))["meeting"]
    document = _change("splitMeeting", "SplitMeetingInput")
    sittings = [
        {"startsAt": "2026-09-07T10:00:00+01:00", "endsAt": "2026-09-07T10:45:00+01:00"},
        {"startsAt": "2026-09-08T15:00:00+01:00", "endsAt": "2026-09-08T15:45:00+01:00"},
    ]
    stated = {"requestKey": "s", "id": booked["id"], "version": 1, "sittings": sittings, "reason": "shorter for the child"}
    split = await _mutate(graph, document, stated)
    assert (split["__typename"], split["meeting"]["version"]) == ("MeetingBooked", 2)
    assert split == await _mutate(graph, document, stated)
    assert (await _mutate(graph, document, {**stated, "reason": "another"}))["__typename"] == "RequestKeyReused"
    assert (await _mutate(graph, document, {**stated, "requestKey": "t"}))["version"] == 2
    shown = await graph.ask("query ($id: ID!) { meeting(id: $id) { sittings { startsAt } history { what } } }", {"id": booked["id"]})
    assert [each["startsAt"] for each in shown.data["meeting"]["sittings"]] == ["2026-09-07T09:00:00+00:00", "2026-09-08T14:00:00+00:00"]
    held = {"requestKey": "u", "id": booked["id"], "version": 2, "heldOn": "2026-09-01", "attended": [{"role": "CHAIR"}]}
    begun = await _mutate(graph, _change("recordMeetingHeld", "RecordMeetingHeldInput"), held)
    assert (begun["meeting"]["state"], begun["meeting"]["version"]) == ("ADJOURNED", 3)
    viewers: tuple[tuple[dict[str, Any], Any], ...] = (
        ({}, [{"role": "CHAIR", "agency": "REVIEW_UNIT"}]),
        ({"role": Role.IRO, "code": "IRO-02"}, None),
    )
    document = "query ($id: ID!) { meeting(id: $id) { sittings { heldOn attended { role agency } } } }"
    for viewer, came in viewers:
        shown = await graph.ask(document, {"id": booked["id"]}, **viewer)
        assert shown.data["meeting"]["sittings"] == [{"heldOn": "2026-09-01", "attended": came}, {"heldOn": None, "attended": None}]


async def test_times_for_several_sittings_are_asked_for_by_their_lengths(graph: Graph, bookable: Authority) -> None:
    document = """{ slots(search: {childReferences: ["CH001"], kind: CARE_REVIEW, sittings: LENGTHS,
         from: "2026-09-03", to: "2026-09-08"}) {
         __typename ... on Slots { options { startsAt sittings { startsAt endsAt } } } ... on InvalidInput { field } } }"""
    asked = (await graph.ask(document.replace("LENGTHS", "[30, 45]"))).data["slots"]
    assert all(each["sittings"][0]["startsAt"] == each["startsAt"] and len(each["sittings"]) == 2 for each in asked["options"])
    assert asked["options"]
    assert (await graph.ask(document.replace("LENGTHS", "2"))).data["slots"] == {"__typename": "InvalidInput", "field": "sittings"}


async def test_times_of_other_sorts_say_how_they_differ(graph: Graph, bookable: Authority) -> None:
    asked = await graph.ask(
        """{ slots(search: {childReferences: ["CH001"], kind: CARE_REVIEW, from: "2026-09-03", to: "2026-09-08"}) {
             ... on Slots { options { alternative remote chair { code } reasons } } } }"""
    )
    options = {each["alternative"]: each for each in reversed(asked.data["slots"]["options"])}
    assert set(options) == {None, "ANOTHER_DAY", "COVER_CHAIR", "REMOTE"}
    assert (options[None]["chair"]["code"], options["COVER_CHAIR"]["chair"]["code"]) == ("IRO-01", "IRO-02")
    assert {sort: each["remote"] for sort, each in options.items() if each["remote"]} == {"REMOTE": True}
    assert options["COVER_CHAIR"]["reasons"][0] == "a cover chair: IRO-02"


async def test_what_was_held_is_recorded_and_the_next_duty_follows(graph: Graph, bookable: Authority, records: Records) -> None:
    await _mutate(graph, BOOK, {**_NEW, "startsAt": "2026-09-02T10:00:00+01:00"}, role=Role.IRO, code="IRO-01")
    found = await graph.ask('{ meetings(filter: {from: "2026-09-02", to: "2026-09-02"}) { edges { node { id version } } } }')
    node = found.data["meetings"]["edges"][0]["node"]
    await records.connection.execute("UPDATE meeting SET starts_at = starts_at - interval '1 day', ends_at = ends_at - interval '1 day'")
    held = await _mutate(
        graph, _change("recordMeetingHeld", "RecordMeetingHeldInput"),
        {"requestKey": "h", "id": node["id"], "version": node["version"], "heldOn": "2026-09-01",
         "outcomes": [{"reference": "CH001", "participation": "PN2"}]},
    )  # fmt: skip
    assert held["__typename"] == "MeetingChanged", held
    assert held["meeting"]["state"] == "HELD"
    child = (
        await graph.ask('{ child(reference: "CH001") { held { kind heldOn participation } obligations { timeliness triggeredOn } } }')
    ).data
    assert {"kind": "CARE_REVIEW", "heldOn": "2026-09-01", "participation": "PN2"} in child["child"]["held"]


async def test_another_officers_meeting_is_not_there_to_be_changed(graph: Graph, authority: Authority) -> None:
    for identifier in (global_id("Meeting", authority.other_meeting), global_id("Meeting", authority.room), "nonsense"):
        refused = await _mutate(
            graph, _change("cancelMeeting", "MeetingActionInput"),
            {"requestKey": identifier, "id": identifier, "version": 1, "reason": "r"}, role=Role.IRO, code="IRO-01",
        )  # fmt: skip
        assert refused["__typename"] == "NotFound"


async def test_one_child_is_allocated_at_once_and_all_by_a_run(graph: Graph, authority: Authority) -> None:
    document = """mutation ($input: AllocateChildrenInput!) { allocateChildren(input: $input) {
      __typename
      ... on ChildrenAllocated { decisions { reasons allocation { iro { code } child { reference } } rejected { iro { code } code } } }
      ... on AllocationQueued { run { id state progress } } ... on NoAllocation { message blockers { code } }
      ... on NotFound { message } ... on InvalidInput { message } ... on Forbidden { message } } }"""
    await graph.ask('mutation { startCarePeriod(input: {requestKey: "k", reference: "CH003", startedOn: "2026-08-28"}) { __typename } }')
    stated = {"requestKey": "a", "references": ["CH003"]}
    at_once = await _mutate(graph, document, stated)
    assert at_once["__typename"] == "ChildrenAllocated", at_once
    assert at_once["decisions"][0]["allocation"]["child"] == {"reference": "CH003"}
    assert at_once["decisions"][0]["reasons"]
    assert at_once == await _mutate(graph, document, stated)
    queued = await _mutate(graph, document, {"requestKey": "all"})
    assert (queued["__typename"], queued["run"]["state"]) == ("AllocationQueued", "QUEUED")
    assert (await _mutate(graph, document, {"requestKey": "none", "references": []}))["__typename"] == "InvalidInput"
    assert (await _mutate(graph, document, {"requestKey": "no", "references": ["NOBODY"]}))["__typename"] == "NotFound"
    assert (await _mutate(graph, document, stated, role=Role.IRO, code="IRO-01"))["__typename"] == "Forbidden"


async def test_a_plan_is_queued_and_applied_only_once_proposed(graph: Graph, authority: Authority, records: Records) -> None:
    document = """mutation ($input: PlanMeetingsInput!) { planMeetings(input: $input) {
      __typename ... on PlanQueued { plan { id state from to } } ... on InvalidInput { message field } ... on Forbidden { message } } }"""
    queued = await _mutate(graph, document, {"requestKey": "p", "from": "2026-09-01", "to": "2026-11-30"}, role=Role.BUSINESS_SUPPORT)
    assert (queued["plan"]["state"], queued["plan"]["from"], queued["plan"]["to"]) == ("QUEUED", "2026-09-01", "2026-11-30")
    backwards = await _mutate(graph, document, {"requestKey": "q", "from": "2026-08-01", "to": "2026-07-01"})
    assert (backwards["__typename"], backwards["field"]) == ("InvalidInput", "to")
    apply = """mutation ($input: RunActionInput!) { applyPlan(input: $input) {
      __typename ... on ApplyQueued { id } ... on InvalidInput { message } ... on NotFound { message } } }"""
    early = await _mutate(graph, apply, {"requestKey": "r", "id": queued["plan"]["id"]})
    assert early["__typename"] == "InvalidInput"
    proposed = global_id("Plan", await records.plan())
    assert await _mutate(graph, apply, {"requestKey": "s", "id": proposed}) == {"__typename": "ApplyQueued", "id": proposed}


async def test_a_plan_tells_what_it_may_move_and_what_is_frozen(graph: Graph, authority: Authority) -> None:
    document = """mutation ($input: PlanMeetingsInput!) { planMeetings(input: $input) {
      __typename ... on PlanQueued { plan { mayMove frozenDays unrepaired { meeting { id } lacks blockers { code } } } }
      ... on InvalidInput { message field } } }"""
    span = {"from": "2026-09-01", "to": "2026-11-30"}
    usual = await _mutate(graph, document, {"requestKey": "usual", "frozenDays": None, **span}, role=Role.BUSINESS_SUPPORT)
    assert usual["plan"] == {"mayMove": 0, "frozenDays": 2, "unrepaired": []}
    told = await _mutate(graph, document, {"requestKey": "told", "mayMove": 5, "frozenDays": 0, **span}, role=Role.BUSINESS_SUPPORT)
    assert (told["plan"]["mayMove"], told["plan"]["frozenDays"]) == (5, 0)
    for wrong, value in (("mayMove", -1), ("frozenDays", -1), ("kinds", [])):
        refused = await _mutate(graph, document, {"requestKey": wrong, wrong: value, **span}, role=Role.BUSINESS_SUPPORT)
        assert (refused["__typename"], refused["field"]) == ("InvalidInput", wrong)


async def test_a_proposed_plan_shows_what_it_does_and_who_would_hear_of_it(graph: Graph, authority: Authority, records: Records) -> None:
    plan_id = await records.plan()
    starts_at = datetime(2026, 9, 8, 9, tzinfo=UTC)
    await records.placement(plan_id, starts_at, authority.officer, [])
    document = """query ($id: ID!) { plan(id: $id) { placements { change group givesUp { kind code from to }
      mustHear { kind code method arrivesAt } meeting { id } movedFrom } } }"""
    answer = await graph.ask(document, {"id": global_id("Plan", plan_id)})
    (placement,) = answer.data["plan"]["placements"]
    assert (placement["change"], placement["group"], placement["givesUp"], placement["meeting"]) == ("BOOKS", None, [], None)
    assert [(each["kind"], each["method"]) for each in placement["mustHear"]] == [("IRO", "REQUEST")]


async def test_an_absence_over_a_meeting_is_refused_with_it_or_releases_it(graph: Graph, bookable: Authority) -> None:
    document = """mutation ($input: RecordAbsenceInput!) { recordAbsence(input: $input) {
      __typename ... on AbsenceRecorded { absence { from reason } released { reference needs chair { code } } }
      ... on HasMeetings { message meetings { reference } } ... on NotFound { message } ... on Forbidden { message } } }"""
    booked = await _mutate(graph, BOOK, _NEW)
    stated = {
        "requestKey": "a", "kind": "IRO", "code": "IRO-01", "from": "2026-09-07T00:00:00+01:00", "to": "2026-09-08T00:00:00+01:00",
        "reason": "SICKNESS",
    }  # fmt: skip
    standing = await _mutate(graph, document, stated)
    assert standing["meetings"] == [{"reference": booked["meeting"]["reference"]}]
    released = await _mutate(graph, document, {**stated, "onMeetings": "RELEASE"})
    assert released["absence"] == {"from": "2026-09-06T23:00:00+00:00", "reason": "SICKNESS"}
    assert released["released"] == [{"reference": booked["meeting"]["reference"], "needs": ["IRO"], "chair": None}]
    stranger = await _mutate(graph, document, {**stated, "requestKey": "b"}, role=Role.IRO, code="IRO-02")
    assert stranger["__typename"] == "NotFound"


async def test_an_evening_is_offered_by_whose_time_it_is(graph: Graph, bookable: Authority) -> None:
    document = """mutation ($input: OfferTimeInput!) { offerTime(input: $input) {
      __typename ... on TimeOffered { kind code from to } ... on InvalidInput { field } } }"""
    stated = {"requestKey": "o", "kind": "IRO", "code": "IRO-01", "from": "2026-09-08T17:00:00+01:00", "to": "2026-09-08T20:00:00+01:00"}
    offered = await _mutate(graph, document, stated, role=Role.IRO, code="IRO-01")
    assert (offered["code"], offered["from"], offered["to"]) == ("IRO-01", stated["from"], stated["to"])
    assert (await _mutate(graph, document, {**stated, "requestKey": "p"}, role=Role.IRO, code="IRO-02"))["__typename"] == "NotFound"
    assert (await _mutate(graph, document, {**stated, "requestKey": "q"}, role=Role.SOCIAL_WORKER))["__typename"] == "Forbidden"
    assert (await _mutate(graph, document, {**stated, "requestKey": "r", "from": "2026-08-08T17:00:00+01:00"}))["field"] is not None
    withdraw = """mutation ($input: WithdrawOfferInput!) { withdrawOffer(input: $input) {
      __typename ... on OfferWithdrawn { code from released { reference } } ... on InvalidInput { field } } }"""
    assert (await _mutate(graph, withdraw, {**stated, "requestKey": "s"}, role=Role.IRO, code="IRO-02"))["__typename"] == "NotFound"
    withdrawn = await _mutate(graph, withdraw, {**stated, "requestKey": "t"}, role=Role.IRO, code="IRO-01")
    assert withdrawn == {"__typename": "OfferWithdrawn", "code": "IRO-01", "from": stated["from"], "released": []}
    assert (await _mutate(graph, withdraw, {**stated, "requestKey": "u"}, role=Role.IRO, code="IRO-01"))["field"] == "from"
