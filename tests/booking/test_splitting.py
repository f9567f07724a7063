"""A meeting in several sittings holds everything for each, tells everybody of each, and is one meeting to the law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking import holding, reading, service
from services.booking.commands import Attended, ChildOutcome, RecordAbsence, Sitting, SlotSearch, SplitMeeting
from services.directory.establishment import StatedPoliceTeam
from services.history import service as history
from services.history.corrections import CorrectHeldRecord
from services.kernel.errors import (
    Forbidden,
    Impossible,
    InvalidInput,
    OutsideAvailability,
    OutsideTimescale,
    RequestKeyReused,
    ResourceTaken,
    StaleVersion,
)
from services.kernel.words import AbsenceReason, Alternative, MeetingKind, ResourceKind, Weekday, Wish
from tests.booking.test_wishes import state_wishes
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key, unit

DAY, NEXT, THIRD = date(2026, 9, 8), date(2026, 9, 10), date(2026, 9, 15)


def sitting(day: date, since: str, until: str) -> Sitting:
    return Sitting(starts_at=at(day, since), ends_at=at(day, until))


TWO = (sitting(DAY, "10:00", "11:00"), sitting(NEXT, "14:00", "15:30"))


async def split(world: World, meeting: UUID, version: int = 1, sittings: tuple[Sitting, ...] = TWO, **more: Any) -> UUID:
    actor = more.pop("actor", SUPPORT)
    command = SplitMeeting(**{"request_key": key(), "id": meeting, "version": version, "sittings": sittings, "reason": "a test", **more})
    return await service.split(world.resources, actor, command, world.now)


async def held(world: World, meeting: UUID) -> list[tuple[int, str, datetime]]:
    """Sitting, resource and when it is there."""
    rows = await world.sql(
        "SELECT h.sitting, r.code, lower(h.attended) AS since FROM hold h JOIN resource r ON r.id = h.resource_id "
        "WHERE h.meeting_id = $1 ORDER BY 1, 2",
        meeting,
    )
    return [tuple(row) for row in rows]


async def told(world: World, meeting: UUID) -> list[tuple[str, int, bool]]:
    """Who has an entry for which sitting, and whether it is cancelled."""
    rows = await world.sql("SELECT addressee_code, sitting, cancelled FROM calendar_entry WHERE meeting_id = $1 ORDER BY 2, 1", meeting)
    return [tuple(row) for row in rows]


async def conference(world: World) -> UUID:
    await world.conference("CH1")
    return await world.book("CH1", starts_at=at(DAY, "13:00"))


async def test_each_sitting_holds_everything_and_everybody_is_told_of_each(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    codes = ["IRO-01", "NT-01", "POL-01/1", "ROOM-A"]
    rows = await held(world, meeting)
    assert [(number, code) for number, code, _ in rows] == [(number, code) for number in (1, 2) for code in codes]
    assert {since for number, code, since in rows if code == "POL-01/1"} == {at(DAY, "10:00"), at(NEXT, "14:00")}
    row = await world.meeting(meeting)
    assert (row["starts_at"], row["ends_at"], row["state"], row["version"]) == (at(DAY, "10:00"), at(DAY, "11:00"), "CONFIRMED", 2)
    people = ["IRO-01", "NT-01", "POL-01", "ROOM-A"]
    assert await told(world, meeting) == [(code, number, False) for number in (1, 2) for code in people]
    attendees = await world.sql("SELECT role, arrives_at FROM attendee WHERE meeting_id = $1 ORDER BY number", meeting)
    assert attendees[0]["arrives_at"] == at(DAY, "09:30")  # of the first sitting
    assert await world.history(meeting) == ["BOOKED", "SPLIT"]


async def test_in_one_sitting_again_the_others_are_called_off(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    await split(world, meeting, 2, (sitting(THIRD, "10:00", "12:00"),))
    assert {(number, since) for number, code, since in await held(world, meeting) if code == "POL-01/1"} == {(1, at(THIRD, "10:00"))}
    assert [cancelled for _, number, cancelled in await told(world, meeting) if number == 2] == [True] * 4
    await world.move(meeting, 3, starts_at=at(THIRD, "13:00"))  # an ordinary meeting moves


async def test_where_one_sitting_cannot_be_had_nothing_has_changed(world: World) -> None:
    meeting = await conference(world)
    await world.conference("CH2")
    await world.book("CH2", starts_at=at(NEXT, "13:00"))
    before = await held(world, meeting)
    with pytest.raises(ResourceTaken):
        await split(world, meeting)
    assert await held(world, meeting) == before
    assert (await world.meeting(meeting))["version"] == 1


@pytest.mark.parametrize(
    ("sittings", "why"),
    [
        ((), "1 to 5 sittings"),
        (tuple(sitting(DAY + timedelta(days=number), "10:00", "11:00") for number in range(6)), "1 to 5 sittings"),
        ((TWO[1], TWO[0]), "in order"),
        ((TWO[0], sitting(DAY, "10:30", "11:30")), "in order"),
        ((TWO[0], sitting(date(2026, 10, 7), "10:00", "11:00")), "within 20 working days"),
        ((TWO[0], sitting(NEXT, "16:00", "17:00")), "held from 09:30 to 16:30"),
        ((TWO[0], sitting(date(2026, 9, 12), "10:00", "11:00")), "no working day"),
        ((TWO[0], sitting(NEXT, "10:00", "10:05")), "15 minutes to 8 hours"),
    ],
)
async def test_sittings_that_cannot_be_are_refused_with_what_would_be_right(world: World, sittings: tuple[Sitting, ...], why: str) -> None:
    meeting = await conference(world)
    with pytest.raises(Exception, match=why):
        await split(world, meeting, sittings=sittings)
    assert (await world.meeting(meeting))["version"] == 1


async def test_the_first_sitting_is_the_one_that_the_law_counts(world: World) -> None:
    meeting = await conference(world)
    late = date(2026, 9, 24)
    await split(world, meeting, sittings=(TWO[0], sitting(late, "10:00", "11:00")))  # the second may come after the law's day
    after = (sitting(late, "10:00", "11:00"), sitting(late, "13:30", "14:30"))
    with pytest.raises(OutsideTimescale):
        await split(world, meeting, 2, after)
    with pytest.raises(Forbidden):
        await split(world, meeting, 2, after, override_reason="the family is away")
    await split(world, meeting, 2, after, override_reason="the family is away", actor=MANAGER)
    assert (await world.meeting(meeting))["override_reason"] == "the family is away"


async def test_a_reason_the_version_and_the_request_are_kept_to(world: World) -> None:
    meeting = await conference(world)
    with pytest.raises(InvalidInput, match="say why"):
        await split(world, meeting, reason=" ")
    with pytest.raises(StaleVersion):
        await split(world, meeting, 7)
    await split(world, meeting, request_key="once")
    await split(world, meeting, request_key="once")
    with pytest.raises(RequestKeyReused):
        await split(world, meeting, request_key="once", sittings=TWO[:1])
    assert (await world.meeting(meeting))["version"] == 2


async def test_another_chair_or_room_is_for_all_sittings_and_times_are_stated_together(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    await world.move(meeting, 2, chair_code="IRO-02", room_code="ROOM-B")
    assert [code for _, code, _ in await held(world, meeting)] == ["IRO-02", "NT-01", "POL-01/1", "ROOM-B"] * 2
    assert {each for each in await told(world, meeting) if each[2]} == {
        (code, number, True) for code in ("IRO-01", "ROOM-A") for number in (1, 2)
    }
    with pytest.raises(InvalidInput, match="2 sittings: state them all anew"):
        await world.move(meeting, 3, starts_at=at(THIRD, "10:00"))


async def shut(world: World, code: str, day: date) -> None:
    command = RecordAbsence(
        request_key=key(),
        kind=ResourceKind.ROOM,
        code=code,
        starts_at=at(day, "08:00"),
        ends_at=at(day, "19:00"),
        reason=AbsenceReason.CLOSURE,
    )
    await service.record_absence(world.resources, MANAGER, command, world.now)


async def test_a_room_that_is_sought_for_all_sittings_is_one_that_is_free_at_all(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    await world.move(meeting, 2, remote=True)
    await shut(world, "ROOM-A", NEXT)  # the first that suits, and free at the first sitting
    await world.move(meeting, 3, remote=False)
    assert {(number, code) for number, code, _ in await held(world, meeting) if code.startswith("ROOM")} == {(1, "ROOM-B"), (2, "ROOM-B")}
    await world.move(meeting, 4, remote=True)
    await shut(world, "ROOM-B", DAY)
    with pytest.raises(OutsideAvailability) as refused:
        await world.move(meeting, 5, remote=False)
    assert refused.value.code == "ROOM-A"
    assert (await world.meeting(meeting))["room"] is None


async def test_a_note_taker_who_is_sought_for_all_sittings_is_free_and_can_write_all_of_them_up(world: World) -> None:
    await world.establish(unit(write_up_a_week=440))
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(date(2026, 9, 11), "10:00"), note_taker_code="NT-01")  # 240 minutes, of 440
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:00"))
    await split(world, meeting)  # 120 and 180 minutes: either, and not both
    await world.move(meeting, 2, note_taker=True)
    assert {(number, code) for number, code, _ in await held(world, meeting) if code.startswith("NT")} == {(1, "NT-02"), (2, "NT-02")}


async def test_of_note_takers_free_at_all_sittings_the_one_with_the_emptier_days_is_taken(world: World) -> None:
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(NEXT, "09:30"), note_taker_code="NT-01")
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:00"))
    await split(world, meeting)
    await world.move(meeting, 2, note_taker=True)
    assert {(number, code) for number, code, _ in await held(world, meeting) if code.startswith("NT")} == {(1, "NT-02"), (2, "NT-02")}


async def test_no_room_is_sought_for_all_sittings_that_does_not_suit(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    await world.move(meeting, 2, remote=True)
    await world.sql("UPDATE room SET features = '{}' FROM resource r WHERE r.id = resource_id AND r.code = 'ROOM-A'")
    await world.move(meeting, 3, remote=False)
    assert (await world.meeting(meeting))["room"] == "ROOM-B"


async def two_teams(world: World) -> None:
    stated = unit()
    teams = (*stated.police_teams, StatedPoliceTeam(code="POL-02", name="Other team", email="pol2@example.org", capacity=1))
    await world.establish(replace(stated, police_teams=teams))


OTHERS: dict[str, Any] = {"room_code": "ROOM-B", "note_taker_code": "NT-02"}


async def without_police(world: World) -> UUID:
    """A conference that has lost its police."""
    meeting = await conference(world)
    await world.sql("UPDATE meeting SET police_team_id = NULL, needs = '{POLICE}' WHERE id = $1", meeting)
    await world.sql("DELETE FROM hold USING resource r WHERE r.id = resource_id AND r.kind = 'POLICE'")
    return meeting


def police(rows: list[tuple[int, str, datetime]]) -> set[tuple[int, str]]:
    return {(number, code) for number, code, _ in rows if code.startswith("POL")}


async def test_police_who_were_lost_are_sought_again_for_all_sittings_and_of_two_teams_the_one_comes_that_has_time_at_all(
    world: World,
) -> None:
    await two_teams(world)
    meeting = await without_police(world)
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(NEXT, "14:00"), police_team_code="POL-01", **OTHERS)  # the first by code, at the second sitting
    await split(world, meeting)
    assert police(await held(world, meeting)) == {(1, "POL-02/1"), (2, "POL-02/1")}
    row = await world.meeting(meeting)
    assert (row["police"], row["needs"]) == ("POL-02", [])


async def test_where_no_team_comes_to_all_sittings_it_is_split_without_police_or_not_at_all(world: World) -> None:
    await two_teams(world)
    meeting = await without_police(world)
    for reference, day, team in (("CH2", DAY, "POL-01"), ("CH3", NEXT, "POL-02")):
        await world.conference(reference, "IRO-02")
        clock = "10:00" if day == DAY else "14:00"
        await world.book(reference, starts_at=at(day, clock), police_team_code=team, **OTHERS)
    before = await held(world, meeting)
    with pytest.raises(ResourceTaken) as refused:
        await split(world, meeting)
    assert refused.value.kind is ResourceKind.POLICE
    assert await held(world, meeting) == before
    await split(world, meeting, police_team_code=None, override_reason="they send a report")
    assert police(await held(world, meeting)) == set()


async def test_sittings_offered_for_a_meeting_that_stands_are_had_with_whom_and_what_was_offered(world: World) -> None:
    """Another room, chair, note-taker and team than it has."""
    await two_teams(world)
    meeting = await conference(world)
    await shut(world, "ROOM-A", NEXT)
    named: dict[str, Any] = {"chair_code": "IRO-02", "room_code": "ROOM-B", "note_taker_code": "NT-02", "police_team_code": "POL-02"}
    with pytest.raises(OutsideAvailability):
        await split(world, meeting)
    await split(world, meeting, **named)
    expected = [(number, code) for number in (1, 2) for code in ("IRO-02", "NT-02", "POL-02/1", "ROOM-B")]
    assert [(number, code) for number, code, _ in await held(world, meeting)] == expected
    assert {each for each in await told(world, meeting) if each[2]} == {(code, 1, True) for code in ("IRO-01", "NT-01", "POL-01", "ROOM-A")}
    with pytest.raises(InvalidInput, match="needs a chair"):
        await split(world, meeting, 2, chair_code=None)


async def test_who_was_faster_at_one_sitting_leaves_another_room_for_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    await world.move(meeting, 2, remote=True)
    real: Any = getattr(holding, "_free_at_all")  # noqa: B009
    looks: list[Any] = []

    async def look_and_lose(*given: Any, **more: Any) -> Any:
        looks.append(await real(*given, **more))
        if len(looks) == 1:
            await shut(world, "ROOM-A", NEXT)
        return looks[-1]

    monkeypatch.setattr(holding, "_free_at_all", look_and_lose)
    await world.move(meeting, 3, remote=False)
    assert {(number, code) for number, code, _ in await held(world, meeting) if code.startswith("ROOM")} == {(1, "ROOM-B"), (2, "ROOM-B")}
    assert len(looks) == 2


async def test_called_off_and_brought_back_it_has_all_its_sittings(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    before = await held(world, meeting)
    await world.act("cancel", meeting, 2)
    assert await held(world, meeting) == []
    assert all(cancelled for *_, cancelled in await told(world, meeting))
    await world.act("reinstate", meeting, 3)
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"
    assert await held(world, meeting) == before
    assert not any(cancelled for *_, cancelled in await told(world, meeting))


async def test_who_is_absent_at_one_sitting_is_released_from_all(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    for kind, code in ((ResourceKind.NOTE_TAKER, "NT-01"), (ResourceKind.POLICE, "POL-01")):
        command = RecordAbsence(
            request_key=key(), kind=kind, code=code, starts_at=at(NEXT, "00:00"), ends_at=at(NEXT, "23:00"),
            reason=AbsenceReason.SICKNESS, release=True,
        )  # fmt: skip
        await service.record_absence(world.resources, MANAGER, command, world.now)
    assert [(number, code) for number, code, _ in await held(world, meeting)] == [
        (number, code) for number in (1, 2) for code in ("IRO-01", "ROOM-A")
    ]
    assert (await world.meeting(meeting))["needs"] == ["NOTE_TAKER", "POLICE"]
    assert {code for code, _, cancelled in await told(world, meeting) if not cancelled} == {"IRO-01", "ROOM-A"}


async def test_recorded_at_its_last_sitting_it_was_held_at_its_first(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    world.now = at(NEXT, "16:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True),)
    await world.held(meeting, 2, held_on=NEXT, outcomes=outcomes)
    (record,) = await world.sql("SELECT held_on, completed_on FROM held_record")
    assert tuple(record) == (DAY, NEXT)


async def test_a_provisional_meeting_may_be_split_and_is_confirmed_as_a_whole(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"), hold_until=world.now + timedelta(hours=5))
    await split(world, meeting)
    assert await told(world, meeting) == []
    await world.act("confirm", meeting, 2)
    assert await told(world, meeting) == [("IRO-01", 1, False), ("IRO-01", 2, False)]
    row = await world.sql(
        "SELECT count(*) FROM meeting_item WHERE meeting_id = $1 AND live AND kind = $2", meeting, MeetingKind.CARE_REVIEW
    )
    assert row[0]["count"] == 1


async def rows_of(world: World, meeting: UUID) -> list[tuple[int, datetime, date | None, list[str] | None]]:
    rows = await world.sql("SELECT number, lower(during), held_on, attended FROM sitting WHERE meeting_id = $1 ORDER BY 1", meeting)
    return [tuple(row) for row in rows]


async def begun(world: World, sittings: tuple[Sitting, ...] = TWO, **more: Any) -> UUID:
    """A conference in sittings of which the first is recorded as held, at version 3."""
    meeting = await conference(world)
    await split(world, meeting, sittings=sittings)
    world.now = at(DAY, "17:00")
    await world.held(meeting, 2, held_on=DAY, **more)
    return meeting


async def test_a_sitting_that_is_recorded_leaves_the_rest_standing(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    holds, told_before, notices = await held(world, meeting), await told(world, meeting), await world.owed(meeting)
    world.now = at(DAY, "17:00")
    came = (Attended(role="SOCIAL_WORKER", agency="SOCIAL_CARE"), Attended(role="CHAIR"))
    for _ in range(2):  # the same request is kept once
        await world.held(meeting, 2, held_on=DAY, attended=came, request_key="first sitting")
    row = await world.meeting(meeting)
    assert (row["state"], row["version"], row["starts_at"]) == ("ADJOURNED", 3, at(DAY, "10:00"))
    assert await rows_of(world, meeting) == [
        (1, at(DAY, "10:00"), DAY, ["SOCIAL_WORKER SOCIAL_CARE", "CHAIR REVIEW_UNIT"]),
        (2, at(NEXT, "14:00"), None, None),
    ]
    assert (await held(world, meeting), await told(world, meeting), await world.owed(meeting)) == (holds, told_before, notices)
    assert await world.history(meeting) == ["BOOKED", "SPLIT", "SITTING_HELD"]
    audited = await world.sql("SELECT action FROM audit_event WHERE subject = $1 ORDER BY at", f"meeting:{meeting}")
    assert [each["action"] for each in audited][-1] == "RECORD_SITTING"
    assert await world.sql("SELECT FROM held_record") == []
    arrivals = await world.sql("SELECT arrives_at FROM attendee WHERE meeting_id = $1 AND role = 'CHAIR'", meeting)
    assert arrivals[0]["arrives_at"] == at(NEXT, "13:30")  # they come for the next one
    with pytest.raises(StaleVersion):
        await world.held(meeting, 2, held_on=NEXT)


async def test_with_the_last_sitting_the_record_of_the_whole_is_complete(world: World) -> None:
    meeting = await begun(world)
    world.now = at(NEXT, "17:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True),)
    with pytest.raises(InvalidInput, match="before the sitting that was held last"):
        await world.held(meeting, 3, held_on=date(2026, 9, 7), outcomes=outcomes)
    await world.held(meeting, 3, held_on=NEXT, outcomes=outcomes)
    (record,) = await world.sql("SELECT held_on, completed_on FROM held_record")
    assert tuple(record) == (DAY, NEXT)
    assert [each[2] for each in await rows_of(world, meeting)] == [DAY, NEXT]
    assert (await world.meeting(meeting))["state"] == "HELD"
    assert ("INITIAL_CONFERENCE", "HELD") in {each[:2] for each in await world.obligations("CH1")}


async def test_a_sitting_is_not_held_after_the_next_one_begins(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting, sittings=(sitting(DAY, "15:00", "16:00"), sitting(NEXT, "10:00", "11:00")))
    world.now = at(NEXT, "17:00")
    with pytest.raises(InvalidInput, match="sitting 2 begins before"):
        await world.held(meeting, 2, held_on=NEXT, sitting=1)


async def sat_on(world: World, meeting: UUID) -> list[date | None]:
    """On which days its sittings took place, as whoever looks is told."""
    async with world.database.connection() as connection:
        found = await reading.sittings_of(connection, SUPPORT, [meeting], TODAY)
    return [each.held_on for each in found[meeting]]


async def correct(world: World, reference: str, **changes: Any) -> None:
    (record,) = await world.sql(
        "SELECT h.id FROM held_record h JOIN child c ON c.id = h.child_id WHERE c.reference = $1 AND upper_inf(h.recorded)", reference
    )
    command = CorrectHeldRecord(request_key=key(), id=record["id"], reason="a wrong day", **changes)
    await history.correct_held_record(world.resources, MANAGER, command, world.now)


async def test_a_day_that_is_corrected_in_the_record_is_the_day_of_the_sitting(world: World) -> None:
    meeting = await begun(world)
    world.now = at(NEXT, "17:00")
    await world.held(meeting, 3, held_on=NEXT, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    assert await sat_on(world, meeting) == [DAY, NEXT]
    await correct(world, "CH1", held_on=date(2026, 9, 7))
    assert await sat_on(world, meeting) == [date(2026, 9, 7), NEXT]
    await correct(world, "CH1", completed_on=date(2026, 9, 9))
    assert await sat_on(world, meeting) == [date(2026, 9, 7), date(2026, 9, 9)]


async def test_of_several_children_the_record_that_was_corrected_last_says_it_and_with_the_last_one_withdrawn_nothing_took_place(
    world: World,
) -> None:
    for child in ("CH1", "CH2"):
        await world.review(child)
    meeting = await world.book_review("CH1", "CH2", starts_at=at(DAY, "10:00"))
    world.now = at(THIRD, "17:00")
    await world.held(meeting, held_on=DAY)
    for child, number in (("CH1", 10), ("CH2", 9), ("CH1", 11)):
        world.now += timedelta(minutes=1)
        await correct(world, child, held_on=date(2026, 9, number))
        assert await sat_on(world, meeting) == [date(2026, 9, number)]
    await correct(world, "CH1", withdraw=True)
    assert await sat_on(world, meeting) == [date(2026, 9, 9)]
    await correct(world, "CH2", withdraw=True)
    assert (await world.meeting(meeting))["state"] == "CANCELLED"
    assert await sat_on(world, meeting) == [None]


async def test_what_is_decided_is_stated_with_the_last_sitting(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    world.now = at(DAY, "17:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True),)
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"outcomes": outcomes}, "still to come"),
        ({"quorate": False, "proceeded_inquorate_because": "a reason"}, "goes on"),
        ({"sitting": 3}, "give 1 or 2"),
        ({"sitting": 2, "held_on": date(2026, 9, 7)}, "stands on a later day"),
        ({"completes": True, "resumes_at": at(NEXT, "14:00")}, "not complete"),
    )
    for stated, why in wrong:
        with pytest.raises(InvalidInput, match=why):
            await world.held(meeting, 2, **{"held_on": DAY, **stated})
    await world.held(meeting, 2, held_on=DAY, completes=True, outcomes=outcomes)  # one was enough
    (record,) = await world.sql("SELECT held_on, completed_on FROM held_record")
    assert tuple(record) == (DAY, None)
    assert [each[2] for each in await rows_of(world, meeting)] == [DAY]
    assert {number for number, *_ in await held(world, meeting)} == {1}
    assert {number for _, number, cancelled in await told(world, meeting) if cancelled} == {2}


async def test_two_sittings_of_one_day_are_told_apart_by_number(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting, sittings=(sitting(DAY, "10:00", "11:00"), sitting(DAY, "13:00", "14:00")))
    world.now = at(DAY, "12:00")
    await world.held(meeting, 2, held_on=DAY, sitting=1)
    assert [each[2] for each in await rows_of(world, meeting)] == [DAY, None]


@pytest.mark.parametrize(
    ("resumes_at", "order"),
    [(at(date(2026, 9, 9), "10:00"), [2, 3]), (at(THIRD, "10:00"), [3, 2])],
)
async def test_an_adjournment_after_a_sitting_adds_one_more_in_its_place(world: World, resumes_at: datetime, order: list[int]) -> None:
    meeting = await conference(world)
    await split(world, meeting)
    world.now = at(DAY, "17:00")
    for when, why in ((at(NEXT, "14:30"), "another sitting"), (at(date(2026, 10, 7), "10:00"), "within 20 working days")):
        with pytest.raises(InvalidInput, match=why):
            await world.held(meeting, 2, held_on=DAY, resumes_at=when)
    await world.held(meeting, 2, held_on=DAY, resumes_at=resumes_at)
    assert [each[1] for each in await rows_of(world, meeting)] == sorted([at(DAY, "10:00"), at(NEXT, "14:00"), resumes_at])
    spans = {number: since for number, code, since in await held(world, meeting) if code == "POL-01/1"}
    assert spans == dict(zip([1, *order], [at(DAY, "10:00"), resumes_at, at(NEXT, "14:00")], strict=True))
    assert await told(world, meeting) == [(code, number, False) for number in (1, 2, 3) for code in ("IRO-01", "NT-01", "POL-01", "ROOM-A")]
    last = max(resumes_at, at(NEXT, "14:00")).date()
    world.now = at(last, "17:00")
    await world.held(meeting, 3, held_on=last, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    (record,) = await world.sql("SELECT held_on, completed_on FROM held_record")
    assert tuple(record) == (DAY, last)  # the first sitting counts


async def test_of_a_meeting_that_has_begun_only_what_is_to_come_is_called_off_and_brought_back(world: World) -> None:
    meeting = await begun(world)
    before = await held(world, meeting)
    await world.act("cancel", meeting, 3)
    assert {number for number, *_ in await held(world, meeting)} == {1}
    assert {number for _, number, cancelled in await told(world, meeting) if cancelled} == {2}  # the first did take place
    await world.act("reinstate", meeting, 4)
    assert (await world.meeting(meeting))["state"] == "ADJOURNED"
    assert await held(world, meeting) == before
    assert not any(cancelled for *_, cancelled in await told(world, meeting))


async def test_of_a_meeting_that_has_begun_the_sittings_to_come_are_stated_anew(world: World) -> None:
    meeting = await begun(world)
    with pytest.raises(InvalidInput, match="one at least"):
        await split(world, meeting, 3, ())
    with pytest.raises(InvalidInput, match="within 20 working days"):
        await split(world, meeting, 3, (sitting(date(2026, 10, 7), "10:00", "11:00"),))
    await split(world, meeting, 3, (sitting(date(2026, 9, 9), "13:00", "14:00"), sitting(THIRD, "10:00", "11:00")))
    assert [(number, when.date(), on) for number, when, on, _ in await rows_of(world, meeting)] == [
        (1, DAY, DAY), (2, date(2026, 9, 9), None), (3, THIRD, None)
    ]  # fmt: skip
    assert sorted({(number, since.date()) for number, code, since in await held(world, meeting) if code == "IRO-01"}) == [
        (1, DAY), (2, date(2026, 9, 9)), (3, THIRD)
    ]  # fmt: skip
    with pytest.raises(InvalidInput, match="2 sittings"):
        await world.move(meeting, 4, starts_at=at(THIRD, "13:00"))
    world.now = at(date(2026, 9, 9), "17:00")
    await world.held(meeting, 4, held_on=date(2026, 9, 9))
    await world.move(meeting, 5, starts_at=at(THIRD, "13:00"))
    assert (await rows_of(world, meeting))[2][1] == at(THIRD, "13:00")


async def test_a_sitting_held_on_another_day_frees_what_it_was_to_have_then(world: World) -> None:
    meeting = await conference(world)
    await split(world, meeting, sittings=(sitting(NEXT, "10:00", "11:00"), sitting(THIRD, "14:00", "15:30")))
    world.now = at(DAY, "17:00")
    await world.held(meeting, 2, held_on=DAY)
    assert {number for number, *_ in await held(world, meeting)} == {2}
    assert {number for _, number, cancelled in await told(world, meeting) if cancelled} == {1}  # nobody is to come on that day
    assert (await world.meeting(meeting))["starts_at"] == at(DAY, "10:00")


# ------------------------------------------------------------------------------------------------ times for sittings


async def times(world: World, *minutes: int, **more: Any) -> Any:
    stated = {"kind": MeetingKind.INITIAL_CONFERENCE, "child_references": ("CH1",), "sittings": minutes, **more}
    return await service.slots(world.resources, SUPPORT, SlotSearch(**stated), world.now)


async def test_times_for_several_sittings_can_be_had_as_they_are_offered(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(DAY, "10:00"))  # the police are taken then
    options = await times(world, 60, 45, first=8)
    asked = [each for each in options if each.alternative in (None, Alternative.ANOTHER_DAY)]
    assert len({each.starts_at for each in asked}) == len(asked) == 5
    assert [each.alternative for each in options[5:]] == [Alternative.ANOTHER_ROOM, Alternative.COVER_CHAIR, Alternative.REMOTE]
    for each in options:
        assert [one.duration for one in each.sittings] == [timedelta(minutes=60), timedelta(minutes=45)]
        assert each.starts_at == each.sittings[0].start
        assert (each.sittings[1].start.date() - each.sittings[0].start.date()).days in (1, 2, 3)  # on the next working day
        assert any("2 sittings within" in line for line in each.reasons)
    best = options[0]
    codes = {row["id"]: row["code"] for row in await world.sql("SELECT id, code FROM resource UNION ALL SELECT id, code FROM police_team")}
    meeting = await world.book(
        "CH1", starts_at=best.starts_at, ends_at=best.ends_at, room_code=codes[best.room_id],
        note_taker_code=codes[best.note_taker_id], police_team_code=codes[best.police_team_id],
    )  # fmt: skip
    await split(world, meeting, sittings=tuple(Sitting(starts_at=each.start, ends_at=each.end) for each in best.sittings))
    assert {number for number, *_ in await held(world, meeting)} == {1, 2}


async def test_of_each_sort_there_is_one_offered_with_all_its_sittings(world: World) -> None:
    await world.conference("CH1")
    ids = {row["code"]: row["id"] for row in await world.sql("SELECT id, code FROM resource")}
    options = {each.alternative: each for each in await times(world, 60, 45, first=6)}
    assert options.keys() == {None, *Alternative}
    assert {len(each.sittings) for each in options.values()} == {2}
    assert options[Alternative.ANOTHER_DAY].starts_at.date() != options[None].starts_at.date()
    assert (options[None].room_id, options[Alternative.ANOTHER_ROOM].room_id) == (ids["ROOM-A"], ids["ROOM-B"])
    assert options[Alternative.ANOTHER_ROOM].reasons[0] == "another room: ROOM-B"
    assert options[Alternative.COVER_CHAIR].chair_id == ids["IRO-02"]
    by_video = options[Alternative.REMOTE]
    assert (by_video.remote, by_video.room_id, by_video.chair_id) == (True, None, ids["IRO-01"])
    assert [each.alternative for each in await times(world, 60, 45, first=1)] == [None]


async def test_where_no_room_is_free_on_two_days_the_reasons_say_that_it_may_be_one_sitting_or_by_video(world: World) -> None:
    await world.conference("CH1")
    for room in ("ROOM-A", "ROOM-B"):
        await open_only_on(world, room, "2026-09-08")
    with pytest.raises(Impossible) as none:
        await times(world, 60, 60)
    assert [each.would_fit_if for each in none.value.blockers] == [
        "it were held in one sitting, at 2026-09-08T09:30:00+01:00",
        "it were by video, at 2026-09-08T09:30:00+01:00",
    ]


async def test_where_the_chair_has_no_day_at_all_the_reason_names_who_has_all_the_sittings(world: World) -> None:
    await world.conference("CH1")
    await open_only_on(world, "IRO-01")
    with pytest.raises(Impossible) as none:
        await times(world, 60, 60)
    (blocker,) = none.value.blockers
    assert (blocker.resource, blocker.would_fit_if) == (ResourceKind.IRO, "IRO-02 chaired, at 2026-09-08T09:30:00+01:00")


async def open_only_on(world: World, room: str, *days: str) -> None:
    await world.sql(
        "DELETE FROM availability a USING resource r WHERE r.id = a.resource_id AND r.code = $1 AND lower(during)::date::text <> ALL($2)",
        room, list(days),
    )  # fmt: skip


async def test_all_sittings_have_the_same_room_and_lie_within_twenty_working_days(world: World) -> None:
    await world.conference("CH1")
    await open_only_on(world, "ROOM-A", "2026-09-08", "2026-10-13")  # 25 working days after it
    await open_only_on(world, "ROOM-B", "2026-09-10", "2026-09-15")
    (room,) = await world.sql("SELECT id FROM resource WHERE code = 'ROOM-B'")
    found = await times(world, 60, 60)
    here = [each for each in found if not each.remote]
    assert {(each.room_id, tuple(one.start.date() for one in each.sittings)) for each in here} == {(room["id"], (NEXT, THIRD))}
    await open_only_on(world, "ROOM-B", "2026-09-10")
    with pytest.raises(Impossible) as none:
        await times(world, 60, 60)
    blocker, _ = none.value.blockers  # the other: by video
    assert blocker.message == "on no 2 days within 20 working days are the same free: chair, room, note-taker, police"
    assert (blocker.would_fit_if or "").startswith("it were held in one sitting, at 2026-09-")


async def test_the_first_lies_within_the_days_asked_for_and_the_others_may_come_after(world: World) -> None:
    await world.conference("CH1")
    found = await times(world, 60, 60, from_day=DAY, to_day=DAY, first=5)
    assert {tuple(one.start.date() for one in each.sittings) for each in found} == {(DAY, date(2026, 9, 9))}


async def test_each_sitting_looks_for_a_day_that_the_child_wishes_and_every_breach_is_named(world: World) -> None:
    await world.review("CH1")
    await state_wishes(world, "CH1", wished_weekdays=(Weekday.TUESDAY, Weekday.FRIDAY))
    asked = {"kind": MeetingKind.CARE_REVIEW, "from_day": DAY, "to_day": DAY, "first": 1}
    (best,) = await times(world, 30, 30, **asked)
    assert ([each.start.date() for each in best.sittings], best.wishes_missed) == ([DAY, date(2026, 9, 11)], ())
    await open_only_on(world, "IRO-01", "2026-09-08", "2026-09-09")
    (best,) = await times(world, 30, 30, **asked)
    assert [each.start.date() for each in best.sittings] == [DAY, date(2026, 9, 9)]
    assert [each.wish for each in best.wishes_missed] == [Wish.WEEKDAY]


@pytest.mark.parametrize(("minutes", "more"), [((60,), {}), ((60, 5), {}), ((60,) * 6, {}), ((60, 60), {"minutes": 90})])
async def test_lengths_of_sittings_that_cannot_be_are_refused(world: World, minutes: tuple[int, ...], more: dict[str, Any]) -> None:
    await world.conference("CH1")
    with pytest.raises(InvalidInput):
        await times(world, *minutes, **more)


async def test_sittings_too_close_for_who_comes_to_both_are_told_when_the_second_may_begin(world: World) -> None:
    meeting = await conference(world)
    close = (sitting(DAY, "10:00", "11:00"), sitting(DAY, "11:00", "12:00"))
    with pytest.raises(InvalidInput, match=r"sitting 2 is too close .* at 2026-09-08T(\d\d:\d\d)\+01:00 or later") as refused:
        await split(world, meeting, sittings=close)
    begins = datetime.fromisoformat(str(refused.value).split(" at ")[-1].removesuffix(" or later"))
    await split(world, meeting, sittings=(close[0], Sitting(starts_at=begins, ends_at=begins + timedelta(minutes=30))))
    early = Sitting(starts_at=begins - timedelta(minutes=5), ends_at=begins + timedelta(minutes=30))
    with pytest.raises(InvalidInput, match="too close"):
        await split(world, meeting, 2, sittings=(close[0], early))


async def test_complete_before_a_sitting_later_that_day_nobody_comes_to_it_any_more(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    await split(world, meeting, sittings=(sitting(DAY, "10:00", "10:30"), sitting(DAY, "15:00", "15:30")))
    world.now = at(DAY, "11:00")
    await world.held(meeting, 2, held_on=DAY, sitting=1, completes=True)
    assert await told(world, meeting) == [("IRO-01", 1, False), ("IRO-01", 2, True)]
