"""Meetings of every sort that a plan moves where they must: by video, at a venue outside, provisional, adjourned, of a foster home, and
those that a later meeting follows; and those that it does not, each named with what people do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking.commands import RecordAbsence, Sitting, SplitMeeting
from services.booking.needs import span_of
from services.booking.service import record_absence, split
from services.booking.sitting_rules import last_day_to_go_on
from services.caseload.reviewers import NameReviewer, name_reviewer
from services.directory.settings import Settings
from services.history import service as history
from services.history.commands import ApproveHousehold
from services.kernel.window import civil_day
from services.kernel.words import AbsenceReason, MeetingKind, PlacementChange, ResourceKind
from services.planning import performing, service
from services.planning.answer import Answer
from services.planning.commands import PlanMeetings, RunAction
from services.planning.following import keeps_followers
from services.planning.hearing import hearings_of
from services.planning.laying import lay
from services.planning.problem import Booked, Follower, Problem
from services.planning.reading import placements_of, unrepaired_of
from services.planning.rules import judge
from services.planning.standing import load_booked
from tests.booking.world import MANAGER, NOW, SUPPORT, TODAY, World, at, key, overlaps
from tests.support.diaries import Authority, add_months, add_working_days, id_of, last_working_day, owed, window
from tests.support.solving import solve_here

DAY, LAST = date(2026, 9, 8), date(2026, 9, 30)
IRO, TAKER = ResourceKind.IRO, ResourceKind.NOTE_TAKER
CARE, FOSTER = MeetingKind.CARE_REVIEW, MeetingKind.FOSTER_HOME_REVIEW


@pytest.fixture
async def world(database: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(performing, "solve_apart", solve_here)
    built = World(database)
    await built.establish(iros=1, rooms=2, note_takers=2, police=2)
    return built


async def ill(world: World, day: date = DAY, code: str = "IRO-01", kind: ResourceKind = IRO) -> None:
    """The only one of them is away for that day, and what stands then is released."""
    start, reason = at(day, "00:00"), AbsenceReason.SICKNESS if kind is IRO else AbsenceReason.OTHER
    command = RecordAbsence(
        request_key=key(), kind=kind, code=code, starts_at=start, ends_at=start + timedelta(days=1), reason=reason, release=True
    )
    await record_absence(world.resources, MANAGER, command, NOW)


async def plan(world: World, last_day: date = LAST, may_move: int = 3, now: Any = NOW) -> UUID:
    command = PlanMeetings(request_key=str(uuid4()), first_day=TODAY, last_day=last_day, may_move=may_move)
    plan_id = await service.request_plan(world.resources, SUPPORT, command, now)
    await service.perform_waiting(world.resources, lambda: now)
    return plan_id


async def apply(world: World, plan_id: UUID, now: Any = NOW) -> None:
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key=str(uuid4()), id=plan_id), now)
    await service.perform_waiting(world.resources, lambda: now)


async def read(world: World, what: Any, *ids: UUID) -> Any:
    async with world.database.connection() as connection:
        return await what(connection, SUPPORT, list(ids), TODAY)


async def moved(world: World, meeting: UUID, **more: Any) -> dict[str, Any]:
    """The meeting, moved by a plan that is applied; who was to hear of it is who did."""
    plan_id = await plan(world, **more)
    (change,) = [each for each in (await read(world, placements_of, plan_id))[plan_id] if each.change is not PlacementChange.BOOKS]
    assert (change.change, change.meeting_id) == (PlacementChange.MOVES, meeting)
    foretold = (await read(world, hearings_of, change.id)).get(change.id, [])
    await world.sql("DELETE FROM notice")
    await apply(world, plan_id)
    told = await world.sql(
        "SELECT addressee_code AS code, method FROM notice JOIN calendar_entry USING (uid) WHERE meeting_id = $1", meeting
    )
    assert sorted((each.code, each.method.value) for each in foretold) == sorted((row["code"], row["method"]) for row in told)
    row = await world.meeting(meeting)
    assert (row["needs"], row["chair"], await overlaps(world.database)) == ([], "IRO-01", 0)
    return {**row, "reasons": change.reasons}


async def lacking(world: World, plan_id: UUID) -> list[tuple[str, str]]:
    (told,) = (await read(world, unrepaired_of, plan_id))[plan_id]
    return [(each.code.value, each.message) for each in told.blockers]


async def test_one_by_video_is_moved_and_takes_no_room_and_no_travel(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), remote=True)
    await ill(world)
    row = await moved(world, meeting)
    assert (row["remote"], row["room"], civil_day(row["starts_at"]) != DAY) == (True, None, True)
    holds, starts_at = await world.holds(meeting), row["starts_at"].astimezone(at(DAY, "10:00").tzinfo)
    assert holds["IRO-01"][0] == f"{starts_at - timedelta(minutes=30):%H:%M}"  # the pre-meet alone


async def test_one_at_a_venue_is_moved_with_travel_both_ways_and_the_venue_is_to_be_asked(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "12:00"), venue="Town hall")
    await ill(world)
    row = await moved(world, meeting)
    assert (row["venue"], row["room"]) == ("Town hall", None)
    assert "at its venue outside: ask there whether it is free then" in row["reasons"]
    starts_at, ends_at = (row[each].astimezone(at(DAY, "10:00").tzinfo) for each in ("starts_at", "ends_at"))
    both_ways = (f"{starts_at - timedelta(minutes=60):%H:%M}", f"{ends_at + timedelta(minutes=30):%H:%M}")
    assert {each: span for each, span in (await world.holds(meeting)).items() if each in ("IRO-01", "NT-01", "NT-02")} == {
        "IRO-01": both_ways,
        row["note_taker"]: both_ways,
    }


@pytest.mark.parametrize(("where", "travel"), [({"remote": True}, 0), ({"venue": "Town hall"}, 30), ({}, 0)])
async def test_a_plan_reckons_with_the_travel_of_where_it_is(world: World, where: dict[str, Any], travel: int) -> None:
    await world.conference("CH1")
    await world.book("CH1", starts_at=at(DAY, "12:00"), **where)
    async with world.database.connection() as connection:
        (booked,) = await load_booked(connection, TODAY, LAST, {}, Settings(), NOW)
    blocked = span_of(IRO, booked.needs, booked.meeting).blocked
    assert (booked.has[IRO], blocked) in booked.holds
    assert blocked.start == at(DAY, "12:00") - timedelta(minutes=30 + travel)


async def test_a_hold_is_moved_and_stays_one_and_nobody_is_told(world: World) -> None:
    await world.conference("CH1")
    until = at(date(2026, 9, 5), "12:00")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), hold_until=until)
    await ill(world)
    row = await moved(world, meeting)
    assert (row["state"], row["provisional_until"]) == ("PROVISIONAL", until)
    assert await world.sql("SELECT 1 FROM notice") == []


async def test_a_hold_that_has_lapsed_by_the_time_is_refused(world: World) -> None:
    await world.conference("CH1")
    until = at(date(2026, 9, 5), "12:00")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), hold_until=until)
    await ill(world)
    plan_id = await plan(world)
    await apply(world, plan_id, until)
    (row,) = await world.sql("SELECT applied, result FROM plan_placement WHERE plan_id = $1", plan_id)
    assert (row["applied"], row["result"].endswith("was provisional, and has lapsed")) == (False, True)
    assert (await world.meeting(meeting))["starts_at"] == at(DAY, "10:00")


async def test_one_that_was_adjourned_goes_on_on_another_day_within_twenty_working_days_of_its_beginning(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(TODAY, "10:30"))
    await world.held(meeting, held_on=TODAY, resumes_at=at(DAY, "13:00"))
    book_by = date(2026, 9, 22)
    for number in range((book_by - TODAY).days):
        await ill(world, book_by - timedelta(days=number))
    row = await moved(world, meeting)
    sittings = await world.sql("SELECT lower(during) AS start, held_on FROM sitting WHERE meeting_id = $1 ORDER BY number", meeting)
    assert [each["held_on"] for each in sittings] == [TODAY, None]
    assert book_by < civil_day(sittings[1]["start"]) <= last_day_to_go_on(TODAY)
    assert row["state"] == "ADJOURNED"


async def test_one_that_was_adjourned_is_not_moved_beyond_its_last_day(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(TODAY, "10:30"))
    last = last_day_to_go_on(TODAY)
    await world.held(meeting, held_on=TODAY, resumes_at=at(last, "13:00"))
    for number in range(1, (last - TODAY).days + 1):
        await ill(world, TODAY + timedelta(days=number))
    plan_id = await plan(world)
    assert not (await read(world, placements_of, plan_id)).get(plan_id)
    assert await lacking(world, plan_id) == [
        ("CHAIR_ABSENT", "at 29 September 2026, 13:00 no chair that suits is to be had"),
        ("WINDOW_CLOSED", "no other time up to 29 September 2026 has everything that it needs"),
    ]


async def test_a_review_of_a_foster_home_is_moved_within_its_own_days(world: World) -> None:
    approved = ApproveHousehold(request_key=key(), reference="FH1", approved_on=date(2025, 9, 14))
    await history.approve_household(world.resources, MANAGER, approved, NOW)
    named = NameReviewer(request_key=key(), household_reference="FH1", iro_code="IRO-01", from_day=TODAY)
    await name_reviewer(world.resources, MANAGER, named, NOW)
    meeting = await world.book(kind=FOSTER, household_reference="FH1", starts_at=at(DAY, "10:00"))
    await ill(world)
    row = await moved(world, meeting)
    assert DAY != civil_day(row["starts_at"]) <= date(2026, 9, 14)


async def _followed(world: World) -> tuple[UUID, UUID]:
    """A first review and the one after it, both booked by a plan."""
    await world.review("CH1")
    await apply(world, await plan(world, date(2027, 1, 31)))
    first, second = [row["id"] for row in await world.sql("SELECT id FROM meeting ORDER BY starts_at")]
    return first, second


async def test_one_that_a_later_meeting_follows_is_moved_where_that_one_stays_legal(world: World) -> None:
    first, second = await _followed(world)
    before, after = await world.meeting(first), await world.meeting(second)
    await ill(world, civil_day(before["starts_at"]))
    row = await moved(world, first)
    assert civil_day(row["starts_at"]) != civil_day(before["starts_at"])
    assert (await world.meeting(second))["starts_at"] == after["starts_at"]
    (due,) = await world.sql(
        "SELECT o.* FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id WHERE i.meeting_id = $1 AND i.live", second
    )
    assert due["triggered_on"] == civil_day(row["starts_at"]) < civil_day(after["starts_at"]) <= due["statutory_due_on"]


async def test_a_plan_is_refused_where_what_follows_may_not_be_where_it_is_any_more(world: World) -> None:
    """The later meeting is moved, with a manager's reason, after the plan was made."""
    first, second = await _followed(world)
    day = civil_day((await world.meeting(first))["starts_at"])
    await ill(world, day)
    plan_id = await plan(world)
    (due,) = await world.sql("SELECT statutory_due_on AS day FROM obligation WHERE triggered_on = $1", day)
    late = due["day"] + timedelta(days=30)
    while late.weekday() > 4:
        late += timedelta(days=1)
    await world.move(second, starts_at=at(late, "13:00"), actor=MANAGER, override_reason="the family is abroad")
    await apply(world, plan_id)
    (row,) = await world.sql("SELECT applied, result FROM plan_placement WHERE plan_id = $1", plan_id)
    assert (row["applied"], f"which follows it, may not be on {late.isoformat()} any more" in row["result"]) == (False, True)
    assert civil_day((await world.meeting(first))["starts_at"]) == day
    again = await plan(world)
    reference = (await world.meeting(second))["reference"]
    assert (await lacking(world, again))[-1] == (
        "UNAVAILABLE",
        f"{reference} follows it, and is not where it may be by its own rule: people move both (moveMeeting)",
    )


