"""A plan's meetings are placed one by one in its own transaction; what the world took meanwhile is refused by name."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.booking.commands import Placement, PlacementItem
from services.booking.service import place_in
from services.directory.store import load_settings
from services.kernel.actor import service_actor
from services.kernel.errors import InvalidInput, NotEligible, OutsideAvailability, ResourceTaken, Superseded
from services.kernel.ids import new_id
from services.kernel.words import MeetingKind, ResourceKind
from tests.booking.world import TODAY, World, at

DAY = date(2026, 9, 8)
PLANNER = service_actor("planning")


async def ids(world: World) -> dict[str, UUID]:
    rows = await world.sql(
        "SELECT code, id FROM resource UNION ALL SELECT code, id FROM police_team UNION ALL SELECT reference, id FROM child"
    )
    return {row["code"]: row["id"] for row in rows}


async def placement(world: World, reference: str, clock: str = "10:00", **changes: Any) -> Placement:
    known = await ids(world)
    rows = await world.sql("SELECT id, triggered_on FROM obligation WHERE child_id = $1 AND state = 'OPEN'", known[reference])
    item = PlacementItem(
        child_id=known[reference], kind=MeetingKind.INITIAL_CONFERENCE, obligation_id=rows[0]["id"], triggered_on=rows[0]["triggered_on"]
    )
    start = at(DAY, clock)
    return Placement(
        **{
            "kind": MeetingKind.INITIAL_CONFERENCE,
            "starts_at": start,
            "ends_at": start.replace(hour=start.hour + 2),
            "chair_id": known["IRO-01"],
            "room_id": known["ROOM-A"],
            "note_taker_id": known["NT-01"],
            "police_team_id": known["POL-01"],
            "police_waived_reason": None,
            "items": (item,),
            **changes,
        }
    )


async def place(world: World, *placements: Placement) -> list[UUID | Exception]:
    """All in one transaction, each in a savepoint, as a plan does."""
    answers: list[UUID | Exception] = []
    async with world.database.transaction() as connection:
        settings = await load_settings(connection, TODAY)
        for each in placements:
            try:
                async with connection.transaction():
                    answers.append(await place_in(connection, PLANNER, each, world.now, settings, today=TODAY))
            except Exception as refused:  # noqa: BLE001 - judged by the tests
                answers.append(refused)
    return answers


async def test_what_still_fits_is_placed_and_the_rest_refused_by_name(world: World) -> None:
    for reference in ("CH1", "CH2", "CH3"):
        await world.conference(reference)
    known = await ids(world)
    first = await placement(world, "CH1")
    clash = await placement(world, "CH2", "11:00")
    later = await placement(world, "CH3", "14:00")
    placed, refused, last = await place(world, first, clash, later)
    assert isinstance(placed, UUID)
    assert isinstance(last, UUID)
    assert isinstance(refused, ResourceTaken)
    assert (refused.kind, refused.code) == (ResourceKind.IRO, "IRO-01")
    assert (await world.meeting(placed))["police"] == "POL-01"
    assert len(await world.owed(placed)) == 4
    assert (await world.meeting(last))["chair_id"] == known["IRO-01"]


async def test_what_the_world_changed_meanwhile_is_refused(world: World) -> None:
    await world.conference("CH1")
    item = (await placement(world, "CH1")).items[0]
    known = await ids(world)
    gone = await placement(world, "CH1", items=(PlacementItem(**{**_fields(item), "obligation_id": new_id()}),))
    weekend = await placement(world, "CH1", starts_at=at(date(2026, 9, 12), "10:00"), ends_at=at(date(2026, 9, 12), "12:00"))
    await world.sql("DELETE FROM availability WHERE resource_id = $1", known["IRO-02"])
    absent = await placement(world, "CH1", chair_id=known["IRO-02"])
    answers = await place(world, gone, weekend, absent, await placement(world, "CH1"), await placement(world, "CH1", "14:00"))
    assert [type(each) for each in answers] == [Superseded, NotEligible, OutsideAvailability, UUID, InvalidInput]


async def test_a_link_of_the_chain_is_expected_as_its_meeting_is_placed(world: World) -> None:
    await world.review("CH1")
    known = await ids(world)
    items = (PlacementItem(child_id=known["CH1"], kind=MeetingKind.CARE_REVIEW, obligation_id=None, triggered_on=DAY),)
    await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    day = date(2026, 11, 24)
    review = Placement(
        kind=MeetingKind.CARE_REVIEW,
        starts_at=at(day, "10:00"),
        ends_at=at(day, "11:00"),
        chair_id=known["IRO-01"],
        room_id=None,
        note_taker_id=None,
        police_team_id=None,
        police_waived_reason=None,
        items=items,
    )
    (placed,) = await place(world, review)
    assert isinstance(placed, UUID)
    assert await world.obligations("CH1") == [("CARE_REVIEW", "OPEN", date(2026, 8, 24)), ("CARE_REVIEW", "EXPECTED", DAY)]


async def test_police_that_yield_and_days_that_are_late_are_kept_with_their_reason(world: World) -> None:
    await world.conference("CH1")
    late = date(2026, 9, 24)
    asked = await placement(
        world, "CH1", starts_at=at(late, "10:00"), ends_at=at(late, "12:00"), police_team_id=None, police_waived_reason="the day binds"
    )
    (placed,) = await place(world, asked)
    assert isinstance(placed, UUID)
    row = await world.meeting(placed)
    assert (row["police_waived_reason"], row["override_reason"]) == ("the day binds", "the plan found no earlier time")


def _fields(item: PlacementItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__slots__}
