"""A mail server for a machine that has none: whatever is sent to it becomes an .eml file in a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

_LARGEST = 10_000_000  # octets of one message


@dataclass(slots=True)
class MailSink:
    """An SMTP server on loopback that writes each message to `folder`, byte by byte, under names that sort by arrival."""

    folder: Path
    port: int = 0
    host: str = "127.0.0.1"
    _server: asyncio.Server | None = None
    _sessions: WeakSet[SMTP] = field(default_factory=WeakSet)
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    async def start(self) -> None:
        """True afterwards: it accepts mail on `port` (any free one where that was 0), in the running loop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left_over in self.folder.glob(".*.part"):
            left_over.unlink()
        self._server = await asyncio.get_running_loop().create_server(self._new_session, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends all sessions and frees the port. What was accepted is in its file."""
        if self._server is None:
            return
        self._server.close()
        for session in list(self._sessions):
            if session.transport is not None:
                session.transport.close()
        await self._server.wait_closed()
        self._server = None

    def _new_session(self) -> SMTP:
        session = SMTP(self, hostname="localhost", ident="mail sink", data_size_limit=_LARGEST, loop=asyncio.get_running_loop())
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
