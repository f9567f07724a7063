"""Any past day recomputes to the same table, whatever was corrected, stated, undone or ended since."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.booking import service as booking
from services.booking.commands import MeetingAction
from services.caseload import restoring, service
from services.caseload.capacity import Caseload
from services.caseload.reviewers import NameReviewer, name_reviewer
from services.directory import working_time
from services.directory.service import apply_establishment, record_absence_in
from services.history import service as history
from services.history.circumstances import StateCircumstances, state_circumstances
from services.history.commands import ApproveHousehold, EndCarePeriod, StartCarePeriod
from services.history.versions import records_in_force, revise_version, withdraw_version
from services.kernel.actor import COMMAND_LINE, service_actor
from services.kernel.errors import NotFound, Rejected
from services.kernel.window import TimeWindow
from services.kernel.words import AbsenceReason, Complexity, MeetingKind, ResourceKind
from services.platform.database import Connection, Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key, unit

ACTOR = service_actor("test")
DAYS = (TODAY - timedelta(days=40), TODAY, TODAY + timedelta(days=45))
CODES = ("IRO-01", "IRO-02")
DAY = date(2026, 9, 10)

Tables = tuple[tuple[Caseload, ...], ...]


@dataclass
class Unit:
    """A unit in which things happen, one an hour, and the tables as they were after each."""

    world: World
    chance: random.Random
    children: list[str] = field(default_factory=list)
    kept: list[tuple[datetime, Tables]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    async def happen(self, deed: Callable[[Unit], Awaitable[None]]) -> None:
        self.world.now += timedelta(minutes=10)
        with suppress(Rejected):
            await deed(self)
            self.done[deed.__name__] = self.done.get(deed.__name__, 0) + 1
        self.kept.append((self.world.now, await self.tables()))

    async def tables(self, known_at: datetime | None = None) -> Tables:
        async with self.world.database.connection() as connection:
            return tuple([await service.caseloads(connection, day, known_at) for day in DAYS])

    def a_child(self) -> str:
        return self.chance.choice(self.children)

    def a_day(self) -> date:
        return TODAY + timedelta(days=self.chance.randint(-90, 60))

    async def child_id(self, reference: str) -> UUID:
        (row,) = await self.world.sql("SELECT id FROM child WHERE reference = $1", reference)
        found: UUID = row["id"]
        return found


async def iro_ids(connection: Connection) -> list[UUID]:
    return [row["id"] for row in await connection.fetch("SELECT id FROM resource WHERE kind = 'IRO' ORDER BY code")]


async def a_child_comes(unit_: Unit) -> None:
    reference = f"CH{len(unit_.children) + 1:02}"
    sibling: dict[str, Any] = {"sibling_of": unit_.a_child()} if unit_.children and unit_.chance.random() < 0.5 else {}
    await unit_.world.child(reference, None, **sibling)
    unit_.children.append(reference)
    if unit_.chance.random() < 0.6:
        command = StartCarePeriod(
            request_key=key(), reference=reference, started_on=TODAY - timedelta(days=unit_.chance.randint(1, 200)), legal_status="C1"
        )
        await history.start_care_period(unit_.world.resources, MANAGER, command, unit_.world.now)
    else:
        await unit_.world.discussed(reference, on=TODAY - timedelta(days=unit_.chance.randint(0, 10)))


async def breaks_begin(unit_: Unit) -> None:
    reference = f"CH{len(unit_.children) + 1:02}"
    await unit_.world.child(reference, None)
    unit_.children.append(reference)
    command = StartCarePeriod(
        request_key=key(),
        reference=reference,
        started_on=TODAY - timedelta(days=unit_.chance.randint(20, 25)),
        legal_status="V4",
        ended_on=TODAY - timedelta(days=unit_.chance.randint(10, 18)),
        reason="E8",
    )
    await history.start_care_period(unit_.world.resources, MANAGER, command, unit_.world.now)


async def care_ends_late(unit_: Unit) -> None:
    command = EndCarePeriod(
        request_key=key(), reference=unit_.a_child(), ended_on=TODAY - timedelta(days=unit_.chance.randint(0, 30)), reason="E8"
    )
    await history.end_care_period(unit_.world.resources, MANAGER, command, unit_.world.now)


async def allocations_end(unit_: Unit) -> None:
    async with unit_.world.database.transaction() as connection:
        await service.end_allocations(connection, TODAY, actor=ACTOR, now=unit_.world.now)


async def records_are_corrected(unit_: Unit) -> None:
    child, now = await unit_.child_id(unit_.a_child()), unit_.world.now
    async with unit_.world.database.transaction() as connection:
        for table, days in (("care_period", "started_on"), ("section47", "initiating_discussion_on"), ("held_record", "held_on")):
            for record in await records_in_force(connection, table, {"child_id": child}):
                if unit_.chance.random() < 0.2:
                    await withdraw_version(connection, table, record["id"], at=now)
                else:
                    earlier = record[days] - timedelta(days=unit_.chance.randint(1, 20))
                    await revise_version(connection, table, record["id"], {days: earlier}, source="TEST", at=now)
        await history.rewrite_obligations(connection, [child], TODAY)


async def a_review_is_held(unit_: Unit) -> None:
    child = await unit_.child_id(unit_.a_child())
    async with unit_.world.database.transaction() as connection:
        day = TODAY - timedelta(days=unit_.chance.randint(0, 60))
        more: dict[str, Any] = {"participation": None, "meeting_id": None, "source": "TEST"}
        await history.record_held_in(connection, child, MeetingKind.CARE_REVIEW, day, now=unit_.world.now, **more)
        await history.rewrite_obligations(connection, [child], TODAY)


async def circumstances_are_stated(unit_: Unit) -> None:
    command = StateCircumstances(
        request_key=key(),
        reference=unit_.a_child(),
        from_day=unit_.a_day(),
        placed_miles=unit_.chance.choice((None, 10, 30, 70)),
        placed_abroad=unit_.chance.random() < 0.2,
        complexity=unit_.chance.choice(((), (Complexity.OPEN_DISPUTE,))),
    )
    await state_circumstances(unit_.world.resources, MANAGER, command, unit_.world.now)


async def a_reviewer_is_named(unit_: Unit) -> None:
    command = NameReviewer(
        request_key=key(), household_reference="FH1", iro_code=unit_.chance.choice((None, *CODES)), from_day=unit_.a_day()
    )
    await name_reviewer(unit_.world.resources, MANAGER, command, unit_.world.now)


async def a_child_is_given(unit_: Unit) -> None:
    child = await unit_.child_id(unit_.a_child())
    async with unit_.world.database.transaction() as connection:
        iro = unit_.chance.choice(await iro_ids(connection))
        await service.assign(connection, child, iro, unit_.a_day(), reason="test", actor=ACTOR, now=unit_.world.now, decision={})


async def a_decision_is_undone(unit_: Unit) -> None:
    """What was decided for today goes to another officer, and comes back."""
    child = await unit_.child_id(unit_.a_child())
    async with unit_.world.database.transaction() as connection:
        (before,) = (await restoring.load_rows(connection, [child], TODAY)).values() or (None,)
        if before is None:
            raise NotFound("nobody has the child")
        other = next(each for each in await iro_ids(connection) if each != before.iro_id)
        moved = unit_.world.now - timedelta(minutes=5)
        await service.assign(connection, child, other, TODAY, reason="move", actor=ACTOR, now=moved, decision={})
        (made,) = (await restoring.load_rows(connection, [child], TODAY)).values()
        await restoring.restore_many(
            connection, [(made, before)], TODAY, actor=ACTOR, now=unit_.world.now, run_id=UUID(int=1), reason="undone"
        )


async def working_time_changes(unit_: Unit) -> None:
    resources, now, code, day = unit_.world.resources, unit_.world.now, unit_.chance.choice(CODES), unit_.a_day()
    match unit_.chance.randint(0, 4):
        case 0:
            reduction = working_time.RecordReduction(
                request_key=key(), iro_code=code, first_day=day, last_day=day + timedelta(days=30), wte=Decimal("0.2"), reason="induction"
            )
            await working_time.record_reduction(resources, MANAGER, reduction, now)
        case 1:
            rows = await unit_.world.sql("SELECT id FROM capacity_reduction ORDER BY in_force, wte, resource_id")
            if rows:
                end = working_time.EndReduction(request_key=key(), id=unit_.chance.choice(rows)["id"], last_day=day)
                await working_time.end_reduction(resources, MANAGER, end, now)
        case 2:
            change = working_time.ChangeWte(
                request_key=key(), iro_code=code, from_day=day, wte=unit_.chance.choice((Decimal("0.5"), Decimal("0.8")))
            )
            await working_time.change_wte(resources, MANAGER, change, now)
        case 3:
            last_day = unit_.chance.choice((None, TODAY + timedelta(days=unit_.chance.randint(5, 60))))
            await working_time.record_leaving(
                resources, MANAGER, working_time.RecordLeaving(request_key=key(), iro_code=code, last_day=last_day), now
            )
        case _:
            start = now + timedelta(days=unit_.chance.randint(-60, 60))
            async with unit_.world.database.transaction() as connection:
                window = TimeWindow(start, start + timedelta(days=unit_.chance.choice((3, 70))))
                await record_absence_in(connection, ResourceKind.IRO, code, window, AbsenceReason.SICKNESS, source="test", now=now)


async def the_scheme_is_set(unit_: Unit) -> None:
    command = service.SetWeightingScheme(
        request_key=key(),
        effective_from=TODAY + timedelta(days=unit_.chance.choice((0, 0, 30, 400))),
        limit_per_wte=Decimal(unit_.chance.choice((70, 80, 95))),
        factors={"IN_CARE": Decimal(unit_.chance.choice(("1.1", "1.2", "0.9")))},
    )
    await service.set_scheme(unit_.world.resources, MANAGER, command, unit_.world.now)


async def an_establishment_is_applied(unit_: Unit) -> None:
    stated = unit(settings={"limit_per_wte": unit_.chance.choice(("90", "85"))})
    iros = tuple(replace(one, wte=unit_.chance.choice((Decimal(1), Decimal("0.6")))) for one in stated.iros[: unit_.chance.randint(1, 2)])
    async with unit_.world.database.transaction() as connection:
        await apply_establishment(connection, replace(stated, iros=iros), actor=COMMAND_LINE, now=unit_.world.now, today=TODAY)
        await service.ensure_scheme(connection, TODAY, unit_.world.now)


DEEDS: tuple[Callable[[Unit], Awaitable[None]], ...] = (
    a_child_is_given,
    a_child_is_given,
    records_are_corrected,
    a_review_is_held,
    circumstances_are_stated,
    a_reviewer_is_named,
    a_decision_is_undone,
    working_time_changes,
    working_time_changes,
    the_scheme_is_set,
    an_establishment_is_applied,
    breaks_begin,
    care_ends_late,
    allocations_end,
)


@pytest.fixture
async def begun(database: Database) -> World:
    world = World(database)
    async with database.transaction() as connection:
        await service.ensure_scheme(connection, TODAY, world.now)
    command = ApproveHousehold(request_key=key(), reference="FH1", approved_on=date(2025, 10, 6))
    await history.approve_household(world.resources, SUPPORT, command, world.now)
    return world


@pytest.mark.parametrize("seed", range(3))
async def test_every_past_table_comes_out_again_whatever_happened_since(begun: World, seed: int) -> None:
    unit_ = Unit(world=begun, chance=random.Random(seed))
    for _ in range(6):
        await unit_.happen(a_child_comes)
        await unit_.happen(a_child_is_given)
    for _ in range(36):
        await unit_.happen(unit_.chance.choice(DEEDS))
    assert len({tables for _, tables in unit_.kept}) > len(unit_.kept) / 3  # much of it mattered
    for known_at, tables in unit_.kept:
        assert await unit_.tables(known_at) == tables, (known_at, unit_.done)


async def test_the_test_above_makes_everything_happen(begun: World) -> None:
    unit_ = Unit(world=begun, chance=random.Random(1))
    for _ in range(3):
        await unit_.happen(a_child_comes)
        await unit_.happen(a_child_is_given)
    for deed in DEEDS * 3:
        await unit_.happen(deed)
    assert {deed.__name__ for deed in DEEDS} <= set(unit_.done)


async def test_a_child_whose_conference_only_a_booking_tells_of_was_in_scope_then(begun: World) -> None:
    await begun.child("CH01")
    async with begun.database.connection() as connection:
        before = await connection.fetchval("SELECT clock_timestamp()")
        await begun.book("CH01", starts_at=at(DAY, "10:00"), triggered_on=TODAY)
        booked = await connection.fetchval("SELECT clock_timestamp()")
        assert len(await service.weights_on(connection, TODAY)) == 1
        await begun.discussed("CH01", on=TODAY)
        await connection.execute("UPDATE section47 SET recorded = tstzrange(clock_timestamp(), NULL)")
        assert len(await service.weights_on(connection, TODAY, known_at=booked)) == 1
        assert await service.weights_on(connection, TODAY, known_at=before) == {}


async def test_before_the_unit_was_known_there_is_no_table(begun: World) -> None:
    async with begun.database.connection() as connection:
        assert await service.caseloads(connection, TODAY, begun.now - timedelta(days=1)) == ()


async def test_a_decision_is_replayed_from_what_it_knew(begun: World) -> None:
    await begun.review("CH01", None)
    child = (await begun.sql("SELECT id FROM child"))[0]["id"]
    async with begun.database.transaction() as connection:
        scheme = await service.ensure_scheme(connection, TODAY, begun.now)
        (iro, _) = await iro_ids(connection)
        decision = {"scheme_id": str(scheme.id), "engine": "test weights-2"}
        await service.assign(connection, child, iro, TODAY, reason="test", actor=ACTOR, now=begun.now, decision=decision)
        event = await connection.fetchval("SELECT id FROM allocation_event")
    begun.now += timedelta(hours=1)
    unit_ = Unit(world=begun, chance=random.Random(5), children=["CH01"])
    await the_scheme_is_set(unit_)
    await begun.sql("UPDATE scheme_factor SET points = 3 WHERE scheme_id <> $1", scheme.id)
    for day in (date(2026, 8, 26), date(2026, 8, 31)):
        async with begun.database.transaction() as connection:
            more: dict[str, Any] = {"participation": None, "meeting_id": None, "source": "TEST"}
            await history.record_held_in(connection, child, MeetingKind.CARE_REVIEW, day, now=begun.now, **more)
    async with begun.database.connection() as connection:
        replayed = await service.replay(connection, event)
        now = (await service.weights_on(connection, TODAY))[child]
    assert (replayed.then, replayed.again and replayed.again.points, replayed.is_same) == (Decimal("1.25"), Decimal("1.25"), True)
    assert (replayed.scheme, replayed.as_of, replayed.engine) == (scheme, TODAY, "test weights-2")
    assert now.points != replayed.then


async def test_a_decision_that_was_not_made_by_weights_says_so(begun: World) -> None:
    await begun.review("CH01", None)
    child = (await begun.sql("SELECT id FROM child"))[0]["id"]
    async with begun.database.transaction() as connection:
        (iro, _) = await iro_ids(connection)
        await service.assign(connection, child, iro, TODAY, reason="test", actor=ACTOR, now=begun.now, decision={"source": "ALLOCATIONS"})
        replayed = await service.replay(connection, await connection.fetchval("SELECT id FROM allocation_event"))
        with pytest.raises(NotFound):
            await service.replay(connection, child)
    assert (replayed.then, replayed.scheme, replayed.again, replayed.known_at) == (None, None, None, begun.now)


async def test_an_undoing_is_told_as_one(begun: World) -> None:
    await begun.review("CH01", None)
    child = (await begun.sql("SELECT id FROM child"))[0]["id"]
    async with begun.database.transaction() as connection:
        for number, what in enumerate(("ALLOCATED", "ALLOCATED", service.UNDONE)):
            iro = (await iro_ids(connection))[number % 2]
            now = begun.now + timedelta(minutes=number)
            await service.assign(connection, child, iro, TODAY, reason="test", actor=ACTOR, now=now, decision={}, what=what)
        told = await connection.fetch("SELECT what FROM allocation_event ORDER BY number")
    assert [row["what"] for row in told] == ["ALLOCATED", "CHANGED", "UNDONE"]


async def test_a_meeting_called_off_leaves_what_was_expected(begun: World) -> None:
    """What a booking gave to expect is known until a record tells of it, also where the meeting does not take place."""
    await begun.child("CH01")
    meeting = await begun.book("CH01", starts_at=at(DAY, "10:00"), triggered_on=TODAY)
    await booking.cancel(begun.resources, SUPPORT, MeetingAction(request_key=key(), id=meeting, version=1, reason="a test"), begun.now)
    async with begun.database.connection() as connection:
        then = await connection.fetchval("SELECT clock_timestamp()")
        assert len(await service.weights_on(connection, TODAY)) == 1
        assert set(await service.weights_on(connection, TODAY, known_at=then)) == set(await service.weights_on(connection, TODAY))
