"""`make bench`: every figure beside its baseline, measured in the same run.

`python -m tests.load [importing|obligations|allocating|rebalancing|applying|planning|booking|slots|feeds|outbox ...] [--quick]`
"""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import uvloop

from services.platform.telemetry import configure_logging
from tests.support.servers import fresh_database, postgres_server, valkey_server


def _importing(quick: bool) -> list[str]:
    from tests.load import importing

    with postgres_server(durable=True) as server:
        return asyncio.run(importing.run(lambda: fresh_database(server), quick))


def _obligations(quick: bool) -> list[str]:
    from tests.load import obligations

    return obligations.run(quick)


def _allocating(quick: bool) -> Iterator[str]:
    from tests.load import allocating

    return allocating.run(quick)


def _door(quick: bool) -> list[str]:
    from tests.load import door

    return door.run(quick)


def _planning(quick: bool) -> Iterator[str]:
    from tests.load import planning

    return planning.run(quick)


def _applying(quick: bool) -> list[str]:
    from tests.load import applying

    with postgres_server(durable=True) as server:
        return asyncio.run(applying.run(lambda: fresh_database(server), quick))


def _booking(quick: bool) -> list[str]:
    from tests.load import booking

    with postgres_server(durable=True) as server:
        return uvloop.run(booking.run(server, quick))


def _slots(quick: bool) -> list[str]:
    from tests.load import slots

    return slots.run(quick)


def _rebalancing(quick: bool) -> Iterator[str]:
    from tests.load import rebalancing

    return rebalancing.run(quick)


def _feeds(quick: bool) -> list[str]:
    from tests.load import feeds

    with postgres_server(durable=True) as server:
        return uvloop.run(feeds.run(asyncio.run(fresh_database(server)), quick))


def _outbox(quick: bool) -> list[str]:
    from tests.load import outbox

    with postgres_server(durable=True) as server, valkey_server() as valkey:
        return uvloop.run(outbox.run(server, valkey.url(), quick))


BENCHES: dict[str, Callable[[bool], Iterable[str]]] = {
    "importing": _importing,
    "obligations": _obligations,
    "allocating": _allocating,
    "rebalancing": _rebalancing,
    "applying": _applying,
    "door": _door,
    "planning": _planning,
    "booking": _booking,
    "slots": _slots,
    "feeds": _feeds,
    "outbox": _outbox,
}


def main(words: list[str]) -> int:
    """Prints the figures of the benches named, or of all."""
    quick = "--quick" in words
    names = [word for word in words if not word.startswith("-")] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    configure_logging("WARNING")
    print(f"Python {platform.python_version()}, {_processors()}")
    for name in names:
        print(f"\n{name}")
        for line in BENCHES[name](quick):
            print(f"  {line}", flush=True)
    return 0


def _processors() -> str:
    info = Path("/proc/cpuinfo")
    count = sum(line.startswith("processor") for line in info.read_text().splitlines()) if info.exists() else 0
    return f"{count or '?'} processors"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
