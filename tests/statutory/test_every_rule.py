"""Every row of the timescales on a date that was worked out by hand, and proof that each date fails if its rule is a day off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.kernel.words import CareStatus, MeetingKind, ObligationState, TimescaleUnit, TransferDirection
from services.statutory import counting
from services.statutory.clock import CarePeriodFact, Due, HeldFact, PlanFact, Section47Fact, SubjectFacts, obligations
from services.statutory.facts import StatusFact, TransferFact
from services.statutory.law import Law
from services.statutory.timeliness import timeliness
from services.statutory.timescales import SHIPPED, Timescale, Timescales
from services.statutory.working_days import WorkingDays, england

LAW = Timescales(SHIPPED)
CHILD = SubjectFacts(subject_id=UUID(int=7), born_on=date(2017, 6, 1))
TEENAGER = replace(CHILD, born_on=date(2011, 6, 1))
UNBORN = SubjectFacts(subject_id=UUID(int=7), expected_on=date(2026, 10, 20))
HOUSEHOLD = SubjectFacts(subject_id=UUID(int=8))
CARE, ADOPTION, REVIEW = MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW, MeetingKind.REVIEW_CONFERENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What `facts` owe under the rule `code`: from day 0 to the law's day, the census's, and the day to book by."""

    code: str
    facts: SubjectFacts
    day0: date
    due: date
    book_by: date | None = None
    census: date | None = None
    not_before: date | None = None
    meeting_needed: bool = True
    state: ObligationState = ObligationState.OPEN
    shown_by: str | None = None
    """The rule of the duty that shows it, where that is another."""
    bends: tuple[int, ...] = (-1, 1)
    """By how many days its rule may not be off; a limit has a case on either side of it."""

    def seen(self, law: Timescales) -> tuple[Any, ...] | None:
        """What the clock says by that law; None where it owes nothing of the kind."""
        found = [due for due in obligations(self.facts, law, england()) if self._is_shown_by(due)]
        return _outline(found[0]) if len(found) == 1 else None

    def _is_shown_by(self, due: Due) -> bool:
        return due.timescale.code == (self.shown_by or self.code) and due.triggered_on == self.day0

    @property
    def expected(self) -> tuple[Any, ...]:
        return self.due, self.book_by or self.due, self.census, self.not_before, self.meeting_needed, self.state


def _outline(due: Due) -> tuple[Any, ...]:
    return due.statutory_due_on, due.book_by_on, due.census_due_on, due.not_before_on, due.meeting_needed, due.state


def held(kind: MeetingKind, *days: date, **more: bool) -> tuple[HeldFact, ...]:
    return tuple(HeldFact(kind=kind, held_on=day, **more) for day in days)  # type: ignore[arg-type]


def status(which: CareStatus, started: date, ended: date | None = None, reason: str | None = None) -> StatusFact:
    return StatusFact(status=which, started_on=started, ended_on=ended, end_reason=reason)


def in_care(started: date, *reviews: date, child: SubjectFacts = CHILD, **more: Any) -> SubjectFacts:
    return replace(child, care_periods=(CarePeriodFact(started_on=started),), held=held(CARE, *reviews), **more)


def enquiry(day: date, child: SubjectFacts = CHILD, **more: Any) -> SubjectFacts:
    return replace(child, section47s=(Section47Fact(initiating_discussion_on=day),), **more)


def on_plan(started: date, *reviews: date, **more: Any) -> SubjectFacts:
    return replace(CHILD, plans=(PlanFact(started_on=started),), held=held(REVIEW, *reviews), **more)


def approved(day: date, *reviews: date) -> SubjectFacts:
    return replace(HOUSEHOLD, approved_on=day, held=held(MeetingKind.FOSTER_HOME_REVIEW, *reviews))


def breaks(*spans: tuple[date, date], reviews: tuple[date, ...] = (), seen_until: date | None = None) -> SubjectFacts:
    statuses = tuple(status(CareStatus.SHORT_BREAK, *span) for span in spans)
    return replace(CHILD, statuses=statuses, held=held(MeetingKind.SHORT_BREAK_REVIEW, *reviews), seen_until=seen_until)


def adoption(*statuses: StatusFact, reviews: tuple[date, ...] = ()) -> SubjectFacts:
    return replace(CHILD, statuses=statuses, held=held(ADOPTION, *reviews))


def long_term(placed: date, *reviews: HeldFact) -> SubjectFacts:
    return replace(in_care(date(2020, 1, 6)), statuses=(status(CareStatus.LONG_TERM_PLACEMENT, placed),), held=reviews)


