"""A reply from the mail system's pipe. Whatever is wrong with the mail, it is taken; whatever is wrong here, it is not lost.

A mail that answers nothing ends with 0: a pipe that fails makes mail systems tell the sender so, and senders can be forged. What
is no fault of the mail ends with 75 (EX_TEMPFAIL): the mail system keeps it and tries again.
"""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, datetime
from typing import BinaryIO

import structlog

from deploy.console import with_resources
from services.invitations.replies import POSTBOX, take_reply
from services.invitations.reply_mail import LARGEST_MAIL
from services.kernel.errors import ConveneError
from services.kernel.words import ReplyOutcome
from services.platform.resources import Resources
from services.platform.telemetry import place_of

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits(3), as Postfix, Exim and Sendmail understand it."""

_log = structlog.get_logger(__name__)


def take_from(source: BinaryIO) -> ReplyOutcome:
    """What became of the mail, of which no more than the largest and a byte is kept; ends the process with 75 where it must come again."""
    try:
        mail = source.read(LARGEST_MAIL + 1)
        while source.read(1 << 16):  # a pipe that is closed early is a fault to some mail systems
            pass

        async def take(resources: Resources) -> ReplyOutcome:
            return await take_reply(resources, POSTBOX, mail, datetime.now(UTC))

        return with_resources(take, daemon=True)
    except (ConveneError, OSError) as fault:
        told = str(fault) if isinstance(fault, ConveneError) else fault.strerror or type(fault).__name__
        print(f"convene: {told}", file=sys.stderr)
    except Exception as bug:  # noqa: BLE001 a traceback would go to the mail system's log, and may quote the mail
        _log.error("reply.fault", fault_id=str(uuid.uuid4()), fault=type(bug).__name__, where=place_of(bug))
    raise SystemExit(TRY_AGAIN)
