"""The closed vocabularies of the field, as the graph and the database spell them."""

from __future__ import annotations

from enum import Enum, StrEnum


class MeetingKind(StrEnum):
    INITIAL_CONFERENCE = "INITIAL_CONFERENCE"
    PRE_BIRTH_CONFERENCE = "PRE_BIRTH_CONFERENCE"
    TRANSFER_IN_CONFERENCE = "TRANSFER_IN_CONFERENCE"
    REVIEW_CONFERENCE = "REVIEW_CONFERENCE"
    CARE_REVIEW = "CARE_REVIEW"
    ADOPTION_REVIEW = "ADOPTION_REVIEW"
    SHORT_BREAK_REVIEW = "SHORT_BREAK_REVIEW"
    SECURE_CRITERIA_REVIEW = "SECURE_CRITERIA_REVIEW"
    FOSTER_HOME_REVIEW = "FOSTER_HOME_REVIEW"

    @property
    def is_conference(self) -> bool:
        """Child protection conferences, as opposed to reviews of children in care and of carers."""
        return self in CONFERENCES


CONFERENCES = frozenset(
    {
        MeetingKind.INITIAL_CONFERENCE,
        MeetingKind.PRE_BIRTH_CONFERENCE,
        MeetingKind.TRANSFER_IN_CONFERENCE,
        MeetingKind.REVIEW_CONFERENCE,
    }
)


class MeetingState(StrEnum):
    PROVISIONAL = "PROVISIONAL"
    CONFIRMED = "CONFIRMED"
    HELD = "HELD"
    ADJOURNED = "ADJOURNED"
    POSTPONED = "POSTPONED"
    CANCELLED = "CANCELLED"


class Timeliness(StrEnum):
    NOT_YET_DUE = "NOT_YET_DUE"
    IN_TIME = "IN_TIME"
    LATE = "LATE"
    LATE_ADJOURNED = "LATE_ADJOURNED"
    OVERDUE = "OVERDUE"
    VOID = "VOID"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class ResourceKind(StrEnum):
    IRO = "IRO"
    ROOM = "ROOM"
    NOTE_TAKER = "NOTE_TAKER"
    POLICE = "POLICE"

    def named(self, code: str) -> str:
        """What the code is of, and the code, `note-taker NT-01`; a code that says so itself stands alone, `IRO-01`."""
        noun = self.value if self is ResourceKind.IRO else self.value.lower().replace("_", "-")
        return code if code.casefold().startswith(noun.casefold()) else f"{noun} {code}"


class CaseloadState(StrEnum):
    UNDER = "UNDER"
    NEAR = "NEAR"
    OVER = "OVER"
    UNAVAILABLE = "UNAVAILABLE"


class RunState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PROPOSED = "PROPOSED"
    APPLYING = "APPLYING"
    APPLIED = "APPLIED"
    SUPERSEDED = "SUPERSEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Nothing more happens to such a run by itself (PROPOSED waits for a person)."""
        return self not in (RunState.QUEUED, RunState.RUNNING, RunState.APPLYING)


class Role(StrEnum):
    BUSINESS_SUPPORT = "BUSINESS_SUPPORT"
    IRO = "IRO"
    MANAGER = "MANAGER"
    NOTE_TAKER = "NOTE_TAKER"
    POLICE_LIAISON = "POLICE_LIAISON"
    SOCIAL_WORKER = "SOCIAL_WORKER"
    AUDITOR = "AUDITOR"
    SERVICE = "SERVICE"


class ParticipationCode(StrEnum):
    """SSDA903 REVIEW_CODE: how a child took part in a review (`PN0`: under four)."""

    PN0 = "PN0"
    PN1 = "PN1"
    PN2 = "PN2"
    PN3 = "PN3"
    PN4 = "PN4"
    PN5 = "PN5"
    PN6 = "PN6"
    PN7 = "PN7"


class TimescaleUnit(StrEnum):
    WORKING_DAYS = "WORKING_DAYS"
    DAYS = "DAYS"
    WEEKS = "WEEKS"
    MONTHS = "MONTHS"
    YEARS = "YEARS"


class InvitationMethod(StrEnum):
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class InvitationState(StrEnum):
    OWED = "OWED"
    SENT = "SENT"
    SUPERSEDED = "SUPERSEDED"
    REFUSED = "REFUSED"


class ReplyAnswer(StrEnum):
    """What an addressee answers to an invitation."""

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


class ReplyOutcome(StrEnum):
    """What became of a mail that came to the organiser's address. All but TAKEN change nothing."""

    TAKEN = "TAKEN"
    REPEATED = "REPEATED"
    STALE = "STALE"
    UNKNOWN = "UNKNOWN"
    NEVER_SENT = "NEVER_SENT"
    NOT_THE_ADDRESSEE = "NOT_THE_ADDRESSEE"
    FORGED = "FORGED"
    NO_ANSWER = "NO_ANSWER"
    NO_REPLY = "NO_REPLY"
    MALFORMED = "MALFORMED"
    TOO_LARGE = "TOO_LARGE"


