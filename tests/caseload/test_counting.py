"""What persons record counts: foster homes, circumstances, schemes and working time, from their commands to the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.allocation.imagining import caseloads_if
from services.allocation.what_if import WhatIf
from services.caseload import service
from services.caseload.capacity import Caseload
from services.caseload.forecasting import caseload_forecast
from services.caseload.reviewers import NameReviewer, name_reviewer
from services.directory import working_time
from services.directory.service import record_absence_in
from services.history import service as history
from services.history.circumstances import StateCircumstances, state_circumstances
from services.history.commands import ApproveHousehold, EndHouseholdApproval
from services.kernel.actor import COMMAND_LINE
from services.kernel.window import TimeWindow
from services.kernel.words import AbsenceReason, CaseloadState, Complexity, ResourceKind
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key

MARCH, JUNE = date(2026, 3, 2), date(2026, 6, 1)
A_DAY = timedelta(days=1)


@dataclass
class Unit(World):
    """Two officers of one WTE each; every command is a minute after the one before."""

    def later(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    async def approve(self, reference: str, day: date) -> None:
        command = ApproveHousehold(request_key=key(), reference=reference, approved_on=day)
        await history.approve_household(self.resources, SUPPORT, command, self.later())

    async def end_approval(self, reference: str, day: date) -> None:
        command = EndHouseholdApproval(request_key=key(), reference=reference, ended_on=day, reason="gave up")
        await history.end_household_approval(self.resources, SUPPORT, command, self.later())

    async def name(self, reference: str, code: str | None, day: date) -> None:
        command = NameReviewer(request_key=key(), household_reference=reference, iro_code=code, from_day=day)
        await name_reviewer(self.resources, MANAGER, command, self.later())

    async def state(self, reference: str, day: date, **stated: Any) -> None:
        command = StateCircumstances(request_key=key(), reference=reference, from_day=day, **stated)
        await state_circumstances(self.resources, MANAGER, command, self.later())

    async def scheme(self, day: date, limit: str = "90", **factors: str) -> None:
        points = {code: Decimal(each) for code, each in factors.items()}
        command = service.SetWeightingScheme(request_key=key(), effective_from=day, limit_per_wte=Decimal(limit), factors=points)
        await service.set_scheme(self.resources, MANAGER, command, self.later())

    async def work(self, verb: str, command: type[Any], **stated: Any) -> UUID:
        found: UUID = await getattr(working_time, verb)(
            self.resources, MANAGER, command(request_key=key(), iro_code="IRO-01", **stated), self.later()
        )
        return found

    async def away(self, first: date, last: date) -> None:
        async with self.database.transaction() as connection:
            window = TimeWindow(at(first, "00:00"), at(last + A_DAY, "00:00"))
            await record_absence_in(connection, ResourceKind.IRO, "IRO-01", window, AbsenceReason.SICKNESS, source="test", now=self.later())

    async def table(self, day: date = TODAY, known_at: datetime | None = None) -> dict[str, Caseload]:
        async with self.database.connection() as connection:
            return {load.iro_code: load for load in await service.caseloads(connection, day, known_at)}

    async def of(self, day: date = TODAY, known_at: datetime | None = None) -> Caseload:
        return (await self.table(day, known_at))["IRO-01"]

    async def points(self, *days: date, known_at: datetime | None = None) -> list[str]:
        return [str((await self.of(day, known_at)).points.normalize()) for day in days]

    async def weights(self, *days: date, known_at: datetime | None = None) -> list[str]:
        """What the only child weighs."""
        async with self.database.connection() as connection:
            found = [await service.weights_on(connection, day, known_at=known_at) for day in days]
        return [str(weight.points.normalize()) for (weight,) in (each.values() for each in found)]


@pytest.fixture
def world(database: Database) -> Unit:
    return Unit(database)


# ---------------------------------------------------------------------------------------------------- foster homes


async def test_a_home_counts_for_whoever_was_named_from_the_day_on(world: Unit) -> None:
    for reference in ("FH1", "FH2"):
        await world.approve(reference, date(2025, 10, 6))
        await world.name(reference, "IRO-01", MARCH)
    before = world.now
    await world.name("FH2", "IRO-02", JUNE)
    counted = [[(load.households, load.points) for load in (await world.table(day)).values()] for day in (MARCH - A_DAY, MARCH, JUNE)]
    none, one, two = (0, Decimal(0)), (1, Decimal("0.2")), (2, Decimal("0.4"))
    assert counted == [[none, none], [two, none], [one, one]]
    assert await world.points(JUNE, known_at=before) == ["0.4"]
    await world.name("FH1", None, JUNE)
    assert await world.points(JUNE) == ["0"]


async def test_homes_and_children_are_one_sum_and_count_apart(world: Unit) -> None:
    await world.review("CH01")
    await world.approve("FH1", date(2025, 10, 6))
    await world.name("FH1", "IRO-01", MARCH)
    load = await world.of()
    assert (load.children, load.children_in_care, load.households, load.points) == (1, 1, 1, Decimal("1.45"))
    await world.scheme(TODAY, FOSTER_HOME_REVIEW="1.5")
    assert await world.points(TODAY) == ["2.75"]


async def test_a_home_approved_anew_was_approved_before_and_not_between(world: Unit) -> None:
    days = (date(2025, 6, 2), date(2025, 12, 31), date(2026, 1, 1), date(2026, 4, 30), date(2026, 5, 1))
    await world.approve("FH1", date(2024, 10, 7))
    await world.name("FH1", "IRO-01", date(2025, 3, 3))
    approved = world.now
    await world.end_approval("FH1", date(2026, 1, 1))
    assert await world.points(*days) == ["0.2", "0.2", "0", "0", "0"]
    ended = world.now
    await world.approve("FH1", date(2026, 5, 1))
    assert await world.points(*days) == ["0.2", "0.2", "0", "0", "0.2"]
    assert await world.points(*days, known_at=ended) == ["0.2", "0.2", "0", "0", "0"]
    assert await world.points(*days, known_at=approved) == ["0.2"] * 5


async def test_who_left_with_homes_to_review_is_in_every_table(world: Unit) -> None:
    """Else what she was named for would be nobody's, and nobody would see it."""
    await world.approve("FH1", date(2025, 10, 6))
    await world.name("FH1", "IRO-01", MARCH)
    await world.work("record_leaving", working_time.RecordLeaving, last_day=TODAY - A_DAY)
    load = await world.of()
    assert (load.children, load.households, load.state) == (0, 1, CaseloadState.UNAVAILABLE)
    async with world.database.connection() as connection:
        supposed = await caseloads_if(connection, COMMAND_LINE, TODAY, WhatIf(), TODAY)
        ahead = await caseload_forecast(connection, COMMAND_LINE, 1, TODAY)
    assert [(each.iro_code, each.households) for each in supposed] == [("IRO-01", 1), ("IRO-02", 0)]
    assert [each.iro_code for each in ahead.officers] == ["IRO-01", "IRO-02"]
    await world.name("FH1", "IRO-02", TODAY)
    assert list(await world.table()) == ["IRO-02"]


