"""What the diary as it stands will not hold, for whoever plans it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from graph import described, errors
from graph.context import Info
from graph.names import LazyMeeting, LazyObligation
from services.kernel.errors import NotFound
from services.kernel.words import MeetingKind, ResourceKind
from services.planning import demand, foreseeing, foresight

_USUAL_WEEKS = 13


async def _the_obligation(info: Info, identifier: UUID) -> LazyObligation:
    from graph.obligations import obligation_by_id

    found = await obligation_by_id(info, identifier)
    if found is None:
        raise NotFound("what is owed has changed meanwhile: ask again")
    return found


@strawberry.type(description="A resource that is short. slotsIfFree: bookable times if there were always enough of it; counted.")
class SlotShortage:
    blocker: errors.Blocker
    slots_if_free: int


@strawberry.type(description="A duty with fewer than three bookable times left to its last day in time; short: so many fewer.")
class ObligationAtRisk:
    last_day: date = strawberry.field(description="The law's day; for conferences the book-by day.")
    slots: int = strawberry.field(description="Times, one after the other, at which everything that it needs is free.")
    short: int
    shortages: list[SlotShortage] = strawberry.field(description="What is short; what would help most first.")
    row: strawberry.Private[foresight.ObligationAtRisk]

    @strawberry.field
    async def obligation(self, info: Info) -> LazyObligation:
        return await _the_obligation(info, self.row.owed.obligation_id)


@strawberry.type(description="A week, Monday to Sunday, in which a resource runs out.")
class WeekShort:
    first_day: date
    last_day: date
    resource: ResourceKind
    needed: int = strawberry.field(description="Meetings that fall due in the week, are not booked and need the resource.")
    expected: int = strawberry.field(description="Of these, initial conferences that the week is expected to bring.")
    available: int = strawberry.field(description="How many of them it could attend in the week.")
    short: int
    earlier: int = strawberry.field(description="How many of those that are short could be held before the week instead.")


@strawberry.type(description="A conference that stands without police, or is to be booked and finds no time with them.")
class ConferenceWithoutPolice:
    kind: MeetingKind
    day: date = strawberry.field(description="Of one that stands its day; else the last in time.")
    short: int = strawberry.field(description="Places of the police that are missing at its time; 0: one is free and need only be added.")
    message: str
    row: strawberry.Private[foresight.WithoutPolice]

    @strawberry.field
    async def meeting(self, info: Info) -> LazyMeeting | None:
        from graph.booking import meeting_by_id

        return await meeting_by_id(info, self.row.meeting.meeting_id if self.row.meeting else None)

    @strawberry.field
    async def obligations(self, info: Info) -> list[LazyObligation]:
        return [await _the_obligation(info, owed.obligation_id) for owed in self.row.owed]


@strawberry.type
class BreachForecast:
    as_of: date
    first_day: date
    last_day: date
    quarter_ends_on: date = strawberry.field(description="How far conferences are looked at for police: the end of today's quarter.")
    obligations: list[ObligationAtRisk]
    weeks: list[WeekShort]
    without_police: list[ConferenceWithoutPolice]


def _obligation(row: foresight.ObligationAtRisk) -> ObligationAtRisk:
    shortages = [SlotShortage(blocker=errors.blocker(each.blocker), slots_if_free=each.slots_if_free) for each in row.shortages]
    return ObligationAtRisk(last_day=row.last_day, slots=row.slots, short=row.short, shortages=shortages, row=row)


def _week(row: demand.WeekShort) -> WeekShort:
    return WeekShort(**{name: getattr(row, name) for name in demand.WeekShort.__slots__})


@strawberry.type
class ForesightQuery:
    @described.field("What the diary as it stands will not hold, 1 to 52 weeks ahead from tomorrow's week, and what is short by how much.")
    async def breach_forecast(self, info: Info, weeks: int | None = _USUAL_WEEKS) -> BreachForecast:
        context = info.context
        asked = _USUAL_WEEKS if weeks is None else weeks
        found = await context.read_at_once(foreseeing.breach_forecast, asked, context.today, context.now)
        return BreachForecast(
            as_of=found.today,
            first_day=found.first_day,
            last_day=found.last_day,
            quarter_ends_on=found.quarter_ends_on,
            obligations=[_obligation(row) for row in found.obligations],
            weeks=[_week(row) for row in found.weeks],
            without_police=[
                ConferenceWithoutPolice(kind=row.kind, day=row.day, short=row.short, message=row.message, row=row)
                for row in found.without_police
            ],
        )
