"""Builders of planning problems: small ones by hand for a rule, large ones by seed for a bench."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

import holidays

from services.booking.needs import needs_of, span_of
from services.directory.planning import Policy
from services.directory.settings import Settings
from services.kernel.ids import obligation_id
from services.kernel.window import TimeWindow, local_instant, monday_of
from services.kernel.words import CONFERENCES, MeetingKind, ResourceKind
from services.planning.problem import Booked, Owed, PoliceTeam, Problem, Resource, Subject

TODAY = date(2026, 9, 1)
_SPACE = UUID("00000000-0000-4000-8000-000000000001")
_HOLIDAYS = holidays.country_holidays("GB", subdiv="ENG", years=range(2025, 2030))
FEATURES = frozenset({"family_room", "step_free"})


def id_of(name: str) -> UUID:
    return uuid5(_SPACE, name)


def is_working(day: date) -> bool:
    return day.weekday() < 5 and day not in _HOLIDAYS


def working_days(first: date, last: date) -> tuple[date, ...]:
    return tuple(day for number in range((last - first).days + 1) if is_working(day := first + timedelta(days=number)))


def last_working_day(day: date) -> date:
    while not is_working(day):
        day -= timedelta(days=1)
    return day


def add_working_days(day: date, number: int) -> date:
    while number:
        day += timedelta(days=1)
        number -= is_working(day)
    return day


def add_months(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in range(day.day, 27, -1):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return date(year, month, day.day)


def hours(day: date, opens: str = "09:00", closes: str = "17:00") -> TimeWindow:
    return TimeWindow(local_instant(day, time.fromisoformat(opens)), local_instant(day, time.fromisoformat(closes)))


def window(day: date, opens: str, minutes: int) -> TimeWindow:
    start = local_instant(day, time.fromisoformat(opens))
    return TimeWindow(start, start + timedelta(minutes=minutes))


def available(days: Collection[date], *, off: Collection[date] = (), opens: str = "09:00", closes: str = "17:00") -> tuple[TimeWindow, ...]:
    return tuple(hours(day, opens, closes) for day in days if day not in off)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsChain:
    """Initial conference, review after three months, then every six; care reviews after three months, then six."""

    firsts: frozenset[UUID] = frozenset()

    def after(self, child_id: UUID, held: tuple[tuple[MeetingKind, date], ...]) -> Owed | None:
        kind, day = held[-1]
        first_care = kind is MeetingKind.CARE_REVIEW and len(held) == 1 and child_id in self.firsts
        months = 3 if kind in CONFERENCES - {MeetingKind.REVIEW_CONFERENCE} or first_care else 6
        following = MeetingKind.REVIEW_CONFERENCE if kind in CONFERENCES else kind
        return owed(child_id, following, day, due=min(add_months(day, months), day + timedelta(days=91 if months == 3 else 183)))

    def instead(self, child_id: UUID, kind: MeetingKind, stands_on: date, day: date) -> Owed | None:
        return self.after(child_id, ((kind, day),))


def owed(child: UUID | str, kind: MeetingKind, triggered_on: date, *, due: date, first: bool = False) -> Owed:
    child_id = child if isinstance(child, UUID) else id_of(child)
    return Owed(
        child_id=child_id,
        kind=kind,
        triggered_on=triggered_on,
        statutory_due_on=due,
        book_by_on=last_working_day(due),
        obligation_id=obligation_id(child_id, kind.value, triggered_on),
        first=first,
    )


@dataclass(kw_only=True)
class Authority:
    """What a problem is made of; change a part before `problem()`."""

    last_day: date
    today: date = TODAY
    officers: int = 1
    rooms: int = 1
    note_takers: int = 1
    write_up_a_week: int | None = None
    police: int = 1
    plain_rooms: int = 0
    """How many of the rooms have no level access: review conferences can be there, initial ones cannot."""

    def __post_init__(self) -> None:
        self.days = working_days(self.today + timedelta(days=1), self.last_day + timedelta(days=70))
        self.owed: list[Owed] = []
        self.subjects: dict[UUID, Subject] = {}
        self.off: dict[str, set[date]] = {}
        self.offers: dict[str, dict[date, TimeWindow]] = {}
        self.firsts: set[UUID] = set()
        self.busy: dict[str, list[TimeWindow]] = {}
        self.booked: list[Booked] = []
        self.written: dict[str, Counter[date]] = {}

    def child(self, name: str, *, officer: int | None = 0, siblings: str | None = None) -> UUID:
        child_id = id_of(name)
        chair = None if officer is None else id_of(f"IRO-{officer}")
        self.subjects[child_id] = Subject(child_id=child_id, chair_id=chair, sibling_group=siblings)
        return child_id

    def owe(self, child: UUID, kind: MeetingKind, triggered_on: date, due: date, *, first: bool = False) -> Owed:
        self.owed.append(owed(child, kind, triggered_on, due=due, first=first))
        if first:
            self.firsts.add(child)
        return self.owed[-1]

    def initial(self, name: str, triggered_on: date, *, officer: int = 0, siblings: str | None = None) -> Owed:
        child = self.child(name, officer=officer, siblings=siblings)
        return self.owe(child, MeetingKind.INITIAL_CONFERENCE, triggered_on, add_working_days(triggered_on, 15))

    def review(self, name: str, triggered_on: date, *, officer: int = 0, siblings: str | None = None) -> Owed:
        child = self.child(name, officer=officer, siblings=siblings)
        return self.owe(child, MeetingKind.CARE_REVIEW, triggered_on, add_months(triggered_on, 6))

    def stand(
        self,
        item: Owed,
        start: datetime,
        *,
        has: Mapping[ResourceKind, str],
        lacks: Collection[ResourceKind] = (),
        own: str | None = None,
        movable: bool = True,
    ) -> Booked:
        """A meeting for `item` that stands from `start` on with these resources, by name; what it is for is owed no more."""
        kind, settings = item.kind, Settings()
        needs = needs_of(kind, children=1, first=item.first, settings=settings)
        kinds = {ResourceKind.IRO, *has, *lacks}
        needs = replace(
            needs,
            room=ResourceKind.ROOM in kinds,
            note_taker=ResourceKind.NOTE_TAKER in kinds,
            police=ResourceKind.POLICE in kinds,
        )
        meeting = TimeWindow(start, start + timedelta(minutes=needs.minutes))
        chair = self.subjects[item.child_id].chair_id if own is None else id_of(own)
        holds = [(name, span_of(each, needs, meeting).blocked) for each, name in has.items()]
        for name, window in holds:
            self.busy.setdefault(name, []).append(window)
        if ResourceKind.NOTE_TAKER in has:
            self.written.setdefault(has[ResourceKind.NOTE_TAKER], Counter())[monday_of(start.date())] += needs.write_up
        if item in self.owed:
            self.owed.remove(item)
        booked = Booked(
            meeting_id=id_of(f"meeting-{len(self.booked)}"),
            version=1,
            reference=f"M-{len(self.booked):03}",
            kind=kind,
            items=(item,),
            meeting=meeting,
            day=start.date(),
            needs=needs,
            has={each: id_of(name) for each, name in has.items()},
            lacks=frozenset(lacks),
            own_chairs=() if chair is None else (chair,),
            holds=tuple((id_of(name), window) for name, window in holds),
            latest_on=item.statutory_due_on,
            fixed=None if movable else "people move it",
            written={monday_of(start.date()): needs.write_up} if ResourceKind.NOTE_TAKER in has else {},
        )
        self.booked.append(booked)
        return booked

    def away(self, name: str, first: date, last: date) -> None:
        self.off.setdefault(name, set()).update(first + timedelta(days=each) for each in range((last - first).days + 1))

    def offer(self, name: str, day: date, opens: str = "09:00", closes: str = "17:00") -> None:
        """Time beyond the working week: an evening, a Saturday."""
        self.offers.setdefault(name, {})[day] = hours(day, opens, closes)

    @property
    def saturdays(self) -> frozenset[date]:
        """The days that are no working days and on which somebody who may chair is at work."""
        officers = {f"IRO-{number}" for number in range(self.officers)}
        return frozenset(day for name, offers in self.offers.items() if name in officers for day in offers if not is_working(day))

    def _at_work(self, name: str, *, closes: str = "17:00") -> tuple[TimeWindow, ...]:
        free = available(self.days, off=self.off.get(name, ()), closes=closes)
        return (*free, *self.offers.get(name, {}).values())

    def _resource(self, name: str, *, room: bool = False) -> Resource:
        free = self._at_work(name, closes="17:30" if room else "17:00")
        plain = name in {f"ROOM-{number}" for number in range(self.plain_rooms)}
        features = FEATURES - {"step_free"} if plain else FEATURES
        return Resource(
            id=id_of(name),
            code=name,
            available=free,
            busy=tuple(self.busy.get(name, ())),
            seats=14 if room else 0,
            features=features if room else frozenset(),
            written=self.written.get(name, {}),
            write_up_a_week=self.write_up_a_week if name.startswith("NT-") else None,
        )

    def problem(
        self,
        *,
        policy: Policy | None = None,
        settings: Settings | None = None,
        expected_a_week: float = 0.0,
        may_move: int = 0,
        frozen_days: int = 2,
    ) -> Problem:
        team = PoliceTeam(
            id=id_of("POL"),
            code="POL",
            places=tuple(self._at_work("POL") for _ in range(self.police)),
            busy=tuple(self.busy.get("POL", ())),
        )
        return Problem(
            today=self.today,
            first_day=self.today + timedelta(days=1),
            last_day=self.last_day,
            days=tuple(sorted({*self.days, *self.saturdays})),
            offered=self.saturdays,
            owed=tuple(self.owed),
            subjects=self.subjects,
            chairs=tuple(self._resource(f"IRO-{number}") for number in range(self.officers)),
            rooms=tuple(self._resource(f"ROOM-{number}", room=True) for number in range(self.rooms)),
            note_takers=tuple(self._resource(f"NT-{number}") for number in range(self.note_takers)),
            police=(team,) if self.police else (),
            chain=MonthsChain(firsts=frozenset(self.firsts)),
            settings=settings or Settings(),
            policy=policy or Policy(),
            expected_a_week=expected_a_week,
            booked=tuple(self.booked),
            may_move=may_move,
            frozen_days=frozen_days,
            chairing=tuple(each.chaired for each in self.booked if each.chaired is not None),
        )


def county(*, scale: int, last_day: date, tight: bool = False, seed: int = 7) -> Problem:
    """An authority whose year has the meetings of a unit's annual report, for each `scale`: 702 care reviews, 484 conferences.

    Nobody enters during the year here, so there are more children at its start than the report counts.
    """
    draw = random.Random(seed)
    made = Authority(last_day=last_day, officers=6 * scale, rooms=3 * scale, note_takers=4 * scale, police=scale)
    _take_leave(made, draw, scale)
    _owe_reviews(made, draw, care=600 * scale, plans=380 * scale, officers=6 * scale)
    _owe_new(made, draw, scale)
    if tight:
        made.away("POL", TODAY + timedelta(days=13), TODAY + timedelta(days=26))
        for number in range(scale):
            made.away(f"IRO-{number}", TODAY + timedelta(days=1), TODAY + timedelta(days=30))
    return made.problem(expected_a_week=2.1 * scale)


def _take_leave(made: Authority, draw: random.Random, scale: int) -> None:
    staff = [f"IRO-{number}" for number in range(6 * scale)] + [f"NT-{number}" for number in range(4 * scale)]
    for name in staff:
        made.away(name, date(2026, 12, draw.choice((21, 24))), date(2027, 1, 2))
        for month, weight in ((10, 0.5), (2, 0.5), (4, 0.7), (8, 0.9)):
            if draw.random() < weight:
                first = date(2026 if month == 10 else 2027, month, draw.randint(1, 16))
                made.away(name, first, first + timedelta(days=draw.choice((4, 6, 11))))
    made.away("POL", date(2026, 12, 24), date(2027, 1, 3))


def _families(draw: random.Random, children: int) -> list[int]:
    sizes: list[int] = []
    while sum(sizes) < children:
        sizes.append(draw.choices((1, 2, 3, 4), (50, 25, 15, 10))[0])
    return sizes


def _owe_reviews(made: Authority, draw: random.Random, *, care: int, plans: int, officers: int) -> None:
    for kind, children in ((MeetingKind.CARE_REVIEW, care), (MeetingKind.REVIEW_CONFERENCE, plans)):
        for family, size in enumerate(_families(draw, children)):
            held = last_working_day(TODAY - timedelta(days=draw.randint(5, 170)))
            early = draw.random() < 0.25 and (TODAY - held).days < 80
            officer = draw.randrange(officers)
            for number in range(size):
                child = made.child(f"{kind}-{family}-{number}", officer=officer, siblings=f"{kind}-{family}" if size > 1 else None)
                made.owe(child, kind, held, add_months(held, 3 if early else 6))


def _owe_new(made: Authority, draw: random.Random, scale: int) -> None:
    for family in range(5 * scale):
        officer, day = draw.randrange(6 * scale), TODAY - timedelta(days=draw.randint(0, 12))
        for number in range(draw.choice((1, 1, 2, 3))):
            made.initial(f"new-{family}-{number}", day, officer=officer, siblings=f"new-{family}")
    for family in range(8 * scale):
        day = TODAY - timedelta(days=draw.randint(0, 18))
        child = made.child(f"entered-{family}", officer=draw.randrange(6 * scale))
        made.owe(child, MeetingKind.CARE_REVIEW, day, add_working_days(day, 20), first=True)


def at(day: date, clock: str) -> datetime:
    return local_instant(day, time.fromisoformat(clock))
