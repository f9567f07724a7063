"""The unit's people and rooms, and the weeks in which there is too little of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

from deploy.sample.calendar import Calendar, school_breaks
from deploy.sample.establishment import establishment
from deploy.sample.volumes import Volumes
from services.directory.settings import Settings, parse_setting
from services.statutory.working_days import england
from tests.sample.reading import Sample, days, months_after

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
_CONFERENCES_A_WEEK = 484 / 52
_FROM, _UNTIL = 9 * 60 + 30, 16 * 60 + 30
"""Minutes of the day between which conferences are held."""


def _hours(pattern: Iterable[str]) -> dict[int, tuple[int, int]]:
    """Minutes of each weekday; the sample states every weekday once."""
    found = {}
    for line in pattern:
        names, times = line.split(" ")
        since, until = (int(each[:2]) * 60 + int(each[3:]) for each in times.split("-"))
        for part in names.split(","):
            first, _, last = part.partition("-")
            for weekday in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
                assert weekday not in found
                found[weekday] = since, until
    return found


def _away(absences: Sequence[Mapping[str, Any]]) -> set[date]:
    return {day for each in absences for day in days(each["first_day"], each["last_day"])}


def _minutes(pattern: Iterable[str], absences: Sequence[Mapping[str, Any]], week: date) -> int:
    """At work within the hours of conferences, from a Monday on."""
    hours, away = _hours(pattern), _away(absences)
    there = [day for day in days(week, week + timedelta(days=4)) if day not in away and england().is_working(day)]
    spans = [hours[day.weekday()] for day in there if day.weekday() in hours]
    return sum(max(0, min(until, _UNTIL) - max(since, _FROM)) for since, until in spans)


def _weeks(sample: Sample, count: int = 13) -> list[date]:
    monday = sample.as_of + timedelta(days=7 - sample.as_of.weekday())
    return [monday + timedelta(days=7 * place) for place in range(count)]


def _offer(sample: Sample, table: str, pattern: str, absences: str = "absences") -> list[int]:
    """Minutes of all of a table together, in each of the thirteen weeks ahead."""
    return [sum(_minutes(each[pattern], each[absences], week) for each in sample.unit[table]) for week in _weeks(sample)]


def _unit(scale: int) -> dict[str, Any]:
    """The establishment alone: the children take longer."""
    return tomllib.loads(establishment(Volumes(scale=scale), Calendar(england(), date(2026, 9, 1)), (), Random(1)))


def test_the_unit_has_the_reports_people_and_a_county_ten_times_as_many(sample: Sample) -> None:
    for scale, unit in ((1, sample.unit), (10, _unit(10))):
        assert len(unit["iro"]) == 6 * scale
        assert sum(Decimal(each["wte"]) for each in unit["iro"]) == Decimal("5.4") * scale
        assert len(unit["note_taker"]) == 4 * scale
        assert sum(Decimal(each["wte"]) for each in unit["note_taker"]) == Decimal("3.5") * scale
        assert len(unit["room"]) == 3 * scale
        assert [each["capacity"] for each in unit["police_team"]] == [scale]


def test_nobody_has_a_name_that_anybody_could_have() -> None:
    unit = _unit(20)
    names = [each["name"] for table in ("iro", "note_taker") for each in unit[table]]
    assert len(set(names)) == 200
    assert {name.split(" ")[0] for name in names} == {"Officer", "Note-taker"}
    assert [names[place] for place in (0, 59, 118)] == ["Officer One", "Officer Sixty", "Officer One hundred nineteen"]
    mailboxes = [each["email"] for table in ("iro", "note_taker", "police_team") for each in unit[table]]
    codes = [each["code"] for table in ("iro", "note_taker", "police_team", "room") for each in unit[table]]
    assert all(each.endswith("@example.org") for each in mailboxes)
    assert len(set(mailboxes)) == len(mailboxes)
    assert len(set(codes)) == len(codes)


def test_part_time_is_fewer_hours(sample: Sample) -> None:
    for table, full in (("iro", 40), ("note_taker", 40)):
        for each in sample.unit[table]:
            hours = sum(until - since for since, until in _hours(each["works"]).values()) / 60
            assert abs(hours - float(each["wte"]) * full) <= 0.5


def test_full_time_officers_have_about_thirty_days_of_leave_in_the_year_ahead(sample: Sample) -> None:
    for each in sample.unit["iro"]:
        if each["wte"] != "1.0":
            continue
        leave = _away([absence for absence in each["absences"] if absence["reason"] == "leave"])
        ahead = {day for day in leave if sample.as_of < day <= months_after(sample.as_of, 12) and england().is_working(day)}
        assert 22 <= len(ahead) <= 37, each["code"]


def test_leave_weighs_on_august_christmas_half_term_and_easter(sample: Sample) -> None:
    leave = [day for each in sample.unit["iro"] for day in _away([a for a in each["absences"] if a["reason"] == "leave"])]
    ahead = [day for day in leave if sample.as_of < day <= months_after(sample.as_of, 12) and england().is_working(day)]
    terms = ((1, 9), (1, 31)), ((6, 6), (7, 20)), ((9, 1), (9, 30)), ((11, 1), (12, 20))
    outside = [day for day in ahead if any(since <= (day.month, day.day) <= until for since, until in terms)]
    assert sum(day.month == 8 or (day.month == 7 and day.day > 20) for day in ahead) > len(ahead) / 4
    assert not outside


def test_absences_of_one_resource_do_not_overlap(sample: Sample) -> None:
    for table, key in (("iro", "absences"), ("note_taker", "absences"), ("room", "closures"), ("police_team", "absences")):
        for each in sample.unit[table]:
            spans = [(absence["first_day"], absence["last_day"]) for absence in each[key]]
            assert all(first <= last for first, last in spans)
            assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_absences_reach_a_year_back_and_a_year_ahead(sample: Sample) -> None:
    away = sorted(day for each in sample.unit["iro"] for day in _away(each["absences"]))
    assert away[0] < months_after(sample.as_of, -11)
    assert away[-1] > months_after(sample.as_of, 10)


def test_an_officer_is_there_on_every_working_day_ahead(sample: Sample) -> None:
    ahead = days(sample.as_of + timedelta(days=1), months_after(sample.as_of, 12) - timedelta(days=1))
    for day in filter(england().is_working, ahead):
        there = [each for each in sample.unit["iro"] if day.weekday() in _hours(each["works"]) and day not in _away(each["absences"])]
        assert there, day


def test_in_a_coming_week_police_cannot_serve_a_usual_weeks_conferences(sample: Sample) -> None:
    wanted = _CONFERENCES_A_WEEK * 97  # minutes: nine hours of ten are review conferences of 90
    offer = _offer(sample, "police_team", "on_duty")
    assert min(offer[:6]) < wanted
    assert sum(offer) > 1.1 * 13 * wanted, "a quarter can be planned"


def test_the_most_urgent_initial_conference_falls_into_days_without_police(sample: Sample) -> None:
    waiting = [each.target_on for each in sample.enquiries if each.target_on and not each.conference_on]
    left = days(sample.as_of + timedelta(days=1), min(waiting))
    (police,) = sample.unit["police_team"]
    assert all(day in _away(police["absences"]) for day in filter(england().is_working, left))


def test_in_a_coming_week_rooms_cannot_serve_a_usual_weeks_conferences(sample: Sample) -> None:
    wanted = _CONFERENCES_A_WEEK * 145  # with pre-meet and clearing
    offer = _offer(sample, "room", "open", "closures")
    assert min(offer) < wanted
    assert sum(offer) > 2 * 13 * wanted


def test_in_a_coming_week_note_takers_cannot_serve_a_usual_weeks_conferences(sample: Sample) -> None:
    wanted = _CONFERENCES_A_WEEK * 115
    offer = _offer(sample, "note_taker", "works")
    assert min(offer) < wanted
    assert sum(offer) > 2 * 13 * wanted


def test_one_room_can_take_every_conference_and_one_has_stairs(sample: Sample) -> None:
    rooms = sample.unit["room"]
    assert any({"step_free", "family_room"} <= set(each["features"]) and each["seats"] >= 12 for each in rooms)
    assert any("step_free" not in each["features"] for each in rooms)


def test_a_conference_of_parents_who_must_not_meet_has_a_room_all_week(sample: Sample) -> None:
    apart = [each for each in sample.unit["room"] if "second_waiting_room" in each["features"]]
    assert [set(each["features"]) >= {"step_free", "family_room"} and each["seats"] >= 12 for each in apart] == [True]
    assert apart[0]["open"] == ["Mon-Fri 09:00-17:30"]


def test_a_handful_of_children_may_not_be_chaired_by_an_officer(sample: Sample) -> None:
    barred = [child for each in sample.unit["iro"] for child in each.get("may_not_chair", [])]
    assert 3 <= len(barred) <= 10
    assert set(barred) <= sample.in_care


def test_school_terms_are_stated_for_every_day_ahead_and_leave_the_holidays_out(sample: Sample) -> None:
    settings = Settings(school_terms=parse_setting("school_terms", sample.unit["settings"]["school_terms"]))
    ahead = days(sample.as_of, months_after(sample.as_of, 12))
    assert all(any(term.first <= each <= term.until + timedelta(days=90) for term in settings.school_terms if term.until) for each in ahead)
    breaks = list(school_breaks(sample.as_of, months_after(sample.as_of, 12)))
    assert len(breaks) >= 6
    for each in (each for each in ahead if england().is_working(each)):
        holiday = any(one.first_day <= each <= one.last_day for one in breaks)
        assert settings.in_term(each) is not (holiday or (each.month == 8 and each.day > 20)), each