def weekends(first: date, count: int, days: int) -> list[tuple[date, date]]:
    starts = [first + timedelta(days=14 * number) for number in range(count)]
    return [(start, start + timedelta(days=days)) for start in starts]


AUTHORISED = status(CareStatus.AUTHORISED_FOR_ADOPTION, date(2026, 1, 12))
PLACED = status(CareStatus.PLACED_FOR_ADOPTION, date(2026, 3, 2))
CAME_BACK = status(CareStatus.PLACED_FOR_ADOPTION, date(2026, 3, 2), date(2026, 9, 14), "DISRUPTED")
SECURED = status(CareStatus.SECURE, date(2026, 1, 30))
REMANDED = status(CareStatus.REMAND, date(2026, 12, 7))
SEVENTY = weekends(date(2026, 1, 2), 14, 5)  # days away, the last of them on 8 July

CASES = (
    # ---------------------------------------------------------------------- verified dates: 15 working days
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 9, 1)), day0=date(2026, 9, 1), due=date(2026, 9, 22)),
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 12, 7)), day0=date(2026, 12, 7), due=date(2026, 12, 30)),
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 12, 14)), day0=date(2026, 12, 14), due=date(2027, 1, 7)),
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 12, 24)), day0=date(2026, 12, 24), due=date(2027, 1, 19)),
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 3, 16)), day0=date(2026, 3, 16), due=date(2026, 4, 8)),
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 12, 4)), day0=date(2026, 12, 4), due=date(2026, 12, 29)),
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 12, 5)), day0=date(2026, 12, 5), due=date(2026, 12, 29)),
    Case(code="INITIAL_CONFERENCE", facts=enquiry(date(2026, 12, 6)), day0=date(2026, 12, 6), due=date(2026, 12, 29)),
    # ---------------------------------------------------------------------- verified dates: 20 working days
    Case(code="CARE_REVIEW_FIRST", facts=in_care(date(2026, 9, 1)), day0=date(2026, 9, 1), due=date(2026, 9, 29)),
    Case(code="CARE_REVIEW_FIRST", facts=in_care(date(2026, 12, 7)), day0=date(2026, 12, 7), due=date(2027, 1, 7)),
    Case(code="CARE_REVIEW_FIRST", facts=in_care(date(2026, 12, 24)), day0=date(2026, 12, 24), due=date(2027, 1, 26)),
    Case(code="CARE_REVIEW_FIRST", facts=in_care(date(2026, 3, 16)), day0=date(2026, 3, 16), due=date(2026, 4, 15)),
    # ------------------------------------------------------------------------- verified dates: 30 November
    Case(
        code="REVIEW_CONFERENCE_FIRST",
        facts=on_plan(date(2026, 11, 30)),
        day0=date(2026, 11, 30),
        due=date(2027, 2, 28),
        book_by=date(2027, 2, 26),
        census=date(2027, 3, 1),
    ),
    Case(
        code="REVIEW_CONFERENCE_NEXT",
        facts=on_plan(date(2026, 9, 7), date(2026, 11, 30)),
        day0=date(2026, 11, 30),
        due=date(2027, 5, 30),
        book_by=date(2027, 5, 28),
        census=date(2027, 6, 1),
    ),
    Case(
        code="CARE_REVIEW_SECOND",
        facts=in_care(date(2026, 11, 2), date(2026, 11, 30)),
        day0=date(2026, 11, 30),
        due=date(2027, 2, 28),
        book_by=date(2027, 2, 26),
        census=date(2027, 3, 1),
    ),
    Case(
        code="CARE_REVIEW_NEXT",
        facts=in_care(date(2026, 8, 3), date(2026, 8, 28), date(2026, 11, 30)),
        day0=date(2026, 11, 30),
        due=date(2027, 5, 30),
        book_by=date(2027, 5, 28),
        census=date(2027, 6, 1),
    ),
    # -------------------------------------------------------------------------------------- other conferences
    Case(
        code="PRE_BIRTH_CONFERENCE",
        facts=enquiry(date(2026, 12, 24), replace(UNBORN, expected_on=date(2027, 6, 1))),
        day0=date(2026, 12, 24),
        due=date(2027, 1, 19),
    ),
    Case(
        code="PRE_BIRTH_LATEST",
        shown_by="PRE_BIRTH_CONFERENCE",
        facts=enquiry(date(2026, 9, 1), UNBORN),
        day0=date(2026, 9, 1),
        due=date(2026, 9, 22),
        book_by=date(2026, 9, 8),
    ),
    Case(
        code="TRANSFER_IN_CONFERENCE",
        facts=replace(CHILD, transfers=(TransferFact(direction=TransferDirection.IN, notified_on=date(2026, 12, 24)),)),
        day0=date(2026, 12, 24),
        due=date(2027, 1, 19),
    ),
    Case(
        code="INQUORATE_CONFERENCE",
        facts=replace(CHILD, held=held(MeetingKind.INITIAL_CONFERENCE, date(2026, 12, 24), to_reconvene=True)),
        day0=date(2026, 12, 24),
        due=date(2027, 1, 12),
    ),
    Case(
        code="POST_BIRTH_REVIEW",
        facts=replace(on_plan(date(2026, 12, 7)), born_on=date(2026, 12, 24)),
        day0=date(2026, 12, 24),
        due=date(2027, 3, 7),
        book_by=date(2027, 1, 26),
        census=date(2027, 3, 8),
    ),
    # ------------------------------------------------------------------------- children in care until 2011
    Case(
        code="CARE_REVIEW_FIRST",
        facts=in_care(date(2009, 3, 2), child=replace(CHILD, born_on=None)),
        day0=date(2009, 3, 2),
        due=date(2009, 3, 30),
    ),
    Case(
        code="CARE_REVIEW_SECOND",
        facts=in_care(date(2009, 3, 2), date(2009, 3, 20), child=replace(CHILD, born_on=None)),
        day0=date(2009, 3, 20),
        due=date(2009, 6, 20),
        book_by=date(2009, 6, 19),
        census=date(2009, 6, 19),
    ),
    Case(
        code="CARE_REVIEW_NEXT",
        facts=in_care(date(2009, 3, 2), date(2009, 3, 20), date(2009, 5, 29), child=replace(CHILD, born_on=None)),
        day0=date(2009, 5, 29),
        due=date(2009, 11, 29),
        book_by=date(2009, 11, 27),
        census=date(2009, 11, 28),
    ),
    # ------------------------------------------------------------------------------------------- remand, secure
    Case(
        code="REMAND_REVIEW_FIRST",
        facts=in_care(date(2026, 12, 7), child=TEENAGER, statuses=(REMANDED,)),
        day0=date(2026, 12, 7),
        due=date(2027, 1, 7),
    ),
    Case(
        code="SECURE_CRITERIA_REVIEW_FIRST",
        facts=replace(TEENAGER, statuses=(SECURED,)),
        day0=date(2026, 1, 30),
        due=date(2026, 2, 27),
    ),
    Case(
        code="SECURE_CRITERIA_REVIEW_NEXT",
        facts=replace(TEENAGER, statuses=(SECURED,), held=held(MeetingKind.SECURE_CRITERIA_REVIEW, date(2026, 2, 27))),
        day0=date(2026, 2, 27),
        due=date(2026, 5, 27),
    ),
    # ------------------------------------------------------------------------------------------------ adoption
    Case(
        code="ADOPTION_REVIEW_AUTHORISED_FIRST",
        facts=adoption(AUTHORISED),
        day0=date(2026, 1, 12),
        due=date(2026, 4, 12),
        book_by=date(2026, 4, 10),
    ),
    Case(
        code="ADOPTION_REVIEW_AUTHORISED_NEXT",
        facts=adoption(AUTHORISED, reviews=(date(2026, 3, 31),)),
        day0=date(2026, 3, 31),
        due=date(2026, 9, 30),
    ),
    Case(code="ADOPTION_REVIEW_PLACED_FIRST", facts=adoption(AUTHORISED, PLACED), day0=date(2026, 3, 2), due=date(2026, 3, 30)),
    Case(
        code="ADOPTION_REVIEW_PLACED_SECOND",
        facts=adoption(AUTHORISED, PLACED, reviews=(date(2026, 3, 30),)),
        day0=date(2026, 3, 30),
        due=date(2026, 6, 30),
    ),
    Case(
        code="ADOPTION_REVIEW_PLACED_NEXT",
        facts=adoption(AUTHORISED, PLACED, reviews=(date(2026, 3, 30), date(2026, 6, 30))),
        day0=date(2026, 6, 30),
        due=date(2026, 12, 30),
    ),
    Case(
        code="ADOPTION_REVIEW_DISRUPTED",
        facts=adoption(AUTHORISED, CAME_BACK),
        day0=date(2026, 9, 14),
        due=date(2026, 10, 26),
        not_before=date(2026, 10, 12),
    ),
    Case(
        code="ADOPTION_REVIEW_DISRUPTED_EARLIEST",
        shown_by="ADOPTION_REVIEW_DISRUPTED",
        facts=adoption(AUTHORISED, CAME_BACK, reviews=(date(2026, 10, 11),)),
        day0=date(2026, 9, 14),
        due=date(2026, 10, 26),
        not_before=date(2026, 10, 12),
    ),
    # -------------------------------------------------------------------------------------------- short breaks
    Case(
        code="SHORT_BREAK_REVIEW_FIRST",
        facts=breaks((date(2026, 1, 2), date(2026, 1, 4))),
        day0=date(2026, 1, 2),
        due=date(2026, 4, 2),
    ),
    Case(
        code="SHORT_BREAK_REVIEW_NEXT",
        facts=breaks((date(2026, 1, 2), date(2026, 1, 4)), reviews=(date(2026, 3, 31),)),
        day0=date(2026, 3, 31),
        due=date(2026, 9, 30),
    ),
    Case(  # the 18th day of one break
        code="SHORT_BREAK_LONGEST",
        shown_by="CARE_REVIEW_FIRST",
        facts=breaks((date(2026, 8, 14), date(2026, 9, 6))),
        day0=date(2026, 9, 1),
        due=date(2026, 9, 29),
        state=ObligationState.VOID,  # the break ended, and care with it
    ),
    Case(  # the 76th day of a year
        code="SHORT_BREAK_TOTAL",
        shown_by="CARE_REVIEW_FIRST",
        facts=breaks(*SEVENTY, (date(2026, 8, 26), date(2026, 9, 4))),
        day0=date(2026, 9, 1),
        due=date(2026, 9, 29),
        state=ObligationState.VOID,  # the break ended, and care with it
    ),
    Case(  # a year and a day after the last break another series begins
        code="SHORT_BREAK_SERIES",
        bends=(1,),
        shown_by="SHORT_BREAK_REVIEW_FIRST",
        facts=breaks((date(2025, 1, 3), date(2025, 1, 5)), (date(2026, 1, 6), date(2026, 1, 8))),
        day0=date(2026, 1, 6),
        due=date(2026, 4, 6),
        book_by=date(2026, 4, 2),
    ),
    Case(  # a year after it on the day, the series goes on
        code="SHORT_BREAK_SERIES",
        bends=(-1,),
        shown_by="SHORT_BREAK_REVIEW_NEXT",
        facts=breaks(
            (date(2025, 1, 3), date(2025, 1, 5)),
            (date(2026, 1, 5), date(2026, 1, 7)),
            reviews=(date(2025, 3, 31), date(2025, 9, 26)),
            seen_until=date(2026, 1, 8),
        ),
        day0=date(2025, 9, 26),
        due=date(2026, 3, 26),
    ),
    # ----------------------------------------------------------------------------------- long-term placements
    Case(  # twelve months to the day are not over twelve months
        code="LONG_TERM_SETTLED",
        bends=(-1,),
        shown_by="CARE_REVIEW_NEXT",
        facts=long_term(date(2025, 3, 10), *held(CARE, date(2020, 1, 28), date(2020, 4, 20), date(2026, 3, 10))),
        day0=date(2026, 3, 10),
        due=date(2026, 9, 10),
        book_by=date(2026, 9, 9),
        census=date(2026, 9, 9),
    ),
    Case(  # on the first day after twelve months, no meeting is needed
        code="LONG_TERM_SETTLED",
        bends=(1,),
        shown_by="CARE_REVIEW_NEXT",
        facts=long_term(date(2025, 3, 10), *held(CARE, date(2020, 1, 28), date(2020, 4, 20), date(2026, 3, 11))),
        day0=date(2026, 3, 11),
        due=date(2026, 9, 11),
        book_by=date(2026, 9, 10),
        census=date(2026, 9, 10),
        meeting_needed=False,
    ),
    Case(  # within a year of the last meeting, whatever the interval says
        code="LONG_TERM_MEETING",
        shown_by="CARE_REVIEW_NEXT",
        facts=long_term(
            date(2024, 3, 4),
            *held(CARE, date(2020, 1, 28), date(2020, 4, 20), date(2026, 1, 12)),
            *held(CARE, date(2026, 8, 3), without_meeting=True),
        ),
        day0=date(2026, 8, 3),
        due=date(2027, 1, 12),
        census=date(2027, 2, 2),
    ),
    # -------------------------------------------------------------------------------------------- foster homes
    Case(code="FOSTER_HOME_REVIEW_FIRST", facts=approved(date(2026, 9, 1)), day0=date(2026, 9, 1), due=date(2027, 9, 1)),
    Case(
        code="FOSTER_HOME_REVIEW_NEXT", facts=approved(date(2026, 9, 1), date(2027, 6, 30)), day0=date(2027, 6, 30), due=date(2028, 6, 30)
    ),
    Case(code="FOSTER_HOME_REVIEW_FIRST", facts=approved(date(2010, 9, 1)), day0=date(2010, 9, 1), due=date(2011, 9, 1)),
    Case(
        code="FOSTER_HOME_REVIEW_NEXT", facts=approved(date(2009, 9, 1), date(2010, 6, 30)), day0=date(2010, 6, 30), due=date(2011, 6, 30)
    ),
    Case(code="FOSTER_HOME_REVIEW_FIRST", facts=approved(date(1998, 9, 1)), day0=date(1998, 9, 1), due=date(1999, 9, 1)),
    Case(
        code="FOSTER_HOME_REVIEW_NEXT", facts=approved(date(1998, 9, 1), date(1999, 6, 30)), day0=date(1999, 6, 30), due=date(2000, 6, 30)
    ),
)


