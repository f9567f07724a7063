"""The addresses of calendars. They are asked for more often than anything else, mostly for a 304: what they pass on the way is short."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.measured import Measured
from services.invitations.answering import FeedAnswer
from services.invitations.busy import fetch_free_busy
from services.invitations.feeds import fetch_feed
from services.kernel.errors import Unavailable
from services.platform.resources import Resources

_ADDRESS = re.compile(r"/calendars/([^/]+)\.(ics|ifb)")
_METHODS = frozenset({"GET", "HEAD"})
_NO_NAME = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_ALLOWED = PlainTextResponse("Method Not Allowed", status_code=405, headers={"Allow": ", ".join(sorted(_METHODS))})


class CalendarsFirst:
    """Answers the addresses of calendars itself, and leaves all others to `rest`."""

    def __init__(self, rest: ASGIApp, resources: Resources, clock: Callable[[], datetime]) -> None:
        self._rest = rest
        self._kinds = {
            "ics": Measured(_Calendar(fetch_feed, resources, clock), "calendar"),
            "ifb": Measured(_Calendar(fetch_free_busy, resources, clock), "free-busy"),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = _ADDRESS.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if address is None:
            await self._rest(scope, receive, send)
            return
        token, kind = address.groups()
        scope["path_params"] = {"token": token}
        await self._kinds[kind](scope, receive, send)


class _Calendar:
    """An address that shows one diary, or when it is taken, to whoever knows it."""

    def __init__(self, fetch: Callable[..., Awaitable[FeedAnswer]], resources: Resources, clock: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._resources = resources
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _METHODS:
            await _NOT_ALLOWED(scope, receive, send)
            return
        try:
            answer = await self._answer(scope)
        except Unavailable as fault:
            refused = PlainTextResponse(f"{fault}\n", status_code=503, headers={**_NO_NAME, "Retry-After": "60"})
            await refused(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.header_lines})
        await send({"type": "http.response.body", "body": answer.body})

    def _answer(self, scope: Scope) -> Awaitable[FeedAnswer]:
        tags: list[bytes] = []  # joined once: one caller may send thousands of lines
        codings: list[bytes] = []
        since = None
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                tags.append(value)
            elif name == b"if-modified-since":
                since = value.decode("latin-1")
            elif name == b"accept-encoding":
                codings.append(value)
        return self._fetch(
            self._resources,
            scope["path_params"]["token"],
            b",".join(tags).decode("latin-1") if tags else None,
            since,
            self._clock(),
            accept_gzip=bool(codings) and _takes_gzip(b",".join(codings).decode("latin-1")),
            only_looked_at=scope["method"] == "HEAD",
        )


def _takes_gzip(header: str) -> bool:
    for each in header.split(","):
        coding, _, parameters = each.partition(";")
        if coding.strip().lower() in ("gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
