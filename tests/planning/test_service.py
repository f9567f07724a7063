"""Plans asked for, laid and applied against a real PostgreSQL, through the records and the bookings of the service itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.history import service as history
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused
from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, Role
from services.planning import performing, service, store
from services.planning.commands import PlanMeetings, RunAction
from services.planning.proposing import Proposal, propose
from tests.booking.world import NOW, SUPPORT, TODAY, World, at
from tests.support.solving import solve_here

QUARTER = date(2026, 12, 1)


@pytest.fixture
async def world(database: Any) -> World:
    built = World(database)
    await built.establish()
    return built


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search runs here: `solve_apart` has tests of its own, and one of ours below uses it."""

    monkeypatch.setattr(performing, "solve_apart", solve_here)


def clock() -> datetime:
    return NOW


async def plan(world: World, last_day: date = QUARTER, **more: Any) -> UUID:
    command = PlanMeetings(request_key=str(uuid4()), first_day=TODAY, last_day=last_day, **more)
    plan_id = await service.request_plan(world.resources, SUPPORT, command, NOW)
    await service.perform_waiting(world.resources, clock)
    return plan_id


async def apply(world: World, plan_id: UUID) -> None:
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key=str(uuid4()), id=plan_id), NOW)
    await service.perform_waiting(world.resources, clock)


async def row_of(world: World, plan_id: UUID) -> dict[str, Any]:
    (row,) = await world.sql("SELECT * FROM plan WHERE id = $1", plan_id)
    return dict(row)


async def placements(world: World, plan_id: UUID) -> list[Any]:
    return await world.sql("SELECT * FROM plan_placement WHERE plan_id = $1 ORDER BY number", plan_id)


async def test_what_is_owed_is_placed_with_everything_it_needs(world: World) -> None:
    await world.conference("CH1")
    await world.review("CH2", iro="IRO-02")
    plan_id = await plan(world)
    row = await row_of(world, plan_id)
    assert (row["state"], row["wanted"], row["late"], row["late_bound"]) == ("PROPOSED", row["placed"], 0, 0)
    conference = next(each for each in await placements(world, plan_id) if each["kind"] == "INITIAL_CONFERENCE")
    assert None not in (conference["room_id"], conference["note_taker_id"], conference["police_team_id"])
    assert "book-by day 22 September 2026" in conference["reasons"][0]
    review = next(each for each in await placements(world, plan_id) if each["kind"] == "CARE_REVIEW")
    assert (review["room_id"], review["police_team_id"], review["ends_at"] - review["starts_at"]) == (None, None, timedelta(minutes=90))


async def test_a_plan_follows_the_statutory_chain_into_the_span(world: World) -> None:
    await world.review("CH1")
    plan_id = await plan(world, date(2027, 6, 30))
    days = [civil_day(each["starts_at"]) for each in await placements(world, plan_id)]
    items = await world.sql(
        "SELECT i.* FROM plan_placement_item i JOIN plan_placement p ON p.id = i.placement_id WHERE p.plan_id = $1 ORDER BY p.number",
        plan_id,
    )
    assert len(days) == 3  # first, three months later, six months after that
    assert [item["triggered_on"] for item in items] == [date(2026, 8, 24), *days[:2]]
    assert [item["chained"] for item in items] == [False, True, True]
    assert 89 <= (items[1]["statutory_due_on"] - days[0]).days <= 92
    assert 181 <= (items[2]["statutory_due_on"] - days[1]).days <= 184


async def test_applying_books_every_placement_and_the_chain_with_it(world: World) -> None:
    await world.conference("CH1")
    plan_id = await plan(world, date(2027, 3, 1))
    await apply(world, plan_id)
    row = await row_of(world, plan_id)
    assert (row["state"], row["message"]) == ("APPLIED", "2 of 2 meetings booked")
    booked = await world.sql("SELECT m.*, i.obligation_id FROM meeting m JOIN meeting_item i ON i.meeting_id = m.id ORDER BY starts_at")
    planned = await world.sql(
        "SELECT i.obligation_id FROM plan_placement_item i JOIN plan_placement p ON p.id = i.placement_id ORDER BY p.number"
    )
    assert [each["obligation_id"] for each in booked] == [each["obligation_id"] for each in planned]
    assert {each["meeting_id"] for each in await placements(world, plan_id)} == {each["id"] for each in booked}
    holds = await world.sql("SELECT count(*) AS number FROM hold")
    assert holds[0]["number"] == 8  # chair, room, note-taker and police, twice


