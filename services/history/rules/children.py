"""Who a child is: registered, born, adopted, dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.history.commands import RecordAdoptionOrder, RecordBirth, RecordDeath, RegisterChild
from services.history.rules.days import (
    EARLIEST_BIRTH,
    EARLIEST_NOTICE_OF_BIRTH,
    OVERDUE_BIRTH,
    judge_past,
    judge_reference,
)
from services.kernel.errors import InvalidInput
from services.statutory.chains import ADULT_AGE
from services.statutory.counting import birthday
from services.statutory.facts import SubjectFacts

TOO_OLD_FOR_ADOPTION = 19
"""Adoption and Children Act 2002, s. 47(9)."""


def judge_registration(command: RegisterChild, today: date) -> None:
    """Raises `InvalidInput` unless the reference is usable and the child is either born, and no adult, or expected."""
    judge_reference(command.reference, "reference")
    if command.born_on is not None:
        judge_one_birth(command.born_on, command.expected_on)
        _judge_birth_day(command.born_on, today)
        if _is_adult(command.born_on, today):
            raise _adult(command.born_on)
    elif command.expected_on is not None:
        judge_expected(command.expected_on, today)
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


def judge_older(parent: SubjectFacts, child: SubjectFacts) -> None:
    """Raises `InvalidInput` where the parent, as recorded, cannot be older than the child."""
    if parent.born_on is None and parent.expected_on is not None:
        raise InvalidInput("parentOf: a child that is not born yet is nobody's parent", "parentOf")
    if parent.born_on is not None and child.born_on is not None and parent.born_on >= child.born_on:
        raise InvalidInput("parentOf: the parent must be born before the child", "parentOf")


def judge_birth(command: RecordBirth, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless a child that was expected may have been born on that day."""
    day = command.born_on
    if facts.born_on is not None:
        raise InvalidInput("bornOn is recorded already: a wrong one is corrected (correctChild)", "bornOn")
    _judge_birth_day(day, today)
    if facts.died_on is not None and day > facts.died_on:
        raise InvalidInput(f"bornOn {day} comes after the child's death", "bornOn")
    if facts.expected_on is not None:
        if day < facts.expected_on - EARLIEST_BIRTH:
            raise InvalidInput(f"bornOn {day} is more than 18 weeks before expectedOn {facts.expected_on}: check the year", "bornOn")
        if day > facts.expected_on + OVERDUE_BIRTH:
            raise InvalidInput(f"bornOn {day} is more than six weeks after expectedOn {facts.expected_on}: check it", "bornOn")
    judge_records_fit_birth(day, facts)
    _judge_no_adult(day, None, facts, today)


