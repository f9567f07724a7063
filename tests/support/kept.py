"""Databases that are used again: a test hands one back, and what it wrote is undone, which is far cheaper than a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from deploy.embedded import EmbeddedPostgres
from services.platform.database import Connection
from tests.support.servers import drop_database

_LARGEST = 8_000_000  # bytes of rows, live and dead, over which a copy costs less than what they leave behind
_TABLES = """
    SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = "SELECT quote_ident(sequencename) AS name, last_value FROM pg_sequences WHERE schemaname = 'public'"
_SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_CATALOGUES = (
    "pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_trigger", "pg_proc", "pg_type", "pg_namespace",
    "pg_rewrite", "pg_policy", "pg_extension", "pg_db_role_setting",
)  # fmt: skip
# Whatever is created or altered is a row of a newer transaction; whatever is dropped is a row less.
_SHAPE = " UNION ALL ".join(f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}" for name in _CATALOGUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The address (as owner) of a database, the script that brings its rows back to what they were, and its catalogues then."""

    url: str
    script: str
    shape: tuple[tuple[object, ...], ...]


HandedBack = dict[str, list[Kept]]  # by what is in them


@asynccontextmanager
async def lend(server: EmbeddedPostgres, handed_back: HandedBack, content: str, make: Callable[[], Awaitable[str]]) -> AsyncIterator[Kept]:
    """A database of that content for the one who asks; `make` returns the address of a new one where none is free."""
    free = handed_back.setdefault(content, [])
    kept = free.pop() if free else await keep(await make())
    yield kept
    if await restore(kept):
        free.append(kept)
    else:
        await drop_database(server, kept.url)


async def keep(url: str) -> Kept:
    """What `restore` needs to bring the database back to what it is now."""
    owner = await asyncpg.connect(url)
    try:
        script = await _keep(owner)
        return Kept(url=url, script=script, shape=await shape(owner))
    finally:
        await owner.close()


async def restore(kept: Kept) -> bool:
    """Nobody else is connected, and every row and every sequence is as it was when kept.

    False: tables, functions or settings are not what they were, or much was written; such a database is to be dropped.
    """
    owner = await asyncpg.connect(kept.url)
    try:
        await owner.execute(_OTHERS)
        if await shape(owner) != kept.shape or await owner.fetchval(_SIZE) > _LARGEST:
            return False
        await owner.execute(kept.script)
    finally:
        await owner.close()
    return True


async def shape(owner: Connection) -> tuple[tuple[object, ...], ...]:
    """Another value after whatever creates, alters, grants or drops; the same after what only reads and writes rows."""
    return tuple(tuple(row) for row in await owner.fetch(_SHAPE))


async def _keep(owner: Connection) -> str:
    steps = ["SET session_replication_role = replica"]  # neither foreign keys nor triggers: whole tables go and come
    await owner.execute("CREATE SCHEMA IF NOT EXISTS kept")
    for table in await owner.fetch(_TABLES):
        name, columns = table["name"], table["columns"]
        held, kept = f'public."{name}"', f'kept."{name}"'
        steps.append(f"DELETE FROM {held}")
        if await owner.fetchval(f"SELECT EXISTS (SELECT FROM {held})"):
            await owner.execute(f"DROP TABLE IF EXISTS {kept}; CREATE TABLE {kept} AS TABLE {held}")
            steps.append(f"INSERT INTO {held} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {kept}")
    for sequence in await owner.fetch(_SEQUENCES):
        value, called = sequence["last_value"] or 1, str(sequence["last_value"] is not None).lower()
        steps.append(f"SELECT setval('public.{sequence['name']}', {value}, {called})")
    return "; ".join(steps)
