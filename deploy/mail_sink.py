"""A mail server for a machine that has none: whatever is sent to it becomes an .eml file in a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Thread
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.kernel.errors import Rejected

_LARGEST = 10_000_000  # octets of one message


@dataclass
class MailSink:
    """An SMTP server on loopback, in a thread of its own, that writes each message to `folder` byte by byte.

    The names of the files sort by arrival. Without slots: the SMTP library reads every attribute of its handler, and early
    releases of Python 3.11 leave one on a slotted dataclass that cannot be read.
    """

    folder: Path
    port: int = 0
    host: str = "127.0.0.1"
    _thread: Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _sessions: WeakSet[SMTP] = field(default_factory=WeakSet)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        """The address for CONVENE_SMTP_URL."""
        return f"smtp://{self.host}:{self.port}"

    def start(self) -> None:
        """True afterwards: it accepts mail on `port` (any free one where that was 0). Raises `Rejected` if it cannot."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for left_over in self.folder.glob(".*.part"):
                left_over.unlink()
            listening: Future[int] = Future()
            self._thread = Thread(target=lambda: asyncio.run(self._serve(listening)), name="mail-sink", daemon=True)
            self._thread.start()
            self.port = listening.result()
        except OSError as fault:
            raise Rejected(f"the mail sink cannot start on port {self.port} with folder {self.folder}: {fault.strerror}") from fault

    def stop(self) -> None:
        """Ends all sessions and frees the port. What was accepted is in its file."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = self._loop = None

    async def _serve(self, listening: Future[int]) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        try:
            server = await loop.create_server(lambda: self._new_session(loop), self.host, self.port)
        except OSError as fault:
            self._loop = None
            listening.set_exception(fault)
            return
        listening.set_result(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        for session in list(self._sessions):
            if session.transport is not None:
                session.transport.close()
        await server.wait_closed()

    def _new_session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        session = SMTP(self, hostname="localhost", ident="mail sink", data_size_limit=_LARGEST, loop=loop)
        self._sessions.add(session)
        return session

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """Accepts a message once its file has its final name; a full disk is told as such."""
        content = envelope.content
        assert isinstance(content, bytes)
        try:
            self._write(content)
        except OSError:
            return "452 4.3.1 the folder of the mail sink cannot be written"
        return "250 2.0.0 written"

    def _write(self, content: bytes) -> None:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{next(self._numbers):06d}"
        part = self.folder / f".{name}.part"
        try:
            part.write_bytes(content)
            os.replace(part, self.folder / f"{name}.eml")
        except OSError:
            part.unlink(missing_ok=True)
            raise