# --------------------------------------------------------------------------------------------------- circumstances


async def test_what_is_stated_of_a_child_counts_from_its_day_and_what_was_known_stays_known(world: Unit) -> None:
    await world.review("CH01")
    began, moved = date(2026, 8, 24), date(2026, 8, 28)
    await world.state("CH01", began, placed_miles=21)
    near = world.now
    await world.state("CH01", moved, placed_miles=51, complexity=(Complexity.OPEN_DISPUTE, Complexity.OTHER))
    far = world.now
    await world.state("CH01", moved, placed_miles=None, placed_abroad=True)
    await world.state("CH01", TODAY, placed_abroad=False, complexity=None)
    days = (began, moved, TODAY)
    assert await world.weights(*days, known_at=near) == ["1.5", "1.5", "1.5"]
    assert await world.weights(*days, known_at=far) == ["1.5", "2.25", "2.25"]
    assert await world.weights(*days, known_at=world.now) == ["1.5", "2.25", "1.25"]
    assert await world.points(*days) == ["1.5", "2.25", "1.25"]


async def test_brothers_and_sisters_in_one_stated_home_count_as_together(world: Unit) -> None:
    await world.review("CH01")
    await world.review("CH02", sibling_of="CH01")
    assert await world.points(TODAY) == ["2.4"]
    await world.approve("FH1", date(2025, 10, 6))
    for reference in ("CH01", "CH02"):
        await world.state(reference, TODAY, household_reference="FH1")
    assert await world.points(TODAY - A_DAY, TODAY) == ["2.4", "2.1"]


# ---------------------------------------------------------------------------------------------------------- schemes


