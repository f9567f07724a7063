"""The diary under fire at full size: `python -m tests.fire [crowd|keys|storm|kill|cut ...] [--seeds n]`.

Each line is one run through two API processes over HTTP and what was found wrong after it; the exit status is 1 if anything was.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

from deploy.embedded import EmbeddedPostgres
from services.platform.telemetry import configure_logging
from tests.fire import crowd, keys, killing, storms
from tests.fire.api import serving
from tests.fire.cutting import cutting
from tests.fire.oracle import Fault
from tests.fire.unit import Size, attempts, fitting, lay
from tests.support.servers import drop_database, fresh_database, postgres_server

Result = tuple[str, list[Fault]]
_CROWD = Size(officers=10, days=10, children=10_000)
_KEYS = Size(officers=10, days=25, children=500)
_STORM = Size(officers=10, days=3, children=200)
_SOME = Size(officers=10, days=40, children=4_000)


def _crowd(server: EmbeddedPostgres, seed: int) -> Result:
    url = asyncio.run(fresh_database(server))
    ground = asyncio.run(lay(url, _CROWD))
    with serving(url) as api:
        asyncio.run(api.ready())
        found = asyncio.run(crowd.rush(api.addresses, url, attempts(ground, seed)))
    faults = asyncio.run(crowd.judge(url, ground, found))
    asyncio.run(drop_database(server, url))
    return f"{_CROWD.children:,} attempts on {_CROWD.slots} slots in {found.seconds:.0f} s: {_tell(found)}", faults


def _keys(server: EmbeddedPostgres, seed: int) -> Result:
    url = asyncio.run(fresh_database(server))
    ground = asyncio.run(lay(url, _KEYS))
    wanted = fitting(ground, "keys")
    with serving(url) as api:
        asyncio.run(api.ready())
        told = asyncio.run(keys.repeat(api.addresses, wanted, 20, seed))
    faults = asyncio.run(keys.judge(url, ground, wanted, told))
    asyncio.run(drop_database(server, url))
    return f"{len(wanted)} keys x 20: {len(told):,} answers", faults


def _storm(server: EmbeddedPostgres, seed: int) -> Result:
    url = asyncio.run(fresh_database(server))
    ground = asyncio.run(lay(url, _STORM, recorded=True))
    with serving(url) as api:
        asyncio.run(api.ready())
        raged = asyncio.run(storms.storm(api.addresses, ground, meetings=50, deeds=2_000, seed=seed))
    faults = asyncio.run(storms.judge(url, raged))
    asyncio.run(drop_database(server, url))
    return f"2,000 changes of {len(raged.heard)} meetings: {dict(raged.answers)}", faults


def _kill(server: EmbeddedPostgres, seed: int) -> Result:
    url = asyncio.run(fresh_database(server))
    ground = asyncio.run(lay(url, _SOME))
    with serving(url) as api:
        asyncio.run(api.ready())
        found = asyncio.run(killing.rush(api.addresses, url, attempts(ground, seed), kills=20, seed=seed))
    faults = asyncio.run(crowd.judge(url, ground, found))
    asyncio.run(drop_database(server, url))
    return f"20 x kill -9 of PostgreSQL in {_SOME.children:,} attempts: {_tell(found)}", faults


def _cut(server: EmbeddedPostgres, seed: int) -> Result:
    return asyncio.run(_cut_off(server, seed))


async def _cut_off(server: EmbeddedPostgres, seed: int) -> Result:
    url = await fresh_database(server)
    ground = await lay(url, _SOME)
    async with cutting(url, of=50, seed=seed) as cutter:
        with serving(cutter.address) as api:
            await api.ready()
            found = await crowd.rush(api.addresses, url, attempts(ground, seed))
    faults = await crowd.judge(url, ground, found)
    await drop_database(server, url)
    return f"{cutter.cuts} connections cut after COMMIT in {_SOME.children:,} attempts: {_tell(found)}", faults


def _tell(found: crowd.Outcome) -> str:
    told = Counter(answer["__typename"] for _, answer in found.refused)
    unsure = f", {sum(found.unsure.values())} asked again unsure" if found.unsure else ""
    return f"{len(found.acknowledged)} booked, refused {dict(told)}{unsure}"


FIRES: dict[str, Callable[[EmbeddedPostgres, int], Result]] = {
    "crowd": _crowd,
    "keys": _keys,
    "storm": _storm,
    "kill": _kill,
    "cut": _cut,
}


def main(words: list[str]) -> int:
    """Prints what each fire left behind; the exit status."""
    asked = _asked(words)
    configure_logging("ERROR")
    wrong = 0
    with postgres_server(durable=True) as server:
        for name, seed, (line, faults) in _burn(server, asked.fires or list(FIRES), asked.seeds):
            wrong += len(faults)
            print(f"{name} (seed {seed}): {line}; {len(faults)} faults {faults[:5] or ''}", flush=True)
    return 1 if wrong else 0


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description="The diary under fire at full size.")
    parser.add_argument("fires", nargs="*", metavar="fire", help=f"of {', '.join(FIRES)}; all if none is named")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each, every one with another seed (1)")
    asked = parser.parse_args(words)
    unknown = [each for each in asked.fires if each not in FIRES]
    if unknown:
        parser.error(f"there is no fire {', '.join(unknown)}; there are: {', '.join(FIRES)}")
    return asked


def _burn(server: EmbeddedPostgres, names: list[str], seeds: int) -> Iterator[tuple[str, int, Result]]:
    for name in names:
        for seed in range(1, seeds + 1):
            began = time.perf_counter()
            line, faults = FIRES[name](server, seed)
            yield name, seed, (f"{line}; {time.perf_counter() - began:.0f} s in all", faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
