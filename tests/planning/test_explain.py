"""Reasons say what was weighed; blockers name what stands in the way, and promise only what was tried."""

from __future__ import annotations

from datetime import timedelta

from services.kernel.words import BlockerCode, MeetingKind
from services.planning.proposing import Proposal, propose
from tests.support.diaries import TODAY, Authority, add_working_days, county, window

SOON = TODAY + timedelta(days=40)


def _propose(made: Authority) -> Proposal:
    return propose(made.problem(), lambda _: None)


def _codes(proposal: Proposal) -> list[BlockerCode]:
    ((_, blockers),) = proposal.unplaced
    return [each.code for each in blockers]


def test_slack_siblings_and_police_are_told() -> None:
    made = Authority(last_day=SOON)
    made.initial("a", TODAY, siblings="family")
    made.initial("b", TODAY, siblings="family")
    (reasons,) = _propose(made).reasons
    assert reasons[0] == "3 working days before the book-by day 22 September 2026"
    assert "siblings together: 2 children" in reasons
    assert "police can attend" in reasons


def test_a_breach_of_a_wish_is_told_too() -> None:
    made = Authority(last_day=SOON)
    made.owe(made.child("a"), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=170), add_working_days(TODAY, 4))
    made.owe(made.child("b"), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=200), TODAY - timedelta(days=2))
    late, short = _propose(made).reasons
    assert late[0].startswith("3 days late: the last day in time is 30 August 2026")
    assert "short notice: within 5 working days" in short
    assert "fewer than the 10 working days of slack wanted" in short


def test_a_waiver_gives_its_reason() -> None:
    made = Authority(last_day=SOON, police=0)
    made.initial("a", TODAY)
    (reasons,) = _propose(made).reasons
    assert any(each.startswith("no police: no place of the police was free") for each in reasons)


def test_one_is_told_as_one_and_two_as_two() -> None:
    made = Authority(last_day=SOON, police=0, officers=2, rooms=2, note_takers=2)
    made.initial("a", TODAY)
    assert _propose(made).message == "1 conference without police, with the reason"
    made.initial("b", TODAY, officer=1)
    assert _propose(made).message == "2 conferences without police, each with its reason"


def test_nothing_is_called_optimal() -> None:
    proposal = propose(county(scale=1, last_day=SOON, tight=True), lambda _: None)
    assert not any("optimal" in line or "best" in line for reasons in proposal.reasons for line in reasons)


def test_an_absent_chair_is_told_from_a_busy_one() -> None:
    made = Authority(last_day=SOON)
    made.away("IRO-0", TODAY, TODAY + timedelta(days=200))
    made.initial("a", TODAY)
    assert _codes(_propose(made)) == [BlockerCode.CHAIR_ABSENT]


def test_what_is_missing_altogether_is_named() -> None:
    made = Authority(last_day=SOON, rooms=1, plain_rooms=1, note_takers=0)
    made.initial("a", TODAY)
    assert _codes(_propose(made)) == [BlockerCode.NO_ROOM, BlockerCode.NO_NOTE_TAKER]


def test_a_busy_chair_is_named_by_code() -> None:
    made = Authority(last_day=SOON)
    made.busy["IRO-0"] = [window(day, "08:00", 600) for day in made.days]
    made.initial("a", TODAY)
    ((_, (blocker,)),) = _propose(made).unplaced
    assert (blocker.code, blocker.resource_code) == (BlockerCode.CHAIR_BUSY, "IRO-0")


def test_a_child_without_an_officer_is_told_with_whom_it_would_fit() -> None:
    made = Authority(last_day=SOON, officers=2)
    made.away("IRO-0", TODAY, TODAY + timedelta(days=200))
    made.owe(made.child("a", officer=None), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=100), TODAY + timedelta(days=20))
    ((_, (blocker,)),) = _propose(made).unplaced
    assert (blocker.code, blocker.would_fit_if) == (BlockerCode.NO_CHAIR, "the child were allocated to IRO-1")


def test_nothing_is_promised_that_was_tried_in_vain() -> None:
    made = Authority(last_day=SOON, officers=1)
    made.away("IRO-0", TODAY, TODAY + timedelta(days=200))
    made.owe(made.child("a", officer=None), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=100), TODAY + timedelta(days=20))
    ((_, (blocker,)),) = _propose(made).unplaced
    assert blocker.would_fit_if is None
