"""What an establishment states is what there is: again, corrected, and over meetings that stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.directory.establishment import (
    Establishment,
    EstablishmentFinding,
    StatedAbsence,
    StatedIro,
    StatedNoteTaker,
    StatedPoliceTeam,
    StatedReduction,
    StatedRoom,
)
from services.directory.service import apply_establishment, lay_ahead, record_absence_in
from services.directory.store import load_settings
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import HasMeetings, InvalidInput, NotFound
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import AbsenceReason, MeetingKind, ResourceKind
from services.platform.database import Connection, Database

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
TODAY = date(2026, 9, 1)
IRO = StatedIro(code="IRO-01", name="Officer", email="iro01@example.org", wte=Decimal("1.0"), specialities=("neglect",))
ROOM = StatedRoom(code="ROOM-A", name="Room A", seats=14, features=("step_free", "family_room"))
TAKER = StatedNoteTaker(code="NT-01", name="Taker", email="nt01@example.org", wte=Decimal("0.8"), works=("Mon-Thu 09:00-17:00",))
POLICE = StatedPoliceTeam(code="POL-01", name="Team", email="pol01@example.org", capacity=2)
UNIT = Establishment(
    unit_name="Unit",
    organiser="unit@example.org",
    room_desk="rooms@example.org",
    settings={"police_at": ["INITIAL_CONFERENCE"]},
    iros=(IRO,),
    rooms=(ROOM,),
    note_takers=(TAKER,),
    police_teams=(POLICE,),
)
TABLES = (
    "setting",
    "resource",
    "iro",
    "room",
    "note_taker",
    "police_team",
    "police_place",
    "contract",
    "capacity_reduction",
    "working_pattern",
    "absence",
    "availability",
    "may_not_chair",
)


async def apply(database: Database, unit: Establishment, today: date = TODAY, **more: Any) -> tuple[EstablishmentFinding, ...]:
    now = datetime(today.year, today.month, today.day, 9, 0, tzinfo=UTC)
    async with database.transaction() as connection:
        return await apply_establishment(connection, unit, actor=COMMAND_LINE, now=now, today=today, **more)


async def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows with the transaction that wrote them, so that rewriting a row shows."""
    async with database.connection() as connection:
        return {table: sorted(tuple(map(repr, row)) for row in await connection.fetch(f"SELECT xmin, * FROM {table}")) for table in TABLES}


