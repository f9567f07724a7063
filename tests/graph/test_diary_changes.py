"""The diary followed over a real server: whoever mirrors what is told has what a new reading shows, and not a meeting more."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.booking import watching
from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.test_following import _hear, _say, connected, served
from tests.support.graph import Graph, global_id
from tests.support.records import Records

FOLLOW = """subscription ($from: Date!, $to: Date!) { diaryChanges(from: $from, to: $to) {
  __typename ... on MeetingGone { id }
  ... on MeetingChanged { meeting { id reference state startsAt version kind items { kind } venue } } } }"""
READ = """query ($from: Date!, $to: Date!) { meetings(filter: {from: $from, to: $to}, first: 100) {
  edges { node { id reference state startsAt version kind items { kind } venue } } } }"""
SEPTEMBER = {"from": "2026-09-01", "to": "2026-09-30"}
VIEWERS = [
    (Role.MANAGER, None, ()), (Role.IRO, "IRO-01", ()), (Role.NOTE_TAKER, "NT-01", ()), (Role.POLICE_LIAISON, "POL-01", ()),
    (Role.SOCIAL_WORKER, None, ("CH001",)), (Role.AUDITOR, None, ()),
]  # fmt: skip


@asynccontextmanager
async def following(graph: Graph, role: Role, code: str | None = None, children: tuple[str, ...] = ()) -> AsyncIterator[Any]:
    async with served(graph) as port, connected(port, {"token": graph.token(role, code, children)}) as wire:
        assert (await _hear(wire))["type"] == "connection_ack"
        await _say(wire, FOLLOW, SEPTEMBER)
        yield wire


async def _told(wire: Any) -> dict[str, Any]:
    heard = await _hear(wire)
    found: dict[str, Any] = heard["payload"]["data"]["diaryChanges"]
    return found


async def _change(records: Records, meeting_id: UUID, **changes: object) -> None:
    sets = "".join(f", {name} = ${number}" for number, name in enumerate(changes, 2))
    await records.connection.execute(f"UPDATE meeting SET version = version + 1{sets} WHERE id = $1", meeting_id, *changes.values())


async def test_what_changed_in_the_minutes_before_is_told_first_and_then_each_change(
    graph: Graph, authority: Authority, records: Records
) -> None:
    async with following(graph, Role.MANAGER) as wire:
        assert [(await _told(wire))["meeting"]["reference"] for _ in range(2)] == ["M-OWN1-OWN1", "M-OTH2-OTH2"]
        await _change(records, authority.own_meeting, state="CANCELLED")
        told = await _told(wire)
        assert (told["__typename"], told["meeting"]["state"], told["meeting"]["version"]) == ("MeetingChanged", "CANCELLED", 2)
        new = await records.meeting("M-NEW3-NEW3", datetime(2026, 9, 30, 22, tzinfo=UTC), [(authority.own, None)])
        assert (await _told(wire))["meeting"]["id"] == global_id("Meeting", new)


async def test_a_meeting_that_leaves_the_days_is_gone_and_one_that_comes_is_told(
    graph: Graph, authority: Authority, records: Records
) -> None:
    async with following(graph, Role.MANAGER) as wire:
        for _ in range(2):
            await _told(wire)
        october = datetime(2026, 9, 30, 23, tzinfo=UTC)  # midnight in England
        await _change(records, authority.own_meeting, starts_at=october, ends_at=october + timedelta(hours=2))
        assert await _told(wire) == {"__typename": "MeetingGone", "id": global_id("Meeting", authority.own_meeting)}
        await _change(records, authority.own_meeting, venue="still in October")
        september = october - timedelta(hours=3)
        await _change(records, authority.other_meeting, starts_at=september, ends_at=october)
        assert (await _told(wire))["meeting"]["id"] == global_id("Meeting", authority.other_meeting)
        await _change(records, authority.own_meeting, starts_at=september, ends_at=october)
        assert (await _told(wire))["meeting"]["startsAt"] == "2026-09-30T20:00:00+00:00"


@pytest.mark.parametrize(
    ("role", "code", "leaves"),
    [(Role.NOTE_TAKER, "NT-01", "note_taker_id"), (Role.POLICE_LIAISON, "POL-01", "police_team_id")],
)
async def test_whoever_takes_part_no_more_is_told_that_it_is_gone_and_of_others_nothing(
    graph: Graph, authority: Authority, records: Records, role: Role, code: str, leaves: str
) -> None:
    async with following(graph, role, code) as wire:
        assert (await _told(wire))["meeting"]["reference"] == "M-OWN1-OWN1"
        await _change(records, authority.other_meeting, state="CANCELLED")
        await records.meeting("M-NEW3-NEW3", datetime(2026, 9, 4, 14, tzinfo=UTC), [(authority.own, None)])
        await _change(records, authority.own_meeting, **{leaves: None})
        assert await _told(wire) == {"__typename": "MeetingGone", "id": global_id("Meeting", authority.own_meeting)}
        await _change(records, authority.own_meeting, venue="elsewhere")
        await _change(records, authority.other_meeting, **{leaves: authority.note_taker if role is Role.NOTE_TAKER else authority.team})
        assert (await _told(wire))["meeting"]["reference"] == "M-OTH2-OTH2"


async def test_a_social_worker_hears_of_her_children_alone_and_when_a_meeting_concerns_them_no_more(
    graph: Graph, authority: Authority, records: Records
) -> None:
    async with following(graph, Role.SOCIAL_WORKER, children=("CH001",)) as wire:
        assert (await _told(wire))["meeting"]["reference"] == "M-OWN1-OWN1"
        await _change(records, authority.other_meeting, state="CANCELLED")
        move = "UPDATE meeting_item SET child_id = $2, obligation_id = NULL WHERE meeting_id = $1"
        await records.connection.execute(move, authority.own_meeting, authority.other)
        assert (await _told(wire))["__typename"] == "MeetingGone"
        await records.connection.execute(move, authority.other_meeting, authority.own)
        assert (await _told(wire))["meeting"]["reference"] == "M-OTH2-OTH2"
        await records.connection.execute("DELETE FROM meeting_item WHERE meeting_id = $1", authority.other_meeting)
        assert await _told(wire) == {"__typename": "MeetingGone", "id": global_id("Meeting", authority.other_meeting)}


@pytest.mark.parametrize(("role", "code", "children"), VIEWERS, ids=str)
async def test_whoever_mirrors_what_is_told_has_what_a_new_reading_shows(
    graph: Graph, authority: Authority, records: Records, role: Role, code: str | None, children: tuple[str, ...]
) -> None:
    chance = random.Random(7)
    mirror: dict[str, Any] = {}
    async with following(graph, role, code, children) as wire:
        for _ in range(12):
            await _some_change(records, authority, chance)
        mark = await _mark(records, authority)
        while mark not in mirror:
            told = await _told(wire)
            if told["__typename"] == "MeetingGone":
                mirror.pop(told["id"], None)
            else:
                mirror[told["meeting"]["id"]] = told["meeting"]
    edges = (await graph.ask(READ, SEPTEMBER, role=role, code=code, children=children)).data["meetings"]["edges"]
    assert mirror == {edge["node"]["id"]: edge["node"] for edge in edges}


async def _some_change(records: Records, authority: Authority, chance: random.Random) -> None:
    meeting = chance.choice((authority.own_meeting, authority.other_meeting))
    starts_at = datetime(2026, 9, 1, 9, tzinfo=UTC) + timedelta(days=chance.randrange(60))
    changes: list[dict[str, object]] = [
        {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)},
        {"state": chance.choice(("CONFIRMED", "CANCELLED", "POSTPONED"))},
        {"note_taker_id": chance.choice((authority.note_taker, authority.other_note_taker, None))},
        {"police_team_id": chance.choice((authority.team, authority.other_team, None))},
        {"venue": f"place {chance.randrange(99)}"},
    ]
    await _change(records, meeting, **chance.choice(changes))


async def _mark(records: Records, authority: Authority) -> str:
    """A meeting that every viewer sees, after which nothing changes."""
    meeting = await records.meeting(
        f"M-{uuid4().hex[:8]}", datetime(2026, 9, 29, 9, tzinfo=UTC), [(authority.own, None)],
        chair=authority.officer, note_taker=authority.note_taker, police_team=authority.team,
    )  # fmt: skip
    return global_id("Meeting", meeting)


async def test_following_the_diary_ends_with_the_token_and_with_the_post(graph: Graph, authority: Authority, records: Records) -> None:
    late = [False]

    def clock() -> datetime:
        return graph.clock() + (timedelta(hours=2) if late[0] else timedelta())

    async with served(graph, clock) as port:
        async with connected(port, {"token": graph.token(Role.IRO, "IRO-01")}) as wire:
            await _hear(wire)
            await _say(wire, FOLLOW, SEPTEMBER)
            for _ in range(2):
                await _told(wire)
            await records.connection.execute(
                "UPDATE resource SET active = daterange('2020-01-01', '2026-09-01') WHERE id = $1", authority.officer
            )
            await _change(records, authority.own_meeting, state="CANCELLED")
            heard = await _hear(wire)
            assert (heard["payload"]["data"], len(heard["payload"]["errors"])) == (None, 1)
        async with connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
            await _hear(wire)
            await _say(wire, FOLLOW, SEPTEMBER)
            for _ in range(2):
                await _told(wire)
            late[0] = True
            assert (await _hear(wire))["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_follower_who_fell_behind_is_told_to_read_anew(
    graph: Graph, authority: Authority, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with following(graph, Role.MANAGER) as wire:
        for _ in range(2):
            await _told(wire)
        monkeypatch.setattr(watching, "MOST_KEPT", 1)
        await records.connection.execute("UPDATE meeting SET version = version + 1")
        heard = await _hear(wire)
        assert heard["payload"]["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert (await _hear(wire))["type"] == "complete"


async def test_days_that_are_none_are_refused_and_who_saw_which_child_is_on_record(
    graph: Graph, authority: Authority, records: Records
) -> None:
    children = (
        'subscription { diaryChanges(from: "2026-09-01", to: "2026-09-30") { '
        "... on MeetingChanged { meeting { items { subject { ... on Child { reference } } } } } } }"
    )
    async with served(graph) as port, connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
        await _hear(wire)
        await _say(wire, FOLLOW, {"from": "2026-09-30", "to": "2026-09-01"})
        assert (await _hear(wire))["payload"]["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
        await _hear(wire)
        await _say(wire, children, {}, "2")
        assert (await _told(wire))["meeting"]["items"] == [{"subject": {"reference": "CH001"}}]
    seen = await records.connection.fetch("SELECT subject FROM audit_event WHERE action = 'READ_CHILD'")
    assert f"child:{authority.own}" in {row["subject"] for row in seen}