class TaskKind(StrEnum):
    """What waits for a person: of invitations, and of what a meeting owes before it and after it."""

    DECLINED = "DECLINED"
    TIME_PROPOSED = "TIME_PROPOSED"
    UNDELIVERABLE = "UNDELIVERABLE"
    POLICE_NOTICE = "POLICE_NOTICE"
    REPORT_REQUEST = "REPORT_REQUEST"
    REMINDER = "REMINDER"
    RAG_DOCUMENT = "RAG_DOCUMENT"
    DECISION_LETTER = "DECISION_LETTER"
    DECISIONS_TO_MANAGER = "DECISIONS_TO_MANAGER"
    RECORD_WRITTEN = "RECORD_WRITTEN"
    RECORD_DISTRIBUTED = "RECORD_DISTRIBUTED"


class TaskOf(StrEnum):
    """Who has to do a task. Nobody takes the place of another but of one whom the meeting has not."""

    CHAIR = "CHAIR"
    NOTE_TAKER = "NOTE_TAKER"
    BUSINESS_SUPPORT = "BUSINESS_SUPPORT"


class FeedScope(StrEnum):
    IRO = "IRO"
    ROOM = "ROOM"
    NOTE_TAKER = "NOTE_TAKER"
    POLICE_TEAM = "POLICE_TEAM"
    UNIT = "UNIT"


class AbsenceReason(StrEnum):
    LEAVE = "LEAVE"
    SICKNESS = "SICKNESS"
    COURT = "COURT"
    TRAINING = "TRAINING"
    OTHER_DUTY = "OTHER_DUTY"
    CLOSURE = "CLOSURE"
    OTHER = "OTHER"


class ObligationState(StrEnum):
    """EXPECTED: its trigger is a meeting that is booked but not yet held."""

    OPEN = "OPEN"
    EXPECTED = "EXPECTED"
    HELD = "HELD"
    VOID = "VOID"


class CareStatus(StrEnum):
    """What holds of a child in care for some time and has a clock of its own, or changes one."""

    SHORT_BREAK = "SHORT_BREAK"
    REMAND = "REMAND"
    AUTHORISED_FOR_ADOPTION = "AUTHORISED_FOR_ADOPTION"
    PLACED_FOR_ADOPTION = "PLACED_FOR_ADOPTION"
    SECURE = "SECURE"
    LONG_TERM_PLACEMENT = "LONG_TERM_PLACEMENT"


class CareStatusEnd(StrEnum):
    """Why a status of care ended. CARE_ENDED, ADOPTED, DIED: with what it hung on."""

    ENDED = "ENDED"
    REVOKED = "REVOKED"
    DISRUPTED = "DISRUPTED"
    CARE_ENDED = "CARE_ENDED"
    ADOPTED = "ADOPTED"
    DIED = "DIED"


class PlanEnd(StrEnum):
    """Why a child protection plan ended: a review conference decides it; nothing else does but these."""

    REVIEW_CONFERENCE = "REVIEW_CONFERENCE"
    TURNED_18 = "TURNED_18"
    MOVED_ABROAD = "MOVED_ABROAD"
    TRANSFERRED_OUT = "TRANSFERRED_OUT"
    ADOPTED = "ADOPTED"
    DIED = "DIED"


class EarlierReviewReason(StrEnum):
    """Why a review or a conference must be held earlier than its interval says."""

    IRO_REQUESTS = "IRO_REQUESTS"
    WELFARE_NOT_SAFEGUARDED = "WELFARE_NOT_SAFEGUARDED"
    LEAVING_REMAND = "LEAVING_REMAND"
    CEASING_TO_BE_LOOKED_AFTER = "CEASING_TO_BE_LOOKED_AFTER"
    CHILD_REQUESTS = "CHILD_REQUESTS"
    CARE_PLAN_CHANGE = "CARE_PLAN_CHANGE"
    BECAME_LOOKED_AFTER = "BECAME_LOOKED_AFTER"
    CIRCUMSTANCES_CHANGED = "CIRCUMSTANCES_CHANGED"


class TransferDirection(StrEnum):
    IN = "IN"
    OUT = "OUT"


class IdentityState(StrEnum):
    """Two references that may be one child."""

    PROPOSED = "PROPOSED"
    MERGED = "MERGED"
    REJECTED = "REJECTED"
    UNDONE = "UNDONE"


