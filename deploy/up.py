"""`convene up`: everything on one machine, from nothing, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.authority import is_empty, take_in_sample
from deploy.embedded import CannotStart, EmbeddedPostgres, EmbeddedValkey, end_with_parent, ensure_database, free_port
from deploy.mail_sink import MailSink
from deploy.planned import apply_plan, plan_span
from deploy.running import environment_of, sole_use, with_secret, write_addresses
from deploy.runs import allocate_all
from deploy.welcome import mail_address, wait_until_ready, welcome
from services.kernel.errors import Unavailable
from services.platform.config import Config
from services.platform.migrate import migrate
from services.platform.resources import Resources, open_resources

_QUARTER = timedelta(days=90)
_PROCESSES = {
    "graph": ("serve",),
    "delivery worker": ("worker", "delivery"),
    "solver worker": ("worker", "solver"),
}


def say(line: str) -> None:
    """One line to whoever started us, at once."""
    print(line, flush=True)


async def up(config: Config) -> int:
    """Starts all, loads the sample into an empty database, and stays until SIGINT, SIGTERM or the death of a part.

    Answers the exit status: 0 when asked to stop, 1 when a part died. Whatever was started has ended when it returns.
    """
    stopped = asyncio.Event()
    running = asyncio.current_task()
    assert running is not None

    def stop() -> None:
        stopped.set()
        running.cancel()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    try:
        with sole_use(config.data_dir), ExitStack() as cleanup:
            return await _start_and_stay(config, cleanup)
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
        say("Stopped.")
        return 0


async def _start_and_stay(config: Config, cleanup: ExitStack) -> int:
    mail, postgres = mail_address(config), EmbeddedPostgres(config.data_dir.resolve() / "postgres")
    try:
        return await _start_all(await _start_servers(with_secret(config), postgres, cleanup), mail, cleanup)
    except Unavailable as fault:
        raise CannotStart(postgres.disk_trouble() or str(fault)) from fault


async def _start_all(config: Config, mail: str, cleanup: ExitStack) -> int:
    assert config.database_url is not None
    await migrate(config.owner_database_url or config.database_url)
    config = _choose_ports(config)
    write_addresses(config)
    processes = _Processes(config)
    cleanup.callback(processes.stop)
    processes.start()
    await wait_until_ready(config, processes.fallen)
    async with open_resources(config, name="up") as resources:
        await _load_sample(resources)
        for line in await welcome(resources, mail):
            say(line)
    return await processes.watch()


async def _start_servers(config: Config, postgres: EmbeddedPostgres, cleanup: ExitStack) -> Config:
    folder = config.data_dir.resolve()
    changes: dict[str, object] = {"data_dir": folder}
    if config.database_url is None:
        cleanup.callback(postgres.stop)
        await postgres.start()
        changes["database_url"] = await ensure_database(postgres, "convene")
    if config.queue_url is None:
        valkey = EmbeddedValkey(folder / "valkey")
        cleanup.callback(valkey.stop)
        await valkey.start()
        changes["queue_url"] = valkey.url()
    if config.smtp_url is None:
        sink = MailSink(folder / "mail", port=free_port())
        sink.start()
        cleanup.callback(sink.stop)
        changes["smtp_url"] = f"smtp://127.0.0.1:{sink.port}"
    return config.model_copy(update=changes)


def _choose_ports(config: Config) -> Config:
    """The ports asked for, or free ones in their stead: said aloud, since links and bookmarks depend on them."""
    chosen: dict[str, int] = {}
    for name, what in (("port", "the graph"), ("management_port", "the metrics")):
        wanted = getattr(config, name)
        chosen[name] = free_port(wanted, config.host)
        if wanted not in (0, chosen[name]):
            say(f"Port {wanted} is in use: {what} is on port {chosen[name]}.")
    return config.model_copy(update=chosen)


@dataclass(slots=True)
class _Processes:
    """The graph and the two workers, each a process that ends with us."""

    config: Config
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        environment = environment_of(self.config)
        for name, words in _PROCESSES.items():
            with self._log(name).open("ab") as log:
                self.started[name] = subprocess.Popen(
                    [sys.executable, "-m", "deploy.cli", *words],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=end_with_parent(signal.SIGTERM),
                )

    def _log(self, name: str) -> Path:
        return self.config.data_dir / f"{name.replace(' ', '-')}.log"

    def fallen(self) -> str | None:
        """What there is to say of a part that ended by itself."""
        for name, process in self.started.items():
            if process.poll() is not None:
                lines = self._log(name).read_text(errors="replace").splitlines()
                return f"the {name} ended with status {process.returncode}: {lines[-1] if lines else 'no message'} (log: {self._log(name)})"
        return None

    async def watch(self) -> int:
        """Returns only when a part has ended by itself."""
        while (why := self.fallen()) is None:  # noqa: ASYNC110  # a child's end rings no bell here
            await asyncio.sleep(0.5)
        raise CannotStart(why)

    def stop(self) -> None:
        """Asks all to end, then waits for each."""
        for process in self.started.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in self.started.values():
            with _patience(process):
                process.wait(20)


@contextlib.contextmanager
def _patience(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _load_sample(resources: Resources) -> None:
    config = resources.config
    if not config.sample or not await is_empty(resources):
        return
    from deploy.sample import write_sample

    today = resources.today(datetime.now(UTC))
    folder = config.data_dir / "sample"
    say(f"The database is empty: loading the sample authority as of {today.isoformat()}.")
    await asyncio.to_thread(write_sample, folder, as_of=today)
    await take_in_sample(resources, folder, today, lambda line: say(f"  {line}"))
    allocated = await allocate_all(resources, _quietly)
    say(f"  allocation: {allocated.lines()[0]}")
    planned = await plan_span(resources, today, today + _QUARTER, _quietly)
    say(f"  plan: {planned.lines()[0]}")
    applied = await apply_plan(resources, planned, _quietly)
    say(f"  diary: {applied.lines()[0]}")


def _quietly(_doing: str, _share: float) -> None:
    """Progress that nobody watches."""
