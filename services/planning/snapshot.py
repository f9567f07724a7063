"""The snapshot that a problem is made of: what is owed, by whom it may be met, and when they are free."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.booking.subject_store import load_subjects
from services.booking.wishing import own_times
from services.directory.store import load_settings
from services.history import store as history
from services.kernel.window import TimeWindow, civil_day, local_instant
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.chain import StatutoryChain
from services.planning.days import offered_days
from services.planning.duties import owed_of
from services.planning.problem import Booked, Owed, PoliceTeam, Problem, Resource, Subject
from services.planning.standing import load_booked
from services.planning.store import Run, span_of_run
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.facts import STARTING_CONFERENCES, assume_held
from services.statutory.working_days import england

_sql = load_queries(__file__)
_A_YEAR = timedelta(days=365)


async def load_problem(connection: Connection, run: Run, now: datetime) -> Problem:
    """What there is to plan, as one snapshot sees it."""
    settings = await load_settings(connection, run.today)
    policy = settings.planning
    owed = with_one_review_each([owed_of(row) async for row in _sql.owed(connection, **span_of_run(run), now=now)])
    standing = [(row["child_id"], MeetingKind(row["kind"]), row["day"]) async for row in _sql.standing(connection, now=now)]
    children = {each.child_id for each in owed} | {child_id for child_id, _, _ in standing}
    tomorrow, last = run.today + timedelta(days=1), england().add(max(run.last_day, run.today), policy.late_days)
    resources = await _load_resources(connection, run, (tomorrow, last), now)
    days, offered = _days(tomorrow, last, resources.chairs)
    subjects = await _load_subjects(connection, children, run.today)
    booked = await load_booked(connection, tomorrow, last, subjects, settings, now)
    on_today = run.first_day <= run.today
    today = await load_booked(connection, run.today, run.today, subjects, settings, now) if on_today else ()
    within = (max(run.first_day, tomorrow), run.last_day)
    return Problem(
        today=run.today,
        first_day=run.first_day,
        last_day=run.last_day,
        days=days,
        owed=tuple(owed),
        subjects=with_panel_chairs(subjects, owed, resources.chairs),
        chairs=resources.chairs,
        rooms=resources.rooms,
        note_takers=resources.note_takers,
        police=resources.police,
        chain=await _load_chain(connection, children, standing, run.today),
        settings=settings,
        policy=policy,
        offered=offered,
        kinds=None if run.kinds is None else frozenset(run.kinds),
        standing=tuple(standing),
        expected_a_week=await _expected_a_week(connection, run.today),
        booked=tuple(each for each in booked if _in(each, within) and (run.kinds is None or each.kind in run.kinds)),
        lacking_today=tuple(
            each for each in today if each.lacks and each.day == run.today and (run.kinds is None or each.kind in run.kinds)
        ),
        may_move=run.may_move,
        frozen_days=run.frozen_days,
        chairing=tuple(on for each in booked for on in each.chairings),
    )


def _in(booked: Booked, within: tuple[date, date]) -> bool:
    """Whether one of its sittings to come lies in the span of the plan."""
    return any(within[0] <= day <= within[1] for day in (booked.day, *(civil_day(each.start) for each in booked.besides)))


def with_one_review_each(owed: Iterable[Owed]) -> list[Owed]:
    """Without the care reviews of children who are owed an adoption review as well: that one answers both, and is due with the
    earlier of them."""
    listed = list(owed)
    care = {each.child_id: each for each in listed if each.kind is MeetingKind.CARE_REVIEW}
    adoption = {each.child_id for each in listed if each.kind is MeetingKind.ADOPTION_REVIEW}
    return [
        _due_with(each, care.get(each.child_id)) if each.kind is MeetingKind.ADOPTION_REVIEW else each
        for each in listed
        if each.kind is not MeetingKind.CARE_REVIEW or each.child_id not in adoption
    ]


def _due_with(owed: Owed, other: Owed | None) -> Owed:
    if other is None:
        return owed
    return replace(
        owed,
        statutory_due_on=min(owed.statutory_due_on, other.statutory_due_on),
        book_by_on=min(owed.book_by_on, other.book_by_on),
    )


def with_panel_chairs(subjects: Mapping[UUID, Subject], owed: Iterable[Owed], chairs: Iterable[Resource]) -> dict[UUID, Subject]:
    """The subjects, each child with a panel owed having a chair for it: of the officers other than its own who may chair for it,
    the one with the least to chair in this plan, by code among equals."""
    listed, chaired = list(owed), Counter[UUID]()
    for each in listed:
        own = subjects[each.child_id].chair_id
        if own is not None and not each.not_by_own_iro:
            chaired[own] += 1
    found = dict(subjects)
    for child_id in dict.fromkeys(each.child_id for each in listed if each.not_by_own_iro):
        subject = found[child_id]
        able = [chair for chair in chairs if chair.available and chair.id not in subject.barred and chair.id != subject.chair_id]
        least = min(able, key=lambda chair: (chaired[chair.id], chair.code), default=None)
        if least is not None:
            chaired[least.id] += 1
            found[child_id] = replace(subject, panel_chair_id=least.id)
    return found


def _days(first: date, last: date, chairs: Iterable[Resource]) -> tuple[tuple[date, ...], frozenset[date]]:
    """The working days from first to last with the others on which a chair is at work, and which these are."""
    span, calendar = [first + timedelta(days=number) for number in range((last - first).days + 1)], england()
    offered = offered_days(chairs, (day for day in span if not calendar.is_working(day)))
    return tuple(day for day in span if calendar.is_working(day) or day in offered), offered


async def _load_subjects(connection: Connection, children: Collection[UUID], today: date) -> dict[UUID, Subject]:
    own = await own_times(connection, children, today)
    groups = {row["child_id"]: row["group_key"] async for row in _sql.sibling_groups(connection, child_ids=list(children))}
    return {
        each.subject_id: Subject(
            child_id=each.subject_id,
            chair_id=each.iro_id,
            sibling_group=groups.get(each.child_id),
            barred=each.barred | each.kin_iros,
            reference=each.reference,
            own_time=own.get(each.subject_id),
            parents_apart=each.parents_apart,
            complexity=each.complexity,
        )
        for each in await load_subjects(connection, today, child_ids=list(children))
    }


async def _load_chain(
    connection: Connection, children: Collection[UUID], standing: Iterable[tuple[UUID, MeetingKind, date]], today: date
) -> StatutoryChain:
    records = await history.facts_of(connection, children, today=today)
    facts, stands = dict(records), defaultdict[UUID, tuple[tuple[MeetingKind, date], ...]](tuple)
    for child_id, kind, day in standing:
        if child_id in facts:
            facts[child_id] = assume_held(facts[child_id], kind, day)
        stands[child_id] += ((kind, day),)
    return StatutoryChain(
        facts=facts,
        timescales=await history.load_timescales(connection),
        working_days=england(),
        records=records,
        standing=dict(stands),
    )


async def _expected_a_week(connection: Connection, today: date) -> float:
    kinds = [kind.value for kind in STARTING_CONFERENCES]
    held = await _sql.initial_conferences(connection, kinds=kinds, since=today - _A_YEAR, today=today)
    return int(held) / 52


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resources:
    chairs: tuple[Resource, ...]
    rooms: tuple[Resource, ...]
    note_takers: tuple[Resource, ...]
    police: tuple[PoliceTeam, ...]


async def _load_resources(connection: Connection, run: Run, days: tuple[date, date], now: datetime) -> _Resources:
    rows = [row async for row in _sql.resources(connection, today=run.today)]
    ids = [row["id"] for row in rows]
    first = local_instant(days[0], time(0))
    until = local_instant(days[-1] + timedelta(days=1), time(0))
    available = await _windows(_sql.available(connection, resource_ids=ids, first=first, until=until))
    write_up = {row["resource_id"]: row async for row in _sql.write_up(connection, first=first, now=now)}
    busy = await _windows(_sql.busy(connection, resource_ids=ids, first=first, until=until, now=now))

    def of(kind: ResourceKind) -> tuple[Resource, ...]:
        return tuple(_resource(row, available, busy, write_up.get(row["id"])) for row in rows if row["kind"] == kind.value)

    places: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        if row["team_id"] is not None:
            places[row["team_id"]].append(row["id"])
    police = [
        PoliceTeam(
            id=team["id"],
            code=team["code"],
            places=tuple(available.get(each, ()) for each in places[team["id"]]),
            busy=tuple(window for each in places[team["id"]] for window in busy.get(each, ())),
        )
        async for team in _sql.police_teams(connection)
    ]
    return _Resources(
        chairs=of(ResourceKind.IRO), rooms=of(ResourceKind.ROOM), note_takers=of(ResourceKind.NOTE_TAKER), police=tuple(police)
    )


async def _windows(rows: Any) -> dict[UUID, tuple[TimeWindow, ...]]:
    found: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    async for row in rows:
        found[row["resource_id"]].append(TimeWindow(row["starts_at"], row["ends_at"]))
    return {resource_id: tuple(windows) for resource_id, windows in found.items()}


def _resource(row: Any, available: dict[UUID, tuple[TimeWindow, ...]], busy: dict[UUID, tuple[TimeWindow, ...]], writes: Any) -> Resource:
    return Resource(
        id=row["id"],
        code=row["code"],
        available=available.get(row["id"], ()),
        busy=busy.get(row["id"], ()),
        seats=row["seats"] or 0,
        features=frozenset(row["features"] or ()),
        written={date.fromisoformat(monday): int(minutes) for monday, minutes in ((writes and writes["written"]) or {}).items()},
        write_up_a_week=None if writes is None else writes["write_up_a_week"],
    )
