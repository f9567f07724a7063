"""Who and what a unit has, as its establishment file states it: plain values, already judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.kernel.window import DateSpan
from services.kernel.words import AbsenceReason, IndependenceGround, TimescaleUnit

WEEKDAYS_NINE_TO_FIVE = ("Mon-Fri 09:00-17:00",)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedAbsence:
    """Both days included."""

    first_day: date
    last_day: date
    reason: AbsenceReason


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedOffer:
    """Time on one day beyond the weekly pattern, by the clock on the wall."""

    day: date
    since: time
    until: time


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedReduction:
    """WTE taken off an officer's capacity from `first_day` to `last_day` (included; None: until changed), and why."""

    wte: Decimal
    reason: str
    first_day: date
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTimescale:
    """A rule of the law or of local practice that holds otherwise than as shipped, in these days; `code` as the release names it."""

    code: str
    amount: int
    unit: TimescaleUnit
    legal_basis: str
    in_force: DateSpan
    census_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedIro:
    """`may_not_chair`: children by reference; `grounds`: why, where it is said. `areas`: where the officer works, as the unit divides
    its world."""

    code: str
    name: str
    email: str
    wte: Decimal
    works: tuple[str, ...] = WEEKDAYS_NINE_TO_FIVE
    specialities: tuple[str, ...] = ()
    absences: tuple[StatedAbsence, ...] = ()
    offers: tuple[StatedOffer, ...] = ()
    areas: tuple[str, ...] = ()
    may_not_chair: tuple[str, ...] = ()
    grounds: Mapping[str, IndependenceGround] = field(default_factory=dict)
    reductions: tuple[StatedReduction, ...] = ()
    # first and last day in the unit, both included
    starts_on: date | None = None
    leaves_on: date | None = None
    # number in the register of social workers, in capitals and without spaces
    registration: str | None = None

    def ground_of(self, reference: str) -> IndependenceGround:
        """Why this officer may not have that child: once had charge of the case, unless something else is said."""
        return self.grounds.get(reference, IndependenceGround.HAD_CHARGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRoom:
    code: str
    name: str
    seats: int
    features: tuple[str, ...] = ()
    open: tuple[str, ...] = ("Mon-Fri 09:00-17:30",)
    closures: tuple[StatedAbsence, ...] = ()
    offers: tuple[StatedOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedNoteTaker:
    """`write_up_a_week`: minutes of write-up that she can do from Monday to Sunday; None: the unit's figure for her WTE."""

    code: str
    name: str
    email: str
    wte: Decimal
    works: tuple[str, ...] = WEEKDAYS_NINE_TO_FIVE
    absences: tuple[StatedAbsence, ...] = ()
    offers: tuple[StatedOffer, ...] = ()
    write_up_a_week: int | None = None

    def writes_up(self, full_time: int) -> int:
        """Minutes of write-up a week; `full_time`: of somebody of 1 WTE, as the unit has it."""
        return round(full_time * self.wte) if self.write_up_a_week is None else self.write_up_a_week


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPoliceTeam:
    code: str
    name: str
    email: str
    capacity: int
    on_duty: tuple[str, ...] = WEEKDAYS_NINE_TO_FIVE
    absences: tuple[StatedAbsence, ...] = ()
    offers: tuple[StatedOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Establishment:
    unit_name: str
    organiser: str
    room_desk: str
    settings: Mapping[str, object] = field(default_factory=dict)
    iros: tuple[StatedIro, ...] = ()
    rooms: tuple[StatedRoom, ...] = ()
    note_takers: tuple[StatedNoteTaker, ...] = ()
    police_teams: tuple[StatedPoliceTeam, ...] = ()
    timescales: tuple[StatedTimescale, ...] = ()


class FindingSeverity(StrEnum):
    """REFUSED: not recorded. DOUBTFUL: recorded, and somebody should look. NOTE: for the record."""

    REFUSED = "REFUSED"
    DOUBTFUL = "DOUBTFUL"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True, kw_only=True)
class EstablishmentFinding:
    """What applying an establishment refused or doubts. `element` says whose, for example `iro IRO-01`."""

    element: str
    rule: str
    severity: FindingSeverity
    message: str
    meeting_ids: tuple[UUID, ...] = ()
