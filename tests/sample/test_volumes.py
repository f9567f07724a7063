"""The figures of the annual report, each counted in the files."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import groupby, pairwise

import pytest

from services.statutory.working_days import england
from tests.sample.conftest import Write
from tests.sample.reading import Sample, age, iso, months_after, uk

Authority = tuple[Sample, int]


def test_197_children_were_at_initial_conferences(authority: Authority) -> None:
    sample, scale = authority
    assert sum(sample.within(each.conference_on) for each in sample.enquiries) == 197 * scale


def test_677_children_were_at_review_conferences(authority: Authority) -> None:
    sample, scale = authority
    assert len(sample.review_conferences()) == 677 * scale


def test_all_that_happened_in_484_conferences(authority: Authority) -> None:
    sample, scale = authority
    assert len(sample.conferences()) == 484 * scale


def test_702_care_reviews_were_held(authority: Authority) -> None:
    sample, scale = authority
    assert sum(sample.within(uk(row["REVIEW"])) for row in sample.reviews) == 702 * scale


def test_276_plans_ended(authority: Authority) -> None:
    sample, scale = authority
    assert sum(sample.within(plan.ended_on) for plan in sample.plans) == 276 * scale


def test_320_children_are_in_care_on_the_day_whether_or_not_short_breaks_count(authority: Authority) -> None:
    sample, scale = authority
    assert len(sample.in_care) == 320 * scale
    on_breaks = {child for child, rows in sample.episodes.items() if all(row["LS"] in ("V3", "V4") for row in rows)}
    assert on_breaks
    assert not on_breaks & sample.in_care


def test_180_children_are_on_plans_where_277_stood_a_year_before(authority: Authority) -> None:
    sample, scale = authority
    a_year_before = months_after(sample.as_of, -12)
    before = [each for each in sample.plans if each.started_on <= a_year_before and (each.ended_on or date.max) > a_year_before]
    assert sum(plan.ended_on is None for plan in sample.plans) == 180 * scale
    assert len(before) == 277 * scale, "a fall of 35 per cent"


def test_the_number_in_care_rose_by_six_per_cent(authority: Authority) -> None:
    sample, scale = authority
    a_year_before = months_after(sample.as_of, -12)
    before = {
        child
        for child, rows in sample.episodes.items()
        for row in rows
        if row["LS"] not in ("V3", "V4") and uk(row["DECOM"]) <= a_year_before < (uk(row["DEC"]) if row["DEC"] else date.max)
    }
    assert len(before) == 302 * scale


def test_one_child_is_both_on_a_plan_and_in_care(authority: Authority) -> None:
    sample, scale = authority
    assert len({plan.child for plan in sample.plans if plan.ended_on is None} & sample.in_care) == scale


def test_27_children_were_adopted(authority: Authority) -> None:
    sample, scale = authority
    ends = [row for rows in sample.episodes.values() for row in rows if row["REC"] in ("E11", "E12")]
    assert len(ends) == 27 * scale
    assert all(sample.within(uk(row["DEC"])) and row["LS"] == "E1" for row in ends)


def test_of_initial_conferences_97_5_per_cent_were_in_time_by_the_law_itself(authority: Authority) -> None:
    sample, scale = authority
    held = [(each.started_on, each.conference_on) for each in sample.enquiries if each.conference_on and sample.within(each.conference_on)]
    in_time = sum(england().between(started_on, conference_on) <= 15 for started_on, conference_on in held)
    assert in_time == 192 * scale
    assert round(100 * in_time / len(held), 1) == 97.5


def test_every_review_conference_was_in_time_and_none_is_overdue(authority: Authority) -> None:
    sample, _ = authority
    for plan in sample.plans:
        stops = plan.ended_on or sample.as_of
        days = [plan.started_on, *plan.reviews, stops]
        for place, (before, after) in enumerate(pairwise(days)):
            assert after <= months_after(before, 3 if place == 0 else 6), plan


def test_98_per_cent_of_children_had_their_reviews_in_time(authority: Authority) -> None:
    sample, scale = authority
    held: dict[str, list[date]] = {child: [] for child in sample.in_care}
    for row in sample.reviews:
        if row["CHILD"] in held:
            held[row["CHILD"]].append(uk(row["REVIEW"]))
    late, overdue, measured = set(), set(), 0
    for child, days in held.items():
        first = sample.episodes[child][0]
        if (sample.as_of - uk(first["DECOM"])).days <= 28:
            continue
        measured += 1
        chain = [uk(first["DECOM"]), *days] if first["RNE"] == "S" else days
        for place, before in enumerate(chain):
            step = place if first["RNE"] == "S" else 2
            due = england().add(before, 20) if step == 0 else months_after(before, 3 if step == 1 else 6)
            after = chain[place + 1] if place + 1 < len(chain) else None
            if due > months_after(sample.as_of, -12) and (after or sample.as_of) > due:
                late.add(child)
                if after is None:
                    overdue.add(child)
    assert round(100 * (measured - len(late)) / measured) == 98
    assert len(overdue) == min(2, scale)


def test_nothing_falls_due_within_the_week_but_what_is_overdue(sample: Sample) -> None:
    """Such meetings would long be booked, and no diary comes with the sample."""
    soon = range(8)
    for plan in sample.plans:
        if plan.ended_on is None:
            last = plan.reviews[-1] if plan.reviews else plan.started_on
            due = min(months_after(last, 6 if plan.reviews else 3), last + timedelta(days=183 if plan.reviews else 91))
            assert (due - sample.as_of).days not in soon, plan
    last_reviews = {row["CHILD"]: uk(row["REVIEW"]) for row in sample.reviews}
    for child in sample.in_care & set(last_reviews):
        if sum(row["CHILD"] == child for row in sample.reviews) > 1:
            due = min(months_after(last_reviews[child], 6), last_reviews[child] + timedelta(days=183))
            assert (due - sample.as_of).days not in soon, child


def test_ended_plans_lasted_as_long_as_the_reports_table_says(authority: Authority) -> None:
    sample, scale = authority
    sexes = {child.findtext("ChildIdentifiers/LAchildID"): child.findtext("ChildIdentifiers/Sex") for child in sample.children}
    found: Counter[tuple[int, str | None]] = Counter()
    for plan in sample.plans:
        if plan.ended_on and sample.within(plan.ended_on):
            band = sum(plan.ended_on >= months_after(plan.started_on, months) for months in (3, 6, 12, 24, 36))
            found[band, sexes[plan.child]] += 1
    boys = [found[band, "M"] for band in range(6)]
    girls = [found[band, "F"] for band in range(6)]
    assert boys == [each * scale for each in (31, 12, 51, 43, 4, 4)]
    assert girls == [each * scale for each in (28, 6, 47, 43, 5, 2)]


def test_the_shortest_plans_have_the_reports_categories(authority: Authority) -> None:
    sample, scale = authority
    short = [each for each in sample.plans if each.ended_on and sample.within(each.ended_on)]
    found = Counter(each.category for each in short if each.ended_on and each.ended_on < months_after(each.started_on, 3))
    assert found == {"EMO": 15 * scale, "NEG": 26 * scale, "SAB": 8 * scale, "PHY": 10 * scale}


def test_neglect_is_the_highest_category_and_emotional_abuse_follows(authority: Authority) -> None:
    sample, _ = authority
    for plans in (sample.plans, [each for each in sample.plans if each.ended_on is None]):
        assert [code for code, _ in Counter(each.category for each in plans).most_common(2)] == ["NEG", "EMO"]


def test_children_took_part_as_the_report_says(authority: Authority) -> None:
    sample, _ = authority
    found = Counter(row["REVIEW_CODE"] for row in sample.reviews if sample.within(uk(row["REVIEW"])))
    spoke = {code: count for code, count in found.items() if code != "PN0"}
    whole = sum(spoke.values())
    assert {code: round(100 * count / whole) for code, count in spoke.items() if count > whole / 100} == {
        "PN1": 54,
        "PN5": 29,
        "PN6": 15,
        "PN7": pytest.approx(1.5, abs=0.5),
    }
    assert spoke["PN3"] == pytest.approx(whole / 1000, abs=1)
    assert "PN4" not in spoke
    assert round(100 * (whole - spoke["PN7"]) / whole) in (98, 99), "97 per cent by the report's own, unexplained count"


def test_most_children_in_care_are_10_to_15_and_boys_and_girls_are_as_many(authority: Authority) -> None:
    sample, scale = authority
    sexes = {row["CHILD"]: row["SEX"] for row in sample.header}
    ages = {child: age(sample.births[child], sample.as_of) for child in sample.in_care}
    teens = [child for child, years in ages.items() if 10 <= years <= 15]
    assert len(teens) * 2 > len(ages)
    assert sum(sexes[child] == "M" for child in teens) > len(teens) / 2
    assert sum(sexes[child] == "M" for child in ages) == 160 * scale
    assert max(ages.values()) < 18
    assert Counter(0 if years < 1 else 1 if years < 5 else 2 if years < 10 else 3 if years < 16 else 4 for years in ages.values()) == {
        band: count * scale for band, count in enumerate((10, 43, 55, 164, 48))
    }


def test_13_4_per_cent_of_children_in_care_are_not_white_british(authority: Authority) -> None:
    sample, _ = authority
    codes = [row["ETHNIC"] for row in sample.header if row["CHILD"] in sample.in_care]
    assert round(100 * sum(code != "WBRI" for code in codes) / len(codes), 1) == 13.4


def test_conferences_have_1_81_children_in_households_of_one_to_five(authority: Authority) -> None:
    sample, scale = authority
    by_conference = Counter((sample.groups.get(child, child), day) for child, day in sample.review_conferences())
    assert set(by_conference.values()) == {1, 2, 3, 4, 5}
    assert round(874 * scale / len(sample.conferences()), 2) == 1.81


def test_ten_children_await_an_initial_conference_whose_day_can_still_be_kept(authority: Authority) -> None:
    sample, scale = authority
    waiting = [each for each in sample.enquiries if not each.conference_on and not each.not_required]
    assert len(waiting) == 10 * scale
    assert min(england().between(sample.as_of, each.target_on) for each in waiting if each.target_on) == 4
    assert any(each.not_required for each in sample.enquiries)


def test_children_new_to_care_await_their_first_review(authority: Authority) -> None:
    sample, scale = authority
    reviewed = {row["CHILD"] for row in sample.reviews}
    new = sample.in_care - reviewed
    assert len(new) == 5 * scale
    assert all((sample.as_of - uk(sample.episodes[child][0]["DECOM"])).days <= 16 for child in new)


def test_of_most_children_the_start_is_known_and_of_some_it_is_not(authority: Authority) -> None:
    sample, _ = authority
    exact = sum(sample.episodes[child][0]["RNE"] == "S" for child in sample.in_care)
    assert 0.75 < exact / len(sample.in_care) < 0.95


def test_legal_statuses_are_those_of_an_authority(sample: Sample) -> None:
    on_the_day = Counter(sample.episodes[child][-1]["LS"] for child in sample.in_care)
    ever = {row["LS"] for rows in sample.episodes.values() for row in rows}
    assert on_the_day.most_common(1)[0][0] == "C2"
    assert {"C1", "V2", "E1", "J1"} <= set(on_the_day)
    assert {"L1", "L2", "V3", "V4"} <= ever
    remanded = [(child, row) for child, rows in sample.episodes.items() for row in rows if row["LS"] == "J1"]
    assert 1 <= len(remanded) <= 5
    assert all(age(sample.births[child], uk(row["DECOM"])) >= 15 for child, row in remanded)


def test_a_few_mothers_in_care_have_children_in_care(sample: Sample) -> None:
    parents = [(row["CHILD"], row["PARENT"]) for row in sample.family if row["PARENT"]]
    assert 1 <= len(parents) <= 5
    header = {row["CHILD"]: row for row in sample.header}
    for child, parent in parents:
        assert {child, parent} <= sample.in_care
        assert header[parent]["SEX"] == "F"
        assert header[parent]["MC_DOB"] == header[child]["DOB"]
        assert age(sample.births[parent], sample.births[child]) >= 15


def test_few_meetings_fall_into_august_and_hardly_any_into_christmas_week(sample: Sample) -> None:
    meetings = [day for _, _, day in sample.conferences()] + [
        uk(row["REVIEW"]) for row in sample.reviews if sample.within(uk(row["REVIEW"]))
    ]
    months = Counter(day.month for day in meetings)
    assert months[8] < 0.6 * len(meetings) / 12
    quiet = [day for day in meetings if (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 1)]
    assert len(quiet) < len(meetings) / 100


def test_care_reviews_are_mostly_held_in_the_last_three_weeks_before_they_are_due(sample: Sample) -> None:
    slack = []
    for _, rows in groupby(sample.reviews, key=lambda row: row["CHILD"]):
        days = [uk(row["REVIEW"]) for row in rows]
        slack += [(months_after(before, 6) - after).days for before, after in pairwise(days[2:])]
    assert sum(0 <= each <= 24 for each in slack) > 0.8 * len(slack)


def test_the_summary_says_what_the_files_say(written: Write) -> None:
    sample, summary = written(date(2026, 9, 1), 1)
    assert (summary.initial_children, summary.review_children, summary.conferences) == (197, 677, 484)
    assert (summary.care_reviews, summary.plans_ended, summary.in_care, summary.on_plans) == (702, 276, 320, 180)
    assert (summary.adopted, summary.dual_status, summary.overdue, summary.initial_in_time) == (27, 1, 1, 192)
    assert (summary.open_enquiries, summary.awaiting_first_review) == (10, 5)
    assert summary.sibling_groups == len({row["SIBLING_GROUP"] for row in sample.family} - {""})
    known = set(sample.births) | {iso_id for child in sample.children if (iso_id := child.findtext("ChildIdentifiers/LAchildID"))}
    assert summary.children == len(known)
    assert any("484 conferences" in line for line in summary.lines())
    assert summary.as_json()["iro_wte"] == "5.4"


def test_a_county_has_ten_times_the_staff(written: Write) -> None:
    _, summary = written(date(2026, 9, 1), 10)
    assert (summary.iros, summary.note_takers, summary.rooms, summary.police_capacity) == (60, 40, 30, 10)
    assert (str(summary.iro_wte), str(summary.note_taker_wte)) == ("54.0", "35.0")


def test_no_day_of_the_files_lies_in_the_future_but_birth_days_of_the_unborn_and_targets(sample: Sample) -> None:
    for child in sample.children:
        for element in child.iter():
            if element.tag.lower().endswith("date") and element.tag != "ExpectedPersonBirthDate":
                day = iso(element.text)
                assert day is None or day <= sample.as_of, (element.tag, day)
    assert all(uk(row["REVIEW"]) <= sample.as_of for row in sample.reviews)