class Shifted(int):
    """An amount whose period ends some days off."""

    shift = 0


def shifted(row: Timescale, days: int) -> Timescales:
    """The law with that one row a day off, whatever its unit."""
    amount = Shifted(row.amount)
    amount.shift = days
    return Timescales(replace(row, amount=amount) if each == row else each for each in SHIPPED)


def bent(row: Timescale, by: int) -> Timescales:
    """The law with the amount of that one row changed by so many of its units."""
    return Timescales(replace(row, amount=row.amount + by) if each == row else each for each in SHIPPED)


@pytest.fixture(autouse=True)
def _shift_days(monkeypatch: pytest.MonkeyPatch) -> None:
    latest, earlier = counting.latest_day, counting.earlier_day

    def later(day0: date, amount: int, unit: TimescaleUnit, days: WorkingDays) -> date:
        return latest(day0, amount, unit, days) + timedelta(days=getattr(amount, "shift", 0))

    def sooner(day: date, amount: int, unit: TimescaleUnit, days: WorkingDays) -> date:
        return earlier(day, amount, unit, days) - timedelta(days=getattr(amount, "shift", 0))

    monkeypatch.setattr(counting, "latest_day", later)
    monkeypatch.setattr(counting, "earlier_day", sooner)


def row_of(case: Case) -> Timescale:
    return LAW.on(case.code, case.day0)


