"""The HTTP surface: the graph, the calendars, the schema, the health checks; and the metrics on a port of their own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from math import nan
from typing import TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from graph.admission import Admission
from graph.calendars import CalendarsFirst
from graph.measured import Measured
from graph.replies import Replies
from graph.schema import build_schema, export
from graph.view import GraphView
from services.invitations.service import oldest_owed
from services.invitations.tasks import undeliverable
from services.kernel.errors import Unavailable
from services.platform.database import Connection
from services.platform.health import look
from services.platform.migrate import newest_revision
from services.platform.resources import Resources

Value = TypeVar("Value")

OWED = Gauge("convene_notices_owed", "Invitations and letters that wait to be sent; no number while the database is away.")
OLDEST_OWED = Gauge("convene_oldest_owed_notice_seconds", "How long the oldest of them has waited.")
UNDELIVERABLE = Gauge("convene_notices_undeliverable", "Invitations and letters that were refused for good and that nobody has seen to.")
_TELL_TOO_MUCH = ("strawberry", "strawberry.execution", "strawberry.ws", "strawberry.ws.task", "graphql", "uvicorn.access")
_NO_NAME = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def build_app(resources: Resources, clock: Callable[[], datetime]) -> ASGIApp:
    """Everything that clients reach. `clock` tells the instant of each request."""
    for name in _TELL_TOO_MUCH:  # their lines would hold queries, variables and the secret part of addresses
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    schema = build_schema(introspection=resources.config.introspection)
    graph = Measured(Admission(GraphView(schema, resources, clock), resources, clock), "graph")
    routes: list[BaseRoute] = [
        Route("/graphql", graph),
        WebSocketRoute("/graphql", graph),
        Route("/replies", Measured(Replies(resources, clock), "reply"), methods=["POST"]),
        Route("/health/live", _alive),
        Route("/health/ready", _readiness(resources, clock)),
    ]
    if resources.config.introspection:
        routes.append(Route("/schema.graphql", _schema_text()))
    return CalendarsFirst(Starlette(routes=routes), resources, clock)


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
