"""What can happen in a unit, deed by deed: what is recorded, corrected, stated, decided and undone, at random."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.caseload import restoring, service
from services.caseload.capacity import Caseload
from services.caseload.reviewers import NameReviewer, name_reviewer
from services.directory import working_time
from services.directory.service import apply_establishment, record_absence_in
from services.history import commands, corrections
from services.history import service as history
from services.history.circumstances import StateCircumstances, state_circumstances
from services.history.commands import EndCarePeriod, StartCarePeriod
from services.history.versions import records_in_force, revise_version, withdraw_version
from services.kernel.actor import COMMAND_LINE, service_actor
from services.kernel.errors import NotFound, Rejected
from services.kernel.window import TimeWindow
from services.kernel.words import AbsenceReason, CareStatus, CareStatusEnd, Complexity, MeetingKind, PlanEnd, ResourceKind
from services.platform.database import Connection
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, key, unit

ACTOR = service_actor("test")
DAYS = (TODAY - timedelta(days=40), TODAY, TODAY + timedelta(days=45))
CODES = ("IRO-01", "IRO-02")

Tables = tuple[tuple[Caseload, ...], ...]


@dataclass
class Unit:
    """A unit in which things happen, one an hour, and the tables as they were after each."""

    world: World
    chance: random.Random
    children: list[str] = field(default_factory=list)
    kept: list[tuple[datetime, Tables]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    async def happen(self, deed: Callable[[Unit], Awaitable[None]], *, look: bool = True) -> None:
        """It happens, unless it is refused; with `look` the tables after it are kept."""
        self.world.now += timedelta(minutes=10)
        with suppress(Rejected):
            await deed(self)
            self.done[deed.__name__] = self.done.get(deed.__name__, 0) + 1
        if look:
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
        from_day=min(unit_.a_day(), TODAY),
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


async def a_plan_begins_or_ends(unit_: Unit) -> None:
    reference, day = unit_.a_child(), TODAY - timedelta(days=unit_.chance.randint(0, 60))
    resources, now = unit_.world.resources, unit_.world.now
    if unit_.chance.random() < 0.7:
        outcome = commands.HeldOutcome(reference=reference, on_plan=True, category="NEG")
        day -= timedelta(days=max(0, day.weekday() - 4))
        held = commands.RecordHeldMeeting(
            request_key=key(), kind=MeetingKind.INITIAL_CONFERENCE, held_on=day, references=(reference,), outcomes=(outcome,)
        )
        await history.record_held_meeting(resources, MANAGER, held, now)
    else:
        ends = commands.EndProtectionPlan(request_key=key(), reference=reference, ended_on=day, reason=next(iter(PlanEnd)))
        await history.end_protection_plan(resources, MANAGER, ends, now)


async def secure_accommodation_begins_or_ends(unit_: Unit) -> None:
    reference, day = unit_.a_child(), TODAY - timedelta(days=unit_.chance.randint(0, 20))
    resources, now = unit_.world.resources, unit_.world.now
    if unit_.chance.random() < 0.7:
        begins = commands.StartCareStatus(request_key=key(), reference=reference, status=CareStatus.SECURE, started_on=day)
        await history.start_care_status(resources, MANAGER, begins, now)
    else:
        ends = commands.EndCareStatus(
            request_key=key(), reference=reference, status=CareStatus.SECURE, ended_on=day, reason=next(iter(CareStatusEnd))
        )
        await history.end_care_status(resources, MANAGER, ends, now)


async def a_family_is_corrected(unit_: Unit) -> None:
    child, sibling = unit_.chance.sample(unit_.children, 2)
    other = sibling if unit_.chance.random() < 0.7 else None
    command = corrections.CorrectSiblingGroup(request_key=key(), reference=child, reason="a test", sibling_of=other)
    await history.correct_sibling_group(unit_.world.resources, MANAGER, command, unit_.world.now)


async def a_childs_own_facts_are_corrected(unit_: Unit) -> None:
    """Also such that it is grown up on some of the days, or for whom nobody is needed any more."""
    day = TODAY - timedelta(days=unit_.chance.randint(0, 30))
    facts: tuple[dict[str, Any], ...] = ({"died_on": day}, {"adopted_on": day}, {"died_on": None}, {"adopted_on": None})
    fact = unit_.chance.choice((*facts, *({"born_on": each} for each in (date(2008, 9, 20), date(2016, 5, 4), date(2008, 8, 10)) * 2)))
    command = corrections.CorrectChild(request_key=key(), reference=unit_.a_child(), reason="a test", **fact)
    await history.correct_child(unit_.world.resources, MANAGER, command, unit_.world.now)


async def a_homes_approval_ends_or_begins_again(unit_: Unit) -> None:
    day = TODAY - timedelta(days=unit_.chance.randint(0, 20))
    resources, now = unit_.world.resources, unit_.world.now
    try:
        begins = commands.ApproveHousehold(request_key=key(), reference="FH1", approved_on=day)
        await history.approve_household(resources, SUPPORT, begins, now)
    except Rejected:
        ends = commands.EndHouseholdApproval(request_key=key(), reference="FH1", ended_on=day, reason="a test")
        await history.end_household_approval(resources, SUPPORT, ends, now)


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
    a_plan_begins_or_ends,
    a_plan_begins_or_ends,
    secure_accommodation_begins_or_ends,
    a_family_is_corrected,
    a_childs_own_facts_are_corrected,
    a_homes_approval_ends_or_begins_again,
)
