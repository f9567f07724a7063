"""Looks for times: gathers what stands in the diaries, and lets `slots` judge it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from uuid import UUID

from services.booking import rules, sitting_rules, store
from services.booking.about import as_it_stands, item_of, judge_trigger, owed_to, subjects_for
from services.booking.attendees import must_be_apart
from services.booking.blockers import Unsuitable, find_blockers, fits_with
from services.booking.commands import SlotSearch
from services.booking.desk import Desk, open_desk
from services.booking.diaries import Diary, SlotProblem
from services.booking.entry import Entry, Item
from services.booking.needs import MeetingNeeds
from services.booking.openings import Openings
from services.booking.placing import needs_for, noted_for
from services.booking.rows import Shelf
from services.booking.rules import Due, Objection, Subject
from services.booking.sitting_slots import cannot_be_held, offer_sittings
from services.booking.slots import SlotOption, find_slots, offer
from services.booking.wishes import OwnTime
from services.booking.wishing import own_times
from services.directory.laying import LAID_AHEAD
from services.history import service as history
from services.kernel.actor import Actor
from services.kernel.errors import Blocker, Impossible, InvalidInput
from services.kernel.permission import Act, require
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import Alternative, BlockerCode, MeetingKind, ObligationState, ResourceKind
from services.platform.resources import Resources
from services.statutory.clock import owed_from
from services.statutory.working_days import england

_LOOK_LATER = 20
"""Working days: where nothing fits in time, so far a look goes beyond, to say what would."""
_LONGEST_SEARCH = timedelta(days=366)
_SOON = timedelta(weeks=13)
"""How far a search looks first: where everything is found by then that could be offered, later diaries are not read."""
_INSTEAD = (Alternative.COVER_CHAIR, Alternative.REMOTE)
"""What is not as asked."""


async def slots(resources: Resources, actor: Actor, search: SlotSearch, now: datetime) -> tuple[SlotOption, ...]:
    """Ranked times at which everything that such a meeting needs is free, and another of each sort that there is; at least one.

    Raises `Impossible` with the coded reasons where there is none, `NotFound`, `InvalidInput`, `Forbidden`.
    """
    require(actor, Act.BOOK)
    async with resources.database.transaction(snapshot=True) as connection:
        desk = await open_desk(resources, connection, actor, now)
        search, subjects, items = await _about(desk, search)
        kind = rules.leading_kind(search.kind, {item.kind for item in items})
        apart = search.apart or must_be_apart(kind, (each.parents_apart for each in subjects), desk.settings)
        search = replace(search, kind=kind, apart=apart)
        dues = [item.due for item in items if item.due is not None]
        due = rules.most_pressing(dues)
        span = _days(desk, search, None if due is None else rules.last_day(due.kind, due), rules.first_day(dues))
        chair = await _chair(desk, search, subjects)
        looking = _Looking(
            desk=desk,
            search=search,
            needs=_needs(desk, search, items),
            subjects=subjects,
            chair_id=chair if isinstance(chair, UUID) else None,
            last_in_time=span[1] if due is None else rules.last_day(due.kind, due),
            own_times=await _own_times(desk, subjects),
        )
        if isinstance(chair, Blocker):
            raise Impossible(chair.message, (await _chaired_by_another(looking, chair, span),))
        return await (_in_sittings(looking, span) if search.sittings else _offered(looking, span))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """One search on its way. `chair_id` None: nobody may chair as asked."""

    desk: Desk
    search: SlotSearch
    needs: MeetingNeeds
    subjects: tuple[Subject, ...]
    chair_id: UUID | None
    last_in_time: date
    own_times: tuple[OwnTime, ...] = ()


async def _offered(looking: _Looking, span: tuple[date, date]) -> tuple[SlotOption, ...]:
    """What the first weeks offer, if nothing after them could be among it; else what the whole span does."""
    first, last = span
    soon = min(last, first + _SOON)
    problem, unsuitable = await _problem(looking, (first, soon))
    found = offer(problem, looking.search.first)
    if not found.settled and soon < last:
        problem, unsuitable = await _problem(looking, span)
        found = offer(problem, looking.search.first)
    if not all(each.alternative in _INSTEAD for each in found.options):
        return found.options
    blockers = [_instead(problem, each, found.options) for each in find_blockers(problem, unsuitable)]
    later = await _later(looking, span)
    closed = [each for each in blockers if not (later and each.code is BlockerCode.WINDOW_CLOSED)]
    raise Impossible("there is no time at which everything that the meeting needs is free", (*closed, *later))


async def _in_sittings(looking: _Looking, span: tuple[date, date]) -> tuple[SlotOption, ...]:
    """Times for all the sittings that were asked for, of which the first lies in the span; raises `Impossible` where there is none."""
    minutes, (first, last) = looking.search.sittings, span
    objection = sitting_rules.object_to_lengths(minutes)
    if objection is not None or looking.search.minutes is not None:
        raise InvalidInput(objection or "minutes is of a single sitting: leave it out", "sittings" if objection else "minutes")
    problem, unsuitable = await _problem(looking, (first, england().add(last, sitting_rules.LONGEST_BREAK)))
    found = offer_sittings(problem, minutes, last, looking.search.first)
    if not all(each.alternative in _INSTEAD for each in found):
        return found
    asked = replace(problem, needs=replace(problem.needs, minutes=max(minutes)), days=tuple(day for day in problem.days if day <= last))
    message, would = cannot_be_held(asked, minutes)
    blockers = [] if would is not None else [_instead(asked, each, found) for each in find_blockers(asked, unsuitable)]
    fits = [would] if would is not None or not found else []
    fits += [_fits(problem, option) for option in found]
    closed = [Blocker(code=BlockerCode.WINDOW_CLOSED, message=message, would_fit_if=each) for each in fits]
    raise Impossible(message, tuple(blockers or closed))


def _instead(problem: SlotProblem, blocker: Blocker, options: Sequence[SlotOption]) -> Blocker:
    """The blocker with what there is instead, if there is: a cover chair who has time, or a time by video."""
    sorts = {ResourceKind.IRO: Alternative.COVER_CHAIR, ResourceKind.ROOM: Alternative.REMOTE}
    if blocker.resource is None:
        return blocker
    option = next((each for each in options if each.alternative is sorts.get(blocker.resource)), None)
    return blocker if option is None else replace(blocker, would_fit_if=_fits(problem, option))


def _fits(problem: SlotProblem, option: SlotOption) -> str:
    """What is not as asked of such an option, in words."""
    codes = {cover.id: cover.code for cover in problem.covers}
    how = f"{codes[option.chair_id]} chaired" if option.alternative is Alternative.COVER_CHAIR else "it were by video"
    return f"{how}, at {option.starts_at.isoformat()}"


async def _chaired_by_another(looking: _Looking, blocker: Blocker, span: tuple[date, date]) -> Blocker:
    """The blocker with another officer who may chair and has time, tried: the one who has it first."""
    problem, _ = await _problem(looking, span)
    openings = Openings(problem)
    times = [(when, cover.code) for cover in problem.covers if (when := fits_with(openings, cover)) is not None]
    if not times:
        return blocker
    when, code = min(times)
    return replace(blocker, would_fit_if=f"{code} chaired, at {when}")


async def _about(desk: Desk, search: SlotSearch) -> tuple[SlotSearch, tuple[Subject, ...], Sequence[Item]]:
    """Whom it is about and what for. Those who must not meet at a meeting that is to move need not be named again."""
    references, household = tuple(dict.fromkeys(search.child_references)), search.household_reference
    entry: Entry | None = None
    if search.moving_meeting_id is not None:
        entry = await store.read_entry(desk.connection, search.moving_meeting_id, own_iro=desk.own_iro, today=desk.today)
        concerned = tuple(item.reference for item in entry.items if item.child_id is not None)
        if not set(references) <= set(concerned):
            raise InvalidInput("the meeting that is to move is about other children: leave childReferences out", "childReferences")
        references = references or concerned
        search = as_it_stands(search, entry, desk.settings)
        household = household or next((item.reference for item in entry.items if item.household_id is not None), None)
    objection = rules.object_to_subjects(search.kind, children=bool(references), household=household is not None)
    if objection is not None:
        raise objection
    subjects = await subjects_for(desk, references, household, desk.today)
    if entry is not None and entry.kind is search.kind:
        return search, subjects, entry.items
    search = replace(search, note_taker=search.note_taker or noted_for(search.kind, subjects, desk.settings))
    return search, subjects, await _items(desk, search, subjects)


async def _items(desk: Desk, search: SlotSearch, subjects: Sequence[Subject]) -> list[Item]:
    owed, items = await owed_to(desk, subjects), []
    for subject, chosen, dues in zip(subjects, rules.choose_dues(search.kind, owed, search.triggered_on), owed, strict=True):
        due = chosen or await _would_be_due(desk, search.kind, subject, search.triggered_on)
        beside = rules.also_answered(search.kind, dues)
        items += [item_of(subject, each) for each in (due, beside) if each is not None]
    return items


async def _would_be_due(desk: Desk, kind: MeetingKind, subject: Subject, triggered_on: date | None) -> Due:
    day = judge_trigger(kind, subject, triggered_on, desk.today + LAID_AHEAD)
    assert subject.child_id is not None
    facts = await history.facts_of(desk.connection, [subject.child_id], today=desk.today)
    timescales = await history.load_timescales(desk.connection)
    try:
        owed = owed_from(facts[subject.child_id], kind, day, "asked for", timescales, england())
    except LookupError:
        raise InvalidInput(f"no rule for a {kind.value} was in force on {day.isoformat()}: state another day 0", "triggeredOn") from None
    return Due(
        id=owed.id,
        child_id=subject.child_id,
        kind=kind,
        triggered_on=day,
        rule_code=owed.timescale.code,
        statutory_due_on=owed.statutory_due_on,
        book_by_on=owed.book_by_on,
        state=ObligationState.EXPECTED,
    )


async def _own_times(desk: Desk, subjects: Sequence[Subject]) -> tuple[OwnTime, ...]:
    children = [each.child_id for each in subjects if each.child_id is not None]
    found = await own_times(desk.connection, children, desk.today) if children else {}
    return tuple(found[each] for each in children)


def _needs(desk: Desk, search: SlotSearch, items: Sequence[Item]) -> MeetingNeeds:
    needs = needs_for(search.kind, items, desk.settings, remote=search.remote, apart=search.apart, note_taker=search.note_taker)
    if search.having is not None:
        room = ResourceKind.ROOM in search.having and not search.remote
        needs = replace(needs, room=room, note_taker=search.note_taker, police=ResourceKind.POLICE in search.having)
    if search.minutes is None:
        return needs
    if not rules.SHORTEST <= timedelta(minutes=search.minutes) <= rules.LONGEST:
        raise InvalidInput("a meeting takes from 15 minutes to 8 hours", "minutes")
    return replace(needs, minutes=search.minutes)


def _days(desk: Desk, search: SlotSearch, last_in_time: date | None, not_before: date | None) -> tuple[date, date]:
    """First and last day to look at: left out, from the next working day to the last in time, or a month where that is over.
    None before the first on which the meeting may be, whatever was asked for."""
    working = england()
    first = search.from_day or max(working.add(desk.today, 1), not_before or date.min)
    open_end = last_in_time is None or last_in_time < first
    last = search.to_day or (working.add(first, _LOOK_LATER) if open_end or last_in_time is None else last_in_time)
    for field, day in (("from", first), ("to", last)):
        if day > desk.today + LAID_AHEAD:
            raise InvalidInput(f"{field} {day.isoformat()}: diaries are laid out for {LAID_AHEAD.days} days", field)
    if last < first:
        raise InvalidInput(f"the span {first.isoformat()} to {last.isoformat()} ends before it begins", "to")
    if last - first > _LONGEST_SEARCH:
        raise InvalidInput("the span is longer than a year: ask in parts", "to")
    return max(first, desk.today, not_before or date.min), last


async def _chair(desk: Desk, search: SlotSearch, subjects: Sequence[Subject]) -> UUID | Blocker:
    """Who is to chair, or why nobody may as asked."""
    if search.chair_code is not None:
        chair_id: UUID | None = await store.find_resource(desk.connection, ResourceKind.IRO, search.chair_code)
    else:
        chair_id = rules.own_chair(search.kind, subjects)
    if chair_id is None:
        message = "no officer is allocated who could chair: allocate first, or name a chair"
        return Blocker(code=BlockerCode.NO_CHAIR, message=message, resource=ResourceKind.IRO)
    objection = rules.object_to_chair(search.kind, chair_id, subjects)
    if objection is not None:
        return Blocker(code=objection.code, message=objection.message, resource=ResourceKind.IRO, resource_code=search.chair_code)
    return chair_id


async def _problem(looking: _Looking, span: tuple[date, date], *, covers: bool = True) -> tuple[SlotProblem, Unsuitable]:
    """Where to look on these days, and the rooms that do not suit."""
    (first, last), desk, search, needs = span, looking.desk, looking.search, looking.needs
    within = TimeWindow(local_instant(first, time.min), local_instant(max(first, last) + timedelta(days=1), time.min))
    only = None if covers else looking.chair_id
    shelf: Shelf = await store.load_diaries(desk.connection, needs.kinds, only, within, moving=search.moving_meeting_id, now=desk.now)
    judged = [(diary, rules.object_to_room(seats, features, needs)) for diary, seats, features in shelf.rooms]
    working = england()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    nobody = Diary(id=looking.chair_id or UUID(int=0), code="", at_work=(), busy=())
    problem = SlotProblem(
        needs=needs,
        days=tuple(day for day in days if working.is_working(day) or not search.kind.is_conference),
        hours=desk.settings.hours(search.kind),
        today=desk.today,
        last_in_time=looking.last_in_time,
        chair=next((each for each in shelf.officers if each.id == looking.chair_id), nobody),
        covers=tuple(each for each in shelf.officers if _may_cover(looking, each)),
        rooms=tuple(diary for diary, objection in judged if objection is None),
        note_takers=shelf.note_takers,
        teams=shelf.teams,
        chaired_a_day=desk.settings.chaired_a_day,
        own_times=looking.own_times,
        settings=desk.settings,
        working_days_between=cache(working.between),
    )
    return problem, [(diary, _unsuitable(diary, objection)) for diary, objection in judged if objection is not None]


def _may_cover(looking: _Looking, officer: Diary) -> bool:
    return officer.id != looking.chair_id and rules.object_to_chair(looking.search.kind, officer.id, looking.subjects) is None


def _unsuitable(room: Diary, objection: Objection) -> Blocker:
    return Blocker(code=objection.code, message=objection.message, resource=ResourceKind.ROOM, resource_code=room.code)


async def _later(looking: _Looking, asked: tuple[date, date]) -> list[Blocker]:
    """Whether it would fit in the weeks after the days that were asked for: looked up, not guessed."""
    first, last = asked
    beyond = max(first, last + timedelta(days=1)), england().add(max(first, last), _LOOK_LATER)
    problem, _ = await _problem(looking, beyond, covers=False)
    found = find_slots(problem, 1)
    if not found:
        return []
    message = f"nothing is free until {last.isoformat()}"
    return [Blocker(code=BlockerCode.WINDOW_CLOSED, message=message, would_fit_if=f"it may be at {found[0].starts_at.isoformat()}")]
