"""A person decides herself: at once and with her reason, or by another manager; and what the world has overtaken changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.allocation import request_store
from services.allocation.commands import AllocateTo, DecideRequest
from services.allocation.requests import DecidedRequest, Requested, allocate_to, decide_request, requests, requests_by_id
from services.allocation.waiting import WaitingChild, waiting
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotEligible, NotFound, RequestKeyReused
from services.kernel.words import ApprovalGround, BlockerCode, RequestState, Role
from services.platform.database import Connection, Database
from tests.allocation.unit import MANAGER, OTHER, PROGRAM, TODAY, Unit


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
def unit(database: Database, connection: Connection) -> Unit:
    return Unit.of(database, connection)


async def ask(
    unit: Unit, now: datetime, reference: str, code: str, *, key: str = "k", actor: Actor = MANAGER, reason: str = "she knows the family"
) -> UUID | Requested:
    return await allocate_to(unit.resources, actor, AllocateTo(request_key=key, reference=reference, iro_code=code, reason=reason), now)


async def asked(unit: Unit, now: datetime, reference: str, code: str, **more: Any) -> UUID:
    """The request that waits."""
    done = await ask(unit, now, reference, code, **more)
    assert isinstance(done, Requested)
    return done.request_id


async def decide(unit: Unit, now: datetime, request: UUID, *, approve: bool = True, actor: Actor = OTHER, key: str = "d") -> DecidedRequest:
    command = DecideRequest(request_key=key, id=request, approve=approve, reason="for this child it is right")
    return await decide_request(unit.resources, actor, command, now)


async def kept_of(unit: Unit, reference: str) -> dict[str, Any]:
    row = await unit.connection.fetchrow(
        "SELECT a.iro_id, a.reason, a.approved_by, e.what, e.decision FROM allocation a "
        "JOIN allocation_event e ON e.child_id = a.child_id AND e.iro_id = a.iro_id WHERE a.child_id = $1 AND a.held @> $2::date",
        unit.children[reference],
        TODAY,
    )
    assert row is not None
    return dict(row)


async def two_officers(unit: Unit) -> None:
    """IRO-01 is empty; IRO-02 has one child; each may hold 2.5 points, which is two children."""
    await unit.limit("2.5")
    await unit.officer("IRO-01"), await unit.officer("IRO-02")
    await unit.child("CH0", iro="IRO-02")


# --------------------------------------------------------------------------------------------------------- at once


async def test_within_her_limit_it_is_done_and_reason_recommendation_and_costs_are_kept(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    await unit.child("CH1")
    allocation = await ask(unit, now, "CH1", "IRO-02")
    assert isinstance(allocation, UUID)
    assert await ask(unit, now, "CH1", "IRO-02") == allocation, "the same key"
    assert await ask(unit, now, "CH1", "IRO-02", key="other") == allocation, "she has the child"
    with pytest.raises(RequestKeyReused):
        await ask(unit, now, "CH1", "IRO-01")
    kept = await kept_of(unit, "CH1")
    assert (kept["iro_id"], kept["reason"], kept["approved_by"]) == (unit.iros["IRO-02"], "she knows the family", "manager")
    decision = kept["decision"]
    assert decision["recommended"] == str(unit.iros["IRO-01"])
    assert decision["costs"] == "the fullest officer would stand at 100.00 % instead of 50.00 %"
    assert (decision["points"], decision["known_at"], decision["reasons"]) == ("1.25", now.isoformat(), ["she knows the family"])
    assert await unit.connection.fetchval("SELECT count(*) FROM allocation_event") == 1


async def test_the_recommended_officer_costs_nothing(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    await unit.child("CH1")
    await ask(unit, now, "CH1", "IRO-01", actor=PROGRAM)
    decision = (await kept_of(unit, "CH1"))["decision"]
    assert (decision["recommended"], decision["costs"]) == (str(unit.iros["IRO-01"]), None)
    assert [each["iro_code"] for each in decision["rejected"]] == ["IRO-02"]


async def test_what_cannot_be_is_refused_in_words(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    await unit.child("CH1"), await unit.records.child("CH9")
    await unit.tie("IRO-01", "CH1")
    with pytest.raises(NotEligible, match=r"reg\. 46\(3\)") as caught:
        await ask(unit, now, "CH1", "IRO-01")
    assert caught.value.code is BlockerCode.INDEPENDENCE
    await unit.leaves("IRO-01", date(2026, 8, 1))
    with pytest.raises(NotEligible, match="not at the unit"):
        await ask(unit, now, "CH1", "IRO-01")
    with pytest.raises(NotFound, match="IRO-77"):
        await ask(unit, now, "CH1", "IRO-77")
    with pytest.raises(NotFound, match="CH77"):
        await ask(unit, now, "CH77", "IRO-02")
    with pytest.raises(InvalidInput, match="needs no IRO"):
        await ask(unit, now, "CH9", "IRO-02")
    with pytest.raises(InvalidInput, match="a reason is needed"):
        await ask(unit, now, "CH1", "IRO-02", reason="  ")
    for role in (Role.BUSINESS_SUPPORT, Role.IRO, Role.AUDITOR):
        with pytest.raises(Forbidden):
            await ask(unit, now, "CH1", "IRO-02", actor=Actor(subject="x", role=role, name="x"))
    assert await unit.holder("CH1") is None


# ------------------------------------------------------------------------------------------------- another manager


async def test_over_the_limit_another_manager_decides(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    await unit.child("CH1", iro="IRO-02"), await unit.child("CH2")
    request = await asked(unit, now, "CH2", "IRO-02")
    assert await unit.holder("CH2") is None, "nothing has changed yet"
    (told,) = await requests(unit.connection, MANAGER, [RequestState.WAITING])
    assert (told.id, told.reference, told.needs_approval_for, told.from_iro_id) == (request, "CH2", (ApprovalGround.OVER_LIMIT,), None)
    assert told.recommended_iro_id == unit.iros["IRO-01"]
    assert told.costs == "IRO-02 would stand at 3.75 of 2.5 points, 1.25 over her limit"
    with pytest.raises(InvalidInput, match="waits already"):
        await ask(unit, now, "CH2", "IRO-02", key="again")
    decided = await decide(unit, now, request)
    assert decided == await decide(unit, now, request), "the same key"
    assert (decided.state, decided.message) == (RequestState.APPROVED, None)
    kept = await kept_of(unit, "CH2")
    assert (kept["iro_id"], kept["reason"], kept["approved_by"]) == (unit.iros["IRO-02"], "she knows the family", "other-manager")
    assert kept["decision"]["approval_reason"] == "for this child it is right"
    with pytest.raises(InvalidInput, match="APPROVED already"):
        await decide(unit, now, request, key="again")


async def test_of_an_officer_who_is_over_her_limit_already_it_is_told_by_how_much_in_all(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    await unit.child("CH1", iro="IRO-02"), await unit.child("CH2", iro="IRO-02"), await unit.child("CH3")
    request = await asked(unit, now, "CH3", "IRO-02")
    (told,) = await requests(unit.connection, MANAGER, None)
    assert told.costs == "IRO-02 would stand at 5 of 2.5 points, 2.5 over her limit"
    await unit.connection.execute("UPDATE setting SET value = to_jsonb('2'::text)")
    decided = await decide(unit, now, request)
    assert (decided.state, decided.message) == (
        RequestState.OVERTAKEN,
        "IRO-02 would stand 3 points over her limit now, 2.5 when it was asked",
    )


async def test_nobody_approves_her_own_and_she_may_take_it_back(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    request = await asked(unit, now, "CH0", "IRO-01")
    with pytest.raises(Forbidden, match="nobody approves her own"):
        await decide(unit, now, request, actor=MANAGER)
    with pytest.raises(Forbidden, match="nobody approves her own"):
        await request_store.decide(unit.connection, request, RequestState.APPROVED, by="manager", now=now, reason="r")
    for actor in (PROGRAM, Actor(subject="x", role=Role.BUSINESS_SUPPORT, name="x")):
        with pytest.raises(Forbidden):
            await decide(unit, now, request, actor=actor)
    assert (await decide(unit, now, request, approve=False, actor=MANAGER)).state is RequestState.DECLINED
    assert await unit.holder("CH0") == unit.iros["IRO-02"]
    (told,) = await requests(unit.connection, MANAGER, None)
    assert (told.state, told.decided_by) == (RequestState.DECLINED, "manager")
    with pytest.raises(NotFound):
        await decide(unit, now, UUID(int=7), key="other")


async def test_a_program_asks_a_manager_where_it_would_go_against_the_recommendation(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    await unit.child("CH1")
    request = await asked(unit, now, "CH1", "IRO-02", actor=PROGRAM)
    assert (await decide(unit, now, request, actor=MANAGER)).state is RequestState.APPROVED
    assert await unit.holder("CH1") == unit.iros["IRO-02"]


async def test_a_change_of_iro_takes_the_booked_meetings_with_it(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    starts = datetime(2026, 9, 15, 10, tzinfo=UTC)
    for code in ("IRO-01", "IRO-02"):
        await unit.records.at_work(unit.iros[code], starts - timedelta(days=3))
    owed = await unit.records.obligation(unit.children["CH0"], "CARE_REVIEW", date(2026, 9, 20))
    meeting = await unit.records.meeting("M-1", starts, [(unit.children["CH0"], owed)], chair=unit.iros["IRO-02"])
    request = await asked(unit, now, "CH0", "IRO-01")
    (told,) = await requests(unit.connection, MANAGER, None)
    assert (told.needs_approval_for, told.from_iro_id) == ((ApprovalGround.CHANGE_OF_IRO,), unit.iros["IRO-02"])
    await decide(unit, now, request)
    assert (await kept_of(unit, "CH0"))["what"] == "CHANGED"
    assert await unit.holder("CH0") == unit.iros["IRO-01"]
    assert await unit.connection.fetchval("SELECT chair_id FROM meeting WHERE id = $1", meeting) == unit.iros["IRO-01"]


OVERTAKING = (
    ("another IRO", "UPDATE allocation SET iro_id = (SELECT id FROM resource WHERE code = 'IRO-03')"),
    ("neither in care", "UPDATE care_period SET ended_on = '2026-08-31'"),
    (
        "had charge of the case: was her worker",
        "INSERT INTO may_not_chair SELECT id, 'CH0', 'was her worker', 'T' FROM resource WHERE code = 'IRO-01'",
    ),
    ("not at the unit", "UPDATE resource SET active = '[2020-01-01,2026-08-01)' WHERE code = 'IRO-01'"),
    ("0.25 points over her limit now, 0 when it was asked", "UPDATE setting SET value = to_jsonb('1'::text)"),
)


@pytest.mark.parametrize(("words", "change"), OVERTAKING)
async def test_what_the_world_has_overtaken_changes_nothing_and_says_what_changed(
    unit: Unit, now: datetime, words: str, change: str
) -> None:
    await two_officers(unit)
    await unit.officer("IRO-03")
    request = await asked(unit, now, "CH0", "IRO-01")
    await unit.connection.execute(change)
    holder = await unit.holder("CH0")
    decided = await decide(unit, now, request)
    assert (decided.state, decided.allocation_id) == (RequestState.OVERTAKEN, None)
    assert words in (decided.message or "")
    assert await unit.holder("CH0") == holder
    assert await unit.connection.fetchval("SELECT count(*) FROM allocation_event") == 0
    (told,) = (await requests_by_id(unit.connection, MANAGER, [request], TODAY)).values()
    assert (told.state, told.decided_by) == (RequestState.OVERTAKEN, "other-manager")


async def test_a_request_that_has_been_overtaken_makes_way_for_another(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    first = await asked(unit, now, "CH0", "IRO-01")
    await unit.officer("IRO-03")
    await unit.connection.execute("UPDATE allocation SET iro_id = $1", unit.iros["IRO-03"])
    second = await asked(unit, now, "CH0", "IRO-01", key="anew")
    states = {each.id: each.state for each in await requests(unit.connection, MANAGER, None)}
    assert states == {first: RequestState.OVERTAKEN, second: RequestState.WAITING}


async def test_requests_are_shown_to_whoever_may_allocate(unit: Unit, now: datetime) -> None:
    await two_officers(unit)
    request = await asked(unit, now, "CH0", "IRO-01")
    stranger = Actor(subject="x", role=Role.AUDITOR, name="x")
    assert await requests(unit.connection, stranger, None) == ()
    assert await requests_by_id(unit.connection, stranger, [request], TODAY) == {}


# --------------------------------------------------------------------------------------------------------- waiting


async def test_who_waits_is_shown_with_working_days_and_the_day_by_which_to_name_one(unit: Unit) -> None:
    """Tuesday 1 September 2026 is looked from; Monday 31 August is a bank holiday."""
    await unit.officer("IRO-01")
    await unit.child("LATE", since=date(2026, 8, 21)), await unit.child("NEW", since=date(2026, 8, 28))
    await unit.child("HELD", iro="IRO-01")
    plan = await unit.records.child("PLAN")
    await unit.records.protection_plan(plan, date(2026, 8, 24))
    owed = await unit.records.child("OWED")
    await unit.records.obligation(owed, "INITIAL_CONFERENCE", date(2026, 9, 15), triggered_on=date(2026, 8, 25))
    back = await unit.child("BACK", since=date(2026, 1, 5))
    await unit.records.allocation(back, unit.iros["IRO-01"], until=date(2026, 8, 27))
    told = {each.reference: each for each in await waiting(unit.connection, MANAGER, TODAY)}
    assert list(told) == ["LATE", "PLAN", "OWED", "BACK", "NEW"]

    def of(each: WaitingChild) -> tuple[date, int, date, bool]:
        return each.since, each.working_days, each.named_by, each.overdue

    assert of(told["LATE"]) == (date(2026, 8, 21), 6, date(2026, 8, 28), True)
    assert of(told["PLAN"]) == (date(2026, 8, 24), 5, date(2026, 9, 1), False)
    assert of(told["OWED"]) == (date(2026, 8, 25), 4, date(2026, 9, 2), False)
    assert of(told["BACK"]) == (date(2026, 8, 27), 2, date(2026, 9, 4), False)
    assert of(told["NEW"]) == (date(2026, 8, 28), 1, date(2026, 9, 7), False)
    assert [told[each].why for each in ("LATE", "PLAN", "OWED", "BACK")] == [
        "became looked after",
        "child protection plan began",
        "initial conference owed since that day",
        "lost its IRO",
    ]


async def test_who_waits_is_shown_to_whom_the_child_is(unit: Unit) -> None:
    await unit.officer("IRO-01")
    await unit.child("CH1"), await unit.child("CH2")
    worker = Actor(subject="w", role=Role.SOCIAL_WORKER, name="w", child_references=frozenset({"CH1"}))
    iro = Actor(subject="i", role=Role.IRO, name="i", resource_id=unit.iros["IRO-01"])
    assert [each.reference for each in await waiting(unit.connection, worker, TODAY)] == ["CH1"]
    assert await waiting(unit.connection, iro, TODAY) == ()