class BlockerCode(StrEnum):
    CHAIR_BUSY = "CHAIR_BUSY"
    CHAIR_ABSENT = "CHAIR_ABSENT"
    CHAIR_NOT_ELIGIBLE = "CHAIR_NOT_ELIGIBLE"
    NO_CHAIR = "NO_CHAIR"
    ROOM_BUSY = "ROOM_BUSY"
    ROOM_TOO_SMALL = "ROOM_TOO_SMALL"
    ROOM_LACKS_FEATURE = "ROOM_LACKS_FEATURE"
    NO_ROOM = "NO_ROOM"
    NOTE_TAKER_BUSY = "NOTE_TAKER_BUSY"
    NO_NOTE_TAKER = "NO_NOTE_TAKER"
    WRITE_UP_FULL = "WRITE_UP_FULL"
    POLICE_AT_CAPACITY = "POLICE_AT_CAPACITY"
    POLICE_OFF_DUTY = "POLICE_OFF_DUTY"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    WINDOW_CLOSED = "WINDOW_CLOSED"
    OVER_LIMIT = "OVER_LIMIT"
    INDEPENDENCE = "INDEPENDENCE"
    PARENT_AND_CHILD = "PARENT_AND_CHILD"
    ON_SECURE_PANEL = "ON_SECURE_PANEL"
    UNAVAILABLE = "UNAVAILABLE"
    SIBLINGS_ELSEWHERE = "SIBLINGS_ELSEWHERE"
    COSTLIER = "COSTLIER"
    PANEL_TOO_SMALL = "PANEL_TOO_SMALL"
    PANEL_NOT_INDEPENDENT = "PANEL_NOT_INDEPENDENT"


class Consent(StrEnum):
    """Whether someone who is to come has agreed to; who refused is not invited."""

    NOT_ASKED = "NOT_ASKED"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"


class PlacementChange(StrEnum):
    """What a placement of a plan does: a new meeting, other resources for one that stands, or another time for it."""

    BOOKS = "BOOKS"
    REPAIRS = "REPAIRS"
    MOVES = "MOVES"


class Certainty(StrEnum):
    """How much is known of what a plan reaches of a goal: no plan does better; none does better than a bound that is told; nothing."""

    PROVEN = "PROVEN"
    BOUNDED = "BOUNDED"
    HEURISTIC = "HEURISTIC"


class Alternative(StrEnum):
    """How a time that is offered differs from the best of those that were asked for."""

    ANOTHER_DAY = "ANOTHER_DAY"
    ANOTHER_ROOM = "ANOTHER_ROOM"
    COVER_CHAIR = "COVER_CHAIR"
    REMOTE = "REMOTE"


class Weekday(StrEnum):
    """The days of a week in their order."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class WishedPlace(StrEnum):
    """Where a child wants its reviews to be: in a room of the unit, somewhere else, or by video."""

    UNIT = "UNIT"
    ELSEWHERE = "ELSEWHERE"
    REMOTE = "REMOTE"


class Wish(StrEnum):
    """What of a child's own time a meeting does not respect."""

    WEEKDAY = "WEEKDAY"
    HOURS = "HOURS"
    PLACE = "PLACE"
    SCHOOL = "SCHOOL"
    ACTIVITY = "ACTIVITY"


class Omitted(Enum):
    """The value of an input field that the caller left out: keep what is, or choose for me. (None means: none.)"""

    OMITTED = "OMITTED"


OMITTED = Omitted.OMITTED


class IndependenceGround(StrEnum):
    """Why an officer may not have a child (Care Planning Regulations 2010, reg. 46(3)); a personal tie is local practice."""

    HAD_CHARGE = "HAD_CHARGE"
    MANAGES_THE_CASE = "MANAGES_THE_CASE"
    CONTROLS_RESOURCES = "CONTROLS_RESOURCES"
    PERSONAL_CONNECTION = "PERSONAL_CONNECTION"


class Complexity(StrEnum):
    """What makes a child's case complex beyond what its records show."""

    FABRICATED_OR_INDUCED_ILLNESS = "FABRICATED_OR_INDUCED_ILLNESS"
    OPEN_DISPUTE = "OPEN_DISPUTE"
    OTHER = "OTHER"


class ApprovalGround(StrEnum):
    """Why a person's allocation waits for another manager."""

    OVER_LIMIT = "OVER_LIMIT"
    CHANGE_OF_IRO = "CHANGE_OF_IRO"
    AGAINST_RECOMMENDATION = "AGAINST_RECOMMENDATION"


class RequestState(StrEnum):
    """A decision that waits for another manager, and what became of it."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    OVERTAKEN = "OVERTAKEN"


class ChairAfterMove(StrEnum):
    """What becomes of the chair of a booked meeting whose children get another IRO."""

    REPLACED = "REPLACED"
    COVER = "COVER"
    RELEASED = "RELEASED"
