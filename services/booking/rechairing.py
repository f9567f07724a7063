"""Booked meetings whose children get another IRO: she chairs them where she is free, else the old chair does, else nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.booking import rules, store, subject_store
from services.booking.absences import release
from services.booking.changing import read_for_change
from services.booking.desk import Desk
from services.booking.entry import Entry
from services.booking.needs import Span, span_of
from services.booking.recasting import needs_as_it_is, recast
from services.booking.rows import OfficerThen
from services.booking.rules import Subject
from services.directory.settings import Settings
from services.directory.store import load_settings
from services.kernel.errors import InvalidInput, NotEligible, OutsideAvailability, Rejected, ResourceTaken
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import ChairAfterMove, MeetingKind, ResourceKind
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "rechairing.sql")
RECHAIRED = "RECHAIRED"
RESTORED = "CHAIR_RESTORED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaired:
    """A meeting to come that an officer chairs as the IRO of children who leave her. `notices`: invitations that another chair
    changes. `lost`: it has lost its chair already, and nobody chairs it."""

    meeting_id: UUID
    version: int
    kind: MeetingKind
    starts_at: datetime
    child_ids: tuple[UUID, ...]
    notices: int
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChair:
    """This officer is to chair that meeting."""

    meeting_id: UUID
    iro_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would become of the chair, and why."""

    chair: ChairAfterMove
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechaired:
    """What became of the chair, and why. `version`: the meeting's from now on."""

    chair: ChairAfterMove
    message: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A meeting that another is to chair, as it stands. `spans`: what each sitting to come takes of its chair."""

    wanted: NewChair
    entry: Entry
    subjects: tuple[Subject, ...]
    spans: tuple[Span, ...]


async def chaired_for(
    connection: Connection, child_ids: Collection[UUID], iro_id: UUID, today: date, *, leaving: Collection[UUID] | None = None
) -> tuple[Chaired, ...]:
    """The meetings from tomorrow on that stand, concern any of these children, and are chaired by this officer as their IRO; those,
    too, that have lost their chair.

    One that is also about a child that stays hers she goes on to chair. `leaving`: all children who leave her by the same
    decision (left out: these). Secure criteria panels are chaired by nobody's IRO. In order of time.
    """
    gone = child_ids if leaving is None else {*leaving, *child_ids}
    rows = _sql.chaired_for(connection, child_ids=list(child_ids), iro_id=iro_id, leaving=list(gone), today=today)
    return tuple([Chaired(**{**row, "kind": MeetingKind(row["kind"]), "child_ids": tuple(row["child_ids"])}) async for row in rows])


async def foresee(
    connection: Connection, wanted: Sequence[NewChair], now: datetime, *, today: date | None = None, away: Collection[UUID] = ()
) -> dict[UUID, Foreseen]:
    """What would become of each meeting's chair as things stand; nothing is written.

    Of two that want one officer at one time the first in `wanted` gets her; nobody counts as free because she gives a meeting away.
    So whatever is REPLACED here is so in any order, and each also without the others, while the world stays as it is. `away`:
    officers who will not be there whatever the records say.
    """
    day = today or civil_day(now)
    settings = await load_settings(connection, day)
    once = {each.meeting_id: each for each in reversed(wanted)}  # of two wishes for one meeting the first
    looks = [await _look(connection, once[key], settings, day) for key in dict.fromkeys(each.meeting_id for each in wanted)]
    then = iter(await store.load_officers_then(connection, [(each.wanted.iro_id, span) for each in looks for span in each.spans], now))
    given: dict[UUID, list[TimeWindow]] = {}
    found: dict[UUID, Foreseen] = {}
    for look in looks:
        officer = [next(then) for _ in look.spans]
        taken = given.setdefault(look.wanted.iro_id, [])
        why = _why_not(look, officer, taken)
        if why is None:
            taken.extend(span.blocked for span in look.spans)
            found[look.entry.id] = Foreseen(chair=ChairAfterMove.REPLACED, message=_replaced(officer[0].code))
        else:
            found[look.entry.id] = await _otherwise(connection, look, why, now, away)
    return found


async def rechair_in(desk: Desk, meeting_id: UUID, version: int, new_iro_id: UUID, reason: str, *, away: bool = False) -> Rechaired:
    """REPLACED: the new officer chairs it and holds the time. COVER: she is not free, the old chair goes on. RELEASED: nobody chairs
    it, its needs list a chair. Whose own view has changed is told. `away`: the old chair will not be there.

    In the caller's transaction. Raises `NotFound`, `StaleVersion`, `InvalidInput` where it does not stand any more.
    """
    return await _rechair(desk, meeting_id, version, new_iro_id, reason, RECHAIRED, away=away)


async def restore_chair_in(desk: Desk, meeting_id: UUID, version: int, iro_id: UUID | None, reason: str) -> Rechaired:
    """The officer who chaired it before chairs it again where she is free (REPLACED); else as `rechair_in`. None: it had no chair,
    and has none again."""
    if iro_id is not None:
        return await _rechair(desk, meeting_id, version, iro_id, reason, RESTORED, away=False)
    entry = await read_for_change(desk, meeting_id, version, rules.STANDING)
    return await _release(desk, entry, "it had no chair before", _said(reason))


async def _rechair(desk: Desk, meeting_id: UUID, version: int, iro_id: UUID, reason: str, what: str, *, away: bool) -> Rechaired:
    said = _said(reason)
    entry = await read_for_change(desk, meeting_id, version, rules.STANDING)
    present = entry.cast.chair
    if present is not None and present.id == iro_id:
        return Rechaired(chair=ChairAfterMove.REPLACED, message=f"{present.code} chairs it already", version=entry.version)
    look = await _looked(desk.connection, NewChair(meeting_id=meeting_id, iro_id=iro_id), entry, desk.settings, desk.today)
    try:
        after = await _give(desk, look, what, said)
    except (ResourceTaken, OutsideAvailability, NotEligible) as fault:
        why = _told(fault)
    else:
        assert after.cast.chair is not None
        return Rechaired(chair=ChairAfterMove.REPLACED, message=_replaced(after.cast.chair.code), version=after.version)
    gone = {present.id} if away and present is not None else set()
    foreseen = await _otherwise(desk.connection, look, why, desk.now, gone)
    if foreseen.chair is ChairAfterMove.RELEASED:
        return await _release(desk, entry, foreseen.message, said)
    return Rechaired(chair=foreseen.chair, message=foreseen.message, version=entry.version)


async def _give(desk: Desk, look: _Look, what: str, reason: str) -> Entry:
    """The officer holds the time in the old chair's place, or nothing has changed."""
    objection = rules.object_to_chair(look.entry.kind, look.wanted.iro_id, look.subjects)
    if objection is not None:
        raise objection.refusal()
    return await recast(desk, look.entry, {ResourceKind.IRO: look.wanted.iro_id}, what, reason)


