"""Notices through the outbox, against smtplib in a plain loop; and how soon after a booking's commit they are accepted.

The same bytes go to the same mail server, in turns. For the second, the delivery worker is the process that an installation runs,
with Valkey for a doorbell, and nothing else to do.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any

import asyncpg

from deploy.embedded import EmbeddedPostgres, end_with_parent
from services.booking import service
from services.booking.commands import BookMeeting
from services.invitations.delivery import deliver_owed
from services.invitations.itip import sender_of
from services.kernel.actor import COMMAND_LINE
from services.platform.database import Database
from services.platform.queue import Doorbell
from tests.fire.unit import Size
from tests.invitations.meetings import add_meeting, chair, desk, resources_for, tell
from tests.load.booking import conferences
from tests.support.servers import fresh_database

_ROUNDS = 5
_OFFICERS = 5
_NOTICE = re.compile(r"\.\d+@")
_AGAIN = "UPDATE notice SET state = 'OWED', tried_at = NULL, sent_at = NULL, attempts = 0"


async def run(server: EmbeddedPostgres, queue: str, quick: bool) -> list[str]:
    """The figures, a line each. Quick: a tenth of the notices, once; a quarter of the bookings."""
    return [
        await _rates(await fresh_database(server), 200 if quick else 2_000, 1 if quick else _ROUNDS),
        *await _waits(await fresh_database(server), queue, 10 if quick else 40),
    ]


async def _rates(url: str, notices: int, rounds: int) -> str:
    database, owner = await Database.connect(url, name="bench"), await asyncpg.connect(url)
    first = datetime.now(UTC) + timedelta(days=30)
    for number in range(notices // 2):
        starts_at = first + timedelta(hours=number)
        await tell(database, await add_meeting(database, starts_at, [chair(starts_at), desk(starts_at)]), datetime.now(UTC))
    mails = [(row["email"], row["message"]) for row in await owner.fetch("SELECT email, message FROM notice ORDER BY id")]
    found: list[tuple[float, float]] = []
    async with _process("tests.load.sink", stdout=subprocess.PIPE) as sink:
        port = int(await asyncio.to_thread(_line, sink))
        draining = asyncio.create_task(asyncio.to_thread(_drain, sink))
        for _ in range(rounds):
            plain = await asyncio.to_thread(_plainly, port, mails)
            await owner.execute(_AGAIN)
            await owner.execute("VACUUM ANALYZE notice")
            await owner.execute("CHECKPOINT")
            began = time.perf_counter()
            sent = await deliver_owed(resources_for(database, f"smtp://127.0.0.1:{port}"), lambda: datetime.now(UTC), limit=notices)
            assert sent == notices
            found.append((notices / (time.perf_counter() - began), plain))
    await draining
    await owner.close()
    await database.close()
    ratio = median(ours / plain for ours, plain in found)
    return (
        f"{notices:,} notices through the outbox: {median(ours for ours, _ in found):,.0f} a second, "
        f"smtplib in a loop {median(plain for _, plain in found):,.0f}, {ratio:.2f} x"
    )


def _plainly(port: int, mails: Sequence[tuple[str, bytes]]) -> float:
    """Messages a second, one after the other on one connection."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
        for email, message in mails:
            client.sendmail(sender_of(message), [email], message)
    return len(mails) / (time.perf_counter() - began)


@asynccontextmanager
async def _process(
    module: str, *words: str, environment: dict[str, str] | None = None, **more: Any
) -> AsyncIterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env={**os.environ, **(environment or {})},
        preexec_fn=end_with_parent(signal.SIGTERM),
        text=True,
        **more,
    )
    try:
        yield process
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _accepted(sink: subprocess.Popen[str], notices: int) -> list[float]:
    """When the next so many notices were accepted. Letters that follow a booking have Message-IDs without a SEQUENCE."""
    found: list[float] = []
    while len(found) < notices:
        when, message_id = _line(sink).split()
        if _NOTICE.search(message_id):
            found.append(float(when))
    return found


def _drain(process: subprocess.Popen[str]) -> None:
    while _line(process):
        pass


class _Committed(Doorbell):
    """Rings as ever, and notes when: the commit was just before."""

    at = 0.0

    async def ring_delivery(self) -> None:
        self.at = time.monotonic()
        await super().ring_delivery()


async def _waits(url: str, queue: str, bookings: int) -> list[str]:
    wanted = await conferences(url, Size(officers=_OFFICERS, days=bookings // (2 * _OFFICERS) + 1, children=bookings))
    async with _process("tests.load.sink", stdout=subprocess.PIPE) as sink:
        port = int(await asyncio.to_thread(_line, sink))
        environment = {"CONVENE_DATABASE_URL": url, "CONVENE_QUEUE_URL": queue, "CONVENE_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        async with _process("deploy.cli", "worker", "delivery", environment=environment, **quiet):
            waits = await _book_now_and_then(url, queue, wanted, sink)
    return [_told("its first notice", [first for first, _ in waits]), _told("all four", [last for _, last in waits])]


def _told(what: str, waits: Sequence[float]) -> str:
    slowest = quantiles(waits, n=10)[-1]
    return f"from a booking's commit to SMTP's acceptance of {what}: median {median(waits):.0f} ms, a tenth beyond {slowest:.0f} ms"


async def _book_now_and_then(url: str, queue: str, wanted: Sequence[BookMeeting], sink: subprocess.Popen[str]) -> list[tuple[float, float]]:
    """Milliseconds from each commit to the first of its notices and to the last. The first booking warms everything up."""
    database, doorbell = await Database.connect(url, size=1, name="bench"), _Committed(queue)
    resources = replace(resources_for(database), doorbell=doorbell)
    found = []
    for command in wanted:
        await service.book(resources, COMMAND_LINE, command, datetime.now(UTC))
        accepted = await asyncio.to_thread(_accepted, sink, 4)
        found.append(((accepted[0] - doorbell.at) * 1000, (accepted[-1] - doorbell.at) * 1000))
        await asyncio.sleep(random.uniform(0.1, 0.3))
    await doorbell.close()
    await database.close()
    return found[1:]