async def test_what_is_booked_is_not_planned_again_but_starts_its_chain(world: World) -> None:
    await world.conference("CH1")
    await apply(world, await plan(world))
    second = await plan(world, date(2027, 3, 1))
    (following,) = await placements(world, second)
    assert following["kind"] == "REVIEW_CONFERENCE"


async def test_what_stands_in_the_diary_is_planned_around(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2")
    await world.book("CH2", starts_at=at(date(2026, 9, 17), "09:30"))
    (placed,) = await placements(world, await plan(world, date(2026, 9, 30)))
    await apply(world, placed["plan_id"])
    assert (await row_of(world, placed["plan_id"]))["message"] == "1 of 1 meeting booked"


async def test_what_the_world_took_meanwhile_is_refused_by_name_and_the_rest_stands(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", iro="IRO-02")
    plan_id = await plan(world, date(2026, 9, 30))
    first, _ = await placements(world, plan_id)
    await world.child("CH3")
    await world.discussed("CH3")
    iro = "IRO-01" if first["chair_id"] == (await world.sql("SELECT id FROM resource WHERE code = 'IRO-01'"))[0]["id"] else "IRO-02"
    await world.book("CH3", starts_at=first["starts_at"], chair_code=iro)
    await apply(world, plan_id)
    results = {each["applied"]: each["result"] for each in await placements(world, plan_id)}
    assert set(results) == {True, False}
    assert results[False]
    assert "is taken" in results[False]


async def test_a_child_who_got_another_officer_meanwhile_is_not_booked_with_the_old_one(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2")
    plan_id = await plan(world, date(2026, 9, 30))
    await world.sql(
        "UPDATE allocation SET iro_id = (SELECT id FROM resource WHERE code = 'IRO-02') "
        "WHERE child_id = (SELECT id FROM child WHERE reference = 'CH1')"
    )
    await apply(world, plan_id)
    results = sorted(((each["applied"], each["result"]) for each in await placements(world, plan_id)), key=str)
    assert results == [(False, "a child of this meeting is no longer allocated to the officer who was to chair it"), (True, None)]
    assert (await row_of(world, plan_id))["message"] == "1 of 2 meetings booked"


async def test_a_chained_meeting_is_refused_where_the_one_before_it_was(world: World) -> None:
    await world.conference("CH1")
    plan_id = await plan(world, date(2027, 3, 1))
    first, _ = await placements(world, plan_id)
    await world.conference("CH2")
    await world.book("CH2", starts_at=first["starts_at"], chair_code="IRO-01")
    await apply(world, plan_id)
    assert [each["applied"] for each in await placements(world, plan_id)] == [False, False]
    assert (await placements(world, plan_id))[1]["result"] == "the meeting that it follows was not booked"
    assert await world.sql("SELECT 1 FROM obligation WHERE state = 'EXPECTED'") == []


async def test_applying_goes_on_where_a_dead_worker_left_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        await world.conference(f"CH{number}")
    plan_id = await plan(world, date(2026, 9, 30))
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key="apply", id=plan_id), NOW)
    monkeypatch.setattr(performing, "_AT_ONCE", 1)
    ring = world.resources.doorbell.ring_delivery
    rung = 0

    async def die_at_the_second() -> None:
        nonlocal rung
        rung += 1
        if rung == 2:
            raise KeyboardInterrupt
        await ring()

    monkeypatch.setattr(type(world.resources.doorbell), "ring_delivery", lambda _: die_at_the_second())
    with pytest.raises(KeyboardInterrupt):
        await service.perform_waiting(world.resources, clock)
    assert [each["applied"] for each in await placements(world, plan_id)] == [True, True, None, None]
    assert await service.perform_waiting(world.resources, clock) == 0  # its worker may still live
    assert await service.perform_waiting(world.resources, lambda: NOW + timedelta(minutes=2)) == 1
    assert (await row_of(world, plan_id))["message"] == "4 of 4 meetings booked"
    assert (await world.sql("SELECT count(*) AS number FROM meeting"))[0]["number"] == 4


async def test_a_run_that_kills_its_workers_is_given_up(world: World) -> None:
    plan_id = await plan(world)
    await world.sql("UPDATE plan SET state = 'RUNNING', attempts = $2 WHERE id = $1", plan_id, performing.MOST_ATTEMPTS)
    await service.perform_waiting(world.resources, lambda: NOW + timedelta(minutes=2))
    assert (await row_of(world, plan_id))["state"] == "FAILED"


async def test_a_fault_of_the_search_fails_the_run_and_keeps_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.conference("CH1")

    async def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("CH1 must not be told")

    monkeypatch.setattr(performing, "solve_apart", break_down)
    row = await row_of(world, await plan(world))
    assert row["state"] == "FAILED"
    assert "CH1" not in row["message"]


async def test_a_child_without_an_officer_is_unplaced_with_what_would_help(world: World) -> None:
    await world.conference("CH1", iro=None)
    plan_id = await plan(world, date(2026, 9, 30))
    ((blockers,),) = [tuple(row) for row in await world.sql("SELECT blockers FROM plan_unplaced WHERE plan_id = $1", plan_id)]
    assert [blocker["code"] for blocker in blockers] == ["NO_CHAIR"]
    assert blockers[0]["would_fit_if"] == "the child were allocated to IRO-01"


async def test_an_officer_who_had_charge_of_the_case_is_no_chair(world: World) -> None:
    await world.conference("CH1")
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) SELECT id, 'CH1', 'test' FROM resource WHERE code = 'IRO-01'"
    )
    plan_id = await plan(world, date(2026, 9, 30))
    ((blockers,),) = [tuple(row) for row in await world.sql("SELECT blockers FROM plan_unplaced WHERE plan_id = $1", plan_id)]
    assert [blocker["code"] for blocker in blockers] == ["CHAIR_NOT_ELIGIBLE"]


