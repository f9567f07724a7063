"""A foster home is reviewed by its reviewer, and never by the IRO of a child who lives there."""

from __future__ import annotations

from datetime import date

import pytest

from services.booking import service
from services.booking.commands import SlotSearch
from services.caseload.reviewers import NameReviewer, name_reviewer
from services.history import service as history
from services.history.circumstances import StateCircumstances, state_circumstances
from services.history.commands import ApproveHousehold
from services.kernel.errors import Impossible, NotEligible
from services.kernel.words import Alternative, BlockerCode, MeetingKind
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key

DAY, FOSTER = date(2026, 9, 8), MeetingKind.FOSTER_HOME_REVIEW


@pytest.fixture
async def home(world: World) -> World:
    """FH1, reviewed by IRO-02; CH1 and CH2 are in care, with IRO-01 and IRO-02."""
    command = ApproveHousehold(request_key=key(), reference="FH1", approved_on=date(2025, 9, 14))
    await history.approve_household(world.resources, MANAGER, command, world.now)
    named = NameReviewer(request_key=key(), household_reference="FH1", iro_code="IRO-02", from_day=TODAY)
    await name_reviewer(world.resources, MANAGER, named, world.now)
    await world.review("CH1", "IRO-01")
    await world.review("CH2", "IRO-02")
    return world


async def placed(world: World, reference: str, household: str | None = "FH1", day: date = date(2026, 8, 31)) -> None:
    command = StateCircumstances(request_key=key(), reference=reference, from_day=day, household_reference=household)
    await state_circumstances(world.resources, MANAGER, command, world.now)


async def test_a_review_without_a_named_chair_is_chaired_by_the_reviewer(home: World) -> None:
    options = await service.slots(home.resources, SUPPORT, SlotSearch(kind=FOSTER, household_reference="FH1"), home.now)
    officer = {row["id"]: row["code"] for row in await home.sql("SELECT id, code FROM resource")}
    assert {officer[option.chair_id] for option in options if option.alternative is not Alternative.COVER_CHAIR} == {"IRO-02"}
    meeting = await home.book(kind=FOSTER, household_reference="FH1", starts_at=at(DAY, "10:00"))
    assert (await home.meeting(meeting))["chair"] == "IRO-02"


async def test_somebody_else_may_be_named(home: World) -> None:
    meeting = await home.book(kind=FOSTER, household_reference="FH1", starts_at=at(DAY, "10:00"), chair_code="IRO-01")
    assert (await home.meeting(meeting))["chair"] == "IRO-01"


async def test_the_iro_of_a_child_placed_there_is_refused(home: World) -> None:
    await placed(home, "CH1")
    with pytest.raises(NotEligible, match="placed in this foster home") as refused:
        await home.book(kind=FOSTER, household_reference="FH1", starts_at=at(DAY, "10:00"), chair_code="IRO-01")
    assert refused.value.code is BlockerCode.INDEPENDENCE
    meeting = await home.book(kind=FOSTER, household_reference="FH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(NotEligible, match="placed in this foster home"):
        await home.move(meeting, chair_code="IRO-01")
    await placed(home, "CH1", None, TODAY)
    await home.move(meeting, chair_code="IRO-01")


async def test_a_reviewer_who_has_a_child_there_by_now_is_refused_too(home: World) -> None:
    await placed(home, "CH2")
    with pytest.raises(NotEligible, match="placed in this foster home"):
        await home.book(kind=FOSTER, household_reference="FH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(Impossible, match="placed in this foster home"):
        await service.slots(home.resources, SUPPORT, SlotSearch(kind=FOSTER, household_reference="FH1"), home.now)


async def test_whoever_had_the_child_before_may_review_the_home(home: World) -> None:
    await placed(home, "CH1")
    await home.sql(
        "UPDATE allocation SET held = daterange('2026-01-01', '2026-09-01') WHERE child_id = (SELECT id FROM child WHERE reference = 'CH1')"
    )
    meeting = await home.book(kind=FOSTER, household_reference="FH1", starts_at=at(DAY, "10:00"), chair_code="IRO-01")
    assert (await home.meeting(meeting))["chair"] == "IRO-01"
