"""Real servers for the tests: one PostgreSQL and one Valkey for a test process, a fresh database for each test that asks."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg

from deploy.embedded import EmbeddedPostgres, EmbeddedValkey, ensure_database
from services.platform.migrate import migrate

_numbers = count(1)


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[EmbeddedPostgres]:
    """A cluster with a migrated database `template_convene` to copy from; `durable`: with fsync, as benches need it."""
    folder = Path(tempfile.mkdtemp(prefix="convene-test-"))
    server = EmbeddedPostgres(folder / "postgres")

    async def prepare() -> None:
        await server.start(durable=durable)
        if not durable:
            await leave_alone(server)
        await migrate(await ensure_database(server, "template_convene"))

    try:
        asyncio.run(prepare())
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def leave_alone(server: EmbeddedPostgres) -> None:
    """Nothing happens in it that no test has asked for: rows lie as they were written, whenever they are read."""
    owner = await asyncpg.connect(server.url())
    await owner.execute("ALTER SYSTEM SET autovacuum = off")
    await owner.execute("SELECT pg_reload_conf()")
    await owner.close()


@contextmanager
def valkey_server() -> Iterator[EmbeddedValkey]:
    folder = Path(tempfile.mkdtemp(prefix="convene-test-"))
    server = EmbeddedValkey(folder / "valkey")
    try:
        asyncio.run(server.start())
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def fresh_database(server: EmbeddedPostgres) -> str:
    """Address of a new, migrated, empty database."""
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template_convene STRATEGY wal_log')
    finally:
        await connection.close()
    return server.url(name)


async def drop_database(server: EmbeddedPostgres, url: str) -> None:
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')
    finally:
        await connection.close()
