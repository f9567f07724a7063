"""What no return tells of a child and a person states from a day on: where it is placed, what makes its case complex, whom it wishes.

Bitemporal: of one child one statement holds on a day, by what is known at an instant. A statement from a day on closes the one
before from that day; one of the same day corrects it; one that begins later stands. Nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any, TypeAlias
from uuid import UUID

from services.directory.store import find_resources
from services.history.recording.deed import Afterwards, Case, Details, record_and_follow
from services.history.recording.store import household_of
from services.history.rules.circumstances import (
    days_left,
    judge_circumstances,
    judge_hour,
    judge_hours,
    judge_line,
    judge_miles,
    judge_venue,
    judge_wishes,
    judge_words,
    span_from,
)
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.window import DateSpan
from services.kernel.words import OMITTED, Complexity, Omitted, ResourceKind, Weekday, WishedPlace
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "circumstances.sql")
OptionalText: TypeAlias = str | Omitted | None
"""None takes away what was stated, OMITTED keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What is stated of a child from `first_day` until `until` (the first day on which it holds no longer; None: open).

    `placed_miles`: from home. `placement_area`: as the unit divides its world. `needs`: specialities that would help.
    `keeps_iro_because`: why it is not to get another officer by a rebalancing unless no other way exists. `wished_…`: on which days,
    between which hours and where it wants its meetings. `activity_days`: taken by what it does beside school.
    `parents_apart`: they must not meet.
    """

    id: UUID
    child_id: UUID
    first_day: date
    until: date | None
    placed_miles: int | None = None
    placed_abroad: bool = False
    placement_area: str | None = None
    household_id: UUID | None = None
    complexity: frozenset[Complexity] = frozenset()
    needs: frozenset[str] = frozenset()
    wished_iro_id: UUID | None = None
    unwanted_iro_id: UUID | None = None
    keeps_iro_because: str | None = None
    wished_weekdays: frozenset[Weekday] = frozenset()
    wished_from: time | None = None
    wished_until: time | None = None
    wished_place: WishedPlace | None = None
    wished_venue: str | None = None
    activity_days: frozenset[Weekday] = frozenset()
    parents_apart: bool = False

    @property
    def days(self) -> DateSpan:
        """On which it holds."""
        return DateSpan(self.first_day, self.until)


_STATED = tuple(each.name for each in fields(Circumstance))[4:]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCircumstances:
    """What holds of the child from `from_day` on. OMITTED keeps what is stated for that day, None takes it away."""

    request_key: str
    reference: str
    from_day: date
    placed_miles: int | Omitted | None = OMITTED
    placed_abroad: bool | Omitted | None = OMITTED
    placement_area: OptionalText = OMITTED
    household_reference: OptionalText = OMITTED
    complexity: tuple[Complexity, ...] | Omitted | None = OMITTED
    needs: tuple[str, ...] | Omitted | None = OMITTED
    wished_iro_code: OptionalText = OMITTED
    unwanted_iro_code: OptionalText = OMITTED
    keeps_iro_because: OptionalText = OMITTED
    wished_weekdays: tuple[Weekday, ...] | Omitted | None = OMITTED
    wished_from: OptionalText = OMITTED
    wished_until: OptionalText = OMITTED
    wished_place: WishedPlace | Omitted | None = OMITTED
    wished_venue: OptionalText = OMITTED
    activity_days: tuple[Weekday, ...] | Omitted | None = OMITTED
    parents_apart: bool | Omitted | None = OMITTED


async def circumstances_on(
    connection: Connection, on: date, child_ids: Collection[UUID] | None = None, known_at: datetime | None = None
) -> dict[UUID, Circumstance]:
    """What is stated of each of these children (None: of all) for a day, as it is known now, or was at `known_at`."""
    asked = None if child_ids is None else list(child_ids)
    rows = _sql.circumstances_on(connection, on_day=on, child_ids=asked, known_at=known_at)
    return {row["child_id"]: _circumstance(row) async for row in rows}


async def state_circumstances(resources: Resources, actor: Actor, command: StateCircumstances, now: datetime) -> UUID:
    """The statement holds from its day on, until the next that is stated already; answers the child's identifier.

    One that says again what was stated for that very day changes nothing. Raises `Forbidden`; `NotFound` for an unknown child,
    household or officer; `InvalidInput` for a day in the future or on which the child was none, and for what is no such value.
    """
    child_id, _ = await state_and_follow(resources, actor, command, now, None)
    return child_id


async def state_and_follow(
    resources: Resources, actor: Actor, command: StateCircumstances, now: datetime, afterwards: Afterwards | None
) -> tuple[UUID, tuple[UUID, ...]]:
    """As `state_circumstances`; in the same transaction `afterwards` follows, and what it answers is answered beside the child."""

    async def work(case: Case) -> Details:
        judge_circumstances(command.from_day, case.facts, case.hand.today)
        stated = await _stated(case.hand.connection, command)
        if not stated:
            raise InvalidInput("nothing is stated: give at least one of the child's circumstances")
        changed = await _state(case, command.from_day, stated)
        return {"from_day": command.from_day.isoformat(), "stated": sorted(stated), "changed": changed}

    return await record_and_follow(resources, actor, command, now, work, afterwards)


async def _stated(connection: Connection, command: StateCircumstances) -> dict[str, Any]:
    """The columns that the command speaks of; raises `InvalidInput` and `NotFound`."""
    judge_miles(command.placed_miles)
    found: dict[str, Any] = {"placed_miles": command.placed_miles}
    for column, said in (("placed_abroad", command.placed_abroad), ("parents_apart", command.parents_apart)):
        if not isinstance(said, Omitted):
            found[column] = bool(said)
    if not isinstance(command.complexity, Omitted):
        found["complexity"] = frozenset(command.complexity or ())
    if not isinstance(command.needs, Omitted):
        found["needs"] = frozenset(judge_words(command.needs or (), "needs", "a speciality as the officers state it"))
    found["placement_area"] = _line(command.placement_area, "placementArea", "in which of the unit's areas the child lives")
    found["keeps_iro_because"] = _line(command.keeps_iro_because, "keepsIroBecause", "why the child should keep its officer")
    found |= _own_time(command)
    household = command.household_reference
    found["household_id"] = await _household(connection, household) if isinstance(household, str) else household
    for column, code in (("wished_iro_id", command.wished_iro_code), ("unwanted_iro_id", command.unwanted_iro_code)):
        found[column] = await _officer(connection, code) if isinstance(code, str) else code
    return {column: value for column, value in found.items() if value is not OMITTED}


def _own_time(command: StateCircumstances) -> dict[str, Any]:
    found: dict[str, Any] = {"wished_place": command.wished_place}
    for column, text, field in (("wished_from", command.wished_from, "wishedFrom"), ("wished_until", command.wished_until, "wishedUntil")):
        found[column] = judge_hour(text, field) if isinstance(text, str) else text
    for column in ("wished_weekdays", "activity_days"):
        days = getattr(command, column)
        found[column] = days if isinstance(days, Omitted) else frozenset(days or ())
    found["wished_venue"] = _line(command.wished_venue, "wishedVenue", "the place as the child names it, never an address")
    return found


def _line(text: OptionalText, field: str, what: str) -> OptionalText:
    return judge_line(text, field, what) if isinstance(text, str) else text


async def _household(connection: Connection, reference: str) -> UUID:
    found = await household_of(connection, reference)
    if found is None:
        raise NotFound(f"there is no foster household with the reference {reference}")
    return found


async def _officer(connection: Connection, code: str) -> UUID:
    found = await find_resources(connection, ResourceKind.IRO, code)
    if not found:
        raise NotFound(f"there is no IRO {code}")
    return found[0]


async def _state(case: Case, day: date, stated: Mapping[str, Any]) -> bool:
    """Whether anything has changed by it."""
    connection, by = case.hand.connection, case.hand.actor.subject
    standing = await _standing(connection, case.child_id)
    present = next((each for each in standing if day in each.days), None)
    span = span_from(day, [each.days for each in standing])
    blank = Circumstance(id=new_id(), child_id=case.child_id, first_day=span.first, until=span.until)
    before = blank if present is None else present
    after = replace(before, **stated)
    judge_wishes(after.wished_iro_id, after.unwanted_iro_id)
    judge_hours(after.wished_from, after.wished_until)
    judge_venue(after.wished_place, after.wished_venue)
    if after == before and present is not None and present.first_day == day:
        return False
    at = await _sql.moment(connection, child_ids=[case.child_id], now=case.hand.now)
    if present is not None:
        await _sql.close(connection, id=present.id, at=at)
        if present.first_day < day:
            await _open(connection, replace(present, until=day), by=by, at=at)
    await _open(connection, replace(after, id=new_id(), first_day=span.first, until=span.until), by=by, at=at)
    return True


# --------------------------------------------------------------------------------- two children that are one


async def carry_circumstances(connection: Connection, kept: UUID, other: UUID, *, by: str, now: datetime) -> dict[str, list[str]]:
    """What is stated of the other is stated of the child that is kept, on days for which nothing is stated of that one.

    Answers what `return_circumstances` needs. The caller holds both children.
    """
    theirs, own = await _standing(connection, other), [each.days for each in await _standing(connection, kept)]
    at = await _sql.moment(connection, child_ids=[kept, other], now=now)
    added = [
        replace(each, id=new_id(), child_id=kept, first_day=span.first, until=span.until)
        for each in theirs
        for span in days_left(each.days, own)
    ]
    for each in theirs:
        await _sql.close(connection, id=each.id, at=at)
    for each in added:
        await _open(connection, each, by=by, at=at)
    return {"closed": [str(each.id) for each in theirs], "added": [str(each.id) for each in added]}


async def return_circumstances(
    connection: Connection, kept: UUID, other: UUID, carried: Mapping[str, Collection[str]], *, by: str, now: datetime
) -> None:
    """The other has again what was stated of it; what came with it is stated of the kept one no more. What was stated of the one
    child since then stays with that one. The caller holds both children."""
    at = await _sql.moment(connection, child_ids=[kept, other], now=now)
    for added in carried["added"]:
        await _sql.close(connection, id=UUID(added), at=at)
    for closed in carried["closed"]:
        await _open(connection, _circumstance(await _sql.last_version(connection, id=UUID(closed))), by=by, at=at)


# -------------------------------------------------------------------------------------------------- rows


async def _standing(connection: Connection, child_id: UUID) -> list[Circumstance]:
    return [_circumstance(row) async for row in _sql.standing(connection, child_id=child_id)]


async def _open(connection: Connection, circumstance: Circumstance, *, by: str, at: datetime) -> None:
    values = {name: _plain(getattr(circumstance, name)) for name in ("id", "child_id", *_STATED)}
    await _sql.open(connection, row={**values, "recorded_by": by}, first_day=circumstance.first_day, until=circumstance.until, at=at)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if isinstance(value, UUID | time) else value


def _circumstance(row: Any) -> Circumstance:
    words = {
        "complexity": frozenset(Complexity(each) for each in row["complexity"]),
        "needs": frozenset(row["needs"]),
        "wished_weekdays": frozenset(Weekday(each) for each in row["wished_weekdays"]),
        "wished_place": None if row["wished_place"] is None else WishedPlace(row["wished_place"]),
        "activity_days": frozenset(Weekday(each) for each in row["activity_days"]),
    }
    return Circumstance(**{**row, **words})
