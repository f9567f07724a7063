"""The only door to the mail server: sends given bytes to one recipient, and says what became of them.

Three answers matter to a sender: accepted (250 after the data), not now (try the same bytes again), never (give up).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPStatus,
    SMTPTimeoutError,
)

from services.kernel.errors import Rejected, Unavailable

_COMMAND_SECONDS = 15.0
_MESSAGE_SECONDS = 40.0  # below the database's 60 s for a transaction that waits
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class MailDeferred(Unavailable):
    """Not accepted now, or not known to be: send the same bytes again. `code` is the server's number or a word of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the mail server did not accept the message now ({code})")
        self.code = code


class MailServerAway(MailDeferred):
    """No session with the mail server could be opened: the fault is none of the message's."""


class MailRefused(Rejected):
    """The server will never accept this message for this recipient. `code` is its number."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the mail server refused the message for good ({code})")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    host: str
    port: int
    tls: bool
    start_tls: bool
    user: str | None
    password: str | None = field(repr=False)


def _server_of(smtp_url: str) -> _Server:
    parts = urlsplit(smtp_url)
    if parts.scheme not in _PORTS or parts.hostname is None:
        raise Rejected("the mail server's address must look like smtp://host:25, smtps://user:password@host or smtp+starttls://…")
    return _Server(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp+starttls",
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


class MailGateway:
    """A mail server by its address: `smtp://` without TLS, `smtps://` with it from the start, `smtp+starttls://` with it required.

    `tls_context` replaces the system's trust, for a server with a certificate of the unit's own.
    """

    def __init__(self, smtp_url: str, *, command_seconds: float = _COMMAND_SECONDS, tls_context: ssl.SSLContext | None = None) -> None:
        self._server = _server_of(smtp_url)
        self._command_seconds = command_seconds
        self._tls_context = tls_context

    @asynccontextmanager
    async def session(self) -> AsyncIterator[MailSession]:
        """A session that connects with its first message, reconnects when it must, and says goodbye at its end."""
        opened = MailSession(self._new_client())
        try:
            yield opened
        finally:
            await opened.close()

    def _new_client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=server.start_tls,
            username=server.user,
            password=server.password,
            timeout=self._command_seconds,
            tls_context=self._tls_context,
            local_hostname="localhost" if server.host in ("127.0.0.1", "::1", "localhost") else None,
        )


def _path(address: str) -> bytes:
    """An address as it stands in an envelope. The client's own way reads it as a header's first, which costs more than all else."""
    return b"<" + address.encode("ascii") + b">"


class MailSession:
    """One connection, used for one message after another."""

    def __init__(self, client: SMTP) -> None:
        self._client = client

    async def send(self, sender: str, recipient: str, content: bytes) -> None:
        """True after the call: the server has accepted `content` for `recipient` (250). Bytes go out as they are.

        Raises `MailDeferred`, `MailServerAway` or `MailRefused`. A sender that the server does not like is deferred, not
        refused: that is a fault of the installation, and would otherwise cost every message.
        """
        try:
            async with asyncio.timeout(_MESSAGE_SECONDS):
                await self._open_envelope(sender)
                await self._name(recipient)
                await self._client.data(content)
        except (SMTPRecipientRefused, SMTPDataError) as fault:
            await self._forget_envelope()
            raise (MailRefused if 500 <= fault.code <= 599 else MailDeferred)(str(fault.code)) from None
        except SMTPResponseException as fault:
            await self._forget_envelope()
            raise MailDeferred(str(fault.code)) from None
        except (SMTPException, OSError, TimeoutError, ssl.SSLError) as fault:
            self._client.close()
            raise MailDeferred("TIMEOUT" if isinstance(fault, TimeoutError) else "DISCONNECTED") from None
        except asyncio.CancelledError:
            self._client.close()
            raise

    async def close(self) -> None:
        """Says goodbye, briefly."""
        if self._client.is_connected:
            with suppress(SMTPException, OSError, TimeoutError):
                await self._client.quit(timeout=2)
        self._client.close()

    async def _open_envelope(self, sender: str) -> None:
        """Servers end connections that were idle or long in use: then a new one is opened, once."""
        if self._client.is_connected:
            try:
                answer = await self._client.execute_command(b"MAIL", b"FROM:" + _path(sender))
                if answer.code != SMTPStatus.completed:
                    raise SMTPSenderRefused(answer.code, answer.message, sender)
            except (SMTPServerDisconnected, SMTPTimeoutError):
                self._client.close()
            except SMTPResponseException as fault:
                if fault.code != 421:
                    raise
                self._client.close()
            else:
                return
        await self._connect()
        await self._client.mail(sender)

    async def _connect(self) -> None:
        try:
            await self._client.connect()
        except SMTPAuthenticationError as fault:
            self._client.close()
            raise MailServerAway(f"AUTH {fault.code}") from None
        except (SMTPException, OSError, TimeoutError, ssl.SSLError) as fault:
            self._client.close()
            raise MailServerAway("TLS" if isinstance(fault.__cause__ or fault, ssl.SSLError) else "CONNECT") from None

    async def _name(self, recipient: str) -> None:
        answer = await self._client.execute_command(b"RCPT", b"TO:" + _path(recipient))
        if answer.code not in (SMTPStatus.completed, SMTPStatus.will_forward):
            raise SMTPRecipientRefused(answer.code, answer.message, recipient)

    async def _forget_envelope(self) -> None:
        try:
            await self._client.rset()
        except (SMTPException, OSError, TimeoutError):
            self._client.close()