async def test_a_scheme_of_mid_year_changes_the_table_from_its_day_and_not_before(world: Unit) -> None:
    await world.review("CH01")
    october = date(2026, 10, 1)
    await world.scheme(october, "70", IN_CARE="1.125", NEW_OR_IN_PROCEEDINGS="0")
    days = (TODAY, october - A_DAY, october, date(2027, 3, 1))
    told = [(load.points, load.limit) for load in [await world.of(day) for day in days]]
    before, after = (Decimal("1.25"), Decimal(90)), (Decimal("1.125"), Decimal(70))
    assert told == [before, before, after, after]
    then = world.now
    await world.scheme(date(2026, 12, 1), "80")
    told = [(load.points, load.limit) for load in [await world.of(day) for day in days]]
    assert told == [before, before, after, (Decimal("1.125"), Decimal(80))]
    assert (await world.of(date(2027, 3, 1), then)).limit == Decimal(70)


# ----------------------------------------------------------------------------------------------------- working time


async def test_each_day_has_the_limit_that_contract_reductions_absence_and_leaving_leave(world: Unit) -> None:
    await world.work("change_wte", working_time.ChangeWte, from_day=date(2026, 9, 7), wte=Decimal("0.8"))
    for first, last, wte, reason in ((14, 20, "0.2", "induction"), (18, 25, "0.25", "lead for fostering")):
        days = {"first_day": date(2026, 9, first), "last_day": date(2026, 9, last)}
        await world.work("record_reduction", working_time.RecordReduction, **days, wte=Decimal(wte), reason=reason)
    await world.away(date(2026, 10, 1), date(2026, 10, 28))
    await world.away(date(2026, 11, 9), date(2026, 12, 5))
    await world.work("record_leaving", working_time.RecordLeaving, last_day=date(2026, 12, 31))
    told = []
    day = TODAY
    while (change := (await world.of(day)).next_change) is not None:
        told.append((change.on.isoformat(), str(change.limit.normalize()), change.reason))
        if "IRO-01" not in await world.table(change.on):
            break
        assert (await world.of(change.on)).limit == change.limit
        day = change.on
    assert told == [
        ("2026-09-07", "72", "0.8 WTE by contract, 1 before"),
        ("2026-09-14", "54", "0.2 WTE less: induction"),
        ("2026-09-18", "31.5", "0.25 WTE less: lead for fostering"),
        ("2026-09-21", "49.5", "0.2 WTE no longer taken off: induction"),
        ("2026-09-26", "72", "0.25 WTE no longer taken off: lead for fostering"),
        ("2026-10-01", "0", "away until 2026-10-28"),
        ("2026-10-02", "72", "back on 2026-10-29, soon enough to take children"),
        ("2027-01-01", "0", "leaves: her last day is 2026-12-31"),
    ]
    shown = await world.of(date(2026, 9, 19))
    assert (shown.wte, shown.reduced, shown.limit) == (Decimal("0.8"), Decimal("0.45"), Decimal("31.5"))


async def test_whoever_is_away_for_long_is_unavailable_with_the_children_in_her_name(world: Unit) -> None:
    await world.review("CH01")
    await world.away(TODAY, TODAY + timedelta(days=27))
    load = await world.of()
    assert (load.children, load.points, load.limit, load.headroom) == (1, Decimal("1.25"), Decimal(0), Decimal("-1.25"))
    assert (load.utilisation, load.state) == (None, CaseloadState.UNAVAILABLE)
    assert (await world.of(TODAY + A_DAY)).state is CaseloadState.UNDER
    assert (await world.of(TODAY - A_DAY)).state is CaseloadState.UNDER


async def test_whoever_is_stated_away_week_by_week_is_away_at_the_weekends_too(world: Unit) -> None:
    for number in range(6):
        monday = date(2026, 9, 7) + timedelta(days=7 * number)
        await world.away(monday, monday + timedelta(days=4))
    days = (date(2026, 9, 6), date(2026, 9, 7), date(2026, 9, 12), date(2026, 9, 13), date(2026, 9, 19), date(2026, 9, 20))
    away, there = CaseloadState.UNAVAILABLE, CaseloadState.UNDER
    assert [(await world.of(day)).state for day in days] == [there, away, away, away, away, there]


async def test_a_contract_for_nothing_is_no_capacity(world: Unit) -> None:
    await world.work("change_wte", working_time.ChangeWte, from_day=TODAY, wte=Decimal(0))
    load = await world.of()
    assert (load.limit, load.utilisation, load.state) == (Decimal(0), None, CaseloadState.UNAVAILABLE)
    change = (await world.of(TODAY - A_DAY)).next_change
    assert change is not None
    assert (change.on, change.reason) == (TODAY, "0 WTE by contract, 1 before")
