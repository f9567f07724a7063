"""Who comes to a meeting, and whether it is quorate, through the graph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.support.graph import Graph, global_id
from tests.support.records import Records

SET = """mutation ($input: SetAttendeesInput!) { setAttendees(input: $input) {
  __typename
  ... on MeetingChanged { meeting { version quorum { met needs attended }
    attendees { role agency arrivesAt required invited directContact consent apart attended } } }
  ... on NotEligible { message code } ... on StaleVersion { version } ... on NotFound { message } ... on InvalidInput { message field }
  ... on RequestKeyReused { message } ... on Forbidden { message } } }"""
READ = "query ($id: ID!) { meeting(id: $id) { attendees { role } quorum { met needs attended } } }"
WORKER, NURSE = {"role": "SOCIAL_WORKER", "agency": "SOCIAL_CARE"}, {"role": "HEALTH_VISITOR_OR_SCHOOL_NURSE", "agency": "HEALTH"}


@pytest.fixture
async def conference(authority: Authority, records: Records) -> str:
    """A review conference about the child of IRO-01, without police."""
    starts_at = datetime(2026, 9, 7, 9, tzinfo=UTC)
    about = [(authority.own, None)]
    meeting = await records.meeting(
        "M-CONF-CONF", starts_at, about, kind="REVIEW_CONFERENCE", chair=authority.officer, note_taker=authority.note_taker
    )
    return global_id("Meeting", meeting)


async def _set(graph: Graph, meeting: str, *people: dict[str, Any], key: str = "k", version: int = 1, **viewer: Any) -> dict[str, Any]:
    stated = {"requestKey": key, "id": meeting, "version": version, "attendees": list(people)}
    found = (await graph.ask(SET, {"input": stated}, **viewer)).data["setAttendees"]
    assert isinstance(found, dict)
    return found


async def test_business_support_says_who_comes_and_is_told_whether_that_is_a_quorum(graph: Graph, conference: str) -> None:
    refused = {"role": "SCHOOL", "agency": "EDUCATION", "consent": "REFUSED"}
    people = (WORKER | {"required": True, "arrivesAt": "2026-09-07T09:45:00+01:00"}, NURSE, refused)
    done = await _set(graph, conference, *people, role=Role.BUSINESS_SUPPORT)
    assert done["__typename"] == "MeetingChanged", done
    meeting = done["meeting"]
    assert (meeting["version"], meeting["quorum"]) == (
        2,
        {"met": False, "needs": ["1 more agency in direct contact with the child"], "attended": False},
    )
    assert meeting["attendees"][0] == {
        "role": "SOCIAL_WORKER", "agency": "SOCIAL_CARE", "arrivesAt": "2026-09-07T08:45:00+00:00", "required": True, "invited": True,
        "directContact": True, "consent": "NOT_ASKED", "apart": False, "attended": None,
    }  # fmt: skip
    assert [each["invited"] for each in meeting["attendees"]] == [True, True, False]
    assert await _set(graph, conference, *people, role=Role.BUSINESS_SUPPORT) == done
    assert (await _set(graph, conference, WORKER, role=Role.BUSINESS_SUPPORT))["__typename"] == "RequestKeyReused"
    assert await _set(graph, conference, WORKER, key="other") == {"__typename": "StaleVersion", "version": 2}
    agreed = refused | {"consent": "GIVEN"}
    now = await _set(graph, conference, WORKER, NURSE, agreed, key="third", version=2)
    assert now["meeting"]["quorum"] == {"met": True, "needs": [], "attended": False}


async def test_names_and_rooms_that_do_not_suit_are_refused_as_members_of_the_union(
    graph: Graph, conference: str, authority: Authority, records: Records
) -> None:
    named = await _set(graph, conference, {"role": "Mrs Example", "agency": "FAMILY"})
    assert (named["__typename"], named["field"]) == ("InvalidInput", "attendees")
    await records.connection.execute("UPDATE meeting SET room_id = $1 WHERE reference = 'M-CONF-CONF'", authority.room)
    await records.connection.execute("UPDATE room SET features = '{step_free,family_room}', seats = 20")
    parents = [{"role": "PARENT", "agency": "FAMILY", "apart": True}] * 2
    lacking = await _set(graph, conference, *parents, key="apart")
    assert (lacking["__typename"], lacking["code"]) == ("NotEligible", "ROOM_LACKS_FEATURE")
    await records.connection.execute("UPDATE room SET features = '{step_free,family_room,second_waiting_room}'")
    assert (await _set(graph, conference, *parents, key="apart"))["__typename"] == "MeetingChanged"


async def test_who_comes_is_stated_by_whom_the_table_lets_book_and_read_by_whom_it_lets_know(graph: Graph, conference: str) -> None:
    for role, code in ((Role.AUDITOR, None), (Role.NOTE_TAKER, "NT-01"), (Role.POLICE_LIAISON, "POL-01")):
        assert (await _set(graph, conference, WORKER, key=role, role=role, code=code))["__typename"] == "Forbidden"
    assert (await _set(graph, conference, WORKER, role=Role.IRO, code="IRO-02"))["__typename"] == "NotFound"
    assert (await _set(graph, conference, WORKER, key="own", role=Role.IRO, code="IRO-01"))["__typename"] == "MeetingChanged"
    for role, code, knows in ((Role.NOTE_TAKER, "NT-01", True), (Role.IRO, "IRO-01", True), (Role.IRO, "IRO-02", False)):
        meeting = (await graph.ask(READ, {"id": conference}, role=role, code=code)).data["meeting"]
        assert ((meeting["attendees"] is not None), (meeting["quorum"] is not None)) == (knows, knows), (role, code)


async def test_once_it_is_held_the_quorum_is_that_of_those_who_came(graph: Graph, authority: Authority, records: Records) -> None:
    about = [(authority.own, None)]
    held = await records.meeting(
        "M-HELD-HELD", datetime(2026, 9, 1, 6, tzinfo=UTC), about, kind="REVIEW_CONFERENCE", chair=authority.officer
    )
    identifier = global_id("Meeting", held)
    stated: dict[str, Any] = {"requestKey": "held", "id": identifier, "version": 1, "heldOn": "2026-09-01"}
    document = """mutation ($input: RecordMeetingHeldInput!) { recordMeetingHeld(input: $input) {
        __typename ... on InvalidInput { message field } ... on MeetingChanged { meeting { state quorum { met needs attended } } } } }"""
    few = {**stated, "attended": [WORKER, NURSE]}
    wrong = (await graph.ask(document, {"input": {**few, "quorate": True}})).data["recordMeetingHeld"]
    assert (wrong["__typename"], wrong["field"]) == ("InvalidInput", "quorate")
    came = {**stated, "attended": [WORKER, NURSE, {"role": "POLICE"}]}
    done = (await graph.ask(document, {"input": came})).data["recordMeetingHeld"]
    assert done["meeting"] == {"state": "HELD", "quorum": {"met": True, "needs": [], "attended": True}}


async def test_a_review_of_a_child_in_care_has_no_quorum(graph: Graph, authority: Authority) -> None:
    meeting = (await graph.ask(READ, {"id": global_id("Meeting", authority.own_meeting)})).data["meeting"]
    assert meeting["quorum"] is None
