"""Serves the graph on one port and the metrics on another, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import structlog
import uvicorn
from starlette.types import ASGIApp

from graph.app import build_app, build_management_app
from services.directory.store import load_settings
from services.kernel.errors import Rejected
from services.platform.config import Config
from services.platform.migrate import require_newest
from services.platform.resources import Resources, open_resources

_log = structlog.get_logger(__name__)
_LARGEST_WEBSOCKET_MESSAGE = 100_000
_SECONDS_TO_FINISH = 10


class PortInUse(Rejected):
    """Somebody else listens there."""


def _bind(config: Config, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((config.host, port))
    except OSError as fault:
        listening.close()
        raise PortInUse(
            f"cannot listen on {config.host}:{port} ({fault.strerror}): stop what uses it, or set {setting} to a free port"
        ) from None
    return listening


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: ASGIApp, lifespan: str = "off") -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,  # its lines would hold the secret part of feed addresses
            lifespan=lifespan,  # type: ignore[arg-type]
            server_header=False,
            date_header=True,
            proxy_headers=False,
            ws_max_size=_LARGEST_WEBSOCKET_MESSAGE,
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )
    )


def wall_clock() -> datetime:
    return datetime.now(UTC)


async def warn_of_what_is_on_show(resources: Resources, now: datetime) -> None:
    """Logs in words what the unit has let calendars show beyond a reference, a time and a place."""
    async with resources.database.connection() as connection:
        settings = await load_settings(connection, resources.today(now))
    for warning in settings.calendar.warnings:
        _log.warning("calendars.show", what=warning, setting="settings.calendar in the establishment file")


async def serve(config: Config) -> None:
    """Answers until SIGINT or SIGTERM, then lets requests in flight finish."""
    main, management = _bind(config, config.port, "CONVENE_PORT"), _bind(config, config.management_port, "CONVENE_MANAGEMENT_PORT")
    with main, management:
        async with open_resources(config, name="graph") as resources:
            await require_newest(resources.database)
            await warn_of_what_is_on_show(resources, wall_clock())
            servers = [_server(build_app(resources, wall_clock), "auto"), _server(build_management_app(resources, wall_clock))]

            def stop() -> None:
                for server in servers:
                    server.should_exit = True

            loop = asyncio.get_running_loop()
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, stop)
            await asyncio.gather(servers[0].serve(sockets=[main]), servers[1].serve(sockets=[management]))
