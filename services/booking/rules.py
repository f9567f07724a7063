"""Who may chair, and when a meeting may be: judged on plain values, before the database judges what only it can know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.booking.needs import SECOND_WAITING_ROOM, MeetingNeeds
from services.directory.settings import Settings
from services.history.rules import EARLIEST_NOTICE_OF_BIRTH
from services.kernel.errors import InvalidInput, NotEligible
from services.kernel.window import LONDON, TimeWindow, local_instant
from services.kernel.words import CONFERENCES, BlockerCode, MeetingKind, MeetingState, ObligationState
from services.statutory.working_days import england

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=8)
STANDING = frozenset({MeetingState.PROVISIONAL, MeetingState.CONFIRMED, MeetingState.ADJOURNED})
GONE = frozenset({MeetingState.CANCELLED, MeetingState.POSTPONED})
LONGEST_TEXT = 500
_BY_BIRTH = frozenset({MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE})
STARTING = frozenset({MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE, MeetingKind.TRANSFER_IN_CONFERENCE})


def subject_of(child_id: UUID | None, household_id: UUID | None) -> UUID:
    """The one of the two that there is."""
    found = household_id if child_id is None else child_id
    if found is None:
        raise ValueError("neither a child nor a foster household is named")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A child, or a foster household, as the rules see it. `iro_id`: allocated on the day; of a household, who reviews it. `gone_on`:
    it died, or was adopted and so is no child of ours any more. `kin_iros`: of a parent or a child of this child who is known here
    too. `barred`: officers who are not independent of the case, or who review the home in which the child lives. `placed_iros`: of
    children who live in that household. `parents_apart`: of this child's parents one must not meet the other. `complexity`: how many
    grounds are recorded that make the case complex."""

    child_id: UUID | None = None
    household_id: UUID | None = None
    reference: str
    born_on: date | None = None
    gone_on: date | None = None
    iro_id: UUID | None = None
    kin_iros: frozenset[UUID] = frozenset()
    barred: frozenset[UUID] = frozenset()
    placed_iros: frozenset[UUID] = frozenset()
    parents_apart: bool = False
    complexity: int = 0

    @property
    def subject_id(self) -> UUID:
        """The child's identifier, or the household's."""
        return subject_of(self.child_id, self.household_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is owed for one child or foster household. `not_before_on`: it may not be met earlier. `meeting_reference`: of the
    meeting that stands for it already."""

    id: UUID
    child_id: UUID | None = None
    household_id: UUID | None = None
    kind: MeetingKind
    triggered_on: date
    rule_code: str
    statutory_due_on: date
    book_by_on: date
    state: ObligationState
    not_before_on: date | None = None
    meeting_reference: str | None = None

    @property
    def subject_id(self) -> UUID:
        """As of `Subject`."""
        return subject_of(self.child_id, self.household_id)

    @property
    def first_of_care(self) -> bool:
        """The first review of a child new to care takes longer."""
        return self.rule_code == "CARE_REVIEW_FIRST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    code: BlockerCode
    message: str

    def refusal(self) -> NotEligible:
        return NotEligible(self.code, self.message)


OWN_OFFICER_ON_PANEL = Objection(
    code=BlockerCode.ON_SECURE_PANEL, message="a child's own officer does not sit on its secure criteria panel"
)


def object_to_chair(kind: MeetingKind, chair_id: UUID, subjects: Sequence[Subject]) -> Objection | None:
    """Why this officer may not chair such a meeting about these children; None: may.

    Independence of the case (CPPCR 2010 reg 46(3)), parent and child have different officers, a child's own officer does not sit on
    its secure criteria panel, nor review the home of its foster carers. None of these can be overridden.
    """
    if any(chair_id in each.barred for each in subjects):
        return Objection(code=BlockerCode.INDEPENDENCE, message="this officer is not independent of the case and may not chair")
    if any(chair_id in each.kin_iros for each in subjects):
        return Objection(
            code=BlockerCode.PARENT_AND_CHILD, message="this officer reviews the child's parent or child: another one must chair"
        )
    if any(chair_id in each.placed_iros for each in subjects):
        return Objection(
            code=BlockerCode.INDEPENDENCE,
            message="this officer is the IRO of a child placed in this foster home: another one must review it",
        )
    if kind is MeetingKind.SECURE_CRITERIA_REVIEW and any(chair_id == each.iro_id for each in subjects):
        return OWN_OFFICER_ON_PANEL
    return None


def object_to_gone(subjects: Sequence[Subject]) -> str | None:
    """Why no meeting is arranged: about a child who died or was adopted nothing is, on no day."""
    gone = [f"{each.reference} (since {each.gone_on.isoformat()})" for each in subjects if each.gone_on is not None]
    return f"nothing is arranged any more about {', '.join(gone)}: leave it out" if gone else None


def own_chair(kind: MeetingKind, subjects: Sequence[Subject]) -> UUID | None:
    """The officer who chairs if nobody is named: the one allocated to the first child that has one; of a foster home its reviewer."""
    if kind is MeetingKind.SECURE_CRITERIA_REVIEW:
        return None
    return next((each.iro_id for each in subjects if each.iro_id is not None), None)


def object_to_time(kind: MeetingKind, meeting: TimeWindow, settings: Settings, is_working: Callable[[date], bool]) -> Objection | None:
    """Why such a meeting may not be then: a conference is on a working day (census rule 8875); every kind has its hours."""
    begins = meeting.start.astimezone(LONDON)
    day = begins.date()
    if kind.is_conference and not is_working(day):
        return Objection(
            code=BlockerCode.OUTSIDE_HOURS, message=f"{day.isoformat()} is no working day: a conference is held on a working day"
        )
    opens, closes = settings.hours(kind)
    if meeting.start < local_instant(day, opens) or meeting.end > local_instant(day, closes):
        hours = f"{opens.isoformat('minutes')} to {closes.isoformat('minutes')}"
        return Objection(code=BlockerCode.OUTSIDE_HOURS, message=f"meetings of this kind are held from {hours} in England")
    return None


def judge_text(text: str | None, field: str) -> str | None:
    """The text without space around it; None where there is none. Raises `InvalidInput` for one that is too long."""
    kept = (text or "").strip()
    if len(kept) > LONGEST_TEXT:
        raise InvalidInput(f"{field} has at most {LONGEST_TEXT} characters", field)
    return kept or None


def meeting_window(starts_at: datetime, ends_at: datetime | None, minutes: int) -> TimeWindow:
    """From start to end, or for so many minutes; raises `InvalidInput` for a naive time or a length that is none."""
    if starts_at.tzinfo is None or (ends_at is not None and ends_at.tzinfo is None):
        raise InvalidInput(
            "a time needs an offset, for example 2026-11-23T10:00:00+00:00", "startsAt" if starts_at.tzinfo is None else "endsAt"
        )
    if ends_at is not None and ends_at <= starts_at:
        raise InvalidInput(f"endsAt {ends_at.isoformat()} must come after the meeting begins ({starts_at.isoformat()})", "endsAt")
    window = TimeWindow(starts_at, ends_at or starts_at + timedelta(minutes=minutes))
    if not SHORTEST <= window.duration <= LONGEST:
        raise InvalidInput("a meeting takes from 15 minutes to 8 hours", "endsAt")
    return window


def object_to_trigger(triggered_on: date, subject: Subject, last: date) -> str | None:
    """What is wrong with a stated day 0: a clock begins once the child is expected at least, and not after the meeting."""
    if triggered_on > last:
        return f"day 0 ({triggered_on.isoformat()}) cannot come after the meeting: give {last.isoformat()} or an earlier day"
    if subject.born_on is not None and triggered_on < subject.born_on - EARLIEST_NOTICE_OF_BIRTH:
        return f"day 0 ({triggered_on.isoformat()}) comes before {subject.reference} was born"
    return None


def object_to_held_on(held_on: date, dues: Collection[Due]) -> str | None:
    """Why the meeting cannot have been held that day: it answers no clock that had not begun."""
    begun = max((due.triggered_on for due in dues), default=held_on)
    if held_on >= begun:
        return None
    return f"{held_on.isoformat()} comes before what the meeting is for began: give {begun.isoformat()} or later"


class Dated(Protocol):
    """What is owed by the law's day and to be booked by another."""

    @property
    def statutory_due_on(self) -> date: ...
    @property
    def book_by_on(self) -> date: ...


def last_day(kind: MeetingKind, due: Dated) -> date:
    """The last day that needs no manager's reason: the law's; for conferences the book-by day, which is the last working day by
    the law, the census and the unit's own rules.

    Of an unborn child book-by may be a wish for so many weeks of pregnancy, which is no rule: the last working day by the law.
    """
    if kind is MeetingKind.PRE_BIRTH_CONFERENCE:
        return england().last_on_or_before(due.statutory_due_on)
    return due.book_by_on if kind in CONFERENCES else due.statutory_due_on


def object_to_subjects(kind: MeetingKind, *, children: bool, household: bool) -> InvalidInput | None:
    """What is wrong with whom a meeting of that kind is said to be about: a foster home review concerns a household, every other
    kind children."""
    if kind is MeetingKind.FOSTER_HOME_REVIEW:
        if children:
            return InvalidInput(
                "a foster home review is about a household, not about children: leave childReferences out", "childReferences"
            )
        return None if household else InvalidInput("name the foster household whose home is reviewed", "householdReference")
    if household:
        return InvalidInput(f"a {kind.value} is about children: leave householdReference out", "householdReference")
    return None if children else InvalidInput("name the children whom the meeting is about", "childReferences")


def object_to_early(dues: Collection[Due], day: date) -> str | None:
    """Why the meeting may not be that early (a review after a disrupted placement is not held within 28 days: AAR 2005 reg 36)."""
    first = first_day(dues)
    if first is None or day >= first:
        return None
    return f"{day.isoformat()} is too early: what the meeting is for may be met from {first.isoformat()} on"


def first_day(dues: Collection[Due]) -> date | None:
    """The first day on which all of it may be met; None: any."""
    return max((due.not_before_on for due in dues if due.not_before_on is not None), default=None)


def leading_kind(asked: MeetingKind, kinds: Collection[MeetingKind]) -> MeetingKind:
    """Of several kinds that sit together the gravest, which says how long the meeting takes and what it needs; else as asked."""
    conferences = [kind for kind in MeetingKind if kind in kinds and kind.is_conference]
    return conferences[0] if conferences and asked.is_conference else asked


def most_pressing(dues: Collection[Due]) -> Due | None:
    """The one by which the whole meeting is judged."""
    return min(dues, key=lambda each: (last_day(each.kind, each), each.book_by_on), default=None)


def choose_due(dues: Collection[Due], kinds: Collection[MeetingKind], triggered_on: date | None = None) -> Due | None:
    """Of what is owed for one child, what a meeting is for: of these kinds, that of day 0 `triggered_on`, or the first not booked.

    One that a meeting stands for already is answered only if there is no other.
    """
    fitting = [each for each in dues if each.kind in kinds and triggered_on in (None, each.triggered_on)]
    free = [each for each in fitting if each.meeting_reference is None]
    return min(free or fitting, key=lambda each: (each.book_by_on, each.triggered_on), default=None)


def choose_dues(kind: MeetingKind, owed: Sequence[Collection[Due]], triggered_on: date | None) -> list[Due | None]:
    """The same for each of several children: where one is owed a conference of the asked kind, a brother or sister on another
    clock sits with it at the conference that is owed there. None: nothing fits.

    Whether the child is born yet, and which kind of conference it therefore is, the records know better than the caller.
    """
    chosen = [choose_due(dues, {kind}, triggered_on) for dues in owed]
    if kind in _BY_BIRTH and not any(chosen):
        chosen = [choose_due(dues, _BY_BIRTH, triggered_on) for dues in owed]
    if kind not in CONFERENCES or not any(chosen):
        return chosen
    return [due or choose_due(dues, CONFERENCES) for due, dues in zip(chosen, owed, strict=True)]


def also_answered(kind: MeetingKind, dues: Collection[Due], day: date | None = None) -> Due | None:
    """What else of one child a meeting of that kind answers: until a child is placed for adoption both its clocks run, and one
    review is held for both (the earlier day binds)."""
    if kind is not MeetingKind.ADOPTION_REVIEW:
        return None
    running = [
        due
        for due in dues
        if due.kind is MeetingKind.CARE_REVIEW
        and due.state is ObligationState.OPEN
        and due.meeting_reference is None
        and (day is None or due.triggered_on <= day)
    ]
    return min(running, key=lambda due: due.triggered_on, default=None)


def object_to_room(seats: int, features: Collection[str], needs: MeetingNeeds) -> Objection | None:
    """Why a room does not suit such a meeting; None: it does. A kind that is not held in a room of the unit takes any, but for people
    who must not meet only one with two places to wait."""
    shape = needs.shape
    if shape.in_unit_room and seats < shape.seats:
        return Objection(code=BlockerCode.ROOM_TOO_SMALL, message=f"the room has {seats} seats, {shape.seats} are needed")
    wanted = needs.room_features if shape.in_unit_room else needs.room_features - set(shape.features)
    missing = sorted(wanted - set(features))
    if missing:
        because = ", and the parents must not meet" if SECOND_WAITING_ROOM in missing else ""
        return Objection(code=BlockerCode.ROOM_LACKS_FEATURE, message=f"the room lacks {', '.join(missing)}{because}")
    return None
