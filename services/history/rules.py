"""What may be recorded of a child: each refusal names the graph's field and says what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from services.history.commands import EndCarePeriod, RecordStrategyDiscussion, RegisterChild, StartCarePeriod
from services.kernel.errors import InvalidInput
from services.kernel.words import ObligationState
from services.statutory.chains import ADULT_AGE
from services.statutory.clock import Due
from services.statutory.counting import birthday
from services.statutory.facts import STARTING_CONFERENCES, CarePeriodFact, SubjectFacts
from services.statutory.working_days import WorkingDays

LONGEST_REFERENCE = 64
LONGEST_TEXT = 200
MOST_CHILDREN = 50
OVERDUE_BIRTH = timedelta(days=42)
EARLIEST_NOTICE_OF_BIRTH = timedelta(days=300)
SHORT_BREAKS = frozenset({"V3", "V4"})
"""SSDA903 legal statuses of agreed series of short breaks."""


def judge_registration(command: RegisterChild, today: date) -> None:
    """Raises `InvalidInput` unless the reference is usable and the child is either born, and no adult, or expected."""
    _judge_reference(command.reference, "reference")
    if command.born_on is not None and command.expected_on is not None:
        raise InvalidInput("a child has either bornOn or, before birth, expectedOn: leave one of them out", "bornOn")
    if command.born_on is not None:
        _judge_birth(command.born_on, today)
    elif command.expected_on is not None:
        _judge_expected(command.expected_on, today)
    else:
        raise InvalidInput("bornOn is missing: give the date of birth or, before birth, expectedOn", "bornOn")
    for name, other in (("siblingOf", command.sibling_of), ("parentOf", command.parent_of)):
        if other == command.reference:
            raise InvalidInput(f"{name} names the child itself: give another child's reference, or leave it out", name)


def judge_parent(parent: RegisterChild, child: SubjectFacts) -> None:
    """Raises `InvalidInput` where the parent cannot be older than the child."""
    if parent.expected_on is not None:
        raise InvalidInput("parentOf: a child that is not born yet is nobody's parent", "parentOf")
    if parent.born_on is not None and child.born_on is not None and parent.born_on >= child.born_on:
        raise InvalidInput("parentOf: the parent must be born before the child", "parentOf")


def judge_care_start(command: StartCarePeriod, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless the child, alive, born and no adult, may have become looked after on that day."""
    day = command.started_on
    _judge_day("startedOn", day, today, "a period of care is recorded once it has begun")
    if facts.born_on is None:
        raise InvalidInput("startedOn: the child is not born yet, and an unborn child is not looked after", "startedOn")
    _judge_lifetime("startedOn", day, facts)
    if command.legal_status is not None and not _is_line(command.legal_status):
        raise InvalidInput(f"legalStatus is a code such as C2 or V2, of at most {LONGEST_TEXT} characters", "legalStatus")
    for period in facts.care_periods:
        if period.ended_on is None or period.ended_on > day:
            raise InvalidInput(f"startedOn {day.isoformat()} lies in or before {_period(period)}: two cannot overlap", "startedOn")


def judge_care_end(command: EndCarePeriod, facts: SubjectFacts, today: date) -> CarePeriodFact:
    """The open period that ends; raises `InvalidInput` where there is none or the day does not fit it."""
    day = command.ended_on
    _judge_day("endedOn", day, today, "the end of care is recorded once it has come")
    if not _is_line(command.reason):
        raise InvalidInput(f"reason is missing: say in 1 to {LONGEST_TEXT} characters, on one line, why care ended", "reason")
    still_open = [period for period in facts.care_periods if period.ended_on is None]
    if not still_open:
        raise InvalidInput("endedOn: the child is not looked after, so no period of care can end", "endedOn")
    period = max(still_open, key=lambda each: each.started_on)
    if day < period.started_on:
        raise InvalidInput(f"endedOn {day.isoformat()} comes before care began: give {period.started_on.isoformat()} or later", "endedOn")
    return period