async def _release(desk: Desk, entry: Entry, message: str, reason: str) -> Rechaired:
    chair = entry.cast.chair
    if chair is None:
        return Rechaired(chair=ChairAfterMove.RELEASED, message=message, version=entry.version)
    await release(desk, entry, {chair.id}, reason)
    return Rechaired(chair=ChairAfterMove.RELEASED, message=message, version=entry.version + 1)


async def _look(connection: Connection, wanted: NewChair, settings: Settings, today: date) -> _Look:
    return await _looked(connection, wanted, await store.read_entry(connection, wanted.meeting_id), settings, today)


async def _looked(connection: Connection, wanted: NewChair, entry: Entry, settings: Settings, today: date) -> _Look:
    _, first = entry.to_come[0]
    subjects = await subject_store.load_item_subjects(connection, entry.items, max(civil_day(first.start), today))
    needs = needs_as_it_is(entry, settings)
    spans = tuple(span_of(ResourceKind.IRO, needs, window) for _, window in entry.to_come)
    return _Look(wanted=wanted, entry=entry, subjects=subjects, spans=spans)


def _why_not(look: _Look, officer: Sequence[OfficerThen], given: Sequence[TimeWindow]) -> str | None:
    """Why the new officer, as she is at each of its sittings, cannot chair it; None: she can."""
    objection = rules.object_to_chair(look.entry.kind, look.wanted.iro_id, look.subjects)
    if objection is not None:
        return objection.message
    for then, span in zip(officer, look.spans, strict=True):
        if not then.at_work:
            return _told(OutsideAvailability(ResourceKind.IRO, then.code))
        clashes = [] if then.taken is None else [then.taken]
        clashes += [each for each in given if each.overlaps(span.blocked)]
        if clashes:
            return _told(ResourceTaken(ResourceKind.IRO, then.code, clashes[0].start, clashes[0].end))
    return None


async def _otherwise(connection: Connection, look: _Look, why: str, now: datetime, away: Collection[UUID]) -> Foreseen:
    """What becomes of the chair where the new officer cannot have it."""
    chair = look.entry.cast.chair
    if chair is None:
        return Foreseen(chair=ChairAfterMove.RELEASED, message=f"{why}: nobody chairs it")
    then = await store.load_officers_then(connection, [(chair.id, span) for span in look.spans], now)
    barred = rules.object_to_chair(look.entry.kind, chair.id, look.subjects)
    if barred is not None:
        return Foreseen(chair=ChairAfterMove.RELEASED, message=f"{why}; {chair.code} may not go on ({barred.message}): nobody chairs it")
    if any(each.away for each in then) or chair.id in away:
        return Foreseen(chair=ChairAfterMove.RELEASED, message=f"{why}, and {chair.code} is not there then: nobody chairs it")
    return Foreseen(chair=ChairAfterMove.COVER, message=f"{why}: {chair.code} chairs it in her place")


def _told(fault: Rejected) -> str:
    return str(fault)


def _replaced(code: str) -> str:
    return f"{code} is free then and chairs it"


def _said(reason: str) -> str:
    said = rules.judge_text(reason, "reason")
    if said is None:
        raise InvalidInput("say why: the chair of a meeting is not changed without a reason", "reason")
    return said
