"""Who reviews a foster home: named from a day on, as it was known, and never the IRO of a child placed there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from services.caseload.reviewers import NameReviewer, name_reviewer, reviewers_on
from services.history import service as history
from services.history.circumstances import StateCircumstances, state_circumstances
from services.history.commands import ApproveHousehold, EndHouseholdApproval
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotEligible, NotFound
from services.kernel.words import BlockerCode, Role
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key, unit

MARCH, JUNE, AUGUST = date(2026, 3, 2), date(2026, 6, 1), date(2026, 8, 3)


async def name(world: World, code: str | None, day: date = MARCH, *, actor: Actor = MANAGER, reference: str = "FH1") -> UUID:
    world.now += timedelta(minutes=1)
    command = NameReviewer(request_key=key(), household_reference=reference, iro_code=code, from_day=day)
    return await name_reviewer(world.resources, actor, command, world.now)


async def reviewers(world: World, *days: date, known_at: datetime | None = None) -> list[str | None]:
    """The reviewer of the one household, day by day."""
    codes = {row["id"]: row["code"] for row in await world.sql("SELECT id, code FROM resource")}
    async with world.database.connection() as connection:
        found = [await reviewers_on(connection, day, known_at) for day in days]
    return [codes[next(iter(each.values()))] if each else None for each in found]


async def placed(world: World, reference: str, day: date, household: str | None = "FH1") -> None:
    command = StateCircumstances(request_key=key(), reference=reference, from_day=day, household_reference=household)
    await state_circumstances(world.resources, MANAGER, command, world.now)


@pytest.fixture
async def home(database: Database) -> World:
    world = World(database)
    command = ApproveHousehold(request_key=key(), reference="FH1", approved_on=date(2025, 10, 6))
    await history.approve_household(world.resources, SUPPORT, command, world.now)
    return world


async def test_a_home_has_the_reviewer_who_was_named_until_another_is(home: World) -> None:
    await name(home, "IRO-01")
    await name(home, "IRO-02", JUNE)
    before = MARCH - timedelta(days=1)
    assert await reviewers(home, before, MARCH, JUNE - timedelta(days=1), JUNE, TODAY) == [None, "IRO-01", "IRO-01", "IRO-02", "IRO-02"]
    await name(home, None, AUGUST)
    assert await reviewers(home, JUNE, AUGUST) == ["IRO-02", None]


async def test_a_later_name_stands_and_the_same_day_is_corrected(home: World) -> None:
    await name(home, "IRO-02", AUGUST)
    await name(home, "IRO-01", JUNE)
    assert await reviewers(home, JUNE, AUGUST) == ["IRO-01", "IRO-02"]
    await name(home, "IRO-02", JUNE)
    assert await reviewers(home, JUNE, AUGUST) == ["IRO-02", "IRO-02"]


async def test_what_was_known_of_reviewers_stays_known(home: World) -> None:
    await name(home, "IRO-01")
    first = home.now
    await name(home, "IRO-02", JUNE)
    second = home.now
    await name(home, "IRO-01", JUNE)
    assert await reviewers(home, MARCH, JUNE, known_at=first - timedelta(seconds=1)) == [None, None]
    assert await reviewers(home, MARCH, JUNE, known_at=first) == ["IRO-01", "IRO-01"]
    assert await reviewers(home, MARCH, JUNE, known_at=second) == ["IRO-01", "IRO-02"]
    assert await reviewers(home, MARCH, JUNE, known_at=home.now) == ["IRO-01", "IRO-01"]


@pytest.mark.parametrize("seed", range(3))
async def test_in_whatever_order_they_are_named_each_day_has_its_reviewer_as_of_any_time(home: World, seed: int) -> None:
    dice, begins = Random(seed), dict[date, str]()
    days = [MARCH + timedelta(days=number) for number in range(8)]
    told: list[tuple[datetime, list[str | None]]] = [(home.now, [None] * len(days))]
    for _ in range(10):
        day, code = dice.choice(days), dice.choice(("IRO-01", "IRO-02"))
        await name(home, code, day)
        begins[day] = code
        last = [max((begun for begun in begins if begun <= each), default=None) for each in days]
        told.append((home.now, [None if begun is None else begins[begun] for begun in last]))
    assert await reviewers(home, *days) == told[-1][1]
    for known_at, wanted in told:
        assert await reviewers(home, *days, known_at=known_at) == wanted


async def test_a_clock_that_stands_still_loses_nothing(home: World) -> None:
    for code in ("IRO-01", "IRO-02", "IRO-01", None):
        home.now -= timedelta(minutes=1)
        await name(home, code)
    assert await reviewers(home, MARCH) == [None]
    known = [
        row[0] for row in await home.sql("SELECT r.code FROM household_reviewer_past p JOIN resource r ON r.id = iro_id ORDER BY known")
    ]
    assert known == ["IRO-01", "IRO-02", "IRO-01"]
    assert (
        await home.sql("SELECT FROM household_reviewer_past a JOIN household_reviewer_past b ON a.known && b.known AND a.ctid < b.ctid")
        == []
    )


async def test_the_iro_of_a_child_placed_there_does_not_review_the_home(home: World) -> None:
    await home.review("CH1", "IRO-01")
    await placed(home, "CH1", JUNE)
    with pytest.raises(NotEligible, match="placed with FH1") as refused:
        await name(home, "IRO-01")
    assert refused.value.code is BlockerCode.INDEPENDENCE
    await name(home, "IRO-02")
    await placed(home, "CH1", AUGUST, None)
    await name(home, "IRO-01", AUGUST)
    assert await reviewers(home, JUNE, AUGUST) == ["IRO-02", "IRO-01"]


async def test_who_is_to_chair_a_meeting_of_a_child_placed_there_does_not_review_the_home(home: World) -> None:
    """As the child's IRO is on leave, another covers: she is told which meeting to give to somebody else first."""
    await home.review("CH1", "IRO-01")
    await placed(home, "CH1", JUNE)
    meeting = await home.book_review("CH1", starts_at=at(date(2026, 9, 9), "10:00"), chair_code="IRO-02")
    reference = (await home.meeting(meeting))["reference"]
    with pytest.raises(
        NotEligible, match=f"IRO-02 is to chair {reference}, .* placed with FH1: give that meeting another chair"
    ) as refused:
        await name(home, "IRO-02")
    assert refused.value.code is BlockerCode.INDEPENDENCE
    await home.move(meeting, chair_code="IRO-01")
    await name(home, "IRO-02")


