"""`convene breaches`: duties whose time runs out, weeks in which a resource does, conferences without police."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from deploy.runs import wall_clock
from deploy.tables import NONE, aligned
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import ResourceKind
from services.planning.demand import WeekShort
from services.planning.foreseeing import breach_forecast
from services.planning.foresight import ENOUGH, BreachForecast, ObligationAtRisk, Shortage, WithoutPolice
from services.platform.resources import Resources

_PLURAL = {ResourceKind.POLICE: "police", ResourceKind.NOTE_TAKER: "note-takers", ResourceKind.ROOM: "rooms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachesResult:
    """What lies ahead."""

    forecast: BreachForecast

    def lines(self) -> list[str]:
        """Three tables; each says so where it has no line."""
        found = self.forecast
        return [
            f"Ahead of the diary, {found.first_day.isoformat()} to {found.last_day.isoformat()}",
            "",
            *_titled(f"Duties with fewer than {ENOUGH} bookable times left", _obligations(found.obligations)),
            "",
            *_titled("Weeks in which the police, note-takers or rooms run out", _weeks(found.weeks)),
            "",
            *_titled(f"Conferences without police, to {found.quarter_ends_on.isoformat()}", _conferences(found.without_police)),
        ]

    def as_json(self) -> dict[str, Any]:
        return asdict(self.forecast)


async def read_breaches(resources: Resources, weeks: int) -> BreachesResult:
    now = wall_clock()
    async with resources.database.transaction(snapshot=True) as connection:
        return BreachesResult(forecast=await breach_forecast(connection, COMMAND_LINE, weeks, resources.today(now), now))


def _titled(title: str, table: list[str]) -> list[str]:
    return [f"{title}:", *table] if table else [f"{title}: none."]


def _obligations(obligations: tuple[ObligationAtRisk, ...]) -> list[str]:
    if not obligations:
        return []
    head = ("of", "kind", "last day", "times", "short", "for want of")
    rows = [
        (each.reference, each.owed.kind.value, each.last_day.isoformat(), str(each.slots), str(each.short), _wants(each.shortages))
        for each in obligations
    ]
    return aligned([head, *rows], right=(3, 4))


def _wants(shortages: tuple[Shortage, ...]) -> str:
    return "; ".join(_want(each) for each in shortages)


def _want(shortage: Shortage) -> str:
    blocker, free = shortage.blocker, shortage.slots_if_free
    code = f" {blocker.resource_code}" if blocker.resource_code else ""
    would = f" (else {free} time{'' if free == 1 else 's'})" if blocker.resource is not None else f": {blocker.message}"
    return f"{blocker.code.value}{code}{would}"


def _weeks(weeks: tuple[WeekShort, ...]) -> list[str]:
    if not weeks:
        return []
    head = ("week from", "resource", "needed", "of these expected", "can attend", "short", "could be earlier")
    rows = [(each.first_day.isoformat(), _PLURAL[each.resource], *map(str, _figures(each))) for each in weeks]
    return aligned([head, *rows], right=range(2, 7))


def _figures(week: WeekShort) -> tuple[int, ...]:
    return week.needed, week.expected, week.available, week.short, week.earlier


def _conferences(conferences: tuple[WithoutPolice, ...]) -> list[str]:
    if not conferences:
        return []
    head = ("day", "kind", "meeting", "places short", "")
    rows = [
        (each.day.isoformat(), each.kind.value, each.meeting.reference if each.meeting else NONE, str(each.short), each.message)
        for each in conferences
    ]
    return aligned([head, *rows], right=(3,))