async def test_one_of_several_sittings_is_named_with_what_it_needs_and_how_people_move_it(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    sittings = tuple(
        Sitting(starts_at=at(day, "10:00"), ends_at=at(day, until)) for day, until in ((DAY, "11:00"), (DAY + timedelta(days=2), "11:30"))
    )
    await split(world.resources, MANAGER, SplitMeeting(request_key=key(), id=meeting, version=1, sittings=sittings, reason="a test"), NOW)
    await ill(world)
    plan_id = await plan(world)
    (told,) = (await read(world, unrepaired_of, plan_id))[plan_id]
    assert (told.meeting_id, told.lacks) == (meeting, (IRO,))
    assert await lacking(world, plan_id) == [
        ("CHAIR_ABSENT", "at 8 September 2026, 10:00 and 10 September 2026, 10:00 no chair that suits is to be had"),
        ("UNAVAILABLE", "it has 2 sittings to come: people move it (slots with sittings [60, 90], then splitMeeting)"),
    ]


async def test_a_sitting_that_nobody_recorded_is_recorded_first(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(TODAY, "10:30"))
    sittings = tuple(Sitting(starts_at=at(day, "10:30"), ends_at=at(day, "11:30")) for day in (TODAY, DAY))
    await split(world.resources, MANAGER, SplitMeeting(request_key=key(), id=meeting, version=1, sittings=sittings, reason="a test"), NOW)
    await ill(world)
    told = await lacking(world, await plan(world))
    assert told[-1] == ("UNAVAILABLE", "a sitting of it is over, or is today, and not recorded: record it (recordMeetingHeld) first")


# ------------------------------------------------------------------------------------ without a database, against the rules


def planned(problem: Problem) -> Answer:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer


def _chained(later_on: date, *, first_on: date = DAY, **more: Any) -> tuple[Problem, Booked]:
    """A review that lacks its chair and one that follows it after three months; nobody else may chair."""
    made = Authority(last_day=TODAY + timedelta(days=60), **more)
    item = owed(made.child("a"), CARE, TODAY - timedelta(days=60), due=TODAY + timedelta(days=40))
    made.firsts.add(item.child_id)
    made.away("IRO-0", first_on, first_on)
    booked = made.stand(item, window(first_on, "10:00", 60).start, has={}, lacks=[IRO])
    due = min(add_months(first_on, 3), first_on + timedelta(days=91))
    follower = Follower(
        reference="M-LATER", child_id=item.child_id, kind=CARE, day=later_on, statutory_due_on=due, book_by_on=last_working_day(due)
    )
    booked = replace(booked, followers=(follower,), entangled=frozenset({id_of("later")}))
    return replace(made.problem(may_move=2), booked=(booked,)), booked


def test_the_earliest_day_is_the_one_that_leaves_what_follows_in_time() -> None:
    """It is due 91 days after: so long before it its predecessor may be at the earliest."""
    later_on = DAY + timedelta(days=91)
    problem, booked = _chained(later_on)
    (placed,) = planned(problem).placed
    assert (placed.moved, placed.day > DAY) == (True, True)
    before = add_working_days(TODAY, 3)
    moved_back = replace(placed, day=before, meeting=window(before, "10:00", 60))
    answer = Answer(placed=(moved_back,), unplaced=(), missed=(), late_bound=0)
    assert {each.rule for each in judge(problem, answer)} == {"followers_stay_legal"}
    assert not keeps_followers(problem, booked, before)


def test_it_is_not_moved_to_the_day_of_what_follows_nor_after() -> None:
    later_on = add_working_days(DAY, 2)
    problem, _ = _chained(later_on)
    made_away = replace(
        problem,
        chairs=tuple(
            replace(each, available=tuple(window for window in each.available if civil_day(window.start) > DAY)) for each in problem.chairs
        ),
    )
    (placed,) = planned(made_away).placed
    assert DAY < placed.day < later_on
    closed = replace(
        made_away,
        chairs=tuple(
            replace(each, available=tuple(window for window in each.available if civil_day(window.start) >= later_on))
            for each in problem.chairs
        ),
    )
    answer = planned(closed)
    assert (answer.placed, len(answer.unrepaired)) == ((), 1)


def test_of_two_of_which_one_follows_the_other_one_is_moved() -> None:
    problem, first = _chained(DAY + timedelta(days=14))
    later = replace(
        first,
        meeting_id=id_of("later"),
        reference="M-LATER",
        items=(owed(first.items[0].child_id, CARE, DAY, due=DAY + timedelta(days=91)),),
        meeting=window(DAY + timedelta(days=14), "10:00", 60),
        day=DAY + timedelta(days=14),
        followers=(),
        entangled=frozenset({first.meeting_id}),
        latest_on=DAY + timedelta(days=91),
    )
    chairs = tuple(
        replace(each, available=tuple(window for window in each.available if civil_day(window.start) != later.day))
        for each in problem.chairs
    )
    both = replace(problem, booked=(first, later), chairs=chairs)
    answer = planned(both)
    assert (sum(each.moved for each in answer.placed), len(answer.unrepaired)) == (1, 1)


@st.composite
def chains(draw: st.DrawFn) -> Problem:
    """Up to three reviews that lack their chair, some of them followed; their officers are away for days."""
    made = Authority(last_day=TODAY + timedelta(days=45), officers=2)
    stands = []
    for number in range(draw(st.integers(1, 3))):
        item = owed(made.child(f"child-{number}"), CARE, TODAY - timedelta(days=60), due=TODAY + timedelta(days=draw(st.integers(14, 40))))
        made.firsts.add(item.child_id)
        day = add_working_days(TODAY, draw(st.integers(3, 9)))
        booked = made.stand(item, window(day, ("09:30", "12:30", "15:00")[number], 60).start, has={}, lacks=[IRO])
        due = min(add_months(day, 3), day + timedelta(days=91))
        if draw(st.booleans()):
            later_on = draw(st.sampled_from([due, due - timedelta(days=5), add_working_days(day, 3), due + timedelta(days=9)]))
            follower = Follower(
                reference=f"M-{number}-LATER",
                child_id=item.child_id,
                kind=CARE,
                day=last_working_day(later_on),
                statutory_due_on=due,
                book_by_on=last_working_day(due),
            )
            booked = replace(booked, followers=(follower,))
        stands.append(booked)
    for name in ("IRO-0", "IRO-1"):
        made.away(name, add_working_days(TODAY, draw(st.integers(1, 6))), add_working_days(TODAY, draw(st.integers(6, 12))))
    return replace(made.problem(may_move=draw(st.integers(0, 3)), frozen_days=draw(st.integers(0, 3))), booked=tuple(stands))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chains())
def test_whatever_is_moved_keeps_what_follows_legal(problem: Problem) -> None:
    for each in planned(problem).placed:
        assert each.wanted.booked is not None
        for follower in each.wanted.booked.followers if each.moved else ():
            last = min(add_months(each.day, 3), each.day + timedelta(days=91))
            assert each.day < follower.day <= last
