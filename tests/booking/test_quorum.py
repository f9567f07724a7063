"""When a meeting is properly constituted: the rule, on plain values."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.booking.attendees import Attendee, expected_at
from services.booking.quorum import Present, foreseen, judge_quorum, object_to_panel, those_who_came
from services.directory.attendance import DEFAULT_ATTENDANCE
from services.directory.settings import Settings
from services.kernel.words import CONFERENCES, BlockerCode, Consent, MeetingKind

INITIAL = MeetingKind.INITIAL_CONFERENCE
SOCIAL_CARE = Present(role="SOCIAL_WORKER", agency="SOCIAL_CARE", direct_contact=True)
HEALTH = Present(role="HEALTH_VISITOR_OR_SCHOOL_NURSE", agency="HEALTH", direct_contact=True)
SCHOOL = Present(role="SCHOOL", agency="EDUCATION", direct_contact=True)
POLICE = Present(role="POLICE", agency="POLICE", direct_contact=True)
PARENT = Present(role="PARENT", agency="FAMILY", direct_contact=False)
ADVISER = Present(role="LEGAL_ADVISER", agency="LEGAL", direct_contact=False)
ELSEWHERE = Present(role="SOCIAL_WORKER", agency="OTHER_AUTHORITY", direct_contact=True)
PAEDIATRICIAN = Present(role="PAEDIATRICIAN", agency="HEALTH", direct_contact=True)
everybody = st.lists(st.sampled_from([SOCIAL_CARE, HEALTH, SCHOOL, POLICE, PARENT, ADVISER, ELSEWHERE, PAEDIATRICIAN]))


def needs(*present: Present, **more: bool) -> tuple[str, ...]:
    found = judge_quorum(INITIAL, present, **more)
    assert found is not None
    assert found.met is not bool(found.needs)
    return found.needs


def test_social_care_and_two_agencies_in_direct_contact_make_a_conference_quorate() -> None:
    assert needs(SOCIAL_CARE, HEALTH, POLICE) == ()
    assert needs(HEALTH, POLICE) == ("children's social care",)
    assert needs(SOCIAL_CARE, HEALTH) == ("1 more agency in direct contact with the child",)
    assert needs() == ("children's social care", "2 more agencies in direct contact with the child")


def test_neither_family_nor_an_adviser_nor_social_care_of_elsewhere_nor_a_second_of_one_agency_counts() -> None:
    for beside in (PARENT, ADVISER, ELSEWHERE, PAEDIATRICIAN):
        assert needs(SOCIAL_CARE, HEALTH, beside) == ("1 more agency in direct contact with the child",)


def test_where_an_illness_may_be_induced_the_paediatrician_is_needed() -> None:
    assert needs(SOCIAL_CARE, HEALTH, POLICE, induced_illness=True) == ("the paediatrician",)
    assert needs(SOCIAL_CARE, PAEDIATRICIAN, POLICE, induced_illness=True) == ()


@given(everybody, everybody, st.booleans())
def test_whoever_comes_too_never_makes_a_conference_less_quorate(some: list[Present], more: list[Present], induced: bool) -> None:
    before, after = judge_quorum(INITIAL, some, induced_illness=induced), judge_quorum(INITIAL, some + more, induced_illness=induced)
    assert before is not None
    assert after is not None
    assert after.met or not before.met
    assert len(after.needs) <= len(before.needs)


@given(everybody)
def test_the_order_in_which_they_are_named_means_nothing(present: list[Present]) -> None:
    assert judge_quorum(INITIAL, present) == judge_quorum(INITIAL, present[::-1])


def test_no_review_has_a_quorum_but_a_secure_panel() -> None:
    judged = {kind for kind in MeetingKind if judge_quorum(kind, []) is not None}
    assert judged == CONFERENCES | {MeetingKind.SECURE_CRITERIA_REVIEW}


def member(agency: str) -> Present:
    return Present(role="PANEL_MEMBER", agency=agency, direct_contact=False)


def test_a_panel_has_three_with_its_chair_and_one_of_outside() -> None:
    assert object_to_panel([member("SOCIAL_CARE"), member("INDEPENDENT")]) == []
    assert [each.code for each in object_to_panel([member("INDEPENDENT")])] == [BlockerCode.PANEL_TOO_SMALL]
    assert [each.code for each in object_to_panel([member("SOCIAL_CARE"), member("SOCIAL_CARE")])] == [BlockerCode.PANEL_NOT_INDEPENDENT]
    unchaired = object_to_panel([member("SOCIAL_CARE"), member("INDEPENDENT")], chaired=False)
    assert [each.code for each in unchaired] == [BlockerCode.PANEL_TOO_SMALL]
    assert object_to_panel([SOCIAL_CARE, PARENT, POLICE, member("INDEPENDENT")])[0].message.endswith("1 more")


def test_who_refused_and_who_is_only_hoped_for_are_not_counted_on() -> None:
    nurse = Attendee(role="HEALTH_VISITOR_OR_SCHOOL_NURSE", agency="HEALTH", direct_contact=True)
    assert len(foreseen([nurse], police=True)) == 2
    refused = Attendee(role=nurse.role, agency=nurse.agency, required=True, consent=Consent.REFUSED, invited=False)
    hoped_for = Attendee(role=nurse.role, agency=nurse.agency, invited=False)
    assert foreseen([refused, hoped_for], police=False) == []
    assert those_who_came([nurse]) == []
    assert len(those_who_came([Attendee(role=nurse.role, agency=nurse.agency, attended=True)])) == 1


def test_the_shipped_lists_make_every_meeting_that_has_a_quorum_quorate() -> None:
    for kind in DEFAULT_ATTENDANCE:
        found = judge_quorum(kind, foreseen(expected_at(kind, Settings()), police=kind in CONFERENCES))
        assert found is None or found.met, (kind, found)


@given(st.sampled_from(list(MeetingKind)), st.booleans())
def test_parents_who_must_not_meet_are_two_and_do_not_arrive_together(kind: MeetingKind, apart: bool) -> None:
    people = expected_at(kind, Settings(), apart=apart)
    parents = [each for each in people if each.role == "PARENT"]
    assert [each.apart for each in people] == [apart and each.role == "PARENT" for each in people]
    if parents and apart:
        first, second = parents
        assert first.before - second.before == timedelta(minutes=15)
        assert second.before >= timedelta(0)
    else:
        assert len(parents) <= 1
