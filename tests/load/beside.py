"""The product's HTTP surface, and beside it, in the same process, what its feeds are compared with.

`python -m tests.load.beside` serves on CONVENE_PORT: every path of the product; a feed that icalendar renders for each request from
facts in memory; and a 304 that knows what it needs without asking anybody.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import icalendar
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.serving import wall_clock
from graph.app import build_app
from services.kernel.window import LONDON
from services.platform.config import Config, load_config
from services.platform.resources import open_resources
from services.platform.telemetry import configure_logging

RENDERED = "/beside/rendered"
UNCHANGED = "/beside/unchanged"
ETAG = '"from-memory"'
_HEADERS = [(b"etag", ETAG.encode()), (b"cache-control", b"private, no-cache"), (b"last-modified", b"Tue, 01 Sep 2026 09:00:00 GMT")]


def rendered(facts: Sequence[Any]) -> bytes:
    """The calendar as icalendar's own guide makes one: an object for each event, then all of them written out."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Convene//Bench//EN")
    calendar.add("version", "2.0")
    for fact in facts:
        event = icalendar.Event()
        for name in ("uid", "dtstamp", "sequence", "status", "transp", "dtstart", "dtend", "summary", "location"):
            event.add(name, fact[name])
        calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


async def _facts(url: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        """SELECT e.uid, e.changed_at AS dtstamp, e.sequence, 'CONFIRMED' AS status, 'OPAQUE' AS transp, e.starts_at AS dtstart,
                  e.ends_at AS dtend, 'Meeting ' || m.reference AS summary, e.view ->> 'location' AS location
           FROM calendar_entry e JOIN meeting m ON m.id = e.meeting_id ORDER BY e.starts_at, e.uid"""
    )
    await connection.close()
    return [{**row, **{name: _local(row[name]) for name in ("dtstart", "dtend")}} for row in rows]


def _local(instant: datetime) -> datetime:
    return instant.astimezone(LONDON)


def _beside(product: ASGIApp, facts: Sequence[Any]) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/beside/"):
            await product(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["path"] == UNCHANGED:
            assert headers[b"if-none-match"] == ETAG.encode()
            await _send(send, 304, b"", _HEADERS)
        else:
            body = rendered(facts)
            packed = b"accept-encoding" in headers
            await _send(send, 200, gzip.compress(body, 5, mtime=0) if packed else body, [(b"content-encoding", b"gzip")] if packed else [])

    return answer


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = [] if status == 304 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


async def serve(config: Config) -> None:
    """Answers until it is ended."""
    assert config.database_url is not None
    facts = await _facts(config.database_url)
    async with open_resources(config, name="bench") as resources:
        app = _beside(build_app(resources, wall_clock), facts)
        await uvicorn.Server(
            uvicorn.Config(
                app, port=config.port, log_config=None, access_log=False, server_header=False, proxy_headers=False, log_level="warning"
            )
        ).serve()


if __name__ == "__main__":
    configure_logging("WARNING")
    with asyncio.Runner(loop_factory=uvicorn.Config("", loop="auto").get_loop_factory()) as runner:
        sys.exit(runner.run(serve(load_config())))
