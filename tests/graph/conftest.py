"""A small authority: two officers with a child each, one without, and meetings that each role may or may not see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from graph import limits
from services.platform.database import Database
from tests.support.graph import Graph, graph_on
from tests.support.records import Records


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test is about what is answered: how fast, the machine that it runs on decides."""
    monkeypatch.setattr(limits, "SECONDS", 60.0)


@pytest.fixture
async def graph(database_url: str, now: datetime) -> AsyncIterator[Graph]:
    async with graph_on(database_url, now) as opened:
        yield opened


@pytest.fixture
async def records(database: Database) -> AsyncIterator[Records]:
    async with database.connection() as connection:
        yield Records(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Identifiers by role in the story: `own` is IRO-01's, NT-01's and POL-01's; `other` is IRO-02's with NT-02 and POL-02."""

    officer: UUID
    colleague: UUID
    room: UUID
    note_taker: UUID
    other_note_taker: UUID
    team: UUID
    other_team: UUID
    own: UUID
    other: UUID
    own_duty: UUID
    other_duty: UUID
    own_meeting: UUID
    other_meeting: UUID


@pytest.fixture
async def authority(records: Records) -> Authority:
    officer, colleague = await records.iro("IRO-01"), await records.iro("IRO-02", wte="0.6")
    room = await records.room("ROOM-A")
    note_taker, other_note_taker = await records.note_taker("NT-01"), await records.note_taker("NT-02")
    team, other_team = await records.police_team("POL-01"), await records.police_team("POL-02")
    own, other = await records.child("CH001", siblings="A"), await records.child("CH002", siblings="A")
    for child_id in (own, other):
        await records.care_period(child_id, date(2026, 8, 10))
        await records.protection_plan(child_id, date(2026, 8, 1))
        await records.held(child_id, "INITIAL_CONFERENCE", date(2026, 8, 1))
    await records.child("CH003")
    await records.allocation(own, officer)
    await records.allocation(other, colleague)
    own_duty = await records.obligation(own, "CARE_REVIEW", date(2026, 9, 8))
    other_duty = await records.obligation(other, "CARE_REVIEW", date(2026, 9, 8))
    own_meeting = await records.meeting(
        "M-OWN1-OWN1", datetime(2026, 9, 3, 9, tzinfo=UTC), [(own, own_duty)],
        chair=officer, room=room, note_taker=note_taker, police_team=team, venue="a refuge",
    )  # fmt: skip
    other_meeting = await records.meeting(
        "M-OTH2-OTH2", datetime(2026, 9, 4, 9, tzinfo=UTC), [(other, other_duty)],
        chair=colleague, note_taker=other_note_taker, police_team=other_team, venue="a school",
    )  # fmt: skip
    return Authority(
        officer=officer, colleague=colleague, room=room, note_taker=note_taker, other_note_taker=other_note_taker, team=team,
        other_team=other_team, own=own, other=other, own_duty=own_duty, other_duty=other_duty, own_meeting=own_meeting,
        other_meeting=other_meeting,
    )  # fmt: skip
