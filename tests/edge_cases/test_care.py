"""Edge cases of children in care: the clock, the records and the diary together."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.booking.commands import ChildOutcome
from services.booking.reading import meetings
from services.history.indicators import timeliness_between
from services.history.reading import ObligationsWanted, obligations_count, obligations_of
from services.history.store import facts_of
from services.kernel.errors import InvalidInput, OutsideTimescale
from services.kernel.words import CareStatus, CareStatusEnd, EarlierReviewReason, MeetingKind, ParticipationCode, Timeliness
from services.statutory.clock import obligations
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england
from tests.booking.world import MANAGER, at
from tests.edge_cases.authority import Authority

CARE, INITIAL, REVIEW = MeetingKind.CARE_REVIEW, MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE
BEGAN = date(2026, 8, 24)


async def test_edge_case_01_a_child_who_comes_back_into_care_has_a_new_clock_of_20_working_days(authority: Authority) -> None:
    await authority.child("CH1", "IRO-02")
    await authority.in_care("CH1", date(2026, 7, 6))
    await authority.record("end_care_period", reference="CH1", ended_on=date(2026, 7, 24), reason="went home")
    await authority.in_care("CH1", BEGAN)
    first, second = await authority.duties("CH1")
    assert (first.state, first.void_from) == ("VOID", date(2026, 7, 24))
    assert (second.rule, second.triggered_on, second.due_on) == ("CARE_REVIEW_FIRST", BEGAN, date(2026, 9, 22))
    meeting = await authority.book_review("CH1", starts_at=at(date(2026, 9, 14), "10:00"))
    assert (await authority.meeting(meeting))["chair"] == "IRO-02"  # the officer whom the child knows


async def test_edge_case_02_under_24_hours_the_child_was_never_looked_after_and_the_clock_is_void(authority: Authority) -> None:
    await authority.child("CH1")
    await authority.in_care("CH1", BEGAN)
    await authority.record("end_care_period", reference="CH1", ended_on=BEGAN, reason="went home the same day")
    (void,) = await authority.duties("CH1")
    assert (void.state, void.timeliness_on(date(2026, 12, 1))) == ("VOID", Timeliness.VOID)
    (kept,) = await authority.sql("SELECT count(*) AS number FROM audit_event WHERE action = 'END_CARE_PERIOD'")
    assert kept["number"] == 1


async def test_edge_case_02_over_one_night_day_0_is_the_day_on_which_accommodation_began(authority: Authority) -> None:
    await authority.child("CH1")
    await authority.in_care("CH1", date(2026, 8, 31))
    authority.now = at(date(2026, 9, 1), "17:00")
    duty = await authority.open_duty("CH1")
    assert (duty.triggered_on, duty.due_on) == (date(2026, 8, 31), date(2026, 9, 28))


async def test_edge_case_03_another_legal_status_or_placement_does_not_restart_the_clock(authority: Authority) -> None:
    await authority.child("CH1")
    await authority.in_care("CH1", BEGAN)
    before = await authority.open_duty("CH1")
    (period,) = await authority.sql("SELECT id FROM care_period WHERE upper_inf(recorded)")
    await authority.record("correct_care_period", id=period["id"], legal_status="C1", reason="interim care order")
    await authority.record("start_care_status", reference="CH1", status=CareStatus.LONG_TERM_PLACEMENT, started_on=date(2026, 8, 28))
    assert await authority.duties("CH1") == [before]
    await authority.record(
        "call_earlier_review", reference="CH1", kind=CARE, by_on=date(2026, 9, 9), reason=EarlierReviewReason.CARE_PLAN_CHANGE
    )
    flagged = await authority.open_duty("CH1")
    assert (flagged.triggered_on, flagged.due_on, flagged.brought_forward_by) == (BEGAN, date(2026, 9, 9), "CARE_PLAN_CHANGE")


async def test_edge_case_06_a_review_that_is_adjourned_on_the_day_has_two_dates_and_counts_by_the_first(authority: Authority) -> None:
    await authority.review("CH1")
    due = (await authority.open_duty("CH1")).due_on
    meeting = await authority.book_review("CH1", starts_at=at(due, "10:00"))
    authority.now = at(due, "17:00")
    last = england().add(due, 20)
    with pytest.raises(InvalidInput, match="20 working days"):
        await authority.held(meeting, held_on=due, resumes_at=at(england().add(due, 21), "10:00"))
    await authority.held(meeting, held_on=due, resumes_at=at(last, "10:00"))
    authority.now = at(last, "17:00")
    await authority.held(meeting, 2, held_on=last)
    first, following = await authority.duties("CH1")
    assert (first.held_on, first.completed_on, first.timeliness_on(last)) == (due, last, Timeliness.IN_TIME)
    assert following.triggered_on == due  # the safer day: the first sitting


@pytest.mark.parametrize("days", [1, 20, 21])
async def test_edge_case_06_a_review_that_began_in_time_is_overdue_only_once_its_completion_is(authority: Authority, days: int) -> None:
    await authority.review("CH1")
    duty = await authority.open_duty("CH1")
    meeting = await authority.book_review("CH1", starts_at=at(duty.due_on, "10:00"))
    authority.now = at(duty.due_on, "17:00")
    await authority.held(meeting, held_on=duty.due_on, resumes_at=at(england().add(duty.due_on, 20), "10:00"))
    today = england().add(duty.due_on, days)
    expected = Timeliness.OVERDUE if days > 20 else Timeliness.NOT_YET_DUE
    async with authority.resources.database.transaction(snapshot=True) as connection:
        ids = [row["id"] for row in await connection.fetch("SELECT id FROM child WHERE reference = 'CH1'")]
        (read,) = (await obligations_of(connection, MANAGER, ids, today))[ids[0]]
        (item,) = (await meetings(connection, MANAGER, [meeting], today))[meeting].items or ()
        for clock in (read.clock, item.clock):
            assert clock is not None
            assert clock.begun_on == duty.due_on
        listed = await obligations_count(connection, MANAGER, today, ObligationsWanted(overdue=True))
        report = await timeliness_between(connection, MANAGER, duty.triggered_on, today, today=today)
    assert [row.timeliness for row in report.rows] == [expected] * listed
    assert listed == (expected is Timeliness.OVERDUE)


async def test_edge_case_06_a_first_sitting_after_the_day_is_late_and_so_is_a_completion_after_20_working_days(
    authority: Authority,
) -> None:
    due = date(2026, 9, 22)
    authority.now = at(date(2026, 11, 2), "17:00")
    for reference, held_on, completed_on, expected in (
        ("CH1", due + timedelta(days=1), due + timedelta(days=3), Timeliness.LATE),
        ("CH2", due, england().add(due, 21), Timeliness.LATE_ADJOURNED),
        ("CH3", due, england().add(due, 20), Timeliness.IN_TIME),
    ):
        await authority.review(reference)
        await authority.held_elsewhere(CARE, held_on, reference, completed_on=completed_on)
        assert (await authority.duties(reference))[0].timeliness_on(date(2026, 11, 2)) is expected


async def test_edge_case_07_a_review_that_was_not_opened_is_postponed_and_late_once_past_due(authority: Authority) -> None:
    await authority.review("CH1")
    due = (await authority.open_duty("CH1")).due_on
    meeting = await authority.book_review("CH1", starts_at=at(due, "10:00"))
    authority.now = at(due, "09:00")
    await authority.act("postpone", meeting, reason="there is no care plan yet")
    duty = await authority.open_duty("CH1")
    assert (duty.due_on, duty.timeliness_on(due)) == (due, Timeliness.NOT_YET_DUE)  # the day stands
    assert duty.timeliness_on(due + timedelta(days=1)) is Timeliness.OVERDUE
    later = due + timedelta(days=2)
    with pytest.raises(OutsideTimescale):
        await authority.book_review("CH1", starts_at=at(later, "10:00"))
    again = await authority.book_review("CH1", starts_at=at(later, "10:00"), override_reason="no care plan", actor=MANAGER)
    authority.now = at(later, "17:00")
    await authority.held(again, held_on=later)
    assert (await authority.duties("CH1"))[0].timeliness_on(later) is Timeliness.LATE


async def test_edge_case_11_six_months_after_31_august_is_28_february_and_the_chain_does_not_drift(authority: Authority) -> None:
    authority.now = at(date(2027, 9, 1), "09:00")
    await authority.child("CH1")
    await authority.in_care("CH1", date(2026, 5, 11))
    for day in (date(2026, 6, 5), date(2026, 8, 31)):
        await authority.held_elsewhere(CARE, day, "CH1")
    assert (await authority.open_duty("CH1")).due_on == date(2027, 2, 28)
    await authority.held_elsewhere(CARE, date(2027, 2, 28), "CH1")  # a Sunday: lawful for a review
    assert (await authority.open_duty("CH1")).due_on == date(2027, 8, 28)
    await authority.held_elsewhere(CARE, date(2027, 8, 30), "CH1")
    assert (await authority.open_duty("CH1")).due_on == date(2028, 2, 29)  # the 30th of a leap February


@pytest.mark.parametrize("day", [29, 30, 31])
async def test_edge_case_11_the_end_of_august_clamps_at_each_step_from_a_real_day(authority: Authority, day: int) -> None:
    authority.now = at(date(2026, 9, 1), "09:00")
    await authority.child("CH1")
    await authority.in_care("CH1", date(2026, 5, 11))
    for held_on in (date(2026, 6, 5), date(2026, 8, day)):
        await authority.held_elsewhere(CARE, held_on, "CH1")
    duty = await authority.open_duty("CH1")
    assert (duty.due_on, duty.book_by_on) == (date(2027, 2, 28), date(2027, 2, 26))


async def test_edge_case_17_no_review_is_owed_after_the_18th_birthday(authority: Authority) -> None:
    await authority.review("CH1", born_on=date(2008, 12, 20))
    day = date(2026, 9, 21)
    meeting = await authority.book_review("CH1", starts_at=at(day, "10:00"))
    authority.now = at(day, "17:00")
    await authority.held(meeting, held_on=day)
    last, after = await authority.duties("CH1")
    assert (last.state, after.due_on, after.state, after.void_from) == ("HELD", date(2026, 12, 21), "VOID", date(2026, 12, 20))
    await authority.child("CH2", born_on=date(2008, 12, 22))
    await authority.in_care("CH2")
    await authority.held_elsewhere(CARE, day, "CH2")
    assert (await authority.open_duty("CH2")).due_on == date(2026, 12, 21)  # the day before the birthday


async def test_edge_case_24_in_secure_accommodation_both_clocks_run_and_the_own_officer_is_no_member_of_the_panel(
    authority: Authority,
) -> None:
    await authority.child("CH1")
    await authority.in_care("CH1", BEGAN)
    await authority.record("start_care_status", reference="CH1", status=CareStatus.SECURE, started_on=BEGAN)
    criteria, care = await authority.open_duty("CH1", MeetingKind.SECURE_CRITERIA_REVIEW), await authority.open_duty("CH1", CARE)
    assert (criteria.due_on, care.due_on) == (date(2026, 9, 21), date(2026, 9, 22))  # the criteria first
    await authority.record(
        "end_care_status", reference="CH1", status=CareStatus.SECURE, ended_on=date(2026, 9, 1), reason=CareStatusEnd.ENDED
    )
    assert [duty.state for duty in await authority.duties("CH1", MeetingKind.SECURE_CRITERIA_REVIEW)] == ["VOID"]
    assert await authority.open_duty("CH1") == care


async def test_edge_case_25_pn0_is_for_a_child_under_four_and_on_the_birthday_a_child_is_four(authority: Authority) -> None:
    birthday = date(2026, 9, 8)
    for reference, held_on, code in (("CH1", birthday, "PN0"), ("CH2", birthday - timedelta(days=1), "PN1")):
        await authority.review(reference, born_on=birthday.replace(year=2022))
        meeting = await authority.book_review(reference, starts_at=at(held_on, "10:00" if reference == "CH1" else "13:30"))
        authority.now = at(birthday, "17:00")
        right, wrong = ParticipationCode("PN1" if code == "PN0" else "PN0"), ParticipationCode(code)
        with pytest.raises(InvalidInput, match="four"):
            await authority.held(meeting, held_on=held_on, outcomes=(ChildOutcome(reference=reference, participation=wrong),))
        await authority.held(meeting, held_on=held_on, outcomes=(ChildOutcome(reference=reference, participation=right),))
        authority.now = at(date(2026, 9, 1), "09:00")


async def test_edge_case_25_a_review_may_sit_on_a_weekend_and_a_conference_may_not(authority: Authority) -> None:
    saturday = date(2026, 8, 29)
    await authority.review("CH1")
    await authority.held_elsewhere(CARE, saturday, "CH1")
    assert (await authority.duties("CH1"))[0].held_on == saturday
    await authority.child("CH2")
    await authority.discussed("CH2", on=date(2026, 8, 25))
    with pytest.raises(InvalidInput, match="weekend"):
        await authority.held_elsewhere(INITIAL, saturday, "CH2")


async def test_edge_case_25_a_corrected_day_recomputes_what_follows_and_what_was_known_then_stays(authority: Authority) -> None:
    await authority.review("CH1")
    known_then, wrong = authority.now + timedelta(minutes=1), await authority.open_duty("CH1")
    authority.now += timedelta(days=3)
    (period,) = await authority.sql("SELECT id, child_id FROM care_period WHERE upper_inf(recorded)")
    await authority.record("correct_care_period", id=period["id"], started_on=date(2026, 8, 17), reason="the files say so")
    assert (wrong.due_on, (await authority.open_duty("CH1")).due_on) == (date(2026, 9, 22), date(2026, 9, 15))
    async with authority.database.transaction() as connection:
        facts = await facts_of(connection, [period["child_id"]], known_at=known_then)
    (due,) = obligations(facts[period["child_id"]], Timescales(SHIPPED), england())
    assert (due.triggered_on, due.statutory_due_on) == (BEGAN, date(2026, 9, 22))
