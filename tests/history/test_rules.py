"""What may be recorded of a child: each refusal names the graph's field and says what would be right."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.history.commands import EndCarePeriod, RecordStrategyDiscussion, RegisterChild, StartCarePeriod
from services.history.rules import (
    judge_care_end,
    judge_care_start,
    judge_discussed,
    judge_discussion,
    judge_parent,
    judge_registration,
)
from services.kernel.errors import InvalidInput
from services.statutory.facts import CarePeriodFact, SubjectFacts

TODAY, BORN = date(2026, 9, 1), date(2015, 6, 1)


def known(*periods: CarePeriodFact, **facts: date | None) -> SubjectFacts:
    values: dict[str, Any] = {"born_on": BORN, **facts}
    return SubjectFacts(subject_id=UUID(int=1), care_periods=periods, **values)


def registration(**values: Any) -> RegisterChild:
    return RegisterChild(**{"request_key": "k", "reference": "CH9", "born_on": BORN, **values})


def care_start(day: date, legal_status: str | None = None) -> StartCarePeriod:
    return StartCarePeriod(request_key="k", reference="CH1", started_on=day, legal_status=legal_status)


def care_end(day: date, reason: str = "went home") -> EndCarePeriod:
    return EndCarePeriod(request_key="k", reference="CH1", ended_on=day, reason=reason)


def discussion(day: date, *references: str) -> RecordStrategyDiscussion:
    return RecordStrategyDiscussion(request_key="k", references=references, held_on=day)


@pytest.mark.parametrize(
    ("field", "says", "values"),
    [
        ("reference", "identifier", {"reference": " CH1"}),
        ("reference", "identifier", {"reference": ""}),
        ("reference", "identifier", {"reference": "C" * 65}),
        ("reference", "identifier", {"reference": "CH\n1"}),
        ("bornOn", "bornOn is missing", {"born_on": None}),
        ("bornOn", "leave one of them out", {"expected_on": date(2026, 12, 1)}),
        ("bornOn", "in the future", {"born_on": date(2026, 9, 2)}),
        ("bornOn", "adult", {"born_on": date(2008, 9, 1)}),
        ("expectedOn", "give bornOn", {"born_on": None, "expected_on": date(2026, 7, 1)}),
        ("expectedOn", "check the year", {"born_on": None, "expected_on": date(2027, 12, 1)}),
        ("siblingOf", "names the child itself", {"sibling_of": "CH9"}),
        ("parentOf", "names the child itself", {"parent_of": "CH9"}),
    ],
)
def test_a_registration_that_cannot_be_is_refused(field: str, says: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_registration(registration(**values), TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "values",
    [{}, {"born_on": TODAY}, {"born_on": date(2008, 9, 2)}, {"born_on": None, "expected_on": date(2026, 8, 20)}, {"reference": "C" * 64}],
)
def test_a_registration_that_can_be_is_taken(values: dict[str, Any]) -> None:
    judge_registration(registration(**values), TODAY)


def test_a_parent_is_born_and_born_before_the_child() -> None:
    judge_parent(registration(born_on=date(2009, 1, 1)), known(born_on=date(2026, 1, 1)))
    judge_parent(registration(born_on=date(2009, 1, 1)), known(born_on=None))
    with pytest.raises(InvalidInput, match="born before"):
        judge_parent(registration(born_on=BORN), known())
    with pytest.raises(InvalidInput, match="nobody's parent"):
        judge_parent(registration(born_on=None, expected_on=date(2026, 12, 1)), known())


@pytest.mark.parametrize(
    ("field", "says", "day", "facts"),
    [
        ("startedOn", "in the future", date(2026, 9, 2), known()),
        ("startedOn", "before the child was born", date(2015, 5, 31), known()),
        ("startedOn", "not born yet", TODAY, known(born_on=None, expected_on=date(2026, 12, 1))),
        ("startedOn", "18th birthday", date(2026, 8, 1), known(born_on=date(2008, 8, 1))),
        ("startedOn", "after the child's death", date(2026, 8, 2), known(died_on=date(2026, 8, 1))),
        ("startedOn", "began 2026-03-02 and is still open", TODAY, known(CarePeriodFact(started_on=date(2026, 3, 2)))),
        (
            "startedOn",
            "began by 2026-03-02 and ended 2026-05-01: two cannot overlap",
            date(2026, 4, 30),
            known(CarePeriodFact(started_on=date(2026, 3, 2), started_on_exact=False, ended_on=date(2026, 5, 1))),
        ),
    ],
)
def test_care_cannot_begin_on_a_day_that_cannot_be(field: str, says: str, day: date, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_care_start(care_start(day), facts, TODAY)
    assert refused.value.field == field


def test_care_may_begin_on_the_day_of_birth_today_or_the_day_on_which_it_last_ended() -> None:
    judge_care_start(care_start(BORN), known(), TODAY)
    judge_care_start(care_start(TODAY, "C2"), known(), TODAY)
    judge_care_start(care_start(TODAY), known(CarePeriodFact(started_on=date(2026, 3, 2), ended_on=TODAY)), TODAY)


@pytest.mark.parametrize("legal_status", ["", "  ", "C2\n", "x" * 201])
def test_a_legal_status_is_a_code_on_one_line(legal_status: str) -> None:
    with pytest.raises(InvalidInput, match="such as C2") as refused:
        judge_care_start(care_start(TODAY, legal_status), known(), TODAY)
    assert refused.value.field == "legalStatus"


@pytest.mark.parametrize(
    ("field", "says", "command", "periods"),
    [
        ("endedOn", "in the future", care_end(date(2026, 9, 2)), (date(2026, 8, 24),)),
        ("endedOn", "give 2026-08-24 or later", care_end(date(2026, 8, 23)), (date(2026, 8, 24),)),
        ("endedOn", "not looked after", care_end(TODAY), ()),
        ("reason", "why care ended", care_end(TODAY, " "), (date(2026, 8, 24),)),
        ("reason", "why care ended", care_end(TODAY, "x" * 201), (date(2026, 8, 24),)),
    ],
)
def test_care_cannot_end_on_a_day_that_cannot_be_or_without_a_reason(
    field: str, says: str, command: EndCarePeriod, periods: tuple[date, ...]
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_care_end(command, known(*(CarePeriodFact(started_on=day) for day in periods)), TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "says", "command"),
    [
        ("heldOn", "in the future", discussion(date(2026, 9, 2), "CH1")),
        ("references", "at least one", discussion(TODAY)),
        ("references", "twice", discussion(TODAY, "CH1", "CH1")),
        ("references", "more than 50", discussion(TODAY, *(str(number) for number in range(51)))),
    ],
)
def test_a_discussion_that_cannot_be_is_refused(field: str, says: str, command: RecordStrategyDiscussion) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_discussion(command, TODAY)
    assert refused.value.field == field


def test_a_discussion_may_be_about_an_unborn_child_and_about_nobody_who_is_no_child() -> None:
    unborn = discussion(date(2026, 5, 2), "CH1")
    judge_discussed(unborn, known(born_on=None, expected_on=date(2026, 12, 1)))
    judge_discussed(unborn, known(born_on=date(2026, 8, 1)))
    for says, facts in [
        ("before the child was born", known(born_on=date(2027, 8, 1))),
        ("18th birthday", known(born_on=date(2008, 5, 2))),
        ("death", known(died_on=date(2026, 5, 1))),
    ]:
        with pytest.raises(InvalidInput, match=says):
            judge_discussed(unborn, facts)
