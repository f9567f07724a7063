"""What is particular to single kinds of meeting: first days allowed, a panel's chair, one review that answers two clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.kernel.words import BlockerCode, MeetingKind
from services.planning.answer import Answer
from services.planning.laying import lay
from services.planning.problem import Problem
from services.planning.proposing import propose
from services.planning.rules import judge
from services.planning.snapshot import with_one_review_each, with_panel_chairs
from tests.support.diaries import TODAY, Authority, id_of, owed

SOON = TODAY + timedelta(days=60)


def _lay(problem: Problem) -> Answer:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer


def _disrupted(*, days: int) -> Problem:
    """A child whose placement for adoption failed today, with a brother whose review is due within the same weeks."""
    made = Authority(last_day=SOON)
    child = made.child("a", siblings="family")
    made.owe(child, MeetingKind.ADOPTION_REVIEW, TODAY, TODAY + timedelta(days=42))
    made.owed[-1] = replace(made.owed[-1], not_before_on=TODAY + timedelta(days=days))
    return made.problem()


def test_a_review_is_placed_on_the_first_day_allowed_or_later() -> None:
    problem = _disrupted(days=28)
    (placed,) = _lay(problem).placed
    assert problem.owed[0].not_before_on is not None
    assert problem.owed[0].not_before_on <= placed.day <= problem.owed[0].statutory_due_on


def test_a_place_before_the_first_day_allowed_is_a_breach() -> None:
    problem = _disrupted(days=28)
    answer = _lay(problem)
    (placed,) = answer.placed
    later = replace(placed.wanted.items[0], not_before_on=placed.day + timedelta(days=1))
    early = replace(placed, wanted=replace(placed.wanted, items=(later,)))
    assert "clocks_begun" in {each.rule for each in judge(problem, replace(answer, placed=(early,)))}


def test_siblings_do_not_wait_past_their_day_for_one_who_may_not_be_reviewed_yet() -> None:
    made = Authority(last_day=SOON)
    made.owe(made.child("a", siblings="family"), MeetingKind.ADOPTION_REVIEW, TODAY, TODAY + timedelta(days=20))
    made.owe(made.child("b", siblings="family"), MeetingKind.ADOPTION_REVIEW, TODAY, TODAY + timedelta(days=42))
    made.owed[-1] = replace(made.owed[-1], not_before_on=TODAY + timedelta(days=28))
    answer = _lay(made.problem())
    assert [len(each.wanted.items) for each in answer.placed] == [1, 1]
    assert answer.late == 0


def test_a_secure_panel_without_a_chair_of_its_own_is_not_planned_with_the_childs_officer() -> None:
    made = Authority(last_day=SOON, officers=2)
    made.owe(made.child("a"), MeetingKind.SECURE_CRITERIA_REVIEW, TODAY, TODAY + timedelta(days=28))
    proposal = propose(made.problem(), lambda _: None)
    assert proposal.answer.placed == ()
    ((_, (blocker,)),) = proposal.unplaced
    assert blocker.code is BlockerCode.ON_SECURE_PANEL
    assert blocker.would_fit_if == "it were chaired by IRO-1"


def test_nobody_is_promised_for_a_panel_where_there_is_no_other_officer() -> None:
    made = Authority(last_day=SOON, officers=1)
    made.owe(made.child("a"), MeetingKind.SECURE_CRITERIA_REVIEW, TODAY, TODAY + timedelta(days=28))
    ((_, (blocker,)),) = propose(made.problem(), lambda _: None).unplaced
    assert blocker.would_fit_if is None


def _with_panels(made: Authority) -> Problem:
    problem = made.problem()
    return replace(problem, subjects=with_panel_chairs(problem.subjects, problem.owed, problem.chairs))


def test_a_panel_is_chaired_by_the_officer_with_least_to_chair_other_than_the_childs_own() -> None:
    made = Authority(last_day=SOON, officers=3)
    made.owe(made.child("a", officer=0), MeetingKind.SECURE_CRITERIA_REVIEW, TODAY, TODAY + timedelta(days=28))
    made.review("b", TODAY - timedelta(days=150), officer=1)
    answer = _lay(_with_panels(made))
    (panel,) = [each for each in answer.placed if each.wanted.kind is MeetingKind.SECURE_CRITERIA_REVIEW]
    assert panel.wanted.chair_id == id_of("IRO-2")
    assert answer.late == 0


def test_a_panel_chaired_by_the_childs_own_officer_is_a_breach() -> None:
    made = Authority(last_day=SOON, officers=2)
    child = made.child("a", officer=0)
    made.owe(child, MeetingKind.SECURE_CRITERIA_REVIEW, TODAY, TODAY + timedelta(days=28))
    problem = _with_panels(made)
    answer = _lay(problem)
    own = replace(problem, subjects={child: replace(problem.subjects[child], chair_id=answer.placed[0].wanted.chair_id)})
    assert "chair_is_allocated_iro" in {each.rule for each in judge(own, answer)}


def test_who_may_not_chair_for_the_child_chairs_no_panel_about_it() -> None:
    made = Authority(last_day=SOON, officers=3)
    child = made.child("a", officer=0)
    made.subjects[child] = replace(made.subjects[child], barred=frozenset({id_of("IRO-1")}))
    made.owe(child, MeetingKind.SECURE_CRITERIA_REVIEW, TODAY, TODAY + timedelta(days=28))
    assert _with_panels(made).subjects[child].panel_chair_id == id_of("IRO-2")


def test_an_adoption_review_answers_the_care_review_and_is_due_with_the_earlier_of_them() -> None:
    care = owed("a", MeetingKind.CARE_REVIEW, TODAY, due=TODAY + timedelta(days=30))
    adoption = owed("a", MeetingKind.ADOPTION_REVIEW, TODAY, due=TODAY + timedelta(days=50))
    other = owed("b", MeetingKind.CARE_REVIEW, TODAY, due=TODAY + timedelta(days=30))
    kept, single = with_one_review_each([care, adoption, other])
    assert (kept.kind, kept.statutory_due_on, kept.book_by_on) == (MeetingKind.ADOPTION_REVIEW, care.statutory_due_on, care.book_by_on)
    assert single == other
    assert with_one_review_each([care]) == [care]
