"""A unit, its children and what is recorded of them, through the same entry points as everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.booking import service as booking
from services.booking.commands import ChildOutcome, RecordAbsence, SlotSearch
from services.booking.slots import SlotOption
from services.history import commands, corrections
from services.history import service as history
from services.kernel.actor import Actor
from services.kernel.words import AbsenceReason, MeetingKind, ResourceKind, Timeliness
from services.statutory.timeliness import timeliness
from tests.booking.world import MANAGER, World, at, key

_STOPS_THE_DIARY = {"record_death", "record_adoption_order"}


@dataclass(frozen=True, slots=True)
class Duty:
    """What is stored of one obligation."""

    kind: MeetingKind
    rule: str
    triggered_on: date
    due_on: date
    book_by_on: date
    state: str
    held_on: date | None
    completed_on: date | None
    void_from: date | None
    not_before_on: date | None
    brought_forward_by: str | None

    def timeliness_on(self, today: date) -> Timeliness:
        return timeliness(
            state=self.state,
            statutory_due_on=self.due_on,
            held_on=self.held_on,
            completed_on=self.completed_on,
            void_from=self.void_from,
            today=today,
        )


class Authority(World):
    """The world of booking, and the records beside it."""

    async def record(self, verb: str, *, actor: Actor = MANAGER, **fields: Any) -> Any:
        """One command of the records by the name of its function."""
        name = "".join(word.capitalize() for word in verb.split("_"))
        command = getattr(corrections if verb.startswith("correct_") else commands, name)(request_key=key(), **fields)
        service = booking if verb in _STOPS_THE_DIARY else history
        return await getattr(service, verb)(self.resources, actor, command, self.now)

    async def held_elsewhere(self, kind: MeetingKind, day: date, *references: str, **more: Any) -> None:
        """A meeting that took place and was never booked here; a conference at which a plan may begin began one."""
        outcomes = tuple(commands.HeldOutcome(reference=each, on_plan=True) for each in references) if kind in _STARTING else ()
        await self.record("record_held_meeting", references=references, kind=kind, held_on=day, **{"outcomes": outcomes, **more})

    async def duties(self, reference: str, *kinds: MeetingKind) -> list[Duty]:
        """Of a child or a household, of these kinds or of all, by day 0."""
        rows = await self.sql(
            "SELECT kind, rule_code, triggered_on, statutory_due_on, book_by_on, state, held_on, completed_on, void_from, not_before_on, "
            "brought_forward_by FROM obligation o LEFT JOIN child c ON c.id = child_id LEFT JOIN foster_household h ON h.id = household_id "
            "WHERE coalesce(c.reference, h.reference) = $1 ORDER BY triggered_on, kind",
            reference,
        )
        found = [Duty(MeetingKind(row["kind"]), *list(row)[1:]) for row in rows]
        return [duty for duty in found if not kinds or duty.kind in kinds]

    async def open_duty(self, reference: str, *kinds: MeetingKind) -> Duty:
        """The only open duty of these kinds, or at all."""
        (found,) = [duty for duty in await self.duties(reference, *kinds) if duty.state == "OPEN"]
        return found

    async def slots(self, *references: str, kind: MeetingKind, **more: Any) -> tuple[SlotOption, ...]:
        return await booking.slots(self.resources, MANAGER, SlotSearch(kind=kind, child_references=references, **more), self.now)

    async def absent(self, kind: ResourceKind, code: str, first: date, last: date, reason: AbsenceReason) -> None:
        command = RecordAbsence(
            request_key=key(), kind=kind, code=code, starts_at=at(first, "00:00"), ends_at=at(last, "23:59"), reason=reason
        )
        await booking.record_absence(self.resources, MANAGER, command, self.now)

    async def conference_held(self, meeting_id: UUID, day: date, *, version: int = 1, **on_plan: bool) -> None:
        """Recorded that evening, with each child on a plan or on none."""
        self.now = at(day, "17:00")
        outcomes = tuple(ChildOutcome(reference=each, on_plan=plan) for each, plan in on_plan.items())
        await self.held(meeting_id, version, held_on=day, outcomes=outcomes)

    async def concerns(self, meeting_id: UUID) -> dict[str, tuple[MeetingKind, date | None]]:
        """By child or household: as what it is at the meeting, and day 0 of what the meeting is for."""
        rows = await self.sql(
            "SELECT coalesce(c.reference, h.reference) AS reference, i.kind, o.triggered_on FROM meeting_item i "
            "LEFT JOIN child c ON c.id = i.child_id LEFT JOIN foster_household h ON h.id = i.household_id "
            "LEFT JOIN obligation o ON o.id = i.obligation_id WHERE meeting_id = $1 ORDER BY number",
            meeting_id,
        )
        return {row["reference"]: (MeetingKind(row["kind"]), row["triggered_on"]) for row in rows}


_STARTING = frozenset({MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE, MeetingKind.TRANSFER_IN_CONFERENCE})
