"""A rebalancing is asked for, sought by the worker, and stored: a proposal, by which nothing is moved."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from services.allocation import claiming
from services.allocation.moving.search import Proposed
from services.allocation.rebalancing import performing, service, store
from services.allocation.rebalancing.commands import CancelRebalancing, ProposeRebalancing
from services.allocation.search import Progress
from services.allocation.what_if import WhatIf
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused, Unavailable
from services.kernel.words import CaseloadState, ChairAfterMove, Role, RunState
from services.platform.solver_process import SolverDied, SolverStopped, solve_apart
from tests.booking.world import MANAGER, TODAY, at, key, unit
from tests.rebalancing.unit import Caseloads, codes, proposal_of, searching
from tests.support.solving import solve_here
from workers.settings import solver_worker
from workers.solving import solve

SOON = date(2026, 9, 14)  # nine working days on


async def cancel(world: Caseloads, rebalancing: Any) -> None:
    command = CancelRebalancing(request_key=key(), id=rebalancing, reason="not wanted")
    await service.cancel_rebalancing(world.resources, MANAGER, command, world.now)


# --------------------------------------------------------------------------------------------------- what is asked


@pytest.mark.parametrize("number", [0, -1, 1001])
async def test_a_number_of_moves_that_cannot_be_meant_is_refused(world: Caseloads, number: int) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 1000") as refused:
        await world.ask(number)
    assert refused.value.field == "maxMoves"


@pytest.mark.parametrize("target", ["0", "-0.5", "95", "NaN", "Infinity"])
async def test_a_target_that_is_no_share_of_the_limit_is_refused_with_an_example(world: Caseloads, target: str) -> None:
    with pytest.raises(InvalidInput, match=r"0\.95 for 95 %") as refused:
        await world.ask(target_utilisation=Decimal(target))
    assert refused.value.field == "targetUtilisation"


async def test_a_target_finer_than_is_counted_is_refused(world: Caseloads) -> None:
    with pytest.raises(InvalidInput, match="4 decimals at most"):
        await world.ask(target_utilisation=Decimal("0.95251"))


async def test_officers_and_children_who_are_not_there_are_named(world: Caseloads) -> None:
    await world.settled("CH1", iro="IRO-01")
    with pytest.raises(NotFound, match="there is no IRO IRO-77, IRO-99"):
        await world.ask(absent_iros=("IRO-99", "IRO-01", "IRO-77"))
    with pytest.raises(NotFound, match="there is no child CH8, CH9"):
        await world.ask(keep_references=("CH9", "CH1", "CH8"))
    with pytest.raises(NotFound, match=r"child CH2, CH3, CH4, CH5, CH6 \(and 3 more\)$"):
        await world.ask(keep_references=tuple(f"CH{number}" for number in range(1, 10)))


async def test_that_everybody_with_capacity_be_absent_is_refused(world: Caseloads) -> None:
    with pytest.raises(InvalidInput, match="nobody is left") as refused:
        await world.ask(absent_iros=("IRO-02", "IRO-01"))
    assert refused.value.field == "absentIros"
    assert await world.sql("SELECT FROM rebalancing") == []


async def test_only_managers_ask_read_and_cancel(world: Caseloads) -> None:
    found = await world.ask()
    for role in Role:
        other = Actor(subject="other", role=role, name="other")
        if role is Role.MANAGER:
            continue
        with pytest.raises(Forbidden):
            await world.ask(actor=other)
        with pytest.raises(Forbidden):
            await service.cancel_rebalancing(world.resources, other, CancelRebalancing(request_key=key(), id=found), world.now)
        with pytest.raises(Forbidden):
            await world.apply(found, actor=other)
        with pytest.raises(Forbidden):
            await world.undo(found, actor=other)
        with pytest.raises(KeyError):
            await world.read(found, other)
        assert await world.moves(found, other) == []


async def test_asking_again_with_the_same_key_is_one_rebalancing_and_another_body_is_refused(world: Caseloads) -> None:
    command = ProposeRebalancing(request_key="same", max_moves=3)
    first = await service.propose(world.resources, MANAGER, command, world.now)
    assert await service.propose(world.resources, MANAGER, command, world.now) == first
    with pytest.raises(RequestKeyReused):
        await service.propose(world.resources, MANAGER, ProposeRebalancing(request_key="same", max_moves=4), world.now)
    assert (await world.read(first)).state is RunState.QUEUED


async def test_what_was_asked_is_kept_once_each(world: Caseloads) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.ask(7, absent_iros=("IRO-01", "IRO-01"), keep_references=("CH1", "CH1"), target_utilisation=Decimal("0.95"))
    async with world.database.transaction() as connection:
        stored = await store.lock(connection, found)
    kept = (await world.officer("IRO-01"),), (await world.id_of("CH1"),)
    assert stored.wanted == store.Wanted(max_moves=7, absent_iro_ids=kept[0], keep_child_ids=kept[1], target_utilisation=Decimal("0.95"))
    assert (stored.requested_by, stored.today, (await world.read(found)).requested_by) == ("manager", TODAY, "manager")


# ------------------------------------------------------------------------------------------------- what is proposed


async def test_a_proposal_has_every_officer_before_and_after_and_moves_nothing(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.limit("8")
    await world.settled("CH1", "CH2", "CH3", iro="IRO-01")
    await world.settled("CH4", "CH5", iro="IRO-01", siblings="F")
    rows, events = await world.rows(), await world.events()
    found = await world.read(await world.proposed(monkeypatch, {"CH4": "IRO-02"}))
    assert found.state is RunState.PROPOSED
    assert [(each.iro_code, each.children, each.points, each.limit, each.utilisation) for each in found.before] == [
        ("IRO-01", 5, Decimal("4.9"), Decimal(8), Decimal("0.6125")),
        ("IRO-02", 0, Decimal(0), Decimal(8), Decimal(0)),
    ]
    assert found.after is not None
    assert [(each.iro_code, each.children, each.points) for each in found.after] == [
        ("IRO-01", 3, Decimal("3.0")),
        ("IRO-02", 2, Decimal("1.9")),
    ]
    assert (found.worst_utilisation, found.worst_utilisation_bound) == (Decimal("0.375"), Decimal("0.375"))
    (move,) = await world.moves(found.id)
    assert (move.number, [child.reference for child in move.children], move.points) == (1, ["CH4", "CH5"], Decimal("1.9"))
    assert move.reasons == ("the fullest officer gets room",)
    assert (await world.rows(), await world.events()) == (rows, events)


@pytest.mark.parametrize(("step", "moved"), [("0.1", 0), ("0.01", 2)])
async def test_the_unit_states_how_much_of_a_limit_is_worth_a_childs_change_of_officer(world: Caseloads, step: str, moved: int) -> None:
    await world.limit("100")
    await world.sql("INSERT INTO setting VALUES ('rebalancing_step', daterange('2026-01-01', NULL), to_jsonb($1::text))", step)
    await world.settled("CH1", "CH2", "CH3", "CH4", "CH5", iro="IRO-01")
    await world.settled("CH6", iro="IRO-02")
    found = await world.ask()
    assert await world.perform() == 1
    assert len(await world.moves(found)) == moved


async def test_before_is_the_table_that_what_if_shows_for_the_same_absences(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.allocation.imagining import caseloads_if

    await world.settled("CH1", "CH2", iro="IRO-01")
    found = await world.read(await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-02"}, absent_iros=("IRO-01",)))
    async with world.database.connection() as connection:
        assert found.before == await caseloads_if(connection, MANAGER, TODAY, WhatIf(absent=frozenset({"IRO-01"})), TODAY)
    assert found.before[0].state is CaseloadState.UNAVAILABLE


async def test_the_booked_meetings_that_a_move_disturbs_are_listed_with_what_becomes_of_the_chair_and_the_invitations(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.review("CH1"), await world.review("CH2", "IRO-02"), await world.review("CH3")
    free = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    await world.book_review("CH2", starts_at=at(date(2026, 9, 9), "10:00"))
    taken = await world.book_review("CH3", starts_at=at(date(2026, 9, 9), "10:00"))
    proposed = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH3": "IRO-02"})
    first, second = await world.moves(proposed)
    assert [(each.meeting_id, each.version, each.chair) for each in first.meetings] == [(free, 1, ChairAfterMove.REPLACED)]
    assert [(each.meeting_id, each.version, each.chair) for each in second.meetings] == [(taken, 1, ChairAfterMove.COVER)]
    assert first.meetings[0].notices >= 2, "the officer who goes and the one who comes"
    assert "IRO-02" in second.meetings[0].message
    assert (await world.meeting(free))["chair"] == "IRO-01", "nothing is moved by a proposal"


async def test_of_an_absent_officer_the_meeting_that_nobody_can_chair_is_listed_for_the_next_plan(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.review("CH1"), await world.review("CH2", "IRO-02")
    await world.book_review("CH2", starts_at=at(date(2026, 9, 9), "10:00"))
    await world.book_review("CH1", starts_at=at(date(2026, 9, 9), "10:00"))
    (move,) = await world.moves(await world.proposed(monkeypatch, {"CH1": "IRO-02"}, absent_iros=("IRO-01",)))
    assert [each.chair for each in move.meetings] == [ChairAfterMove.RELEASED]


async def seen_by_the_search(world: Caseloads, monkeypatch: pytest.MonkeyPatch, **more: Any) -> dict[str, str | None]:
    """Why each bundle should stay, by its first child, as the search was told."""
    seen: dict[str, str | None] = {}

    async def look(_: object, task: Any, **__: object) -> Proposed:
        seen.update({bundle.children[0]: bundle.protected for bundle in task[0].bundles})
        return proposal_of(task[0], {})

    monkeypatch.setattr(performing, "solve_apart", look)
    await world.ask(**more)
    await world.perform()
    return seen


async def test_children_with_a_review_booked_or_due_within_ten_working_days_should_stay(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overdue ones are to be held at once. One that is booked is met on the day for which it is booked."""
    from tests.support.records import Records

    await world.settled("CH1", "CH2", "CH3", "CH4", "CH5", "CH6", iro="IRO-01")
    for reference, on in (("CH1", date(2026, 9, 15)), ("CH2", date(2026, 9, 16)), ("CH3", date(2026, 10, 30)), ("CH5", date(2026, 8, 20))):
        await world.due(reference, on)
    async with world.database.transaction() as connection:
        officer, child, records = await world.officer("IRO-01"), await world.id_of("CH6"), Records(connection)
        await records.meeting("M1", at(SOON, "10:00"), [(await world.id_of("CH3"), None)], chair=officer)
        owed = await records.obligation(child, "CARE_REVIEW", date(2026, 9, 10))
        await records.meeting("M2", at(date(2026, 10, 6), "10:00"), [(child, owed)], chair=officer)
    assert await seen_by_the_search(world, monkeypatch) == {
        "CH1": "CH1 has a review on or by 2026-09-15, within 10 working days",
        "CH2": None,
        "CH3": "CH3 has a review on or by 2026-09-14, within 10 working days",
        "CH4": None,
        "CH5": "CH5 has a review that was to be booked by 2026-08-20 and is overdue",
        "CH6": None,
    }


