"""Edge cases of the diary: holidays, closures, leave, death and adoption."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from services.booking.commands import ChildOutcome
from services.intake.service import import_ssda903
from services.kernel.errors import Impossible, InvalidInput, OutsideTimescale
from services.kernel.words import AbsenceReason, Alternative, BlockerCode, CareStatus, MeetingKind, ResourceKind
from tests.booking.world import MANAGER, TODAY, at
from tests.edge_cases.authority import Authority
from tests.support.returns import write_ssda903

CARE, INITIAL, REVIEW = MeetingKind.CARE_REVIEW, MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE
DAY = date(2026, 9, 8)


async def test_edge_case_08_over_christmas_20_working_days_are_33_and_few_free_days_are_said_to_be_few(authority: Authority) -> None:
    authority.now = at(date(2026, 12, 24), "09:00")
    await authority.child("CH1")
    await authority.in_care("CH1", date(2026, 12, 24))
    duty = await authority.open_duty("CH1")
    assert (duty.due_on, duty.due_on - duty.triggered_on) == (date(2027, 1, 26), timedelta(days=33))
    many = await authority.slots("CH1", kind=CARE)
    assert not any("in time left" in reason for option in many for reason in option.reasons)
    await authority.absent(ResourceKind.IRO, "IRO-01", date(2026, 12, 28), date(2027, 1, 22), AbsenceReason.LEAVE)
    few = [option for option in await authority.slots("CH1", kind=CARE) if option.alternative is not Alternative.COVER_CHAIR]
    assert {option.starts_at.date() for option in few} == {date(2027, 1, 25), date(2027, 1, 26)}
    as_asked = [option for option in few if option.alternative in (None, Alternative.ANOTHER_DAY)]
    assert all("only 2 days in time left with a free slot" in option.reasons for option in as_asked)


async def test_edge_case_09_the_council_is_closed_but_the_days_of_the_law_go_on(authority: Authority) -> None:
    authority.now = at(date(2026, 12, 7), "09:00")
    for room in ("ROOM-A", "ROOM-B"):
        await authority.absent(ResourceKind.ROOM, room, date(2026, 12, 29), date(2026, 12, 31), AbsenceReason.CLOSURE)
    await authority.child("CH1")
    await authority.discussed("CH1", on=date(2026, 12, 7))
    duty = await authority.open_duty("CH1")
    assert (duty.due_on, duty.book_by_on) == (date(2026, 12, 30), date(2026, 12, 30))  # not 5 January
    with pytest.raises(Impossible) as refused:
        await authority.slots("CH1", kind=INITIAL, from_day=date(2026, 12, 25), to_day=date(2026, 12, 30))
    assert BlockerCode.NO_ROOM in {blocker.code for blocker in refused.value.blockers}
    assert "it were by video, at 2026-12-29" in str(refused.value.blockers)
    offered = [option for option in await authority.slots("CH1", kind=INITIAL, first=200) if not option.remote]
    assert max(option.starts_at for option in offered).date() == date(2026, 12, 24)


async def test_edge_case_13_an_officer_on_leave_an_earlier_day_is_offered_else_another_chair_and_never_a_silent_delay(
    authority: Authority,
) -> None:
    await authority.review("CH1")
    due = (await authority.open_duty("CH1")).due_on
    await authority.absent(ResourceKind.IRO, "IRO-01", date(2026, 9, 7), due, AbsenceReason.LEAVE)
    earlier = await authority.slots("CH1", kind=CARE)
    assert {option.chair_id for option in earlier} != {earlier[0].chair_id}  # a cover chair comes after them
    earlier = tuple(option for option in earlier if option.chair_id == earlier[0].chair_id)
    assert {option.starts_at.date() for option in earlier} <= {TODAY + timedelta(days=number) for number in range(1, 4)}
    await authority.absent(ResourceKind.IRO, "IRO-01", TODAY, date(2026, 9, 5), AbsenceReason.LEAVE)
    with pytest.raises(Impossible) as refused:
        await authority.slots("CH1", kind=CARE)
    assert [blocker.code for blocker in refused.value.blockers] == [BlockerCode.CHAIR_ABSENT, BlockerCode.WINDOW_CLOSED]
    assert "IRO-02 chaired, at 2026-09-0" in str(refused.value.blockers)
    with pytest.raises(OutsideTimescale):
        await authority.book_review("CH1", starts_at=at(due + timedelta(days=1), "10:00"))
    cover = await authority.slots("CH1", kind=CARE, chair_code="IRO-02")
    meeting = await authority.book_review("CH1", starts_at=cover[0].starts_at, chair_code="IRO-02")
    assert (await authority.meeting(meeting))["chair"] == "IRO-02"
    (kept,) = await authority.sql("SELECT r.code FROM allocation a JOIN resource r ON r.id = a.iro_id")
    assert kept["code"] == "IRO-01"  # the child keeps its officer


async def test_edge_case_18_when_a_child_dies_everything_arranged_for_it_stops_at_once_and_without_a_word(authority: Authority) -> None:
    await authority.conference("CH1")
    await authority.in_care("CH1")
    conference = await authority.book("CH1", starts_at=at(DAY, "10:00"))
    review = await authority.book_review("CH1", starts_at=at(date(2026, 9, 14), "10:00"))
    await authority.book_review("CH1", starts_at=at(date(2026, 12, 1), "10:00"), triggered_on=date(2026, 9, 14))
    await authority.record("record_death", reference="CH1", died_on=TODAY)
    rows = await authority.sql("SELECT DISTINCT state FROM meeting")
    assert [row["state"] for row in rows] == ["CANCELLED"]
    assert await authority.sql("SELECT FROM hold") == []
    assert sorted({method for _, method, _ in await authority.owed(conference)}) == ["CANCEL", "REQUEST"]
    (event,) = await authority.sql("SELECT reason FROM meeting_event WHERE meeting_id = $1 AND what = 'CANCELLED'", review)
    assert event["reason"] is None
    assert {duty.state for duty in await authority.duties("CH1")} <= {"VOID", "HELD"}
    (row,) = await authority.sql("SELECT version FROM meeting WHERE id = $1", conference)
    with pytest.raises(InvalidInput, match="not owed any more"):
        await authority.act("reinstate", conference, row["version"])
    with pytest.raises(InvalidInput):
        await authority.book_review("CH1", starts_at=at(date(2026, 9, 15), "10:00"))


async def test_edge_case_18_a_conference_with_siblings_goes_on_without_the_child_who_was_adopted(authority: Authority) -> None:
    await authority.child("CH1")
    await authority.child("CH2", None, sibling_of="CH1")
    await authority.discussed("CH1", "CH2")
    await authority.in_care("CH2", date(2025, 8, 4))
    for status, day in ((CareStatus.AUTHORISED_FOR_ADOPTION, date(2026, 1, 5)), (CareStatus.PLACED_FOR_ADOPTION, date(2026, 2, 2))):
        await authority.record("start_care_status", reference="CH2", status=status, started_on=day)
    meeting = await authority.book("CH1", "CH2", starts_at=at(DAY, "10:00"))
    holds, notices = await authority.holds(meeting), await authority.owed(meeting)
    await authority.record("record_adoption_order", reference="CH2", made_on=TODAY)
    assert await authority.concerns(meeting) == {"CH1": (INITIAL, TODAY)}
    row = await authority.meeting(meeting)
    assert (row["state"], row["version"]) == ("CONFIRMED", 2)
    assert await authority.holds(meeting) == holds
    assert await authority.owed(meeting) == notices  # nobody hears of it: nothing has changed for them
    assert not [duty for duty in await authority.duties("CH2") if duty.state in ("OPEN", "EXPECTED")]
    await authority.conference_held(meeting, DAY, version=2, CH1=True)
    assert (await authority.open_duty("CH1")).kind is REVIEW


@pytest.mark.parametrize("adopted", [False, True])
async def test_edge_case_18_nothing_is_arranged_for_a_child_who_died_or_was_adopted_whatever_day_0_is_stated(
    authority: Authority, adopted: bool
) -> None:
    await authority.conference("CH1")
    await authority.conference("CH2")
    if adopted:
        await authority.in_care("CH1", date(2025, 8, 4))
        for status, day in ((CareStatus.AUTHORISED_FOR_ADOPTION, date(2026, 1, 5)), (CareStatus.PLACED_FOR_ADOPTION, date(2026, 2, 2))):
            await authority.record("start_care_status", reference="CH1", status=status, started_on=day)
        await authority.record("record_adoption_order", reference="CH1", made_on=TODAY)
    else:
        await authority.record("record_death", reference="CH1", died_on=TODAY)
    for references in (("CH1",), ("CH2", "CH1")):
        with pytest.raises(InvalidInput, match="nothing is arranged any more about CH1"):
            await authority.book(*references, starts_at=at(DAY, "10:00"), triggered_on=date(2026, 8, 31))
        with pytest.raises(InvalidInput, match="nothing is arranged any more about CH1"):
            await authority.slots(*references, kind=INITIAL)
    assert await authority.sql("SELECT FROM meeting") == []


async def test_edge_case_18_a_conference_is_of_the_kind_of_those_who_stay(authority: Authority) -> None:
    await authority.conference("CH1")
    await authority.child("CH2")
    await authority.held_elsewhere(INITIAL, date(2026, 8, 20), "CH2")
    meeting = await authority.book("CH1", "CH2", starts_at=at(DAY, "10:00"))
    assert (await authority.meeting(meeting))["kind"] == INITIAL
    await authority.record("record_death", reference="CH1", died_on=TODAY)
    assert (await authority.meeting(meeting))["kind"] == REVIEW
    assert await authority.concerns(meeting) == {"CH2": (REVIEW, date(2026, 8, 20))}


async def test_edge_case_18_what_took_place_before_the_death_stays_and_can_still_be_recorded(authority: Authority) -> None:
    await authority.conference("CH1")
    meeting = await authority.book("CH1", starts_at=at(DAY, "10:00"))
    authority.now = at(DAY + timedelta(days=2), "09:00")
    await authority.record("record_death", reference="CH1", died_on=DAY + timedelta(days=1))
    assert (await authority.meeting(meeting))["state"] == "CONFIRMED"
    await authority.held(meeting, held_on=DAY, outcomes=(ChildOutcome(reference="CH1", on_plan=False),))
    assert [(duty.triggered_on, duty.state) for duty in await authority.duties("CH1")] == [(TODAY, "HELD")]


async def test_edge_case_18_the_diary_stops_for_a_death_that_a_return_states(authority: Authority, tmp_path: Path) -> None:
    await authority.review("CH1", born_on=date(2016, 5, 4))
    meeting = await authority.book_review("CH1", starts_at=at(DAY, "10:00"))
    folder = write_ssda903(tmp_path, header=["CH1,1,04/05/2016,"], episodes=["CH1,24/08/2026,S,C2,U1,30/08/2026,E2"])
    await import_ssda903(authority.resources, MANAGER, folder, as_of=TODAY, dry_run=False, now=authority.now)
    assert (await authority.meeting(meeting))["state"] == "CANCELLED"
    assert await authority.holds(meeting) == {}
    assert ("IRO", "CANCEL", 1) in await authority.owed(meeting)


async def test_edge_case_18_in_a_demonstration_the_day_that_is_shown_counts_and_not_the_machines(authority: Authority) -> None:
    await authority.conference("CH1")
    fixed = authority.resources.config.model_copy(update={"today": TODAY})
    authority.resources = replace(authority.resources, config=fixed)
    authority.now += timedelta(days=80)
    meeting = await authority.book("CH1", starts_at=at(DAY, "10:00"))
    await authority.record("record_death", reference="CH1", died_on=TODAY)
    assert (await authority.meeting(meeting))["state"] == "CANCELLED"
