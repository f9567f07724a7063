"""Who comes to a meeting: from the unit's own lists, as people say otherwise, and as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking import parting, service
from services.booking.commands import Attended, AttendeeStated, ChildOutcome, SetAttendees, Sitting, SlotSearch, SplitMeeting
from services.booking.desk import open_desk
from services.booking.standing import StandingMeeting
from services.directory.settings import Settings
from services.history.circumstances import StateCircumstances, state_circumstances
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, Impossible, InvalidInput, NotEligible, NotFound, StaleVersion
from services.kernel.window import TimeWindow
from services.kernel.words import BlockerCode, CareStatus, Complexity, Consent, MeetingKind, ResourceKind, Role
from services.planning.standing import load_booked
from tests.booking.test_kinds import record
from tests.booking.test_placing import ids, place, placement
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key, unit

DAY, NEXT = date(2026, 9, 8), date(2026, 9, 10)
SECURE, REVIEW = MeetingKind.SECURE_CRITERIA_REVIEW, MeetingKind.REVIEW_CONFERENCE
LIST = [
    {"role": "PARENT", "agency": "FAMILY", "arrives": "pre_meet"},
    {"role": "SOCIAL_WORKER", "agency": "SOCIAL_CARE", "required": True},
    {"role": "SCHOOL", "agency": "EDUCATION", "arrives": 10, "invited": False},
]
WORKER, SCHOOL, NURSE = ("SOCIAL_WORKER", "SOCIAL_CARE"), ("SCHOOL", "EDUCATION"), ("HEALTH_VISITOR_OR_SCHOOL_NURSE", "HEALTH")


async def people(world: World, meeting: UUID) -> dict[tuple[str, str], Any]:
    """Those whose time nobody holds, by role and agency, in their order."""
    rows = await world.sql(
        "SELECT * FROM attendee WHERE meeting_id = $1 AND role NOT IN ('CHAIR', 'NOTE_TAKER', 'POLICE') ORDER BY number", meeting
    )
    return {(row["role"], row["agency"]): row for row in rows}


async def arrivals(world: World, meeting: UUID) -> list[tuple[str, datetime]]:
    rows = await world.sql("SELECT role, arrives_at FROM attendee WHERE meeting_id = $1 ORDER BY number", meeting)
    return [(row["role"], row["arrives_at"]) for row in rows]


def stated(of: tuple[str, str], **more: Any) -> AttendeeStated:
    return AttendeeStated(role=of[0], agency=of[1], **more)


async def state(world: World, meeting: UUID, *attendees: AttendeeStated, version: int = 1, actor: Actor = SUPPORT) -> UUID:
    command = SetAttendees(request_key=key(), id=meeting, version=version, attendees=attendees)
    return await service.set_attendees(world.resources, actor, command, world.now)


async def conference(world: World, **more: Any) -> UUID:
    await world.conference("CH1")
    return await world.book("CH1", starts_at=at(DAY, "10:00"), **more)


def came(*those: tuple[str, str]) -> tuple[Attended, ...]:
    return tuple(Attended(role=role, agency=agency) for role, agency in those)


async def test_a_booking_brings_the_people_of_its_kind_each_at_an_own_time(world: World) -> None:
    await world.establish(settings={"attendance": {"INITIAL_CONFERENCE": LIST}})
    meeting = await conference(world)
    assert await arrivals(world, meeting) == [
        ("CHAIR", at(DAY, "09:30")),
        ("NOTE_TAKER", at(DAY, "09:30")),
        ("POLICE", at(DAY, "10:00")),
        ("PARENT", at(DAY, "09:30")),
        ("SOCIAL_WORKER", at(DAY, "10:00")),
        ("SCHOOL", at(DAY, "09:50")),
    ]
    found = await people(world, meeting)
    assert [(row["required"], row["invited"], row["direct_contact"], row["consent"]) for row in found.values()] == [
        (False, True, False, "NOT_ASKED"),
        (True, True, True, "NOT_ASKED"),
        (False, False, True, "NOT_ASKED"),
    ]


async def test_a_plan_and_a_diary_file_bring_the_same_people_as_a_booking_by_hand(world: World) -> None:
    await world.establish(settings={"attendance": {"INITIAL_CONFERENCE": LIST}})
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    (placed,) = await place(world, await placement(world, "CH1"))
    assert isinstance(placed, UUID)
    known = await ids(world)
    wanted = {ResourceKind.IRO: known["IRO-02"], ResourceKind.ROOM: known["ROOM-A"]}
    window = TimeWindow(at(NEXT, "10:00"), at(NEXT, "12:00"))
    stands = StandingMeeting(kind=MeetingKind.INITIAL_CONFERENCE, window=window, child_ids=(known["CH2"],), wanted=wanted)
    async with world.database.transaction() as connection:
        stood = (await service.stand_in(await open_desk(world.resources, connection, SUPPORT, world.now), stands)).meeting_id
    expected = [("PARENT", -30), ("SOCIAL_WORKER", 0), ("SCHOOL", -10)]
    for meeting, starts_at in ((placed, at(DAY, "10:00")), (stood, at(NEXT, "10:00"))):
        found = [(role, arrives_at) for role, arrives_at in await arrivals(world, meeting) if role in ("PARENT", "SOCIAL_WORKER", "SCHOOL")]
        assert found == [(role, starts_at + timedelta(minutes=minutes)) for role, minutes in expected]


async def test_they_move_with_the_meeting_as_they_were_stated_last(world: World) -> None:
    meeting = await conference(world)
    await state(
        world,
        meeting,
        stated(WORKER, consent=Consent.GIVEN, arrives_at=at(DAY, "09:45")),
        stated(("INTERPRETER", "VOLUNTARY"), required=True, arrives_at=at(DAY, "11:00")),
    )
    await world.move(meeting, 2, starts_at=at(NEXT, "13:00"))
    assert (await arrivals(world, meeting))[3:] == [("SOCIAL_WORKER", at(NEXT, "12:45")), ("INTERPRETER", at(NEXT, "14:00"))]
    found = await people(world, meeting)
    assert (found[WORKER]["consent"], found[WORKER]["required"]) == ("GIVEN", True)
    assert found["INTERPRETER", "VOLUNTARY"]["required"] is True
    assert await world.history(meeting) == ["BOOKED", "ATTENDEES_SET", "MOVED"]


async def test_of_several_sittings_they_arrive_for_the_first_to_come(world: World) -> None:
    meeting = await conference(world)
    await state(world, meeting, stated(WORKER, arrives_at=at(DAY, "09:45")))
    sittings = tuple(Sitting(starts_at=at(day, "13:00"), ends_at=at(day, "14:00")) for day in (DAY, NEXT))
    split = SplitMeeting(request_key=key(), id=meeting, version=2, sittings=sittings, reason="a test")
    await service.split(world.resources, SUPPORT, split, world.now)
    assert (await arrivals(world, meeting))[3:] == [("SOCIAL_WORKER", at(DAY, "12:45"))]
    await world.act("cancel", meeting, 3)
    await world.act("reinstate", meeting, 4)
    assert (await arrivals(world, meeting))[3:] == [("SOCIAL_WORKER", at(DAY, "12:45"))]


async def test_of_an_adjourned_meeting_they_arrive_for_the_sitting_in_which_it_goes_on(world: World) -> None:
    meeting = await conference(world)
    await state(world, meeting, stated(WORKER, arrives_at=at(DAY, "09:45")))
    world.now = at(DAY, "15:00")
    await world.held(meeting, 2, held_on=DAY, resumes_at=at(NEXT, "13:00"))
    again = [("SOCIAL_WORKER", at(NEXT, "12:45"))]
    assert (await arrivals(world, meeting))[3:] == again
    await world.act("cancel", meeting, 3)
    await world.act("reinstate", meeting, 4)
    assert (await arrivals(world, meeting))[3:] == again
    world.now = at(NEXT, "16:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True, category="NEG"),)
    await world.held(meeting, 5, held_on=NEXT, attended=came(WORKER, NURSE, SCHOOL), outcomes=outcomes)
    assert (await arrivals(world, meeting))[3] == again[0]


async def test_who_comes_is_in_nobodys_calendar_and_comes_back_with_a_meeting_that_was_called_off(world: World) -> None:
    meeting = await conference(world)
    told = await world.owed(meeting)
    await state(world, meeting, stated(WORKER), stated(SCHOOL))
    assert await world.owed(meeting) == told
    await world.act("cancel", meeting, 2)
    assert {(kind, method) for kind, method, _ in await world.owed(meeting)} >= {("IRO", "CANCEL"), ("POLICE", "CANCEL")}
    await world.act("reinstate", meeting, 3)
    assert list(await people(world, meeting)) == [WORKER, SCHOOL]


async def test_what_is_not_said_of_somebody_stays_and_who_refused_is_not_invited_until_asked_again(world: World) -> None:
    meeting = await conference(world)
    before = (await people(world, meeting))[WORKER]
    await state(world, meeting, stated(WORKER), stated(SCHOOL, consent=Consent.REFUSED))
    found = await people(world, meeting)
    assert dict(found[WORKER]) | {"number": 0} == dict(before) | {"number": 0}
    assert (found[SCHOOL]["consent"], found[SCHOOL]["invited"]) == ("REFUSED", False)
    with pytest.raises(InvalidInput, match="who refused consent is not invited"):
        await state(world, meeting, stated(SCHOOL, invited=True), version=2)
    await state(world, meeting, stated(SCHOOL, consent=Consent.GIVEN), version=2)
    assert (await people(world, meeting))[SCHOOL]["invited"] is True


@pytest.mark.parametrize(
    ("person", "message"),
    [
        (("Mrs Example", "FAMILY"), '"Mrs Example" is no role; there are: ADOPTER, '),
        (("SCHOOL", "St Example"), '"St Example" is no agency; there are: ADOPTION, '),
        (("CHAIR", "REVIEW_UNIT"), "CHAIR comes with the diary"),
        (("POLICE", "POLICE"), "POLICE comes with the diary"),
        (("PANEL_MEMBER", "REVIEW_UNIT"), "whose time the diary holds"),
    ],
)
async def test_nobody_comes_by_name_nor_beside_the_diary(world: World, person: tuple[str, str], message: str) -> None:
    meeting = await conference(world)
    with pytest.raises(InvalidInput, match=message):
        await state(world, meeting, stated(person))


async def test_an_arrival_lies_about_the_meeting_and_no_more_come_than_a_room_holds(world: World) -> None:
    meeting = await conference(world)
    for clock in ("05:59", "12:00"):
        with pytest.raises(InvalidInput, match="before the meeting ends"):
            await state(world, meeting, stated(SCHOOL, arrives_at=at(DAY, clock)))
    with pytest.raises(InvalidInput, match="needs an offset"):
        await state(world, meeting, stated(SCHOOL, arrives_at=at(DAY, "09:00").replace(tzinfo=None)))
    with pytest.raises(InvalidInput, match="at most 40 people"):
        await state(world, meeting, *[stated(SCHOOL)] * 41)
    await state(world, meeting, stated(SCHOOL, arrives_at=at(DAY, "06:00")))


async def test_only_who_may_book_says_who_comes_of_the_version_that_was_read(world: World) -> None:
    meeting = await conference(world)
    with pytest.raises(Forbidden):
        await state(world, meeting, actor=Actor(subject="auditor", role=Role.AUDITOR, name="An auditor"))
    (other,) = await world.sql("SELECT id FROM resource WHERE code = 'IRO-02'")
    with pytest.raises(NotFound):
        await state(world, meeting, actor=Actor(subject="iro", role=Role.IRO, name="An officer", code="IRO-02", resource_id=other["id"]))
    await state(world, meeting)
    with pytest.raises(StaleVersion):
        await state(world, meeting)
    assert await people(world, meeting) == {}


# --------------------------------------------------------------------------------------- parents who must not meet


def apart_unit(*, second: str) -> Any:
    """ROOM-A lacks what parents who must not meet need; the room of that code has it."""
    plain = unit()
    rooms = tuple(replace(room, features=(*room.features, "second_waiting_room")) if room.code == second else room for room in plain.rooms)
    return replace(plain, rooms=rooms)


async def test_parents_who_must_not_meet_have_two_places_to_wait_and_do_not_arrive_together(world: World) -> None:
    await world.establish(apart_unit(second="ROOM-B"))
    meeting = await conference(world, apart=True)
    assert (await world.meeting(meeting))["room"] == "ROOM-B"
    rows = await world.sql("SELECT arrives_at FROM attendee WHERE meeting_id = $1 AND apart ORDER BY number", meeting)
    assert [row["arrives_at"] for row in rows] == [at(DAY, "09:30"), at(DAY, "09:45")]
    with pytest.raises(NotEligible, match="second_waiting_room, and the parents must not meet") as refused:
        await world.move(meeting, room_code="ROOM-A")
    assert refused.value.code is BlockerCode.ROOM_LACKS_FEATURE
    async with world.database.transaction() as connection:
        (booked,) = await load_booked(connection, DAY, DAY, {}, Settings(), world.now)
    assert booked.needs.apart  # so that no plan repairs it with another room
    await world.conference("CH2", "IRO-02")
    with pytest.raises(NotEligible, match="second_waiting_room"):
        await world.book("CH2", starts_at=at(NEXT, "10:00"), room_code="ROOM-A", apart=True)
    assert (await world.meeting(await world.book("CH2", starts_at=at(NEXT, "10:00"))))["room"] == "ROOM-A"


async def test_slots_for_parents_who_must_not_meet_name_a_room_that_suits_or_the_feature_that_none_has(world: World) -> None:
    meeting = await conference(world)
    await world.conference("CH2", "IRO-02")
    search = SlotSearch(kind=MeetingKind.INITIAL_CONFERENCE, child_references=("CH2",), apart=True)
    with pytest.raises(Impossible) as none:
        await service.slots(world.resources, SUPPORT, search, world.now)
    assert {(each.code, each.resource_code) for each in none.value.blockers} >= {
        (BlockerCode.ROOM_LACKS_FEATURE, "ROOM-A"),
        (BlockerCode.ROOM_LACKS_FEATURE, "ROOM-B"),
    }
    with pytest.raises(NotEligible, match="with second_waiting_room since the parents must not meet"):
        await world.book("CH2", starts_at=at(NEXT, "10:00"), apart=True)
    both = [stated(("PARENT", "FAMILY"), apart=True)] * 2
    with pytest.raises(NotEligible, match="and the parents must not meet: move the meeting to another room first"):
        await state(world, meeting, *both)
    await world.establish(apart_unit(second="ROOM-B"))
    (room,) = await world.sql("SELECT id FROM resource WHERE code = 'ROOM-B'")
    found = await service.slots(world.resources, SUPPORT, search, world.now)
    assert {option.room_id for option in found if not option.remote} == {room["id"]}
    await world.move(meeting, room_code="ROOM-B")
    await state(world, meeting, *both, version=2)
    moving = replace(search, child_references=(), moving_meeting_id=meeting, apart=False)
    found = await service.slots(world.resources, SUPPORT, moving, world.now)
    assert {option.room_id for option in found if not option.remote} == {room["id"]}
    with pytest.raises(InvalidInput, match="two at least"):
        await state(world, meeting, stated(("PARENT", "FAMILY"), apart=True), version=3)


async def must_not_meet(world: World, reference: str, *, apart: bool | None = True, **more: Any) -> None:
    await part(world, reference, parents_apart=apart, **more)


async def part(world: World, reference: str, **more: Any) -> list[str]:
    """The meetings that have lost their room by it."""
    command = StateCircumstances(**{"request_key": key(), "reference": reference, "from_day": TODAY, "parents_apart": True, **more})
    stated_now = await parting.state_circumstances(world.resources, MANAGER, command, world.now)
    rows = await world.sql("SELECT id, reference FROM meeting")
    return [{row["id"]: row["reference"] for row in rows}[each] for each in stated_now.released]


async def test_parents_of_whom_it_is_stated_have_two_places_to_wait_without_being_told_again(world: World) -> None:
    await world.establish(apart_unit(second="ROOM-B"))
    for child, iro in (("CH1", "IRO-01"), ("CH2", "IRO-02")):
        await world.conference(child, iro)
        await must_not_meet(world, child)
    (room,) = await world.sql("SELECT id FROM resource WHERE code = 'ROOM-B'")
    search = SlotSearch(kind=MeetingKind.INITIAL_CONFERENCE, child_references=("CH1",))
    found = await service.slots(world.resources, SUPPORT, search, world.now)
    assert {option.room_id for option in found if not option.remote} == {room["id"]}
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert (await world.meeting(meeting))["room"] == "ROOM-B"
    rows = await world.sql("SELECT arrives_at FROM attendee WHERE meeting_id = $1 AND apart ORDER BY number", meeting)
    assert [row["arrives_at"] for row in rows] == [at(DAY, "09:30"), at(DAY, "09:45")]
    with pytest.raises(NotEligible, match="and the parents must not meet"):
        await world.book("CH2", starts_at=at(NEXT, "10:00"), room_code="ROOM-A")
    await must_not_meet(world, "CH2", apart=None)  # it was a mistake
    assert (await world.meeting(await world.book("CH2", starts_at=at(NEXT, "10:00"))))["room"] == "ROOM-A"


async def _lacks_a_room(world: World, meeting: UUID) -> bool:
    """Whether a plan sees it so; the row says the same."""
    row = await world.meeting(meeting)
    async with world.database.transaction() as connection:
        booked = {each.meeting_id: each for each in await load_booked(connection, DAY, NEXT, {}, Settings(), world.now)}[meeting]
    lacks = ResourceKind.ROOM in booked.lacks
    assert booked.needs.apart
    assert (row["room"] is None, row["needs"] == ["ROOM"]) == (lacks, lacks)
    return lacks


async def test_what_is_stated_after_the_booking_takes_a_room_with_one_place_to_wait_and_names_the_meeting(world: World) -> None:
    await world.establish(apart_unit(second="ROOM-B"))
    meeting = await conference(world)
    told = await world.owed(meeting)
    row = await world.meeting(meeting)
    assert row["room"] == "ROOM-A"
    said = {"request_key": "once"}
    assert await part(world, "CH1", **said) == await part(world, "CH1", **said) == [row["reference"]]
    assert await _lacks_a_room(world, meeting)
    assert "ROOM-A" not in await world.holds(meeting)
    heard = {(kind, method) for kind, method, _ in set(await world.owed(meeting)) - set(told)}  # the others are shown no room any more
    assert heard == {("ROOM_DESK", "CANCEL"), ("IRO", "REQUEST"), ("NOTE_TAKER", "REQUEST"), ("POLICE", "REQUEST")}
    assert await part(world, "CH1") == []
    # what has nothing to do with the room is done without one
    await world.move(meeting, 2, chair_code="IRO-02")
    await state(world, meeting, stated(WORKER), stated(("PARENT", "FAMILY")), version=3)
    assert await _lacks_a_room(world, meeting)
    with pytest.raises(NotEligible, match="and the parents must not meet"):
        await world.move(meeting, 4, room_code="ROOM-A")
    await world.move(meeting, 4, starts_at=at(NEXT, "10:00"))
    assert (await world.meeting(meeting))["room"] == "ROOM-B"
    await state(world, meeting, stated(WORKER), version=5)  # no parent comes
    await world.move(meeting, version=6, room_code="ROOM-A")


async def test_only_meetings_to_come_lose_it_to_which_parents_come_in_such_a_room_and_in_order_of_time(world: World) -> None:
    await world.establish(apart_unit(second="ROOM-B"))
    await world.conference("CH1")
    await world.in_care("CH1")
    later = await world.book("CH1", starts_at=at(NEXT, "10:00"), room_code="ROOM-A")
    sooner = await world.book_review("CH1", starts_at=at(DAY, "10:00"), room_code="ROOM-A")
    await world.conference("CH2", "IRO-02")
    suits = await world.book("CH2", starts_at=at(DAY, "14:00"), room_code="ROOM-B")
    references = [(await world.meeting(each))["reference"] for each in (sooner, later)]
    assert await part(world, "CH2") == []
    assert (await world.meeting(suits))["room"] == "ROOM-B"
    assert await part(world, "CH1", parents_apart=None) == []
    await world.conference("CH3", "IRO-02")
    await world.in_care("CH3")
    both = [await world.book("CH3", starts_at=at(NEXT, "14:00"), room_code="ROOM-A")]
    both.insert(0, await world.book_review("CH3", starts_at=at(date(2026, 9, 9), "10:00"), room_code="ROOM-A"))
    assert await part(world, "CH3") == [(await world.meeting(each))["reference"] for each in both]
    await state(world, later, stated(WORKER))  # no parent comes
    assert await part(world, "CH1") == references[:1]
    await state(world, later, stated(WORKER), stated(("ADVOCATE", "ADVOCACY")), version=2)
    assert (await world.meeting(later))["room"] == "ROOM-A"


async def test_a_meeting_that_stands_where_parents_wait_together_keeps_its_room_in_a_change_of_something_else(world: World) -> None:
    await world.establish(apart_unit(second="ROOM-A"))
    meeting = await conference(world, apart=True)
    await world.establish(apart_unit(second="ROOM-B"))  # the unit has built
    await world.move(meeting, chair_code="IRO-02")
    await world.move(meeting, 2, note_taker_code="NT-02")
    row = await world.meeting(meeting)
    assert (row["room"], row["chair"], row["note_taker"]) == ("ROOM-A", "IRO-02", "NT-02")
    with pytest.raises(NotEligible, match="and the parents must not meet"):
        await world.move(meeting, 3, starts_at=at(NEXT, "10:00"))


async def test_that_parents_must_not_meet_is_in_no_invitation_and_no_calendar(world: World) -> None:
    seen = "SELECT addressee_code, starts_at, ends_at, view, sequence FROM calendar_entry WHERE meeting_id = $1 ORDER BY 1"
    await world.establish(apart_unit(second="ROOM-A"))
    meeting = await conference(world)
    plain = await world.sql(seen, meeting)
    await world.act("cancel", meeting)
    await must_not_meet(world, "CH1")
    again = await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert await world.sql("SELECT FROM attendee WHERE meeting_id = $1 AND apart", again)
    assert await world.sql(seen, again) == plain  # exactly what everybody sees of any other meeting
    rows = await world.sql("SELECT convert_from(message, 'UTF8') || vevent AS text FROM calendar_entry JOIN notice USING (uid)")
    assert rows
    assert not any(re.search(r"\bwaiting|\bapart\b|not meet|\bparent", row["text"], re.IGNORECASE) for row in rows)


# ----------------------------------------------------------------------------------------------- secure criteria


async def secure(world: World, **more: Any) -> UUID:
    if not await world.sql("SELECT FROM child WHERE reference = 'CH1'"):
        await world.review("CH1")
        await record(world, "start_care_status", reference="CH1", status=CareStatus.SECURE, started_on=date(2026, 8, 26))
    return await world.book("CH1", kind=SECURE, starts_at=at(DAY, "10:00"), chair_code="IRO-02", **more)


async def test_a_secure_criteria_review_is_certain_only_with_a_panel(world: World) -> None:
    short = [{"role": "PANEL_MEMBER", "agency": "SOCIAL_CARE", "required": True}]
    await world.establish(settings={"attendance": {"SECURE_CRITERIA_REVIEW": short}})
    with pytest.raises(NotEligible, match="3 persons at least") as refused:
        await secure(world)
    assert refused.value.code is BlockerCode.PANEL_TOO_SMALL
    meeting = await secure(world, hold_until=world.now + timedelta(hours=2))
    with pytest.raises(NotEligible) as refused:
        await world.act("confirm", meeting)
    assert refused.value.code is BlockerCode.PANEL_TOO_SMALL
    inside, outside = stated(("PANEL_MEMBER", "SOCIAL_CARE")), stated(("PANEL_MEMBER", "INDEPENDENT"))
    await state(world, meeting, inside, inside)
    with pytest.raises(NotEligible) as refused:
        await world.act("confirm", meeting, 2)
    assert refused.value.code is BlockerCode.PANEL_NOT_INDEPENDENT
    await state(world, meeting, inside, outside, version=2)
    await world.act("confirm", meeting, 3)
    with pytest.raises(NotEligible):
        await state(world, meeting, outside, version=4)


async def test_a_panel_that_did_not_sit_is_not_recorded_as_held(world: World) -> None:
    meeting = await secure(world)
    world.now = at(DAY, "15:00")
    with pytest.raises(NotEligible) as refused:
        await world.held(meeting, held_on=DAY, attended=came(("PANEL_MEMBER", "INDEPENDENT"), WORKER))
    assert refused.value.code is BlockerCode.PANEL_TOO_SMALL
    await world.sql("UPDATE allocation SET iro_id = (SELECT id FROM resource WHERE code = 'IRO-02')")
    both = came(("PANEL_MEMBER", "INDEPENDENT"), ("PANEL_MEMBER", "SOCIAL_CARE"))
    with pytest.raises(NotEligible) as refused:
        await world.held(meeting, held_on=DAY, attended=both)
    assert refused.value.code is BlockerCode.ON_SECURE_PANEL
    await world.sql("UPDATE allocation SET iro_id = (SELECT id FROM resource WHERE code = 'IRO-01')")
    await world.held(meeting, held_on=DAY, attended=both)
    assert (await world.meeting(meeting))["state"] == "HELD"


# ------------------------------------------------------------------------------------------------------ who came


async def test_who_came_says_whether_a_conference_was_quorate(world: World) -> None:
    meeting = await conference(world)
    outcomes = (ChildOutcome(reference="CH1", on_plan=True, category="NEG"),)
    world.now = at(DAY, "15:00")
    with pytest.raises(InvalidInput, match="quorate: true contradicts who attended: it lacked 1 more agency in direct contact") as refused:
        await world.held(meeting, held_on=DAY, attended=came(WORKER, NURSE), quorate=True, outcomes=outcomes)
    assert refused.value.field == "quorate"
    with pytest.raises(InvalidInput, match="quorate: false contradicts who attended: nobody was missing"):
        await world.held(meeting, held_on=DAY, attended=came(WORKER, NURSE, ("POLICE", "")), quorate=False, outcomes=outcomes)
    with pytest.raises(InvalidInput, match='"Mrs Example" is no role') as refused:
        await world.held(meeting, held_on=DAY, attended=came(("Mrs Example", "FAMILY")), outcomes=outcomes)
    assert refused.value.field == "attended"
    await world.held(meeting, held_on=DAY, attended=came(WORKER, NURSE, ("POLICE", ""), ("MIDWIFE", "HEALTH")), outcomes=outcomes)
    (event,) = await world.sql("SELECT details FROM meeting_event WHERE meeting_id = $1 AND what = 'HELD'", meeting)
    assert (event["details"]["quorate"], event["details"]["to_reconvene"]) == (True, False)
    rows = await world.sql("SELECT role, attended, invited FROM attendee WHERE meeting_id = $1 AND attended ORDER BY role", meeting)
    assert [tuple(row) for row in rows] == [
        ("CHAIR", True, True),
        ("HEALTH_VISITOR_OR_SCHOOL_NURSE", True, True),
        ("MIDWIFE", True, False),
        ("POLICE", True, True),
        ("SOCIAL_WORKER", True, True),
    ]
    (absent,) = await world.sql("SELECT count(*) AS number FROM attendee WHERE meeting_id = $1 AND attended IS FALSE", meeting)
    assert absent["number"] == 9  # the other people of the list, and the note-taker


async def test_an_inquorate_review_conference_ends_no_plan_unless_the_chair_says_why(world: World) -> None:
    meeting = await conference(world)
    world.now = at(DAY, "15:00")
    await world.held(meeting, held_on=DAY, quorate=True, outcomes=(ChildOutcome(reference="CH1", on_plan=True, category="NEG"),))
    review = await world.book("CH1", kind=REVIEW, starts_at=at(date(2026, 9, 16), "10:00"))
    world.now = at(date(2026, 9, 16), "16:00")
    ends, few = (ChildOutcome(reference="CH1", on_plan=False),), came(WORKER, SCHOOL)
    with pytest.raises(InvalidInput, match="an inquorate conference ends no plan"):
        await world.held(review, held_on=date(2026, 9, 16), attended=few, outcomes=ends)
    why = "both other agencies sent a report"
    await world.held(review, held_on=date(2026, 9, 16), attended=few, proceeded_inquorate_because=why, outcomes=ends)
    (event,) = await world.sql("SELECT reason, details FROM meeting_event WHERE meeting_id = $1 AND what = 'HELD'", review)
    assert (event["reason"], event["details"]["quorate"]) == (why, False)
    assert event["details"]["attended"] == ["SOCIAL_WORKER SOCIAL_CARE", "SCHOOL EDUCATION"]


async def test_where_an_illness_may_be_induced_no_conference_is_quorate_without_the_paediatrician(world: World) -> None:
    meeting = await conference(world)
    stated_now = StateCircumstances(
        request_key=key(), reference="CH1", from_day=date(2026, 9, 1), complexity=(Complexity.FABRICATED_OR_INDUCED_ILLNESS,)
    )
    await state_circumstances(world.resources, MANAGER, stated_now, world.now)
    world.now = at(DAY, "15:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True, category="NEG"),)
    enough = (WORKER, NURSE, ("POLICE", ""))
    with pytest.raises(InvalidInput, match="it lacked the paediatrician"):
        await world.held(meeting, held_on=DAY, attended=came(*enough), quorate=True, outcomes=outcomes)
    await world.held(meeting, held_on=DAY, attended=came(*enough, ("PAEDIATRICIAN", "HEALTH")), quorate=True, outcomes=outcomes)
