"""Evenings and Saturdays that somebody offers: time beyond the weekly pattern, until an absence takes it away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking import service
from services.booking.changing import move_in
from services.booking.commands import MoveMeeting, RecordAbsence, SlotSearch
from services.booking.desk import open_desk
from services.booking.offering import OfferTime, WithdrawOffer, offer_time, withdraw_offer
from services.directory.establishment import StatedOffer
from services.directory.working_time import RecordLeaving, record_leaving
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, HasMeetings, InvalidInput, NotFound, OutsideAvailability, RequestKeyReused
from services.kernel.permission import Act
from services.kernel.words import AbsenceReason, MeetingKind, ResourceKind, Role
from tests.booking.world import MANAGER, NOW, SUPPORT, World, at, key, unit

SATURDAY, TUESDAY, CHRISTMAS = date(2026, 9, 12), date(2026, 9, 8), date(2026, 12, 25)
IRO = Actor(subject="iro", role=Role.IRO, name="Officer 1", code="IRO-01")


async def offer(world: World, day: date, since: str, until: str, *, actor: Actor = MANAGER, **more: Any) -> None:
    stated = {"kind": ResourceKind.IRO, "code": "IRO-01", "starts_at": at(day, since), "ends_at": at(day, until)}
    await offer_time(world.resources, actor, OfferTime(**{"request_key": key(), **stated, **more}), NOW)


async def at_work(world: World, code: str, day: date) -> list[tuple[str, str]]:
    rows = await world.sql(
        """SELECT to_char(lower(during) AT TIME ZONE 'Europe/London', 'HH24:MI') AS since,
                  to_char(upper(during) AT TIME ZONE 'Europe/London', 'HH24:MI') AS until
           FROM availability JOIN resource ON id = resource_id
           WHERE code = $1 AND (lower(during) AT TIME ZONE 'Europe/London')::date = $2 ORDER BY during""",
        code,
        day,
    )
    return [(row["since"], row["until"]) for row in rows]


async def test_an_evening_and_a_saturday_that_an_officer_offers_can_be_booked(world: World) -> None:
    await world.review("CH1")
    for starts_at in (at(SATURDAY, "10:30"), at(TUESDAY, "17:00")):
        with pytest.raises(OutsideAvailability):
            await world.book_review("CH1", starts_at=starts_at, room_code=None)
    await offer(world, SATURDAY, "10:00", "13:00", actor=IRO)
    await offer(world, TUESDAY, "16:30", "19:00", actor=IRO)
    assert await at_work(world, "IRO-01", TUESDAY) == [("09:00", "19:00")]
    search = SlotSearch(kind=MeetingKind.CARE_REVIEW, child_references=("CH1",), from_day=SATURDAY, to_day=SATURDAY)
    (first, *_) = await service.slots(world.resources, SUPPORT, search, NOW)
    assert first.starts_at == at(SATURDAY, "10:30")
    assert not first.wishes_missed  # no school on a Saturday
    meeting = await world.book_review("CH1", starts_at=first.starts_at, room_code=None)
    assert await world.holds(meeting) == {"IRO-01": ("09:30", "13:00")}


async def test_an_offer_stands_on_a_bank_holiday_and_an_absence_takes_it_away(world: World) -> None:
    await offer(world, CHRISTMAS, "10:00", "12:00")
    assert await at_work(world, "IRO-01", CHRISTMAS) == [("10:00", "12:00")]
    command = RecordAbsence(
        request_key=key(), kind=ResourceKind.IRO, code="IRO-01", starts_at=at(CHRISTMAS, "11:00"), ends_at=at(CHRISTMAS, "15:00"),
        reason=AbsenceReason.LEAVE,
    )  # fmt: skip
    await service.record_absence(world.resources, MANAGER, command, NOW)
    assert await at_work(world, "IRO-01", CHRISTMAS) == [("10:00", "11:00")]


async def test_a_file_states_offers_of_rooms_and_teams_and_takes_them_back(world: World) -> None:
    stated = unit(police=2)
    evening = (StatedOffer(day=TUESDAY, since=time(17), until=time(20)),)
    offering = replace(
        stated,
        rooms=(replace(stated.rooms[0], offers=evening), *stated.rooms[1:]),
        police_teams=tuple(replace(team, offers=evening) for team in stated.police_teams),
    )
    before = {code: await at_work(world, code, TUESDAY) for code in ("ROOM-A", "POL-01/1")}
    for establishment in (offering, offering):
        await world.establish(establishment)
        assert await at_work(world, "ROOM-A", TUESDAY) == [("09:00", "20:00")]
        for place in ("POL-01/1", "POL-01/2"):
            assert await at_work(world, place, TUESDAY) == [("09:00", "20:00")]
        assert len(await world.sql("SELECT FROM offered_time")) == 3
    await offer(world, SATURDAY, "10:00", "13:00")
    await world.establish(stated)
    assert {code: await at_work(world, code, TUESDAY) for code in before} == before
    assert await at_work(world, "IRO-01", SATURDAY) == [("10:00", "13:00")]  # what a person has offered is no file's to take back


async def test_an_offer_is_ones_own_to_make_ahead_of_time_and_once(world: World) -> None:
    for who, error in (
        (replace(IRO, code="IRO-02"), NotFound),
        (SUPPORT, NotFound),
        (Actor(subject="x", role=Role.SOCIAL_WORKER, name="x"), Forbidden),
    ):
        with pytest.raises(error):
            await offer(world, SATURDAY, "10:00", "13:00", actor=who)
    with pytest.raises(NotFound):
        await offer(world, SATURDAY, "10:00", "13:00", code="IRO-99")
    for day, until in (
        (date(2026, 8, 29), date(2026, 8, 29)),
        (NOW.date(), NOW.date()),  # at 10:00, at which it begins
        (date(2028, 1, 8), date(2028, 1, 8)),
        (SATURDAY, SATURDAY + timedelta(days=1)),
    ):
        with pytest.raises(InvalidInput):
            await offer(world, day, "10:00", "13:00", ends_at=at(until, "13:00"))
    for _ in range(2):
        await offer(world, SATURDAY, "10:00", "13:00", request_key="the same")
    with pytest.raises(RequestKeyReused):
        await offer(world, SATURDAY, "10:00", "14:00", request_key="the same")
    assert len(await world.sql("SELECT FROM offered_time")) == 1


async def withdraw(world: World, day: date, since: str, until: str, *, actor: Actor = MANAGER, **more: Any) -> tuple[UUID, ...]:
    stated = {"kind": ResourceKind.IRO, "code": "IRO-01", "starts_at": at(day, since), "ends_at": at(day, until)}
    return await withdraw_offer(world.resources, actor, WithdrawOffer(**{"request_key": key(), **stated, **more}), NOW)


async def evening_meetings(world: World) -> tuple[UUID, UUID]:
    """One on Tuesday that fits the weekly pattern, and one after it on the offer of the same evening."""
    await offer(world, TUESDAY, "15:00", "20:00")
    for child in ("CH1", "CH2"):
        await world.review(child)
    late = await world.book_review("CH2", starts_at=at(TUESDAY, "18:00"), room_code=None)
    return await world.book_review("CH1", starts_at=at(TUESDAY, "14:30"), room_code=None), late


async def test_an_offer_is_withdrawn_whole_or_in_part(world: World) -> None:
    await offer(world, TUESDAY, "17:00", "20:00", actor=IRO)
    assert await withdraw(world, TUESDAY, "18:00", "19:00", actor=IRO) == ()
    assert await at_work(world, "IRO-01", TUESDAY) == [("09:00", "18:00"), ("19:00", "20:00")]
    await withdraw(world, TUESDAY, "17:00", "20:00")
    assert await at_work(world, "IRO-01", TUESDAY) == [("09:00", "17:00")]
    assert await world.sql("SELECT FROM offered_time") == []


async def test_an_offer_on_which_a_meeting_stands_is_withdrawn_only_with_it(world: World) -> None:
    pattern, late = await evening_meetings(world)
    with pytest.raises(HasMeetings, match="release them or move them first, or withdraw only what they leave of the offer") as refused:
        await withdraw(world, TUESDAY, "15:00", "20:00")
    assert refused.value.meeting_ids == (late,)  # the other needs no offer
    assert (await at_work(world, "IRO-01", TUESDAY))[-1] == ("09:00", "20:00")
    await withdraw(world, TUESDAY, "15:00", "17:00")  # as it says
    assert await withdraw(world, TUESDAY, "17:00", "20:00", release=True) == (late,)
    assert await at_work(world, "IRO-01", TUESDAY) == [("09:00", "17:00")]
    assert ((await world.meeting(late))["needs"], (await world.meeting(pattern))["needs"]) == (["IRO"], [])
    assert [each[1] for each in await world.owed(late)][-1] == "CANCEL"


async def test_a_meeting_that_goes_elsewhere_while_its_offer_is_withdrawn_is_not_named_as_released(world: World) -> None:
    _, late = await evening_meetings(world)
    move = MoveMeeting(request_key=key(), id=late, version=1, reason="a test", starts_at=at(SATURDAY - timedelta(days=2), "10:00"))
    async with world.database.transaction() as moving:
        await move_in(await open_desk(world.resources, moving, SUPPORT, NOW, Act.BOOK), move)
        withdrawing = asyncio.create_task(withdraw(world, TUESDAY, "17:00", "20:00", release=True))
        while not withdrawing.done() and not await world.sql("SELECT FROM pg_locks WHERE NOT granted"):
            pass
    assert await withdrawing == ()
    assert (await world.meeting(late))["needs"] == []


async def test_meetings_in_the_way_are_named_in_order_of_time(world: World) -> None:
    await offer(world, TUESDAY, "16:00", "20:30")
    clocks = ("18:40", "16:50")
    found = {}
    for number, clock in enumerate(clocks):
        child = await world.review(f"CH{number}")
        found[clock] = await world.book_review(child, starts_at=at(TUESDAY, clock), ends_at=at(TUESDAY, clock) + timedelta(minutes=15),
                                               remote=True, room_code=None)  # fmt: skip
    with pytest.raises(HasMeetings) as refused:
        await withdraw(world, TUESDAY, "16:00", "20:30")
    assert refused.value.meeting_ids == tuple(found[clock] for clock in sorted(clocks))


async def test_only_what_a_person_offers_ahead_is_withdrawn_by_whose_time_it_is_and_once(world: World) -> None:
    stated = unit()
    evening = (StatedOffer(day=TUESDAY, since=time(17), until=time(20)),)
    await world.establish(replace(stated, iros=(replace(stated.iros[0], offers=evening), *stated.iros[1:])))
    with pytest.raises(InvalidInput, match="establishment file"):
        await withdraw(world, TUESDAY, "17:00", "20:00")
    with pytest.raises(InvalidInput, match="nothing is offered"):
        await withdraw(world, SATURDAY, "10:00", "13:00")
    with pytest.raises(InvalidInput, match="is over"):
        await withdraw(world, date(2026, 8, 29), "10:00", "13:00")
    with pytest.raises(InvalidInput, match="each day"):
        await withdraw(world, SATURDAY, "10:00", "13:00", ends_at=at(date(2026, 9, 13), "13:00"))
    await offer(world, SATURDAY, "10:00", "13:00")
    for who, error in ((replace(IRO, code="IRO-02"), NotFound), (Actor(subject="x", role=Role.SOCIAL_WORKER, name="x"), Forbidden)):
        with pytest.raises(error):
            await withdraw(world, SATURDAY, "10:00", "13:00", actor=who)
    for _ in range(2):
        await withdraw(world, SATURDAY, "10:00", "13:00", request_key="the same")
    with pytest.raises(RequestKeyReused):
        await withdraw(world, SATURDAY, "10:00", "12:00", request_key="the same")


async def test_the_audit_keeps_who_offered_and_withdrew_which_time_and_how_many_meetings_lost_it(world: World) -> None:
    pattern, late = await evening_meetings(world)
    assert await withdraw(world, TUESDAY, "15:00", "20:00", release=True) == (late,)
    assert (await world.meeting(pattern))["needs"] == []  # it needs no offer, although it stands in the time of one
    rows = await world.sql("SELECT actor, action, details FROM audit_event WHERE action IN ('OFFER_TIME', 'WITHDRAW_OFFER') ORDER BY id")
    span = {"kind": "IRO", "code": "IRO-01", "from": at(TUESDAY, "15:00").isoformat(), "to": at(TUESDAY, "20:00").isoformat()}
    assert [tuple(row) for row in rows] == [
        ("manager", "OFFER_TIME", span),
        ("manager", "WITHDRAW_OFFER", {**span, "released": 1}),
    ]


async def test_nobody_is_there_on_an_offer_for_a_day_after_she_has_left(world: World) -> None:
    last_day = TUESDAY + timedelta(days=2)
    await record_leaving(world.resources, MANAGER, RecordLeaving(request_key=key(), iro_code="IRO-01", last_day=last_day), NOW)
    for day, there in ((TUESDAY, [("09:00", "19:00")]), (SATURDAY, [])):
        await offer(world, day, "17:00" if day == TUESDAY else "10:00", "19:00")
        assert await at_work(world, "IRO-01", day) == there


async def test_whoever_is_called_off_by_a_withdrawal_is_mailed_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, late = await evening_meetings(world)
    rung: list[str] = []

    async def ring() -> None:
        rung.append("delivery")

    monkeypatch.setattr(world.resources.doorbell, "ring_delivery", ring)
    await withdraw(world, TUESDAY, "16:00", "17:00")
    assert rung == []  # nobody lost anything
    assert await withdraw(world, TUESDAY, "17:00", "20:00", release=True) == (late,)
    assert rung == ["delivery"]