async def test_only_the_kinds_that_were_asked_for_are_planned(world: World) -> None:
    await world.conference("CH1")
    await world.review("CH2")
    plan_id = await plan(world, kinds=(MeetingKind.CARE_REVIEW,))
    assert {each["kind"] for each in await placements(world, plan_id)} == {"CARE_REVIEW"}


async def test_last_years_conferences_say_how_many_to_expect(world: World) -> None:
    await world.child("CH1")
    await world.sql(
        "INSERT INTO held_record (id, child_id, recorded, kind, held_on, source) "
        "SELECT gen_random_uuid(), c.id, tstzrange('2026-01-01', NULL), 'INITIAL_CONFERENCE', '2025-10-01'::date + 3 * n, 'test' "
        "FROM child c, generate_series(1, 104) n"
    )
    row = await row_of(world, await plan(world))
    assert "expected initial conferences" in row["message"]


async def test_a_plan_runs_in_a_process_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.platform.solver_process import solve_apart

    monkeypatch.setattr(performing, "solve_apart", solve_apart)
    await world.conference("CH1")
    assert (await row_of(world, await plan(world)))["state"] == "PROPOSED"


async def test_a_cancelled_plan_is_not_laid(world: World) -> None:
    await world.conference("CH1")
    command = PlanMeetings(request_key="k", first_day=TODAY, last_day=QUARTER)
    plan_id = await service.request_plan(world.resources, SUPPORT, command, NOW)
    await service.cancel_run(world.resources, SUPPORT, RunAction(request_key="c", id=plan_id), NOW)
    assert await service.perform_waiting(world.resources, clock) == 0
    assert (await row_of(world, plan_id))["state"] == "CANCELLED"


async def test_a_plan_cancelled_while_it_is_laid_stores_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.conference("CH1")

    async def cancel_meanwhile(_: object, problem: Any, **__: object) -> Proposal:
        await world.sql("UPDATE plan SET state = 'CANCELLED'")
        return propose(problem, lambda _: None)

    monkeypatch.setattr(performing, "solve_apart", cancel_meanwhile)
    plan_id = await plan(world)
    assert await placements(world, plan_id) == []
    assert (await row_of(world, plan_id))["state"] == "CANCELLED"


async def test_a_plan_cancelled_while_it_is_applied_says_that_what_is_booked_stands(world: World) -> None:
    await world.conference("CH1")
    plan_id = await plan(world)
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key="apply", id=plan_id), NOW)
    await service.cancel_run(world.resources, SUPPORT, RunAction(request_key="cancel", id=plan_id), NOW)
    await service.perform_waiting(world.resources, clock)
    row = await row_of(world, plan_id)
    assert (row["state"], row["message"]) == ("CANCELLED", "cancelled on request; what it had booked by then stands")
    assert await world.sql("SELECT 1 FROM meeting") == []


