"""Who comes to each kind of meeting, as the unit states it: codes, never names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.directory.attendance import DEFAULT_ATTENDANCE, Expected, known_agencies, known_roles, object_to_person
from services.directory.settings import Settings, parse_setting
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind


def test_every_kind_of_meeting_has_its_people_and_each_of_them_may_be_said_to_come() -> None:
    assert set(Settings().attendance) == set(MeetingKind)
    for people in DEFAULT_ATTENDANCE.values():
        assert all(object_to_person(each.role, each.agency) is None for each in people)


def test_a_kind_that_is_stated_has_these_people_and_the_others_keep_theirs() -> None:
    stated = {"CARE_REVIEW": [{"role": "SCHOOL", "agency": "EDUCATION", "arrives": "pre_meet"}, {"role": "UNCLE", "agency": "FAMILY"}]}
    found = parse_setting("attendance", stated)
    assert found[MeetingKind.CARE_REVIEW] == (
        Expected(role="SCHOOL", agency="EDUCATION", arrives=None),
        Expected(role="UNCLE", agency="FAMILY", direct_contact=False),
    )
    assert found[MeetingKind.REVIEW_CONFERENCE] == DEFAULT_ATTENDANCE[MeetingKind.REVIEW_CONFERENCE]
    assert "UNCLE" in known_roles(found)
    assert "UNCLE" not in known_roles(DEFAULT_ATTENDANCE)
    assert {"EDUCATION", "FAMILY", "LEGAL"} <= known_agencies(found)


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([], None),
        ("SCHOOL", "a list of at most 40 people"),
        ([{"role": "SCHOOL"}], r"CARE_REVIEW, 1\.: agency is a code in capitals"),
        ([{"role": "Mrs Example", "agency": "FAMILY"}], "role is a code in capitals .*, never a name"),
        ([{"role": "SCHOOL", "agency": "EDUCATION"}, {"role": "A1", "agency": "FAMILY"}], r"CARE_REVIEW, 2\.: role is a code"),
        ([{"role": "CHAIR", "agency": "FAMILY"}], "CHAIR comes with the diary"),
        ([{"role": "PANEL_MEMBER", "agency": "REVIEW_UNIT"}], "chair or note-taker, whose time the diary holds"),
        ([{"role": "SCHOOL", "agency": "EDUCATION", "email": "x"}], 'there is no "email"; there are: role, agency, required'),
        ([{"role": "SCHOOL", "agency": "EDUCATION", "required": "yes"}], "required is true or false"),
        ([{"role": "SCHOOL", "agency": "EDUCATION", "arrives": 300}], 'arrives is "pre_meet", "start", or minutes'),
        ([{"role": "SCHOOL", "agency": "EDUCATION", "arrives": True}], 'arrives is "pre_meet", "start", or minutes'),
        (["SCHOOL"], "state a table such as"),
    ],
)
def test_what_is_not_a_list_of_people_is_refused_with_what_would_be_right(people: Any, message: str | None) -> None:
    if message is None:
        assert parse_setting("attendance", {"CARE_REVIEW": people})[MeetingKind.CARE_REVIEW] == ()
        return
    with pytest.raises(InvalidInput, match=message) as refused:
        parse_setting("attendance", {"CARE_REVIEW": people})
    assert refused.value.field == "attendance"


def test_a_kind_that_is_none_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match='"REVIEW" is no kind of meeting; there are: INITIAL_CONFERENCE, '):
        parse_setting("attendance", {"REVIEW": []})
    with pytest.raises(InvalidInput, match="for each kind of meeting a list"):
        parse_setting("attendance", [])


def _table() -> str:
    def names(people: tuple[Expected, ...], wanted: Callable[[Expected], bool]) -> str:
        found = [f"{each.role} ({each.agency}{', before' if each.arrives is None else ''})" for each in people if wanted(each)]
        return ", ".join(found) or "–"

    rows = [
        f"| {kind} | {names(people, lambda each: each.required)} | {names(people, lambda each: not each.required and each.invited)} "
        f"| {names(people, lambda each: not each.required and not each.invited)} |"
        for kind, people in DEFAULT_ATTENDANCE.items()
    ]
    return "\n".join(["| kind | required | invited | only expected |", "|---|---|---|---|", *rows])


def test_the_page_on_meetings_shows_the_shipped_lists() -> None:
    assert _table() in (Path(__file__).parents[2] / "docs" / "meetings.md").read_text()
