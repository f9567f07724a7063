"""One booking: who and what it takes, what it refuses, and what it leaves behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import icalendar
import pytest

from services.booking.lapsing import lapse_all
from services.invitations.feeds import IssueFeed, fetch_feed, issue_feed
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import (
    Forbidden,
    InvalidInput,
    NotEligible,
    NotFound,
    OutsideAvailability,
    OutsideTimescale,
    RequestKeyReused,
    ResourceTaken,
)
from services.kernel.words import BlockerCode, FeedScope, MeetingKind, ResourceKind, Role
from tests.booking.world import MANAGER, NOW, TODAY, World, at, unit
from tests.invitations.meetings import resources_for
from workers.delivery import deliver

DAY = date(2026, 9, 8)


async def test_a_conference_takes_chair_smallest_room_note_taker_and_police_each_for_an_own_span(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    row = await world.meeting(meeting)
    assert (row["chair"], row["room"], row["note_taker"], row["police"]) == ("IRO-01", "ROOM-A", "NT-01", "POL-01")
    assert (row["state"], row["version"], row["ends_at"] - row["starts_at"]) == ("CONFIRMED", 1, timedelta(hours=2))
    assert await world.holds(meeting) == {
        "IRO-01": ("09:30", "12:30"),
        "ROOM-A": ("09:30", "12:30"),
        "NT-01": ("09:30", "12:00"),
        "POL-01/1": ("10:00", "12:00"),
    }
    assert await world.history(meeting) == ["BOOKED"]
    assert await world.owed(meeting) == [(kind, "REQUEST", 0) for kind in ("IRO", "NOTE_TAKER", "POLICE", "ROOM_DESK")]
    arrivals = await world.sql("SELECT role, arrives_at FROM attendee WHERE meeting_id = $1 ORDER BY number", meeting)
    assert [(row["role"], row["arrives_at"]) for row in arrivals[:3]] == [
        ("CHAIR", at(DAY, "09:30")),
        ("NOTE_TAKER", at(DAY, "09:30")),
        ("POLICE", at(DAY, "10:00")),
    ]
    (audit,) = await world.sql("SELECT actor, action FROM audit_event WHERE subject = $1", f"meeting:{meeting}")
    assert tuple(audit) == ("support", "BOOK")


async def test_a_care_review_takes_the_chair_alone_with_the_way_there_and_back(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"), venue="the placement")
    row = await world.meeting(meeting)
    assert (row["chair"], row["room"], row["note_taker"], row["police"], row["venue"]) == ("IRO-01", None, None, None, "the placement")
    assert row["ends_at"] == at(DAY, "11:30")  # the first review of a child new to care takes longer
    assert await world.holds(meeting) == {"IRO-01": ("09:00", "12:30")}


async def test_calendars_show_the_room_or_nothing_that_gives_a_place_away(world: World) -> None:
    await world.conference("CH1")
    await world.review("CH2", "IRO-02")
    conference = await world.book("CH1", starts_at=at(DAY, "10:00"))
    review = await world.book_review("CH2", starts_at=at(DAY, "10:00"), venue="the refuge")
    rows = await world.sql("SELECT meeting_id, vevent FROM calendar_entry")
    texts = {row["meeting_id"]: row["vevent"] for row in rows}
    assert "Room A" in texts[conference]
    assert "refuge" not in texts[review]
    assert not any("CH1" in text or "CONFERENCE" in text for text in texts.values())


async def units_calendar(world: World) -> list[tuple[datetime, datetime]]:
    resources = resources_for(world.database)
    feed = await issue_feed(resources, COMMAND_LINE, IssueFeed(request_key="unit", scope=FeedScope.UNIT), world.now)
    assert feed.url is not None
    answer = await fetch_feed(resources, feed.url.rsplit("/", 1)[1].removesuffix(".ics"), None, None, world.now)
    return [(each.decoded("DTSTART"), each.decoded("DTEND")) for each in icalendar.Calendar.from_ical(answer.body).walk("VEVENT")]


async def test_everyone_is_told_of_an_own_arrival_and_end_and_travel_is_in_nobodys_event(world: World) -> None:
    await world.conference("CH1")
    await world.review("CH2", "IRO-02")
    told = "SELECT addressee_kind, starts_at, ends_at FROM calendar_entry WHERE meeting_id = $1 ORDER BY 1"
    conference = await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert [tuple(row) for row in await world.sql(told, conference)] == [
        ("IRO", at(DAY, "09:30"), at(DAY, "12:00")),  # with the pre-meet
        ("NOTE_TAKER", at(DAY, "09:30"), at(DAY, "12:00")),
        ("POLICE", at(DAY, "10:00"), at(DAY, "12:00")),
        ("ROOM_DESK", at(DAY, "09:30"), at(DAY, "12:30")),  # opened, and cleared
    ]
    assert await units_calendar(world) == [(at(DAY, "10:00"), at(DAY, "12:00"))], "the unit sees when the conference itself is"
    review = await world.book_review("CH2", starts_at=at(DAY, "10:00"), venue="the placement")
    assert (await world.holds(review))["IRO-02"] == ("09:00", "12:30")
    assert [tuple(row) for row in await world.sql(told, review)] == [("IRO", at(DAY, "09:30"), at(DAY, "11:30"))]


async def test_siblings_sit_together_and_each_has_an_own_clock(world: World) -> None:
    await world.child("CH1")
    await world.child("CH2", None)
    await world.child("CH3", None)
    await world.discussed("CH1", "CH2")
    await world.discussed("CH3", on=TODAY - timedelta(days=3))
    meeting = await world.book("CH2", "CH1", "CH3", starts_at=at(DAY, "10:00"))
    items = await world.sql(
        "SELECT c.reference, o.triggered_on FROM meeting_item i JOIN child c ON c.id = i.child_id "
        "JOIN obligation o ON o.id = obligation_id WHERE meeting_id = $1 ORDER BY number",
        meeting,
    )
    assert [tuple(row) for row in items] == [("CH2", TODAY), ("CH1", TODAY), ("CH3", TODAY - timedelta(days=3))]
    assert (await world.meeting(meeting))["chair"] == "IRO-01"


async def test_what_is_named_is_taken_and_none_means_none(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book(
        "CH1", starts_at=at(DAY, "10:00"), chair_code="IRO-02", room_code="ROOM-B", note_taker_code="NT-02", police_team_code=None
    )
    row = await world.meeting(meeting)
    assert (row["chair"], row["room"], row["note_taker"], row["police"]) == ("IRO-02", "ROOM-B", "NT-02", None)
    assert row["police_waived_reason"] == "booked without police"
    with pytest.raises(InvalidInput, match="needs a chair"):
        await world.book("CH1", starts_at=at(DAY, "14:00"), chair_code=None)
    for code in ("room_code", "chair_code", "note_taker_code", "police_team_code"):
        named: dict[str, Any] = {code: "NO-SUCH"}
        with pytest.raises(NotFound, match="NO-SUCH"):
            await world.book("CH1", starts_at=at(DAY, "14:00"), **named)


async def test_the_police_are_one_meeting_at_a_time_and_the_refusal_says_until_when(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    await world.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(ResourceTaken) as refused:
        await world.book("CH2", starts_at=at(DAY, "11:00"))
    assert (refused.value.kind, refused.value.code) == (ResourceKind.POLICE, "POL-01")
    assert (refused.value.starts_at, refused.value.ends_at) == (at(DAY, "10:00"), at(DAY, "12:00"))
    await world.book("CH2", starts_at=at(DAY, "12:00"))


async def test_a_named_resource_that_is_taken_is_said_to_be_with_its_own_blocked_time(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    await world.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(ResourceTaken) as refused:
        await world.book("CH2", starts_at=at(DAY, "12:30"), room_code="ROOM-A")
    assert (refused.value.kind, refused.value.code) == (ResourceKind.ROOM, "ROOM-A")
    assert (refused.value.starts_at, refused.value.ends_at) == (at(DAY, "09:30"), at(DAY, "12:30"))
    second = await world.book("CH2", starts_at=at(DAY, "12:30"))
    assert (await world.meeting(second))["room"] == "ROOM-B"


async def test_who_is_not_at_work_is_named(world: World) -> None:
    await world.review("CH1")
    with pytest.raises(OutsideAvailability) as refused:
        await world.book_review("CH1", starts_at=at(date(2026, 9, 12), "10:00"))  # a Saturday
    assert (refused.value.kind, refused.value.code) == (ResourceKind.IRO, "IRO-01")


async def test_no_officer_no_chair(world: World) -> None:
    await world.conference("CH1", None)
    with pytest.raises(NotEligible) as refused:
        await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert refused.value.code is BlockerCode.NO_CHAIR


async def test_nobody_chairs_against_the_rules_of_independence(world: World) -> None:
    officers = unit().iros
    await world.establish(replace(unit(), iros=(replace(officers[0], may_not_chair=("CH1",)), officers[1])))
    await world.conference("CH1")
    with pytest.raises(NotEligible) as refused:
        await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert refused.value.code is BlockerCode.INDEPENDENCE
    await world.child("MOTHER", "IRO-02")
    await world.sql(
        "INSERT INTO parentage (child_id, parent_id, recorded, source) SELECT c.id, p.id, tstzrange(now(), NULL), 'test' "
        "FROM child c, child p WHERE c.reference = 'CH1' AND p.reference = 'MOTHER'"
    )
    with pytest.raises(NotEligible) as refused:
        await world.book("CH1", starts_at=at(DAY, "10:00"), chair_code="IRO-02")
    assert refused.value.code is BlockerCode.PARENT_AND_CHILD


async def test_a_conference_is_held_on_a_working_day_and_within_its_hours(world: World) -> None:
    await world.conference("CH1")
    for starts_at in (at(date(2026, 9, 12), "10:00"), at(DAY, "09:00"), at(DAY, "15:00")):
        with pytest.raises(NotEligible) as refused:
            await world.book("CH1", starts_at=starts_at)
        assert refused.value.code is BlockerCode.OUTSIDE_HOURS
    with pytest.raises(InvalidInput, match="is over"):
        await world.book("CH1", starts_at=at(TODAY - timedelta(days=1), "10:00"))
    with pytest.raises(InvalidInput, match="offset"):
        await world.book("CH1", starts_at=at(DAY, "10:00").replace(tzinfo=None))


async def test_a_day_after_the_laws_needs_a_managers_reason(world: World) -> None:
    await world.conference("CH1")
    late = at(date(2026, 9, 23), "10:00")
    with pytest.raises(OutsideTimescale) as refused:
        await world.book("CH1", starts_at=late)
    assert refused.value.statutory_due_on == date(2026, 9, 22)
    with pytest.raises(Forbidden):
        await world.book("CH1", starts_at=late, override_reason="the family asked")
    meeting = await world.book("CH1", starts_at=late, override_reason="the family asked", actor=MANAGER)
    assert (await world.meeting(meeting))["override_reason"] == "the family asked"


async def test_what_is_booked_is_not_booked_twice(world: World) -> None:
    await world.conference("CH1")
    first = await world.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(InvalidInput, match=(await world.meeting(first))["reference"]):
        await world.book("CH1", starts_at=at(DAY, "13:00"))


async def test_what_begins_only_later_is_not_met_before(world: World) -> None:
    await world.review("CH1")
    first = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    await world.book_review("CH1", starts_at=at(date(2026, 11, 24), "10:00"), triggered_on=DAY)
    await world.act("postpone", await world.book_review("CH1", starts_at=at(date(2027, 4, 20), "10:00"), triggered_on=date(2026, 11, 24)))
    with pytest.raises(InvalidInput, match=(await world.meeting(first))["reference"]):
        await world.book_review("CH1", starts_at=at(DAY, "13:00"))


async def test_without_a_day_0_nothing_is_owed_and_with_one_it_is_expected(world: World) -> None:
    await world.child("CH1")
    with pytest.raises(InvalidInput, match="triggeredOn"):
        await world.book("CH1", starts_at=at(DAY, "10:00"))
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), triggered_on=TODAY)
    assert await world.obligations("CH1") == [("INITIAL_CONFERENCE", "EXPECTED", TODAY)]
    await world.discussed("CH1")
    assert await world.obligations("CH1") == [("INITIAL_CONFERENCE", "OPEN", TODAY)]
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"


async def test_the_same_request_books_once_and_another_body_is_refused(world: World) -> None:
    await world.conference("CH1")
    first = await world.book("CH1", starts_at=at(DAY, "10:00"), request_key="once")
    assert await world.book("CH1", starts_at=at(DAY, "10:00"), request_key="once") == first
    with pytest.raises(RequestKeyReused):
        await world.book("CH1", starts_at=at(DAY, "11:00"), request_key="once")


async def test_an_officer_books_for_her_own_children_alone(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    (row,) = await world.sql("SELECT id FROM resource WHERE code = 'IRO-01'")
    officer = Actor(subject="iro", role=Role.IRO, name="Officer", code="IRO-01", resource_id=row["id"])
    await world.book("CH1", starts_at=at(DAY, "10:00"), actor=officer)
    with pytest.raises(NotFound, match="CH2"):
        await world.book("CH2", starts_at=at(DAY, "13:00"), actor=officer)
    for role in (Role.NOTE_TAKER, Role.POLICE_LIAISON, Role.SOCIAL_WORKER, Role.AUDITOR):
        with pytest.raises(Forbidden):
            await world.book("CH2", starts_at=at(DAY, "13:00"), actor=Actor(subject="x", role=role, name="x"))


async def test_a_provisional_meeting_holds_but_invites_nobody_until_it_is_confirmed(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), hold_until=NOW + timedelta(hours=2))
    assert (await world.meeting(meeting))["state"] == "PROVISIONAL"
    assert len(await world.holds(meeting)) == 4
    assert await world.owed(meeting) == []
    await world.act("confirm", meeting)
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"
    assert len(await world.owed(meeting)) == 4


async def test_a_provisional_hold_that_lapsed_makes_room_and_only_then(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    first = await world.book("CH1", starts_at=at(DAY, "10:00"), hold_until=NOW + timedelta(hours=2))
    with pytest.raises(ResourceTaken):
        await world.book("CH2", starts_at=at(DAY, "10:00"))
    world.now = NOW + timedelta(hours=2)
    second = await world.book("CH2", starts_at=at(DAY, "10:00"))
    assert (await world.meeting(first))["state"] == "CANCELLED"
    assert await world.history(first) == ["BOOKED", "LAPSED"]
    assert await world.holds(first) == {}
    assert (await world.meeting(second))["room"] == "ROOM-A"
    again = await world.book("CH1", starts_at=at(DAY, "13:00"))  # what it was for is free again
    assert again != first


async def test_provisional_holds_lapse_by_themselves_on_time_and_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, hours in ((1, 1), (2, 2), (3, None)):
        await world.conference(f"CH{number}")
        until = None if hours is None else NOW + timedelta(hours=hours)
        await world.book(f"CH{number}", starts_at=at(DAY + timedelta(days=number), "10:00"), hold_until=until)

    def clock() -> datetime:
        return world.now

    async def nothing(*_: object, **__: object) -> int:
        return 0

    async def no_papers(*_: object) -> tuple[int, int]:
        return 0, 0

    monkeypatch.setattr("workers.delivery.deliver_owed", nothing)
    monkeypatch.setattr("workers.delivery.follow_some", no_papers)

    async def states() -> list[str]:
        return [row["state"] for row in await world.sql("SELECT state FROM meeting ORDER BY starts_at")]

    assert await deliver(world.resources, clock) == 0
    assert await states() == ["PROVISIONAL", "PROVISIONAL", "CONFIRMED"]
    world.now = NOW + timedelta(hours=1)
    assert await deliver(world.resources, clock) == 1
    assert await states() == ["CANCELLED", "PROVISIONAL", "CONFIRMED"]
    world.now = NOW + timedelta(hours=3)
    assert await asyncio.gather(*(lapse_all(world.resources, clock) for _ in range(3))) in ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    assert await states() == ["CANCELLED", "CANCELLED", "CONFIRMED"]
    rows = await world.sql("SELECT m.id, e.by FROM meeting m JOIN meeting_event e ON e.meeting_id = m.id WHERE e.what = 'LAPSED'")
    assert [row["by"] for row in rows] == ["service:lapse"] * 2
    assert [await world.holds(row["id"]) for row in rows] == [{}, {}]
    assert await world.sql("SELECT FROM notice WHERE method = 'CANCEL'") == []  # nobody was ever invited


async def test_conferences_of_other_kinds_serve_siblings_on_other_clocks(world: World) -> None:
    await world.conference("CH1")
    await world.child("CH2", None)
    await world.sql(
        "INSERT INTO obligation (id, child_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis, "
        "statutory_due_on, book_by_on, state) SELECT gen_random_uuid(), id, 'REVIEW_CONFERENCE', '2026-06-10', 'test', "
        "'REVIEW_CONFERENCE_FIRST', 3, 'MONTHS', 'test', '2026-09-10', '2026-09-10', 'OPEN' FROM child WHERE reference = 'CH2'"
    )
    meeting = await world.book("CH1", "CH2", starts_at=at(DAY, "10:00"))
    kinds = await world.sql("SELECT kind FROM meeting_item WHERE meeting_id = $1 ORDER BY number", meeting)
    assert [row["kind"] for row in kinds] == [MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE]
    with pytest.raises(OutsideTimescale):  # the sibling's day binds both
        await world.move(meeting, starts_at=at(date(2026, 9, 11), "10:00"))


async def test_foster_households_and_unknown_children_are_not_there(world: World) -> None:
    with pytest.raises(NotFound, match="CH9"):
        await world.book("CH9", starts_at=at(DAY, "10:00"))
    with pytest.raises(NotFound, match="FH1"):
        await world.book(household_reference="FH1", kind=MeetingKind.FOSTER_HOME_REVIEW, starts_at=at(DAY, "10:00"))
    with pytest.raises(InvalidInput, match="name the children"):
        await world.book(starts_at=at(DAY, "10:00"))


async def test_day_0_is_a_day_on_which_a_clock_can_begin(world: World) -> None:
    await world.child("CH1", born_on=date(2020, 5, 4))
    starts_at = at(DAY, "10:00")
    for day, says in ((date(2026, 9, 9), "cannot come after the meeting"), (date(2010, 1, 1), "before CH1 was born")):
        with pytest.raises(InvalidInput, match=says) as refused:
            await world.book("CH1", starts_at=starts_at, triggered_on=day)
        assert refused.value.field == "triggeredOn"
    assert await world.obligations("CH1") == []


async def test_a_hold_lapses_before_the_meeting_begins(world: World) -> None:
    await world.conference("CH1")
    starts_at = at(DAY, "10:00")
    with pytest.raises(InvalidInput, match="after the meeting begins"):
        await world.book("CH1", starts_at=starts_at, hold_until=starts_at + timedelta(minutes=1))
    await world.book("CH1", starts_at=starts_at, hold_until=starts_at)


async def test_a_venue_is_named_in_few_words_or_is_none(world: World) -> None:
    await world.conference("CH1")
    starts_at = at(DAY, "10:00")
    with pytest.raises(InvalidInput, match="at most 500") as refused:
        await world.book("CH1", starts_at=starts_at, venue="v" * 501)
    assert refused.value.field == "venue"
    meeting = await world.meeting(await world.book("CH1", starts_at=starts_at, venue="  "))
    assert (meeting["venue"], meeting["room"]) == (None, "ROOM-A")


async def test_an_end_before_the_beginning_is_laid_at_the_door_of_the_end(world: World) -> None:
    await world.conference("CH1")
    with pytest.raises(InvalidInput, match="must come after") as refused:
        await world.book("CH1", starts_at=at(DAY, "10:00"), ends_at=at(DAY, "09:00"))
    assert refused.value.field == "endsAt"
