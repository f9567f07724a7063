"""What a meeting owes at an hour: which papers, whose each is and by when. Pure.

Before it: from so long before its start on, until it begins; what is booked too late for that is owed at once. After it: from its end
on, when it stands or is held. Nobody can tell an end from a meeting that was called off at the door: so the deadlines begin with the
hour, lest that of 24 hours be over before anybody has recorded it, and lapse when it turns out not to have taken place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from services.directory.paper_trail import AFTER, BEFORE, PaperTrail, Span, Spans, SpanUnit
from services.kernel.window import LONDON, TimeWindow, civil_day, local_instant
from services.kernel.words import MeetingKind, MeetingState, TaskKind, TaskOf
from services.statutory.working_days import WorkingDays

MAILED_FROM = time(8)
"""The hour, by the clock in England, at which what is due to be sent on a working day is."""
_DAY = timedelta(days=1)
_TO_COME = frozenset({MeetingState.CONFIRMED, MeetingState.ADJOURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """`held_on`: the day on which it took place; None: it is to come, or nobody has said."""

    window: TimeWindow
    held_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailMeeting:
    """A meeting, as far as its papers depend on it. `kinds`: of all that it is; `sittings`: one at least, in order."""

    id: UUID
    reference: str
    kinds: frozenset[MeetingKind]
    state: MeetingState
    sittings: tuple[Sitting, ...]
    chair_id: UUID | None = None
    note_taker_id: UUID | None = None
    police_team_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One paper. `runs_from`: the start before which, or the end after which it is due. `due_at`: it is overdue from then on; `due_on`:
    the whole day at whose end that is, None where it is an hour. `owner_id`: of the chair or note-taker whose it is."""

    kind: TaskKind
    of: TaskOf
    owner_id: UUID | None
    runs_from: datetime
    due_at: datetime
    due_on: date | None


def steps(meeting: TrailMeeting, policy: PaperTrail, hour: datetime, days: WorkingDays) -> tuple[Step, ...]:
    """All that is owed at that hour, done or not, in the order of the law's table."""
    return (*_before(meeting, policy, hour, days), *_after(meeting, policy, hour, days))


def next_look(meeting: TrailMeeting, policy: PaperTrail, hour: datetime, days: WorkingDays) -> datetime | None:
    """The first instant after that hour at which more or less is owed, if nothing changes by then; None: there is none."""
    coming = [begins for _, begins in _beginnings(meeting, policy, hour, days)]
    if meeting.state in _TO_COME:
        coming += [each.window.start for each in meeting.sittings if each.held_on is None]
        coming.append(meeting.sittings[-1].window.end)
    return min((each for each in coming if each > hour), default=None)


def due_from(meeting: TrailMeeting, policy: PaperTrail, kind: TaskKind, hour: datetime, days: WorkingDays) -> datetime:
    """From when on one of the papers is owed that is owed before the meeting at that hour."""
    return dict(_beginnings(meeting, policy, hour, days))[kind]


def reports_by(meeting: TrailMeeting, policy: PaperTrail, days: WorkingDays) -> date | None:
    """The last day on which reports for it are in time; None where none are asked for."""
    begins = meeting.sittings[0].window.start
    wanted = [_instant_before(span, begins, days) for span in _spans_of(meeting, policy.reports)]
    return civil_day(min(wanted)) if wanted else None


def ended_at(meeting: TrailMeeting) -> datetime:
    """When its last sitting was over: as booked, on the day on which it was held."""
    last = meeting.sittings[-1]
    ends = last.window.end.astimezone(LONDON)
    if last.held_on is None or last.held_on == ends.date():
        return last.window.end
    return _on(last.held_on, ends.time())


def has_gone_on(meeting: TrailMeeting, since: datetime) -> bool:
    """Whether what has ended is another sitting than the one that was over then: it was adjourned, or moved to later. The same sitting,
    held on another day than booked, is not."""
    return ended_at(meeting) > since and meeting.sittings[-1].window.start >= since