async def test_who_reviews_the_home_chairs_no_meeting_of_a_child_placed_there(home: World) -> None:
    await home.review("CH1", "IRO-01")
    await placed(home, "CH1", JUNE)
    await name(home, "IRO-02")
    with pytest.raises(NotEligible) as refused:
        await home.book_review("CH1", starts_at=at(date(2026, 9, 9), "10:00"), chair_code="IRO-02")
    assert refused.value.code is BlockerCode.INDEPENDENCE
    await home.book_review("CH1", starts_at=at(date(2026, 9, 9), "10:00"))


async def test_she_may_have_reviewed_it_before_the_child_came(home: World) -> None:
    await home.review("CH1", "IRO-01")
    await placed(home, "CH1", AUGUST)
    await name(home, "IRO-02", AUGUST)
    await name(home, "IRO-01")
    assert await reviewers(home, MARCH, AUGUST) == ["IRO-01", "IRO-02"]


async def test_a_placement_that_was_corrected_away_bars_nobody(home: World) -> None:
    await home.review("CH1", "IRO-01")
    await placed(home, "CH1", JUNE)
    home.now += timedelta(minutes=1)
    await placed(home, "CH1", JUNE, None)
    await name(home, "IRO-01")
    assert await reviewers(home, TODAY) == ["IRO-01"]


async def test_days_on_which_the_home_is_not_approved_or_the_officer_not_there_are_refused(home: World) -> None:
    with pytest.raises(InvalidInput, match="not approved"):
        await name(home, "IRO-01", date(2025, 10, 5))
    stated = unit()
    leaver = replace(stated.iros[1], leaves_on=AUGUST)
    await home.establish(replace(stated, iros=(stated.iros[0], leaver)))
    with pytest.raises(InvalidInput, match="IRO-02 is not in the unit"):
        await name(home, "IRO-02", AUGUST + timedelta(days=1))
    ended = EndHouseholdApproval(request_key=key(), reference="FH1", ended_on=AUGUST, reason="gave up")
    await history.end_household_approval(home.resources, SUPPORT, ended, home.now)
    with pytest.raises(InvalidInput, match="not approved"):
        await name(home, "IRO-01", AUGUST)


async def test_managers_alone_name_a_reviewer_of_what_there_is(home: World) -> None:
    with pytest.raises(Forbidden):
        await name(home, "IRO-01", actor=SUPPORT)
    with pytest.raises(Forbidden):
        await name(home, "IRO-01", actor=Actor(subject="iro", role=Role.IRO, name="x", code="IRO-01"))
    with pytest.raises(NotFound, match="FH9"):
        await name(home, "IRO-01", reference="FH9")
    with pytest.raises(NotFound, match="IRO-09"):
        await name(home, "IRO-09")


async def test_naming_whom_the_day_names_already_writes_nothing(home: World) -> None:
    await name(home, "IRO-01")
    await name(home, "IRO-01")
    await name(home, None, MARCH - timedelta(days=1))
    assert [tuple(row) for row in await home.sql("SELECT count(*) FROM household_reviewer")] == [(1,)]
    assert [tuple(row) for row in await home.sql("SELECT count(*) FROM audit_event WHERE action = 'NAME_REVIEWER'")] == [(1,)]