async def test_a_meeting_that_nobody_chairs_any_more_is_not_counted_as_disturbed(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    """The move names it all the same, since the new officer may chair it."""
    await world.review("CH1"), await world.review("CH2")
    lost = await world.book_review("CH1", starts_at=at(date(2026, 9, 21), "10:00"))
    await world.book_review("CH2", starts_at=at(date(2026, 9, 22), "10:00"))
    await world.sql("UPDATE meeting SET chair_id = NULL, needs = ARRAY['IRO'] WHERE id = $1", lost)
    await world.sql("DELETE FROM hold WHERE meeting_id = $1 AND resource_id = $2", lost, await world.officer("IRO-01"))
    seen: dict[str, int] = {}

    async def look(_: object, task: Any, **__: object) -> Proposed:
        seen.update({bundle.children[0]: bundle.meetings for bundle in task[0].bundles})
        return proposal_of(task[0], {"CH1": "IRO-02"})

    monkeypatch.setattr(performing, "solve_apart", look)
    found = await world.ask()
    await world.perform()
    assert seen == {"CH1": 0, "CH2": 1}
    (move,) = await world.moves(found)
    assert [(each.meeting_id, each.chair) for each in move.meetings] == [(lost, ChairAfterMove.REPLACED)]


async def test_children_named_or_marked_to_keep_should_stay(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.history.circumstances import StateCircumstances, state_circumstances

    await world.settled("CH1", "CH2", "CH3", iro="IRO-01")
    command = StateCircumstances(request_key=key(), reference="CH2", from_day=TODAY, keeps_iro_because="has lost three already")
    await state_circumstances(world.resources, MANAGER, command, world.now)
    assert await seen_by_the_search(world, monkeypatch, keep_references=("CH1",)) == {
        "CH1": "CH1 was asked to stay",
        "CH2": "CH2 is marked to keep its IRO: has lost three already",
        "CH3": None,
    }


# ---------------------------------------------------------------------------------------------------- by the solver


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "solve_apart", solve_here)


async def test_the_solver_evens_out_within_the_moves_and_proves_it(world: Caseloads) -> None:
    await world.limit("10")
    await world.settled(*(f"CH{number}" for number in range(1, 9)), iro="IRO-01")
    await world.settled("CH9", iro="IRO-02")
    found = await world.ask(2)
    assert await world.perform() == 1
    read = await world.read(found)
    assert (read.state, read.worst_utilisation, read.worst_utilisation_bound) == (RunState.PROPOSED, Decimal("0.6"), Decimal("0.6"))
    assert len(await world.moves(found)) == 2


@pytest.mark.usefixtures("in_this_process")
async def test_a_leavers_whole_caseload_goes_to_others_brothers_and_sisters_together(world: Caseloads) -> None:
    await world.establish(unit(iros=3))
    await world.settled("CH1", "CH2", "CH3", iro="IRO-01", siblings="F1")
    await world.settled("CH4", "CH5", iro="IRO-01", siblings="F2")
    await world.settled("CH6", iro="IRO-01")
    await world.settled("CH7", "CH8", iro="IRO-02")
    await world.sql("UPDATE resource SET active = daterange(lower(active), '2026-09-20') WHERE code = 'IRO-01'")
    found = await world.ask(20, absent_iros=("IRO-01",))
    await world.perform()
    read, moves = await world.read(found), await world.moves(found)
    assert read.after is not None
    assert next(each.children for each in read.after if each.iro_code == "IRO-01") == 0
    officers = {await world.officer(code): code for code in ("IRO-01", "IRO-02", "IRO-03")}
    assert sorted(one for one, _, _ in codes(moves, officers)) == ["CH1", "CH4", "CH6"]
    assert {first for _, first, _ in codes(moves, officers)} == {"IRO-01"}
    assert sorted(len(move.children) for move in moves) == [1, 2, 3]
    await world.apply(found)
    assert "IRO-01" not in (await world.holders()).values()


@pytest.mark.usefixtures("in_this_process")
async def test_the_children_of_an_officer_who_has_left_go_to_others_although_nobody_names_her_and_come_back_if_that_is_undone(
    world: Caseloads,
) -> None:
    await world.establish(unit(iros=3))
    await world.settled("CH1", "CH2", iro="IRO-01", siblings="F1")
    await world.review("CH3")
    meeting = await world.book_review("CH3", starts_at=at(date(2026, 9, 8), "10:00"))
    await world.sql("UPDATE resource SET active = daterange(lower(active), $1::date) WHERE code = 'IRO-01'", TODAY)
    before = await world.holders()
    found = await world.ask(20)
    await world.perform()
    applied = await world.apply(found)
    assert [each.applied for each in applied.results] == [True, True]
    assert "IRO-01" not in (await world.holders()).values()
    assert (await world.meeting(meeting))["chair"] == (await world.holders())["CH3"]
    undone = await world.undo(found)
    assert [each.applied for each in undone.results] == [True, True]
    assert await world.holders() == before


@pytest.mark.usefixtures("in_this_process")
async def test_a_protected_child_stays_unless_no_other_way_exists(world: Caseloads) -> None:
    await world.limit("4")
    await world.settled("CH1", "CH2", "CH3", "CH4", iro="IRO-01")
    found = await world.ask(1, keep_references=("CH1", "CH2", "CH3"))
    await world.perform()
    assert [move.children[0].reference for move in await world.moves(found)] == ["CH4"]
    absent = await world.ask(10, keep_references=("CH1", "CH2", "CH3"), absent_iros=("IRO-01",))
    await world.perform()
    assert len(await world.moves(absent)) == 4, "the officer will not be there: no other way exists"


@pytest.mark.usefixtures("in_this_process")
async def test_children_whom_nobody_may_take_are_left_behind_with_the_reasons(world: Caseloads) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01")
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, reason, source) "
        "SELECT id, 'CH1', 'had charge', 'TEST' FROM resource WHERE code = 'IRO-02'"
    )
    found = await world.ask(10, absent_iros=("IRO-01",))
    await world.perform()
    read = await world.read(found)
    assert [(each.references, len(each.reasons) > 0) for each in read.left_behind] == [(("CH1",), True)]
    assert "CH1" not in (read.message or "")


