"""Absences over meetings: refused with their names, or the meetings say what they lack."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from services.booking import service
from services.booking.absences import apply_establishment
from services.booking.changing import move_in
from services.booking.commands import MoveMeeting, RecordAbsence
from services.booking.desk import open_desk
from services.directory.establishment import Establishment, StatedAbsence
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden, HasMeetings, InvalidInput, NotFound, OutsideAvailability
from services.kernel.permission import Act
from services.kernel.words import AbsenceReason, ResourceKind, Role
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key, unit

DAY = date(2026, 9, 8)
NEXT = date(2026, 9, 9)


async def absent(world: World, kind: ResourceKind, code: str, *, actor: Actor = MANAGER, release: bool = False) -> service.AbsenceRecorded:
    command = RecordAbsence(
        request_key=key(),
        kind=kind,
        code=code,
        starts_at=at(DAY, "09:00"),
        ends_at=at(DAY, "17:00"),
        reason=AbsenceReason.SICKNESS,
        release=release,
    )
    return await service.record_absence(world.resources, actor, command, world.now)


async def test_an_absence_over_a_meeting_is_refused_with_its_name(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(HasMeetings) as refused:
        await absent(world, ResourceKind.IRO, "IRO-01")
    assert refused.value.meeting_ids == (meeting,)
    assert (await absent(world, ResourceKind.IRO, "IRO-02")).released == ()
    with pytest.raises(OutsideAvailability):
        await world.move(meeting, chair_code="IRO-02")


async def test_a_meeting_that_goes_elsewhere_while_an_absence_is_recorded_keeps_its_own(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    move = MoveMeeting(request_key=key(), id=meeting, version=1, reason="a test", starts_at=at(NEXT, "10:00"))
    async with world.database.transaction() as moving:
        await move_in(await open_desk(world.resources, moving, SUPPORT, world.now, Act.BOOK), move)
        recording = asyncio.create_task(absent(world, ResourceKind.ROOM, "ROOM-A", release=True))
        while not recording.done() and not await world.sql("SELECT FROM pg_locks WHERE NOT granted"):
            pass
    assert (await recording).released == ()
    row = await world.meeting(meeting)
    assert (row["room"], row["needs"], row["version"]) == ("ROOM-A", [], 2)


@pytest.mark.parametrize(
    ("kind", "code", "column", "addressee"),
    [
        (ResourceKind.IRO, "IRO-01", "chair", "IRO"),
        (ResourceKind.ROOM, "ROOM-A", "room", "ROOM_DESK"),
        (ResourceKind.NOTE_TAKER, "NT-01", "note_taker", "NOTE_TAKER"),
        (ResourceKind.POLICE, "POL-01", "police", "POLICE"),
    ],
)
async def test_released_the_meeting_loses_that_one_and_says_so(
    world: World, kind: ResourceKind, code: str, column: str, addressee: str
) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert (await absent(world, kind, code, release=True)).released == (meeting,)
    row = await world.meeting(meeting)
    assert (row[column], row["needs"], row["version"], row["state"]) == (None, [kind.value], 2, "CONFIRMED")
    assert len(await world.holds(meeting)) == 3
    assert await world.history(meeting) == ["BOOKED", "RELEASED"]
    assert [each[0] for each in await world.owed(meeting) if each[1] == "CANCEL"] == [addressee]
    await world.move(meeting, 2, starts_at=at(NEXT, "10:00"))
    row = await world.meeting(meeting)
    assert row["needs"] == []
    assert row[column] is not None


async def test_a_lost_room_can_be_replaced_at_the_same_time(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await absent(world, ResourceKind.ROOM, "ROOM-A", release=True)
    await world.move(meeting, 2, room_code="ROOM-B")
    row = await world.meeting(meeting)
    assert (row["room"], row["needs"]) == ("ROOM-B", [])


async def test_everyone_speaks_for_their_own(world: World) -> None:
    def who(role: Role, code: str | None = None) -> Actor:
        return Actor(subject=role.value, role=role, name="x", code=code)

    await absent(world, ResourceKind.ROOM, "ROOM-A", actor=who(Role.BUSINESS_SUPPORT))
    await absent(world, ResourceKind.IRO, "IRO-01", actor=who(Role.IRO, "IRO-01"))
    await absent(world, ResourceKind.POLICE, "POL-01", actor=who(Role.POLICE_LIAISON, "POL-01"))
    for actor, kind, code in (
        (who(Role.BUSINESS_SUPPORT), ResourceKind.IRO, "IRO-01"),
        (who(Role.IRO, "IRO-01"), ResourceKind.IRO, "IRO-02"),
        (who(Role.NOTE_TAKER, "NT-01"), ResourceKind.ROOM, "NT-01"),
        (who(Role.MANAGER), ResourceKind.IRO, "IRO-99"),
    ):
        with pytest.raises(NotFound):
            await absent(world, kind, code, actor=actor)
    with pytest.raises(Forbidden):
        await absent(world, ResourceKind.IRO, "IRO-02", actor=who(Role.AUDITOR))


async def test_an_absence_ends_after_it_begins(world: World) -> None:
    command = RecordAbsence(
        request_key=key(),
        kind=ResourceKind.IRO,
        code="IRO-01",
        starts_at=at(DAY, "17:00"),
        ends_at=at(DAY, "09:00"),
        reason=AbsenceReason.LEAVE,
    )
    with pytest.raises(InvalidInput, match="must come after"):
        await service.record_absence(world.resources, MANAGER, command, world.now)


async def test_an_establishment_that_releases_takes_the_absent_out_of_their_meetings(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    stated = unit()
    ill = StatedAbsence(first_day=DAY, last_day=DAY, reason=AbsenceReason.SICKNESS)
    changed = replace(stated, police_teams=(replace(stated.police_teams[0], absences=(ill,)),))
    for release, findings in ((False, 1), (True, 0)):
        async with world.database.transaction() as connection:
            found = await apply_establishment(connection, changed, actor=COMMAND_LINE, now=world.now, today=TODAY, release=release)
        assert len(found) == findings
    assert (await world.meeting(meeting))["needs"] == ["POLICE"]
    assert set(await world.holds(meeting)) == {"IRO-01", "ROOM-A", "NT-01"}


async def test_an_establishment_that_renames_a_room_or_changes_an_address_tells_whoever_has_a_meeting_to_come(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.sql("UPDATE notice SET state = 'SENT', tried_at = now(), sent_at = now()")
    stated = unit()

    async def establish(changed: Establishment) -> list[tuple[str, str, int]]:
        before = await world.owed(meeting)
        async with world.database.transaction() as connection:
            await apply_establishment(connection, changed, actor=COMMAND_LINE, now=world.now, today=TODAY)
        return [each for each in await world.owed(meeting) if each not in before]

    assert await establish(stated) == []
    successor = replace(stated, iros=(replace(stated.iros[0], email="successor@example.org"), *stated.iros[1:]))
    assert await establish(successor) == [("IRO", "CANCEL", 1), ("IRO", "REQUEST", 2)]
    renamed = replace(successor, rooms=tuple(replace(each, name=f"{each.name}, renamed") for each in stated.rooms))
    assert sorted(await establish(renamed)) == [
        ("IRO", "REQUEST", 3),
        ("NOTE_TAKER", "REQUEST", 1),
        ("POLICE", "REQUEST", 1),
        ("ROOM_DESK", "REQUEST", 1),
    ]
    assert await establish(renamed) == []
