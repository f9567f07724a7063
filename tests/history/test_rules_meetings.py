"""Which meetings a child can have had, on which day, with which outcome; and which of those owed may be called earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.history.commands import CallEarlierReview, HeldOutcome, RecordHeldMeeting
from services.history.rules.meetings import (
    judge_called,
    judge_held,
    judge_meeting,
    judge_outcome,
    judge_participation,
    judge_shape,
)
from services.history.rules.outcomes import Decision, decide
from services.kernel.errors import InvalidInput
from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, ParticipationCode, TransferDirection
from services.statutory.clock import obligations
from services.statutory.counting import birthday
from services.statutory.facts import CarePeriodFact, HeldFact, PlanFact, Section47Fact, StatusFact, SubjectFacts, TransferFact
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

TODAY, BORN = date(2026, 9, 1), date(2012, 6, 1)
LAW = Timescales(SHIPPED)
K = MeetingKind
CARE, BREAKS = CarePeriodFact(started_on=date(2026, 3, 2)), CarePeriodFact(started_on=date(2026, 3, 2), short_break=True)
PLAN = PlanFact(started_on=date(2026, 3, 2))
DAY = date(2026, 5, 1)


def held(kind: MeetingKind, day: date = DAY, **more: Any) -> HeldFact:
    return HeldFact(kind=kind, held_on=day, **more)


def known(**facts: Any) -> SubjectFacts:
    values: dict[str, Any] = {"born_on": BORN, **facts}
    return SubjectFacts(subject_id=UUID(int=1), seen_until=TODAY, **values)


def in_care(*statuses: StatusFact, **facts: Any) -> SubjectFacts:
    return known(**{"care_periods": (CARE,), "statuses": statuses, **facts})


def status(which: CareStatus, started_on: date = date(2026, 4, 1), ended_on: date | None = None) -> StatusFact:
    return StatusFact(status=which, started_on=started_on, ended_on=ended_on)


def judge(meeting: HeldFact, facts: SubjectFacts) -> None:
    judge_held(meeting, facts, obligations(facts, LAW, england()), LAW, england())


def unborn(**facts: Any) -> SubjectFacts:
    return known(**{"born_on": None, "expected_on": date(2026, 7, 1), **facts})


# ------------------------------------------------------------------------------------------------ subjects


def meeting(kind: MeetingKind = K.CARE_REVIEW, **more: Any) -> RecordHeldMeeting:
    values: dict[str, Any] = {"references": ("CH1", "CH2"), **more}
    return RecordHeldMeeting(request_key="k", kind=kind, held_on=DAY, **values)


@pytest.mark.parametrize(
    ("field", "says", "command"),
    [
        ("references", "at least one child", meeting(references=())),
        ("references", "twice", meeting(references=("CH1", "CH1"))),
        ("references", "more than 50", meeting(references=tuple(str(number) for number in range(51)))),
        ("householdReference", "about children", meeting(household_reference="FH1")),
        ("householdReference", "one household and no child", meeting(K.FOSTER_HOME_REVIEW, references=())),
        ("householdReference", "one household and no child", meeting(K.FOSTER_HOME_REVIEW, household_reference="FH1")),
        ("outcomes", "not about CH3", meeting(outcomes=(HeldOutcome(reference="CH3"),))),
        ("outcomes", "twice", meeting(outcomes=(HeldOutcome(reference="CH1"), HeldOutcome(reference="CH1")))),
    ],
)
def test_a_meeting_has_the_subjects_of_its_kind(field: str, says: str, command: RecordHeldMeeting) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_meeting(command)
    assert refused.value.field == field


def test_a_meeting_of_children_or_of_one_household_is_taken() -> None:
    judge_meeting(meeting(outcomes=(HeldOutcome(reference="CH2"), HeldOutcome(reference="CH1"))))
    judge_meeting(meeting(K.FOSTER_HOME_REVIEW, references=(), household_reference="FH1"))


@pytest.mark.parametrize(
    ("field", "says", "meeting"),
    [
        ("heldOn", "in the future", held(K.CARE_REVIEW, date(2026, 9, 2))),
        ("heldOn", "in the future", held(K.REVIEW_CONFERENCE, date(2026, 9, 2))),
        ("heldOn", "weekend.*8875", held(K.REVIEW_CONFERENCE, date(2026, 5, 2))),
        ("heldOn", "weekend", held(K.PRE_BIRTH_CONFERENCE, date(2026, 5, 3))),
        ("completedOn", "give 2026-05-01 or later", held(K.CARE_REVIEW, completed_on=date(2026, 4, 30))),
        ("completedOn", "in the future", held(K.CARE_REVIEW, completed_on=date(2026, 9, 2))),
        ("completedOn", "weekend", held(K.INITIAL_CONFERENCE, completed_on=date(2026, 5, 9))),
        ("toReconvene", "no quorum", held(K.CARE_REVIEW, to_reconvene=True)),
        ("withoutMeeting", "CARE_REVIEW alone", held(K.ADOPTION_REVIEW, without_meeting=True)),
    ],
)
def test_a_meeting_on_a_day_or_of_a_sort_that_cannot_be_is_refused(field: str, says: str, meeting: HeldFact) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_shape(meeting, TODAY)
    assert refused.value.field == field


def test_a_review_may_be_on_a_weekend_and_a_conference_inquorate() -> None:
    judge_shape(held(K.CARE_REVIEW, date(2026, 5, 2), completed_on=date(2026, 5, 9)), TODAY)
    judge_shape(held(K.REVIEW_CONFERENCE, date(2026, 5, 1), completed_on=date(2026, 5, 8), to_reconvene=True), TODAY)


# -------------------------------------------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("field", "says", "meeting", "facts"),
    [
        ("heldOn", "before the child was born", held(K.CARE_REVIEW, date(2012, 5, 31)), in_care()),
        ("heldOn", "18th birthday", held(K.CARE_REVIEW), in_care(born_on=date(2008, 5, 1))),
        ("heldOn", "death", held(K.CARE_REVIEW), in_care(died_on=date(2026, 4, 30))),
        ("heldOn", "adoption order", held(K.CARE_REVIEW), in_care(adopted_on=date(2026, 4, 30))),
        ("heldOn", "recorded already", held(K.CARE_REVIEW), in_care(held=(held(K.CARE_REVIEW),))),
        ("heldOn", "not looked after", held(K.CARE_REVIEW, date(2026, 3, 1)), in_care()),
        ("heldOn", "not looked after", held(K.CARE_REVIEW), known(care_periods=(replace(CARE, ended_on=date(2026, 4, 30)),))),
        ("kind", "SSDA903 399", held(K.CARE_REVIEW), known(care_periods=(BREAKS,))),
        ("kind", "give ADOPTION_REVIEW", held(K.CARE_REVIEW), in_care(status(CareStatus.PLACED_FOR_ADOPTION, date(2026, 4, 30)))),
        ("heldOn", "AUTHORISED_FOR_ADOPTION or PLACED_FOR_ADOPTION", held(K.ADOPTION_REVIEW), in_care()),
        ("heldOn", "SECURE", held(K.SECURE_CRITERIA_REVIEW), in_care(status(CareStatus.SECURE, date(2026, 5, 2)))),
        ("heldOn", "SECURE", held(K.SECURE_CRITERIA_REVIEW), in_care(status(CareStatus.SECURE, ended_on=date(2026, 4, 30)))),
        ("heldOn", "no agreed series", held(K.SHORT_BREAK_REVIEW), in_care()),
        (
            "heldOn",
            "no agreed series",
            held(K.SHORT_BREAK_REVIEW),
            known(care_periods=(replace(BREAKS, started_on=date(2025, 3, 2), ended_on=date(2025, 4, 30)),)),
        ),
        ("heldOn", "8841", held(K.REVIEW_CONFERENCE), known()),
        ("heldOn", "strictly after .*8841", held(K.REVIEW_CONFERENCE, PLAN.started_on), known(plans=(PLAN,))),
        ("heldOn", "8841", held(K.REVIEW_CONFERENCE), known(plans=(replace(PLAN, ended_on=date(2026, 4, 30)),))),
        ("kind", "8935", held(K.INITIAL_CONFERENCE), known(plans=(PLAN,))),
        ("kind", "give INITIAL_CONFERENCE", held(K.PRE_BIRTH_CONFERENCE), known(born_on=date(2026, 4, 30))),
        ("kind", "give PRE_BIRTH_CONFERENCE", held(K.INITIAL_CONFERENCE), unborn()),
        ("kind", "give PRE_BIRTH_CONFERENCE", held(K.INITIAL_CONFERENCE), known(born_on=date(2026, 5, 2))),
        ("kind", "not born yet", held(K.CARE_REVIEW, date(2026, 8, 1)), unborn()),
        ("kind", "recordTransferIn", held(K.TRANSFER_IN_CONFERENCE), known()),
        ("withoutMeeting", "no LONG_TERM_PLACEMENT", held(K.CARE_REVIEW, without_meeting=True), in_care()),
    ],
)
def test_a_meeting_that_the_child_cannot_have_had_is_refused(field: str, says: str, meeting: HeldFact, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge(meeting, facts)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("meeting", "facts"),
    [
        (held(K.CARE_REVIEW, date(2026, 3, 2)), in_care()),
        (held(K.CARE_REVIEW), known(care_periods=(replace(CARE, ended_on=DAY),))),
        (held(K.CARE_REVIEW, date(2026, 2, 2)), known(care_periods=(replace(CARE, started_on_exact=False),))),
        (held(K.CARE_REVIEW), in_care(status(CareStatus.PLACED_FOR_ADOPTION, DAY))),
        (held(K.CARE_REVIEW), in_care(held=(held(K.CARE_REVIEW, date(2026, 4, 30)),))),
        (held(K.CARE_REVIEW), in_care(born_on=date(2008, 5, 2))),
        (held(K.ADOPTION_REVIEW), in_care(status(CareStatus.AUTHORISED_FOR_ADOPTION, DAY))),
        (held(K.ADOPTION_REVIEW), in_care(status(CareStatus.PLACED_FOR_ADOPTION, ended_on=DAY))),
        (held(K.SECURE_CRITERIA_REVIEW), in_care(status(CareStatus.SECURE))),
        (held(K.SHORT_BREAK_REVIEW), known(care_periods=(BREAKS,))),
        (held(K.SHORT_BREAK_REVIEW), known(care_periods=(replace(BREAKS, started_on=date(2025, 3, 2), ended_on=date(2025, 5, 1)),))),
        (held(K.REVIEW_CONFERENCE, date(2026, 3, 3)), known(plans=(PLAN,))),
        (held(K.REVIEW_CONFERENCE), known(plans=(replace(PLAN, ended_on=DAY),))),
        (held(K.REVIEW_CONFERENCE), unborn(plans=(PLAN,))),
        (held(K.INITIAL_CONFERENCE), known()),
        (held(K.INITIAL_CONFERENCE), known(plans=(replace(PLAN, ended_on=DAY),))),
        (held(K.PRE_BIRTH_CONFERENCE), unborn()),
        (held(K.PRE_BIRTH_CONFERENCE), known(born_on=DAY)),
        (held(K.TRANSFER_IN_CONFERENCE), known(transfers=(TransferFact(direction=TransferDirection.IN, notified_on=DAY),))),
    ],
)
def test_a_meeting_that_the_child_can_have_had_is_taken(meeting: HeldFact, facts: SubjectFacts) -> None:
    judge(meeting, facts)


def test_an_inquorate_conference_of_a_child_on_an_interim_plan_meets_again() -> None:
    first = held(K.INITIAL_CONFERENCE, date(2026, 4, 22), to_reconvene=True)
    enquiry = Section47Fact(initiating_discussion_on=date(2026, 4, 15))
    interim = PlanFact(started_on=date(2026, 4, 22))
    judge(held(K.INITIAL_CONFERENCE), known(section47s=(enquiry,), held=(first,), plans=(interim,)))
    with pytest.raises(InvalidInput, match="8935"):
        judge(held(K.INITIAL_CONFERENCE), known(section47s=(enquiry,), held=(replace(first, to_reconvene=False),), plans=(interim,)))


LONG = CareStatus.LONG_TERM_PLACEMENT
SETTLED = replace(CARE, started_on=date(2024, 1, 1))
PAPER = held(K.CARE_REVIEW, without_meeting=True)


@pytest.mark.parametrize(
    ("says", "started_on", "met_on"),
    [
        (None, date(2025, 5, 1), date(2025, 5, 1)),
        ("has not lasted a year", date(2025, 5, 2), date(2026, 1, 1)),
        ("no review with a meeting is recorded in the year", date(2024, 5, 1), date(2025, 4, 30)),
    ],
)
def test_a_review_of_the_file_alone_needs_a_settled_placement_and_a_meeting_within_the_year(
    says: str | None, started_on: date, met_on: date
) -> None:
    facts = known(care_periods=(SETTLED,), statuses=(status(LONG, started_on),), held=(held(K.CARE_REVIEW, met_on),))
    if says is None:
        judge(PAPER, facts)
        return
    with pytest.raises(InvalidInput, match=says) as refused:
        judge(PAPER, facts)
    assert refused.value.field == "withoutMeeting"


def test_a_review_of_the_file_alone_is_no_meeting_within_the_year() -> None:
    paper = replace(PAPER, held_on=date(2026, 4, 1))
    with pytest.raises(InvalidInput, match="no review with a meeting"):
        judge(PAPER, known(care_periods=(SETTLED,), statuses=(status(LONG, date(2024, 5, 1)),), held=(paper,)))


# ------------------------------------------------------------------------------------------------ outcomes


@given(born_on=st.dates(date(2008, 1, 1), date(2026, 1, 1)), held_on=st.dates(date(2008, 1, 1), date(2026, 9, 1)))
def test_pn0_is_for_those_under_four_and_for_them_alone(born_on: date, held_on: date) -> None:
    under_four = born_on <= held_on < birthday(born_on, 4)
    for code in ParticipationCode:
        right = born_on <= held_on and (code is ParticipationCode.PN0) is under_four
        if right:
            judge_participation("participation", code, held_on, born_on)
            continue
        with pytest.raises(InvalidInput):
            judge_participation("participation", code, held_on, born_on)


def test_on_the_fourth_birthday_a_child_is_four() -> None:
    judge_participation("outcomes", ParticipationCode.PN4, date(2026, 5, 1), date(2022, 5, 1))
    judge_participation("outcomes", ParticipationCode.PN0, date(2026, 4, 30), date(2022, 5, 1))
    for code, day, rule in [(ParticipationCode.PN0, date(2026, 5, 1), "440"), (ParticipationCode.PN1, date(2026, 4, 30), "441")]:
        with pytest.raises(InvalidInput, match=rule) as refused:
            judge_participation("outcomes", code, day, date(2022, 5, 1))
        assert refused.value.field == "outcomes"
    judge_participation("outcomes", None, DAY, None)


def outcome(**values: Any) -> HeldOutcome:
    return HeldOutcome(reference="CH1", **values)


@pytest.mark.parametrize(
    ("says", "meeting", "said"),
    [
        ("say whether a plan starts", held(K.INITIAL_CONFERENCE), None),
        ("say whether a plan starts", held(K.TRANSFER_IN_CONFERENCE), outcome(category="NEG")),
        ("only a conference", held(K.CARE_REVIEW), outcome(on_plan=True)),
        ("category goes with a plan", held(K.CARE_REVIEW), outcome(category="NEG")),
        ("category goes with a plan", held(K.REVIEW_CONFERENCE), outcome(on_plan=False, category="NEG")),
        ("such as NEG", held(K.REVIEW_CONFERENCE), outcome(category="")),
        ("inquorate", held(K.REVIEW_CONFERENCE, to_reconvene=True), outcome(on_plan=False)),
    ],
)
def test_an_outcome_that_does_not_go_with_its_meeting_is_refused(says: str, meeting: HeldFact, said: HeldOutcome | None) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_outcome(meeting, said)
    assert refused.value.field == "outcomes"


def test_an_outcome_that_goes_with_its_meeting_is_taken() -> None:
    for meeting, said in [
        (held(K.INITIAL_CONFERENCE), outcome(on_plan=False)),
        (held(K.INITIAL_CONFERENCE, to_reconvene=True), outcome(on_plan=True, category="NEG")),
        (held(K.REVIEW_CONFERENCE), None),
        (held(K.REVIEW_CONFERENCE), outcome(category="EMO")),
        (held(K.CARE_REVIEW), outcome(participation=ParticipationCode.PN1)),
    ]:
        judge_outcome(meeting, said)


ON_PLAN, OFF_PLAN = outcome(on_plan=True, category="NEG"), outcome(on_plan=False)
INITIAL, REVIEW = held(K.INITIAL_CONFERENCE, PLAN.started_on), held(K.REVIEW_CONFERENCE)
ENDED = replace(PLAN, ended_on=DAY)


@pytest.mark.parametrize(
    ("meeting", "said", "plans", "decision"),
    [
        (INITIAL, ON_PLAN, (), Decision(before=None, plan=PLAN, category="NEG")),
        (
            replace(INITIAL, completed_on=date(2026, 3, 9)),
            ON_PLAN,
            (),
            Decision(before=None, plan=PlanFact(started_on=date(2026, 3, 9)), category="NEG"),
        ),
        (INITIAL, ON_PLAN, (PLAN,), Decision(before=PLAN, plan=PLAN, category="NEG")),
        (INITIAL, ON_PLAN, (ENDED,), Decision(before=ENDED, plan=ENDED, category="NEG")),
        (INITIAL, outcome(on_plan=True), (PLAN,), None),
        (INITIAL, OFF_PLAN, (), None),
        (REVIEW, OFF_PLAN, (PLAN,), Decision(before=PLAN, plan=ENDED, category=None)),
        (REVIEW, OFF_PLAN, (ENDED,), None),
        (REVIEW, outcome(on_plan=True), (PLAN,), None),
        (REVIEW, outcome(category="EMO"), (PLAN,), Decision(before=PLAN, plan=PLAN, category="EMO")),
        (REVIEW, None, (ENDED,), None),
        (held(K.INITIAL_CONFERENCE), OFF_PLAN, (PLAN,), Decision(before=PLAN, plan=ENDED, category=None)),
        (held(K.INITIAL_CONFERENCE), outcome(on_plan=True), (PLAN,), None),
    ],
)
def test_a_conference_starts_a_plan_lets_it_go_on_or_ends_it(
    meeting: HeldFact, said: HeldOutcome | None, plans: tuple[PlanFact, ...], decision: Decision | None
) -> None:
    assert decide(meeting, said, known(plans=plans), TODAY) == decision


@pytest.mark.parametrize(
    ("field", "says", "meeting", "said", "plans"),
    [
        ("outcomes", "give true, or withdraw it", INITIAL, OFF_PLAN, (PLAN,)),
        ("outcomes", "and ended 2026-06-01", REVIEW, OFF_PLAN, (replace(PLAN, ended_on=date(2026, 6, 1)),)),
        ("outcomes", "onPlan true", REVIEW, outcome(on_plan=True), (ENDED,)),
        ("outcomes", "the plan follows, and .*8940", held(K.INITIAL_CONFERENCE, date(2026, 2, 2)), ON_PLAN, (ENDED,)),
        ("outcomes", "the plan follows, and .*8935", held(K.INITIAL_CONFERENCE, date(2026, 2, 2)), ON_PLAN, (PLAN,)),
    ],
)
def test_a_decision_that_the_records_contradict_is_refused(
    field: str, says: str, meeting: HeldFact, said: HeldOutcome, plans: tuple[PlanFact, ...]
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        decide(meeting, said, known(plans=plans), TODAY)
    assert refused.value.field == field


def test_a_plan_does_not_end_before_a_review_that_was_held_on_it() -> None:
    with pytest.raises(InvalidInput, match="leaves the REVIEW_CONFERENCE of 2026-06-01"):
        decide(REVIEW, OFF_PLAN, known(plans=(PLAN,), held=(held(K.REVIEW_CONFERENCE, date(2026, 6, 1)),)), TODAY)


# ------------------------------------------------------------------------------------------------- earlier


def call(kind: MeetingKind, by_on: date, reason: EarlierReviewReason) -> CallEarlierReview:
    return CallEarlierReview(request_key="k", reference="CH1", kind=kind, by_on=by_on, reason=reason)


R = EarlierReviewReason
OWED = in_care(status(CareStatus.REMAND), care_periods=(replace(CARE, started_on=date(2026, 8, 24)),))  # due on 22 September
ON_A_PLAN = known(plans=(replace(PLAN, started_on=date(2026, 8, 3)),), held=(held(K.INITIAL_CONFERENCE, date(2026, 8, 3)),))


@pytest.mark.parametrize(
    ("field", "says", "command", "facts"),
    [
        ("kind", "household", call(K.FOSTER_HOME_REVIEW, TODAY, R.IRO_REQUESTS), OWED),
        ("kind", "no ADOPTION_REVIEW is owed", call(K.ADOPTION_REVIEW, TODAY, R.IRO_REQUESTS), OWED),
        ("reason", "BECAME_LOOKED_AFTER does not bring a CARE_REVIEW forward", call(K.CARE_REVIEW, TODAY, R.BECAME_LOOKED_AFTER), OWED),
        ("reason", "give one of BECAME_LOOKED_AFTER, CIRCUMSTANCES_CHANGED", call(K.REVIEW_CONFERENCE, TODAY, R.IRO_REQUESTS), ON_A_PLAN),
        ("reason", "not looked after", call(K.REVIEW_CONFERENCE, TODAY, R.BECAME_LOOKED_AFTER), ON_A_PLAN),
        ("reason", "not remanded", call(K.CARE_REVIEW, TODAY, R.LEAVING_REMAND), in_care()),
        ("kind", "held today", call(K.CARE_REVIEW, date(2026, 10, 1), R.IRO_REQUESTS), replace(OWED, held=(held(K.CARE_REVIEW, TODAY),))),
        ("byOn", "give 2026-09-01 or later", call(K.CARE_REVIEW, date(2026, 8, 31), R.IRO_REQUESTS), OWED),
        ("byOn", "give a day before 2026-09-22", call(K.CARE_REVIEW, date(2026, 9, 22), R.IRO_REQUESTS), OWED),
    ],
)
def test_a_meeting_is_not_called_earlier_for_nothing(field: str, says: str, command: CallEarlierReview, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_called(command, facts, obligations(facts, LAW, england()), TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        (call(K.CARE_REVIEW, date(2026, 9, 21), R.LEAVING_REMAND), OWED),
        (call(K.CARE_REVIEW, TODAY, R.CHILD_REQUESTS), OWED),
        (call(K.REVIEW_CONFERENCE, date(2026, 11, 2), R.CIRCUMSTANCES_CHANGED), ON_A_PLAN),
        (call(K.REVIEW_CONFERENCE, TODAY, R.BECAME_LOOKED_AFTER), replace(ON_A_PLAN, care_periods=(CARE,))),
    ],
)
def test_a_meeting_that_is_owed_later_is_called_earlier(command: CallEarlierReview, facts: SubjectFacts) -> None:
    judge_called(command, facts, obligations(facts, LAW, england()), TODAY)
