"""Booked meetings whose children get another officer: replaced where she is free, else covered, else without a chair and saying so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.booking import choosing, holding
from services.booking.absences import apply_establishment
from services.booking.commands import RecordAbsence, Sitting, SplitMeeting
from services.booking.desk import open_desk
from services.booking.rechairing import Chaired, Foreseen, NewChair, Rechaired, chaired_for, foresee, rechair_in, restore_chair_in
from services.booking.service import record_absence, split
from services.directory.establishment import StatedAbsence
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import InvalidInput, OutsideAvailability, ResourceTaken, StaleVersion
from services.kernel.words import AbsenceReason, ChairAfterMove, MeetingKind, ResourceKind
from services.platform.database import Connection
from tests.booking.world import MANAGER, TODAY, World, at, key, overlaps, unit

DAY, NEXT = date(2026, 9, 8), date(2026, 9, 9)
REPLACED, COVER, RELEASED = ChairAfterMove.REPLACED, ChairAfterMove.COVER, ChairAfterMove.RELEASED
_PIECES = count(1)


async def officer(world: World, code: str) -> UUID:
    ((found,),) = await world.sql("SELECT id FROM resource WHERE kind = 'IRO' AND code = $1", code)
    assert isinstance(found, UUID)
    return found


async def child(world: World, reference: str) -> UUID:
    ((found,),) = await world.sql("SELECT id FROM child WHERE reference = $1", reference)
    assert isinstance(found, UUID)
    return found


async def chaired(
    world: World, references: Iterable[str], code: str = "IRO-01", leaving: Iterable[str] | None = None
) -> tuple[Chaired, ...]:
    ids = [await child(world, each) for each in references]
    gone = None if leaving is None else [await child(world, each) for each in leaving]
    async with world.database.connection() as connection:
        return await chaired_for(connection, ids, await officer(world, code), TODAY, leaving=gone)


async def foreseen(world: World, *wanted: tuple[UUID, str], away: Sequence[str] = ()) -> list[Foreseen]:
    chairs = [NewChair(meeting_id=meeting, iro_id=await officer(world, code)) for meeting, code in wanted]
    gone = [await officer(world, code) for code in away]
    async with world.database.connection() as connection:
        found = await foresee(connection, chairs, world.now, today=TODAY, away=gone)
    return list(found.values())


async def rechair(
    world: World, meeting: UUID, code: str, version: int = 1, *, away: bool = False, connection: Connection | None = None
) -> Rechaired:
    iro = await officer(world, code)

    async def work(door: Connection) -> Rechaired:
        desk = await open_desk(world.resources, door, MANAGER, world.now)
        return await rechair_in(desk, meeting, version, iro, "another officer has the child", away=away)

    return await (world.database.run(work) if connection is None else work(connection))


async def restore(world: World, meeting: UUID, code: str | None, version: int) -> Rechaired:
    iro = None if code is None else await officer(world, code)

    async def work(door: Connection) -> Rechaired:
        return await restore_chair_in(await open_desk(world.resources, door, MANAGER, world.now), meeting, version, iro, "undone")

    return await world.database.run(work)


async def ill(world: World, code: str, day: date, *, release: bool = False) -> None:
    command = RecordAbsence(
        request_key=key(),
        kind=ResourceKind.IRO,
        code=code,
        starts_at=at(day, "09:00"),
        ends_at=at(day, "17:00"),
        reason=AbsenceReason.SICKNESS,
        release=release,
    )
    await record_absence(world.resources, MANAGER, command, world.now)


async def bar(world: World, code: str, reference: str) -> None:
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) SELECT id, $2, 'TEST' FROM resource WHERE code = $1", code, reference
    )


# ------------------------------------------------------------------------------------------ which meetings


async def test_an_officers_meetings_to_come_are_those_that_she_chairs_for_the_children_who_leave_her(world: World) -> None:
    for reference in ("CH1", "CH2"):
        await world.review(reference)
    await world.review("CH3", "IRO-02")
    second = await world.book_review("CH2", starts_at=at(NEXT, "13:30"))
    first = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    await world.book_review("CH3", starts_at=at(DAY, "13:30"))
    found = await chaired(world, ["CH1", "CH2", "CH3"])
    assert [(each.meeting_id, each.kind, each.version, each.notices, each.lost) for each in found] == [
        (first, MeetingKind.CARE_REVIEW, 1, 2, False),
        (second, MeetingKind.CARE_REVIEW, 1, 2, False),
    ]
    assert found[0].child_ids == (await child(world, "CH1"),)
    assert found[0].starts_at == at(DAY, "13:30")


async def test_a_meeting_that_is_also_about_a_child_who_stays_hers_is_left_to_her(world: World) -> None:
    for reference in ("CH1", "CH2"):
        await world.review(reference)
    meeting = await world.book_review("CH1", "CH2", starts_at=at(DAY, "13:30"))
    assert await chaired(world, ["CH1"]) == ()
    assert [each.meeting_id for each in await chaired(world, ["CH1", "CH2"])] == [meeting]
    assert [each.meeting_id for each in await chaired(world, ["CH1"], leaving=["CH1", "CH2"])] == [meeting]


async def test_what_is_over_called_off_or_a_secure_panel_is_none_of_them(world: World) -> None:
    await world.review("CH1")
    today = await world.book_review("CH1", starts_at=at(TODAY, "15:00"))
    assert await chaired(world, ["CH1"]) == ()
    await world.move(today, starts_at=at(DAY, "13:30"))
    assert len(await chaired(world, ["CH1"])) == 1
    await world.sql("UPDATE meeting SET kind = 'SECURE_CRITERIA_REVIEW'")
    assert await chaired(world, ["CH1"]) == ()
    await world.sql("UPDATE meeting SET kind = 'CARE_REVIEW'")
    await world.act("cancel", today, 2)
    assert await chaired(world, ["CH1"]) == ()


async def test_a_meeting_that_has_lost_its_chair_waits_for_the_new_officer(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    await ill(world, "IRO-01", DAY, release=True)
    (found,) = await chaired(world, ["CH1"])
    assert (found.meeting_id, found.lost, found.notices, found.version) == (meeting, True, 1, 2)
    assert (await foreseen(world, (meeting, "IRO-02")))[0].chair is REPLACED
    assert (await rechair(world, meeting, "IRO-02", 2)).version == 3
    assert (await world.meeting(meeting))["needs"] == []
    assert (await restore(world, meeting, None, 3)).chair is RELEASED
    row = await world.meeting(meeting)
    assert (row["chair"], row["needs"], row["version"]) == (None, ["IRO"], 4)


async def test_a_provisional_meeting_disturbs_no_invitation(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"), hold_until=world.now + timedelta(days=1))
    assert [each.notices for each in await chaired(world, ["CH1"])] == [0]
    assert (await rechair(world, meeting, "IRO-02")).chair is REPLACED
    assert await world.owed(meeting) == []
    assert (await world.meeting(meeting))["state"] == "PROVISIONAL"


# ------------------------------------------------------------------------------------------------- replaced


async def test_the_new_officer_chairs_it_where_she_is_free_and_the_old_one_is_free_again(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    before = await world.holds(meeting)
    assert [each.chair for each in await foreseen(world, (meeting, "IRO-02"))] == [REPLACED]
    done = await rechair(world, meeting, "IRO-02")
    assert (done.chair, done.version) == (REPLACED, 2)
    row = await world.meeting(meeting)
    assert (row["chair"], row["room"], row["note_taker"], row["police"], row["version"]) == ("IRO-02", "ROOM-A", "NT-01", "POL-01", 2)
    after = await world.holds(meeting)
    assert after.pop("IRO-02") == before.pop("IRO-01")
    assert after == before
    assert await world.history(meeting) == ["BOOKED", "RECHAIRED"]
    await world.conference("CH2")
    await world.book("CH2", starts_at=at(DAY, "10:00"), room_code="ROOM-B", note_taker_code="NT-02", police_team_code=None)


async def test_only_those_whose_own_view_changes_are_told(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    told = len(await world.owed(meeting))
    await rechair(world, meeting, "IRO-02")
    rows = await world.sql(
        "SELECT addressee_code, method, n.sequence FROM notice n JOIN calendar_entry e USING (uid) WHERE meeting_id = $1 "
        "ORDER BY owed_at, addressee_code, n.sequence",
        meeting,
    )
    assert len(rows) == told + 2
    assert {tuple(row) for row in rows if row["addressee_code"].startswith("IRO")} == {
        ("IRO-01", "REQUEST", 0),
        ("IRO-01", "CANCEL", 1),
        ("IRO-02", "REQUEST", 0),
    }


async def test_others_keep_their_times_although_the_units_shapes_have_changed_since(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    told = await world.owed(meeting)
    others = {code: span for code, span in (await world.holds(meeting)).items() if code != "IRO-01"}
    await world.establish(unit(settings={"shapes": {"INITIAL_CONFERENCE": {"pre_meet": 10}}}))
    await rechair(world, meeting, "IRO-02")
    after = await world.holds(meeting)
    assert {code: span for code, span in after.items() if code != "IRO-02"} == others
    assert {each for each in await world.owed(meeting) if each not in told} == {("IRO", "CANCEL", 1)}
    arrivals = await world.sql("SELECT role, arrives_at FROM attendee WHERE meeting_id = $1 ORDER BY number LIMIT 3", meeting)
    assert [tuple(row) for row in arrivals] == [
        ("CHAIR", at(DAY, "09:50")),
        ("NOTE_TAKER", at(DAY, "09:30")),
        ("POLICE", at(DAY, "10:00")),
    ]


async def test_an_adjourned_meeting_keeps_what_was_held_before(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(TODAY, "11:00"))
    world.now = at(TODAY, "14:00")
    await world.held(meeting, held_on=TODAY, resumes_at=at(DAY, "13:30"))
    ((version,),) = await world.sql("SELECT version FROM meeting WHERE id = $1", meeting)
    before = await world.sql("SELECT * FROM hold WHERE meeting_id = $1 AND sitting = 1", meeting)
    assert (await rechair(world, meeting, "IRO-02", version)).chair is REPLACED
    assert await world.sql("SELECT * FROM hold WHERE meeting_id = $1 AND sitting = 1", meeting) == before
    assert [row["code"] for row in await _holders(world, meeting, 2)] == ["IRO-02"]
    assert (await world.meeting(meeting))["state"] == "ADJOURNED"


async def _holders(world: World, meeting: UUID, sitting: int) -> list[Any]:
    return await world.sql(
        "SELECT code FROM hold JOIN resource ON id = resource_id WHERE meeting_id = $1 AND sitting = $2", meeting, sitting
    )


async def test_who_chairs_it_already_goes_on(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"), chair_code="IRO-02")
    done = await rechair(world, meeting, "IRO-02")
    assert (done.chair, done.version) == (REPLACED, 1)
    assert await world.history(meeting) == ["BOOKED"]


# ---------------------------------------------------------------------------------------- cover, and nobody


async def _busy(world: World, code: str, start: datetime) -> UUID:
    reference = await world.review(f"BUSY-{code}-{start:%d%H%M}", code)
    return await world.book_review(reference, starts_at=start)


@pytest.mark.parametrize(("clock", "chair"), [("14:00", COVER), ("11:30", COVER), ("10:30", REPLACED)])
async def test_travel_counts_and_where_she_is_not_free_the_old_chair_covers(world: World, clock: str, chair: ChairAfterMove) -> None:
    """A first review of 13:30 blocks its chair from 12:30 (travel, pre-meet) to 16:00; one of 10:30 until 13:00 less its own travel."""
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "14:30"))
    other = await _busy(world, "IRO-02", at(DAY, clock))
    ((since, until),) = (await world.holds(other)).values()
    assert (since < "17:00" and until > "13:30") == (chair is COVER)
    assert [each.chair for each in await foreseen(world, (meeting, "IRO-02"))] == [chair]
    done = await rechair(world, meeting, "IRO-02")
    assert done.chair is chair
    row = await world.meeting(meeting)
    assert (row["chair"], row["needs"]) == ("IRO-02" if chair is REPLACED else "IRO-01", [])
    assert (row["version"], done.version) == ((2, 2) if chair is REPLACED else (1, 1))
    assert await overlaps(world.database) == 0


async def test_an_officer_who_is_not_at_work_then_is_covered(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    await ill(world, "IRO-02", DAY)
    (found,) = await foreseen(world, (meeting, "IRO-02"))
    done = await rechair(world, meeting, "IRO-02")
    assert (found.chair, found.message) == (done.chair, done.message)
    assert done.chair is COVER
    assert done.message == "IRO-02 is not at work at that time: IRO-01 chairs it in her place"


async def test_an_officer_whom_a_rule_bars_is_covered(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    await bar(world, "IRO-02", "CH1")
    (found,) = await foreseen(world, (meeting, "IRO-02"))
    done = await rechair(world, meeting, "IRO-02")
    assert (found.chair, done.chair) == (COVER, COVER)
    assert "not independent of the case" in done.message


@pytest.mark.parametrize("why", ["left", "will be away", "barred"])
async def test_where_the_old_chair_may_or_can_not_go_on_either_nobody_chairs_it_and_it_says_so(world: World, why: str) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await ill(world, "IRO-02", DAY)
    if why == "left":
        stated = unit()
        leaver = replace(stated.iros[0], leaves_on=DAY - timedelta(days=1))
        await world.establish(replace(stated, iros=(leaver, *stated.iros[1:])))
    elif why == "barred":
        await bar(world, "IRO-01", "CH1")
    away = why == "will be away"
    (found,) = await foreseen(world, (meeting, "IRO-02"), away=["IRO-01"] if away else [])
    assert found.chair is RELEASED
    done = await rechair(world, meeting, "IRO-02", away=away)
    assert (done.chair, done.message, done.version) == (RELEASED, found.message, 2)
    row = await world.meeting(meeting)
    assert (row["chair"], row["needs"], row["state"]) == (None, ["IRO"], "CONFIRMED")
    assert set(await world.holds(meeting)) == {"ROOM-A", "NT-01", "POL-01/1"}
    assert {each for each in await world.owed(meeting) if each[2] == 1} == {("IRO", "CANCEL", 1)}
    (event,) = await world.sql("SELECT reason FROM meeting_event WHERE meeting_id = $1 AND what = 'RELEASED'", meeting)
    assert event["reason"] == "another officer has the child"


async def test_the_old_chair_of_an_absence_that_is_recorded_over_her_meetings_is_away(world: World) -> None:
    """Sick leave that was released takes her out; one that stands in the file and was refused does not."""
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    stated = unit()
    absent = StatedAbsence(first_day=DAY, last_day=DAY, reason=AbsenceReason.SICKNESS)
    async with world.database.transaction() as connection:
        away = replace(stated, iros=(replace(stated.iros[0], absences=(absent,)), replace(stated.iros[1], absences=(absent,))))
        await apply_establishment(connection, away, actor=COMMAND_LINE, now=world.now, today=TODAY)
    assert [each.chair for each in await foreseen(world, (meeting, "IRO-02"))] == [COVER]


# ------------------------------------------------------------------------------------------------- the rest


async def test_a_meeting_that_has_changed_since_is_left_alone(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    await world.move(meeting, starts_at=at(NEXT, "13:30"))
    with pytest.raises(StaleVersion):
        await rechair(world, meeting, "IRO-02")
    await world.act("cancel", meeting, 2)
    with pytest.raises(InvalidInput, match="CANCELLED"):
        await rechair(world, meeting, "IRO-02", 3)


async def test_the_chair_of_a_meeting_is_restored(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    before = await world.holds(meeting)
    await rechair(world, meeting, "IRO-02")
    done = await restore(world, meeting, "IRO-01", 2)
    assert (done.chair, done.version) == (REPLACED, 3)
    assert await world.holds(meeting) == before
    assert await world.history(meeting) == ["BOOKED", "RECHAIRED", "CHAIR_RESTORED"]
    assert sorted(each for each in await world.owed(meeting) if each[0] == "IRO") == [
        ("IRO", "CANCEL", 1),
        ("IRO", "CANCEL", 1),
        ("IRO", "REQUEST", 0),
        ("IRO", "REQUEST", 0),
        ("IRO", "REQUEST", 2),
    ]


async def test_a_provisional_meeting_that_has_lapsed_is_in_nobodys_way(world: World) -> None:
    await world.review("CH1")
    await world.review("CH2", "IRO-02")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    held = await world.book_review("CH2", starts_at=at(DAY, "13:30"), hold_until=world.now + timedelta(hours=1))
    assert [each.chair for each in await foreseen(world, (meeting, "IRO-02"))] == [COVER]
    world.now += timedelta(hours=2)
    assert [each.chair for each in await foreseen(world, (meeting, "IRO-02"))] == [REPLACED]
    assert (await rechair(world, meeting, "IRO-02")).chair is REPLACED
    assert (await world.meeting(held))["state"] == "CANCELLED"


async def test_a_provisional_meeting_that_has_lapsed_itself_stays_what_it_is(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"), hold_until=world.now + timedelta(hours=1))
    world.now += timedelta(hours=2)
    assert (await rechair(world, meeting, "IRO-02")).chair is REPLACED
    await world.move(meeting, 2, starts_at=at(NEXT, "13:30"))
    assert await world.history(meeting) == ["BOOKED", "RECHAIRED", "MOVED"]
    assert await world.sql("SELECT live FROM meeting_item") == [(True,)]


async def test_of_two_meetings_at_one_time_that_want_one_officer_the_first_gets_her(world: World) -> None:
    await world.establish(iros=3)
    await world.review("CH1")
    await world.review("CH2", "IRO-02")
    one = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    two = await world.book_review("CH2", starts_at=at(DAY, "13:30"))
    assert [each.chair for each in await foreseen(world, (two, "IRO-03"), (one, "IRO-03"))] == [REPLACED, COVER]
    assert [each.chair for each in await foreseen(world, (one, "IRO-03"), (two, "IRO-03"))] == [REPLACED, COVER]
    assert [each.chair for each in await foreseen(world, (one, "IRO-03"), (one, "IRO-02"))] == [REPLACED]


async def _random_meetings(world: World, dice: Random) -> list[UUID]:
    """A diary of two days in which four officers have meetings and absences here and there."""
    meetings = []
    for _ in range(11):
        number, code = next(_PIECES), f"IRO-0{dice.randint(1, 4)}"
        reference = await world.review(f"CH{number}", code)
        start = at(DAY + timedelta(days=dice.randrange(2)), f"{dice.randint(10, 14):02}:{dice.choice((0, 15, 30, 45)):02}")
        with suppress(ResourceTaken, OutsideAvailability):
            meetings.append(await world.book_review(reference, starts_at=start))
    for code in ("IRO-01", "IRO-02", "IRO-03", "IRO-04"):
        if dice.random() < 0.3:
            await ill(world, code, DAY + timedelta(days=dice.randrange(2)), release=True)
    return meetings


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_foreseen_as_replaced_is_so_in_any_order_and_without_the_others(world: World, seed: int) -> None:
    dice = Random(seed)
    await world.establish(iros=4)
    wanted = [(meeting, f"IRO-0{dice.randint(1, 4)}") for meeting in await _random_meetings(world, dice)]
    said = dict(zip(wanted, await foreseen(world, *wanted), strict=True))
    chosen = dice.sample(wanted, dice.randint(len(wanted) // 2, len(wanted)))
    for meeting, code in chosen:
        ((version,),) = await world.sql("SELECT version FROM meeting WHERE id = $1", meeting)
        done = await rechair(world, meeting, code, version)
        if said[meeting, code].chair is REPLACED:
            assert done.chair is REPLACED
    assert await overlaps(world.database) == 0
    assert REPLACED in {each.chair for each in said.values()}


# -------------------------------------------------------------------------------------------------- races


async def _until_somebody_waits(world: World) -> None:
    async with world.database.connection() as watching:
        while not await watching.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            pass


async def test_who_books_the_officer_while_she_is_given_a_meeting_is_told(world: World) -> None:
    await world.review("CH1")
    await world.review("CH2", "IRO-02")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    async with world.database.transaction() as connection:
        assert (await rechair(world, meeting, "IRO-02", connection=connection)).chair is REPLACED
        booking = asyncio.create_task(world.book_review("CH2", starts_at=at(DAY, "14:00")))
        await _until_somebody_waits(world)
    with pytest.raises(ResourceTaken):
        await booking


async def test_an_officer_who_is_booked_meanwhile_is_covered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """She was free when it was looked; the booking commits while the hold waits for it."""
    await world.review("CH1")
    await world.review("CH2", "IRO-02")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "13:30"))
    real, looked, booked = choosing.choose, asyncio.Event(), asyncio.Event()

    async def look_then_wait(*given: Any, **more: Any) -> Any:
        found = await real(*given, **more)
        if not looked.is_set():
            looked.set()
            await booked.wait()
        return found

    monkeypatch.setattr(holding, "choose", look_then_wait)
    moving = asyncio.create_task(rechair(world, meeting, "IRO-02"))
    await looked.wait()
    other = await world.book_review("CH2", starts_at=at(DAY, "14:00"))
    booked.set()
    done = await moving
    assert done.chair is COVER
    assert (await world.meeting(meeting))["chair"] == "IRO-01"
    assert set(await world.holds(other)) == {"IRO-02"}


async def test_whoever_is_invited_late_hears_of_the_time_that_was_held_for_her(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), hold_until=world.now + timedelta(days=1))
    await world.establish(unit(settings={"shapes": {"INITIAL_CONFERENCE": {"pre_meet": 10}}}))
    await world.act("confirm", meeting)
    invited = await world.sql("SELECT addressee_kind, starts_at FROM calendar_entry WHERE meeting_id = $1 ORDER BY 1", meeting)
    assert [tuple(row) for row in invited][:2] == [("IRO", at(DAY, "09:30")), ("NOTE_TAKER", at(DAY, "09:30"))]


async def in_two_sittings(world: World, reference: str = "CH1") -> UUID:
    """A review of two sittings, at version 2."""
    await world.review(reference)
    meeting = await world.book_review(reference, starts_at=at(DAY, "13:30"))
    sittings = tuple(Sitting(starts_at=at(day, "13:30"), ends_at=at(day, "14:30")) for day in (DAY, NEXT))
    command = SplitMeeting(request_key=key(), id=meeting, version=1, sittings=sittings, reason="a test")
    return await split(world.resources, MANAGER, command, world.now)


async def test_every_sitting_to_come_is_looked_at(world: World) -> None:
    meeting = await in_two_sittings(world)
    (found,) = await chaired(world, ["CH1"])
    assert (found.starts_at, found.notices) == (at(DAY, "13:30"), 4)
    assert [each.chair for each in await foreseen(world, (meeting, "IRO-02"))] == [REPLACED]
    await world.review("CH2", "IRO-02")
    await world.book_review("CH2", starts_at=at(DAY, "13:30"))  # at the first sitting alone
    (covered,) = await foreseen(world, (meeting, "IRO-02"))
    assert (covered.chair, "2026-09-08" in covered.message) == (COVER, True)
    assert (await rechair(world, meeting, "IRO-02", 2)).message == covered.message
    absent = RecordAbsence(
        request_key=key(), kind=ResourceKind.IRO, code="IRO-01", starts_at=at(DAY, "00:00"), ends_at=at(DAY, "23:00"),
        reason=AbsenceReason.LEAVE, release=True,
    )  # fmt: skip
    await record_absence(world.resources, MANAGER, absent, world.now)
    assert [each.lost for each in await chaired(world, ["CH1"])] == [True]
    world.now = at(DAY, "16:00")
    await world.held(meeting, 3, held_on=DAY)
    async with world.database.connection() as connection:
        (left,) = await chaired_for(connection, [await child(world, "CH1")], await officer(world, "IRO-01"), DAY)
    assert (left.starts_at, left.notices) == (at(NEXT, "13:30"), 1)
    assert (await rechair(world, meeting, "IRO-02", 4)).chair is REPLACED  # of what is to come nothing is in her way
