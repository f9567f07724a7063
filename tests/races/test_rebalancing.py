"""Two processes want the same children, the same room or the same meeting: whoever commits first has it, in both orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.allocation.commands import AllocateTo
from services.allocation.requests import Requested, allocate_to
from services.kernel.words import ChairAfterMove, RunState
from services.platform.database import Connection
from tests.booking.conftest import unit_database
from tests.booking.world import MANAGER, at, unit
from tests.races.conftest import until_waiting
from tests.rebalancing.conftest import database_url, world
from tests.rebalancing.process import Started, started
from tests.rebalancing.unit import Caseloads

pytestmark = pytest.mark.slow

__all__ = ["database_url", "unit_database", "world"]


Deed = tuple[str, dict[str, Any]]
Both = Callable[[Deed, Deed], Awaitable[tuple[dict[str, Any], dict[str, Any]]]]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Started, Started]]:
    with started() as one, started() as other:
        yield one, other


@pytest.fixture
def first_and_second(pair: tuple[Started, Started], database_url: str, owner: Connection) -> Both:
    """Both at once: the first is held just before it commits until the second waits for it. Answers what each is told."""

    async def both(first: Deed, second: Deed) -> tuple[dict[str, Any], dict[str, Any]]:
        one, other = pair
        one.ask(database_url, first[0], **{"key": "first", "hold": 1, **first[1]})
        await one.is_held()
        other.ask(database_url, second[0], **{"key": "second", **second[1]})
        await until_waiting(owner)
        return await one.go_on(), await other.answer()

    return both


async def test_two_who_apply_one_proposal_at_once_apply_it_once(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = {"id": str(await world.proposed(monkeypatch, {"CH1": "IRO-02"}))}
    first, second = await first_and_second(("apply", found), ("apply", found))
    assert first == {"applied": [True]}
    assert second == {"refused": "InvalidInput", "message": "this rebalancing is APPLIED: only a PROPOSED one can be applied"}
    assert (len(await world.events()), len(await world.letters())) == (1, 2)


async def test_one_request_sent_twice_at_once_is_done_once_and_answered_twice(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", iro="IRO-01")
    same = {"id": str(await world.proposed(monkeypatch, {"CH1": "IRO-02"})), "key": "the same"}
    assert await first_and_second(("apply", same), ("apply", same)) == ({"applied": [True]}, {"applied": [True]})
    assert len(await world.events()) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_of_two_proposals_for_one_child_the_second_is_overtaken_by_the_first(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    await world.establish(unit(iros=3))
    await world.settled("CH1", "CH2", iro="IRO-01")
    both = [await world.proposed(monkeypatch, {"CH1": code, "CH2": code}) for code in ("IRO-02", "IRO-03")]
    asked = [("apply", {"id": str(both[number])}) for number in order]
    first, second = await first_and_second(asked[0], asked[1])
    assert first == {"applied": [True, True]}
    assert second["refused"] == "Superseded"
    assert "CH1 is with" in second["message"]
    assert await world.holders() == dict.fromkeys(("CH1", "CH2"), ("IRO-02", "IRO-03")[order[0]])
    assert (await world.read(both[order[1]])).state is RunState.SUPERSEDED


@pytest.mark.parametrize("kind", ["allocate", "allocate_all"])
async def test_applied_first_a_child_at_the_door_gets_an_officer_who_still_has_room(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    await room_for_one(world)
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    first, second = await first_and_second(("apply", {"id": str(found)}), (kind, {"references": ["CH9"]}))
    assert first == {"applied": [True]}
    assert "refused" not in second
    assert await world.holders() == {"CH1": "IRO-02", "CH2": "IRO-01", "CH3": "IRO-02", "CH9": "IRO-01"}
    assert max((await world.loads()).values()) <= 2


async def test_allocated_first_the_proposal_for_the_same_room_is_overtaken(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room_for_one(world)
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    door = ("allocate", {"references": ["CH9"]})
    first, second = await first_and_second(door, ("apply", {"id": str(found)}))
    assert first == {"allocated": 1}
    assert second == {"refused": "Superseded", "message": "IRO-02 holds 2 points now, not 1"}
    assert await world.holders() == {"CH1": "IRO-01", "CH2": "IRO-01", "CH3": "IRO-02", "CH9": "IRO-02"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_of_a_proposal_and_a_persons_request_for_one_child_the_second_is_overtaken(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    await world.establish(unit(iros=3))
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    wish = AllocateTo(request_key="wish", reference="CH1", iro_code="IRO-03", reason="she knows the family")
    asked = await allocate_to(world.resources, MANAGER, wish, world.now)
    assert isinstance(asked, Requested)
    deeds: list[Deed] = [("apply", {"id": str(found)}), ("decide", {"id": str(asked.request_id)})]
    first, second = await first_and_second(deeds[order[0]], deeds[order[1]])
    if order == (0, 1):
        assert (first, second) == ({"applied": [True]}, {"decided": "OVERTAKEN"})
        assert await world.holders() == {"CH1": "IRO-02"}
    else:
        assert first == {"decided": "APPROVED"}
        assert second == {"refused": "Superseded", "message": "CH1 is with IRO-03 now, not with IRO-01; IRO-01 holds 0 points now, not 1"}
        assert await world.holders() == {"CH1": "IRO-03"}


async def room_for_one(world: Caseloads) -> None:
    """Two officers who may hold two children each, one with two and one with one, and a child who waits."""
    await world.limit("2")
    await world.settled("CH1", "CH2", iro="IRO-01")
    await world.settled("CH3", iro="IRO-02")
    await world.settled("CH9", iro=None)


async def with_a_meeting(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> tuple[UUID, UUID]:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    return meeting, await world.proposed(monkeypatch, {"CH1": "IRO-02"})


async def test_a_listed_meeting_moved_first_overtakes_the_proposal(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, found = await with_a_meeting(world, monkeypatch)
    booking = ("move", {"meeting": str(meeting), "starts_at": at(date(2026, 9, 9), "10:00").isoformat()})
    first, second = await first_and_second(booking, ("apply", {"id": str(found)}))
    assert first == {"moved": str(meeting)}
    assert second == {"refused": "Superseded", "message": "a booked meeting of move 1 has changed"}
    row = await world.meeting(meeting)
    assert (row["chair"], row["version"], await world.holders()) == ("IRO-01", 2, {"CH1": "IRO-01"})


async def test_applied_first_whoever_moves_a_listed_meeting_hears_that_it_has_changed(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting, found = await with_a_meeting(world, monkeypatch)
    booking = ("move", {"meeting": str(meeting), "starts_at": at(date(2026, 9, 9), "10:00").isoformat()})
    first, second = await first_and_second(("apply", {"id": str(found)}), booking)
    assert first == {"applied": [True]}
    assert second["refused"] == "StaleVersion"
    row = await world.meeting(meeting)
    assert (row["chair"], row["version"], await world.holders()) == ("IRO-02", 2, {"CH1": "IRO-02"})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_an_officer_who_is_given_a_meeting_and_booked_for_another_at_one_time_chairs_one_of_them(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    await world.review("CH2", "IRO-02")
    meeting, found = await with_a_meeting(world, monkeypatch)
    starts_at = at(date(2026, 9, 8), "10:30").isoformat()
    deeds: list[Deed] = [("apply", {"id": str(found)}), ("book", {"reference": "CH2", "starts_at": starts_at})]
    first, second = await first_and_second(deeds[order[0]], deeds[order[1]])
    (move,) = await world.moves(found)
    (disturbed,) = move.meetings
    taken = "IRO-02 is taken from 2026-09-08 09:00 to 12:30"
    if order == (0, 1):
        assert first == {"applied": [True]}
        assert (second["refused"], second["message"]) == ("ResourceTaken", taken)
        assert (disturbed.chair, (await world.meeting(meeting))["chair"]) == (ChairAfterMove.REPLACED, "IRO-02")
    else:
        assert (first, second) == ({"booked": "CH2"}, {"applied": [True]})
        assert (disturbed.chair, (await world.meeting(meeting))["chair"]) == (ChairAfterMove.COVER, "IRO-01")
    assert await world.holders() == {"CH1": "IRO-02", "CH2": "IRO-02"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_undone_and_decided_anew_at_once_nothing_is_lost(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    """A second proposal takes the child further, while the first is taken back."""
    await world.establish(unit(iros=3))
    await world.settled("CH1", iro="IRO-01")
    one = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(one)
    other = await world.proposed(monkeypatch, {"CH1": "IRO-03"})
    deeds = [("undo", {"id": str(one)}), ("apply", {"id": str(other)})]
    first, second = await first_and_second(deeds[order[0]], deeds[order[1]])
    if order == (0, 1):
        assert first == {"undone": [True]}
        assert second["refused"] == "Superseded"
        assert await world.holders() == {"CH1": "IRO-01"}
    else:
        assert first == {"applied": [True]}
        assert second == {"undone": [False]}
        assert await world.holders() == {"CH1": "IRO-03"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_room_that_is_given_back_and_asked_for_at_once_is_given_once(
    world: Caseloads, first_and_second: Both, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    await room_for_one(world)
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    deeds: list[Deed] = [("undo", {"id": str(found)}), ("allocate", {"references": ["CH9"]})]
    told = await first_and_second(deeds[order[0]], deeds[order[1]])
    if order == (0, 1):
        assert told == ({"undone": [True]}, {"allocated": 1})
        assert await world.holders() == {"CH1": "IRO-01", "CH2": "IRO-01", "CH3": "IRO-02", "CH9": "IRO-02"}
    else:
        assert told == ({"allocated": 1}, {"undone": [False]})
        assert await world.holders() == {"CH1": "IRO-02", "CH2": "IRO-01", "CH3": "IRO-02", "CH9": "IRO-01"}
