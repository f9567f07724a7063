"""The HTTP surface: the graph, the calendars, the schema, the health checks; and the metrics on a port of their own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from math import nan
from time import perf_counter
from typing import TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.admission import Admission, refusal
from graph.errors import masked
from graph.replies import Replies
from graph.schema import build_schema, export
from graph.view import GraphView
from services.invitations.answering import FeedAnswer
from services.invitations.busy import fetch_free_busy
from services.invitations.feeds import fetch_feed
from services.invitations.service import oldest_owed
from services.invitations.tasks import undeliverable
from services.kernel.errors import Unavailable
from services.platform.database import Connection
from services.platform.health import look
from services.platform.migrate import newest_revision
from services.platform.resources import Resources

Value = TypeVar("Value")

REQUESTS = Counter("convene_http_requests_total", "Requests answered, by part of the service and status.", ["part", "status"])
SECONDS = Histogram("convene_http_request_seconds", "Time to the last byte of an answer, by part of the service.", ["part"])
OWED = Gauge("convene_notices_owed", "Invitations and letters that wait to be sent; no number while the database is away.")
OLDEST_OWED = Gauge("convene_oldest_owed_notice_seconds", "How long the oldest of them has waited.")
UNDELIVERABLE = Gauge("convene_notices_undeliverable", "Invitations and letters that were refused for good and that nobody has seen to.")
_TELL_TOO_MUCH = ("strawberry", "strawberry.execution", "strawberry.ws", "strawberry.ws.task", "graphql", "uvicorn.access")
_NO_NAME = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def build_app(resources: Resources, clock: Callable[[], datetime]) -> Starlette:
    """Everything that clients reach. `clock` tells the instant of each request."""
    for name in _TELL_TOO_MUCH:  # their lines would hold queries, variables and the secret part of addresses
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    schema = build_schema(introspection=resources.config.introspection)
    graph = _Measured(Admission(GraphView(schema, resources, clock), resources, clock), "graph")
    routes: list[BaseRoute] = [
        # first, since calendars ask more often than anybody, and for an answer that costs little else
        Route("/calendars/{token}.ics", _Measured(_Calendars(fetch_feed, resources, clock), "calendar"), methods=["GET", "HEAD"]),
        Route("/graphql", graph),
        WebSocketRoute("/graphql", graph),
        Route("/calendars/{token}.ifb", _Measured(_Calendars(fetch_free_busy, resources, clock), "free-busy"), methods=["GET", "HEAD"]),
        Route("/replies", _Measured(Replies(resources, clock), "reply"), methods=["POST"]),
        Route("/health/live", _alive),
        Route("/health/ready", _readiness(resources, clock)),
    ]
    if resources.config.introspection:
        routes.append(Route("/schema.graphql", _schema_text()))
    return Starlette(routes=routes)


def build_management_app(resources: Resources, clock: Callable[[], datetime]) -> Starlette:
    """What those who run the service reach, on a port that clients do not."""

    async def metrics(request: Request) -> Response:
        now = clock()
        backlog = await _known(resources, lambda connection: oldest_owed(connection, now))
        dead = await _known(resources, lambda connection: undeliverable(connection, resources.today(now)))
        OWED.set(nan if backlog is None else backlog.owed)
        OLDEST_OWED.set(nan if backlog is None else backlog.oldest_age.total_seconds())
        UNDELIVERABLE.set(nan if dead is None else len(dead))
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", metrics), Route("/health/live", _alive)])


class _Measured:
    """Counts and times what passes, by part alone: an address may hold a secret. The last stop of what nobody foresaw."""

    def __init__(self, app: ASGIApp, part: str) -> None:
        self._app = app
        self._part = part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._followed(scope, receive, send)
            return
        began, status = perf_counter(), "none"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as fault:  # noqa: BLE001 the server's own way with it would write its words to the log
            message = masked(fault, scope.get("state", {}).get("request_id", ""))
            if status == "none":
                await refusal(500, message)(scope, receive, noted)
        finally:
            REQUESTS.labels(self._part, status).inc()
            SECONDS.labels(self._part).observe(perf_counter() - began)

    async def _followed(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as fault:  # noqa: BLE001 as above
            masked(fault, scope.get("state", {}).get("request_id", ""))
            with suppress(Exception):  # it may be closed already
                await send({"type": "websocket.close", "code": 1011})


class _Calendars:
    """An address that shows one diary, or when it is taken, to whoever knows it."""

    def __init__(self, fetch: Callable[..., Awaitable[FeedAnswer]], resources: Resources, clock: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._resources = resources
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._answer(request)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        headers = request.headers
        try:
            feed = await self._fetch(
                self._resources,
                request.path_params["token"],
                headers.get("if-none-match"),
                headers.get("if-modified-since"),
                self._clock(),
                accept_gzip=_takes_gzip(headers.get("accept-encoding", "")),
            )
        except Unavailable as fault:
            return PlainTextResponse(f"{fault}\n", status_code=503, headers={**_NO_NAME, "Retry-After": "60"})
        return Response(feed.body, status_code=feed.status, headers=dict(feed.headers))


def _takes_gzip(header: str) -> bool:
    for each in header.split(","):
        coding, _, parameters = each.partition(";")
        if coding.strip().lower() in ("gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


async def _alive(request: Request) -> Response:
    return JSONResponse({"alive": True}, headers=_NO_NAME)


async def _known(resources: Resources, read: Callable[[Connection], Awaitable[Value]]) -> Value | None:
    """What is read; None where the database cannot say."""
    try:
        async with resources.database.connection() as connection:
            return await read(connection)
    except Unavailable:
        return None


def _readiness(resources: Resources, clock: Callable[[], datetime]) -> Callable[[Request], Awaitable[Response]]:
    revision = newest_revision()

    async def ready(request: Request) -> Response:
        health = await look(resources, revision)
        backlog = await _known(resources, lambda connection: oldest_owed(connection, clock())) if health.ready else None
        found = {
            "ready": health.ready,
            "database": health.database,
            "migrated": health.migrated,
            "queue": health.queue,
            "oldestOwedNoticeSeconds": None if backlog is None else int(backlog.oldest_age.total_seconds()),
        }
        return JSONResponse(found, status_code=200 if health.ready else 503, headers=_NO_NAME)

    return ready


def _schema_text() -> Callable[[Request], Awaitable[Response]]:
    text = export()

    async def shown(request: Request) -> Response:
        return PlainTextResponse(text, headers={"Cache-Control": "public, max-age=300"})

    return shown