def label(value: object) -> str:
    if isinstance(value, Case):
        return f"{value.code}-{value.day0}"
    return f"{value.code}-{value.in_force.first}" if isinstance(value, Timescale) else str(value)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_what_is_owed_is_what_was_worked_out_by_hand(case: Case) -> None:
    assert case.seen(LAW) == case.expected
    assert case.seen(shifted(row_of(case), 0)) == case.expected


BENDS = [(case, days) for case in CASES for days in case.bends]


@pytest.mark.parametrize(("case", "days"), BENDS, ids=label)
def test_each_date_fails_if_its_rule_is_a_day_off(case: Case, days: int) -> None:
    assert case.seen(shifted(row_of(case), days)) != case.expected


JUDGED_BY_DUTIES = [row for row in SHIPPED if row.code != "ADJOURNED_COMPLETION"]


@pytest.mark.parametrize("row", JUDGED_BY_DUTIES, ids=label)
def test_no_row_can_be_changed_without_a_date_that_fails(row: Timescale) -> None:
    own = [case for case in CASES if row_of(case) == row]
    assert {days for case in own for days in case.bends} == {-1, 1}
    for by in (-1, 1) if row.amount > 1 else (1,):
        assert any(case.seen(bent(row, by)) != case.expected for case in own)
    for days in (-1, 1) if row.census_days is not None else ():
        law = Timescales(replace(each, census_days=(each.census_days or 0) + days) if each == row else each for each in SHIPPED)
        assert all(case.seen(law) != case.expected for case in own)


@pytest.mark.parametrize(("days", "first", "second"), [(-1, "LATE", "LATE"), (0, "IN_TIME", "LATE"), (1, "IN_TIME", "IN_TIME")])
def test_an_adjourned_meeting_is_completed_by_the_day_that_the_row_says(days: int, first: str, second: str) -> None:
    """From Thursday 24 December 2026 the 20th working day is Tuesday 26 January 2027."""
    law = shifted(LAW.on("ADJOURNED_COMPLETION", date(2026, 12, 24)), days)
    found = [
        timeliness(
            state=ObligationState.HELD,
            statutory_due_on=date(2026, 12, 24),
            held_on=date(2026, 12, 24),
            completed_on=completed_on,
            today=date(2027, 3, 1),
            law=Law(law, england()),
        ).removesuffix("_ADJOURNED")
        for completed_on in (date(2027, 1, 26), date(2027, 1, 27))
    ]
    assert found == [first, second]
