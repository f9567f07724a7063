"""What business support records late, twice or wrongly: it is taken where it can be, and everything that hangs on it follows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking import reading as diary
from services.history import service
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.ids import obligation_id
from services.kernel.paging import Window
from services.kernel.words import CareStatus, CareStatusEnd, EarlierReviewReason, MeetingKind, PlanEnd, Role
from services.platform.resources import Resources
from tests.history.children import book, booked
from tests.history.desk import TODAY, Desk
from tests.history.test_commands import iro_of

K = MeetingKind
BREAKS, CARE = K.SHORT_BREAK_REVIEW, K.CARE_REVIEW


@pytest.fixture
def desk(resources: Resources, now: datetime) -> Desk:
    return Desk(resources, now)


async def refused(desk: Desk, field: str, says: str, command: str, **values: Any) -> None:
    with pytest.raises(InvalidInput, match=says) as refusal:
        await desk.do(command, **values)
    assert refusal.value.field == field


async def meeting_for(desk: Desk, child: UUID, kind: MeetingKind, day: date, triggered_on: date) -> UUID:
    async with desk.resources.database.transaction() as connection:
        return await book(connection, child, kind, day, obligation_id(child, kind.value, triggered_on))


# -------------------------------------------------------------------------------------------------- days


async def test_a_past_period_that_was_forgotten_is_recorded_with_its_end_before_the_one_that_is_open(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 10))
    past: dict[str, Any] = {"reference": "CH1", "started_on": date(2026, 3, 2), "legal_status": "J1"}
    await refused(desk, "reason", "why care ended", "StartCarePeriod", ended_on=date(2026, 5, 1), **past)
    await refused(desk, "reason", "give endedOn too", "StartCarePeriod", reason="E4A", **past)
    await refused(desk, "endedOn", "give 2026-03-02 or later", "StartCarePeriod", ended_on=date(2026, 3, 1), reason="E4A", **past)
    await refused(desk, "startedOn", "two cannot overlap", "StartCarePeriod", ended_on=date(2026, 8, 11), reason="E4A", **past)
    await desk.do("StartCarePeriod", ended_on=date(2026, 3, 20), reason="E4A", **past)
    assert await desk.days("care_period") == [(date(2026, 3, 2), date(2026, 3, 20), "E4A"), (date(2026, 8, 10), None, None)]
    assert await desk.days("care_status") == [(date(2026, 3, 2), date(2026, 3, 20), "CARE_ENDED")]
    assert [state for *_, state in await desk.owed(child)] == ["VOID", "OPEN"]


async def test_a_birth_by_which_the_child_would_have_grown_up_before_its_records_is_refused(desk: Desk) -> None:
    await desk.child("CH1", born_on=date(2009, 6, 1))
    await desk.do("RecordStrategyDiscussion", references=("CH1",), held_on=date(2026, 8, 3))
    fix = {"reference": "CH1", "reason": "typing error"}
    await refused(desk, "bornOn", "an adult by 2026-08-03", "CorrectChild", born_on=date(2008, 8, 3), **fix)
    await desk.do("CorrectChild", born_on=date(2008, 8, 4), **fix)  # who has turned 18 since
    await desk.child("CH2")
    await refused(desk, "bornOn", "that is an adult", "CorrectChild", reference="CH2", reason="r", born_on=date(2008, 9, 1))
    await desk.do("CorrectChild", reference="CH2", reason="r", born_on=date(2008, 9, 2))


async def test_a_death_or_an_order_before_a_meeting_about_the_child_is_refused(desk: Desk) -> None:
    await desk.child()
    await desk.held(K.INITIAL_CONFERENCE, date(2026, 8, 20), on_plan=False)
    await refused(desk, "diedOn", "the INITIAL_CONFERENCE of 2026-08-20", "RecordDeath", reference="CH1", died_on=date(2026, 8, 19))
    await refused(desk, "madeOn", "the INITIAL_CONFERENCE", "RecordAdoptionOrder", reference="CH1", made_on=date(2026, 8, 19))
    await desk.do("RecordDeath", reference="CH1", died_on=date(2026, 8, 20))


async def test_care_does_not_end_before_an_adoption_review_that_was_held_in_it(desk: Desk) -> None:
    await desk.child()
    await desk.care(date(2026, 3, 2))
    authority = {"reference": "CH1", "status": CareStatus.AUTHORISED_FOR_ADOPTION}
    await desk.do("StartCareStatus", started_on=date(2026, 4, 1), **authority)
    await desk.held(K.ADOPTION_REVIEW, date(2026, 6, 10))
    await desk.do("EndCareStatus", ended_on=date(2026, 6, 10), reason=CareStatusEnd.REVOKED, **authority)
    end = {"reference": "CH1", "reason": "E4A"}
    await refused(
        desk, "endedOn", "leaves the ADOPTION_REVIEW of 2026-06-10 outside care", "EndCarePeriod", ended_on=date(2026, 6, 9), **end
    )
    await desk.do("EndCarePeriod", ended_on=date(2026, 6, 10), **end)


async def test_what_is_owed_by_today_cannot_be_brought_forward(desk: Desk) -> None:
    await desk.child()
    await desk.care(date(2026, 8, 3))
    call = {"reference": "CH1", "kind": CARE, "reason": EarlierReviewReason.IRO_REQUESTS, "by_on": TODAY}
    await refused(desk, "byOn", "owed by 2026-09-01 already", "CallEarlierReview", **call)


async def test_another_discussion_within_the_time_of_the_first_is_refused_to_the_day(desk: Desk) -> None:
    await desk.child()
    await desk.do("RecordStrategyDiscussion", references=("CH1",), held_on=date(2026, 8, 3))
    again: dict[str, Any] = {"references": ("CH1",)}
    await refused(desk, "heldOn", "still runs", "RecordStrategyDiscussion", held_on=date(2026, 8, 24), **again)  # 15 working days
    await refused(desk, "heldOn", "still runs", "RecordStrategyDiscussion", held_on=date(2026, 7, 13), **again)
    await desk.do("RecordStrategyDiscussion", held_on=date(2026, 8, 25), **again)
    await desk.do("RecordStrategyDiscussion", held_on=date(2026, 7, 10), **again)


# ------------------------------------------------------------------------------------------------ households


async def test_a_household_is_approved_again_and_what_was_held_before_stays_what_it_was(desk: Desk) -> None:
    home, first = {"reference": "FH1"}, date(2024, 1, 8)
    review = {"kind": K.FOSTER_HOME_REVIEW, "household_reference": "FH1"}
    household = await desk.do("ApproveHousehold", approved_on=first, **home)
    await desk.do("RecordHeldMeeting", held_on=date(2024, 12, 2), **review)
    await refused(desk, "reference", "approved since 2024-01-08", "ApproveHousehold", approved_on=date(2026, 2, 2), **home)
    await desk.do("EndHouseholdApproval", ended_on=date(2025, 3, 3), reason="resigned", **home)
    known_then = desk.now
    await refused(desk, "approvedOn", "give 2025-03-03 or later", "ApproveHousehold", approved_on=date(2025, 3, 2), **home)
    assert await desk.do("ApproveHousehold", approved_on=date(2026, 2, 2), **home) == household
    rows = "SELECT triggered_on, statutory_due_on, state FROM obligation WHERE household_id = $1 ORDER BY triggered_on"
    assert [tuple(row) for row in await desk.fetch(rows, household)] == [
        (first, date(2025, 1, 8), "HELD"),
        (date(2024, 12, 2), date(2025, 12, 2), "VOID"),
        (date(2026, 2, 2), date(2027, 2, 2), "OPEN"),
    ]
    fix = {"reason": "typing error", **home}
    await refused(desk, "approvedOn", "ended on 2025-03-03", "CorrectHousehold", approved_on=date(2025, 3, 2), **fix)
    await desk.do("CorrectHousehold", approved_on=date(2025, 3, 3), **fix)
    await refused(desk, "heldOn", "before the household was approved", "RecordHeldMeeting", held_on=date(2024, 1, 5), **review)
    await desk.do("RecordHeldMeeting", held_on=date(2024, 6, 3), **review)  # in the first approval, and late to be known
    async with desk.resources.database.connection() as connection:
        then = (await service.household_facts_of(connection, [household], known_at=known_then))[household]
        today = (await service.household_facts_of(connection, [household]))[household]
    assert (then.approved_on, then.approval_ended_on, then.approvals_before) == (first, date(2025, 3, 3), ())
    assert [(each.approved_on, each.ended_on) for each in today.approvals_before] == [(first, date(2025, 3, 3))]


async def test_an_end_that_was_none_is_no_second_approval(desk: Desk) -> None:
    home = {"reference": "FH1"}
    household = await desk.do("ApproveHousehold", approved_on=date(2025, 1, 6), **home)
    await desk.do("EndHouseholdApproval", ended_on=date(2025, 1, 6), reason="resigned", **home)
    await desk.do("CorrectHousehold", ended_on=None, reason="they stay", **home)
    async with desk.resources.database.connection() as connection:
        assert (await service.household_facts_of(connection, [household]))[household].approvals_before == ()


# --------------------------------------------------------------------------------------------------- families


async def groups(desk: Desk) -> list[set[str]]:
    rows = await desk.fetch(
        "SELECT array_agg(c.reference) AS names FROM sibling_group_member m JOIN child c ON c.id = m.child_id "
        "WHERE upper_inf(m.recorded) GROUP BY group_key ORDER BY min(c.reference)"
    )
    return [set(row["names"]) for row in rows]


async def test_a_child_comes_to_its_siblings_and_leaves_a_group_in_which_it_never_was(desk: Desk) -> None:
    for reference in ("CH1", "CH2", "CH3", "CH4"):
        await desk.child(reference)
    group = "CorrectSiblingGroup"
    fix = {"reference": "CH1", "reason": "they are cousins"}
    await refused(desk, "siblingOf", "name a brother or sister", group, **fix)
    await refused(desk, "siblingOf", "in no sibling group", group, sibling_of=None, **fix)
    await refused(desk, "siblingOf", "the child itself", group, sibling_of="CH1", **fix)
    await refused(desk, "reason", "why the record is corrected", group, reference="CH1", reason=" ", sibling_of="CH2")
    await desk.do(group, sibling_of="CH2", **fix)
    await refused(desk, "siblingOf", "a sibling of the child already", group, sibling_of="CH2", **fix)
    await desk.do(group, reference="CH3", reason="r", sibling_of="CH1")
    assert await groups(desk) == [{"CH1", "CH2", "CH3"}]
    await desk.do(group, sibling_of=None, **fix)
    assert await groups(desk) == [{"CH2", "CH3"}]
    await desk.do(group, sibling_of="CH3", **fix)
    assert await groups(desk) == [{"CH1", "CH2", "CH3"}]
    kept = await desk.fetch("SELECT what, records, reason FROM correction ORDER BY at")
    assert [tuple(row) for row in kept][-2:] == [
        ("WITHDRAWN", "sibling_group_member", "they are cousins"),
        ("REVISED", "sibling_group_member", "they are cousins"),
    ]
    await desk.do(group, reference="CH4", reason="r", sibling_of="CH3")
    await desk.do(group, reference="CH4", reason="r", sibling_of=None)
    await desk.child("CH5")
    await desk.do(group, reference="CH4", reason="r", sibling_of="CH5")
    await desk.do(group, sibling_of="CH4", **fix)  # from one group straight to another
    assert await groups(desk) == [{"CH1", "CH4", "CH5"}, {"CH2", "CH3"}]


async def test_a_parent_is_recorded_later_and_taken_back(desk: Desk) -> None:
    await desk.child("MUM", born_on=date(2009, 6, 1))
    await desk.child("CH1", born_on=date(2026, 1, 5))
    await desk.child("BUMP", born_on=None, expected_on=date(2026, 10, 1))
    parent = "CorrectParentage"
    is_mum = {"reference": "MUM", "parent_of": "CH1", "reason": "told by the hospital"}
    await refused(desk, "parentOf", "no parent of CH1", parent, withdraw=True, **is_mum)
    await refused(desk, "parentOf", "born before", parent, reference="CH1", parent_of="MUM", reason="r")
    await refused(desk, "parentOf", "not born yet", parent, reference="BUMP", parent_of="CH1", reason="r")
    await refused(desk, "parentOf", "the child itself", parent, reference="MUM", parent_of="MUM", reason="r")
    rows = "SELECT p.reference, upper_inf(recorded) FROM parentage v JOIN child p ON p.id = v.parent_id ORDER BY lower(recorded)"
    await desk.do(parent, **is_mum)
    await refused(desk, "parentOf", "a parent of CH1 already", parent, **is_mum)
    await desk.do(parent, withdraw=True, **is_mum)
    await desk.do(parent, **is_mum)
    assert [tuple(row) for row in await desk.fetch(rows)] == [("MUM", False), ("MUM", True)]


async def test_nobody_s_parent_is_parent_of_her_own_parent(desk: Desk) -> None:
    for reference in ("CH1", "CH2"):
        await desk.child(reference, born_on=None, expected_on=date(2026, 10, 1))
    async with desk.resources.database.transaction() as connection:
        await connection.execute("UPDATE child_fact SET expected_on = NULL")  # of whom nothing is known
    await desk.do("CorrectParentage", reference="CH1", parent_of="CH2", reason="r")
    await refused(desk, "parentOf", "CH1 is recorded as the parent", "CorrectParentage", reference="CH2", parent_of="CH1", reason="r")


async def test_of_a_family_records_whoever_may_record_of_both(desk: Desk) -> None:
    own = await desk.child("CH1", born_on=date(2009, 6, 1))
    await desk.child("CH2", born_on=date(2026, 1, 5))
    officer = await iro_of(desk.resources, own)
    for who, refusal in ((officer, NotFound), (Actor(subject="nt", role=Role.NOTE_TAKER, name="N", code="NT-01"), Forbidden)):
        theirs = desk.as_actor(who)
        with pytest.raises(refusal):
            await theirs.do("CorrectSiblingGroup", reference="CH1", sibling_of="CH2", reason="r")
        with pytest.raises(refusal):
            await theirs.do("CorrectParentage", reference="CH1", parent_of="CH2", reason="r")


# --------------------------------------------------------------------------------------------------- meetings


async def test_a_meeting_for_care_that_ended_stands_for_care_that_began_again_if_it_comes_in_time(desk: Desk) -> None:
    for reference, day, stands_for in (("CH1", date(2026, 9, 25), date(2026, 8, 27)), ("CH2", date(2026, 9, 26), date(2026, 8, 3))):
        child = await desk.child(reference)
        await desk.care(date(2026, 8, 3), reference)
        meeting = await meeting_for(desk, child, CARE, day, date(2026, 8, 3))
        await desk.do("EndCarePeriod", reference=reference, ended_on=date(2026, 8, 20), reason="E4A")
        assert await booked(desk.resources.database, meeting) == (date(2026, 8, 3), "VOID")
        await desk.care(date(2026, 8, 27), reference)  # owed by 25 September
        found = await booked(desk.resources.database, meeting)
        assert found == (stands_for, "OPEN" if stands_for == date(2026, 8, 27) else "VOID"), reference


async def test_a_meeting_for_short_breaks_becomes_a_care_review_with_them(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 17), legal_status="V3")
    meeting = await meeting_for(desk, child, BREAKS, date(2026, 9, 10), date(2026, 8, 17))
    period = await desk.record("care_period")
    await desk.do("CorrectCarePeriod", id=period["id"], reason="typing error", legal_status="V2")
    kinds = "SELECT m.kind, i.kind, m.version FROM meeting m JOIN meeting_item i ON i.meeting_id = m.id"
    assert [tuple(row) for row in await desk.fetch(kinds)] == [(CARE, CARE, 2)]
    assert await booked(desk.resources.database, meeting) == (date(2026, 8, 17), "OPEN")
    assert await desk.open(child) == [("CARE_REVIEW_FIRST", date(2026, 9, 15))]


async def superfluous(desk: Desk, wanted: bool | None, actor: Actor | None = None) -> set[UUID]:
    filters = diary.MeetingsWanted(first_day=TODAY, last_day=date(2026, 12, 31), superfluous=wanted)
    async with desk.resources.database.connection() as connection:
        page = await diary.meetings_page(connection, actor or desk.actor, TODAY, filters, Window(first=50))
        count = await diary.meetings_count(connection, actor or desk.actor, TODAY, filters)
    assert count == len(page.rows)
    return {row.id for row in page.rows}


async def test_meetings_that_stand_for_nothing_any_more_are_found(desk: Desk) -> None:
    meetings: dict[str, UUID] = {}
    for reference in ("ENDED", "MOVED", "GOES_ON"):
        child = await desk.child(reference)
        await desk.plan(date(2026, 7, 6), reference)
        meetings[reference] = await meeting_for(desk, child, K.REVIEW_CONFERENCE, date(2026, 9, 10), date(2026, 7, 6))
    assert await superfluous(desk, True) == set()
    await desk.do("EndProtectionPlan", reference="ENDED", ended_on=date(2026, 8, 28), reason=PlanEnd.MOVED_ABROAD)
    await desk.do("RecordTransferOut", reference="MOVED", notified_on=date(2026, 8, 3))
    assert await superfluous(desk, True) == {meetings["ENDED"]}
    await desk.do("CompleteTransferOut", reference="MOVED", conference_on=date(2026, 8, 28))
    assert await superfluous(desk, True) == {meetings["ENDED"], meetings["MOVED"]}
    assert await superfluous(desk, False) == {meetings["GOES_ON"]}
    assert await superfluous(desk, None) == set(meetings.values())
    team = Actor(subject="p", role=Role.POLICE_LIAISON, name="P", code="POL-01")
    assert await superfluous(desk, True, team) == set()


async def test_a_meeting_for_two_children_is_not_superfluous_while_one_of_them_needs_it(desk: Desk) -> None:
    children = [await desk.child(reference) for reference in ("CH1", "CH2")]
    await desk.plan(date(2026, 7, 6), "CH1", "CH2")
    meeting = await meeting_for(desk, children[0], K.REVIEW_CONFERENCE, date(2026, 9, 10), date(2026, 7, 6))
    second = obligation_id(children[1], K.REVIEW_CONFERENCE.value, date(2026, 7, 6))
    await desk.fetch(
        "INSERT INTO meeting_item (meeting_id, number, child_id, kind, obligation_id) "
        "VALUES ($1, 2, $2, 'REVIEW_CONFERENCE', $3) RETURNING 1",
        meeting, children[1], second,
    )  # fmt: skip
    for reference, found in (("CH1", set()), ("CH2", {meeting})):
        await desk.do("EndProtectionPlan", reference=reference, ended_on=date(2026, 8, 28), reason=PlanEnd.MOVED_ABROAD)
        assert await superfluous(desk, True) == found


async def test_the_diary_says_that_the_record_of_a_meeting_was_withdrawn(desk: Desk) -> None:
    children = [await desk.child(reference) for reference in ("CH1", "CH2")]
    for reference in ("CH1", "CH2"):
        await desk.care(date(2026, 8, 3), reference)
    meeting = await meeting_for(desk, children[0], CARE, date(2026, 8, 24), date(2026, 8, 3))
    async with desk.resources.database.transaction() as connection:
        await connection.execute("UPDATE meeting SET state = 'HELD'")
        for child in children:
            held = {"participation": None, "meeting_id": meeting, "source": "DIARY", "now": desk.now}
            await service.record_held_in(connection, child, CARE, date(2026, 8, 24), **held)  # type: ignore[arg-type]
    told = (
        "SELECT m.state, m.version, array_agg(e.what ORDER BY e.number), max(e.at) "
        "FROM meeting m JOIN meeting_event e ON e.meeting_id = m.id GROUP BY m.id"
    )
    for child, state, events in ((children[1], "HELD", 1), (children[0], "CANCELLED", 2)):
        record = await desk.record("held_record", child_id=child)
        await desk.do("CorrectHeldRecord", id=record["id"], reason="it was another child", withdraw=True)
        assert [tuple(row) for row in await desk.fetch(told)] == [(state, 1 + events, ["RECORD_WITHDRAWN"] * events, desk.now)]


async def test_a_placement_of_a_plan_is_of_the_kind_that_a_birth_makes_of_it(desk: Desk, now: datetime) -> None:
    child = await desk.child(born_on=None, expected_on=date(2026, 10, 1))
    await desk.do("RecordStrategyDiscussion", references=("CH1",), held_on=date(2026, 8, 24))
    plan, placement = UUID(int=1), UUID(int=2)
    async with desk.resources.database.transaction() as connection:
        await _place(connection, plan, placement, child, now)
    await desk.do("RecordBirth", reference="CH1", born_on=date(2026, 8, 31))
    kinds = "SELECT p.kind, i.kind FROM plan_placement p JOIN plan_placement_item i ON i.placement_id = p.id"
    assert [tuple(row) for row in await desk.fetch(kinds)] == [(K.INITIAL_CONFERENCE, K.INITIAL_CONFERENCE)]


async def _place(connection: Any, plan: UUID, placement: UUID, child: UUID, now: datetime) -> None:
    day = date(2026, 8, 24)
    chair = await connection.fetchval("INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', 'IRO-01', 'One') RETURNING id", plan)
    await connection.execute("INSERT INTO iro (resource_id) VALUES ($1)", chair)
    await connection.execute(
        "INSERT INTO plan (id, requested_at, requested_by, first_day, last_day, today, state) "
        "VALUES ($1, $2, 'test', $3, $3, $3, 'PROPOSED')",
        plan, now, day,
    )  # fmt: skip
    starts = now + timedelta(days=9)
    await connection.execute(
        "INSERT INTO plan_placement (id, plan_id, number, kind, starts_at, ends_at, chair_id, late, reasons) "
        "VALUES ($1, $2, 1, 'PRE_BIRTH_CONFERENCE', $3, $4, $5, false, '{}')",
        placement, plan, starts, starts + timedelta(hours=2), chair,
    )  # fmt: skip
    owed = obligation_id(child, K.PRE_BIRTH_CONFERENCE.value, day)
    await connection.execute(
        "INSERT INTO plan_placement_item (placement_id, number, obligation_id, child_id, kind, triggered_on, chained, statutory_due_on, "
        "book_by_on) VALUES ($1, 1, $2, $3, 'PRE_BIRTH_CONFERENCE', $4, false, $4, $4)",
        placement, owed, child, day,
    )  # fmt: skip
