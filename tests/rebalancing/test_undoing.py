"""A rebalancing is undone on its day: rows and chairs are as they were, the history keeps both, and nothing decided since is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.caseload import service as caseload
from services.history.circumstances import StateCircumstances, state_circumstances
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.words import RunState
from tests.booking.world import MANAGER, TODAY, at, key, unit
from tests.rebalancing.unit import OTHER, Caseloads


@pytest.fixture(autouse=True)
async def three_officers(world: Caseloads) -> None:
    await world.establish(unit(iros=3))


async def test_every_allocation_is_exactly_what_it_was(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01", siblings="F")
    await world.settled("CH3", iro="IRO-01", since=TODAY)
    await world.sql("UPDATE allocation SET approved_by = 'somebody', held = daterange(lower(held), '2027-01-01')")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH3": "IRO-03"})
    rows, loads = await world.rows(), await world.loads()
    await world.apply(found)
    assert await world.rows() != rows
    undone = await world.undo(found, actor=OTHER)
    assert [(each.applied, each.message) for each in undone.results] == [(True, None), (True, None)]
    assert (await world.rows(), await world.loads()) == (rows, loads)
    read = await world.read(found)
    assert (read.state, read.undone_by, read.undone_at) == (RunState.CANCELLED, OTHER.subject, world.now)
    assert [(each.applied, each.message) for each in read.results] == [(False, "undone"), (False, "undone")]


async def test_the_history_keeps_what_was_done_and_that_it_was_undone(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    await world.undo(found, actor=OTHER)
    assert await world.events() == [
        ("CH1", "CHANGED", "IRO-02", "IRO-01", MANAGER.subject),
        ("CH1", "UNDONE", "IRO-01", "IRO-02", OTHER.subject),
    ]
    assert [tuple(row) for row in await world.sql("SELECT run_id, reason FROM allocation_event ORDER BY number")] == [
        (found, "agreed by the unit"),
        (found, "a mistake"),
    ]


async def test_who_had_whom_between_and_after_is_known_as_it_was(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    between, world.now = world.now + timedelta(minutes=10), world.now + timedelta(minutes=20)
    await world.undo(found)
    async with world.database.connection() as connection:
        then = {each.iro_code: each.children for each in await caseload.caseloads(connection, TODAY, between)}
        later = {each.iro_code: each.children for each in await caseload.caseloads(connection, TODAY, world.now + timedelta(minutes=1))}
    assert (then["IRO-01"], then["IRO-02"]) == (0, 1)
    assert (later["IRO-01"], later["IRO-02"]) == (1, 0)


async def test_chairs_are_as_they_were_where_they_are_free(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    holds = await world.holds(meeting)
    await world.apply(found)
    await world.undo(found)
    row = await world.meeting(meeting)
    assert (row["chair"], row["needs"], await world.holds(meeting)) == ("IRO-01", [], holds)


async def test_a_chair_that_was_released_is_found_again(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1"), await world.review("CH2", "IRO-02")
    await world.book_review("CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"}, absent_iros=("IRO-01",))
    await world.apply(found)
    assert (await world.meeting(meeting))["chair"] is None
    await world.undo(found)
    row = await world.meeting(meeting)
    assert (row["chair"], row["needs"]) == ("IRO-01", [])
    assert await told(world, found) == [("REPLACED", "IRO-01 is free then and chairs it")]


async def told(world: Caseloads, rebalancing: UUID) -> list[tuple[str, str]]:
    """What the moves say of the chairs of the meetings that they disturbed."""
    return [(each.chair.value, each.message) for move in await world.moves(rebalancing) for each in move.meetings]


async def test_a_chair_who_covered_is_no_cover_once_the_children_are_hers_again(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1"), await world.review("CH2", "IRO-02")
    await world.book_review("CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    assert [chair for chair, _ in await told(world, found)] == ["COVER"]
    await world.undo(found)
    assert (await world.meeting(meeting))["chair"] == "IRO-01"
    assert await told(world, found) == [("REPLACED", "its chair, whose the children are again, has not changed")]


async def test_a_chair_who_is_no_longer_free_is_not_taken_from_elsewhere_and_the_answer_says_so(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.review("CH1"), await world.review("CH2")
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    await world.book_review("CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    undone = await world.undo(found)
    assert await world.holders() == {"CH1": "IRO-01", "CH2": "IRO-01"}
    assert undone.results[0].applied
    assert "IRO-01" in (undone.results[0].message or "")
    assert (await world.meeting(meeting))["chair"] == "IRO-02"
    assert await told(world, found) == [("COVER", undone.results[0].message)]


async def test_a_meeting_that_was_changed_since_stays_as_it_is_and_the_answer_says_so(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    await world.move(meeting, 2, starts_at=at(date(2026, 9, 9), "10:00"))
    undone = await world.undo(found)
    assert [(each.applied, each.message) for each in undone.results] == [(True, "a booked meeting has changed since and stays as it is")]
    assert (await world.meeting(meeting))["chair"] == "IRO-02"


# --------------------------------------------------------------------------------------------- overtaken since


async def test_a_move_whose_child_was_decided_anew_since_is_refused_by_name_and_the_rest_is_undone(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-02"})
    await world.apply(found)
    async with world.database.transaction() as connection:
        again = caseload.Assignment(child_id=await world.id_of("CH1"), iro_id=await world.officer("IRO-03"), reason="another decision")
        await caseload.assign_many(connection, [again], TODAY, actor=OTHER, now=world.now)
    undone = await world.undo(found)
    assert [(each.applied, each.message) for each in undone.results] == [
        (False, "CH1 has been decided anew since: it has IRO-03"),
        (True, None),
    ]
    assert await world.holders() == {"CH1": "IRO-03", "CH2": "IRO-01"}
    read = await world.read(found)
    assert [(each.applied, each.message) for each in read.results] == [
        (True, "not undone: CH1 has been decided anew since: it has IRO-03"),
        (False, "undone"),
    ]


async def test_where_nothing_can_be_undone_it_stays_applied(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    applied = await world.apply(found)
    await world.sql("UPDATE allocation SET iro_id = $1 WHERE upper_inf(held)", await world.officer("IRO-03"))
    undone = await world.undo(found)
    assert [each.applied for each in undone.results] == [False]
    read = await world.read(found)
    assert (read.state, read.results, read.undone_at) == (RunState.APPLIED, applied.results, None)


async def test_a_child_is_not_given_back_to_an_officer_whom_the_law_has_barred_since(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    statement = "INSERT INTO may_not_chair (iro_id, child_reference, reason, source) VALUES ($1, 'CH1', 'had charge', 'TEST')"
    await world.sql(statement, await world.officer("IRO-01"))
    undone = await world.undo(found)
    assert [each.applied for each in undone.results] == [False]
    assert "had charge" in (undone.results[0].message or "")
    assert await world.holders() == {"CH1": "IRO-02"}


async def test_a_child_is_not_given_back_to_who_has_its_looked_after_parent_since(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", iro="IRO-01")
    await world.settled("CH2", iro=None)
    parentage = "INSERT INTO parentage VALUES ($1, $2, tstzrange('2026-01-01', NULL), 'TEST')"
    await world.sql(parentage, await world.id_of("CH2"), await world.id_of("CH1"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    async with world.database.transaction() as connection:
        child = caseload.Assignment(child_id=await world.id_of("CH2"), iro_id=await world.officer("IRO-01"))
        await caseload.assign_many(connection, [child], TODAY, actor=OTHER, now=world.now)
    undone = await world.undo(found)
    assert [each.applied for each in undone.results] == [False]
    assert "parent" in (undone.results[0].message or "")


async def test_nobody_who_was_given_others_since_is_brought_over_her_limit(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.limit("2")
    await world.settled("CH1", "CH2", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-03"})
    await world.apply(found)
    await world.settled("CH3", iro="IRO-01")
    undone = await world.undo(found)
    assert [(each.applied, each.message) for each in undone.results] == [
        (True, None),
        (False, "IRO-01 has other children now: she would hold more than before and than her limit"),
    ]
    assert await world.loads() == {"IRO-01": 2, "IRO-02": 0, "IRO-03": 1}


async def test_an_officer_who_was_over_her_limit_before_may_be_so_again(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.limit("2")
    await world.settled("CH1", "CH2", "CH3", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    assert [each.applied for each in (await world.undo(found)).results] == [True]
    assert await world.loads() == {"IRO-01": 3, "IRO-02": 0, "IRO-03": 0}


async def test_what_was_given_to_an_absent_officers_colleagues_goes_back_to_her(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01")
    await world.sql("UPDATE resource SET active = daterange(lower(active), '2026-09-20') WHERE code = 'IRO-01'")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-03"}, absent_iros=("IRO-01",))
    await world.apply(found)
    await world.settled("CH3", iro="IRO-01")
    assert [each.applied for each in (await world.undo(found)).results] == [True, True]
    assert await world.holders() == {"CH1": "IRO-01", "CH2": "IRO-01", "CH3": "IRO-01"}


# ------------------------------------------------------------------------------------------------------ when it may


async def test_it_is_undone_on_its_day_alone(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    world.resources = replace(world.resources, config=world.resources.config.model_copy(update={"today": TODAY + timedelta(days=1)}))
    with pytest.raises(InvalidInput, match="was applied on 2026-09-01: it can be undone on that day alone"):
        await world.undo(found)
    assert await world.holders() == {"CH1": "IRO-02"}


async def test_only_what_was_applied_is_undone_and_only_once(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    from uuid import uuid4

    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    with pytest.raises(InvalidInput, match="this rebalancing is PROPOSED"):
        await world.undo(found)
    await world.apply(found)
    first = await world.undo(found, request_key="same")
    assert await world.undo(found, request_key="same") == first
    with pytest.raises(InvalidInput, match="this rebalancing is CANCELLED"):
        await world.undo(found)
    with pytest.raises(NotFound):
        await world.undo(uuid4())


async def test_of_moves_made_in_part_those_made_are_undone(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-03"})
    rows = await world.rows()
    await world.apply(found, 2)
    assert [each.applied for each in (await world.undo(found)).results] == [True]
    assert await world.rows() == rows


async def test_the_officers_concerned_are_told_in_numbers_alone(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("SECRET-1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"SECRET-1": "IRO-02"})
    await world.apply(found)
    told = len(await world.letters())
    await world.undo(found, reason="SECRET")
    letters = [text for _, text in await world.letters() if "taken back" in text]
    assert (told, len(letters)) == (2, 2)
    assert not [text for text in letters if "SECRET" in text or str(await world.id_of("SECRET-1")) in text]
    assert any("children who come to you: 1 (1 point)" in text for text in letters)


async def test_undoing_needs_no_circumstance_to_be_as_it_was(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    command = StateCircumstances(request_key=key(), reference="CH1", from_day=TODAY, placed_miles=60)
    await state_circumstances(world.resources, MANAGER, command, world.now)
    assert [each.applied for each in (await world.undo(found)).results] == [True]
