"""Processes of a whole service that are killed and started again where they were."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.embedded import free_port
from tests.fire.api import is_ready, start

_LONGEST_START = 300.0


@dataclass(slots=True, kw_only=True)
class Post:
    """One process, and what starts it again. `address`: where an API process answers; None of a worker."""

    database_url: str
    folder: str
    command: tuple[str, ...]
    settings: Mapping[str, str]
    address: str | None = None
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = start(self.database_url, self.folder, *self.command, log=self.log, **self.settings)

    def kill(self) -> None:
        """Ends it as kill -9 does; true afterwards: it is gone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def ready(self, client: httpx.AsyncClient) -> None:
        """An API process can serve; of a worker nothing is known."""
        async with asyncio.timeout(_LONGEST_START):
            while self.address is not None:
                if await is_ready(client, self.address):
                    return
                await asyncio.sleep(0.02)

    def kill_and_start(self) -> None:
        self.kill()
        self.start()


@dataclass(slots=True, kw_only=True)
class Crew:
    """API processes and delivery workers on one database."""

    apis: list[Post] = field(default_factory=list)
    workers: list[Post] = field(default_factory=list)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(each.address for each in self.apis if each.address is not None)

    async def ready(self) -> None:
        """Every API process can serve."""
        async with httpx.AsyncClient() as client:
            for each in self.apis:
                await each.ready(client)


@contextmanager
def serving_with_post(database_url: str, smtp_url: str, queue_url: str | None, *, apis: int, workers: int) -> Iterator[Crew]:
    """So many of each, started; killed at the end."""
    queue = {} if queue_url is None else {"CONVENE_QUEUE_URL": queue_url}
    with tempfile.TemporaryDirectory(prefix="convene-post-") as folder:
        crew = Crew()
        for number in range(apis):
            port, management = free_port(), free_port()
            ports = {"CONVENE_PORT": str(port), "CONVENE_MANAGEMENT_PORT": str(management)}
            crew.apis.append(
                Post(
                    database_url=database_url,
                    folder=f"{folder}/api{number}",
                    command=("serve",),
                    settings=queue | ports,
                    address=f"http://127.0.0.1:{port}",
                )
            )
        for number in range(workers):
            settings = queue | {"CONVENE_SMTP_URL": smtp_url}
            command = ("worker", "delivery")
            crew.workers.append(Post(database_url=database_url, folder=f"{folder}/worker{number}", command=command, settings=settings))
        try:
            for each in (*crew.apis, *crew.workers):
                each.start()
            yield crew
        finally:
            for each in (*crew.apis, *crew.workers):
                if each.process is not None:
                    each.kill()
