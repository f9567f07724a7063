"""Timeliness as it is read: within the viewer's sight, by what is known now or was known then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.directory.settings import parse_setting
from services.history import service
from services.history.commands import ApproveHousehold, RecordHeldMeeting
from services.history.corrections import CorrectHeldRecord
from services.history.indicators import TimelinessReport, timeliness_between
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput
from services.kernel.ids import new_id
from services.kernel.words import MeetingKind, ParticipationCode, Role, Timeliness
from services.platform.config import Config
from services.platform.database import Connection, Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.history.children import CARE, add_care, add_child, hold

TODAY = date(2026, 9, 1)
MANAGER = Actor(subject="manager", role=Role.MANAGER, name="A manager")
FIRST, LAST = date(2025, 9, 1), date(2026, 8, 31)
BEGAN = date(2026, 3, 2)
DUE = date(2026, 3, 30)


@pytest.fixture
def resources(database: Database) -> Resources:
    config = Config(_env_file=None)  # type: ignore[call-arg]
    return Resources(config=config, database=database, doorbell=Doorbell(None))


async def in_care(connection: Connection, reference: str, *reviews: date, now: datetime, code: str = "PN1") -> None:
    """Looked after since Monday 2 March 2026 and reviewed on these days; the first is due on 30 March, then within 3 months."""
    child_id = await add_child(connection, reference)
    await add_care(connection, child_id, BEGAN)
    for day in reviews:
        await hold(connection, child_id, CARE, day, now, participation=ParticipationCode(code))
    await service.rewrite_obligations(connection, [child_id], TODAY)


async def measured(
    database: Database, actor: Actor = MANAGER, *, first: date = FIRST, last: date = LAST, **more: datetime
) -> TimelinessReport:
    async with database.transaction(snapshot=True) as connection:
        return await timeliness_between(connection, actor, first, last, today=TODAY, **more)


def figure(report: TimelinessReport, code: str) -> tuple[int, int]:
    (found,) = [each for each in report.indicators if each.code == code]
    return found.numerator, found.denominator


NI66, C63, HELD = "CHILDREN_IN_CARE_REVIEWED_IN_TIME", "CHILDREN_WHO_GAVE_THEIR_VIEWS", "CARE_REVIEWS_HELD_IN_TIME"


async def test_the_figures_and_what_they_were_counted_from(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        await in_care(connection, "CH1", DUE, date(2026, 6, 29), now=now)
        await in_care(connection, "CH2", DUE + timedelta(days=1), date(2026, 6, 29), now=now, code="PN7")
        await in_care(connection, "CH3", DUE, now=now)
    report = await measured(database)
    assert (figure(report, NI66), figure(report, HELD), figure(report, C63)) == ((1, 3), (4, 5), (2, 3))
    rows = [(row.reference, row.triggered_on, row.statutory_due_on, row.held_on, row.timeliness) for row in report.rows]
    assert rows == [
        ("CH1", BEGAN, DUE, DUE, Timeliness.IN_TIME),
        ("CH1", DUE, date(2026, 6, 30), date(2026, 6, 29), Timeliness.IN_TIME),
        ("CH2", BEGAN, DUE, date(2026, 3, 31), Timeliness.LATE),
        ("CH2", date(2026, 3, 31), date(2026, 6, 30), date(2026, 6, 29), Timeliness.IN_TIME),
        ("CH3", BEGAN, DUE, DUE, Timeliness.IN_TIME),
        ("CH3", DUE, date(2026, 6, 30), None, Timeliness.OVERDUE),
    ]
    (ni66,) = [each for each in report.indicators if each.code == NI66]
    failing = {row.obligation_id for row in report.rows if row.timeliness in (Timeliness.LATE, Timeliness.OVERDUE)}
    assert set(ni66.failing) == failing


async def test_a_period_is_any_from_and_to(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        await in_care(connection, "CH1", DUE + timedelta(days=1), now=now)
    assert figure(await measured(database, last=date(2026, 3, 31)), HELD) == (0, 1)
    assert figure(await measured(database, first=date(2026, 4, 1), last=date(2026, 5, 31)), HELD) == (0, 0)
    assert figure(await measured(database, first=date(2026, 4, 1), last=date(2026, 5, 31)), NI66) == (1, 1)
    with pytest.raises(InvalidInput, match="ends before it begins"):
        await measured(database, first=LAST, last=FIRST)


async def test_what_was_known_then_is_counted_as_of_then(database: Database, resources: Resources, now: datetime) -> None:
    async with database.transaction() as connection:
        await in_care(connection, "CH1", DUE, date(2026, 6, 29), now=datetime(2026, 7, 1, tzinfo=UTC))
    (record,) = [row["id"] for row in await _sql(database, "SELECT id FROM held_record WHERE held_on = $1", DUE)]
    later = datetime(2026, 8, 3, 9, tzinfo=UTC)
    correction = CorrectHeldRecord(request_key="k", id=record, reason="the minutes say so", held_on=DUE + timedelta(days=1))
    await service.correct_held_record(resources, MANAGER, correction, later)
    assert figure(await measured(database), HELD) == (1, 2)
    assert figure(await measured(database, known_at=later - timedelta(minutes=1)), HELD) == (2, 2)
    before = await measured(database, known_at=datetime(2026, 6, 15, 9, tzinfo=UTC))  # no review was recorded by then
    assert (figure(before, HELD), figure(before, NI66), figure(before, C63)) == ((0, 0), (0, 1), (0, 0))
    assert [(row.statutory_due_on, row.timeliness) for row in before.rows] == [(DUE, Timeliness.OVERDUE)]
    early = await measured(database, known_at=datetime(2026, 3, 30, 9, tzinfo=UTC))  # its last day was not over
    assert (figure(early, NI66), early.rows) == ((1, 1), ())


async def test_everybody_measures_only_whom_she_sees(database: Database, now: datetime) -> None:
    iro_id = new_id()
    async with database.transaction() as connection:
        await in_care(connection, "CH1", DUE, now=now)
        await in_care(connection, "CH2", DUE, now=now)
        await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', 'IRO-01', 'Officer')", iro_id)
        await connection.execute("INSERT INTO iro (resource_id) VALUES ($1)", iro_id)
        await connection.execute(
            "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), id, '[2026-01-01,)', $1 FROM child "
            "WHERE reference = 'CH1'",
            iro_id,
        )
    officer = Actor(subject="iro", role=Role.IRO, name="Officer", code="IRO-01", resource_id=iro_id)
    worker = Actor(subject="sw", role=Role.SOCIAL_WORKER, name="Worker", child_references=frozenset({"CH2"}))
    for actor, references in ((MANAGER, {"CH1", "CH2"}), (officer, {"CH1"}), (worker, {"CH2"})):
        report = await measured(database, actor)
        assert {row.reference for row in report.rows} == references
        assert figure(report, HELD) == (len(references),) * 2
    for role in (Role.NOTE_TAKER, Role.POLICE_LIAISON):
        with pytest.raises(Forbidden):
            await measured(database, Actor(subject="x", role=role, name="x"))


async def test_foster_homes_count_for_whoever_sees_everything(database: Database, resources: Resources, now: datetime) -> None:
    approved = ApproveHousehold(request_key="a", reference="FH1", approved_on=date(2025, 6, 1))
    await service.approve_household(resources, MANAGER, approved, now)
    held = RecordHeldMeeting(request_key="h", household_reference="FH1", kind=MeetingKind.FOSTER_HOME_REVIEW, held_on=date(2026, 6, 2))
    await service.record_held_meeting(resources, MANAGER, held, now)
    report = await measured(database)
    assert figure(report, "FOSTER_HOME_REVIEWS_HELD_IN_TIME") == (0, 1)
    assert [(row.reference, row.statutory_due_on, row.timeliness) for row in report.rows] == [("FH1", date(2026, 6, 1), Timeliness.LATE)]
    then = await measured(database, known_at=now + timedelta(minutes=1))
    assert figure(then, "FOSTER_HOME_REVIEWS_HELD_IN_TIME") == (0, 1)
    assert (await measured(database, known_at=now - timedelta(minutes=1))).rows == ()
    worker = Actor(subject="sw", role=Role.SOCIAL_WORKER, name="Worker", child_references=frozenset({"CH2"}))
    assert (await measured(database, worker)).rows == ()


async def test_a_meeting_of_which_no_duty_is_known_is_listed_and_judged_by_nobody(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child_id = await add_child(connection, "CH1")
        await add_care(connection, child_id, BEGAN, exact=False)
        await hold(connection, child_id, CARE, DUE, now)
        await service.rewrite_obligations(connection, [child_id], TODAY)
    report = await measured(database)
    assert [(row.obligation_id, row.held_on, row.timeliness) for row in report.rows] == [(None, DUE, Timeliness.NOT_APPLICABLE)]
    assert figure(report, HELD) == (0, 0)


@pytest.mark.parametrize(("stated", "returned"), [(None, DUE), ("FIRST_SITTING", DUE), ("LAST_SITTING", DUE + timedelta(days=8))])
async def test_which_day_of_several_sittings_a_return_states_is_the_units_choice_and_moves_no_clock(
    database: Database, now: datetime, stated: str | None, returned: date
) -> None:
    async with database.transaction() as connection:
        child_id = await add_child(connection, "CH1")
        await add_care(connection, child_id, BEGAN)
        await hold(connection, child_id, CARE, DUE, now, completed_on=DUE + timedelta(days=8))
        await service.rewrite_obligations(connection, [child_id], date(2026, 5, 1))
        if stated is not None:
            await connection.execute("INSERT INTO setting VALUES ('review_returned_on', '[2020-01-01,)', $1)", stated)
    (row,) = (await measured(database, last=date(2026, 4, 30))).rows
    assert (row.returned_on, row.held_on, row.timeliness) == (returned, DUE, Timeliness.IN_TIME)


def test_a_setting_names_what_may_be_stated() -> None:
    with pytest.raises(InvalidInput, match="FIRST_SITTING, LAST_SITTING") as refused:
        parse_setting("review_returned_on", "SOME_SITTING")
    assert refused.value.field == "review_returned_on"


async def _sql(database: Database, statement: str, *values: object) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return [dict(row) for row in await connection.fetch(statement, *values)]
