"""What people record by hand, and what follows from it in the same transaction."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from services.history import service, store
from services.history.commands import EndCarePeriod, HeldOutcome, RecordAdoptionOrder, RecordDeath
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused
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
from services.platform.database import Connection
from services.platform.resources import Resources
from tests.history.desk import SUPPORT, TODAY, Desk
from tests.history.test_commands import iro_of

K = MeetingKind
AUTHORISED, PLACED, SECURE = CareStatus.AUTHORISED_FOR_ADOPTION, CareStatus.PLACED_FOR_ADOPTION, CareStatus.SECURE


@pytest.fixture
def desk(resources: Resources, now: datetime) -> Desk:
    return Desk(resources, now)


# ----------------------------------------------------------------------------------- births, deaths, orders


async def test_an_unborn_child_that_is_born_keeps_its_record_plan_and_clock(desk: Desk) -> None:
    child = await desk.child(born_on=None, expected_on=date(2026, 9, 10))
    await desk.held(K.PRE_BIRTH_CONFERENCE, date(2026, 7, 6), on_plan=True)
    assert await desk.open(child) == [("REVIEW_CONFERENCE_FIRST", date(2026, 10, 6))]
    assert await desk.do("RecordBirth", reference="CH1", born_on=date(2026, 8, 24)) == child
    fact = await desk.record("child_fact")
    assert (fact["born_on"], fact["expected_on"]) == (date(2026, 8, 24), None)
    assert await desk.open(child) == [("POST_BIRTH_REVIEW", date(2026, 10, 6))]
    assert len(await desk.records("protection_plan")) == 1


async def test_a_child_born_before_its_conference_is_owed_an_initial_one_from_the_same_day(desk: Desk) -> None:
    child = await desk.child(born_on=None, expected_on=date(2026, 9, 10))
    await desk.do("RecordStrategyDiscussion", references=("CH1",), held_on=date(2026, 8, 24))
    assert await desk.open(child) == [("PRE_BIRTH_CONFERENCE", date(2026, 9, 15))]
    await desk.do("RecordBirth", reference="CH1", born_on=TODAY)
    assert await desk.open(child) == [("INITIAL_CONFERENCE", date(2026, 9, 15))]


async def test_a_death_ends_care_plan_and_statuses_and_every_clock(desk: Desk) -> None:
    child = await desk.child()
    await desk.care()
    await desk.plan()
    await desk.do("StartCareStatus", reference="CH1", status=SECURE, started_on=date(2026, 8, 3))
    assert len(await desk.open(child)) == 3
    await desk.do("RecordDeath", reference="CH1", died_on=date(2026, 8, 20))
    for table in ("care_period", "protection_plan", "care_status"):
        ((_, ended_on, reason),) = await desk.days(table)
        assert (ended_on, reason) == (date(2026, 8, 20), "DIED")
    assert await desk.open(child) == []
    with pytest.raises(InvalidInput, match="comes after the child's death"):
        await desk.care(date(2026, 8, 21))


async def test_an_adoption_order_ends_the_placement_and_every_clock(desk: Desk) -> None:
    child = await desk.child()
    await desk.care()
    await desk.do("StartCareStatus", reference="CH1", status=AUTHORISED, started_on=date(2026, 4, 1))
    await desk.do("StartCareStatus", reference="CH1", status=PLACED, started_on=date(2026, 8, 3))
    assert ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 8, 31)) in await desk.open(child)
    await desk.do("RecordAdoptionOrder", reference="CH1", made_on=date(2026, 8, 20))
    assert {reason for table in ("care_period", "care_status") for *_, reason in await desk.days(table)} == {"ADOPTED"}
    assert await desk.open(child) == []
    assert (await desk.record("child_fact"))["adopted_on"] == date(2026, 8, 20)


async def _refuse_once(seen: list[tuple[UUID, set[str]]], connection: Connection, child_id: UUID) -> list[UUID]:
    rows = await connection.fetch("SELECT state FROM obligation WHERE child_id = $1", child_id)
    seen.append((child_id, {row["state"] for row in rows}))
    if len(seen) == 1:
        raise InvalidInput("not now")
    return []


async def test_what_a_room_above_does_about_a_death_or_an_order_is_done_with_it_or_not_at_all(desk: Desk) -> None:
    died = RecordDeath(request_key="died", reference="CH1", died_on=TODAY)
    adopted = RecordAdoptionOrder(request_key="adopted", reference="CH2", made_on=TODAY)
    children = [await desk.child("CH1"), await desk.child("CH2")]
    for reference in ("CH1", "CH2"):
        await desk.care(reference=reference)
    for number, child in enumerate(children):
        seen: list[tuple[UUID, set[str]]] = []

        async def record(number: int = number, seen: list[tuple[UUID, set[str]]] = seen) -> UUID:
            afterwards = partial(_refuse_once, seen)
            if number == 0:
                return await service.record_death(desk.resources, SUPPORT, died, desk.now, afterwards=afterwards)
            return await service.record_adoption_order(desk.resources, SUPPORT, adopted, desk.now, afterwards=afterwards)

        with pytest.raises(InvalidInput, match="not now"):
            await record()
        assert (await desk.days("care_period", child_id=child))[0][1] is None
        assert [await record(), await record()] == [child, child]
        assert seen == [(child, {"VOID"})] * 2  # the key was known the third time


# -------------------------------------------------------------------------------------------------- care


async def test_a_remand_is_a_status_too_and_ends_with_care(desk: Desk) -> None:
    child = await desk.child(born_on=date(2012, 1, 1))
    await desk.care(date(2026, 8, 24), legal_status="J1")
    assert [rule for rule, _ in await desk.open(child)] == ["REMAND_REVIEW_FIRST"]
    await desk.do("EndCarePeriod", reference="CH1", ended_on=TODAY, reason="sentenced")
    assert await desk.days("care_status", status="REMAND") == [(date(2026, 8, 24), TODAY, "CARE_ENDED")]
    assert await desk.open(child) == []


async def test_one_break_of_a_series_is_a_status_and_an_agreement_is_none(desk: Desk) -> None:
    await desk.child()
    await desk.care(date(2026, 8, 3), legal_status="V3")
    assert await desk.days("care_status", status="SHORT_BREAK") == [(date(2026, 8, 3), None, None)]
    await desk.child("CH2")
    await desk.care(date(2026, 8, 3), "CH2", legal_status="V4")
    assert len(await desk.records("care_status")) == 1


async def test_a_stay_of_under_24_hours_voids_its_clock_and_is_kept(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(TODAY, legal_status="V2")
    await desk.do("EndCarePeriod", reference="CH1", ended_on=TODAY, reason="went home the same day")
    assert await desk.days("care_period") == [(TODAY, TODAY, "went home the same day")]
    assert await desk.open(child) == []


async def test_a_disrupted_placement_is_reviewed_between_28_and_42_days_later(desk: Desk) -> None:
    child = await desk.child()
    await desk.care()
    await desk.do("StartCareStatus", reference="CH1", status=AUTHORISED, started_on=date(2026, 4, 1))
    await desk.do("StartCareStatus", reference="CH1", status=PLACED, started_on=date(2026, 6, 1))
    await desk.do("EndCareStatus", reference="CH1", status=PLACED, ended_on=date(2026, 8, 20), reason=CareStatusEnd.DISRUPTED)
    ((_, ended_on, reason),) = await desk.days("care_status", status="PLACED_FOR_ADOPTION")
    assert (ended_on, reason) == (date(2026, 8, 20), "DISRUPTED")
    assert ("ADOPTION_REVIEW_DISRUPTED", date(2026, 10, 1)) in await desk.open(child)


async def test_a_child_on_a_plan_comes_into_care_and_both_clocks_run(desk: Desk) -> None:
    child = await desk.child()
    await desk.plan(date(2026, 8, 3))
    await desk.care(date(2026, 8, 24))
    assert sorted(await desk.open(child)) == [("CARE_REVIEW_FIRST", date(2026, 9, 22)), ("REVIEW_CONFERENCE_FIRST", date(2026, 11, 3))]


async def test_two_who_end_the_same_care_at_once_end_it_once(desk: Desk) -> None:
    child = await desk.child()
    await desk.care()
    async with desk.resources.database.transaction() as connection:
        await store.lock_children(connection, [child])
        ends = [EndCarePeriod(request_key=f"end {day}", reference="CH1", ended_on=date(2026, 8, day), reason="home") for day in (3, 4)]
        both = [asyncio.ensure_future(service.end_care_period(desk.resources, SUPPORT, each, desk.now)) for each in ends]
        while await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < 2:
            pass
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["InvalidInput", "UUID"]
    assert len(await desk.fetch("SELECT FROM care_period")) == 2


# ------------------------------------------------------------------------------------------------- plans


async def test_a_plan_that_no_conference_made_is_refused_and_one_that_did_is_taken(desk: Desk) -> None:
    child = await desk.child()
    with pytest.raises(InvalidInput, match="2885") as refused:
        await desk.do("StartProtectionPlan", reference="CH1", started_on=date(2026, 8, 3))
    assert refused.value.field == "startedOn"
    await desk.held(K.INITIAL_CONFERENCE, date(2026, 8, 3), on_plan=False)
    assert await desk.open(child) == []
    await desk.do("StartProtectionPlan", reference="CH1", started_on=date(2026, 8, 3), category="NEG")
    assert (await desk.record("protection_plan"))["category"] == "NEG"
    assert await desk.open(child) == [("REVIEW_CONFERENCE_FIRST", date(2026, 11, 3))]


async def test_a_plan_ends_by_the_review_that_is_recorded_or_with_it(desk: Desk) -> None:
    child = await desk.child()
    await desk.plan()
    await desk.held(K.REVIEW_CONFERENCE, date(2026, 5, 29))
    assert await desk.open(child) == [("REVIEW_CONFERENCE_NEXT", date(2026, 11, 29))]
    await desk.do("EndProtectionPlan", reference="CH1", ended_on=date(2026, 5, 29), reason=PlanEnd.REVIEW_CONFERENCE)
    assert await desk.days("protection_plan") == [(date(2026, 3, 2), date(2026, 5, 29), "REVIEW_CONFERENCE")]
    assert await desk.open(child) == []
    await desk.plan(date(2026, 6, 8))
    await desk.held(K.REVIEW_CONFERENCE, date(2026, 8, 28), on_plan=False)
    assert (await desk.days("protection_plan"))[1] == (date(2026, 6, 8), date(2026, 8, 28), "REVIEW_CONFERENCE")


async def test_a_child_that_moves_in_is_owed_a_conference_until_it_is_held_or_the_move_fails(desk: Desk) -> None:
    first, second = await desk.child("CH1"), await desk.child("CH2")
    assert await desk.do("RecordTransferIn", references=("CH2", "CH1"), notified_on=date(2026, 8, 29)) == [second, first]
    for child in (first, second):
        assert await desk.open(child) == [("TRANSFER_IN_CONFERENCE", date(2026, 9, 21))]
    await desk.held(K.TRANSFER_IN_CONFERENCE, date(2026, 8, 31), "CH1", on_plan=True)
    assert await desk.open(first) == [("REVIEW_CONFERENCE_FIRST", date(2026, 11, 30))]
    await desk.do("WithdrawTransfer", reference="CH2", direction=TransferDirection.IN, withdrawn_on=TODAY)
    assert await desk.open(second) == []


async def test_one_who_cannot_move_in_and_nobody_has(desk: Desk) -> None:
    await desk.child("CH1")
    await desk.child("CH2")
    await desk.plan(date(2026, 8, 3), "CH2")
    with pytest.raises(InvalidInput, match="CH2: notifiedOn 2026-08-28: the child is on a plan of ours"):
        await desk.do("RecordTransferIn", references=("CH1", "CH2"), notified_on=date(2026, 8, 28))
    assert await desk.records("transfer") == []


async def test_a_plan_stays_ours_until_the_other_authority_has_held_its_conference(desk: Desk) -> None:
    child = await desk.child()
    await desk.plan()
    await desk.do("RecordTransferOut", reference="CH1", notified_on=date(2026, 4, 1))
    assert await desk.open(child) == [("REVIEW_CONFERENCE_FIRST", date(2026, 6, 2))]
    await desk.do("CompleteTransferOut", reference="CH1", conference_on=date(2026, 4, 20))
    assert await desk.days("protection_plan") == [(date(2026, 3, 2), date(2026, 4, 20), "TRANSFERRED_OUT")]
    assert await desk.open(child) == []


# ---------------------------------------------------------------------------------------------- meetings


async def test_a_meeting_that_was_never_booked_answers_what_was_owed_and_starts_the_next(desk: Desk) -> None:
    first, second = await desk.child("CH1"), await desk.child("CH2")
    await desk.do("RecordStrategyDiscussion", references=("CH1", "CH2"), held_on=date(2026, 8, 3))
    outcomes = (HeldOutcome(reference="CH1", on_plan=True, category="NEG"), HeldOutcome(reference="CH2", on_plan=False))
    answer = await desk.held(K.INITIAL_CONFERENCE, date(2026, 8, 21), "CH1", "CH2", outcomes=outcomes)
    assert answer == [first, second]
    assert await desk.owed(first) == [
        ("INITIAL_CONFERENCE", date(2026, 8, 3), date(2026, 8, 24), "HELD"),
        ("REVIEW_CONFERENCE_FIRST", date(2026, 8, 21), date(2026, 11, 21), "OPEN"),
    ]
    assert await desk.owed(second) == [("INITIAL_CONFERENCE", date(2026, 8, 3), date(2026, 8, 24), "HELD")]
    assert (await desk.record("protection_plan"))["category"] == "NEG"


async def test_an_inquorate_conference_is_to_meet_again_within_ten_working_days(desk: Desk) -> None:
    child = await desk.child()
    await desk.held(K.INITIAL_CONFERENCE, date(2026, 8, 24), on_plan=True, to_reconvene=True)
    assert ("INQUORATE_CONFERENCE", date(2026, 9, 8)) in await desk.open(child)
    await desk.held(K.INITIAL_CONFERENCE, TODAY, on_plan=True)
    assert [rule for rule, _ in await desk.open(child)] == ["REVIEW_CONFERENCE_FIRST"]
    assert len(await desk.records("protection_plan")) == 1


async def test_participation_and_the_second_day_of_an_adjourned_review_are_kept(desk: Desk) -> None:
    await desk.child()
    await desk.care()
    outcomes = (HeldOutcome(reference="CH1", participation=ParticipationCode.PN3),)
    await desk.held(K.CARE_REVIEW, date(2026, 3, 20), outcomes=outcomes, completed_on=date(2026, 4, 1))
    held = await desk.record("held_record")
    assert (held["participation"], held["completed_on"], held["source"]) == ("PN3", date(2026, 4, 1), "RECORDED")
    wrong = (HeldOutcome(reference="CH1", participation=ParticipationCode.PN0),)
    with pytest.raises(InvalidInput, match=r"CH1: participation PN0 .*440"):
        await desk.held(K.CARE_REVIEW, date(2026, 6, 1), outcomes=wrong)


async def test_one_child_of_a_meeting_is_refused_and_it_is_recorded_of_none(desk: Desk) -> None:
    await desk.child("CH1")
    await desk.child("CH2")
    await desk.care(reference="CH1")
    with pytest.raises(InvalidInput, match="CH2: heldOn 2026-03-20: the child was not looked after") as refused:
        await desk.held(K.CARE_REVIEW, date(2026, 3, 20), "CH1", "CH2")
    assert refused.value.field == "heldOn"
    assert await desk.records("held_record") == []


async def test_a_meeting_that_is_called_earlier_is_owed_by_then_and_the_next_by_its_rule(desk: Desk) -> None:
    child = await desk.child()
    await desk.care(date(2026, 8, 24))
    await desk.do(
        "CallEarlierReview", reference="CH1", kind=K.CARE_REVIEW, by_on=date(2026, 9, 8), reason=EarlierReviewReason.CHILD_REQUESTS
    )
    (row,) = await desk.fetch("SELECT statutory_due_on, brought_forward_by FROM obligation WHERE child_id = $1", child)
    assert tuple(row) == (date(2026, 9, 8), "CHILD_REQUESTS")
    with pytest.raises(InvalidInput, match="give a day before 2026-09-08"):
        await desk.do(
            "CallEarlierReview", reference="CH1", kind=K.CARE_REVIEW, by_on=date(2026, 9, 8), reason=EarlierReviewReason.IRO_REQUESTS
        )
    desk.now += timedelta(days=1)
    await desk.held(K.CARE_REVIEW, date(2026, 9, 2))
    assert await desk.open(child) == [("CARE_REVIEW_SECOND", date(2026, 12, 2))]


# ------------------------------------------------------------------------- keys, rights and the audit

EVERY: list[tuple[str, dict[str, Any]]] = [
    ("RecordBirth", {"reference": "CH1", "born_on": TODAY}),
    ("RecordDeath", {"reference": "CH1", "died_on": TODAY}),
    ("RecordAdoptionOrder", {"reference": "CH1", "made_on": TODAY}),
    ("StartProtectionPlan", {"reference": "CH1", "started_on": TODAY}),
    ("EndProtectionPlan", {"reference": "CH1", "ended_on": TODAY, "reason": PlanEnd.MOVED_ABROAD}),
    ("RecordTransferIn", {"references": ("CH1",), "notified_on": TODAY}),
    ("RecordTransferOut", {"reference": "CH1", "notified_on": TODAY}),
    ("CompleteTransferOut", {"reference": "CH1", "conference_on": TODAY}),
    ("WithdrawTransfer", {"reference": "CH1", "direction": TransferDirection.IN, "withdrawn_on": TODAY}),
    ("StartCareStatus", {"reference": "CH1", "status": SECURE, "started_on": TODAY}),
    ("EndCareStatus", {"reference": "CH1", "status": SECURE, "ended_on": TODAY, "reason": CareStatusEnd.ENDED}),
    ("CallEarlierReview", {"reference": "CH1", "kind": K.CARE_REVIEW, "by_on": TODAY, "reason": EarlierReviewReason.IRO_REQUESTS}),
    ("RecordHeldMeeting", {"references": ("CH1",), "kind": K.CARE_REVIEW, "held_on": TODAY}),
    ("CorrectChild", {"reference": "CH1", "born_on": TODAY, "reason": "typing error"}),
]


async def test_of_a_child_that_is_not_hers_an_officer_records_nothing_and_learns_nothing(desk: Desk) -> None:
    await desk.child("CH1")
    officer = desk.as_actor(await iro_of(desk.resources, await desk.child("CH2")))
    auditor = desk.as_actor(Actor(subject="a", role=Role.AUDITOR, name="A"))
    for verb, values in EVERY:
        with pytest.raises(NotFound, match="no child with the reference CH1"):
            await officer.do(verb, **values)
        with pytest.raises(Forbidden):
            await auditor.do(verb, **values)
    assert {row["action"] for row in await desk.fetch("SELECT action FROM audit_event")} == {"REGISTER_CHILD"}


async def test_a_child_that_was_merged_into_another_is_recorded_of_under_either_reference(desk: Desk) -> None:
    child, other = await desk.child("CH1"), await desk.child("LA1")
    await desk.fetch("UPDATE child SET merged_into = $1 WHERE id = $2", child, other)
    assert await desk.do("StartCarePeriod", reference="LA1", started_on=date(2026, 8, 3)) == child
    with pytest.raises(InvalidInput, match="names a child twice"):
        await desk.do("RecordStrategyDiscussion", references=("CH1", "LA1"), held_on=TODAY)


async def test_an_officer_records_of_her_own_children(desk: Desk) -> None:
    officer = desk.as_actor(await iro_of(desk.resources, await desk.child()))
    await officer.care()
    await officer.held(K.CARE_REVIEW, date(2026, 3, 20))
    assert len(await desk.records("held_record")) == 1


async def test_a_key_records_once_and_guards_against_another_body(desk: Desk) -> None:
    child = await desk.child()
    for _ in range(2):
        assert await desk.do("RecordDeath", key="k", reference="CH1", died_on=TODAY) == child
    with pytest.raises(RequestKeyReused):
        await desk.do("RecordDeath", key="k", reference="CH1", died_on=date(2026, 8, 31))
    assert len(await desk.fetch("SELECT FROM child_fact")) == 2


async def test_two_with_one_key_at_once_get_one_answer(desk: Desk) -> None:
    child = await desk.child()
    command = RecordDeath(request_key="k", reference="CH1", died_on=TODAY)
    twice = [service.record_death(desk.resources, SUPPORT, command, desk.now) for _ in range(2)]
    assert await asyncio.gather(*twice) == [child, child]
    assert len(await desk.fetch("SELECT FROM child_fact")) == 2


async def test_what_was_known_before_stays_readable(desk: Desk) -> None:
    child = await desk.child()
    await desk.care()
    before = desk.now
    await desk.do("RecordDeath", reference="CH1", died_on=TODAY)
    async with desk.resources.database.connection() as connection:
        then = (await service.facts_of(connection, [child], known_at=before + timedelta(seconds=1)))[child]
        now = (await service.facts_of(connection, [child]))[child]
    assert (then.died_on, then.care_periods[0].ended_on) == (None, None)
    assert (now.died_on, now.care_periods[0].ended_on) == (TODAY, TODAY)


async def test_the_audit_names_every_deed_by_days_and_codes_without_words_about_a_child(desk: Desk) -> None:
    child = await desk.child("SECRET-1")
    await desk.care(reference="SECRET-1")
    await desk.held(K.CARE_REVIEW, date(2026, 3, 20), "SECRET-1")
    await desk.do("EndCarePeriod", reference="SECRET-1", ended_on=TODAY, reason="private matter")
    events = await desk.fetch("SELECT action, subject, details::text AS details FROM audit_event ORDER BY id")
    assert [event["action"] for event in events] == ["REGISTER_CHILD", "START_CARE_PERIOD", "RECORD_HELD_MEETING", "END_CARE_PERIOD"]
    assert {event["subject"] for event in events} == {f"child:{child}"}
    told = " ".join(event["details"] for event in events)
    assert not any(word in told for word in ("SECRET", "private", "2015"))
    assert all(word in told for word in ("2026-03-20", "CARE_REVIEW"))
