"""The embedded servers start from nothing, find their data again, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded import CannotStart, EmbeddedPostgres, EmbeddedValkey, ensure_database, free_port

ROOT = Path(__file__).resolve().parents[2]


async def test_data_outlives_a_stop(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    await server.start()
    owner = await asyncpg.connect(await ensure_database(server, "kept"))
    await owner.execute("CREATE TABLE t AS SELECT 42 AS n")
    await owner.close()
    server.stop()
    again = EmbeddedPostgres(tmp_path / "postgres")
    await again.start()
    try:
        owner = await asyncpg.connect(await ensure_database(again, "kept"))
        assert await owner.fetchval("SELECT n FROM t") == 42
        assert int(await owner.fetchval("SHOW server_version_num")) >= 180000
        await owner.close()
    finally:
        again.stop()


async def test_a_killed_parent_takes_its_servers_along(tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from pathlib import Path
from deploy.embedded import EmbeddedPostgres, EmbeddedValkey
async def main():
    postgres, valkey = EmbeddedPostgres(Path({str(tmp_path)!r}) / "postgres"), EmbeddedValkey(Path({str(tmp_path)!r}) / "valkey")
    await postgres.start(durable=False)
    await valkey.start()
    print(postgres.process.pid, valkey.process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    descriptors = [os.pidfd_open(child) for child in children]
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    import select

    for descriptor in descriptors:  # a pidfd turns readable when its process has ended
        readable, _, _ = select.select([descriptor], [], [], 300)
        os.close(descriptor)
        assert readable


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises((CannotStart, OSError)):
        await EmbeddedPostgres(tmp_path / "file" / "postgres").start()


def test_a_taken_port_gives_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port


async def test_valkey_answers_on_a_socket_of_its_own(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path / "valkey")
    await server.start()
    assert server.socket is not None
    room = server.socket.parent
    assert server.socket.is_socket()
    server.stop()
    assert not room.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Twenty megabytes: too small for a cluster."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(tmp_path)], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


async def test_a_full_disk_is_named_and_nothing_half_made_stays(small_disk: Path) -> None:
    server = EmbeddedPostgres(small_disk / "var" / "postgres")
    with pytest.raises(CannotStart, match="the disk is full"):
        await server.start()
    assert not server.folder.exists()


def test_a_disk_that_fills_up_is_told_from_one_that_was_full_before(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.log.write_text("PANIC:  could not write to file: No space left on device\n")
    server.logged_before = server.log.stat().st_size
    assert server.disk_trouble() is None
    with server.log.open("a") as log:
        log.write("PANIC:  could not write to file: No space left on device\n")
    assert "the disk is full" in (server.disk_trouble() or "")
