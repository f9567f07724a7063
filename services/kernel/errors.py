"""The errors that callers of a service may meet.

::

    ConveneError
    ├── Rejected                the caller can change something; nothing was done
    │   ├── InvalidInput        a value is wrong: says which field, and what would be right
    │   ├── NotFound            no such thing, or not for this viewer: the two look alike
    │   ├── Forbidden           this role may not do it
    │   ├── StaleVersion        the meeting has changed since it was read
    │   ├── ResourceTaken       chair, room, note-taker or police place is held by another meeting then
    │   ├── OutsideAvailability the resource is not at work then
    │   ├── OutsideTimescale    later than the law's day, without a manager's reason
    │   ├── NotEligible         a rule of independence or role forbids it
    │   ├── RequestKeyReused    the request key was used before with another body
    │   ├── HasMeetings         meetings stand in that time
    │   └── Superseded          the world has changed since the proposal
    ├── Impossible              proved: no answer exists, with the rules at fault
    └── Unavailable             try again; nothing is known to be wrong with the request

Anything else that escapes a service is a bug: it is masked to clients and logged with an id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.kernel.wall_clock import told_span
from services.kernel.words import BlockerCode, ResourceKind


class ConveneError(Exception):
    """Whatever a service raises on purpose. `str(error)` is one plain sentence for the caller."""


class Rejected(ConveneError):
    """The caller can change something; nothing was done."""


class InvalidInput(Rejected):
    """A value is wrong; `field` names it."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(Rejected):
    """No such thing, or not for this viewer."""


class Forbidden(Rejected):
    """This role may not do it."""


class StaleVersion(Rejected):
    """The meeting has changed since it was read; `version` is the one it has now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the meeting has changed since you read it: it is at version {version} now; read it again")
        self.version = version


class ResourceTaken(Rejected):
    """A resource is held by another meeting from `starts_at` to `ends_at` (its own blocked span)."""

    def __init__(self, kind: ResourceKind, code: str, starts_at: datetime, ends_at: datetime) -> None:
        super().__init__(f"{kind.named(code)} is taken {told_span(starts_at, ends_at)}")
        self.kind = kind
        self.code = code
        self.starts_at = starts_at
        self.ends_at = ends_at


class OutsideAvailability(Rejected):
    """A resource is not at work at that time."""

    def __init__(self, kind: ResourceKind, code: str) -> None:
        super().__init__(f"{kind.named(code)} is not at work at that time")
        self.kind = kind
        self.code = code


class OutsideTimescale(Rejected):
    """The day is later than the law's (for conferences: than book-by) and no manager's reason was given."""

    def __init__(self, statutory_due_on: date, book_by_on: date) -> None:
        super().__init__(
            f"the law's latest day is {statutory_due_on.isoformat()}, to be booked by {book_by_on.isoformat()}: "
            "a later day needs a manager's reason"
        )
        self.statutory_due_on = statutory_due_on
        self.book_by_on = book_by_on


class NotEligible(Rejected):
    """A rule of independence or role forbids it."""

    def __init__(self, code: BlockerCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class RequestKeyReused(Rejected):
    """The request key was used before, with another body."""

    def __init__(self) -> None:
        super().__init__("this requestKey was used before with another body: choose a new key")


class HasMeetings(Rejected):
    """Meetings stand in that time; none is named where one came meanwhile that cannot be seen yet: asked again it is."""

    def __init__(self, meeting_ids: tuple[UUID, ...], advice: str = "release them, or choose another time") -> None:
        standing = f"{len(meeting_ids)} meeting(s) stand in that time: {advice}"
        super().__init__(standing if meeting_ids else "a meeting was booked meanwhile in that time: try again")
        self.meeting_ids = meeting_ids


class Superseded(Rejected):
    """The world has changed since the proposal: nothing was applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One coded reason why something cannot be. `would_fit_if` was tried: under it, the answer is yes.

    `source`: the law or practice that a rule comes from, where it has one.
    """

    code: BlockerCode
    message: str
    resource: ResourceKind | None = None
    resource_code: str | None = None
    would_fit_if: str | None = None
    source: str | None = None


class Impossible(ConveneError):
    """Proved: no answer exists. `blockers` are the rules at fault."""

    def __init__(self, message: str, blockers: tuple[Blocker, ...]) -> None:
        super().__init__(message)
        self.blockers = blockers


class Unavailable(ConveneError):
    """Try again: a server that this service needs did not answer."""
