"""What a meeting owes at an hour, by the rules alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.paper_trail import AFTER, BEFORE, DEFAULT_SPANS, PaperTrail, Span, SpanUnit, parse_paper_trail
from services.directory.settings import parse_setting
from services.invitations.trail.rules import Sitting, Step, TrailMeeting, ended_at, next_look, reports_by, steps
from services.kernel.errors import InvalidInput
from services.kernel.window import TimeWindow, civil_day, local_instant
from services.kernel.words import MeetingKind, MeetingState, TaskKind, TaskOf
from services.statutory.working_days import england

CHAIR, TAKER, POLICE = UUID(int=1), UUID(int=2), UUID(int=3)
POLICY = PaperTrail()
DAYS = england()


def at(day: date, clock: str = "10:00") -> datetime:
    return local_instant(day, time.fromisoformat(clock))


def meeting(
    day: date = date(2026, 10, 5), kind: MeetingKind = MeetingKind.CARE_REVIEW, state: MeetingState = MeetingState.CONFIRMED, **more: object
) -> TrailMeeting:
    whole = TrailMeeting(
        id=UUID(int=9),
        reference="M-AAAA-BBBB",
        kinds=frozenset({kind}),
        state=state,
        sittings=(Sitting(window=TimeWindow(at(day), at(day, "12:00"))),),
        chair_id=CHAIR,
    )
    return replace(whole, **more)  # type: ignore[arg-type]


def owed(of: TrailMeeting, hour: datetime, policy: PaperTrail = POLICY) -> dict[TaskKind, Step]:
    return {each.kind: each for each in steps(of, policy, hour, DAYS)}


CONFERENCE = meeting(kind=MeetingKind.REVIEW_CONFERENCE, note_taker_id=TAKER, police_team_id=POLICE)
REVIEW = meeting()
LONG_AFTER = at(date(2026, 12, 1))


def test_after_a_care_review_its_chair_owes_what_the_table_says() -> None:
    found = owed(REVIEW, at(date(2026, 10, 5), "12:00"))
    assert {kind: (step.of, step.owner_id, step.due_on) for kind, step in found.items()} == {
        TaskKind.RAG_DOCUMENT: (TaskOf.CHAIR, CHAIR, None),
        TaskKind.DECISIONS_TO_MANAGER: (TaskOf.CHAIR, CHAIR, date(2026, 10, 12)),
        TaskKind.RECORD_WRITTEN: (TaskOf.CHAIR, CHAIR, date(2026, 10, 26)),
        TaskKind.RECORD_DISTRIBUTED: (TaskOf.CHAIR, CHAIR, date(2026, 11, 2)),
    }
    assert found[TaskKind.RAG_DOCUMENT].due_at == at(date(2026, 10, 6), "12:00")
    assert found[TaskKind.DECISIONS_TO_MANAGER].due_at == at(date(2026, 10, 13), "00:00")  # overdue once the day is over


def test_after_a_conference_the_letter_is_its_chairs_and_the_record_its_note_takers() -> None:
    found = owed(CONFERENCE, LONG_AFTER)
    assert {kind: (step.owner_id, step.due_on) for kind, step in found.items()} == {
        TaskKind.DECISION_LETTER: (CHAIR, date(2026, 10, 6)),
        TaskKind.RECORD_WRITTEN: (TAKER, date(2026, 10, 26)),
        TaskKind.RECORD_DISTRIBUTED: (TAKER, date(2026, 11, 2)),
    }


def test_working_days_pass_over_christmas_and_hours_do_not() -> None:
    found = owed(meeting(date(2026, 12, 24)), at(date(2027, 3, 1)))
    assert found[TaskKind.RAG_DOCUMENT].due_at == at(date(2026, 12, 25), "12:00")
    assert (found[TaskKind.RECORD_WRITTEN].due_on, found[TaskKind.RECORD_DISTRIBUTED].due_on) == (date(2027, 1, 19), date(2027, 1, 26))


@pytest.mark.parametrize(("day", "clock"), [(date(2027, 3, 27), "13:00"), (date(2026, 10, 24), "11:00")])
def test_a_day_of_24_hours_ends_an_hour_off_by_the_clock_where_the_clocks_change(day: date, clock: str) -> None:
    assert owed(meeting(day), LONG_AFTER + timedelta(days=365))[TaskKind.RAG_DOCUMENT].due_at == at(day + timedelta(days=1), clock)


@pytest.mark.parametrize("kind", MeetingKind)
def test_of_a_meeting_without_note_taker_and_chair_everything_is_business_supports(kind: MeetingKind) -> None:
    bare = meeting(kind=kind, chair_id=None)
    assert {step.of for step in steps(bare, POLICY, LONG_AFTER, DAYS)} <= {TaskOf.BUSINESS_SUPPORT}
    assert {step.owner_id for step in steps(bare, POLICY, LONG_AFTER, DAYS)} <= {None}


def test_what_is_sent_before_it_is_owed_from_eight_on_that_day_until_it_begins() -> None:
    asked, reminded = at(date(2026, 9, 21), "08:00"), at(date(2026, 10, 1), "08:00")
    instant = timedelta(microseconds=1)
    assert owed(CONFERENCE, asked - instant) == {}
    assert list(owed(CONFERENCE, asked)) == [TaskKind.POLICE_NOTICE, TaskKind.REPORT_REQUEST]
    assert owed(CONFERENCE, asked)[TaskKind.POLICE_NOTICE].due_on == date(2026, 9, 21)
    assert list(owed(CONFERENCE, reminded - instant)) == [TaskKind.POLICE_NOTICE, TaskKind.REPORT_REQUEST]
    assert list(owed(CONFERENCE, reminded)) == list(BEFORE)
    assert {step.runs_from for step in owed(CONFERENCE, reminded).values()} == {at(date(2026, 10, 5))}
    assert list(owed(CONFERENCE, at(date(2026, 10, 5)) - instant)) == list(BEFORE)
    assert owed(CONFERENCE, at(date(2026, 10, 5))) == {}


def test_what_is_booked_too_late_for_its_notice_owes_it_that_day() -> None:
    assert owed(CONFERENCE, at(date(2026, 9, 30)))[TaskKind.POLICE_NOTICE].due_on == date(2026, 9, 30)


def test_notice_goes_to_the_police_where_they_are_booked_alone() -> None:
    assert TaskKind.POLICE_NOTICE not in owed(replace(CONFERENCE, police_team_id=None), at(date(2026, 10, 2)))


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        (MeetingKind.INITIAL_CONFERENCE, date(2026, 10, 1)),
        (MeetingKind.REVIEW_CONFERENCE, date(2026, 9, 28)),
        (MeetingKind.CARE_REVIEW, date(2026, 9, 30)),
        (MeetingKind.FOSTER_HOME_REVIEW, None),
    ],
)
def test_reports_are_wanted_so_long_before_each_kind(kind: MeetingKind, by: date | None) -> None:
    assert reports_by(meeting(kind=kind), POLICY, DAYS) == by


@pytest.mark.parametrize("state", [MeetingState.CANCELLED, MeetingState.POSTPONED, MeetingState.PROVISIONAL])
def test_what_is_not_to_be_or_not_certain_owes_nothing(state: MeetingState) -> None:
    for hour in (at(date(2026, 10, 2)), LONG_AFTER):
        assert owed(replace(CONFERENCE, state=state), hour) == {}
        assert next_look(replace(CONFERENCE, state=state), POLICY, hour, DAYS) is None


def test_what_follows_begins_with_the_end_recorded_or_not_and_once_recorded_with_the_day_of_it() -> None:
    assert owed(REVIEW, at(date(2026, 10, 5), "11:59")) == {}
    held = replace(REVIEW, state=MeetingState.HELD)
    assert set(owed(held, at(date(2026, 10, 5), "11:00"))) == set(owed(REVIEW, LONG_AFTER))
    day_before = replace(held, sittings=(replace(held.sittings[0], held_on=date(2026, 10, 2)),))
    assert ended_at(day_before) == at(date(2026, 10, 2), "12:00")
    assert owed(day_before, LONG_AFTER)[TaskKind.DECISIONS_TO_MANAGER].due_on == date(2026, 10, 9)


def test_of_several_sittings_reminders_come_before_each_and_deadlines_after_the_last() -> None:
    second = Sitting(window=TimeWindow(at(date(2026, 10, 19)), at(date(2026, 10, 19), "11:00")))
    first = replace(CONFERENCE.sittings[0], held_on=date(2026, 10, 5))
    adjourned = replace(CONFERENCE, state=MeetingState.ADJOURNED, sittings=(first, second))
    assert owed(adjourned, at(date(2026, 10, 14))) == {}
    (reminder,) = owed(adjourned, at(date(2026, 10, 16))).values()
    assert (reminder.kind, reminder.runs_from) == (TaskKind.REMINDER, at(date(2026, 10, 19)))
    assert owed(adjourned, LONG_AFTER)[TaskKind.DECISION_LETTER].due_on == date(2026, 10, 20)
    done = replace(adjourned, sittings=(first, replace(second, held_on=date(2026, 10, 19))))
    assert owed(done, LONG_AFTER) == {}  # it is to go on, and nobody has said when


def test_of_two_kinds_in_one_meeting_the_earlier_deadline_binds() -> None:
    policy = parse_paper_trail({"RECORD_WRITTEN": {"ADOPTION_REVIEW": "10 working days"}})
    both = replace(REVIEW, kinds=frozenset({MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW}))
    assert owed(both, LONG_AFTER, policy)[TaskKind.RECORD_WRITTEN].due_on == date(2026, 10, 19)


_HOURS = st.datetimes(datetime(2026, 8, 1), datetime(2027, 12, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001
_MEETINGS = st.builds(
    lambda day, kind, state: meeting(day, kind, state, note_taker_id=TAKER, police_team_id=POLICE),
    st.dates(date(2026, 9, 1), date(2027, 11, 1)),
    st.sampled_from(MeetingKind),
    st.sampled_from(MeetingState),
)


@given(of=_MEETINGS, hour=_HOURS, later=st.timedeltas(timedelta(0), timedelta(days=60)))
def test_between_two_looks_nothing_comes_to_be_owed_or_ceases_to_be(of: TrailMeeting, hour: datetime, later: timedelta) -> None:
    look = next_look(of, POLICY, hour, DAYS)
    assert look is None or look > hour
    until = hour + later if look is None else min(hour + later, look - timedelta(microseconds=1))
    assert set(owed(of, until)) == set(owed(of, hour))


@given(of=_MEETINGS, amount=st.integers(1, 60), kind=st.sampled_from(AFTER))
def test_a_deadline_of_working_days_is_met_on_that_many_th_working_day_and_not_after_it(
    of: TrailMeeting, amount: int, kind: TaskKind
) -> None:
    policy = replace(POLICY, spans={kind: dict.fromkeys(MeetingKind, Span(amount=amount, unit=SpanUnit.WORKING_DAYS))})
    (step,) = owed(replace(of, state=MeetingState.HELD), LONG_AFTER, policy).values()
    assert step.due_on is not None
    assert DAYS.is_working(step.due_on)
    assert DAYS.between(civil_day(step.runs_from), step.due_on) == amount
    assert civil_day(step.due_at - timedelta(microseconds=1)) == step.due_on
    assert civil_day(step.due_at) != step.due_on


# ------------------------------------------------------------------------------------------------ what a unit states


def test_a_unit_changes_one_span_switches_off_another_and_keeps_the_rest() -> None:
    stated = parse_setting(
        "paper_trail",
        {
            "RAG_DOCUMENT": {"CARE_REVIEW": "48 hours", "ADOPTION_REVIEW": "1 working day"},
            "REMINDER": "off",
            "RECORD_WRITTEN": {"CARE_REVIEW": "off"},
            "of": {"RECORD_DISTRIBUTED": "BUSINESS_SUPPORT"},
            "report_desks": {"SOCIAL_WORKER": "desk@example.org"},
        },
    )
    assert stated.spans[TaskKind.RAG_DOCUMENT] == {
        MeetingKind.CARE_REVIEW: Span(amount=48, unit=SpanUnit.HOURS),
        MeetingKind.ADOPTION_REVIEW: Span(amount=1, unit=SpanUnit.WORKING_DAYS),
    }
    assert (stated.spans[TaskKind.REMINDER], MeetingKind.CARE_REVIEW in stated.spans[TaskKind.RECORD_WRITTEN]) == ({}, False)
    assert stated.spans[TaskKind.DECISION_LETTER] == DEFAULT_SPANS[TaskKind.DECISION_LETTER]
    assert (stated.of[TaskKind.RECORD_DISTRIBUTED], stated.of[TaskKind.RECORD_WRITTEN]) == (TaskOf.BUSINESS_SUPPORT, TaskOf.NOTE_TAKER)
    assert owed(REVIEW, LONG_AFTER, stated)[TaskKind.RECORD_DISTRIBUTED].owner_id is None
    assert stated.report_desks == {"SOCIAL_WORKER": "desk@example.org"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "state it as a table"),
        ({"RAG": "off"}, "there is no RAG; there are: POLICE_NOTICE, REPORT_REQUEST"),
        ({"DECLINED": "off"}, "there is no DECLINED"),
        ({"RAG_DOCUMENT": "24 hours"}, 'RAG_DOCUMENT is "off", or a table'),
        ({"RAG_DOCUMENT": {"REVIEW": "24 hours"}}, "'REVIEW', which is no kind of meeting"),
        ({"RAG_DOCUMENT": {"CARE_REVIEW": "a day"}}, 'RAG_DOCUMENT.CARE_REVIEW is "5 working days", "24 hours" or "off"'),
        ({"RAG_DOCUMENT": {"CARE_REVIEW": 24}}, 'RAG_DOCUMENT.CARE_REVIEW is "5 working days"'),
        ({"RAG_DOCUMENT": {"CARE_REVIEW": "0 hours"}}, "RAG_DOCUMENT.CARE_REVIEW is"),
        ({"RECORD_WRITTEN": {"CARE_REVIEW": "61 working days"}}, "RECORD_WRITTEN.CARE_REVIEW is 60 working days at most"),
        ({"reports": {"CARE_REVIEW": ""}}, "reports.CARE_REVIEW is"),
        ({"of": {"REMINDER": "CHAIR"}}, "of says of RAG_DOCUMENT"),
        ({"of": {"RECORD_WRITTEN": "MANAGER"}}, "one of CHAIR, NOTE_TAKER, BUSINESS_SUPPORT"),
        ({"of": []}, "of is a table"),
        ({"report_desks": {"SOCIAL_WORKER": "desk"}}, "report_desks has addresses by role"),
        ({"report_desks": {"a worker": "desk@example.org"}}, "report_desks has addresses by role"),
        ({"report_desks": "desk@example.org"}, "report_desks is a table"),
    ],
)
def test_what_is_stated_wrongly_is_refused_with_what_would_be_right(value: object, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_setting("paper_trail", value)
    assert told in str(refused.value)
    assert refused.value.field == "paper_trail"
