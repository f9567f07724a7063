"""The least change from what is stored to what the records owe, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.history.reconcile import reconcile
from services.history.rows import EXPECTED, HELD, OPEN, VOID, Changes, Law, Stored, row_of
from services.kernel.ids import obligation_id
from services.kernel.words import MeetingKind
from services.statutory.clock import (
    CarePeriodFact,
    Due,
    HeldFact,
    PlanFact,
    Section47Fact,
    SubjectFacts,
    obligations,
    owed_from,
)
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

LAW = Law(timescales=Timescales(SHIPPED), working_days=england())
CHILD = UUID(int=7)
CARE, REVIEW, INITIAL = MeetingKind.CARE_REVIEW, MeetingKind.REVIEW_CONFERENCE, MeetingKind.INITIAL_CONFERENCE


def known(**facts: object) -> SubjectFacts:
    return replace(SubjectFacts(subject_id=CHILD, born_on=date(2015, 6, 1)), **facts)  # type: ignore[arg-type]


def in_care(started: date, *reviews: date, ended: date | None = None) -> SubjectFacts:
    return known(care_periods=(CarePeriodFact(started_on=started, ended_on=ended),), held=held(CARE, *reviews))


def held(kind: MeetingKind, *days: date) -> tuple[HeldFact, ...]:
    return tuple(HeldFact(kind=kind, held_on=day) for day in days)


def dues(facts: SubjectFacts) -> tuple[Due, ...]:
    return obligations(facts, LAW.timescales, LAW.working_days)


def stored(facts: SubjectFacts, *, booked: tuple[date, ...] = ()) -> list[Stored]:
    rows = [row_of(CHILD, due) for due in dues(facts)]
    return [Stored(row=row, booked=row.triggered_on in booked, referred_to=row.triggered_on in booked) for row in rows]


def expected(facts: SubjectFacts, kind: MeetingKind, day: date, *, booked: bool = True, referred_to: bool = True) -> Stored:
    due = owed_from(facts, kind, day, "booked", LAW.timescales, LAW.working_days)
    return Stored(row=row_of(CHILD, due), booked=booked, referred_to=referred_to)


def change(facts: SubjectFacts, before: list[Stored]) -> Changes:
    changes = Changes()
    reconcile(facts, dues(facts), before, LAW, changes)
    return changes


def apply(before: list[Stored], changes: Changes) -> list[Stored]:
    """What the table holds afterwards."""
    by_id = {each.row.id: each for each in before}
    for old, row in changes.moved:
        by_id[row.id] = replace(by_id.pop(old), row=row)
    for row in changes.changed:
        by_id[row.id] = replace(by_id[row.id], row=row)
    for row in changes.added:
        by_id[row.id] = Stored(row=row)
    for each in changes.gone:
        gone = by_id.pop(each)
        if gone.referred_to:
            voided = gone.row._replace(state=VOID, held_on=None, completed_on=None, void_from=None)
            by_id[each] = replace(gone, row=voided)
    return list(by_id.values())


def states(rows: list[Stored]) -> dict[date, str]:
    return {each.row.triggered_on: each.row.state for each in rows}


def test_the_same_records_change_nothing() -> None:
    facts = in_care(date(2026, 1, 5), date(2026, 1, 28), ended=date(2026, 3, 2))
    assert change(facts, stored(facts)) == Changes()


def test_a_review_that_is_held_answers_its_obligation_in_place_and_adds_the_next() -> None:
    changes = change(in_care(date(2026, 1, 5), date(2026, 1, 28)), stored(in_care(date(2026, 1, 5))))
    assert [row.state for row in changes.changed] == [HELD]
    assert [(row.rule_code, row.state) for row in changes.added] == [("CARE_REVIEW_SECOND", OPEN)]
    assert not changes.moved
    assert not changes.gone


def test_a_corrected_day_0_moves_the_obligation_with_its_booking() -> None:
    before = stored(in_care(date(2026, 1, 5)), booked=(date(2026, 1, 5),))
    changes = change(in_care(date(2026, 1, 7)), before)
    ((old, row),) = changes.moved
    assert old == before[0].row.id
    assert (row.id, row.triggered_on) == (obligation_id(CHILD, CARE.value, date(2026, 1, 7)), date(2026, 1, 7))
    assert not changes.added
    assert not changes.gone


def test_an_expected_review_follows_the_day_on_which_the_one_before_was_really_held() -> None:
    before = in_care(date(2026, 1, 5))
    rows = [*stored(before, booked=(date(2026, 1, 5),)), expected(before, CARE, date(2026, 1, 28))]
    after = apply(rows, change(in_care(date(2026, 1, 5), date(2026, 1, 30)), rows))
    assert states(after) == {date(2026, 1, 5): HELD, date(2026, 1, 30): OPEN}
    assert all(each.booked for each in after)


def test_a_chain_of_expected_reviews_moves_only_in_its_first_link() -> None:
    before = in_care(date(2026, 1, 5))
    planned = replace(before, held=held(CARE, date(2026, 1, 28)))
    rows = [
        *stored(before, booked=(date(2026, 1, 5),)),
        expected(before, CARE, date(2026, 1, 28)),
        expected(planned, CARE, date(2026, 4, 20)),
    ]
    assert change(before, rows) == Changes()
    after = apply(rows, change(in_care(date(2026, 1, 5), date(2026, 1, 27)), rows))
    assert states(after) == {date(2026, 1, 5): HELD, date(2026, 1, 27): OPEN, date(2026, 4, 20): EXPECTED}
    assert [each.row.rule_code for each in after if each.row.triggered_on == date(2026, 4, 20)] == ["CARE_REVIEW_NEXT"]


def test_what_was_expected_becomes_void_where_the_chain_ends() -> None:
    before = in_care(date(2026, 1, 5))
    rows = [*stored(before, booked=(date(2026, 1, 5),)), expected(before, CARE, date(2026, 1, 28))]
    after = apply(rows, change(in_care(date(2026, 1, 5), ended=date(2026, 1, 20)), rows))
    assert states(after) == {date(2026, 1, 5): VOID, date(2026, 1, 28): VOID}


def test_an_expected_review_whose_booking_was_cancelled_is_given_up() -> None:
    before = in_care(date(2026, 1, 5))
    rows = [*stored(before), expected(before, CARE, date(2026, 1, 28), booked=False)]
    assert change(before, rows).gone == [rows[1].row.id]


def test_a_booking_that_is_reinstated_is_expected_again_while_its_chain_stands() -> None:
    before = in_care(date(2026, 1, 5))
    expecting = expected(before, CARE, date(2026, 1, 28))
    void = replace(expecting, row=expecting.row._replace(state=VOID))
    rows = [*stored(before), void]
    assert [row.state for row in change(before, rows).changed] == [EXPECTED]
    assert change(before, [*stored(before), replace(void, booked=False)]).changed == []


def test_a_stated_discussion_stands_although_its_meeting_was_called_off() -> None:
    rows = [expected(known(), INITIAL, date(2026, 9, 1), booked=False)]
    assert change(known(), rows) == Changes()


def test_the_review_of_a_plan_that_an_awaited_conference_may_make_is_expected_until_no_plan_is_made() -> None:
    enquiry = known(section47s=(Section47Fact(initiating_discussion_on=date(2026, 9, 1)),))
    rows = [*stored(enquiry, booked=(date(2026, 9, 1),)), expected(enquiry, REVIEW, date(2026, 9, 15))]
    assert change(enquiry, rows) == Changes()
    planned = replace(enquiry, held=held(INITIAL, date(2026, 9, 17)), plans=(PlanFact(started_on=date(2026, 9, 17)),))
    assert states(apply(rows, change(planned, rows))) == {date(2026, 9, 1): HELD, date(2026, 9, 17): OPEN}
    unplanned = replace(enquiry, held=held(INITIAL, date(2026, 9, 17)))
    assert states(apply(rows, change(unplanned, rows))) == {date(2026, 9, 1): HELD, date(2026, 9, 15): VOID}


def test_a_stated_discussion_stays_until_a_record_replaces_it() -> None:
    rows = [expected(known(), INITIAL, date(2026, 9, 1))]
    assert change(known(), rows) == Changes()
    recorded = known(section47s=(Section47Fact(initiating_discussion_on=date(2026, 9, 1)),))
    assert [row.state for row in change(recorded, rows).changed] == [OPEN]
    other_day = known(section47s=(Section47Fact(initiating_discussion_on=date(2026, 8, 31)),))
    assert [(old, row.triggered_on) for old, row in change(other_day, rows).moved] == [(rows[0].row.id, date(2026, 8, 31))]


def test_a_conference_answers_a_stated_discussion_and_the_answer_stays() -> None:
    rows = [expected(known(), INITIAL, date(2026, 9, 1))]
    facts = known(held=held(INITIAL, date(2026, 9, 16)))
    after = apply(rows, change(facts, rows))
    assert [(each.row.state, each.row.held_on) for each in after] == [(HELD, date(2026, 9, 16))]
    assert change(facts, after) == Changes()


def test_death_gives_up_what_was_stated() -> None:
    rows = [expected(known(), INITIAL, date(2026, 9, 1))]
    assert change(known(died_on=date(2026, 9, 3)), rows).gone == [rows[0].row.id]


def test_a_record_that_was_wrong_takes_its_obligations_with_it() -> None:
    rows = stored(in_care(date(2026, 1, 5), date(2026, 1, 28)), booked=(date(2026, 1, 28),))
    after = apply(rows, change(known(), rows))
    assert states(after) == {date(2026, 1, 28): VOID}
    again = change(known(), after)
    assert (again.added, again.changed, again.moved) == ([], [], [])


def test_a_void_obligation_without_a_standing_meeting_takes_nothing_along() -> None:
    rows = stored(in_care(date(2026, 1, 5)), booked=(date(2026, 1, 5),))
    (void,) = apply(rows, change(known(), rows))
    changes = change(in_care(date(2026, 6, 1)), [replace(void, booked=False)])
    assert not changes.moved
    assert [row.triggered_on for row in changes.added] == [date(2026, 6, 1)]
    assert change(in_care(date(2026, 6, 1)), [void]).moved[0][0] == void.row.id


DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2027, 1, 1))
FACTS = st.builds(
    lambda started, reviews, plans, discussions, ended: known(
        care_periods=(CarePeriodFact(started_on=started, ended_on=ended if ended is not None and ended >= started else None),),
        plans=tuple(PlanFact(started_on=day) for day in plans),
        section47s=tuple(Section47Fact(initiating_discussion_on=day) for day in discussions),
        held=(*held(CARE, *reviews), *held(REVIEW, *reviews)),
    ),
    DAYS,
    st.lists(DAYS, max_size=4),
    st.lists(DAYS, max_size=2),
    st.lists(DAYS, max_size=2),
    st.none() | DAYS,
)


@given(FACTS, FACTS, st.sets(DAYS, max_size=2), st.sampled_from([CARE, REVIEW, INITIAL]), st.lists(DAYS, max_size=2, unique=True))
def test_whatever_was_stored_the_records_are_owed_afterwards_and_a_second_time_nothing_changes(
    before: SubjectFacts, now: SubjectFacts, booked: set[date], kind: MeetingKind, ahead: list[date]
) -> None:
    rows = stored(before, booked=tuple(booked))
    here = {each.row.id for each in rows}
    rows += [each for day in ahead if (each := expected(before, kind, day)).row.id not in here]
    after = apply(rows, change(now, rows))
    wanted = {row_of(CHILD, due) for due in dues(now)}
    found = {each.row for each in after}
    assert wanted <= found
    assert {row.state for row in found - wanted} <= {EXPECTED, VOID, HELD}
    assert len({row.id for row in found}) == len(after)
    assert sum(each.referred_to for each in after) == sum(each.referred_to for each in rows)
    again = change(now, after)
    assert (again.added, again.moved, again.changed) == ([], [], [])
