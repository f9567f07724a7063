"""What is kept is what the same read would find now: whoever commits, rolls back or comes between, and whichever server answers."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from services.kernel.errors import Unavailable
from services.platform import kept
from services.platform.database import Database
from services.platform.kept import ASKED_A_SECOND, OLDEST, Kept
from tests.support.servers import leave_alone

KEY = "counted"


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A connection of another process, as the server sees it, and a table with one number."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE seen (number integer); INSERT INTO seen VALUES (0); GRANT ALL ON seen TO convene_app")
    yield connection
    await connection.close()


class Source:
    """Reads the number, and counts how often it did."""

    def __init__(self) -> None:
        self.reads = 0

    async def read(self, connection: Any, keys: Sequence[str]) -> dict[str, int]:
        self.reads += 1
        number = await connection.fetchval("SELECT number FROM seen")
        return dict.fromkeys((key for key in keys if key != "nothing"), number)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def test_what_nobody_has_changed_is_read_once(database: Database, other: asyncpg.Connection[Any]) -> None:
    source = Source()
    assert [await database.ask(source.read, KEY) for _ in range(3)] == [0, 0, 0]
    assert source.reads == 1
    assert [await database.ask(source.read, key) for key in ("another", KEY, "nothing", "nothing")] == [0, 0, None, None]
    assert source.reads == 4, "what is not there is looked for each time"


async def test_what_another_process_commits_is_found_by_whoever_asks_next(database: Database, other: asyncpg.Connection[Any]) -> None:
    source = Source()
    for number in range(1, 20):
        await other.execute("UPDATE seen SET number = $1", number)
        assert await database.ask(source.read, KEY) == number


async def test_what_is_not_committed_yet_is_found_once_it_is(database: Database, database_url: str, other: asyncpg.Connection[Any]) -> None:
    """Transactions that write at the same time, and end in either order, before and after a read."""
    source, third = Source(), await asyncpg.connect(database_url)
    await other.execute("CREATE TABLE elsewhere (number integer)")
    for first, second, number in ((other, third, 1), (third, other, 2)):
        ours, theirs = first.transaction(), second.transaction()
        await ours.start()
        await first.execute("UPDATE seen SET number = $1", number)
        await theirs.start()
        await second.execute("INSERT INTO elsewhere VALUES (1)")
        assert await database.ask(source.read, KEY) == number - 1
        await theirs.commit()
        assert await database.ask(source.read, KEY) == number - 1
        await ours.commit()
        assert await database.ask(source.read, KEY) == number
    await third.close()


@pytest.mark.parametrize("before", [True, False])
async def test_what_is_committed_while_it_is_read_never_stays_hidden(
    database: Database, other: asyncpg.Connection[Any], before: bool
) -> None:
    """Committed after the server said in which state it is, before the rows were read or after."""

    async def read(connection: Any, keys: Sequence[str]) -> dict[str, int]:
        if before:
            await other.execute("UPDATE seen SET number = number + 1")
        number = await connection.fetchval("SELECT number FROM seen")
        if not before:
            await other.execute("UPDATE seen SET number = number + 1")
        return dict.fromkeys(keys, number)

    first = await database.ask(read, KEY)
    second = await database.ask(read, KEY)
    assert first is not None
    assert second == first + 1


async def _said_by(server: EmbeddedPostgres) -> tuple[str, str | None]:
    """Which transactions have ended, and the state that is compared."""
    await server.start(durable=False)
    connection = await asyncpg.connect(server.url())
    if not await connection.fetchval("SELECT pg_is_in_recovery()"):
        await leave_alone(server)
    ended = await connection.fetchval("SELECT pg_current_snapshot()::text")
    state = await connection.fetchval(kept._STATE)
    await connection.close()
    server.stop()
    return ended, state


async def test_a_server_in_anothers_place_is_asked_anew_and_a_standby_each_time() -> None:
    """It may have gone back to a backup, and have counted as many transactions since."""
    folder = Path(tempfile.mkdtemp(prefix="convene-test-"))
    server = EmbeddedPostgres(folder / "postgres")
    try:
        first, second = await _said_by(server), await _said_by(server)
        (server.folder / "standby.signal").touch()
        standby = await _said_by(server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    assert first[0] == second[0], "the control: by what has ended alone they would be the same"
    assert first[1] != second[1]
    assert standby == (second[0], None)


async def test_nothing_is_kept_where_the_server_does_not_tell_its_state(
    database: Database, other: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_STATE", "SELECT NULL::text")
    source = Source()
    for number in range(1, 4):
        await other.execute("UPDATE seen SET number = $1", number)
        assert await database.ask(source.read, KEY) == number


async def test_nothing_is_kept_from_before_the_server_ended_its_connections(
    database: Database, other: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash of one of its processes a server goes on as the one that it was, and numbers transactions that left no trace again."""
    monkeypatch.setattr(kept, "_STATE", "SELECT 'as before'")
    source = Source()
    assert await database.ask(source.read, KEY) == 0
    await other.execute("UPDATE seen SET number = 1")
    assert await database.ask(source.read, KEY) == 0, "the control: by its state nothing has happened"
    await other.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    found = None
    while found is None:
        with suppress(Unavailable):  # of the one that was ended
            found = await database.ask(source.read, KEY)
    assert found == 1


async def _after_a_flood(database: Database, source: Source) -> tuple[Kept[str, int], Clock, list[int]]:
    """As many as are answered anew at one moment have been, and the clock stands; the uses by this process, in a list."""
    clock, uses = Clock(), [0]
    holding: Kept[str, int] = Kept(source.read, database.connection, lambda: uses[0], lambda: 0, clock)
    for _ in range(ASKED_A_SECOND):
        await holding.ask(KEY)
    return holding, clock, uses


