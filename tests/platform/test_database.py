"""The foundation: migrations, roles and request keys on a real PostgreSQL 18."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from unittest.mock import patch

import asyncpg
import pytest

import services
from deploy.embedded import EmbeddedPostgres
from services.kernel.actor import service_actor
from services.kernel.errors import ConveneError, Rejected, RequestKeyReused, Unavailable
from services.platform import audit
from services.platform.database import Connection, Database
from services.platform.migrate import NewerDatabase, migrate, newest_revision, require_newest, revision_of
from services.platform.requests import once

ACTOR = service_actor("test")


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert await migrate(database_url) == newest_revision() == await revision_of(database_url)


async def test_a_newer_database_is_refused(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("UPDATE alembic_version SET version_num = '9999'")
    await owner.close()
    with pytest.raises(NewerDatabase, match="9999"):
        await migrate(database_url)
    database = await Database.connect(database_url, size=1)
    with pytest.raises(NewerDatabase, match="9999"):
        await require_newest(database)
    await database.close()


async def test_an_empty_database_is_told_to_be_migrated(postgres: EmbeddedPostgres) -> None:
    database = await Database.connect(postgres.url(), size=1)
    with pytest.raises(Rejected, match="convene migrate"):
        await require_newest(database)
    await database.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [("wrong-password", "password"), ("wrong-database", "no database of that name"), ("wrong-port", "does not answer")],
)
async def test_a_wrong_address_is_told_in_one_line(postgres: EmbeddedPostgres, change: str, told: str) -> None:
    url = {
        "wrong-password": f"postgresql://postgres:wrong@127.0.0.1:{postgres.port}/postgres",
        "wrong-database": postgres.url("nowhere"),
        "wrong-port": "postgresql://postgres:x@127.0.0.1:1/postgres",
    }[change]
    for attempt in (Database.connect(url, size=1), migrate(url)):
        with pytest.raises(ConveneError, match=told):
            await attempt


async def test_a_connection_that_is_lost_after_its_last_answer_takes_nothing_back(database: Database) -> None:
    lost = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
    with patch.object(asyncpg.Connection, "_reset", side_effect=lost):
        async with database.connection() as connection:
            answer = await connection.fetchval("SELECT 1")
    assert answer == 1
    async with database.connection() as another:
        assert await another.fetchval("SELECT 2") == 2


def test_nothing_is_set_for_a_session_since_connections_go_back_as_they_are() -> None:
    lasting = re.compile(r"pg_(try_)?advisory_lock|LISTEN |set_config\([^)]*(?<!true)\)|SET (SESSION|ROLE|search_path)|WITH HOLD")
    rooms = [path for path in Path(services.__file__).parent.rglob("*") if path.suffix in (".sql", ".py") and "migrat" not in str(path)]
    assert len(rooms) > 100
    assert [path.name for path in rooms if lasting.search(path.read_text(encoding="utf-8"))] == []
    assert lasting.search("SELECT set_config('app.user', :user, false)")


async def test_the_database_of_this_release_is_served(database: Database) -> None:
    await require_newest(database)


async def test_the_application_cannot_rewrite_the_audit(database: Database) -> None:
    async with database.transaction() as connection:
        await audit.record(connection, ACTOR, "TEST", subject="thing:1")
    for statement in ("UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction() as connection:
                await connection.execute(statement)


async def test_a_request_key_answers_once(database: Database) -> None:
    done: list[int] = []

    async def work(_: Connection) -> dict[str, int]:
        done.append(1)
        return {"number": len(done)}

    answers = await asyncio.gather(*(once(database, ACTOR, "k", {"a": 1}, work) for _ in range(6)))
    assert answers == [{"number": 1}] * 6
    with pytest.raises(RequestKeyReused):
        await once(database, ACTOR, "k", {"a": 2}, work)


async def test_a_connection_that_is_cut_is_the_server_s_fault(database: Database, database_url: str) -> None:
    owner = await asyncpg.connect(database_url)

    async def use_a_cut_one() -> None:
        async with database.connection() as connection:
            await owner.execute("SELECT pg_terminate_backend($1, 10000)", connection.get_server_pid())
            await connection.fetchval("SELECT 1")

    with pytest.raises(Unavailable, match="does not answer"):
        await use_a_cut_one()
    await owner.close()
    async with database.connection() as connection:  # the pool gives a good one afterwards
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_wrong_call_is_a_bug_and_not_the_server_s_fault(database: Database) -> None:
    with pytest.raises(asyncpg.InterfaceError):
        async with database.connection() as connection:
            await connection.fetchval("SELECT $1::int", 1, 2)


async def test_a_fault_of_the_user_s_own_passes_through(database: Database) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.transaction():
            raise FileNotFoundError
