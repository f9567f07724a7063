"""What people record of children, and what is refused."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.history import service, store
from services.history.commands import EndCarePeriod, RecordStrategyDiscussion, RegisterChild, StartCarePeriod
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused
from services.kernel.ids import new_id
from services.kernel.words import Role
from services.platform.resources import Resources
from tests.history.children import owed

MANAGER = COMMAND_LINE
SUPPORT = Actor(subject="support", role=Role.BUSINESS_SUPPORT, name="Support")
TODAY = date(2026, 9, 1)
BORN = date(2015, 6, 1)


async def register(resources: Resources, now: datetime, reference: str = "CH1", actor: Actor = SUPPORT, **more: Any) -> UUID:
    values = {"born_on": BORN, **more} if "expected_on" not in more else more
    command = RegisterChild(request_key=f"register {reference}", reference=reference, **values)
    return await service.register_child(resources, actor, command, now)


async def start(resources: Resources, now: datetime, day: date, reference: str = "CH1", actor: Actor = SUPPORT, **more: Any) -> UUID:
    command = StartCarePeriod(request_key=f"start {reference} {day}", reference=reference, started_on=day, **more)
    return await service.start_care_period(resources, actor, command, now)


async def end(resources: Resources, now: datetime, day: date, reference: str = "CH1", reason: str = "went home") -> UUID:
    command = EndCarePeriod(request_key=f"end {reference} {day} {reason}", reference=reference, ended_on=day, reason=reason)
    return await service.end_care_period(resources, SUPPORT, command, now)


async def discuss(resources: Resources, now: datetime, day: date, *references: str, actor: Actor = SUPPORT) -> list[UUID]:
    command = RecordStrategyDiscussion(request_key=f"discuss {day} {references}", references=references, held_on=day)
    return await service.record_strategy_discussion(resources, actor, command, now)


async def fetch(resources: Resources, sql: str, *values: object) -> list[Any]:
    async with resources.database.connection() as connection:
        return list(await connection.fetch(sql, *values))


async def iro_of(resources: Resources, child_id: UUID) -> Actor:
    """An officer to whom the child is allocated."""
    officer = new_id()
    async with resources.database.transaction() as connection:
        await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', $2, 'Officer')", officer, str(officer))
        await connection.execute("INSERT INTO iro (resource_id) VALUES ($1)", officer)
        await connection.execute(
            "INSERT INTO allocation (id, child_id, held, iro_id) VALUES ($1, $2, daterange('2026-01-01', NULL), $3)",
            new_id(),
            child_id,
            officer,
        )
    return Actor(subject=str(officer), role=Role.IRO, name="Officer", resource_id=officer)


# ------------------------------------------------------------------------------------------ registering


async def test_a_child_in_care_is_owed_its_first_review(resources: Resources, now: datetime) -> None:
    child = await register(resources, now)
    assert await start(resources, now, date(2026, 8, 24), legal_status="C2") == child
    assert await owed(resources.database, child) == [("CARE_REVIEW_FIRST", date(2026, 8, 24), date(2026, 9, 22), "OPEN")]
    (period,) = await fetch(resources, "SELECT * FROM care_period")
    assert (period["started_on_exact"], period["legal_status"], period["short_break"]) == (True, "C2", False)


async def test_an_unborn_child_has_an_expected_day_and_no_date_of_birth(resources: Resources, now: datetime) -> None:
    await register(resources, now, expected_on=date(2026, 12, 1))
    (fact,) = await fetch(resources, "SELECT born_on, expected_on FROM child_fact")
    assert tuple(fact) == (None, date(2026, 12, 1))


async def test_siblings_share_a_group_and_a_parent_is_linked(resources: Resources, now: datetime) -> None:
    first = await register(resources, now, "CH1")
    second = await register(resources, now, "CH2", sibling_of="CH1")
    third = await register(resources, now, "CH3", sibling_of="CH2")
    groups = await fetch(resources, "SELECT group_key, array_agg(child_id) AS members FROM sibling_group_member GROUP BY 1")
    assert [set(group["members"]) for group in groups] == [{first, second, third}]
    parent = await register(resources, now, "CH4", born_on=date(2009, 1, 1), parent_of="CH3")
    assert [tuple(row) for row in await fetch(resources, "SELECT child_id, parent_id FROM parentage")] == [(third, parent)]


async def test_a_refused_registration_registers_nothing(resources: Resources, now: datetime) -> None:
    await register(resources, now, "CH1")
    for reference, parent_of in [("CH1", None), ("CH9", "CH1")]:
        command = RegisterChild(request_key="k", reference=reference, born_on=date(2015, 6, 2), parent_of=parent_of)
        with pytest.raises(InvalidInput):
            await service.register_child(resources, SUPPORT, command, now)
    assert [row["reference"] for row in await fetch(resources, "SELECT reference FROM child")] == ["CH1"]


async def test_an_unknown_sibling_is_not_found_and_nothing_is_registered(resources: Resources, now: datetime) -> None:
    with pytest.raises(NotFound, match="CH7"):
        await register(resources, now, "CH1", sibling_of="CH7")
    assert await fetch(resources, "SELECT FROM child") == []


# -------------------------------------------------------------------------------------------------- care


async def test_periods_of_care_do_not_overlap_and_may_touch(resources: Resources, now: datetime) -> None:
    await register(resources, now)
    await start(resources, now, date(2026, 3, 2))
    with pytest.raises(InvalidInput, match="began 2026-03-02 and is still open"):
        await start(resources, now, date(2026, 4, 1))
    await end(resources, now, date(2026, 5, 1))
    for day in (date(2026, 1, 5), date(2026, 4, 30)):
        with pytest.raises(InvalidInput, match="ended 2026-05-01: two cannot overlap"):
            await start(resources, now, day)
    await start(resources, now, date(2026, 5, 1))


async def test_two_who_start_the_same_care_at_once_start_it_once(resources: Resources, now: datetime) -> None:
    child = await register(resources, now)
    async with resources.database.transaction() as connection:
        await store.lock_children(connection, [child])
        both = [asyncio.ensure_future(start(resources, now, day)) for day in (date(2026, 8, 3), date(2026, 8, 4))]
        while await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < 2:
            pass
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["InvalidInput", "UUID"]


async def test_short_breaks_are_reviewed_by_their_own_clock(resources: Resources, now: datetime) -> None:
    child = await register(resources, now)
    await start(resources, now, date(2026, 8, 3), legal_status="V4")
    assert [rule for rule, *_ in await owed(resources.database, child)] == ["SHORT_BREAK_REVIEW_FIRST"]


async def test_the_end_of_care_voids_what_was_owed_and_keeps_what_was_known(resources: Resources, now: datetime) -> None:
    child = await register(resources, now)
    await start(resources, now, date(2026, 8, 24))
    await end(resources, now + timedelta(hours=1), date(2026, 9, 1), reason="returned home")
    assert [state for *_, state in await owed(resources.database, child)] == ["VOID"]
    versions = await fetch(resources, "SELECT id, ended_on, end_reason, upper_inf(recorded) AS now FROM care_period ORDER BY recorded")
    assert [(row["ended_on"], row["end_reason"], row["now"]) for row in versions] == [
        (None, None, False),
        (date(2026, 9, 1), "returned home", True),
    ]
    assert len({row["id"] for row in versions}) == 1


# --------------------------------------------------------------------------------- strategy discussions


async def test_a_discussion_on_a_weekend_is_day_0_for_each_child(resources: Resources, now: datetime) -> None:
    children = [await register(resources, now, reference) for reference in ("CH1", "CH2")]
    assert await discuss(resources, now, date(2026, 8, 29), "CH2", "CH1") == children[::-1]
    for child in children:
        assert await owed(resources.database, child) == [("INITIAL_CONFERENCE", date(2026, 8, 29), date(2026, 9, 21), "OPEN")]


async def test_the_same_discussion_recorded_twice_is_one(resources: Resources, now: datetime) -> None:
    child = await register(resources, now)
    await discuss(resources, now, date(2026, 8, 28), "CH1")
    command = RecordStrategyDiscussion(request_key="again", references=("CH1",), held_on=date(2026, 8, 28))
    await service.record_strategy_discussion(resources, SUPPORT, command, now)
    assert len(await fetch(resources, "SELECT FROM section47 WHERE child_id = $1", child)) == 1


@pytest.mark.parametrize("later", [date(2026, 8, 29), date(2026, 8, 27), date(2026, 9, 1)])
async def test_one_enquiry_has_one_day_0_until_its_conference_was_due(resources: Resources, now: datetime, later: date) -> None:
    child = await register(resources, now)
    await register(resources, now, "CH2")
    await discuss(resources, now, date(2026, 8, 28), "CH1")
    with pytest.raises(InvalidInput, match="CH1: an enquiry that began on 2026-08-28 still runs") as refused:
        await discuss(resources, now, later, "CH2", "CH1")
    assert refused.value.field == "heldOn"
    assert await owed(resources.database, child) == [("INITIAL_CONFERENCE", date(2026, 8, 28), date(2026, 9, 21), "OPEN")]
    assert len(await fetch(resources, "SELECT FROM section47")) == 1


async def test_an_enquiry_long_overdue_or_about_an_unborn_child_may_begin_anew(resources: Resources, now: datetime) -> None:
    child = await register(resources, now)
    await discuss(resources, now, date(2026, 7, 1), "CH1")
    await discuss(resources, now, date(2026, 8, 28), "CH1")
    assert [row[1] for row in await owed(resources.database, child)] == [date(2026, 7, 1), date(2026, 8, 28)]
    await service.register_child(resources, SUPPORT, RegisterChild(request_key="unborn", reference="U1", expected_on=TODAY), now)
    for day in (date(2026, 8, 27), date(2026, 8, 28)):
        await discuss(resources, now, day, "U1")
    assert len(await fetch(resources, "SELECT FROM section47")) == 4


async def test_one_unknown_child_and_none_is_recorded(resources: Resources, now: datetime) -> None:
    await register(resources, now)
    with pytest.raises(NotFound, match="CH2"):
        await discuss(resources, now, TODAY, "CH1", "CH2")
    assert await fetch(resources, "SELECT FROM section47") == []


# ------------------------------------------------------------------------- keys, rights and the audit


async def test_a_request_key_records_once_and_guards_against_another_body(resources: Resources, now: datetime) -> None:
    child = await register(resources, now)
    assert await register(resources, now) == child
    with pytest.raises(RequestKeyReused):
        await register(resources, now, born_on=date(2015, 6, 2))
    assert len(await fetch(resources, "SELECT FROM audit_event")) == 1


async def test_a_refused_command_leaves_its_key_free(resources: Resources, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        await register(resources, now, born_on=date(2026, 9, 2))
    await register(resources, now)


async def test_whoever_may_not_record_is_refused_everything(resources: Resources, now: datetime) -> None:
    await register(resources, now)
    for role in (Role.SOCIAL_WORKER, Role.NOTE_TAKER, Role.POLICE_LIAISON, Role.AUDITOR, Role.SERVICE):
        actor = Actor(subject="a", role=role, name="A", child_references=frozenset({"CH1"}))
        ended = EndCarePeriod(request_key="e", reference="CH1", ended_on=TODAY, reason="x")
        with pytest.raises(Forbidden):
            await register(resources, now, "CH2", actor=actor)
        with pytest.raises(Forbidden):
            await start(resources, now, TODAY, actor=actor)
        with pytest.raises(Forbidden):
            await discuss(resources, now, TODAY, "CH1", actor=actor)
        with pytest.raises(Forbidden):
            await service.end_care_period(resources, actor, ended, now)


async def test_an_officer_records_of_her_own_children_and_others_are_not_there_for_her(resources: Resources, now: datetime) -> None:
    own = await register(resources, now, "CH1")
    await register(resources, now, "CH2")
    officer = await iro_of(resources, own)
    await start(resources, now, TODAY, "CH1", actor=officer)
    for reference in ("CH2", "CH3"):
        with pytest.raises(NotFound, match=f"no child with the reference {reference}"):
            await start(resources, now, TODAY, reference, actor=officer)
    with pytest.raises(NotFound):
        await discuss(resources, now, TODAY, "CH1", "CH2", actor=officer)
    with pytest.raises(Forbidden):
        await register(resources, now, "CH3", actor=officer)


async def test_every_record_leaves_an_event_without_reference_date_of_birth_or_reason(resources: Resources, now: datetime) -> None:
    child = await register(resources, now, "SECRET-1")
    await start(resources, now, date(2026, 8, 3), "SECRET-1")
    await end(resources, now, date(2026, 8, 31), "SECRET-1", reason="private matter")
    await discuss(resources, now, TODAY, "SECRET-1")
    events = await fetch(resources, "SELECT actor, action, subject, details::text AS details FROM audit_event ORDER BY id")
    assert [event["action"] for event in events] == [
        "REGISTER_CHILD",
        "START_CARE_PERIOD",
        "END_CARE_PERIOD",
        "RECORD_STRATEGY_DISCUSSION",
    ]
    assert {event["subject"] for event in events} == {f"child:{child}"}
    told = " ".join(event["details"] for event in events)
    assert not any(word in told for word in ("SECRET", "private", "2015"))
