"""Meetings of every kind: whom they are about, who may chair them, how early and how late they may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from services.booking import service
from services.booking.commands import ChildOutcome, SlotSearch
from services.history import commands
from services.history import service as history
from services.kernel.actor import Actor
from services.kernel.errors import Impossible, InvalidInput, NotEligible, NotFound, OutsideTimescale
from services.kernel.words import BlockerCode, CareStatus, CareStatusEnd, EarlierReviewReason, MeetingKind, Role
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key

DAY = date(2026, 9, 8)
CARE, ADOPTION, FOSTER = MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW, MeetingKind.FOSTER_HOME_REVIEW
INITIAL, REVIEW, SECURE = MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE, MeetingKind.SECURE_CRITERIA_REVIEW


async def record(world: World, verb: str, **fields: Any) -> None:
    command = getattr(commands, "".join(word.capitalize() for word in verb.split("_")))
    await getattr(history, verb)(world.resources, MANAGER, command(request_key=key(), **fields), world.now)


async def slot_days(world: World, **asked: Any) -> Sequence[date]:
    found = await service.slots(world.resources, SUPPORT, SlotSearch(first=500, **asked), world.now)
    return sorted({option.starts_at.date() for option in found})


# ------------------------------------------------------------------------------------------------ foster homes


@pytest.fixture
async def household(world: World) -> str:
    """Approved on 14 September 2025: reviewed within a year."""
    await record(world, "approve_household", reference="FH1", approved_on=date(2025, 9, 14))
    return "FH1"


async def household_duties(world: World) -> list[tuple[str, date, date]]:
    rows = await world.sql("SELECT state, triggered_on, statutory_due_on FROM obligation WHERE household_id IS NOT NULL ORDER BY 2")
    return [tuple(row) for row in rows]


async def test_a_foster_home_is_reviewed_from_slot_to_record_and_then_again_within_a_year(world: World, household: str) -> None:
    days = await slot_days(world, kind=FOSTER, household_reference=household, chair_code="IRO-02")
    assert (days[0], days[-1]) == (TODAY + timedelta(days=1), date(2026, 9, 14))
    meeting = await world.book(household_reference=household, kind=FOSTER, starts_at=at(DAY, "10:00"), chair_code="IRO-02")
    row = await world.meeting(meeting)
    assert (row["chair"], row["room"], row["note_taker"], row["police"]) == ("IRO-02", None, None, None)
    assert row["ends_at"] - row["starts_at"] == timedelta(minutes=75)
    assert await world.holds(meeting) == {"IRO-02": ("09:30", "11:45")}
    with pytest.raises(InvalidInput, match=row["reference"]):
        await world.book(household_reference=household, kind=FOSTER, starts_at=at(DAY, "14:00"), chair_code="IRO-01")
    await world.move(meeting, starts_at=at(date(2026, 9, 10), "10:00"))
    await world.act("cancel", meeting, 2)
    await world.act("reinstate", meeting, 3)
    world.now = at(date(2026, 9, 10), "17:00")
    with pytest.raises(InvalidInput, match="no child that could take part"):
        await world.held(meeting, 4, held_on=date(2026, 9, 10), outcomes=(ChildOutcome(reference=household, participation="PN1"),))  # type: ignore[arg-type]
    await world.held(meeting, 4, held_on=date(2026, 9, 10))
    assert await household_duties(world) == [
        ("HELD", date(2025, 9, 14), date(2026, 9, 14)),
        ("OPEN", date(2026, 9, 10), date(2027, 9, 10)),
    ]


async def test_a_foster_home_review_after_the_year_needs_a_managers_reason(world: World, household: str) -> None:
    with pytest.raises(OutsideTimescale) as refused:
        await world.book(household_reference=household, kind=FOSTER, starts_at=at(date(2026, 9, 15), "10:00"), chair_code="IRO-01")
    assert refused.value.statutory_due_on == date(2026, 9, 14)


async def test_a_foster_home_has_no_officer_of_its_own_and_is_nobodys_own(world: World, household: str) -> None:
    with pytest.raises(NotEligible) as refused:
        await world.book(household_reference=household, kind=FOSTER, starts_at=at(DAY, "10:00"))
    assert refused.value.code is BlockerCode.NO_CHAIR
    (row,) = await world.sql("SELECT id FROM resource WHERE code = 'IRO-01'")
    officer = Actor(subject="iro", role=Role.IRO, name="Officer", code="IRO-01", resource_id=row["id"])
    with pytest.raises(NotFound, match="FH1"):
        await world.book(household_reference=household, kind=FOSTER, starts_at=at(DAY, "10:00"), chair_code="IRO-01", actor=officer)


async def test_households_and_children_are_not_mistaken_for_each_other(world: World, household: str) -> None:
    await world.review("CH1")
    for references, more, field in (
        (("CH1",), {"kind": FOSTER}, "childReferences"),
        (("CH1",), {"kind": FOSTER, "household_reference": household}, "childReferences"),
        ((), {"kind": FOSTER}, "householdReference"),
        ((), {"kind": CARE, "household_reference": household}, "householdReference"),
        (("CH1",), {"kind": CARE, "household_reference": household}, "householdReference"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await world.book(*references, starts_at=at(DAY, "10:00"), chair_code="IRO-01", **more)
        assert refused.value.field == field


async def test_a_household_whose_approval_has_ended_is_owed_no_review(world: World, household: str) -> None:
    await record(world, "end_household_approval", reference=household, ended_on=TODAY, reason="resigned")
    with pytest.raises(InvalidInput, match="no FOSTER_HOME_REVIEW is owed for FH1"):
        await world.book(household_reference=household, kind=FOSTER, starts_at=at(DAY, "10:00"), chair_code="IRO-01")


# --------------------------------------------------------------------------------------------- secure criteria


async def test_a_secure_criteria_panel_is_chaired_by_somebody_else_than_the_childs_own_officer(world: World) -> None:
    await world.review("CH1")
    await record(world, "start_care_status", reference="CH1", status=CareStatus.SECURE, started_on=date(2026, 8, 26))
    for named, code in (({}, BlockerCode.NO_CHAIR), ({"chair_code": "IRO-01"}, BlockerCode.ON_SECURE_PANEL)):
        with pytest.raises(NotEligible) as refused:
            await world.book("CH1", kind=SECURE, starts_at=at(DAY, "10:00"), **named)  # type: ignore[arg-type]
        assert refused.value.code is code
        with pytest.raises(Impossible) as blocked:
            await slot_days(world, kind=SECURE, child_references=("CH1",), **named)
        assert [blocker.code for blocker in blocked.value.blockers] == [code]
    days = await slot_days(world, kind=SECURE, child_references=("CH1",), chair_code="IRO-02")
    assert days[-1] == date(2026, 9, 23)  # 28 days
    meeting = await world.book("CH1", kind=SECURE, starts_at=at(DAY, "10:00"), chair_code="IRO-02")
    row = await world.meeting(meeting)
    assert (row["chair"], row["note_taker"], row["room"], row["police"]) == ("IRO-02", "NT-01", None, None)
    await world.book("CH1", kind=CARE, starts_at=at(date(2026, 9, 9), "10:00"))  # the other clock has a meeting of its own
    world.now = at(DAY, "17:00")
    await world.held(meeting, held_on=DAY)
    (duty,) = await world.sql("SELECT triggered_on, statutory_due_on FROM obligation WHERE kind = $1 AND state = 'OPEN'", SECURE.value)
    assert tuple(duty) == (DAY, date(2026, 12, 8))


# ------------------------------------------------------------------------------------------------- transfers in


async def test_a_child_who_moves_here_on_a_plan_has_a_transfer_in_conference(world: World) -> None:
    await world.child("CH1")
    await record(world, "record_transfer_in", references=("CH1",), notified_on=TODAY)
    kind = MeetingKind.TRANSFER_IN_CONFERENCE
    days = await slot_days(world, kind=kind, child_references=("CH1",))
    assert days[-1] == date(2026, 9, 22)
    meeting = await world.book("CH1", kind=kind, starts_at=at(DAY, "10:00"))
    assert set(await world.holds(meeting)) == {"IRO-01", "NT-01", "POL-01/1", "ROOM-A"}
    world.now = at(DAY, "17:00")
    await world.held(meeting, held_on=DAY, outcomes=(ChildOutcome(reference="CH1", on_plan=True, category="NEG"),))
    assert await world.obligations("CH1") == [("TRANSFER_IN_CONFERENCE", "HELD", TODAY), ("REVIEW_CONFERENCE", "OPEN", DAY)]


async def test_whether_a_child_is_born_the_records_know_better_than_the_caller(world: World) -> None:
    await world.child("CH1", born_on=None, expected_on=date(2026, 12, 1))
    await world.discussed("CH1")
    meeting = await world.book("CH1", kind=INITIAL, starts_at=at(DAY, "10:00"))
    assert (await world.meeting(meeting))["kind"] == "PRE_BIRTH_CONFERENCE"


# ---------------------------------------------------------------------------------------------------- adoption


async def for_adoption(world: World, *statuses: tuple[CareStatus, date]) -> None:
    """A child in care for long, last reviewed on 3 August 2026."""
    await world.child("CH1", born_on=date(2023, 5, 4))
    await world.in_care("CH1", date(2026, 1, 5))
    for day in (date(2026, 1, 30), date(2026, 4, 27), date(2026, 8, 3)):
        await record(world, "record_held_meeting", references=("CH1",), kind=CARE, held_on=day)
    for status, day in statuses:
        await record(world, "start_care_status", reference="CH1", status=status, started_on=day)


async def test_until_a_child_is_placed_one_review_answers_both_clocks_and_the_earlier_binds(world: World) -> None:
    await for_adoption(world, (CareStatus.AUTHORISED_FOR_ADOPTION, date(2026, 8, 10)))
    assert await world.obligations("CH1") == [
        ("CARE_REVIEW", "HELD", date(2026, 1, 5)),
        ("CARE_REVIEW", "HELD", date(2026, 1, 30)),
        ("CARE_REVIEW", "HELD", date(2026, 4, 27)),
        ("CARE_REVIEW", "OPEN", date(2026, 8, 3)),
        ("ADOPTION_REVIEW", "OPEN", date(2026, 8, 10)),
    ]
    days = await slot_days(world, kind=ADOPTION, child_references=("CH1",))
    assert days[-1] == date(2026, 11, 10)  # three months of the authority, before six of the last review
    day = date(2026, 10, 6)
    meeting = await world.book("CH1", kind=ADOPTION, starts_at=at(day, "10:00"))
    kinds = await world.sql("SELECT kind FROM meeting_item WHERE meeting_id = $1 ORDER BY number", meeting)
    assert [row["kind"] for row in kinds] == [ADOPTION, CARE]
    assert (await world.meeting(meeting))["ends_at"] == at(day, "11:00")  # one child
    with pytest.raises(InvalidInput, match="stands for this already"):
        await world.book("CH1", kind=CARE, starts_at=at(day, "14:00"))
    world.now = at(day, "17:00")
    await world.held(meeting, held_on=day, outcomes=(ChildOutcome(reference="CH1"),))
    records = await world.sql("SELECT kind FROM held_record WHERE upper_inf(recorded) AND held_on = $1", day)
    assert [row["kind"] for row in records] == [ADOPTION]  # one review in any return
    assert [each for each in await world.obligations("CH1") if each[1] == "OPEN"] == [
        ("ADOPTION_REVIEW", "OPEN", day),
        ("CARE_REVIEW", "OPEN", day),
    ]


async def test_where_care_is_due_first_its_day_binds_the_adoption_review(world: World) -> None:
    await for_adoption(world, (CareStatus.AUTHORISED_FOR_ADOPTION, TODAY - timedelta(days=1)))
    world.now = at(date(2026, 11, 20), "09:00")
    await record(world, "record_held_meeting", references=("CH1",), kind=ADOPTION, held_on=date(2026, 11, 20))
    (care,) = await world.sql("SELECT statutory_due_on FROM obligation WHERE kind = 'CARE_REVIEW' AND state = 'OPEN'")
    assert care["statutory_due_on"] == date(2027, 5, 20)
    world.now = at(date(2026, 11, 23), "09:00")  # a call of the day of a review is for that review
    await record(world, "call_earlier_review", reference="CH1", kind=CARE, by_on=date(2027, 1, 15), reason=EarlierReviewReason.IRO_REQUESTS)
    with pytest.raises(OutsideTimescale) as refused:
        await world.book("CH1", kind=ADOPTION, starts_at=at(date(2027, 1, 18), "10:00"))
    assert refused.value.statutory_due_on == date(2027, 1, 15)


async def test_after_a_disrupted_placement_no_review_is_booked_before_28_days_or_after_42(world: World) -> None:
    placed = (CareStatus.AUTHORISED_FOR_ADOPTION, date(2026, 8, 5)), (CareStatus.PLACED_FOR_ADOPTION, date(2026, 8, 10))
    await for_adoption(world, *placed)
    back = TODAY
    await record(
        world, "end_care_status", reference="CH1", status=CareStatus.PLACED_FOR_ADOPTION, ended_on=back, reason=CareStatusEnd.DISRUPTED
    )
    first, last = back + timedelta(days=28), back + timedelta(days=42)
    days = await slot_days(world, kind=ADOPTION, child_references=("CH1",), from_day=TODAY)
    assert (days[0], days[-1]) == (first, last)
    with pytest.raises(InvalidInput, match=f"from {first.isoformat()} on") as refused:
        await world.book("CH1", kind=ADOPTION, starts_at=at(first - timedelta(days=1), "10:00"), override_reason="why not", actor=MANAGER)
    assert refused.value.field == "startsAt"
    with pytest.raises(OutsideTimescale):
        await world.book("CH1", kind=ADOPTION, starts_at=at(last + timedelta(days=1), "10:00"))
    meeting = await world.book("CH1", kind=ADOPTION, starts_at=at(first, "10:00"))
    with pytest.raises(InvalidInput, match="too early"):
        await world.move(meeting, starts_at=at(first - timedelta(days=1), "10:00"))
    await world.move(meeting, starts_at=at(last, "10:00"))


# ---------------------------------------------------------------------------------------------- brought forward


async def test_a_review_that_is_called_for_earlier_is_sought_and_booked_by_that_day(world: World) -> None:
    await world.review("CH1")
    await record(
        world, "call_earlier_review", reference="CH1", kind=CARE, by_on=date(2026, 9, 10), reason=EarlierReviewReason.CHILD_REQUESTS
    )
    assert (await slot_days(world, kind=CARE, child_references=("CH1",)))[-1] == date(2026, 9, 10)
    with pytest.raises(OutsideTimescale) as refused:
        await world.book_review("CH1", starts_at=at(date(2026, 9, 11), "10:00"))
    assert refused.value.statutory_due_on == date(2026, 9, 10)
    await world.book_review("CH1", starts_at=at(date(2026, 9, 10), "10:00"))


# ------------------------------------------------------------------------------------------------------- quorum


async def test_an_inquorate_conference_meets_its_duty_and_again_within_ten_working_days(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    world.now = at(DAY, "17:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True),)
    await world.held(meeting, held_on=DAY, quorate=False, outcomes=outcomes)
    (held,) = await world.sql("SELECT to_reconvene FROM held_record WHERE upper_inf(recorded)")
    assert held["to_reconvene"]
    (duty,) = await world.sql("SELECT triggered_on, statutory_due_on FROM obligation WHERE rule_code = 'INQUORATE_CONFERENCE'")
    assert tuple(duty) == (DAY, date(2026, 9, 22))
    with pytest.raises(OutsideTimescale):
        await world.book("CH1", starts_at=at(date(2026, 9, 23), "10:00"))
    again = await world.book("CH1", starts_at=at(date(2026, 9, 22), "10:00"))
    world.now = at(date(2026, 9, 22), "17:00")
    await world.held(again, held_on=date(2026, 9, 22), quorate=True, outcomes=outcomes)
    assert [each[:2] for each in await world.obligations("CH1") if each[0] == "INITIAL_CONFERENCE"] == [("INITIAL_CONFERENCE", "HELD")] * 2


async def test_a_chair_who_proceeds_although_a_conference_is_inquorate_says_why(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    world.now = at(DAY, "17:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True),)
    reason = "two agencies alone know the family"
    with pytest.raises(InvalidInput) as refused:
        await world.held(meeting, held_on=DAY, quorate=True, proceeded_inquorate_because=reason, outcomes=outcomes)
    assert refused.value.field == "proceededInquorateBecause"
    await world.held(meeting, held_on=DAY, quorate=False, proceeded_inquorate_because=reason, outcomes=outcomes)
    assert await world.obligations("CH1") == [("INITIAL_CONFERENCE", "HELD", TODAY), ("REVIEW_CONFERENCE", "OPEN", DAY)]
    (event,) = await world.sql("SELECT reason, details FROM meeting_event WHERE what = 'HELD'")
    assert (event["reason"], event["details"]["quorate"], event["details"]["to_reconvene"]) == (reason, False, False)


async def test_an_inquorate_review_ends_no_plan_unless_the_chair_says_why(world: World) -> None:
    await world.conference("CH1")
    world.now = at(DAY, "17:00")
    first = await world.book("CH1", starts_at=at(DAY + timedelta(days=1), "10:00"))
    world.now = at(DAY + timedelta(days=1), "17:00")
    await world.held(first, held_on=DAY + timedelta(days=1), outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    day = date(2026, 11, 24)
    second = await world.book("CH1", kind=REVIEW, starts_at=at(day, "10:00"))
    world.now = at(day, "17:00")
    ending = (ChildOutcome(reference="CH1", on_plan=False),)
    with pytest.raises(InvalidInput, match="CH1: an inquorate conference ends no plan") as refused:
        await world.held(second, held_on=day, quorate=False, outcomes=ending)
    assert refused.value.field == "outcomes"
    await world.held(second, held_on=day, quorate=False, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    (duty,) = await world.sql("SELECT kind, statutory_due_on FROM obligation WHERE rule_code = 'INQUORATE_CONFERENCE'")
    assert tuple(duty) == ("REVIEW_CONFERENCE", date(2026, 12, 8))
    third = await world.book("CH1", kind=REVIEW, starts_at=at(date(2026, 12, 1), "10:00"))
    world.now = at(date(2026, 12, 1), "17:00")
    await world.held(third, held_on=date(2026, 12, 1), quorate=False, proceeded_inquorate_because="the family moves", outcomes=ending)
    (plan,) = await world.sql("SELECT ended_on FROM protection_plan WHERE upper_inf(recorded)")
    assert plan["ended_on"] == date(2026, 12, 1)


async def test_a_review_of_a_child_in_care_has_no_quorum(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    world.now = at(DAY, "17:00")
    with pytest.raises(InvalidInput) as refused:
        await world.held(meeting, held_on=DAY, quorate=False)
    assert refused.value.field == "quorate"
    await world.held(meeting, held_on=DAY)


async def test_one_child_under_two_references_is_one_at_a_meeting(world: World) -> None:
    await world.conference("CH1")
    await world.child("CIN-1", None)
    await world.sql("UPDATE child SET merged_into = (SELECT id FROM child WHERE reference = 'CH1') WHERE reference = 'CIN-1'")
    meeting = await world.book("CIN-1", "CH1", starts_at=at(DAY, "10:00"))
    items = await world.sql("SELECT c.reference FROM meeting_item JOIN child c ON c.id = child_id WHERE meeting_id = $1", meeting)
    assert [row["reference"] for row in items] == ["CH1"]


# ------------------------------------------------------------------------------------------------ extra reviews


async def test_an_extra_review_resets_the_chain_and_the_meeting_that_stood_is_for_what_is_owed_next(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 14), "10:00"))
    world.now = at(date(2026, 9, 3), "17:00")
    await record(world, "record_held_meeting", references=("CH1",), kind=CARE, held_on=date(2026, 9, 3))
    assert await world.obligations("CH1") == [("CARE_REVIEW", "HELD", date(2026, 8, 24)), ("CARE_REVIEW", "OPEN", date(2026, 9, 3))]
    (item,) = await world.sql(
        "SELECT triggered_on, statutory_due_on FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id WHERE i.meeting_id = $1",
        meeting,
    )
    assert tuple(item) == (date(2026, 9, 3), date(2026, 12, 3))
    assert (await world.meeting(meeting))["state"] == "CONFIRMED"
