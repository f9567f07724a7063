"""What an answer is worth against what was asked, and what was answered before. The order in which mails arrive never matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from services.invitations.reply_mail import ReplyMail
from services.kernel.window import TimeWindow
from services.kernel.words import ReplyAnswer, ReplyOutcome

_WEIGHT = {ReplyAnswer.ACCEPTED: 0, ReplyAnswer.TENTATIVE: 1, ReplyAnswer.DECLINED: 2}
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The invitation of one UID under one SEQUENCE: whom it went to, and whether it may have arrived."""

    email: str
    tried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What the addressee is asked now."""

    sequence: int
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer that stands to the invitation of that SEQUENCE."""

    answer: ReplyAnswer
    counters: bool
    proposed: TimeWindow | None
    stamped_at: datetime

    def says_the_same(self, reply: ReplyMail) -> bool:
        """Whether the reply says no more than this answer, but perhaps later."""
        return (self.answer, self.counters, self.proposed) == (reply.answer, reply.counters, reply.proposed)


def judge(reply: ReplyMail, entered: Entered | None, asked: Asked | None, answered: Answered | None) -> ReplyOutcome:
    """TAKEN where the addressee answers what that person is asked now, and later than what stands; else why not.

    Whoever does not know the UID of an invitation learns nothing by trying: all that is told is the outcome, to the mail system.
    """
    if entered is None:
        return ReplyOutcome.UNKNOWN
    if asked is None or not asked.tried:
        return ReplyOutcome.NEVER_SENT
    if asked.email.lower() != reply.attendee:
        return ReplyOutcome.NOT_THE_ADDRESSEE
    if entered.cancelled or reply.sequence < entered.sequence:
        return ReplyOutcome.STALE
    if answered is None or _rank(reply) > _rank(answered):
        return ReplyOutcome.TAKEN
    return ReplyOutcome.REPEATED if _rank(reply) == _rank(answered) else ReplyOutcome.STALE


def _rank(said: ReplyMail | Answered) -> tuple[datetime, bool, int, datetime, datetime]:
    """Later is more (RFC 5546 2.1.5). Of one second, which a stamp cannot tell apart, what needs a person is more."""
    proposed = said.proposed
    span = (_NEVER, _NEVER) if proposed is None else (proposed.start, proposed.end)
    return said.stamped_at, said.counters, _WEIGHT[said.answer], *span