def _before(meeting: TrailMeeting, policy: PaperTrail, hour: datetime, days: WorkingDays) -> Iterator[Step]:
    for kind, begins in _beginnings(meeting, policy, hour, days):
        if begins <= hour:
            due_on = max(civil_day(begins), civil_day(hour))
            yield Step(
                kind=kind,
                of=TaskOf.BUSINESS_SUPPORT,
                owner_id=None,
                runs_from=_runs_from(meeting, kind, hour),
                due_at=local_instant(due_on + _DAY, time.min),
                due_on=due_on,
            )


def _beginnings(meeting: TrailMeeting, policy: PaperTrail, hour: datetime, days: WorkingDays) -> Iterator[tuple[TaskKind, datetime]]:
    """From when on each paper before the meeting is owed, of one that is still to come."""
    if meeting.state not in _TO_COME:
        return
    for kind in BEFORE:
        spans = _spans_of(meeting, policy.spans.get(kind, {}))
        wanted = kind is not TaskKind.POLICE_NOTICE or meeting.police_team_id is not None
        starts = _runs_from(meeting, kind, hour)
        if spans and wanted and starts > hour:
            yield kind, min(_instant_before(span, starts, days) for span in spans)


def _runs_from(meeting: TrailMeeting, kind: TaskKind, hour: datetime) -> datetime:
    """The start of which a paper tells: reminders come before each sitting, all else before the first."""
    to_come = [each.window.start for each in meeting.sittings if each.held_on is None and each.window.start > hour]
    return to_come[0] if kind is TaskKind.REMINDER and to_come else meeting.sittings[0].window.start


def _after(meeting: TrailMeeting, policy: PaperTrail, hour: datetime, days: WorkingDays) -> Iterator[Step]:
    ended = ended_at(meeting)
    if meeting.state is not MeetingState.HELD and (
        meeting.state not in _TO_COME or ended > hour or meeting.sittings[-1].held_on is not None
    ):
        return
    for kind in AFTER:
        spans = _spans_of(meeting, policy.spans.get(kind, {}))
        if spans:
            of, owner_id = _owner(meeting, policy.of[kind])
            due_at, due_on = min((_due(span, ended, days) for span in spans), key=lambda due: due[0])
            yield Step(kind=kind, of=of, owner_id=owner_id, runs_from=ended, due_at=due_at, due_on=due_on)


def _spans_of(meeting: TrailMeeting, spans: Spans) -> list[Span]:
    return [spans[kind] for kind in sorted(meeting.kinds) if kind in spans]


def _owner(meeting: TrailMeeting, of: TaskOf) -> tuple[TaskOf, UUID | None]:
    """Whose it is: of a meeting without a note-taker its chair's, of one without a chair business support's."""
    if of is TaskOf.NOTE_TAKER and meeting.note_taker_id is not None:
        return of, meeting.note_taker_id
    if of is not TaskOf.BUSINESS_SUPPORT and meeting.chair_id is not None:
        return TaskOf.CHAIR, meeting.chair_id
    return TaskOf.BUSINESS_SUPPORT, None


def _instant_before(span: Span, starts: datetime, days: WorkingDays) -> datetime:
    if span.unit is SpanUnit.HOURS:
        return starts.astimezone(UTC) - timedelta(hours=span.amount)
    return min(_on(days.subtract(civil_day(starts), span.amount), MAILED_FROM), starts)


def _due(span: Span, ended: datetime, days: WorkingDays) -> tuple[datetime, date | None]:
    if span.unit is SpanUnit.HOURS:
        return ended.astimezone(UTC) + timedelta(hours=span.amount), None
    due_on = days.add(civil_day(ended), span.amount)
    return local_instant(due_on + _DAY, time.min), due_on


def _on(day: date, clock: time) -> datetime:
    """By the clock on the wall; an hour that the clocks skip is the one after it."""
    return datetime.combine(day, clock, tzinfo=LONDON).astimezone(UTC)