@pytest.mark.usefixtures("in_this_process")
async def test_with_fewer_moves_than_a_leavers_families_the_others_are_left_behind_and_that_is_told(world: Caseloads) -> None:
    await world.settled("CH1", "CH2", "CH3", iro="IRO-01")
    found = await world.ask(2, absent_iros=("IRO-01",))
    await world.perform()
    read = await world.read(found)
    assert (len(await world.moves(found)), len(read.left_behind)) == (2, 1)
    assert "1 child who must move cannot" in (read.message or "")
    assert read.left_behind[0].reasons == ("all 2 moves are used; IRO-02 would have room",)


# ------------------------------------------------------------------------------------------------------- the worker


async def test_a_rebalancing_that_a_killed_worker_left_is_taken_up_again(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "solve_apart", searching({}))
    found = await world.ask()
    async with world.database.transaction() as connection:
        left = await store.claim_run(connection)
    assert left is not None
    assert await world.perform() == 0, "what is worked on is nobody else's"
    await world.sql("UPDATE rebalancing SET heartbeat_at = clock_timestamp() - interval '61 seconds'")
    assert await world.perform() == 1
    assert (await world.read(found)).state is RunState.PROPOSED


async def test_a_worker_whose_rebalancing_was_taken_up_by_another_has_no_say_any_more(world: Caseloads) -> None:
    found = await world.ask()
    async with world.database.transaction() as connection:
        first = await store.claim_run(connection)
        await connection.execute("UPDATE rebalancing SET heartbeat_at = clock_timestamp() - interval '61 seconds'")
        second = await store.claim_run(connection)
    assert first is not None
    assert second is not None
    async with world.database.transaction() as connection:
        assert [await store.beat(connection, each) for each in (first, second)] == [False, True]
        assert [await store.hold_run(connection, each) for each in (first, second)] == [False, True]
        await store.show_progress(connection, first, 0.9, Decimal(1), Decimal(1))
        await store.fail(connection, first, "no", world.now)
    read = await world.read(found)
    assert (read.state, read.progress) == (RunState.RUNNING, 0)


