"""The least change from what is stored to what the records owe, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.history.reconcile import assume
from services.history.rows import EXPECTED, HELD, OPEN, VOID, Changes, Stored, row_of
from services.kernel.ids import obligation_id
from services.kernel.words import MeetingKind, ObligationState
from services.statutory.clock import CarePeriodFact, Due, PlanFact, Section47Fact, SubjectFacts, owed_from
from tests.history.stored import (
    CARE,
    CHILD,
    INITIAL,
    LAW,
    REVIEW,
    apply,
    change,
    dues,
    expected,
    held,
    in_care,
    known,
    meetings,
    stands,
    states,
    stored,
)


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


@given(
    FACTS,
    FACTS,
    st.sets(st.integers(0, 8), max_size=4),
    st.sampled_from([CARE, REVIEW, INITIAL]),
    st.lists(DAYS, max_size=2, unique=True),
    st.lists(DAYS, min_size=12, max_size=12),
)
def test_whatever_was_stored_the_records_are_owed_afterwards_and_a_second_time_nothing_changes(
    before: SubjectFacts, now: SubjectFacts, booked: set[int], kind: MeetingKind, ahead: list[date], meets: list[date]
) -> None:
    now = replace(now, seen_until=date(2026, 1, 1))
    rows = stored(before)
    here = {each.row.id for each in rows}
    rows += [each for day in ahead if (each := expected(before, kind, day, booked=False)).row.id not in here]
    for number in booked:
        if number < len(rows):
            rows[number] = stands(rows[number].row, meets[number])
    after = apply(rows, change(now, rows))
    wanted = {row_of(CHILD, due) for due in dues(now)}
    found = {each.row for each in after}
    assert wanted <= found
    assert {row.state for row in found - wanted} <= {EXPECTED, VOID, HELD}
    assert len({row.id for row in found}) == len(after)
    assert sorted(each.meets_on for each in after if each.meets_on) == sorted(each.meets_on for each in rows if each.meets_on)
    again = change(now, after)
    assert (again.added, again.moved, again.changed, again.handed) == ([], [], [], [])


# -------------------------------------------------------------------------- meetings that are for nothing any more

TODAY = date(2026, 2, 1)
CAME, HELD_ON, BOOKED_ON = date(2026, 1, 12), date(2026, 1, 30), date(2026, 2, 6)


def seen(facts: SubjectFacts, today: date = TODAY) -> SubjectFacts:
    return replace(facts, seen_until=today)


def test_a_meeting_to_come_goes_over_to_the_next_review_where_another_has_answered_its_own() -> None:
    rows = stored(in_care(CAME), meets={CAME: BOOKED_ON})
    after = apply(rows, change(seen(in_care(CAME, HELD_ON)), rows))
    assert states(after) == {CAME: HELD, HELD_ON: OPEN}
    assert meetings(after) == {HELD_ON: BOOKED_ON}


def test_what_was_expected_after_that_meeting_stays_expected_after_it() -> None:
    before = in_care(CAME)
    later = date(2026, 5, 4)
    rows = [*stored(before, meets={CAME: BOOKED_ON}), expected(before, CARE, BOOKED_ON, meets_on=later)]
    after = apply(rows, change(seen(in_care(CAME, HELD_ON)), rows))
    assert states(after) == {CAME: HELD, HELD_ON: OPEN, BOOKED_ON: EXPECTED}
    assert meetings(after) == {HELD_ON: BOOKED_ON, BOOKED_ON: later}


def test_a_meeting_goes_back_when_the_other_was_never_held() -> None:
    rows = stored(in_care(CAME, HELD_ON), meets={HELD_ON: BOOKED_ON})
    changes = change(seen(in_care(CAME)), rows)
    after = apply(rows, changes)
    assert states(after) == {CAME: OPEN}
    assert meetings(after) == {CAME: BOOKED_ON}
    assert change(seen(in_care(CAME)), after) == Changes()


def test_a_meeting_goes_over_to_the_next_review_also_where_day_0_is_corrected_at_the_same_time() -> None:
    rows = stored(in_care(CAME), meets={CAME: BOOKED_ON})
    corrected = date(2026, 1, 13)
    after = apply(rows, change(seen(in_care(corrected, HELD_ON)), rows))
    assert states(after) == {corrected: HELD, HELD_ON: OPEN}
    assert meetings(after) == {HELD_ON: BOOKED_ON}


def test_a_meeting_that_is_over_or_is_the_very_one_stays_where_it_is() -> None:
    for meets_on, today in [(date(2026, 1, 28), TODAY), (HELD_ON, HELD_ON), (BOOKED_ON, date(2026, 2, 7))]:
        rows = stored(in_care(CAME), meets={CAME: meets_on})
        after = apply(rows, change(seen(in_care(CAME, HELD_ON), today), rows))
        assert meetings(after) == {CAME: meets_on}


def test_a_meeting_today_is_still_to_come() -> None:
    rows = stored(in_care(CAME), meets={CAME: BOOKED_ON})
    after = apply(rows, change(seen(in_care(CAME, HELD_ON), BOOKED_ON), rows))
    assert meetings(after) == {HELD_ON: BOOKED_ON}


def test_a_meeting_stays_where_the_next_review_has_one_already() -> None:
    later = date(2026, 4, 20)
    facts = in_care(CAME, HELD_ON)
    rows = [*stored(in_care(CAME), meets={CAME: BOOKED_ON}), *stored(facts, meets={HELD_ON: later})[1:]]
    after = apply(rows, change(seen(facts), rows))
    assert meetings(after) == {CAME: BOOKED_ON, HELD_ON: later}


def test_a_meeting_stays_where_nothing_more_is_owed() -> None:
    rows = stored(in_care(CAME), meets={CAME: BOOKED_ON})
    after = apply(rows, change(seen(in_care(CAME, HELD_ON, ended=HELD_ON)), rows))
    assert meetings(after) == {CAME: BOOKED_ON}


def test_a_meeting_does_not_go_over_to_what_may_not_be_held_so_early() -> None:
    facts = seen(in_care(CAME, HELD_ON))
    owed = [replace(due, not_before_on=date(2026, 2, 7)) if due.triggered_on == HELD_ON else due for due in dues(facts)]
    rows = stored(in_care(CAME), meets={CAME: BOOKED_ON})
    assert meetings(apply(rows, change(facts, rows, owed))) == {CAME: BOOKED_ON}
    assert meetings(apply(rows, change(facts, rows, [replace(due, not_before_on=None) for due in owed]))) == {HELD_ON: BOOKED_ON}


# ---------------------------------------------------------------------------------------------- before and after birth

PRE_BIRTH, TRANSFER_IN = MeetingKind.PRE_BIRTH_CONFERENCE, MeetingKind.TRANSFER_IN_CONFERENCE
DISCUSSED, DISCUSSED_AGAIN = date(2026, 1, 19), date(2026, 1, 26)


def owe(kind: MeetingKind, day: date) -> Due:
    due = owed_from(known(), kind, day, "a record", LAW.timescales, LAW.working_days)
    return replace(due, state=ObligationState.OPEN)


def test_a_conference_before_birth_becomes_an_initial_one_with_its_meeting() -> None:
    rows = [stands(row_of(CHILD, owe(PRE_BIRTH, DISCUSSED)), BOOKED_ON)]
    changes = change(seen(known()), rows, [owe(INITIAL, DISCUSSED)])
    ((old, row),) = changes.moved
    assert (old, row.kind, row.triggered_on) == (rows[0].row.id, INITIAL.value, DISCUSSED)
    assert changes.rekinded == [row.id]
    assert (changes.added, changes.gone, changes.handed) == ([], [], [])


def test_of_two_conferences_each_keeps_its_own_discussion_when_the_child_is_born() -> None:
    rows = [stands(row_of(CHILD, owe(PRE_BIRTH, day)), BOOKED_ON) for day in (DISCUSSED_AGAIN, DISCUSSED)]
    changes = change(seen(known()), rows, [owe(INITIAL, DISCUSSED), owe(INITIAL, DISCUSSED_AGAIN)])
    by_id = {each.row.id: each.row.triggered_on for each in rows}
    assert [(by_id[old], row.triggered_on) for old, row in changes.moved] == [(DISCUSSED, DISCUSSED), (DISCUSSED_AGAIN, DISCUSSED_AGAIN)]


def test_a_birth_and_a_corrected_discussion_together_still_move_the_conference() -> None:
    rows = [stands(row_of(CHILD, owe(PRE_BIRTH, DISCUSSED)), BOOKED_ON)]
    changes = change(seen(known()), rows, [owe(INITIAL, DISCUSSED_AGAIN)])
    assert [row.triggered_on for _, row in changes.moved] == [DISCUSSED_AGAIN]
    assert changes.rekinded


def test_a_conference_before_birth_gives_its_meeting_to_an_initial_one_that_is_there_already() -> None:
    rows = [stands(row_of(CHILD, owe(PRE_BIRTH, DISCUSSED)), BOOKED_ON), Stored(row=row_of(CHILD, owe(INITIAL, DISCUSSED)))]
    changes = change(seen(known()), rows, [owe(INITIAL, DISCUSSED)])
    after = apply(rows, changes)
    assert [(each.row.kind, each.meets_on) for each in after] == [(INITIAL.value, BOOKED_ON)]
    assert changes.rekinded == [rows[1].row.id]


def test_a_conference_for_a_transfer_becomes_another_one_only_from_the_same_day() -> None:
    rows = [stands(row_of(CHILD, owe(TRANSFER_IN, DISCUSSED)), BOOKED_ON)]
    assert len(change(seen(known()), rows, [owe(INITIAL, DISCUSSED)]).moved) == 1
    elsewhere = change(seen(known()), rows, [owe(INITIAL, DISCUSSED_AGAIN)])
    assert (elsewhere.moved, elsewhere.gone) == ([], [rows[0].row.id])


def test_a_link_that_no_chain_knows_is_given_up() -> None:
    due = replace(owe(INITIAL, DISCUSSED), timescale=LAW.timescales.on("INQUORATE_CONFERENCE", DISCUSSED))
    row = row_of(CHILD, due)
    assert change(seen(known()), [Stored(row=row, booked=True, referred_to=True)], []).gone == [row.id]


# -------------------------------------------------------------------------------------------------- stated, of every kind


@pytest.mark.parametrize("kind", list(MeetingKind), ids=str)
def test_a_day_0_that_came_with_a_booking_stands_whatever_the_kind(kind: MeetingKind) -> None:
    rows = [expected(known(), kind, DISCUSSED)]
    if kind is REVIEW:  # never stands alone: it is owed because of a conference
        assert change(seen(known()), rows).gone == [rows[0].row.id]
        return
    assert change(seen(known()), rows) == Changes()
    answered = apply(rows, change(seen(known(held=held(kind, HELD_ON))), rows))
    assert HELD in {each.row.state for each in answered if each.row.triggered_on == DISCUSSED}
    for over in ({"died_on": TODAY}, {"adopted_on": TODAY}, {"approval_ended_on": TODAY}):
        assert change(seen(known(**over)), rows).gone == [rows[0].row.id]


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (CARE, "CARE_REVIEW_SECOND"),
        (MeetingKind.SHORT_BREAK_REVIEW, "SHORT_BREAK_REVIEW_NEXT"),
        (MeetingKind.ADOPTION_REVIEW, "ADOPTION_REVIEW_PLACED_SECOND"),
        (MeetingKind.SECURE_CRITERIA_REVIEW, "SECURE_CRITERIA_REVIEW_NEXT"),
        (MeetingKind.FOSTER_HOME_REVIEW, "FOSTER_HOME_REVIEW_NEXT"),
        (PRE_BIRTH, "REVIEW_CONFERENCE_FIRST"),
        (TRANSFER_IN, "REVIEW_CONFERENCE_FIRST"),
    ],
    ids=str,
)
def test_what_follows_a_stated_day_0_is_under_the_rule_that_follows(kind: MeetingKind, rule: str) -> None:
    facts = known(born_on=None) if kind is MeetingKind.FOSTER_HOME_REVIEW else known()
    first = row_of(CHILD, owed_from(facts, kind, DISCUSSED, "stated", LAW.timescales, LAW.working_days))
    next_kind = REVIEW if kind in (PRE_BIRTH, TRANSFER_IN) else kind
    due = owed_from(assume(facts, first), next_kind, BOOKED_ON, "booked", LAW.timescales, LAW.working_days)
    assert due.timescale.code == rule
