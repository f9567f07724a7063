"""Takes in what addressees answer by mail: matched by UID, addressee and SEQUENCE, or ignored without a trace of its content."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from services.invitations import reply_store
from services.invitations.reply_mail import ReplyMail, read_reply
from services.invitations.reply_rules import judge
from services.kernel.actor import Actor, service_actor
from services.kernel.permission import Act, require
from services.kernel.words import ReplyOutcome
from services.platform import audit
from services.platform.database import Connection
from services.platform.resources import Resources

POSTBOX = service_actor("replies")
"""The mail system, where it hands replies over at the command line of the server."""

_log = structlog.get_logger(__name__)


async def take_reply(resources: Resources, actor: Actor, mail: bytes, now: datetime) -> ReplyOutcome:
    """TAKEN: the answer stands on the invitation, and is in the audit. Any other outcome: nothing has changed.

    `mail` as it arrived, headers and all. The same mail may come any number of times. The log gets the outcome and nothing
    else. Raises `Forbidden`, `Unavailable`; never because of what the mail says.
    """
    require(actor, Act.DELIVER_REPLIES)
    read = await asyncio.to_thread(read_reply, mail, now)
    if isinstance(read, ReplyMail):
        reply = read
        outcome = await resources.database.run(lambda connection: _judged(connection, actor, reply, now))
    else:
        outcome = read
    _log.info("reply.judged", outcome=outcome.value)
    return outcome


async def _judged(connection: Connection, actor: Actor, reply: ReplyMail, now: datetime) -> ReplyOutcome:
    locked = await reply_store.lock_entered(connection, reply.uid)
    if locked is None:
        return judge(reply, None, None, None)
    asked = await reply_store.asked(connection, reply.uid, reply.sequence)
    standing = await reply_store.answered(connection, reply.uid, reply.sequence)
    outcome = judge(reply, locked.entered, asked, standing)
    if outcome is ReplyOutcome.TAKEN:
        await reply_store.write_answer(connection, reply, standing, now)
        told = {"attendee": locked.attendee, "sequence": reply.sequence, "answer": reply.answer.value, "counters": reply.counters}
        await audit.record(connection, actor, "REPLY", subject=f"meeting:{locked.meeting_id}", details=told)
    return outcome
