"""Replies over HTTP, what they show on a meeting, and the worklist, each by role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from graph.app import build_management_app
from graph.names import global_id
from services.invitations.reply_mail import LARGEST_MAIL
from services.kernel.errors import Unavailable
from services.kernel.words import Role
from services.platform.database import Connection
from tests.graph.conftest import Authority
from tests.graph.rights import CODES
from tests.invitations.replies import outlook, reply
from tests.support.graph import Graph

UID = "0f8fad5b-d9cb-469f-a165-70867728950e"
WHO = "iro-01@example.org"
_REPLIES = "{ meeting(id: $id) { invitations { attendee sequence reply repliedAt proposedStartsAt proposedEndsAt } } }"
_TASKS = "{ tasks { totalCount edges { node { id kind attendee about refusal raisedAt proposedStartsAt meeting { reference } } } } }"


async def _invite(connection: Connection, authority: Authority, now: datetime, *, state: str = "SENT", uid: str = UID) -> None:
    await connection.execute(
        """INSERT INTO calendar_entry (uid, meeting_id, addressee_kind, addressee_code, owner_id, email, sequence, starts_at, ends_at, view,
                                       vevent, changed_at)
           VALUES ($4, $1, 'IRO', 'IRO-01', $2, $5, 0, $3::timestamptz + interval '2 days', $3::timestamptz + interval '2 days 1 hour',
                   '{"location": "Room A"}', 'x', $3)""",
        authority.own_meeting, authority.officer, now, uid, WHO,
    )  # fmt: skip
    await connection.execute(
        """INSERT INTO notice (id, uid, sequence, method, email, message_id, message, state, refusal, owed_at, next_attempt_at, tried_at)
           VALUES (gen_random_uuid(), $1, 0, 'REQUEST', $2, '<m@x>', 'the bytes', $4, CASE WHEN $4 = 'REFUSED' THEN '550' END,
                   $3, $3, $3)""",
        uid, WHO, now, state,
    )  # fmt: skip


@pytest.fixture
async def invited(graph: Graph, authority: Authority, now: datetime) -> Authority:
    async with graph.database.connection() as connection:
        await _invite(connection, authority, now)
    return authority


async def _hand_over(
    graph: Graph, mail: bytes, *, role: Role = Role.SERVICE, kind: str = "message/rfc822", token: str | None = None
) -> httpx.Response:
    signed = token or graph.token(role, CODES.get(role), children=("CH001",) if role is Role.SOCIAL_WORKER else ())
    given = {"Authorization": f"Bearer {signed}", "Content-Type": kind}
    return await graph.client.post("/replies", content=mail, headers=given)


def _counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("convene_replies_total", {"outcome": outcome}) or 0.0


async def test_a_reply_is_taken_shown_on_the_meeting_and_counted(graph: Graph, invited: Authority, now: datetime) -> None:
    before = _counted("TAKEN")
    proposed = datetime(2026, 9, 16, 14, 0)  # noqa: DTZ001 on a wall in England
    answer = await _hand_over(graph, outlook(UID, WHO, now, answer="TENTATIVE", proposed=proposed))
    assert (answer.status_code, answer.json()) == (200, {"outcome": "TAKEN"})
    shown = await graph.ask(f"query ($id: ID!) {_REPLIES}", {"id": _meeting(invited)})
    assert shown.data["meeting"]["invitations"] == [
        {
            "attendee": "IRO IRO-01", "sequence": 0, "reply": "TENTATIVE", "repliedAt": "2026-09-01T09:00:00+00:00",
            "proposedStartsAt": "2026-09-16T13:00:00+00:00", "proposedEndsAt": "2026-09-16T15:00:00+00:00",
        }
    ]  # fmt: skip
    assert _counted("TAKEN") == before + 1


async def test_what_is_ignored_is_answered_as_such_and_is_not_to_be_sent_again(graph: Graph, invited: Authority, now: datetime) -> None:
    for mail, outcome in ((b"", "NO_REPLY"), (reply("x", WHO, now), "UNKNOWN"), (reply(UID, WHO, now, sender="m@example.org"), "FORGED")):
        before = _counted(outcome)
        answer = await _hand_over(graph, mail)
        assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {"outcome": outcome}, "no-store")
        assert _counted(outcome) == before + 1
    shown = await graph.ask(f"query ($id: ID!) {_REPLIES}", {"id": _meeting(invited)})
    assert [each["reply"] for each in shown.data["meeting"]["invitations"]] == ["NONE"]


async def test_replies_come_from_whom_the_table_says_and_from_nobody_else(graph: Graph, invited: Authority, now: datetime) -> None:
    for role in Role:
        answer = await _hand_over(graph, reply(UID, WHO, now), role=role)
        assert answer.status_code == (200 if role in (Role.SERVICE, Role.MANAGER) else 403), role


async def test_what_is_wrong_with_the_request_is_told_before_the_mail_is_read(graph: Graph, invited: Authority, now: datetime) -> None:
    mail = reply(UID, WHO, now)
    unknown = await _hand_over(graph, mail, token="x.y.z")
    assert (unknown.status_code, "www-authenticate" in unknown.headers) == (401, True)
    assert (await _hand_over(graph, mail, kind="text/calendar")).status_code == 415
    assert (await _hand_over(graph, b"x" * (LARGEST_MAIL + 1))).status_code == 413
    assert (await _hand_over(graph, b"x" * LARGEST_MAIL)).status_code == 200
    assert (await graph.client.get("/replies")).status_code == 405


async def test_of_a_mail_without_a_length_no_more_is_read_than_shows_that_it_is_too_large(graph: Graph, invited: Authority) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 50 * LARGEST_MAIL:
            given += 100_000
            yield b"x" * 100_000

    headers = {"Authorization": f"Bearer {graph.token(Role.SERVICE)}", "Content-Type": "message/rfc822"}
    assert (await graph.client.post("/replies", content=endless(), headers=headers)).status_code == 413
    assert given <= LARGEST_MAIL + 200_000


async def test_while_the_database_is_away_the_mail_is_to_come_again(graph: Graph, invited: Authority, now: datetime) -> None:
    def away() -> None:
        raise Unavailable("the database does not answer: try again")

    graph.database.connection = away  # type: ignore[method-assign, assignment]
    answer = await _hand_over(graph, reply(UID, WHO, now))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


# -------------------------------------------------------------------------------------------------- tasks


def _meeting(authority: Authority) -> str:
    return global_id("Meeting", authority.own_meeting)


async def _tasks(graph: Graph, role: Role = Role.BUSINESS_SUPPORT) -> list[dict[str, Any]]:
    answer = await graph.ask(_TASKS, role=role, code=CODES.get(role), children=("CH001",) if role is Role.SOCIAL_WORKER else ())
    found = [edge["node"] for edge in answer.data["tasks"]["edges"]]
    assert answer.data["tasks"]["totalCount"] == len(found)
    return found


async def test_a_decline_is_a_task_of_business_support_and_done_once(graph: Graph, invited: Authority, now: datetime) -> None:
    await _hand_over(graph, reply(UID, WHO, now, answer="DECLINED"))
    (task,) = await _tasks(graph)
    assert {name: task[name] for name in ("kind", "attendee", "refusal", "meeting")} == {
        "kind": "DECLINED", "attendee": "IRO IRO-01", "refusal": None, "meeting": {"reference": "M-OWN1-OWN1"},
    }  # fmt: skip
    see_to = (
        'mutation ($id: ID!) { seeToTask(input: {requestKey: "k", id: $id}) { __typename ... on TaskDone { id tasks { totalCount } } } }'
    )
    for _ in range(2):
        done = (await graph.ask(see_to, {"id": task["id"]}, role=Role.BUSINESS_SUPPORT)).data["seeToTask"]
        assert done == {"__typename": "TaskDone", "id": task["id"], "tasks": {"totalCount": 0}}
    gone = await graph.ask(see_to.replace('"k"', '"another"'), {"id": task["id"]}, role=Role.BUSINESS_SUPPORT)
    assert gone.data["seeToTask"]["__typename"] == "NotFound"


async def test_tasks_are_shown_to_and_done_by_whom_the_table_says(graph: Graph, invited: Authority, now: datetime) -> None:
    await _hand_over(graph, reply(UID, WHO, now, answer="DECLINED"))
    for role in Role:
        may = role in (Role.BUSINESS_SUPPORT, Role.MANAGER)
        assert len(await _tasks(graph, role)) == may, role
    (task,) = await _tasks(graph)
    for verb in ("seeToTask", "resendInvitation"):
        document = f'mutation ($id: ID!) {{ {verb}(input: {{requestKey: "k", id: $id}}) {{ __typename }} }}'
        for role in set(Role) - {Role.BUSINESS_SUPPORT, Role.MANAGER}:
            answer = await graph.ask(
                document, {"id": task["id"]}, role=role, code=CODES.get(role), children=("CH001",) * (role is Role.SOCIAL_WORKER)
            )
            own = verb == "seeToTask" and role in (Role.IRO, Role.NOTE_TAKER)  # what their own meetings owe
            assert answer.data[verb]["__typename"] == ("NotFound" if own else "Forbidden"), (verb, role)
    assert len(await _tasks(graph)) == 1


async def test_refused_mail_shows_in_metrics_until_it_is_owed_again(graph: Graph, authority: Authority, now: datetime) -> None:
    async with graph.database.connection() as connection:
        await _invite(connection, authority, now - timedelta(hours=1), state="REFUSED")
    transport = httpx.ASGITransport(app=build_management_app(graph.resources, graph.clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://management.test") as client:
        assert "convene_notices_undeliverable 1.0" in (await client.get("/metrics")).text
        (task,) = await _tasks(graph)
        assert (task["kind"], task["refusal"], task["raisedAt"]) == ("UNDELIVERABLE", "550", "2026-09-01T08:00:00+00:00")
        resend = (
            'mutation ($id: ID!) { resendInvitation(input: {requestKey: "k", id: $id}) '
            "{ __typename ... on TaskDone { tasks { totalCount } } } }"
        )
        answer = await graph.ask(resend, {"id": task["id"]}, role=Role.BUSINESS_SUPPORT)
        assert answer.data["resendInvitation"] == {"__typename": "TaskDone", "tasks": {"totalCount": 0}}
        assert "convene_notices_undeliverable 0.0" in (await client.get("/metrics")).text
    async with graph.database.connection() as connection:
        (row,) = await connection.fetch("SELECT state, message FROM notice")
    assert (row["state"], row["message"]) == ("OWED", b"the bytes")