async def test_the_solver_worker_performs_rebalancings(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "solve_apart", searching({}))
    found = await world.ask()
    assert "perform_rebalancings" in solver_worker(world.resources).jobs
    assert await solve(world.resources, lambda: world.now) == 1
    assert (await world.read(found)).state is RunState.PROPOSED


async def test_a_rebalancing_that_ends_its_workers_is_given_up(world: Caseloads) -> None:
    found = await world.ask()
    await world.sql("UPDATE rebalancing SET attempts = 3")
    await world.perform()
    read = await world.read(found)
    assert (read.state, read.message) == (RunState.FAILED, "given up after 3 attempts that ended without an answer")


async def test_a_solver_that_dies_leaves_a_failed_rebalancing_that_says_so(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    async def die(*_: object, **__: object) -> None:
        raise SolverDied("the solver's process ended without an answer (signal SIGKILL)")

    monkeypatch.setattr(performing, "solve_apart", die)
    found = await world.ask()
    await world.perform()
    read = await world.read(found)
    assert (read.state, read.message) == (RunState.FAILED, "the solver's process ended without an answer (signal SIGKILL)")


async def test_a_bug_in_the_search_ends_the_rebalancing_at_once_and_not_the_worker(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of SECRET-1")

    monkeypatch.setattr(performing, "solve_apart", stumble)
    found = await world.ask()
    assert await world.perform() == 1
    read = await world.read(found)
    assert read.state is RunState.FAILED
    assert (read.message or "").startswith("a fault of the service ended this run; its log has it as ")


async def test_a_database_that_is_out_of_reach_leaves_the_rebalancing_to_be_taken_up_again(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: object, **__: object) -> None:
        raise Unavailable("the database does not answer: try again")

    monkeypatch.setattr(performing, "solve_apart", lose)
    found = await world.ask()
    with pytest.raises(Unavailable):
        await world.perform()
    assert (await world.read(found)).state is RunState.RUNNING


async def test_one_that_waits_and_is_cancelled_is_never_begun(world: Caseloads) -> None:
    found = await world.ask()
    await cancel(world, found)
    assert await world.perform() == 0
    assert (await world.read(found)).state is RunState.CANCELLED


async def test_one_that_runs_and_is_cancelled_stops_at_the_next_beat_and_writes_nothing(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "_BEAT_SECONDS", 0.01)
    stops: list[bool] = []

    async def cancelled_meanwhile(*_: object, stopped: asyncio.Event, **__: object) -> None:
        await cancel(world, found)
        await asyncio.wait_for(stopped.wait(), 300)
        stops.append(True)
        raise SolverStopped("the search was stopped")

    monkeypatch.setattr(performing, "solve_apart", cancelled_meanwhile)
    found = await world.ask()
    await world.perform()
    assert stops == [True]
    read = await world.read(found)
    assert (read.state, read.before, read.message) == (RunState.CANCELLED, (), "not wanted")


async def test_an_answer_that_comes_after_cancelling_is_not_written(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")

    async def too_late(solve: Any, task: Any, **__: object) -> Proposed:
        await cancel(world, found)
        return proposal_of(task[0], {"CH1": "IRO-02"})

    monkeypatch.setattr(performing, "solve_apart", too_late)
    found = await world.ask()
    await world.perform()
    assert (await world.read(found)).state is RunState.CANCELLED
    assert await world.moves(found) == []


async def test_what_has_ended_cannot_be_cancelled_and_what_is_not_there_is_not_found(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await world.proposed(monkeypatch, {})
    await cancel(world, found)
    with pytest.raises(InvalidInput, match="this rebalancing is CANCELLED"):
        await cancel(world, found)
    with pytest.raises(NotFound):
        await cancel(world, uuid4())


async def test_progress_is_shown_while_it_is_sought(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[RunState, float, Decimal | None, Decimal | None]] = []

    async def halfway(_: object, task: Any, on_progress: Any, **__: object) -> Proposed:
        await on_progress(Progress(share=0.5, worst_utilisation=9000, bound=8000))
        read = await world.read(found)
        seen.append((read.state, read.progress, read.worst_utilisation, read.worst_utilisation_bound))
        return proposal_of(task[0], {})

    monkeypatch.setattr(performing, "solve_apart", halfway)
    found = await world.ask()
    await world.perform()
    assert seen == [(RunState.RUNNING, 0.5, Decimal("0.9"), Decimal("0.8"))]


def test_the_search_runs_in_a_process_of_its_own() -> None:
    assert getattr(performing, "solve_apart") is solve_apart  # noqa: B009
