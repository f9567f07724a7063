"""Brings a database to the schema of this release."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.kernel.errors import Rejected, Unavailable
from services.platform.database import Database, refusal_of

T = TypeVar("T")
_ONE_AT_A_TIME = 7265518  # advisory lock: two starting processes must not migrate together


class NewerDatabase(Rejected):
    """The database has migrations that this release does not know."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def newest_revision() -> str:
    """The revision that this release's code is written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    current = _current(connection)
    if current is None:
        return
    try:
        ScriptDirectory.from_config(_config()).get_revision(current)
    except CommandError as unknown:
        raise _newer(current) from unknown


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
    try:
        _refuse_newer(connection)
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _ONE_AT_A_TIME})
        connection.commit()


async def require_newest(database: Database) -> None:
    """True afterwards: the database has the schema of this release. Raises with what to do where it has another."""
    try:
        async with database.connection() as connection:
            current = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        current = None
    newest = newest_revision()
    if current is None:
        raise Rejected("the database is empty: run `convene migrate` first")
    if current > newest:
        raise _newer(current)
    if current != newest:
        raise Rejected(f"the database is at revision {current}, this release needs {newest}: run `convene migrate` first")


def _newer(current: str) -> NewerDatabase:
    return NewerDatabase(
        f"the database is at revision {current}, which this release does not know (it knows up to "
        f"{newest_revision()}): start a newer release of Convene, or name another database"
    )


async def _on_connection(url: str, work: Callable[[Connection], T]) -> T:
    await _knock(url)
    engine = create_async_engine(_sqlalchemy_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def _knock(url: str) -> None:
    """Raises one clear line where the address cannot be used."""
    try:
        await (await asyncpg.connect(url, timeout=10)).close()
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError) as fault:
        raise Rejected(refusal_of(fault)) from fault
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as fault:
        raise Unavailable("the database does not answer: is its address right, and the server up?") from fault


def _sqlalchemy_url(url: str) -> Any:
    scheme, rest = url.split("://", 1)
    if scheme not in ("postgresql", "postgres"):
        raise Rejected(f"a database address starts with postgresql://, not {scheme}://")
    return f"postgresql+asyncpg://{rest}"


async def migrate(url: str) -> str:
    """Applies what is missing, each migration in a transaction of its own; answers the revision it is at now."""
    await _on_connection(url, _upgrade)
    return newest_revision()


async def revision_of(url: str) -> str | None:
    """The revision that a database is at; None for an empty one."""
    return await _on_connection(url, _current)
