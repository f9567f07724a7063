"""Clocks of child protection conferences: unborn children, moves between authorities, inquorate and adjourned conferences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.kernel.words import EarlierReviewReason, MeetingKind, ObligationState, TransferDirection
from services.statutory.clock import Due, HeldFact, PlanFact, Section47Fact, SubjectFacts, obligations, owed_from
from services.statutory.facts import EarlierReviewFact, TransferFact
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

LAW = Timescales(SHIPPED)
CHILD = SubjectFacts(subject_id=UUID(int=7), born_on=date(2015, 6, 1))
UNBORN = SubjectFacts(subject_id=UUID(int=7), expected_on=date(2026, 11, 16))
INITIAL, PRE_BIRTH = MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE
TRANSFER_IN, REVIEW = MeetingKind.TRANSFER_IN_CONFERENCE, MeetingKind.REVIEW_CONFERENCE
OPEN, HELD, VOID = ObligationState.OPEN, ObligationState.HELD, ObligationState.VOID


def owed(facts: SubjectFacts, kind: MeetingKind | None = None) -> list[Due]:
    return [due for due in obligations(facts, LAW, england()) if kind in (None, due.kind)]


def outline(facts: SubjectFacts, kind: MeetingKind | None = None) -> list[tuple[str, date, date, ObligationState]]:
    return [(due.timescale.code, due.triggered_on, due.statutory_due_on, due.state) for due in owed(facts, kind)]


def held(kind: MeetingKind, *days: date, **more: Any) -> tuple[HeldFact, ...]:
    return tuple(HeldFact(kind=kind, held_on=day, **more) for day in days)


def discussed(child: SubjectFacts, *days: date, **more: Any) -> SubjectFacts:
    return replace(child, section47s=tuple(Section47Fact(initiating_discussion_on=day) for day in days), **more)


# ------------------------------------------------------------------------------------------------ unborn


def test_a_later_discussion_about_an_unborn_child_starts_the_clock_anew() -> None:
    within, long_after = date(2026, 9, 8), date(2026, 10, 26)
    for later in (within, long_after):
        assert [due.triggered_on for due in owed(discussed(UNBORN, date(2026, 9, 1), later))] == [later]
    three = discussed(UNBORN, date(2026, 10, 26), date(2026, 9, 1), date(2026, 9, 8))
    assert outline(three) == [("PRE_BIRTH_CONFERENCE", date(2026, 10, 26), date(2026, 11, 16), OPEN)]


def test_a_discussion_after_the_pre_birth_conference_or_after_the_birth_re_anchors_nothing() -> None:
    conference = held(PRE_BIRTH, date(2026, 9, 10))
    after_it = discussed(UNBORN, date(2026, 9, 1), date(2026, 9, 14), held=conference)
    assert [(due.triggered_on, due.state) for due in owed(after_it)] == [(date(2026, 9, 1), HELD), (date(2026, 9, 14), OPEN)]
    born = replace(discussed(UNBORN, date(2026, 9, 1), date(2026, 9, 14)), expected_on=None, born_on=date(2026, 9, 10))
    assert [(due.kind, due.triggered_on) for due in owed(born)] == [(INITIAL, date(2026, 9, 1))]


def test_a_discussion_that_needs_no_conference_re_anchors_nothing() -> None:
    asked = Section47Fact(initiating_discussion_on=date(2026, 9, 1))
    none_needed = Section47Fact(initiating_discussion_on=date(2026, 9, 8), conference_not_required=True)
    assert [due.triggered_on for due in owed(replace(UNBORN, section47s=(asked, none_needed)))] == [date(2026, 9, 1)]


def test_a_pre_birth_conference_is_booked_six_weeks_before_the_birth_where_that_is_still_ahead() -> None:
    def booked(expected: date) -> tuple[date, date]:
        (due,) = owed(discussed(replace(UNBORN, expected_on=expected), date(2026, 9, 1)))
        return due.statutory_due_on, due.book_by_on

    assert booked(date(2027, 1, 4)) == (date(2026, 9, 22), date(2026, 9, 22))
    assert booked(date(2026, 10, 20)) == (date(2026, 9, 22), date(2026, 9, 8))
    assert booked(date(2026, 10, 13)) == (date(2026, 9, 22), date(2026, 9, 1))
    assert booked(date(2026, 10, 12)) == (date(2026, 9, 22), date(2026, 9, 22))
    stated = owed_from(replace(UNBORN, expected_on=date(2026, 10, 20)), PRE_BIRTH, date(2026, 9, 1), "stated", LAW, england())
    assert (stated.statutory_due_on, stated.book_by_on) == (date(2026, 9, 22), date(2026, 9, 8))


def test_the_review_after_birth_replaces_only_what_was_open_then_and_later() -> None:
    born = replace(UNBORN, expected_on=None, born_on=date(2026, 11, 10))
    plan = PlanFact(started_on=date(2026, 7, 6))
    facts = replace(born, plans=(plan,), held=held(REVIEW, date(2026, 9, 28)))
    assert outline(facts) == [
        ("REVIEW_CONFERENCE_FIRST", date(2026, 7, 6), date(2026, 10, 6), HELD),
        ("POST_BIRTH_REVIEW", date(2026, 11, 10), date(2027, 3, 28), OPEN),
    ]
    on_the_day = replace(facts, held=held(REVIEW, date(2026, 9, 28), date(2026, 11, 10)))
    assert outline(on_the_day)[1:] == [
        ("REVIEW_CONFERENCE_NEXT", date(2026, 9, 28), date(2027, 3, 28), HELD),
        ("POST_BIRTH_REVIEW", date(2026, 11, 10), date(2027, 5, 10), OPEN),
    ]
    assert {due.book_by_on for each in (facts, on_the_day) for due in owed(each) if due.state is OPEN} == {date(2026, 12, 8)}
    ended = replace(facts, plans=(replace(plan, ended_on=date(2026, 10, 5)),))
    assert owed(ended)[-1].timescale.code == "REVIEW_CONFERENCE_NEXT"


@pytest.mark.parametrize(("kind", "code"), [(PRE_BIRTH, "POST_BIRTH_REVIEW"), (INITIAL, "REVIEW_CONFERENCE_FIRST")])
def test_a_plan_made_on_the_day_of_birth_is_reviewed_as_its_conference_was(kind: MeetingKind, code: str) -> None:
    born_on = date(2026, 9, 10)
    facts = replace(CHILD, born_on=born_on, plans=(PlanFact(started_on=born_on),), held=held(kind, born_on))
    assert [due.timescale.code for due in owed(facts, REVIEW)] == [code]


def test_a_review_called_before_the_birth_binds_if_it_is_sooner_than_the_one_after_it() -> None:
    facts = replace(CHILD, born_on=date(2026, 11, 10), plans=(PlanFact(started_on=date(2026, 9, 21)),))

    def called(by_on: date) -> list[tuple[str, date, date, date]]:
        call = EarlierReviewFact(kind=REVIEW, called_on=date(2026, 10, 5), by_on=by_on, reason=EarlierReviewReason.CIRCUMSTANCES_CHANGED)
        dues = owed(replace(facts, earlier=(call,)))
        return [(due.timescale.code, due.triggered_on, due.statutory_due_on, due.book_by_on) for due in dues]

    first, after_birth = "REVIEW_CONFERENCE_FIRST", "POST_BIRTH_REVIEW"
    assert called(date(2026, 12, 1)) == [(first, date(2026, 9, 21), date(2026, 12, 1), date(2026, 12, 1))]
    assert called(date(2026, 12, 15)) == [(after_birth, date(2026, 11, 10), date(2026, 12, 15), date(2026, 12, 8))]
    assert called(date(2026, 12, 22)) == [(after_birth, date(2026, 11, 10), date(2026, 12, 21), date(2026, 12, 8))]


def test_a_conference_called_earlier_before_the_birth_is_still_called_after_it() -> None:
    call = EarlierReviewFact(
        kind=PRE_BIRTH, called_on=date(2026, 9, 3), by_on=date(2026, 9, 15), reason=EarlierReviewReason.CIRCUMSTANCES_CHANGED
    )
    unborn = discussed(UNBORN, date(2026, 9, 1), earlier=(call,))
    born = replace(unborn, expected_on=None, born_on=date(2026, 9, 10))
    assert [(due.kind, due.statutory_due_on) for facts in (unborn, born) for due in owed(facts)] == [
        (PRE_BIRTH, date(2026, 9, 15)),
        (INITIAL, date(2026, 9, 15)),
    ]


# -------------------------------------------------------------------------------------- moves between authorities


def moved_in(**more: Any) -> TransferFact:
    return TransferFact(direction=TransferDirection.IN, notified_on=date(2026, 9, 1), **more)


@pytest.mark.parametrize("kind", [TRANSFER_IN, INITIAL])
def test_a_child_who_moves_in_has_a_conference_within_15_working_days_of_the_notice(kind: MeetingKind) -> None:
    facts = replace(CHILD, transfers=(moved_in(),))
    assert [(due.kind, due.statutory_due_on, due.state) for due in owed(facts)] == [(TRANSFER_IN, date(2026, 9, 22), OPEN)]
    answered = replace(facts, held=held(kind, date(2026, 8, 31), date(2026, 9, 21)))
    assert [(due.held_on, due.state) for due in owed(answered)] == [(date(2026, 9, 21), HELD)]
    planned = replace(facts, plans=(PlanFact(started_on=date(2026, 9, 17)),))
    assert owed(planned, TRANSFER_IN)[0].held_on == date(2026, 9, 17)
    assert outline(planned, REVIEW) == [("REVIEW_CONFERENCE_FIRST", date(2026, 9, 17), date(2026, 12, 17), OPEN)]


def test_a_move_that_is_called_off_calls_for_no_conference_any_more() -> None:
    (due,) = owed(replace(CHILD, transfers=(moved_in(withdrawn_on=date(2026, 9, 14)),)))
    assert (due.state, due.void_from) == (VOID, date(2026, 9, 14))
    held_that_day = replace(CHILD, transfers=(moved_in(withdrawn_on=date(2026, 9, 14)),), held=held(TRANSFER_IN, date(2026, 9, 14)))
    assert owed(held_that_day)[0].state is HELD
    other_matter = replace(CHILD, transfers=(moved_in(withdrawn_on=date(2026, 9, 14)),), held=held(INITIAL, date(2026, 9, 15)))
    assert owed(other_matter)[0].state is VOID
    assert owed(replace(CHILD, transfers=(moved_in(withdrawn_on=date(2026, 9, 1)),))) == []


def test_a_notice_that_is_repeated_while_its_conference_is_owed_is_one_notice() -> None:
    again = replace(moved_in(), notified_on=date(2026, 9, 8))
    assert [due.triggered_on for due in owed(replace(CHILD, transfers=(again, moved_in())))] == [date(2026, 9, 1)]
    afresh = replace(moved_in(), notified_on=date(2026, 9, 23))
    assert len(owed(replace(CHILD, transfers=(afresh, moved_in())))) == 2


def test_a_move_away_ends_no_later_plan_of_ours() -> None:
    out = TransferFact(direction=TransferDirection.OUT, notified_on=date(2026, 3, 2), conference_on=date(2026, 3, 23))
    came_back = replace(CHILD, plans=(PlanFact(started_on=date(2026, 9, 1)),), transfers=(out,))
    assert owed(came_back)[0].state is OPEN
    assert came_back.on_plan(date(2026, 9, 1))


def test_what_is_still_to_be_conferred_about_is_void_once_the_other_authority_has_held_its_conference() -> None:
    taken_on = date(2026, 9, 14)
    out = TransferFact(direction=TransferDirection.OUT, notified_on=date(2026, 8, 24), conference_on=taken_on)
    waiting = discussed(CHILD, date(2026, 9, 1))
    gone = replace(waiting, transfers=(out,))
    assert [(due.state, due.void_from) for due in owed(gone)] == [(VOID, taken_on)]
    assert [due.state for due in owed(replace(waiting, transfers=(replace(out, conference_on=None),)))] == [OPEN]
    assert [due.state for due in owed(replace(waiting, transfers=(replace(out, withdrawn_on=date(2026, 9, 15)),)))] == [OPEN]
    back_again = replace(gone, held=held(TRANSFER_IN, date(2027, 9, 1)))
    assert [due.state for due in owed(back_again)] == [VOID], "what is held a year later answers nothing of then"
    for day in (date(2026, 9, 10), taken_on):
        assert [due.held_on for due in owed(replace(gone, held=held(INITIAL, day)))] == [day]
    afterwards = discussed(CHILD, taken_on, date(2026, 12, 1), transfers=(out,))
    assert [due.state for due in owed(afterwards)] == [OPEN, OPEN]
    inquorate = replace(gone, held=held(INITIAL, date(2026, 9, 10), to_reconvene=True))
    assert [due.state for due in owed(inquorate)] == [HELD, VOID]
    assert [due.state for due in owed(replace(inquorate, held=(*inquorate.held, *held(TRANSFER_IN, date(2027, 9, 1)))))] == [HELD, VOID]


# ----------------------------------------------------------------------------------- inquorate and adjourned


def test_an_inquorate_conference_answers_its_duty_and_another_is_owed_within_10_working_days() -> None:
    facts = discussed(CHILD, date(2026, 9, 1), held=held(INITIAL, date(2026, 9, 21), to_reconvene=True))
    assert outline(facts) == [
        ("INITIAL_CONFERENCE", date(2026, 9, 1), date(2026, 9, 22), HELD),
        ("INQUORATE_CONFERENCE", date(2026, 9, 21), date(2026, 10, 5), OPEN),
    ]
    met_again = replace(facts, held=(*facts.held, *held(INITIAL, date(2026, 10, 1))))
    assert [due.state for due in owed(met_again)] == [HELD, HELD]
    inquorate_again = replace(facts, held=(*facts.held, *held(INITIAL, date(2026, 10, 1), to_reconvene=True)))
    assert outline(inquorate_again)[-1] == ("INQUORATE_CONFERENCE", date(2026, 10, 1), date(2026, 10, 15), OPEN)


def test_the_review_interval_runs_on_from_the_inquorate_conference_that_made_the_plan() -> None:
    plan = PlanFact(started_on=date(2026, 9, 21))
    facts = replace(CHILD, plans=(plan,), held=held(INITIAL, date(2026, 9, 21), to_reconvene=True))
    assert outline(facts, REVIEW) == [("REVIEW_CONFERENCE_FIRST", date(2026, 9, 21), date(2026, 12, 21), OPEN)]
    reviewed = replace(facts, held=(*facts.held, *held(REVIEW, date(2026, 10, 1))))
    assert [due.state for due in owed(reviewed, INITIAL)] == [HELD]
    assert outline(reviewed, REVIEW)[0][3] is HELD


def test_after_an_inquorate_review_the_next_review_is_the_one_within_10_working_days() -> None:
    facts = replace(CHILD, plans=(PlanFact(started_on=date(2026, 6, 22)),), held=held(REVIEW, date(2026, 9, 21), to_reconvene=True))
    assert outline(facts) == [
        ("REVIEW_CONFERENCE_FIRST", date(2026, 6, 22), date(2026, 9, 22), HELD),
        ("INQUORATE_CONFERENCE", date(2026, 9, 21), date(2026, 10, 5), OPEN),
    ]
    met_again = replace(facts, held=(*facts.held, *held(REVIEW, date(2026, 10, 1))))
    assert outline(met_again)[1:] == [
        ("INQUORATE_CONFERENCE", date(2026, 9, 21), date(2026, 10, 5), HELD),
        ("REVIEW_CONFERENCE_NEXT", date(2026, 10, 1), date(2027, 4, 1), OPEN),
    ]


def test_an_inquorate_conference_on_the_day_of_the_discussion_hides_no_duty() -> None:
    facts = discussed(CHILD, date(2026, 9, 21), held=held(INITIAL, date(2026, 9, 21), to_reconvene=True))
    assert outline(facts) == [("INQUORATE_CONFERENCE", date(2026, 9, 21), date(2026, 10, 5), OPEN)]


def test_an_inquorate_conference_after_the_clock_has_stopped_starts_none() -> None:
    facts = replace(CHILD, died_on=date(2026, 9, 21), held=held(INITIAL, date(2026, 9, 21), to_reconvene=True))
    assert owed(facts) == []


@pytest.mark.parametrize(("born_on", "kind"), [(None, PRE_BIRTH), (date(2026, 9, 24), INITIAL)])
def test_an_inquorate_pre_birth_conference_meets_again_as_what_it_is_by_then(born_on: date | None, kind: MeetingKind) -> None:
    child = replace(UNBORN, expected_on=None if born_on else UNBORN.expected_on, born_on=born_on)
    facts = replace(child, held=held(PRE_BIRTH, date(2026, 9, 21), to_reconvene=True))
    assert [(due.kind, due.timescale.code) for due in owed(facts)] == [(kind, "INQUORATE_CONFERENCE")]


def test_what_one_of_two_sources_says_of_a_conference_holds() -> None:
    recorded, returned = held(INITIAL, date(2026, 9, 21), to_reconvene=True), held(INITIAL, date(2026, 9, 21))
    for both in ((*recorded, *returned), (*returned, *recorded)):
        assert [due.timescale.code for due in owed(replace(CHILD, held=both))] == ["INQUORATE_CONFERENCE"]


@pytest.mark.parametrize("decided_on", [date(2026, 9, 21), date(2026, 9, 28), date(2026, 10, 12)])
def test_a_plan_decided_at_any_sitting_of_an_adjourned_conference_is_reviewed_from_the_first(decided_on: date) -> None:
    conference = held(INITIAL, date(2026, 9, 21), completed_on=date(2026, 10, 12))
    facts = discussed(CHILD, date(2026, 9, 1), held=conference, plans=(PlanFact(started_on=decided_on),))
    assert outline(facts) == [
        ("INITIAL_CONFERENCE", date(2026, 9, 1), date(2026, 9, 22), HELD),
        ("REVIEW_CONFERENCE_FIRST", date(2026, 9, 21), date(2026, 12, 21), OPEN),
    ]
    after_it = replace(facts, plans=(PlanFact(started_on=date(2026, 10, 13)),))
    assert outline(after_it, REVIEW) == [("REVIEW_CONFERENCE_FIRST", date(2026, 10, 13), date(2027, 1, 13), OPEN)]


def test_two_enquiries_that_state_different_conferences_are_two() -> None:
    facts = replace(
        CHILD,
        section47s=(
            Section47Fact(initiating_discussion_on=date(2026, 9, 1), conference_on=date(2026, 9, 10)),
            Section47Fact(initiating_discussion_on=date(2026, 9, 8), conference_on=date(2026, 9, 15)),
        ),
    )
    assert [(due.triggered_on, due.held_on) for due in owed(facts)] == [
        (date(2026, 9, 1), date(2026, 9, 10)),
        (date(2026, 9, 8), date(2026, 9, 15)),
    ]
