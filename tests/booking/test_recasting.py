"""Others in the place of those whom a meeting has, at its own time: what the others had is free, and nothing else is."""

from __future__ import annotations

from uuid import UUID

from services.booking.service import Repair, repair_in
from services.directory.settings import Settings
from tests.booking.test_splitting import DAY, OTHERS, conference, held, sitting, split, two_teams
from tests.booking.world import MANAGER, World, at

NEW = ("IRO-02", "NT-01", "POL-02/1", "ROOM-A")


async def repair(world: World, *repairs: Repair) -> None:
    async with world.database.transaction() as connection:
        await repair_in(connection, MANAGER, repairs, world.now, Settings(), today=world.now.date())


async def ids(world: World) -> dict[str, UUID]:
    """Of everybody by code, of police of the team."""
    rows = await world.sql("SELECT code, id FROM resource WHERE kind <> 'POLICE' UNION ALL SELECT code, id FROM police_team")
    return {row["code"]: row["id"] for row in rows}


async def repaired(
    world: World, meeting: UUID, *, chair: str = "IRO-01", room: str = "ROOM-A", taker: str = "NT-01", police: str = "POL-01"
) -> Repair:
    """The meeting with these at the time that it has."""
    row, found = await world.meeting(meeting), await ids(world)
    (last,) = await world.sql("SELECT during FROM sitting WHERE meeting_id = $1 ORDER BY number DESC LIMIT 1", meeting)
    return Repair(
        meeting_id=meeting,
        version=row["version"],
        starts_at=last["during"].lower,
        ends_at=last["during"].upper,
        chair_id=found[chair],
        room_id=found[room],
        note_taker_id=found[taker],
        police_team_id=found[police],
        reason="a test",
    )


async def test_another_chair_and_team_come_to_every_sitting(world: World) -> None:
    await two_teams(world)
    meeting = await conference(world)
    await split(world, meeting)
    await repair(world, await repaired(world, meeting, chair="IRO-02", police="POL-02"))
    assert [(number, code) for number, code, _ in await held(world, meeting)] == [(number, code) for number in (1, 2) for code in NEW]
    row = await world.meeting(meeting)
    assert (row["chair"], row["police"], row["version"]) == ("IRO-02", "POL-02", 3)


async def test_what_took_place_earlier_that_day_stays_hers_who_was_there(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting, sittings=(sitting(DAY, "09:30", "10:30"), sitting(DAY, "14:00", "15:00")))
    world.now = at(DAY, "12:00")
    await world.held(meeting, 2, held_on=DAY, sitting=1)
    await repair(world, await repaired(world, meeting, taker="NT-02"))
    takers = [(number, code) for number, code, _ in await held(world, meeting) if code.startswith("NT")]
    assert takers == [(1, "NT-01"), (2, "NT-02")]
    written = await world.sql("SELECT code, minutes FROM write_up_week JOIN resource ON id = note_taker_id ORDER BY code")
    assert [tuple(row) for row in written] == [("NT-01", 120), ("NT-02", 120)]


async def test_a_place_that_one_meeting_gives_up_at_each_of_its_sittings_another_may_take(world: World) -> None:
    """Whichever of them a repair names first, and whatever number the place of a sitting has."""
    await two_teams(world)
    meeting = await conference(world)
    await split(world, meeting)
    await world.conference("CH2", "IRO-02")
    other = await world.book("CH2", starts_at=at(DAY, "10:00"), police_team_code="POL-02", **OTHERS)
    taken = await repaired(world, other, chair="IRO-02", room="ROOM-B", taker="NT-02")
    await repair(world, taken, await repaired(world, meeting, police="POL-02"))
    police = {row["reference"]: row["codes"] for row in await world.sql(
        "SELECT c.reference, array_agg(r.code ORDER BY h.sitting) AS codes FROM hold h JOIN resource r ON r.id = h.resource_id "
        "JOIN meeting_item i ON i.meeting_id = h.meeting_id JOIN child c ON c.id = i.child_id WHERE r.kind = 'POLICE' GROUP BY 1"
    )}  # fmt: skip
    assert police == {"CH1": ["POL-02/1", "POL-02/1"], "CH2": ["POL-01/1"]}
