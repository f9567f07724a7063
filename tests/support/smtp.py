"""A mail server that does as it is told: accepts, defers, refuses, or hangs up at a chosen point."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

DROP = "drop"
"""An answer that hangs up instead of answering."""

Answer = Callable[[str], str]


def accept(_: str) -> str:
    return "250 2.0.0 fine"


@dataclass(frozen=True, slots=True)
class Mail:
    sender: str
    recipient: str
    content: bytes


@dataclass(slots=True)
class ScriptedSmtp:
    """`on_rcpt` and `on_data` are asked with the recipient's address. `accepted` are the messages that got a 250, in order.

    `options` are those of aiosmtpd's SMTP (TLS, authentication).
    With `lose_answer` the message counts as accepted, and the connection ends before the client hears so.
    """

    on_rcpt: Answer = accept
    on_data: Answer = accept
    lose_answer: Callable[[str], bool] = lambda _: False
    accepted: list[Mail] = field(default_factory=list)
    sessions: int = 0
    port: int = 0
    hold: asyncio.Event | None = None
    options: dict[str, Any] = field(default_factory=dict)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _open: WeakSet[SMTP] = field(default_factory=WeakSet)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.on_rcpt(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        content = envelope.content
        assert isinstance(content, bytes)
        assert envelope.mail_from is not None
        self.reached.set()
        if self.hold is not None:
            await self.hold.wait()
        answer = self.on_data(recipient)
        if answer.startswith("250"):
            self.accepted.append(Mail(envelope.mail_from, recipient, content))
        if answer == DROP or self.lose_answer(recipient):
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return answer

    def new_session(self) -> SMTP:
        self.sessions += 1
        session = SMTP(self, hostname="localhost", loop=asyncio.get_running_loop(), **self.options)
        self._open.add(session)
        return session

    def hang_up(self) -> None:
        """Ends every session, as a server does that restarts."""
        for session in list(self._open):
            if session.transport is not None:
                session.transport.close()


@asynccontextmanager
async def running(server: ScriptedSmtp) -> AsyncIterator[ScriptedSmtp]:
    listener = await asyncio.get_running_loop().create_server(server.new_session, "127.0.0.1", server.port)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        server.hang_up()
        await listener.wait_closed()


@contextmanager
def nobody_listens() -> Iterator[ScriptedSmtp]:
    """A server that does not run: whoever calls its address is refused, and nobody else gets its port meanwhile. `running` may
    start it there."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield ScriptedSmtp(port=kept.getsockname()[1])