async def at_work(database: Database, code: str, day: date) -> list[str]:
    """The day's stretches by the clock on the wall."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            """SELECT to_char(lower(during) AT TIME ZONE 'Europe/London', 'HH24:MI') || '-' ||
                      to_char(upper(during) AT TIME ZONE 'Europe/London', 'HH24:MI') AS hours
               FROM availability JOIN resource ON resource.id = resource_id
               WHERE code = $1 AND (lower(during) AT TIME ZONE 'Europe/London')::date = $2 ORDER BY during""",
            code,
            day,
        )
    return [row["hours"] for row in rows]


async def hold(database: Database, code: str, window: TimeWindow) -> UUID:
    """A meeting that stands, reduced to one hold."""
    meeting = uuid4()
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) VALUES ($1, $2, 'CARE_REVIEW', 'CONFIRMED', $3, $4)",
            meeting,
            str(meeting),
            window.start,
            window.end,
        )
        await connection.execute(
            "INSERT INTO hold (resource_id, blocked, attended, meeting_id) SELECT id, $2, $2, $3 FROM resource WHERE code = $1",
            code,
            asyncpg.Range(window.start, window.end),
            meeting,
        )
    return meeting


def window(day: date, since: str, until: str) -> TimeWindow:
    return TimeWindow(*(local_instant(day, datetime.strptime(at, "%H:%M").time()) for at in (since, until)))  # noqa: DTZ007


async def test_the_same_file_again_changes_nothing(database: Database) -> None:
    unit = replace(
        UNIT,
        iros=(
            replace(
                IRO,
                absences=(StatedAbsence(first_day=date(2026, 12, 21), last_day=date(2026, 12, 31), reason=AbsenceReason.LEAVE),),
                may_not_chair=("CH0012",),
                reductions=(StatedReduction(wte=Decimal("0.2"), reason="induction", first_day=date(2026, 8, 1)),),
            ),
        ),
    )
    assert await apply(database, unit) == ()
    before = await everything(database)
    assert all(before[table] for table in TABLES)
    assert await apply(database, unit) == ()
    assert await everything(database) == before


async def test_hours_are_those_of_the_clock_on_the_wall_on_both_sides_of_its_change(database: Database) -> None:
    await apply(database, UNIT)
    friday, monday = date(2026, 10, 23), date(2026, 10, 26)
    assert await at_work(database, "IRO-01", friday) == await at_work(database, "IRO-01", monday) == ["09:00-17:00"]
    async with database.connection() as connection:
        starts = await connection.fetch(
            "SELECT lower(during) AS at FROM availability JOIN resource ON id = resource_id "
            "WHERE code = 'IRO-01' AND during && $1 ORDER BY 1",
            asyncpg.Range(datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC)),
        )
    assert [row["at"].hour for row in starts] == [8, 9]


async def test_nobody_works_on_a_bank_holiday_and_the_police_are_as_many_as_their_places(database: Database) -> None:
    await apply(database, UNIT)
    for code in ("IRO-01", "ROOM-A", "NT-01", "POL-01/1", "POL-01/2"):
        assert await at_work(database, code, date(2026, 12, 28)) == []  # Boxing Day's substitute, a Monday
        assert await at_work(database, code, date(2026, 12, 30)) != []
    assert await at_work(database, "ROOM-A", date(2026, 12, 30)) == ["09:00-17:30"]
    assert await at_work(database, "NT-01", date(2026, 9, 4)) == []  # a Friday
    assert await at_work(database, "POL-01/3", date(2026, 12, 30)) == []


async def test_it_is_laid_a_week_back_and_400_days_ahead_and_goes_on_day_by_day(database: Database) -> None:
    await apply(database, replace(UNIT, iros=(replace(IRO, works=("Mon-Sun 08:00-18:00",)),)))

    async def ends() -> tuple[date, date]:
        async with database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT min(lower(during))::date AS first, max(upper(during))::date AS last "
                "FROM availability JOIN resource ON id = resource_id WHERE code = 'IRO-01'"
            )
        assert row is not None
        return row["first"], row["last"]

    assert await ends() == (TODAY - timedelta(days=7), TODAY + timedelta(days=400))
    async with database.transaction() as connection:
        await lay_ahead(connection, TODAY + timedelta(days=10))
    assert await ends() == (TODAY - timedelta(days=7), TODAY + timedelta(days=410))


async def test_absences_have_both_their_days_and_a_corrected_file_corrects(database: Database) -> None:
    leave = StatedAbsence(first_day=date(2026, 9, 14), last_day=date(2026, 9, 15), reason=AbsenceReason.LEAVE)
    await apply(database, replace(UNIT, iros=(replace(IRO, absences=(leave,)),)))
    assert [await at_work(database, "IRO-01", date(2026, 9, day)) for day in (11, 14, 15, 16)] == [
        ["09:00-17:00"],
        [],
        [],
        ["09:00-17:00"],
    ]
    await apply(database, replace(UNIT, iros=(replace(IRO, absences=(replace(leave, last_day=date(2026, 9, 14)),)),)))
    assert await at_work(database, "IRO-01", date(2026, 9, 15)) == ["09:00-17:00"]


async def test_a_change_counts_from_today_and_the_past_stays_as_it_was(database: Database) -> None:
    await apply(database, UNIT)
    later = TODAY + timedelta(days=30)
    changed = replace(
        UNIT, iros=(replace(IRO, wte=Decimal("0.5"), works=("Mon,Wed 10:00-14:00",)),), settings={"police_at": ["REVIEW_CONFERENCE"]}
    )
    await apply(database, changed, today=later)
    async with database.connection() as connection:
        wtes = await connection.fetch("SELECT wte FROM contract JOIN iro USING (resource_id) ORDER BY lower(in_force)")
        settings = [await load_settings(connection, day) for day in (later - timedelta(days=1), later)]
    assert [row["wte"] for row in wtes] == [Decimal("1.0"), Decimal("0.5")]
    assert [each.police_at for each in settings] == [{MeetingKind.INITIAL_CONFERENCE}, {MeetingKind.REVIEW_CONFERENCE}]
    assert await at_work(database, "IRO-01", date(2026, 9, 21)) == ["09:00-17:00"]
    assert await at_work(database, "IRO-01", date(2026, 10, 5)) == ["10:00-14:00"]
    assert await at_work(database, "IRO-01", date(2026, 10, 6)) == []


async def test_who_is_named_no_longer_is_in_use_no_longer_and_is_listed(database: Database) -> None:
    await apply(database, UNIT)
    (finding,) = await apply(database, replace(UNIT, rooms=()))
    assert (finding.element, finding.rule) == ("room ROOM-A", "NAMED_NO_LONGER")
    assert await at_work(database, "ROOM-A", date(2026, 9, 2)) == []
    assert await apply(database, UNIT) == ()
    assert await at_work(database, "ROOM-A", date(2026, 9, 2)) == ["09:00-17:30"]


async def test_an_absence_over_meetings_is_refused_and_listed_with_them(database: Database) -> None:
    await apply(database, UNIT)
    day = date(2026, 9, 14)
    meeting = await hold(database, "POL-01/2", window(day, "10:00", "12:00"))
    away = (StatedAbsence(first_day=day, last_day=day, reason=AbsenceReason.TRAINING),)
    unit = replace(UNIT, police_teams=(replace(POLICE, absences=away),))
    (finding,) = await apply(database, unit)
    assert (finding.rule, finding.severity, finding.meeting_ids) == ("ABSENCE_OVER_MEETINGS", "REFUSED", (meeting,))
    assert await at_work(database, "POL-01/1", day) == await at_work(database, "POL-01/2", day) == ["09:00-17:00"]


async def test_released_the_absence_stands(database: Database) -> None:
    await apply(database, UNIT)
    day = date(2026, 9, 14)
    await hold(database, "IRO-01", window(day, "10:00", "12:00"))

    async def let_go(connection: Connection, spans: Any) -> None:
        assert spans == [
            (spans[0][0], TimeWindow(local_instant(day, datetime.min.time()), window(day, "23:00", "23:59").end + timedelta(minutes=1)))
        ]
        await connection.execute("DELETE FROM hold WHERE resource_id = $1", spans[0][0])

    ill = (StatedAbsence(first_day=day, last_day=day, reason=AbsenceReason.SICKNESS),)
    assert await apply(database, replace(UNIT, iros=(replace(IRO, absences=ill),)), release=True, let_go=let_go) == ()
    assert await at_work(database, "IRO-01", day) == []


async def test_meetings_outside_new_hours_keep_their_time_and_are_listed(database: Database) -> None:
    await apply(database, UNIT)
    day = date(2026, 9, 14)
    meeting = await hold(database, "IRO-01", window(day, "15:00", "16:30"))
    (finding,) = await apply(database, replace(UNIT, iros=(replace(IRO, works=("Mon-Fri 09:00-15:30",)),)))
    assert (finding.rule, finding.meeting_ids) == ("MEETINGS_OUTSIDE_HOURS", (meeting,))
    assert await at_work(database, "IRO-01", day) == ["09:00-16:30"]


async def test_what_is_wrong_is_refused_before_anything_is_written(database: Database) -> None:
    for wrong, complaint in (
        (replace(UNIT, iros=(IRO, IRO)), "iro IRO-01: this code is there twice"),
        (replace(UNIT, rooms=(replace(ROOM, open=("always",)),)), "room ROOM-A: working time 'always'"),
        (replace(UNIT, settings={"near_share": 0.9}), "near_share"),
    ):
        with pytest.raises(InvalidInput, match=complaint):
            await apply(database, wrong)
    assert not any((await everything(database)).values())


async def test_an_absence_under_a_meeting_is_refused_by_name_and_a_free_one_recorded(database: Database) -> None:
    await apply(database, UNIT)
    day = date(2026, 9, 14)
    meeting = await hold(database, "IRO-01", window(day, "10:00", "12:00"))

    async def record(code: str, during: TimeWindow) -> None:
        async with database.transaction() as connection:
            await record_absence_in(connection, ResourceKind.IRO, code, during, AbsenceReason.COURT, source="test", now=NOW)

    with pytest.raises(HasMeetings) as refused:
        await record("IRO-01", window(day, "11:30", "14:00"))
    assert refused.value.meeting_ids == (meeting,)
    with pytest.raises(NotFound):
        await record("IRO-99", window(day, "11:30", "14:00"))
    await record("IRO-01", window(day, "12:00", "14:00"))
    assert await at_work(database, "IRO-01", day) == ["09:00-12:00", "14:00-17:00"]


async def test_a_hold_that_came_meanwhile_is_refused_by_the_database_itself(database: Database) -> None:
    await apply(database, UNIT)
    day = date(2026, 9, 14)
    await hold(database, "IRO-01", window(day, "10:00", "12:00"))
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO absence (id, resource_id, during, reason, source) SELECT gen_random_uuid(), id, $1, 'LEAVE', 'test' "
            "FROM resource WHERE code = 'IRO-01'",
            asyncpg.Range(window(day, "09:00", "17:00").start, window(day, "09:00", "17:00").end),
        )
    with pytest.raises(HasMeetings, match="a meeting was booked meanwhile in that time: try again"):
        async with database.transaction() as connection:
            await lay_ahead(connection, TODAY)


@pytest.mark.parametrize(
    ("stated", "settings", "minutes"), [(None, {}, 960), (None, {"write_up_a_week": 600}, 480), (300, {"write_up_a_week": 600}, 300)]
)
async def test_a_note_taker_writes_up_what_is_stated_of_her_else_her_share_of_what_the_unit_has_for_a_full_time_one(
    database: Database, stated: int | None, settings: dict[str, object], minutes: int
) -> None:
    await apply(database, UNIT)
    await apply(database, replace(UNIT, note_takers=(replace(TAKER, write_up_a_week=stated),), settings={**UNIT.settings, **settings}))
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT write_up_a_week FROM note_taker") == minutes
