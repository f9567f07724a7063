"""Corrections: one record revised or withdrawn with a reason, what hangs on it follows, and everything is computed anew."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.history import service, store, versions
from services.history.corrections import CorrectCarePeriod
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused
from services.kernel.ids import new_id
from services.kernel.words import (
    CareStatus,
    CareStatusEnd,
    EarlierReviewReason,
    MeetingKind,
    ParticipationCode,
    PlanEnd,
    Role,
    TransferDirection,
)
from services.platform.resources import Resources
from tests.history.children import book
from tests.history.desk import SUPPORT, TODAY, Desk
from tests.history.test_commands import iro_of

K = MeetingKind
AUTHORISED, PLACED, SECURE = (
    CareStatus.AUTHORISED_FOR_ADOPTION,
    CareStatus.PLACED_FOR_ADOPTION,
    CareStatus.SECURE,
)
PAST = date(2026, 3, 2)


@pytest.fixture
def desk(resources: Resources, now: datetime) -> Desk:
    return Desk(resources, now)


async def correct(desk: Desk, command: str, record: dict[str, Any], **values: Any) -> Any:
    return await desk.do(command, id=record["id"], reason="typing error", **values)


async def refused(desk: Desk, command: str, record: dict[str, Any], field: str, says: str, **values: Any) -> None:
    with pytest.raises(InvalidInput, match=says) as refusal:
        await correct(desk, command, record, **values)
    assert refusal.value.field == field


# ------------------------------------------------------------------------------------------------ children


async def test_a_corrected_birth_moves_what_hangs_on_age(desk: Desk) -> None:
    child = await desk.child(born_on=date(2009, 1, 1))
    await desk.care(date(2026, 8, 24))
    assert await desk.open(child) == [("CARE_REVIEW_FIRST", date(2026, 9, 22))]
    assert await desk.do("CorrectChild", reference="CH1", born_on=date(2008, 9, 15), reason="typing error") == child
    assert await desk.open(child) == []
    (event,) = await desk.fetch("SELECT details FROM audit_event WHERE action = 'CORRECT_CHILD'")
    assert event["details"] == {"before": {"born_on": "2009-01-01"}, "after": {"born_on": "2008-09-15"}, "followed": []}


async def test_who_did_not_die_is_in_care_and_on_a_plan_again(desk: Desk) -> None:
    child = await desk.child(born_on=date(2012, 1, 1))
    await desk.care(legal_status="J1")
    await desk.plan()
    before = await desk.owed(child)
    await desk.do("RecordDeath", reference="CH1", died_on=date(2026, 8, 20))
    await desk.do("CorrectChild", reference="CH1", died_on=None, reason="another child")
    for table in ("care_period", "protection_plan", "care_status"):
        assert await desk.days(table) == [(PAST, None, None)]
    assert await desk.owed(child) == before


async def test_the_day_of_a_death_or_an_order_is_corrected_with_all_that_ended_on_it(desk: Desk) -> None:
    await desk.child()
    await desk.care()
    await desk.plan()
    await desk.held(K.REVIEW_CONFERENCE, date(2026, 5, 1), on_plan=False)
    await desk.do("RecordAdoptionOrder", reference="CH1", made_on=date(2026, 8, 20))
    await desk.do("CorrectChild", reference="CH1", adopted_on=date(2026, 8, 25), reason="typing error")
    assert await desk.days("care_period") == [(PAST, date(2026, 8, 25), "ADOPTED")]
    assert await desk.days("protection_plan") == [(PAST, date(2026, 5, 1), "REVIEW_CONFERENCE")]
    with pytest.raises(InvalidInput, match="before a period of care that began on 2026-03-02") as refusal:
        await desk.do("CorrectChild", reference="CH1", adopted_on=date(2026, 3, 1), reason="typing error")
    assert refusal.value.field == "adoptedOn"
    assert (await desk.record("child_fact"))["adopted_on"] == date(2026, 8, 25)


# -------------------------------------------------------------------------------------------------- care


async def test_a_corrected_start_of_care_moves_the_clock_and_the_booking_with_it(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 24))
    (row,) = await desk.fetch("SELECT id FROM obligation WHERE child_id = $1", child)
    async with desk.resources.database.transaction() as connection:
        await book(connection, child, K.CARE_REVIEW, date(2026, 9, 16), row["id"])
    period = await desk.record("care_period")
    assert await correct(desk, "CorrectCarePeriod", period, started_on=date(2026, 8, 17)) == child
    assert await desk.owed(child) == [("CARE_REVIEW_FIRST", date(2026, 8, 17), date(2026, 9, 15), "OPEN")]
    (item,) = await desk.fetch("SELECT o.triggered_on FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id")
    assert item["triggered_on"] == date(2026, 8, 17)


async def test_each_correction_is_a_version_with_its_reason_and_its_trace(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 24))
    period = await desk.record("care_period")
    before = desk.now
    await desk.do("CorrectCarePeriod", id=period["id"], started_on=date(2026, 8, 17), reason="her mother rang")
    rows = await desk.fetch("SELECT started_on, upper_inf(recorded) AS now FROM care_period WHERE id = $1 ORDER BY recorded", period["id"])
    assert [tuple(row) for row in rows] == [(date(2026, 8, 24), False), (date(2026, 8, 17), True)]
    async with desk.resources.database.connection() as connection:
        then = (await service.facts_of(connection, [child], known_at=before + timedelta(seconds=1)))[child]
    assert then.care_periods[0].started_on == date(2026, 8, 24)
    (kept,) = await desk.fetch("SELECT what, by, records, record_id, reason FROM correction")
    assert tuple(kept) == ("REVISED", "support", "care_period", period["id"], "her mother rang")
    (event,) = await desk.fetch("SELECT subject, details FROM audit_event WHERE action = 'CORRECT_CARE_PERIOD'")
    assert event["subject"] == f"child:{child}"
    assert event["details"] == {
        "record_id": str(period["id"]),
        "before": {"started_on": "2026-08-24"},
        "after": {"started_on": "2026-08-17"},
        "followed": [],
    }


async def test_a_correction_of_care_that_breaks_a_rule_is_refused_and_changes_nothing(desk: Desk) -> None:
    await desk.child(born_on=date(2012, 1, 1))
    await desk.care(date(2026, 1, 5))
    await desk.do("EndCarePeriod", reference="CH1", ended_on=date(2026, 2, 2), reason="home")
    await desk.care()
    await desk.held(K.CARE_REVIEW, date(2026, 3, 20))
    await desk.do("StartCareStatus", reference="CH1", status=SECURE, started_on=date(2026, 4, 1))
    first, second = sorted(await desk.records("care_period"), key=lambda each: each["started_on"])
    before = await desk.fetch("SELECT * FROM care_period ORDER BY id, recorded")
    period = "CorrectCarePeriod"
    await refused(desk, period, second, "startedOn", "two cannot overlap", started_on=date(2026, 2, 1))
    await refused(desk, period, first, "endedOn", "two cannot overlap", ended_on=date(2026, 3, 3))
    await refused(desk, period, second, "startedOn", "in the future", started_on=date(2026, 9, 2))
    await refused(desk, period, second, "startedOn", "leaves the CARE_REVIEW of 2026-03-20", started_on=date(2026, 3, 21))
    await refused(desk, period, second, "endedOn", "endCarePeriod", ended_on=TODAY)
    await refused(desk, period, second, "legalStatus", "SECURE .* cannot be in short breaks", legal_status="V4")
    await refused(desk, period, second, "legalStatus", "such as C2", legal_status="Interim care order")
    await refused(desk, period, second, "withdraw", "leaves the CARE_REVIEW of 2026-03-20", withdraw=True)
    await refused(desk, period, second, "withdraw", "do one of the two", withdraw=True, started_on=PAST)
    await refused(desk, period, second, "startedOn", "nothing is to change", started_on=PAST)
    await refused(desk, period, second, "reason", "nothing is to change")
    await refused(desk, period, second, "startedOn", "cannot be taken away", started_on=None)
    with pytest.raises(InvalidInput, match="why the record is corrected"):
        await desk.do(period, id=second["id"], started_on=date(2026, 3, 3), reason=" ")
    assert await desk.fetch("SELECT * FROM care_period ORDER BY id, recorded") == before
    assert await desk.fetch("SELECT FROM correction") == []


async def test_care_that_did_not_end_goes_on_with_the_statuses_that_ended_with_it(desk: Desk) -> None:
    child = await desk.child(born_on=date(2012, 1, 1))
    await desk.care(legal_status="J1")
    await desk.do("EndCarePeriod", reference="CH1", ended_on=date(2026, 8, 10), reason="bailed")
    period = await desk.record("care_period")
    await correct(desk, "CorrectCarePeriod", period, ended_on=date(2026, 8, 17))
    assert await desk.days("care_status") == [(PAST, date(2026, 8, 17), "CARE_ENDED")]
    assert await desk.days("care_period") == [(PAST, date(2026, 8, 17), "bailed")]
    await correct(desk, "CorrectCarePeriod", period, ended_on=None)
    assert await desk.days("care_status") == [(PAST, None, None)]
    assert await desk.days("care_period") == [(PAST, None, None)]
    assert [rule for rule, _ in await desk.open(child)] == ["REMAND_REVIEW_FIRST"]


async def test_a_remand_that_was_none_is_withdrawn_with_its_legal_status_or_moves_with_its_care(desk: Desk) -> None:
    child = await desk.child(born_on=date(2012, 1, 1))
    await desk.care(date(2026, 8, 24), legal_status="J1")
    period = await desk.record("care_period")
    await correct(desk, "CorrectCarePeriod", period, started_on=date(2026, 8, 17))
    assert await desk.days("care_status") == [(date(2026, 8, 17), None, None)]
    await correct(desk, "CorrectCarePeriod", period, legal_status="C2")
    assert await desk.records("care_status") == []
    assert [rule for rule, _ in await desk.open(child)] == ["CARE_REVIEW_FIRST"]


async def test_care_that_never_was_takes_its_clock_with_it(desk: Desk) -> None:
    child = await desk.child(born_on=date(2012, 1, 1))
    await desk.care(legal_status="J1")
    period = await desk.record("care_period")
    await correct(desk, "CorrectCarePeriod", period, withdraw=True)
    assert (await desk.records("care_period"), await desk.records("care_status"), await desk.owed(child)) == ([], [], [])
    (kept,) = await desk.fetch("SELECT what FROM correction")
    assert kept["what"] == "WITHDRAWN"
    with pytest.raises(NotFound, match="may have been withdrawn"):
        await correct(desk, "CorrectCarePeriod", period, withdraw=True)


async def test_a_status_is_corrected_under_the_rules_by_which_it_is_recorded(desk: Desk) -> None:
    child = await desk.child(born_on=date(2020, 1, 1))
    await desk.care()
    await desk.do("StartCareStatus", reference="CH1", status=AUTHORISED, started_on=date(2026, 4, 1))
    await desk.do("StartCareStatus", reference="CH1", status=PLACED, started_on=date(2026, 8, 3))
    await desk.held(K.ADOPTION_REVIEW, date(2026, 6, 1))
    authority = await desk.record("care_status", status="AUTHORISED_FOR_ADOPTION")
    placed = await desk.record("care_status", status="PLACED_FOR_ADOPTION")
    which = "CorrectCareStatus"
    await refused(desk, which, placed, "startedOn", "no authority to place", started_on=date(2026, 3, 31))
    await refused(desk, which, authority, "startedOn", "leaves the ADOPTION_REVIEW of 2026-06-01", started_on=date(2026, 6, 2))
    await refused(desk, which, authority, "startedOn", "leaves the status PLACED_FOR_ADOPTION", started_on=date(2026, 8, 4))
    await refused(desk, which, authority, "withdraw", "without authority", withdraw=True)
    await refused(desk, which, placed, "endedOn", "end it with a reason", ended_on=date(2026, 8, 20))
    await refused(desk, which, placed, "endReason", "give DISRUPTED", ended_on=date(2026, 8, 20), end_reason=CareStatusEnd.ENDED)
    await refused(desk, which, placed, "endedOn", "endedOn is missing", end_reason=CareStatusEnd.DISRUPTED)
    await refused(desk, which, placed, "expectedEndOn", "REMAND alone", expected_end_on=TODAY)
    await correct(desk, which, placed, ended_on=date(2026, 8, 20), end_reason=CareStatusEnd.DISRUPTED)
    assert ("ADOPTION_REVIEW_DISRUPTED", date(2026, 10, 1)) in await desk.open(child)
    await refused(desk, which, placed, "endReason", "cannot be taken away", end_reason=None)
    await correct(desk, which, placed, ended_on=None)
    assert ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 8, 31)) in await desk.open(child)
    await correct(desk, which, placed, withdraw=True)
    assert not any("PLACED" in rule for rule, _ in await desk.open(child))


async def test_a_status_that_ended_with_care_is_corrected_there(desk: Desk) -> None:
    await desk.child(born_on=date(2012, 1, 1))
    await desk.care(legal_status="J1")
    await desk.do("EndCarePeriod", reference="CH1", ended_on=TODAY, reason="home")
    remand = await desk.record("care_status")
    await refused(desk, "CorrectCareStatus", remand, "endedOn", "correctCarePeriod", ended_on=date(2026, 8, 3))
    await correct(desk, "CorrectCareStatus", remand, ended_on=date(2026, 8, 3), end_reason=CareStatusEnd.ENDED)
    await correct(desk, "CorrectCareStatus", remand, expected_end_on=date(2026, 8, 10))
    assert await desk.days("care_status") == [(PAST, date(2026, 8, 3), "ENDED")]


# ------------------------------------------------------------------------------------- child protection


async def test_a_plan_is_corrected_under_the_rules_of_the_census(desk: Desk) -> None:
    child = await desk.child()
    await desk.plan()
    await desk.held(K.REVIEW_CONFERENCE, date(2026, 5, 29))
    plan, which = await desk.record("protection_plan"), "CorrectProtectionPlan"
    await refused(desk, which, plan, "startedOn", "2885", started_on=date(2026, 3, 3))
    await refused(desk, which, plan, "withdraw", "8841", withdraw=True)
    await refused(desk, which, plan, "endedOn", "endProtectionPlan", ended_on=date(2026, 5, 29))
    await refused(desk, which, plan, "category", "such as NEG", category="")
    await correct(desk, which, plan, category="EMO")
    await desk.do("EndProtectionPlan", reference="CH1", ended_on=date(2026, 5, 29), reason=PlanEnd.REVIEW_CONFERENCE)
    await refused(desk, which, plan, "endedOn", "no review conference is recorded on 2026-06-01", ended_on=date(2026, 6, 1))
    await correct(desk, which, plan, ended_on=None)
    assert await desk.days("protection_plan") == [(PAST, None, None)]
    assert await desk.open(child) == [("REVIEW_CONFERENCE_NEXT", date(2026, 11, 29))]
    assert (await desk.record("protection_plan"))["category"] == "EMO"


async def test_the_start_of_a_plan_follows_the_conference_that_made_it_and_its_end_the_one_that_ended_it(desk: Desk) -> None:
    child = await desk.child()
    await desk.plan()
    await desk.held(K.REVIEW_CONFERENCE, date(2026, 5, 29), on_plan=False)
    which, first, last = "CorrectHeldRecord", await meeting(desk, K.INITIAL_CONFERENCE), await meeting(desk, K.REVIEW_CONFERENCE)
    await refused(desk, which, last, "heldOn", "the plan follows, and .*8840", held_on=PAST)
    await refused(desk, which, first, "heldOn", "the plan follows, and .*8840", held_on=date(2026, 5, 29))
    await correct(desk, which, first, held_on=date(2026, 3, 9))
    assert await desk.days("protection_plan") == [(date(2026, 3, 9), date(2026, 5, 29), "REVIEW_CONFERENCE")]
    await correct(desk, which, last, held_on=date(2026, 6, 1))
    assert await desk.days("protection_plan") == [(date(2026, 3, 9), date(2026, 6, 1), "REVIEW_CONFERENCE")]
    assert await desk.owed(child) == [("REVIEW_CONFERENCE_FIRST", date(2026, 3, 9), date(2026, 6, 9), "HELD")]


async def meeting(desk: Desk, kind: MeetingKind) -> dict[str, Any]:
    return await desk.record("held_record", kind=kind.value)


async def test_a_conference_on_which_a_plan_stands_is_not_withdrawn_before_the_plan(desk: Desk) -> None:
    child = await desk.child()
    await desk.plan()
    initial = await meeting(desk, K.INITIAL_CONFERENCE)
    await refused(desk, "CorrectHeldRecord", initial, "withdraw", "plan that started on 2026-03-02 stands on this", withdraw=True)
    await refused(desk, "CorrectHeldRecord", initial, "kind", "stands on this", kind=K.CARE_REVIEW)
    await correct(desk, "CorrectProtectionPlan", await desk.record("protection_plan"), withdraw=True)
    await correct(desk, "CorrectHeldRecord", initial, withdraw=True)
    assert await desk.owed(child) == []


async def test_a_corrected_discussion_moves_the_conference_that_is_owed(desk: Desk) -> None:
    child = await desk.child()
    await desk.do("RecordStrategyDiscussion", references=("CH1",), held_on=date(2026, 8, 28))
    enquiry, which = await desk.record("section47"), "CorrectEnquiry"
    await refused(desk, which, enquiry, "initiatingDiscussionOn", "in the future", initiating_discussion_on=date(2026, 9, 2))
    await correct(desk, which, enquiry, initiating_discussion_on=date(2026, 8, 21))
    assert await desk.open(child) == [("INITIAL_CONFERENCE", date(2026, 9, 14))]
    await correct(desk, which, enquiry, conference_not_required=True)
    assert await desk.open(child) == []
    await correct(desk, which, enquiry, conference_not_required=False)
    await desk.do("RecordStrategyDiscussion", references=("CH1",), held_on=date(2026, 7, 1))
    late = await desk.record("section47", initiating_discussion_on=date(2026, 7, 1))
    await refused(desk, which, late, "initiatingDiscussionOn", "still runs", initiating_discussion_on=date(2026, 8, 20))
    await refused(desk, which, late, "initiatingDiscussionOn", "recorded already", initiating_discussion_on=date(2026, 8, 21))
    await correct(desk, which, late, withdraw=True)
    await correct(desk, which, enquiry, withdraw=True)
    assert await desk.owed(child) == []


async def test_a_transfer_is_corrected_with_the_plan_that_ended_with_it(desk: Desk) -> None:
    child = await desk.child()
    await desk.plan()
    await desk.do("RecordTransferOut", reference="CH1", notified_on=date(2026, 4, 1))
    transfer, which = await desk.record("transfer"), "CorrectTransfer"
    await refused(desk, which, transfer, "conferenceOn", "completeTransferOut", conference_on=date(2026, 4, 20))
    await refused(desk, which, transfer, "notifiedOn", "on no plan of ours", notified_on=date(2026, 3, 1))
    await desk.do("CompleteTransferOut", reference="CH1", conference_on=date(2026, 4, 20))
    await refused(desk, which, transfer, "conferenceOn", "weekend", conference_on=date(2026, 4, 25))
    await refused(desk, which, transfer, "conferenceOn", "give 2026-04-01 or later", conference_on=date(2026, 3, 31))
    await refused(desk, which, transfer, "withdrawnOn", "take that day away first", withdrawn_on=TODAY)
    await refused(desk, "CorrectProtectionPlan", await desk.record("protection_plan"), "endedOn", "correctTransfer", ended_on=None)
    await correct(desk, which, transfer, conference_on=date(2026, 4, 27))
    assert await desk.days("protection_plan") == [(PAST, date(2026, 4, 27), "TRANSFERRED_OUT")]
    await correct(desk, which, transfer, withdraw=True)
    assert await desk.days("protection_plan") == [(PAST, None, None)]
    assert await desk.open(child) == [("REVIEW_CONFERENCE_FIRST", date(2026, 6, 2))]


async def test_a_notice_that_a_conference_answered_stays_before_it(desk: Desk) -> None:
    child = await desk.child()
    await desk.do("RecordTransferIn", references=("CH1",), notified_on=date(2026, 8, 17))
    transfer, which = await desk.record("transfer"), "CorrectTransfer"
    await correct(desk, which, transfer, notified_on=date(2026, 8, 18))
    assert await desk.open(child) == [("TRANSFER_IN_CONFERENCE", date(2026, 9, 9))]
    await correct(desk, which, transfer, withdrawn_on=TODAY)
    assert await desk.open(child) == []
    await correct(desk, which, transfer, withdrawn_on=None)
    await desk.held(K.TRANSFER_IN_CONFERENCE, date(2026, 8, 24), on_plan=True)
    await refused(desk, which, transfer, "notifiedOn", "answered this notice", notified_on=date(2026, 8, 25))
    await refused(desk, which, transfer, "withdraw", "answered this notice", withdraw=True)
    await correct(desk, which, transfer, notified_on=date(2026, 8, 24))


# ---------------------------------------------------------------------------------------------- meetings


async def test_a_corrected_review_moves_all_that_follows_it(desk: Desk) -> None:
    child = await desk.child()
    await desk.care()
    for day in (date(2026, 3, 20), date(2026, 6, 1)):
        await desk.held(K.CARE_REVIEW, day)
    last = await desk.record("held_record", held_on=date(2026, 6, 1))
    await correct(desk, "CorrectHeldRecord", last, held_on=date(2026, 6, 10), participation=ParticipationCode.PN1)
    assert await desk.open(child) == [("CARE_REVIEW_NEXT", date(2026, 12, 10))]
    await correct(desk, "CorrectHeldRecord", last, withdraw=True)
    assert await desk.open(child) == [("CARE_REVIEW_SECOND", date(2026, 6, 20))]


async def test_a_meeting_is_corrected_under_the_rules_by_which_it_is_recorded(desk: Desk) -> None:
    await desk.child()
    await desk.care()
    for day in (date(2026, 3, 20), date(2026, 6, 1)):
        await desk.held(K.CARE_REVIEW, day)
    held, which = await desk.record("held_record", held_on=date(2026, 6, 1)), "CorrectHeldRecord"
    await refused(desk, which, held, "heldOn", "not looked after", held_on=date(2026, 3, 1))
    await refused(desk, which, held, "heldOn", "recorded already", held_on=date(2026, 3, 20))
    await refused(desk, which, held, "heldOn", "in the future", held_on=date(2026, 9, 2))
    await refused(desk, which, held, "heldOn", "8841", kind=K.REVIEW_CONFERENCE)
    await refused(desk, which, held, "kind", "about a household", kind=K.FOSTER_HOME_REVIEW)
    await refused(desk, which, held, "completedOn", "give 2026-06-01", completed_on=date(2026, 5, 31))
    await refused(desk, which, held, "toReconvene", "no quorum", to_reconvene=True)
    await refused(desk, which, held, "withoutMeeting", "LONG_TERM_PLACEMENT", without_meeting=True)
    await refused(desk, which, held, "participation", "440", participation=ParticipationCode.PN0)
    await correct(desk, which, held, completed_on=date(2026, 6, 8), participation=ParticipationCode.PN7)
    after = await desk.record("held_record", id=held["id"])
    assert (after["completed_on"], after["participation"]) == (date(2026, 6, 8), "PN7")


async def test_a_meeting_of_the_diary_that_did_not_take_place_frees_what_it_was_booked_for(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 17))
    (row,) = await desk.fetch("SELECT id FROM obligation WHERE child_id = $1", child)
    async with desk.resources.database.transaction() as connection:
        booked = await book(connection, child, K.CARE_REVIEW, date(2026, 8, 31), row["id"], state="HELD")
        held: dict[str, Any] = {"participation": None, "meeting_id": booked, "source": "DIARY", "now": desk.now}
        await service.record_held_in(connection, child, K.CARE_REVIEW, date(2026, 8, 31), **held)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await desk.open(child) == [("CARE_REVIEW_SECOND", date(2026, 11, 30))]
    await correct(desk, "CorrectHeldRecord", await desk.record("held_record"), withdraw=True)
    assert await desk.open(child) == [("CARE_REVIEW_FIRST", date(2026, 9, 15))]
    (item,) = await desk.fetch("SELECT live FROM meeting_item")
    assert item["live"] is False


async def test_a_call_for_an_earlier_review_is_corrected_and_taken_back(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 24))
    call: dict[str, Any] = {
        "reference": "CH1",
        "kind": K.CARE_REVIEW,
        "by_on": date(2026, 9, 8),
        "reason": EarlierReviewReason.CHILD_REQUESTS,
    }
    await desk.do("CallEarlierReview", **call)
    earlier, which = await desk.record("earlier_review"), "CorrectEarlierReview"
    await refused(desk, which, earlier, "byOn", "give a day before 2026-09-22", by_on=date(2026, 9, 22))
    await refused(desk, which, earlier, "byOn", "give 2026-09-01 or later", by_on=date(2026, 8, 31))
    await correct(desk, which, earlier, by_on=date(2026, 9, 10))
    assert await desk.open(child) == [("CARE_REVIEW_FIRST", date(2026, 9, 10))]
    await correct(desk, which, earlier, withdraw=True)
    assert await desk.open(child) == [("CARE_REVIEW_FIRST", date(2026, 9, 22))]


# ------------------------------------------------------------------------------- rights, sources, rivals


async def test_of_a_child_that_is_not_hers_an_officer_corrects_nothing_and_learns_nothing(desk: Desk) -> None:
    child = await desk.child("CH1")
    own = await desk.child("CH2")
    officer = desk.as_actor(await iro_of(desk.resources, own))
    await desk.care(date(2026, 8, 24), "CH1")
    await desk.care(date(2026, 8, 24), "CH2")
    theirs, hers = await desk.record("care_period", child_id=child), await desk.record("care_period", child_id=own)
    for record in (theirs, {"id": new_id()}):
        with pytest.raises(NotFound, match="no record of that kind with that id"):
            await correct(officer, "CorrectCarePeriod", record, started_on=date(2026, 8, 17))
    assert await correct(officer, "CorrectCarePeriod", hers, started_on=date(2026, 8, 17)) == own
    for command in (
        "CorrectProtectionPlan",
        "CorrectEnquiry",
        "CorrectHeldRecord",
        "CorrectCareStatus",
        "CorrectTransfer",
        "CorrectEarlierReview",
    ):
        with pytest.raises(NotFound):
            await correct(desk, command, theirs, withdraw=True)
    auditor = desk.as_actor(Actor(subject="a", role=Role.AUDITOR, name="A"))
    with pytest.raises(Forbidden):
        await correct(auditor, "CorrectCarePeriod", theirs, withdraw=True)


async def test_a_record_that_came_from_a_return_is_recorded_by_whoever_corrects_it(desk: Desk) -> None:
    child = await desk.child()
    values = {"child_id": child, "started_on": PAST, "started_on_exact": False, "legal_status": "C2", "short_break": False}
    async with desk.resources.database.transaction() as connection:
        period = await versions.open_version(connection, "care_period", values, source="SSDA903", at=desk.now)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await desk.owed(child) == []
    await correct(desk, "CorrectCarePeriod", {"id": period}, started_on_exact=True)
    rows = await desk.fetch("SELECT source, started_on_exact FROM care_period ORDER BY recorded")
    assert [tuple(row) for row in rows] == [("SSDA903", False), ("RECORDED", True)]
    assert await desk.open(child) == [("CARE_REVIEW_FIRST", date(2026, 3, 30))]


async def test_a_status_that_a_return_shows_by_a_day_began_on_the_day_to_which_it_is_corrected(desk: Desk) -> None:
    child = await desk.child()
    await desk.care()
    values = {"child_id": child, "status": "SECURE", "started_on": date(2026, 8, 17), "started_on_exact": False}
    async with desk.resources.database.transaction() as connection:
        status = await versions.open_version(connection, "care_status", values, source="SSDA903", at=desk.now)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert not any("SECURE" in rule for rule, _ in await desk.open(child))
    await correct(desk, "CorrectCareStatus", {"id": status}, started_on=date(2026, 8, 10))
    assert ("SECURE_CRITERIA_REVIEW_FIRST", date(2026, 9, 7)) in await desk.open(child)


async def test_what_a_return_left_untidy_does_not_stand_in_the_way_of_another_correction(desk: Desk) -> None:
    child = await desk.child()
    plans = [{"child_id": child, "started_on": day, "ended_on": end} for day, end in [(PAST, date(2026, 6, 1)), (date(2026, 5, 1), None)]]
    async with desk.resources.database.transaction() as connection:
        first, _ = [await versions.open_version(connection, "protection_plan", each, source="CIN_CENSUS", at=desk.now) for each in plans]
    await correct(desk, "CorrectProtectionPlan", {"id": first}, category="NEG")
    await refused(desk, "CorrectProtectionPlan", {"id": first}, "endedOn", "8935", ended_on=date(2026, 6, 8))
    await correct(desk, "CorrectProtectionPlan", {"id": first}, ended_on=date(2026, 4, 30))


async def test_a_correction_is_done_once_a_key_and_guards_against_another_body(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 24))
    record = (await desk.record("care_period"))["id"]
    values = {"key": "k", "id": record, "reason": "typing error"}
    for _ in range(2):
        assert await desk.do("CorrectCarePeriod", **values, started_on=date(2026, 8, 17)) == child
    with pytest.raises(RequestKeyReused):
        await desk.do("CorrectCarePeriod", **values, started_on=date(2026, 8, 18))
    assert len(await desk.fetch("SELECT FROM care_period")) == 2


async def test_of_two_who_correct_one_record_at_once_the_second_sees_what_the_first_did(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 24))
    record: UUID = (await desk.record("care_period"))["id"]
    async with desk.resources.database.transaction() as connection:
        await store.lock_children(connection, [child])
        both = []
        for key, values in [("w", {"withdraw": True}), ("s", {"started_on": date(2026, 8, 17)})]:
            command = CorrectCarePeriod(request_key=key, id=record, reason="typing error", **values)  # type: ignore[arg-type]
            both.append(asyncio.ensure_future(service.correct_care_period(desk.resources, SUPPORT, command, desk.now)))
            while await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < len(both):
                pass
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["UUID", "NotFound"]
    assert await desk.records("care_period") == []


async def test_a_transfer_in_that_was_given_up_is_told_apart_from_one_that_never_was(desk: Desk) -> None:
    await desk.child()
    await desk.do("RecordTransferIn", references=("CH1",), notified_on=date(2026, 8, 17))
    await desk.do("WithdrawTransfer", reference="CH1", direction=TransferDirection.IN, withdrawn_on=TODAY)
    transfer = await desk.record("transfer")
    assert transfer["withdrawn_on"] == TODAY
    await correct(desk, "CorrectTransfer", transfer, withdraw=True)
    assert await desk.records("transfer") == []
