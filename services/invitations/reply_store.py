"""Answers to invitations, in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.invitations.reply_mail import ReplyMail
from services.invitations.reply_rules import Answered, Asked, Entered
from services.kernel.ids import new_id
from services.kernel.window import TimeWindow
from services.kernel.words import ReplyAnswer
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "replies.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """An addressee's entry, locked until the transaction ends."""

    meeting_id: UUID
    attendee: str
    entered: Entered


async def lock_entered(connection: Connection, uid: str) -> Locked | None:
    row = await _sql.lock_entered(connection, uid=uid)
    if row is None:
        return None
    entered = Entered(sequence=row["sequence"], cancelled=row["cancelled"])
    return Locked(meeting_id=row["meeting_id"], attendee=row["attendee"], entered=entered)


async def asked(connection: Connection, uid: str, sequence: int) -> Asked | None:
    row = await _sql.asked(connection, uid=uid, sequence=sequence)
    return None if row is None else Asked(email=row["email"], tried=row["tried"])


async def answered(connection: Connection, uid: str, sequence: int) -> Answered | None:
    row = await _sql.answered(connection, uid=uid, sequence=sequence)
    if row is None:
        return None
    return Answered(
        answer=ReplyAnswer(row["answer"]),
        counters=row["counters"],
        proposed=None if row["proposed_from"] is None else TimeWindow(row["proposed_from"], row["proposed_until"]),
        stamped_at=row["stamped_at"],
    )


async def write_answer(connection: Connection, reply: ReplyMail, standing: Answered | None, now: datetime) -> None:
    """The reply stands. What says the same once more is no new matter for anybody: it keeps its identifier and who has seen to it."""
    if standing is not None and standing.says_the_same(reply):
        await _sql.renew_stamp(connection, uid=reply.uid, sequence=reply.sequence, stamped_at=reply.stamped_at)
        return
    await _sql.write_answer(
        connection,
        uid=reply.uid,
        sequence=reply.sequence,
        id=new_id(),
        answer=reply.answer.value,
        counters=reply.counters,
        proposed_from=None if reply.proposed is None else reply.proposed.start,
        proposed_until=None if reply.proposed is None else reply.proposed.end,
        stamped_at=reply.stamped_at,
        now=now,
    )
