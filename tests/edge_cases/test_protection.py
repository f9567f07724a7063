"""Edge cases of child protection conferences: the clock, the records and the diary together."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.caseload.service import weights_on
from services.caseload.weights import FactorCode
from services.kernel.errors import InvalidInput, OutsideTimescale, ResourceTaken
from services.kernel.words import EarlierReviewReason, MeetingKind, ResourceKind, Timeliness
from tests.booking.world import TODAY, at
from tests.edge_cases.authority import Authority

CARE, INITIAL, REVIEW = MeetingKind.CARE_REVIEW, MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE
PRE_BIRTH = MeetingKind.PRE_BIRTH_CONFERENCE
DAY = date(2026, 9, 8)


async def on_plan(authority: Authority, reference: str, since: date, iro: str | None = "IRO-01") -> None:
    """A plan that a conference of that day began."""
    await authority.child(reference, iro)
    await authority.discussed(reference, on=since - timedelta(days=7))
    await authority.held_elsewhere(INITIAL, since, reference)


async def test_edge_case_04_siblings_with_different_days_sit_at_the_earliest_and_each_keeps_an_own_clock(authority: Authority) -> None:
    await authority.child("CH1")
    await authority.child("CH2", None, sibling_of="CH1")
    await authority.discussed("CH1")
    await authority.discussed("CH2", on=TODAY - timedelta(days=5))
    dues = {each: (await authority.open_duty(each)).due_on for each in ("CH1", "CH2")}
    assert dues == {"CH1": date(2026, 9, 22), "CH2": date(2026, 9, 18)}
    found = await authority.slots("CH1", "CH2", kind=INITIAL, first=200)
    assert {option.in_timescale for option in found} == {True}
    assert max(option.starts_at for option in found).date() == date(2026, 9, 18)
    with pytest.raises(OutsideTimescale) as refused:
        await authority.book("CH1", "CH2", starts_at=at(date(2026, 9, 21), "10:00"))
    assert refused.value.statutory_due_on == date(2026, 9, 18)
    meeting = await authority.book("CH1", "CH2", starts_at=at(date(2026, 9, 18), "10:00"))
    await authority.conference_held(meeting, date(2026, 9, 18), CH1=True, CH2=False)
    assert {each: (await authority.duties(each))[0].due_on for each in ("CH1", "CH2")} == dues
    assert [(duty.kind, duty.state) for duty in await authority.duties("CH1")] == [(INITIAL, "HELD"), (REVIEW, "OPEN")]
    assert [(duty.kind, duty.state) for duty in await authority.duties("CH2")] == [(INITIAL, "HELD")]


@pytest.mark.parametrize("asked", [INITIAL, REVIEW])
async def test_edge_case_05_a_sibling_who_joins_a_plan_has_the_initial_conference_in_the_others_review(
    authority: Authority, asked: MeetingKind
) -> None:
    await on_plan(authority, "CH1", date(2026, 6, 10))
    await authority.child("CH2", None, sibling_of="CH1")
    await authority.discussed("CH2")
    with pytest.raises(OutsideTimescale) as refused:
        await authority.book("CH1", "CH2", kind=asked, starts_at=at(date(2026, 9, 11), "10:00"))
    assert refused.value.statutory_due_on == date(2026, 9, 10)
    meeting = await authority.book("CH1", "CH2", kind=asked, starts_at=at(DAY, "10:00"))
    assert await authority.concerns(meeting) == {"CH1": (REVIEW, date(2026, 6, 10)), "CH2": (INITIAL, TODAY)}
    row = await authority.meeting(meeting)
    assert (row["kind"], row["ends_at"] - row["starts_at"]) == ("INITIAL_CONFERENCE", timedelta(hours=2))  # as the graver part needs
    await authority.conference_held(meeting, DAY, CH1=True, CH2=True)
    days = {each: (await authority.open_duty(each)).due_on for each in ("CH1", "CH2")}
    assert days == {"CH1": date(2027, 3, 8), "CH2": date(2026, 12, 8)}
    with pytest.raises(OutsideTimescale) as refused:  # the next one together: at the earlier
        await authority.book("CH1", "CH2", kind=REVIEW, starts_at=at(date(2026, 12, 9), "10:00"))
    assert refused.value.statutory_due_on == date(2026, 12, 8)


async def test_edge_case_10_three_months_after_30_november_is_28_february_to_be_booked_by_the_friday(authority: Authority) -> None:
    authority.now = at(date(2026, 12, 1), "09:00")
    await on_plan(authority, "CH1", date(2026, 11, 30))
    duty = await authority.open_duty("CH1")
    assert (duty.due_on, duty.book_by_on) == (date(2027, 2, 28), date(2027, 2, 26))
    with pytest.raises(OutsideTimescale):
        await authority.book("CH1", kind=REVIEW, starts_at=at(date(2027, 3, 1), "10:00"))
    await authority.book("CH1", kind=REVIEW, starts_at=at(date(2027, 2, 26), "10:00"))


async def test_edge_case_14_a_baby_born_between_conferences_keeps_record_plan_and_booking_and_is_reviewed_sooner(
    authority: Authority,
) -> None:
    await authority.child("CH1", born_on=None, expected_on=date(2026, 10, 20))
    await authority.discussed("CH1")
    meeting = await authority.book("CH1", kind=PRE_BIRTH, starts_at=at(DAY, "10:00"))
    assert await authority.concerns(meeting) == {"CH1": (PRE_BIRTH, TODAY)}
    await authority.conference_held(meeting, DAY, CH1=True)
    review = await authority.book("CH1", kind=REVIEW, starts_at=at(date(2026, 11, 10), "10:00"))
    before, reference = await authority.open_duty("CH1"), (await authority.meeting(review))["reference"]
    assert before.due_on == date(2026, 12, 8)
    authority.now = at(date(2026, 10, 16), "09:00")
    await authority.record("record_birth", reference="CH1", born_on=date(2026, 10, 15))
    after = await authority.open_duty("CH1")
    assert (after.triggered_on, after.rule) == (date(2026, 10, 15), "POST_BIRTH_REVIEW")
    assert (after.book_by_on, after.due_on) == (date(2026, 11, 12), before.due_on)
    assert await authority.concerns(review) == {"CH1": (REVIEW, date(2026, 10, 15))}
    row = await authority.meeting(review)
    assert (row["reference"], row["state"]) == (reference, "CONFIRMED")
    (children,) = await authority.sql("SELECT count(*) AS number FROM child")
    (plans,) = await authority.sql("SELECT count(*) AS number FROM protection_plan WHERE upper_inf(recorded) AND ended_on IS NULL")
    assert (children["number"], plans["number"]) == (1, 1)


async def test_edge_case_15_a_baby_born_before_the_pre_birth_conference_has_an_initial_one_on_the_same_clock(authority: Authority) -> None:
    await authority.child("CH1", born_on=None, expected_on=date(2026, 9, 20))
    await authority.discussed("CH1")
    meeting = await authority.book("CH1", kind=PRE_BIRTH, starts_at=at(date(2026, 9, 15), "10:00"))
    before, holds = await authority.open_duty("CH1"), await authority.holds(meeting)
    authority.now = at(date(2026, 9, 11), "09:00")
    await authority.record("record_birth", reference="CH1", born_on=date(2026, 9, 10))
    after = await authority.open_duty("CH1")
    assert (before.kind, after.kind) == (PRE_BIRTH, INITIAL)
    assert (after.triggered_on, after.due_on) == (before.triggered_on, before.due_on) == (TODAY, date(2026, 9, 22))
    assert await authority.concerns(meeting) == {"CH1": (INITIAL, TODAY)}
    row = await authority.meeting(meeting)
    assert (row["kind"], row["state"]) == ("INITIAL_CONFERENCE", "CONFIRMED")
    assert await authority.holds(meeting) == holds
    await authority.conference_held(meeting, date(2026, 9, 15), version=row["version"], CH1=True)
    assert [(duty.kind, duty.state) for duty in await authority.duties("CH1")] == [(INITIAL, "HELD"), (REVIEW, "OPEN")]
    (children,) = await authority.sql("SELECT count(*) AS number FROM child")
    assert children["number"] == 1


async def test_edge_case_16_a_child_who_moves_away_stays_ours_until_the_other_conference_is_held(authority: Authority) -> None:
    await on_plan(authority, "CH1", date(2026, 6, 10))
    await authority.record("record_transfer_out", reference="CH1", notified_on=date(2026, 8, 20))
    assert (await authority.open_duty("CH1")).due_on == date(2026, 9, 10)  # our review conference stands
    authority.now = at(DAY, "17:00")
    await authority.record("complete_transfer_out", reference="CH1", conference_on=DAY)
    (plan,) = await authority.sql("SELECT ended_on, end_reason FROM protection_plan WHERE upper_inf(recorded)")
    assert tuple(plan) == (DAY, "TRANSFERRED_OUT")
    (review,) = await authority.duties("CH1", REVIEW)
    assert (review.state, review.void_from, review.timeliness_on(date(2026, 12, 1))) == ("VOID", DAY, Timeliness.VOID)


async def test_edge_case_20_two_conferences_that_expect_police_do_not_overlap_beyond_its_capacity(authority: Authority) -> None:
    await authority.conference("CH1")
    await authority.conference("CH2", "IRO-02")
    await authority.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(ResourceTaken) as refused:  # chair, room and note-taker are free
        await authority.book("CH2", starts_at=at(DAY, "11:00"), room_code="ROOM-B", note_taker_code="NT-02")
    assert refused.value.kind is ResourceKind.POLICE
    await authority.book("CH2", starts_at=at(DAY, "12:00"), room_code="ROOM-B", note_taker_code="NT-02")


async def test_edge_case_23_a_child_on_a_plan_who_becomes_looked_after_has_both_clocks_and_may_have_an_early_conference(
    authority: Authority,
) -> None:
    await on_plan(authority, "CH1", date(2026, 7, 14))
    await authority.in_care("CH1")
    care, review = await authority.open_duty("CH1", CARE), await authority.open_duty("CH1", REVIEW)
    assert (care.due_on, review.due_on) == (date(2026, 9, 22), date(2026, 10, 14))
    (plan,) = await authority.sql("SELECT ended_on FROM protection_plan WHERE upper_inf(recorded)")
    assert plan["ended_on"] is None
    async with authority.database.transaction() as connection:
        (weight,) = (await weights_on(connection, TODAY)).values()
    assert [factor.code for factor in weight.factors] == [FactorCode.DUAL_STATUS, FactorCode.NEW_OR_IN_PROCEEDINGS]  # once, not twice
    await authority.record(
        "call_earlier_review", reference="CH1", kind=REVIEW, by_on=date(2026, 9, 18), reason=EarlierReviewReason.BECAME_LOOKED_AFTER
    )
    early = await authority.open_duty("CH1", REVIEW)
    assert (early.triggered_on, early.due_on, early.brought_forward_by) == (date(2026, 7, 14), date(2026, 9, 18), "BECAME_LOOKED_AFTER")
    assert await authority.open_duty("CH1", CARE) == care
    meeting = await authority.book("CH1", kind=REVIEW, starts_at=at(date(2026, 9, 15), "10:00"))
    await authority.conference_held(meeting, date(2026, 9, 15), CH1=False)
    assert [duty.state for duty in await authority.duties("CH1", REVIEW)] == ["HELD"]  # the conference ended the plan
    assert await authority.open_duty("CH1") == care


async def test_edge_case_23_a_review_held_early_pulls_the_chain_in(authority: Authority) -> None:
    await on_plan(authority, "CH1", date(2026, 7, 14))
    await authority.held_elsewhere(REVIEW, date(2026, 8, 27), "CH1")
    assert (await authority.open_duty("CH1")).due_on == date(2027, 2, 27)
    with pytest.raises(InvalidInput):
        await authority.held_elsewhere(REVIEW, date(2026, 8, 29), "CH1")  # a Saturday
