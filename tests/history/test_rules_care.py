"""What may hold of a child in care: where each status lies, what it needs, and what it cannot be beside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.history.commands import EndCareStatus, StartCareStatus
from services.history.rules.care import (
    judge_authority_lasts,
    judge_left_outside,
    judge_period,
    judge_reviews_keep_status,
    judge_same_care,
    judge_status,
    judge_status_end,
    judge_status_start,
)
from services.kernel.errors import InvalidInput
from services.kernel.words import CareStatus, CareStatusEnd, MeetingKind
from services.statutory.facts import CarePeriodFact, HeldFact, StatusFact, SubjectFacts

TODAY, BORN = date(2026, 9, 1), date(2012, 6, 1)
CARE = CarePeriodFact(started_on=date(2026, 3, 2))
BREAKS = CarePeriodFact(started_on=date(2026, 3, 2), short_break=True)
AUTHORISED, PLACED = CareStatus.AUTHORISED_FOR_ADOPTION, CareStatus.PLACED_FOR_ADOPTION
REMAND, SECURE, LONG, BREAK = CareStatus.REMAND, CareStatus.SECURE, CareStatus.LONG_TERM_PLACEMENT, CareStatus.SHORT_BREAK


def status(which: CareStatus, started_on: date = date(2026, 4, 1), ended_on: date | None = None, **more: Any) -> StatusFact:
    return StatusFact(status=which, started_on=started_on, ended_on=ended_on, **more)


def known(*periods: CarePeriodFact, **facts: Any) -> SubjectFacts:
    values: dict[str, Any] = {"born_on": BORN, **facts}
    return SubjectFacts(subject_id=UUID(int=1), care_periods=periods, **values)


def start(which: CareStatus, day: date = date(2026, 5, 1), expected_end_on: date | None = None) -> StartCareStatus:
    return StartCareStatus(request_key="k", reference="CH1", status=which, started_on=day, expected_end_on=expected_end_on)


def end(which: CareStatus, day: date, reason: CareStatusEnd = CareStatusEnd.ENDED) -> EndCareStatus:
    return EndCareStatus(request_key="k", reference="CH1", status=which, ended_on=day, reason=reason)


@pytest.mark.parametrize(
    ("field", "says", "command", "facts"),
    [
        ("startedOn", "in the future", start(SECURE, date(2026, 9, 2)), known(CARE)),
        ("startedOn", "18th birthday", start(SECURE, TODAY), known(CARE, born_on=date(2008, 9, 1))),
        ("startedOn", "death", start(SECURE, TODAY), known(CARE, died_on=date(2026, 8, 31))),
        ("startedOn", "adoption order", start(SECURE, TODAY), known(CARE, adopted_on=date(2026, 8, 31))),
        ("startedOn", "was not looked after that day", start(SECURE, date(2026, 3, 1)), known(CARE)),
        ("startedOn", "was not looked after that day", start(LONG), known(BREAKS)),
        ("startedOn", "V3 or V4", start(BREAK), known(CARE)),
        ("endedOn", "care ended on 2026-06-01", start(LONG), known(replace(CARE, ended_on=date(2026, 6, 1)))),
        ("startedOn", "two cannot overlap", start(LONG), known(CARE, statuses=(status(LONG),))),
        ("startedOn", "two cannot overlap", start(LONG), known(CARE, statuses=(status(LONG, date(2026, 6, 1)),))),
        ("startedOn", r"not under secure criteria .*s\. 25", start(SECURE), known(CARE, statuses=(status(REMAND),))),
        ("startedOn", "not under secure criteria", start(REMAND), known(CARE, statuses=(status(SECURE),))),
        ("startedOn", "one place at a time", start(SECURE), known(CARE, statuses=(status(LONG),))),
        ("startedOn", "one place at a time", start(PLACED), known(CARE, statuses=(status(AUTHORISED), status(LONG)))),
        ("startedOn", r"no authority to place .*s\. 18", start(PLACED), known(CARE)),
        ("startedOn", "no authority to place", start(PLACED), known(CARE, statuses=(status(AUTHORISED, date(2026, 5, 2)),))),
        ("startedOn", "no authority to place", start(PLACED), known(CARE, statuses=(status(AUTHORISED, ended_on=date(2026, 4, 30)),))),
        ("startedOn", "under 10 cannot be remanded", start(REMAND), known(CARE, born_on=date(2016, 5, 2))),
        ("expectedEndOn", "REMAND alone", start(SECURE, expected_end_on=TODAY), known(CARE)),
        ("expectedEndOn", "give 2026-05-01 or later", start(REMAND, expected_end_on=date(2026, 4, 30)), known(CARE)),
    ],
)
def test_a_status_that_cannot_hold_is_refused(field: str, says: str, command: StartCareStatus, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_status_start(command, facts, TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        (start(SECURE, date(2026, 3, 2)), known(CARE)),
        (start(SECURE, TODAY), known(CARE, born_on=date(2008, 9, 2))),
        (start(BREAK), known(BREAKS)),
        (start(LONG), known(CARE, statuses=(status(LONG, ended_on=date(2026, 5, 1)),))),
        (start(PLACED), known(CARE, statuses=(status(AUTHORISED, date(2026, 5, 1)),))),
        (start(PLACED), known(CARE, statuses=(status(AUTHORISED), status(LONG, ended_on=date(2026, 5, 1))))),
        (start(AUTHORISED), known(CARE, statuses=(status(LONG),))),
        (start(REMAND, expected_end_on=date(2026, 12, 1)), known(CARE, born_on=date(2016, 5, 1))),
        (start(SECURE), known(replace(CARE, started_on=date(2026, 6, 1), started_on_exact=False))),
    ],
)
def test_a_status_that_can_hold_is_taken(command: StartCareStatus, facts: SubjectFacts) -> None:
    judge_status_start(command, facts, TODAY)


@pytest.mark.parametrize(
    ("field", "says", "command", "facts"),
    [
        ("status", "does not hold", end(SECURE, TODAY), known(CARE, statuses=(status(SECURE, ended_on=TODAY),))),
        ("endedOn", "in the future", end(SECURE, date(2026, 9, 2)), known(CARE, statuses=(status(SECURE),))),
        ("endedOn", "give 2026-04-01 or later", end(SECURE, date(2026, 3, 31)), known(CARE, statuses=(status(SECURE),))),
        ("endedOn", "give 2026-08-01", end(SECURE, date(2026, 8, 2)), known(CARE, born_on=date(2008, 8, 1), statuses=(status(SECURE),))),
        ("reason", "give DISRUPTED", end(PLACED, TODAY), known(CARE, statuses=(status(PLACED),))),
        ("reason", "give REVOKED", end(AUTHORISED, TODAY), known(CARE, statuses=(status(AUTHORISED),))),
        ("reason", "give ENDED", end(REMAND, TODAY, CareStatusEnd.REVOKED), known(CARE, statuses=(status(REMAND),))),
        ("reason", "recordAdoptionOrder", end(PLACED, TODAY, CareStatusEnd.ADOPTED), known(CARE, statuses=(status(PLACED),))),
        ("reason", "recordDeath", end(SECURE, TODAY, CareStatusEnd.DIED), known(CARE, statuses=(status(SECURE),))),
        ("reason", "endCarePeriod", end(SECURE, TODAY, CareStatusEnd.CARE_ENDED), known(CARE, statuses=(status(SECURE),))),
        (
            "endedOn",
            "leaves the status PLACED_FOR_ADOPTION that began 2026-05-01 and is still open without authority",
            end(AUTHORISED, TODAY, CareStatusEnd.REVOKED),
            known(CARE, statuses=(status(AUTHORISED), status(PLACED, date(2026, 5, 1)))),
        ),
    ],
)
def test_a_status_does_not_end_on_a_day_or_for_a_reason_that_cannot_be(
    field: str, says: str, command: EndCareStatus, facts: SubjectFacts
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_status_end(command, facts, TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("command", "statuses"),
    [
        (end(SECURE, date(2026, 4, 1)), (status(SECURE),)),
        (end(PLACED, TODAY, CareStatusEnd.DISRUPTED), (status(AUTHORISED), status(PLACED))),
        (end(AUTHORISED, TODAY, CareStatusEnd.REVOKED), (status(AUTHORISED), status(PLACED, ended_on=TODAY))),
    ],
)
def test_a_status_ends_from_its_first_day_on_and_by_its_own_reason(command: EndCareStatus, statuses: tuple[StatusFact, ...]) -> None:
    found = judge_status_end(command, known(CARE, statuses=statuses), TODAY)
    assert (found.status, found.ended_on) == (command.status, None)


def test_a_status_ends_with_care_at_the_latest() -> None:
    ended = known(replace(CARE, ended_on=date(2026, 6, 1)))
    judge_status(status(LONG, ended_on=date(2026, 6, 1)), ended, (), TODAY)
    with pytest.raises(InvalidInput, match="care ended on 2026-06-01"):
        judge_status(status(LONG, ended_on=date(2026, 6, 2)), ended, (), TODAY)


_DAYS = st.dates(date(2025, 1, 1), date(2025, 2, 9))
_PERIODS = st.builds(lambda one, other: CarePeriodFact(started_on=min(one, other), ended_on=max(one, other)), _DAYS, _DAYS)


@given(st.lists(_PERIODS | st.builds(lambda day: CarePeriodFact(started_on=day), _DAYS), max_size=6))
def test_periods_of_care_that_are_taken_one_after_another_may_touch_and_never_overlap(offered: list[CarePeriodFact]) -> None:
    taken: list[CarePeriodFact] = []
    for period in offered:
        try:
            judge_period(period, known(), taken, TODAY)
        except InvalidInput:
            continue
        taken.append(period)
    for one, other in combinations(taken, 2):
        last = min(each.ended_on or TODAY for each in (one, other))
        assert max(one.started_on, other.started_on) >= last


def test_what_was_recorded_in_care_stays_in_it() -> None:
    review = HeldFact(kind=MeetingKind.CARE_REVIEW, held_on=date(2026, 3, 20))
    facts = known(CARE, held=(review,), statuses=(status(LONG, date(2026, 3, 10), date(2026, 3, 30)),))
    judge_left_outside("startedOn", 0, CARE, [replace(CARE, started_on=date(2026, 3, 10), ended_on=date(2026, 3, 30))], facts)
    for says, other in [
        ("leaves the CARE_REVIEW of 2026-03-20", replace(CARE, started_on=date(2026, 3, 21))),
        ("leaves the CARE_REVIEW of 2026-03-20", replace(CARE, ended_on=date(2026, 3, 19))),
        ("leaves the status LONG_TERM_PLACEMENT", replace(CARE, started_on=date(2026, 3, 11))),
        ("leaves the status LONG_TERM_PLACEMENT", replace(CARE, ended_on=date(2026, 3, 29))),
    ]:
        with pytest.raises(InvalidInput, match=says):
            judge_left_outside("startedOn", 0, CARE, [other], facts)


def test_what_lay_outside_care_before_stands_in_nobodys_way() -> None:
    facts = known(
        CARE, held=(HeldFact(kind=MeetingKind.CARE_REVIEW, held_on=date(2026, 1, 20)),), statuses=(status(LONG, date(2026, 1, 1)),)
    )
    judge_left_outside("startedOn", 0, CARE, [replace(CARE, started_on=date(2026, 3, 21))], facts)


def test_care_of_one_sort_does_not_become_the_other_while_it_holds_what_that_cannot() -> None:
    review = HeldFact(kind=MeetingKind.CARE_REVIEW, held_on=date(2026, 4, 1))
    judge_same_care(CARE, BREAKS, known(CARE))
    elsewhere = known(CARE, held=(replace(review, held_on=date(2026, 3, 1)),), statuses=(status(LONG, date(2026, 2, 1)),))
    judge_same_care(CARE, BREAKS, elsewhere)
    judge_same_care(CARE, BREAKS, known(CARE, held=(replace(review, kind=MeetingKind.ADOPTION_REVIEW),)))
    judge_same_care(BREAKS, CARE, known(BREAKS, held=(review,)))
    judge_same_care(CARE, CARE, known(CARE, held=(review,), statuses=(status(LONG),)))
    for says, facts in [
        ("SSDA903 399", known(CARE, held=(review,))),
        (r"LONG_TERM_PLACEMENT .* cannot be in short breaks", known(CARE, statuses=(status(LONG),))),
    ]:
        with pytest.raises(InvalidInput, match=says) as refused:
            judge_same_care(CARE, BREAKS, facts)
        assert refused.value.field == "legalStatus"
    with pytest.raises(InvalidInput, match=r"SHORT_BREAK .* cannot be in ordinary care"):
        judge_same_care(BREAKS, CARE, known(BREAKS, statuses=(status(BREAK),)))


def test_a_placement_keeps_its_authority_and_a_review_its_status() -> None:
    authority, placed = status(AUTHORISED), status(PLACED, date(2026, 5, 1), date(2026, 6, 1))
    held = (HeldFact(kind=MeetingKind.ADOPTION_REVIEW, held_on=date(2026, 4, 20)),)
    facts = known(CARE, statuses=(authority, placed), held=held)
    judge_authority_lasts("endedOn", 0, authority, [replace(authority, ended_on=date(2026, 6, 1))], facts)
    judge_reviews_keep_status("endedOn", 0, authority, [replace(authority, started_on=date(2026, 4, 20))], facts)
    judge_reviews_keep_status("endedOn", 0, status(LONG), [], facts)
    judge_reviews_keep_status("endedOn", 0, replace(authority, started_on=date(2026, 4, 21)), [], facts)
    for after in ([], [replace(authority, ended_on=date(2026, 5, 31))], [replace(authority, started_on=date(2026, 5, 2))]):
        with pytest.raises(InvalidInput, match="without authority to place"):
            judge_authority_lasts("endedOn", 0, authority, after, facts)
    for after in ([], [replace(authority, started_on=date(2026, 4, 21))]):
        with pytest.raises(InvalidInput, match="leaves the ADOPTION_REVIEW of 2026-04-20"):
            judge_reviews_keep_status("startedOn", 0, authority, after, facts)
