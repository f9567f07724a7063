"""Counts and times what is answered, and the last stop of what nobody foresaw."""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.admission import refusal
from graph.errors import masked

_ANSWERED = Counter("convene_http_requests_total", "Requests answered, by part of the service and status.", ["part", "status"])
_TOOK = Histogram("convene_http_request_seconds", "Time to the last byte of an answer, by part of the service.", ["part"])


class Measured:
    """Counts and times what passes, by part alone: an address may hold a secret."""

    def __init__(self, app: ASGIApp, part: str) -> None:
        self._app = app
        self._part = part
        self._took = _TOOK.labels(part)
        self._answered: dict[int | None, Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._followed(scope, receive, send)
            return
        began = perf_counter()
        status: int | None = None

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as fault:  # noqa: BLE001 the server's own way with it would write its words to the log
            message = masked(fault, scope.get("state", {}).get("request_id", ""))
            if status is None:
                await refusal(500, message)(scope, receive, noted)
        finally:
            self._count(status)
            self._took.observe(perf_counter() - began)

    def _count(self, status: int | None) -> None:
        if status not in self._answered:
            self._answered[status] = _ANSWERED.labels(self._part, "none" if status is None else str(status))
        self._answered[status].inc()

    async def _followed(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as fault:  # noqa: BLE001 as above
            masked(fault, scope.get("state", {}).get("request_id", ""))
            with suppress(Exception):  # it may be closed already
                await send({"type": "websocket.close", "code": 1011})
