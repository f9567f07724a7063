"""What is stated of a child's time, and what of it a meeting or a time that is offered does not respect, over the graph."""

from __future__ import annotations

from typing import Any

from services.kernel.words import Role
from services.platform.database import Database
from tests.graph.conftest import Authority
from tests.support.graph import Graph

_STATED = "wishedWeekdays wishedFrom wishedUntil wishedPlace wishedVenue activityDays parentsApart"
_MISSED = "wishesMissed { childReference wish message }"
_NUMBERS = iter(range(1000))


async def _say(graph: Graph, **stated: Any) -> dict[str, Any]:
    document = f"""mutation ($input: RecordCircumstancesInput!) {{ recordCircumstances(input: $input) {{ __typename
      ... on ChildRecorded {{ child {{ circumstances {{ {_STATED} }} }} released {{ reference needs }} }}
      ... on InvalidInput {{ field message }} }} }}"""
    body = {"requestKey": f"wish-{next(_NUMBERS)}", "reference": "CH001", "fromDay": "2026-08-20", **stated}
    found: dict[str, Any] = (await graph.ask(document, {"input": body})).data["recordCircumstances"]
    return found


async def _meeting(graph: Graph, **viewer: Any) -> list[dict[str, str]] | None:
    answer = await graph.ask(f'{{ meetingByReference(reference: "M-OWN1-OWN1") {{ {_MISSED} }} }}', **viewer)
    found: list[dict[str, str]] | None = answer.data["meetingByReference"]["wishesMissed"]
    return found


async def test_a_childs_time_is_stated_kept_and_taken_away(graph: Graph, authority: Authority) -> None:
    said = await _say(
        graph, wishedWeekdays=["FRIDAY", "MONDAY"], wishedFrom="15:30", wishedUntil="17:00", wishedPlace="ELSEWHERE",
        wishedVenue="her school", activityDays=["TUESDAY"], parentsApart=True,
    )  # fmt: skip
    assert said["child"]["circumstances"] == {
        "wishedWeekdays": ["MONDAY", "FRIDAY"], "wishedFrom": "15:30", "wishedUntil": "17:00", "wishedPlace": "ELSEWHERE",
        "wishedVenue": "her school", "activityDays": ["TUESDAY"], "parentsApart": True,
    }  # fmt: skip
    said = await _say(graph, fromDay="2026-08-25", wishedFrom=None, activityDays=None)
    assert (said["child"]["circumstances"]["wishedFrom"], said["child"]["circumstances"]["wishedUntil"]) == (None, "17:00")
    assert (said["child"]["circumstances"]["activityDays"], said["child"]["circumstances"]["wishedWeekdays"]) == ([], ["MONDAY", "FRIDAY"])
    assert said["child"]["circumstances"]["parentsApart"] is True
    assert (await _say(graph, fromDay="2026-08-26", parentsApart=None))["child"]["circumstances"]["parentsApart"] is False
    assert (await _say(graph, wishedUntil="5 o'clock"))["field"] == "wishedUntil"


async def test_meetings_that_lose_their_room_as_parents_must_not_meet_are_in_the_answer(
    graph: Graph, authority: Authority, database: Database
) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO attendee (meeting_id, number, role, agency, required, arrives_at) "
            "SELECT id, 90, 'PARENT', 'FAMILY', false, starts_at FROM meeting"
        )
    assert (await _say(graph, activityDays=["TUESDAY"]))["released"] == []
    said = await _say(graph, parentsApart=True)
    assert said["released"] == [{"reference": "M-OWN1-OWN1", "needs": ["ROOM"]}]
    assert (await _say(graph, parentsApart=True))["released"] == []


async def test_a_booking_names_each_breach_to_whoever_may_read_of_the_child(graph: Graph, authority: Authority) -> None:
    school = {"childReference": "CH001", "wish": "SCHOOL", "message": "in school hours: 08:45 to 15:15"}
    assert await _meeting(graph) == [school]
    await _say(graph, wishedWeekdays=["FRIDAY"], wishedPlace="REMOTE")
    of_the_child = [
        {"childReference": "CH001", "wish": "WEEKDAY", "message": "not on a day that the child wishes: Friday"},
        school,
        {"childReference": "CH001", "wish": "PLACE", "message": "not where the child wishes: by video"},
    ]
    assert await _meeting(graph) == of_the_child
    assert await _meeting(graph, role=Role.IRO, code="IRO-01") == of_the_child
    assert await _meeting(graph, role=Role.NOTE_TAKER, code="NT-01") == []
    assert await _meeting(graph, role=Role.POLICE_LIAISON, code="POL-01") is None