def judge_discussion(command: RecordStrategyDiscussion, today: date) -> None:
    """Raises `InvalidInput` unless the discussion has taken place (any day of the week) and names each child once."""
    _judge_day("heldOn", command.held_on, today, "a strategy discussion is recorded once it has been held")
    if not command.references:
        raise InvalidInput("references is empty: name at least one child", "references")
    if len(command.references) > MOST_CHILDREN:
        raise InvalidInput(f"references names more than {MOST_CHILDREN} children: record the households one by one", "references")
    if len(set(command.references)) != len(command.references):
        raise InvalidInput("references names a child twice: name each child once", "references")


def judge_discussed(command: RecordStrategyDiscussion, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where one of the children was no child on that day. An unborn child may be discussed."""
    _judge_lifetime("heldOn", command.held_on, facts, unborn=True)


def judge_no_enquiry_runs(reference: str, held_on: date, facts: SubjectFacts, dues: Iterable[Due], working_days: WorkingDays) -> None:
    """Raises `InvalidInput` while another discussion's conference is owed within its time: the one that initiated the enquiry
    counts, not a later one. Before birth a fresh discussion starts the clock anew, where the first left no time to prepare."""
    if facts.born_on is None:
        return
    for due in dues:
        if due.kind not in STARTING_CONFERENCES or due.state is not ObligationState.OPEN or held_on == due.triggered_on:
            continue
        if abs(working_days.between(due.triggered_on, held_on)) <= due.timescale.amount:
            began = due.triggered_on.isoformat()
            message = f"{reference}: an enquiry that began on {began} still runs, and its conference is owed from that day"
            raise InvalidInput(f"{message}: record no other discussion", "heldOn")


def _judge_birth(born_on: date, today: date) -> None:
    _judge_day("bornOn", born_on, today, "a child that is not born yet has expectedOn")
    if birthday(born_on, ADULT_AGE) <= today:
        raise InvalidInput(f"bornOn {born_on.isoformat()}: that is an adult, to whom no review or conference is owed", "bornOn")


def _judge_expected(expected_on: date, today: date) -> None:
    if expected_on < today - OVERDUE_BIRTH:
        raise InvalidInput(f"expectedOn {expected_on.isoformat()} is more than six weeks past: give bornOn", "expectedOn")
    if expected_on > today + EARLIEST_NOTICE_OF_BIRTH:
        raise InvalidInput(f"expectedOn {expected_on.isoformat()} is more than 300 days ahead: check the year", "expectedOn")


def _judge_day(field: str, day: date, today: date, why: str) -> None:
    if day > today:
        raise InvalidInput(f"{field} {day.isoformat()} is in the future: {why}", field)


def _judge_lifetime(field: str, day: date, facts: SubjectFacts, *, unborn: bool = False) -> None:
    if facts.died_on is not None and day > facts.died_on:
        raise InvalidInput(f"{field} {day.isoformat()} comes after the child's death", field)
    if facts.born_on is None:
        return
    if day < facts.born_on and not (unborn and day >= facts.born_on - EARLIEST_NOTICE_OF_BIRTH):
        raise InvalidInput(f"{field} {day.isoformat()} comes before the child was born", field)
    if day >= birthday(facts.born_on, ADULT_AGE):
        raise InvalidInput(f"{field} {day.isoformat()} is on or after the 18th birthday", field)


def _judge_reference(reference: str, field: str) -> None:
    if not _is_line(reference) or reference != reference.strip() or len(reference) > LONGEST_REFERENCE:
        raise InvalidInput(
            f"{field} is the authority's own identifier: 1 to {LONGEST_REFERENCE} printable characters, without spaces around it",
            field,
        )


def _is_line(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= LONGEST_TEXT


def _period(period: CarePeriodFact) -> str:
    started = f"began {'' if period.started_on_exact else 'by '}{period.started_on.isoformat()}"
    ended = "is still open" if period.ended_on is None else f"ended {period.ended_on.isoformat()}"
    return f"the period of care that {started} and {ended}"