def judge_death(command: RecordDeath, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` for a death that is recorded already, or that comes before birth or before what is recorded."""
    if facts.died_on is not None:
        raise InvalidInput("diedOn is recorded already: a wrong one is corrected (correctChild)", "diedOn")
    judge_died_on(command.died_on, facts, today)


def judge_died_on(day: date, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` for a day on which this child cannot have died."""
    judge_past("diedOn", day, today, "a death is recorded once it has happened")
    if facts.born_on is not None and day < facts.born_on:
        raise InvalidInput(f"diedOn {day} comes before the child was born", "diedOn")
    if facts.adopted_on is not None and day > facts.adopted_on:
        raise InvalidInput(f"diedOn {day} comes after the adoption order: nothing more is recorded under this reference", "diedOn")
    _judge_nothing_begins_after("diedOn", day, facts)


def judge_adoption(command: RecordAdoptionOrder, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` for an order that is recorded already, or that no court can have made on that day."""
    if facts.adopted_on is not None:
        raise InvalidInput("madeOn: an adoption order is recorded already: a wrong one is corrected (correctChild)", "madeOn")
    judge_adopted_on("madeOn", command.made_on, facts, today)


def judge_adopted_on(field: str, day: date, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` for a day on which no court can have made an adoption order for this child."""
    judge_past(field, day, today, "an adoption order is recorded once it is made")
    if facts.born_on is None or day < facts.born_on:
        raise InvalidInput(f"{field} {day} comes before the child was born", field)
    if facts.died_on is not None and day > facts.died_on:
        raise InvalidInput(f"{field} {day} comes after the child's death", field)
    if day >= birthday(facts.born_on, TOO_OLD_FOR_ADOPTION):
        message = "is on or after the 19th birthday, when no order can be made (Adoption and Children Act 2002, s. 47(9))"
        raise InvalidInput(f"{field} {day} {message}", field)
    _judge_nothing_begins_after(field, day, facts)


def judge_corrected_child(before: SubjectFacts, after: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless what is changed of a child can be, beside everything that is recorded of it."""
    judge_one_birth(after.born_on, after.expected_on)
    if after.born_on is None and after.expected_on is None:
        raise InvalidInput("bornOn is missing: give the date of birth or, before birth, expectedOn", "bornOn")
    if after.born_on != before.born_on:
        if after.born_on is None:
            _judge_unborn_again(after)
        else:
            _judge_birth_day(after.born_on, today)
            judge_records_fit_birth(after.born_on, after, before.born_on)
            _judge_no_adult(after.born_on, before.born_on, after, today)
    if after.expected_on is not None and after.expected_on != before.expected_on:
        judge_expected(after.expected_on, today)
    _judge_end_of_records("diedOn", before.died_on, after.died_on, "recordDeath")
    _judge_end_of_records("adoptedOn", before.adopted_on, after.adopted_on, "recordAdoptionOrder")
    if after.died_on is not None and after.died_on != before.died_on:
        judge_died_on(after.died_on, after, today)
    if after.adopted_on is not None and after.adopted_on != before.adopted_on:
        judge_adopted_on("adoptedOn", after.adopted_on, after, today)


def judge_one_birth(born_on: date | None, expected_on: date | None) -> None:
    """Raises `InvalidInput` for a child that is both born and expected."""
    if born_on is not None and expected_on is not None:
        message = "a child has either bornOn or, before birth, expectedOn: leave one of them out (census rule 8525Q)"
        raise InvalidInput(message, "bornOn")


def judge_expected(expected_on: date, today: date) -> None:
    """Raises `InvalidInput` for a birth that must have happened long ago, or that nobody can expect yet."""
    if expected_on < today - OVERDUE_BIRTH:
        raise InvalidInput(f"expectedOn {expected_on} is more than six weeks past: give bornOn", "expectedOn")
    if expected_on > today + EARLIEST_NOTICE_OF_BIRTH:
        raise InvalidInput(f"expectedOn {expected_on} is more than 300 days ahead: check the year", "expectedOn")


def judge_records_fit_birth(born_on: date, facts: SubjectFacts, before: date | None = None) -> None:
    """Raises `InvalidInput` where care was recorded before that birth, an enquiry or a conference long before it, or anything once
    that child would have been an adult. `before`: the birth that was recorded until now; what did not fit it either stays."""
    for day, what in _recorded(facts):
        if day < born_on:
            raise InvalidInput(f"bornOn {born_on} comes after {what} that began on {day}: one of the two days is wrong", "bornOn")
    for day, what in _recorded_before_birth(facts):
        if day < born_on - EARLIEST_NOTICE_OF_BIRTH:
            raise InvalidInput(f"bornOn {born_on} comes long after {what} of {day}: one of the two days is wrong", "bornOn")
    for day, what in (*_recorded(facts), *_recorded_before_birth(facts)):
        if _is_adult(born_on, day) and (before is None or not _is_adult(before, day)):
            message = f"bornOn {born_on}: that is an adult by {day}, the day of {what}"
            raise InvalidInput(f"{message}: one of the two days is wrong", "bornOn")


def _judge_no_adult(born_on: date, before: date | None, facts: SubjectFacts, today: date) -> None:
    """Who has grown up here may be one; of whom nothing is recorded is no child of ours."""
    known = any(True for _ in (*_recorded(facts), *_recorded_before_birth(facts)))
    if _is_adult(born_on, today) and not known and (before is None or not _is_adult(before, today)):
        raise _adult(born_on)


def _is_adult(born_on: date, day: date) -> bool:
    return birthday(born_on, ADULT_AGE) <= day


def _adult(born_on: date) -> InvalidInput:
    return InvalidInput(f"bornOn {born_on}: that is an adult, to whom no review or conference is owed", "bornOn")


def _judge_birth_day(born_on: date, today: date) -> None:
    judge_past("bornOn", born_on, today, "a child that is not born yet has expectedOn")


def _judge_unborn_again(facts: SubjectFacts) -> None:
    for day, what in _recorded(facts):
        raise InvalidInput(f"bornOn: {what} that began on {day} is recorded, so the child is born", "bornOn")


def _judge_end_of_records(field: str, before: date | None, after: date | None, command: str) -> None:
    if before is None and after is not None:
        raise InvalidInput(f"{field}: none is recorded that could be corrected: record it ({command}), which ends care and plan", field)


def _judge_nothing_begins_after(field: str, day: date, facts: SubjectFacts) -> None:
    plans = [(plan.started_on, "a protection plan") for plan in facts.plans]
    for begun, what in (*_recorded(facts), *plans):
        if begun > day:
            raise InvalidInput(f"{field} {day} comes before {what} that began on {begun}: one of the two days is wrong", field)
    for held in facts.held:
        if held.held_on > day:
            raise InvalidInput(f"{field} {day} comes before the {held.kind} of {held.held_on}: one of the two days is wrong", field)


def _recorded(facts: SubjectFacts) -> Iterator[tuple[date, str]]:
    """What only a child that is born can have."""
    yield from ((period.started_on, "a period of care") for period in facts.care_periods)
    yield from ((status.started_on, f"the status {status.status}") for status in facts.statuses)


def _recorded_before_birth(facts: SubjectFacts) -> Iterator[tuple[date, str]]:
    """What a child may have before it is born."""
    yield from ((enquiry.initiating_discussion_on, "a strategy discussion") for enquiry in facts.section47s)
    yield from ((plan.started_on, "a protection plan") for plan in facts.plans)
    yield from ((held.held_on, f"the {held.kind}") for held in facts.held)
