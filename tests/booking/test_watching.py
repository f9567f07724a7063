"""The diary looked at once for all who follow it: nothing committed is missed, and nobody is waited for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.booking import watching
from services.booking.watching import DiaryWatch, followed_span, forget_changes
from services.kernel.errors import InvalidInput, Unavailable
from services.platform.database import Connection, Database
from tests.support.graph import CountingDatabase
from tests.support.records import Records

MONDAY = datetime(2026, 9, 7, 9, tzinfo=UTC)


async def _meeting(database: Database, reference: str) -> UUID:
    async with database.connection() as connection:
        return await Records(connection).meeting(reference, MONDAY, [])


async def _change(connection: Connection, meeting_id: UUID) -> None:
    await connection.execute("UPDATE meeting SET version = version + 1 WHERE id = $1", meeting_id)


async def _age(database: Database, by: str) -> None:
    """As the tables' owner: the application cannot rewrite what has changed."""
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL ROLE NONE")
        await connection.execute(f"UPDATE diary_change SET at = at - interval '{by}'")


async def _told(watch: DiaryWatch, database: Database, place: int) -> tuple[list[UUID], int]:
    changes, place = await watch.after(database, place)
    return [each.meeting_id for each in changes], place


async def test_a_change_that_is_committed_after_later_ones_is_told_all_the_same_and_once(database: Database) -> None:
    slow, quick = await _meeting(database, "SLOW"), await _meeting(database, "QUICK")
    watch = DiaryWatch(look_every=0)
    place = await watch.begin(database)
    before, place = await _told(watch, database, place)
    assert before == [slow, quick]
    async with database.connection() as late:
        transaction = late.transaction()
        await transaction.start()
        await _change(late, slow)
        async with database.connection() as connection:
            await _change(connection, quick)
        told, place = await _told(watch, database, place)
        assert told == [quick]
        await transaction.commit()
    told, place = await _told(watch, database, place)
    assert told == [slow]
    assert (await _told(watch, database, place))[0] == []


async def test_what_is_rolled_back_is_told_to_nobody(database: Database) -> None:
    meeting = await _meeting(database, "M-1")
    watch = DiaryWatch(look_every=0)
    _, place = await _told(watch, database, await watch.begin(database))
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await _change(connection, meeting)
        await transaction.rollback()
    assert (await _told(watch, database, place))[0] == []


async def test_many_followers_cost_one_look_and_a_quiet_diary_one_small_statement(database_url: str, database: Database) -> None:
    await _meeting(database, "M-1")
    counted = await CountingDatabase.connect(database_url)
    assert isinstance(counted, CountingDatabase)
    counted.statements = []
    try:
        watch = DiaryWatch(look_every=3600)
        places = [await watch.begin(counted) for _ in range(50)]
        assert [len((await watch.after(counted, place))[0]) for place in places] == [1] * 50
        assert len(counted.statements) == 2
        quiet = DiaryWatch(look_every=0)
        place = await quiet.begin(counted)
        counted.statements.clear()
        await quiet.after(counted, place)
        assert len(counted.statements) == 1
    finally:
        await counted.close()


async def test_a_follower_who_fell_behind_is_told_so_and_a_new_one_only_once_it_can_be_told_everything(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = await _meeting(database, "M-1")
    watch = DiaryWatch(look_every=0)
    behind = await watch.begin(database)
    monkeypatch.setattr(watching, "MOST_KEPT", 3)
    async with database.connection() as connection:
        for _ in range(3):
            await _change(connection, meeting)
    with pytest.raises(Unavailable, match="read it anew"):
        await watch.after(database, behind)
    with pytest.raises(Unavailable, match="read it anew"):
        await watch.begin(database)
    await _age(database, "3 minutes")
    assert (await _told(fresh := DiaryWatch(look_every=0), database, await fresh.begin(database)))[0] == []


async def test_more_than_is_kept_in_one_look_leaves_every_follower_behind(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = await _meeting(database, "M-1")
    watch = DiaryWatch(look_every=0)
    _, place = await _told(watch, database, await watch.begin(database))
    monkeypatch.setattr(watching, "MOST_KEPT", 2)
    async with database.connection() as connection:
        for _ in range(3):
            await _change(connection, meeting)
    with pytest.raises(Unavailable):
        await watch.after(database, place)


async def test_after_a_pause_of_all_who_look_nobody_takes_silence_for_a_quiet_diary(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = await _meeting(database, "M-1")
    watch = DiaryWatch(look_every=0)
    _, place = await _told(watch, database, await watch.begin(database))
    monkeypatch.setattr(watching, "_LONGEST_PAUSE", -1.0)
    with pytest.raises(Unavailable):
        await watch.after(database, place)
    monkeypatch.undo()
    assert (await _told(watch, database, await watch.begin(database)))[0] == [meeting]


async def test_changes_are_forgotten_after_a_day(database: Database) -> None:
    await _meeting(database, "M-1")
    async with database.connection() as connection:
        await forget_changes(connection)
        assert await connection.fetchval("SELECT count(*) FROM diary_change") == 1
    await _age(database, "25 hours")
    async with database.connection() as connection:
        await forget_changes(connection)
        assert await connection.fetchval("SELECT count(*) FROM diary_change") == 0


def test_days_are_those_of_the_wall_in_england_both_included() -> None:
    span = followed_span(date(2026, 9, 7), date(2026, 9, 8))
    assert (span.start, span.end) == (datetime(2026, 9, 6, 23, tzinfo=UTC), datetime(2026, 9, 8, 23, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="before it begins"):
        followed_span(date(2026, 9, 8), date(2026, 9, 7))
