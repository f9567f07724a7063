"""Invitations under fire at full size: `python -m tests.post [kill|valkey|relay|census|canaries ...] [--seeds n]`.

Each line is one run and what was found wrong after it; the exit status is 1 if anything was.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

from deploy.embedded import EmbeddedPostgres
from services.platform.database import Database
from services.platform.telemetry import configure_logging
from tests.fire.oracle import Fault
from tests.fire.unit import Size, lay
from tests.post import canaries, census, killing, relay, valkey
from tests.readers.fetching import lacking
from tests.support.servers import drop_database, fresh_database, postgres_server

Result = tuple[str, list[Fault]]
_KILL = Size(officers=10, days=3, children=200)
_VALKEY = Size(officers=10, days=60, children=1_000)
_CENSUS = Size(officers=10, days=60, children=2_500)


async def _kill(url: str, seed: int) -> Result:
    ground = await lay(url, _KILL, recorded=True)
    async with valkey.own_valkey() as bell:
        outcome = await killing.rage(url, ground, bell.url, kills=200, meetings=50, seed=seed)
    told = f"{dict(outcome.kills)} killed, {len(outcome.accepted):,} mails accepted, {outcome.repeated} of them repeated"
    return told, await killing.judge(url, ground, outcome)


async def _valkey(url: str, seed: int) -> Result:
    ground = await lay(url, _VALKEY)
    mails = await valkey.ill_treat(url, ground, rounds=10, meetings=5, sweep_seconds=1, away=timedelta(minutes=1))
    return f"Valkey {', '.join(valkey.ILLS)}, 10 times each, then gone for a minute: {len(mails):,} mails", await valkey.judge(url, mails)


async def _relay(url: str, seed: int) -> Result:
    database = await Database.connect(url, size=8, name="relay")
    try:
        async with relay.days_of(database, datetime(2026, 9, 1, 9, 0, tzinfo=UTC), meetings=500, seed=seed) as days:
            await relay.weather(days)
            await days.change_some(250)
            await relay.away_for_an_hour(days)
            await days.pass_(timedelta(minutes=20))
            faults = await relay.judge(days)
            told = (
                f"{len(days.server.accepted):,} mails through a relay of every temper and an hour without, longest wait {max(days.waits)}"
            )
            return told, faults
    finally:
        await database.close()


async def _census(url: str, seed: int) -> Result:
    taken = await census.take(url, await lay(url, _CENSUS), meetings=1_000, seed=seed)
    faults = await census.judge(url, taken)
    why = lacking("libical")
    faults += census.judge_by_libical(taken) if why is None else []
    told = f"{len(taken.meetings):,} meetings, {len(taken.mails):,} mails, {len(taken.feeds)} feeds"
    return f"{told}, {'libical asked' if why is None else why}", faults


async def _canaries(url: str, seed: int) -> Result:
    sight = await canaries.drive(url)
    faults = [Fault("heard", f"{canary} in {where}") for where, canary in sight.found([*canaries.CODES, *canaries.CHILDREN])]
    return f"{sight.planted} canaries, looked for in {len(sight.texts)} places", faults


Fire = Callable[[str, int], Coroutine[object, object, Result]]
FIRES: dict[str, Fire] = {
    "kill": _kill,
    "valkey": _valkey,
    "relay": _relay,
    "census": _census,
    "canaries": _canaries,
}


def main(words: list[str]) -> int:
    """Prints what each left behind; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.post", description="Invitations under fire at full size.")
    parser.add_argument("fires", nargs="*", metavar="fire", help=f"of {', '.join(FIRES)}; all if none is named")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each, every one with another seed (1)")
    asked = parser.parse_args(words)
    unknown = [each for each in asked.fires if each not in FIRES]
    if unknown:
        parser.error(f"there is no fire {', '.join(unknown)}; there are: {', '.join(FIRES)}")
    configure_logging("ERROR")
    with postgres_server(durable=True) as server:
        faults = [_burn(server, name, seed) for name in asked.fires or FIRES for seed in range(1, asked.seeds + 1)]
    return 1 if any(faults) else 0


def _burn(server: EmbeddedPostgres, name: str, seed: int) -> int:
    url = asyncio.run(fresh_database(server))
    began = time.perf_counter()
    line, faults = asyncio.run(FIRES[name](url, seed))
    print(f"{name} (seed {seed}): {line}; {time.perf_counter() - began:.0f} s; {len(faults)} faults {faults[:5] or ''}", flush=True)
    asyncio.run(drop_database(server, url))
    return len(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
