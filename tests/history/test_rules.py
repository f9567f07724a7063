"""What may be recorded of a child: each refusal names the graph's field and says what would be right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.history.commands import (
    EndCarePeriod,
    RecordAdoptionOrder,
    RecordBirth,
    RecordDeath,
    RecordStrategyDiscussion,
    RegisterChild,
    StartCarePeriod,
)
from services.history.rules.care import judge_care_end, judge_care_start
from services.history.rules.children import (
    judge_adoption,
    judge_birth,
    judge_corrected_child,
    judge_death,
    judge_parent,
    judge_registration,
)
from services.history.rules.protection import judge_discussed, judge_discussion
from services.kernel.errors import InvalidInput
from services.kernel.words import CareStatus, MeetingKind
from services.statutory.facts import CarePeriodFact, HeldFact, PlanFact, Section47Fact, StatusFact, SubjectFacts

TODAY, BORN = date(2026, 9, 1), date(2015, 6, 1)


def known(*periods: CarePeriodFact, **facts: Any) -> SubjectFacts:
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
        ("expectedOn", "give bornOn", {"born_on": None, "expected_on": date(2026, 7, 20)}),
        ("expectedOn", "check the year", {"born_on": None, "expected_on": date(2027, 6, 29)}),
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
    [
        {},
        {"born_on": TODAY},
        {"born_on": date(2008, 9, 2)},
        {"born_on": None, "expected_on": date(2026, 7, 21)},
        {"born_on": None, "expected_on": date(2027, 6, 28)},
        {"born_on": None, "expected_on": date(2026, 8, 20)},
        {"reference": "C" * 64},
    ],
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
        ("startedOn", "after the adoption order", date(2026, 8, 2), known(adopted_on=date(2026, 8, 1))),
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
    judge_care_start(care_start(TODAY, "x" * 8), known(), TODAY)
    judge_care_start(care_start(TODAY), known(CarePeriodFact(started_on=date(2026, 3, 2), ended_on=TODAY)), TODAY)


@pytest.mark.parametrize("legal_status", ["", "  ", "C2\n", "x" * 9])
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
        ("endedOn", "in the future", care_end(date(2026, 9, 2)), ()),
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
    judge_discussed("heldOn", unborn.held_on, known(born_on=None, expected_on=date(2026, 12, 1)))
    judge_discussed("heldOn", unborn.held_on, known(born_on=date(2026, 8, 1)))
    for says, facts in [
        ("before the child was born", known(born_on=date(2027, 8, 1))),
        ("18th birthday", known(born_on=date(2008, 5, 2))),
        ("before the child was born", known(born_on=None, expected_on=date(2027, 2, 27))),
        ("death", known(died_on=date(2026, 5, 1))),
        ("adoption order", known(adopted_on=date(2026, 5, 1))),
    ]:
        with pytest.raises(InvalidInput, match=says):
            judge_discussed("heldOn", unborn.held_on, facts)


@pytest.mark.parametrize("legal_status", ["J1", "C2"])
def test_a_child_under_ten_is_not_remanded(legal_status: str) -> None:
    day, young = date(2026, 5, 31), known(born_on=date(2016, 6, 1))
    judge_care_start(care_start(date(2026, 6, 1), legal_status), young, TODAY)
    if legal_status == "C2":
        judge_care_start(care_start(day, legal_status), young, TODAY)
        return
    with pytest.raises(InvalidInput, match="under 10 cannot be remanded") as refused:
        judge_care_start(care_start(day, legal_status), young, TODAY)
    assert refused.value.field == "legalStatus"


@pytest.mark.parametrize(
    ("says", "day", "facts"),
    [
        (
            "is on or after the 18th birthday: give 2026-08-01",
            date(2026, 8, 2),
            known(CarePeriodFact(started_on=date(2026, 3, 2)), born_on=date(2008, 8, 1)),
        ),
        ("death", date(2026, 8, 2), known(CarePeriodFact(started_on=date(2026, 3, 2)), died_on=date(2026, 8, 1))),
        (
            "leaves the CARE_REVIEW of 2026-08-03 outside care",
            date(2026, 8, 2),
            known(CarePeriodFact(started_on=date(2026, 3, 2)), held=(HeldFact(kind=MeetingKind.CARE_REVIEW, held_on=date(2026, 8, 3)),)),
        ),
        (
            "leaves the status REMAND that began 2026-04-01 and ended 2026-08-03 outside care",
            date(2026, 8, 2),
            known(
                CarePeriodFact(started_on=date(2026, 3, 2)),
                statuses=(StatusFact(status=CareStatus.REMAND, started_on=date(2026, 4, 1), ended_on=date(2026, 8, 3)),),
            ),
        ),
        (
            "comes before the status REMAND that began 2026-08-03",
            date(2026, 8, 2),
            known(
                CarePeriodFact(started_on=date(2026, 3, 2)), statuses=(StatusFact(status=CareStatus.REMAND, started_on=date(2026, 8, 3)),)
            ),
        ),
    ],
)
def test_care_ends_while_the_child_is_one_and_after_what_was_recorded_in_it(says: str, day: date, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_care_end(care_end(day), facts, TODAY)
    assert refused.value.field == "endedOn"
    latest = judge_care_end(care_end(day.replace(day=1) if "18th" in says or says == "death" else date(2026, 8, 3)), facts, TODAY)
    assert latest.started_on == date(2026, 3, 2)


# ----------------------------------------------------------------------------------- births, deaths, orders

EXPECTED = date(2026, 9, 20)


def birth(day: date) -> RecordBirth:
    return RecordBirth(request_key="k", reference="CH1", born_on=day)


@pytest.mark.parametrize("day", [date(2026, 5, 17), date(2026, 8, 31), TODAY])
def test_a_child_is_born_up_to_18_weeks_early(day: date) -> None:
    judge_birth(birth(day), known(born_on=None, expected_on=EXPECTED), TODAY)


def test_a_child_is_born_up_to_six_weeks_late_and_at_any_time_of_an_enquiry() -> None:
    judge_birth(birth(TODAY), known(born_on=None, expected_on=date(2026, 7, 21)), TODAY)
    judge_birth(birth(TODAY), known(born_on=None, expected_on=EXPECTED, died_on=TODAY), TODAY)
    enquiry = Section47Fact(initiating_discussion_on=date(2025, 11, 5))
    judge_birth(birth(TODAY), known(born_on=None, expected_on=EXPECTED, section47s=(enquiry,)), TODAY)


@pytest.mark.parametrize(
    ("says", "day", "facts"),
    [
        ("recorded already", TODAY, known()),
        ("in the future", date(2026, 9, 2), known(born_on=None, expected_on=EXPECTED)),
        ("more than 18 weeks before expectedOn 2026-09-20", date(2026, 5, 16), known(born_on=None, expected_on=EXPECTED)),
        ("more than six weeks after expectedOn 2026-07-20", TODAY, known(born_on=None, expected_on=date(2026, 7, 20))),
        ("death", TODAY, known(born_on=None, expected_on=EXPECTED, died_on=date(2026, 8, 31))),
        (
            "long after a strategy discussion of 2025-11-04",
            TODAY,
            known(born_on=None, expected_on=EXPECTED, section47s=(Section47Fact(initiating_discussion_on=date(2025, 11, 4)),)),
        ),
    ],
)
def test_a_birth_far_from_the_day_expected_or_from_the_records_is_refused(says: str, day: date, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_birth(birth(day), facts, TODAY)
    assert refused.value.field == "bornOn"


IN_CARE = CarePeriodFact(started_on=date(2026, 8, 3))
PLAN = PlanFact(started_on=date(2026, 8, 4))


@pytest.mark.parametrize(
    ("says", "day", "facts"),
    [
        ("recorded already", TODAY, known(died_on=TODAY)),
        ("in the future", date(2026, 9, 2), known()),
        ("before the child was born", date(2015, 5, 31), known()),
        ("after the adoption order", TODAY, known(adopted_on=date(2026, 8, 31))),
        ("before a period of care that began on 2026-08-03", date(2026, 8, 2), known(IN_CARE)),
        ("before a protection plan that began on 2026-08-04", date(2026, 8, 3), known(IN_CARE, plans=(PLAN,))),
    ],
)
def test_a_death_that_cannot_be_is_refused(says: str, day: date, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_death(RecordDeath(request_key="k", reference="CH1", died_on=day), facts, TODAY)
    assert refused.value.field == "diedOn"


def test_a_child_may_die_today_on_the_day_of_birth_before_birth_or_on_the_day_on_which_care_began() -> None:
    for day, facts in [
        (TODAY, known(IN_CARE)),
        (BORN, known()),
        (TODAY, known(born_on=None, expected_on=EXPECTED)),
        (IN_CARE.started_on, known(IN_CARE)),
    ]:
        judge_death(RecordDeath(request_key="k", reference="CH1", died_on=day), facts, TODAY)


@pytest.mark.parametrize(
    ("says", "day", "facts"),
    [
        ("recorded already", TODAY, known(adopted_on=TODAY)),
        ("in the future", date(2026, 9, 2), known()),
        ("before the child was born", date(2015, 5, 31), known()),
        ("before the child was born", TODAY, known(born_on=None, expected_on=EXPECTED)),
        ("death", TODAY, known(died_on=date(2026, 8, 31))),
        (r"19th birthday, when no order can be made .*s\. 47\(9\)", TODAY, known(born_on=date(2007, 9, 1))),
        ("before a period of care", date(2026, 8, 2), known(IN_CARE)),
    ],
)
def test_an_adoption_order_that_cannot_be_is_refused(says: str, day: date, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_adoption(RecordAdoptionOrder(request_key="k", reference="CH1", made_on=day), facts, TODAY)
    assert refused.value.field == "madeOn"


def test_an_adoption_order_may_be_made_from_birth_until_the_19th_birthday_and_on_the_day_of_death() -> None:
    for day, facts in [(TODAY, known(born_on=date(2007, 9, 2))), (BORN, known()), (TODAY, known(died_on=TODAY))]:
        judge_adoption(RecordAdoptionOrder(request_key="k", reference="CH1", made_on=day), facts, TODAY)
    judge_death(RecordDeath(request_key="k", reference="CH1", died_on=TODAY), known(adopted_on=TODAY), TODAY)


@pytest.mark.parametrize(
    ("field", "says", "before", "after"),
    [
        ("bornOn", "8525Q", known(), {"expected_on": EXPECTED}),
        ("bornOn", "bornOn is missing", known(), {"born_on": None}),
        ("bornOn", "in the future", known(), {"born_on": date(2026, 9, 2)}),
        ("bornOn", "after a period of care that began on 2026-08-03", known(IN_CARE), {"born_on": date(2026, 8, 4)}),
        ("bornOn", "so the child is born", known(IN_CARE), {"born_on": None, "expected_on": EXPECTED}),
        ("expectedOn", "check the year", known(born_on=None, expected_on=EXPECTED), {"expected_on": date(2027, 9, 20)}),
        ("diedOn", "recordDeath", known(), {"died_on": TODAY}),
        ("diedOn", "in the future", known(died_on=TODAY), {"died_on": date(2026, 9, 2)}),
        ("adoptedOn", "recordAdoptionOrder", known(), {"adopted_on": TODAY}),
        ("adoptedOn", "19th birthday", known(born_on=date(2007, 9, 1), adopted_on=date(2026, 8, 31)), {"adopted_on": TODAY}),
    ],
)
def test_a_correction_of_a_child_that_does_not_fit_is_refused(field: str, says: str, before: SubjectFacts, after: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_corrected_child(before, replace(before, **after), TODAY)
    assert refused.value.field == field


def test_a_correction_of_a_child_that_fits_is_taken() -> None:
    fitting: list[tuple[SubjectFacts, dict[str, Any]]] = [
        (known(IN_CARE), {"born_on": IN_CARE.started_on}),
        (known(), {"born_on": None, "expected_on": EXPECTED}),
        (known(died_on=TODAY), {"died_on": None}),
        (known(IN_CARE, adopted_on=TODAY), {"adopted_on": IN_CARE.started_on}),
        (known(born_on=None, expected_on=date(2026, 7, 1), died_on=TODAY), {"died_on": None}),
        (known(IN_CARE, adopted_on=date(2026, 8, 1)), {"born_on": date(2015, 6, 2)}),
    ]
    for before, after in fitting:
        judge_corrected_child(before, replace(before, **after), TODAY)