async def test_the_same_key_answers_with_the_same_plan(world: World) -> None:
    command = PlanMeetings(request_key="k", first_day=TODAY, last_day=QUARTER)
    first = await service.request_plan(world.resources, SUPPORT, command, NOW)
    assert await service.request_plan(world.resources, SUPPORT, command, NOW) == first
    other = PlanMeetings(request_key="k", first_day=TODAY, last_day=QUARTER + timedelta(days=1))
    with pytest.raises(RequestKeyReused):
        await service.request_plan(world.resources, SUPPORT, other, NOW)


_NO_SPANS = [
    (TODAY - timedelta(days=1), TODAY - timedelta(days=7), "ends before it begins"),
    (TODAY - timedelta(days=9), TODAY - timedelta(days=7), "must be today, 2026-09-01, or later"),
    (TODAY, TODAY + timedelta(days=380), "at most a year"),
    (TODAY + timedelta(days=300), TODAY + timedelta(days=420), "laid out to 2027-10-06"),
]


async def test_a_span_that_cannot_be_planned_is_refused_in_one_clear_line(world: World) -> None:
    for first, last, hint in _NO_SPANS:
        with pytest.raises(InvalidInput, match=hint) as refusal:
            await service.request_plan(world.resources, SUPPORT, PlanMeetings(request_key="k", first_day=first, last_day=last), NOW)
        assert refusal.value.field == "to"
        assert "\n" not in str(refusal.value)


async def test_only_a_proposed_plan_is_applied_and_only_once(world: World) -> None:
    await world.conference("CH1")
    plan_id = await plan(world)
    await apply(world, plan_id)
    with pytest.raises(InvalidInput, match="APPLIED"):
        await service.request_apply(world.resources, SUPPORT, RunAction(request_key="again", id=plan_id), NOW)
    with pytest.raises(NotFound):
        await service.request_apply(world.resources, SUPPORT, RunAction(request_key="none", id=uuid4()), NOW)


async def test_nobody_plans_or_applies_without_the_right(world: World) -> None:
    for role in (Role.IRO, Role.NOTE_TAKER, Role.POLICE_LIAISON, Role.SOCIAL_WORKER, Role.AUDITOR):
        actor = Actor(subject="somebody", role=role, name="Somebody")
        with pytest.raises(Forbidden):
            await service.request_plan(world.resources, actor, PlanMeetings(request_key="k", first_day=TODAY, last_day=QUARTER), NOW)
        with pytest.raises(Forbidden):
            await service.request_apply(world.resources, actor, RunAction(request_key="k", id=uuid4()), NOW)
        with pytest.raises(Forbidden):
            await service.cancel_run(world.resources, actor, RunAction(request_key="k", id=uuid4()), NOW)


async def test_whoever_plans_and_applies_is_in_the_audit(world: World) -> None:
    await world.conference("CH1")
    await apply(world, await plan(world))
    events = await world.sql("SELECT actor, action FROM audit_event WHERE action IN ('PLAN', 'APPLY_PLAN', 'BOOK') ORDER BY id")
    assert {each["action"] for each in events} == {"PLAN", "APPLY_PLAN", "BOOK"}
    assert {each["actor"] for each in events} == {"support"}


async def test_every_statement_can_be_prepared(world: World) -> None:
    names = [name for name in dir(store._sql) if hasattr(getattr(store._sql, name), "sql")]
    assert names
    async with world.database.transaction() as connection:
        for name in names:
            await connection.prepare(getattr(store._sql, name).sql)


async def test_a_panel_on_secure_accommodation_is_booked_with_another_chair(world: World) -> None:
    await world.review("CH1", iro="IRO-01")
    (child,) = await world.sql("SELECT id FROM child WHERE reference = 'CH1'")
    await world.sql(
        "INSERT INTO care_status (id, child_id, recorded, status, started_on, source) "
        "VALUES (gen_random_uuid(), $1, tstzrange($2, NULL), 'SECURE', $3, 'TEST')",
        child["id"],
        NOW,
        TODAY - timedelta(days=5),
    )
    async with world.resources.database.transaction() as connection:
        await history.rewrite_obligations(connection, [child["id"]], TODAY)
    plan_id = await plan(world, kinds=(MeetingKind.SECURE_CRITERIA_REVIEW,))
    await apply(world, plan_id)
    (first, *_) = await placements(world, plan_id)
    assert (first["kind"], first["applied"], first["result"]) == ("SECURE_CRITERIA_REVIEW", True, None)
    (meeting,) = await world.sql("SELECT r.code FROM meeting m JOIN resource r ON r.id = m.chair_id WHERE m.id = $1", first["meeting_id"])
    assert meeting["code"] != "IRO-01"