async def test_where_many_ask_an_answer_is_no_older_than_it_may_be(database: Database, other: asyncpg.Connection[Any]) -> None:
    source = Source()
    holding, clock, _ = await _after_a_flood(database, source)
    await other.execute("UPDATE seen SET number = 1")
    assert await holding.ask(KEY) == 0, "the control: nobody asked the server"
    assert await holding.ask("another") == 1, "what was not read is"
    assert await holding.ask(KEY) == 1, "and everybody is answered from the newest that is known"
    await other.execute("UPDATE seen SET number = 2")
    clock.now += 0.9 * OLDEST
    assert await holding.ask(KEY) == 1
    clock.now += 0.2 * OLDEST
    assert await holding.ask(KEY) == 2


async def test_whoever_asks_alone_is_answered_by_what_is_committed(database: Database, other: asyncpg.Connection[Any]) -> None:
    """After a flood of questions, a hundred a second again; after a rest, a hundred at once and no more."""
    source = Source()
    holding, clock, _ = await _after_a_flood(database, source)
    for number, rest in enumerate([1.01 * OLDEST] * 5 + [60.0] + [0.0] * (ASKED_A_SECOND - 1), start=1):
        clock.now += rest
        await other.execute("UPDATE seen SET number = $1", number)
        assert await holding.ask(KEY) == number
    await other.execute("UPDATE seen SET number = 0")
    assert await holding.ask(KEY) == number


@pytest.mark.parametrize("slow", [0.0, 0.9])
async def test_where_the_server_did_not_answer_nothing_is_kept_for_longer(
    database: Database, other: asyncpg.Connection[Any], slow: float
) -> None:
    """The age of an answer counts from before it was looked for, however long that took."""
    clock, source, is_away, takes = Clock(), Source(), False, 0.0

    @asynccontextmanager
    async def lent() -> AsyncIterator[Any]:
        if is_away:
            raise Unavailable("away")
        async with database.connection() as connection:
            yield connection
        clock.now += takes * OLDEST

    holding: Kept[str, int] = Kept(source.read, lent, lambda: 0, lambda: 0, clock)
    assert [await holding.ask(KEY) for _ in range(ASKED_A_SECOND)] == [0] * ASKED_A_SECOND
    await other.execute("UPDATE seen SET number = 1")
    clock.now, takes = clock.now + 1.01 * OLDEST, slow
    assert await holding.ask(KEY) == 1
    await other.execute("UPDATE seen SET number = 2")
    clock.now, is_away = clock.now + (1.01 - slow) * OLDEST, True
    with pytest.raises(Unavailable):
        await holding.ask(KEY)
    is_away = False
    assert await holding.ask(KEY) == 2


async def test_what_this_process_did_is_found_at_once(database: Database, other: asyncpg.Connection[Any]) -> None:
    source = Source()
    holding, _, uses = await _after_a_flood(database, source)
    await other.execute("UPDATE seen SET number = 1")
    uses[0] += 1
    assert await holding.ask(KEY) == 1


async def test_what_this_process_did_while_it_was_read_is_found_at_once(database: Database, other: asyncpg.Connection[Any]) -> None:
    uses = [0]

    class Overtaken(Source):
        async def read(self, connection: Any, keys: Sequence[str]) -> dict[str, int]:
            found = await super().read(connection, keys)
            await other.execute("UPDATE seen SET number = number + 1")
            uses[0] += 1
            return found

    source = Overtaken()
    clock = Clock()
    holding: Kept[str, int] = Kept(source.read, database.connection, lambda: uses[0], lambda: 0, clock)
    assert [await holding.ask(KEY) for _ in range(2 * ASKED_A_SECOND)] == list(range(2 * ASKED_A_SECOND))


async def _do(database: Database, *statements: str) -> None:
    async with database.connection() as connection:
        for statement in statements:
            await connection.execute(statement)


@pytest.mark.parametrize("fails", [False, True])
async def test_every_use_of_a_connection_is_counted_when_it_ends(
    database: Database, other: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """Also one that fails: nobody knows what it had committed."""
    monkeypatch.setattr(kept, "ASKED_A_SECOND", 1e-9)
    monkeypatch.setattr(kept, "OLDEST", 3600.0)
    source = Source()

    assert await database.ask(source.read, KEY) == 0
    await other.execute("UPDATE seen SET number = 1")
    assert await database.ask(source.read, KEY) == 0, "the control: nobody asked the server"
    if fails:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await _do(database, "UPDATE seen SET number = number + 1", "SELECT 1 / 0")
    else:
        await _do(database, "UPDATE seen SET number = number + 1")
    assert await database.ask(source.read, KEY) == 2


async def test_no_more_is_kept_than_may_be(database: Database, other: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST", 10)
    source = Source()
    holding: Kept[str, int] = Kept(source.read, database.connection, lambda: 0, lambda: 0)
    for number in range(100):
        await holding.ask(str(number))
    assert len(holding._found) <= 11


async def test_two_processes_that_change_and_ask_at_once_never_read_what_was(
    database: Database, other: asyncpg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer is at least the number that was committed when it was asked for, however many ask in a second."""
    monkeypatch.setattr(kept, "ASKED_A_SECOND", 10**9)
    source, committed = Source(), [0]

    async def count() -> None:
        for number in range(1, 60):
            await other.execute("UPDATE seen SET number = $1", number)
            committed[0] = number

    async def follow() -> None:
        while committed[0] < 59:
            known = committed[0]
            found = await database.ask(source.read, KEY)
            assert found is not None
            assert found >= known

    await asyncio.gather(count(), *(follow() for _ in range(3)))
