"""The sector's validation rules, for every child of the sample."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from services.statutory.working_days import england
from tests.sample.reading import Sample, age, iso, uk

_CHECK = "ABCDEFGHJKLMNPQRTUVWXYZ"


def _is_pupil_number(upn: str) -> bool:
    return (
        len(upn) == 13 and upn[1:].isdigit() and upn[0] == _CHECK[sum(int(f) * w for f, w in zip(upn[1:], range(2, 14), strict=True)) % 23]
    )


def test_child_references_are_codes_that_tell_nothing(sample: Sample) -> None:
    known = [*sample.births, *(child.findtext("ChildIdentifiers/LAchildID", "") for child in sample.children)]
    assert all(len(each) == 8 and each[:2] == "CH" and each[2:].isdigit() for each in known)
    assert len(sample.births) == len(sample.header)


def test_a_child_on_both_sides_is_the_same_child(sample: Sample) -> None:
    both = 0
    for child in sample.children:
        reference = child.findtext("ChildIdentifiers/LAchildID", "")
        if reference in sample.births:
            both += 1
            assert iso(child.findtext("ChildIdentifiers/PersonBirthDate")) == sample.births[reference]
    assert both > 1


def test_pupil_numbers_check_and_belong_to_one_child(sample: Sample) -> None:
    upns = {row["CHILD"]: row["UPN"] for row in sample.header}
    for child in sample.children:
        reference, upn = child.findtext("ChildIdentifiers/LAchildID", ""), child.findtext("ChildIdentifiers/UPN")
        assert (upn is None) is (child.findtext("ChildIdentifiers/UPNunknown") == "UN1")
        if upn and reference in upns:
            assert upns[reference] == upn
        upns[reference] = upn or "UN1"
    real = [upn for upn in upns.values() if upn != "UN1"]
    assert all(map(_is_pupil_number, real))
    assert len(set(real)) == len(real) - 1, "one child is known under two references"


def test_reviews_state_day_and_code_and_none_twice_a_day_166_167(sample: Sample) -> None:
    rows = [(row["CHILD"], uk(row["REVIEW"])) for row in sample.reviews]
    assert len(set(rows)) == len(rows)
    assert all(row["REVIEW_CODE"] in {f"PN{number}" for number in range(8)} for row in sample.reviews)
    assert all(uk(row["DOB"]) == sample.births[row["CHILD"]] for row in sample.reviews)


def test_pn0_is_for_children_under_four_and_for_them_alone_440_441(sample: Sample) -> None:
    for row in sample.reviews:
        young = age(uk(row["DOB"]), uk(row["REVIEW"])) < 4
        assert (row["REVIEW_CODE"] == "PN0") is young, row


def test_children_on_short_breaks_alone_have_no_reviews_399(sample: Sample) -> None:
    alone = {child for child, rows in sample.episodes.items() if all(row["LS"] in ("V3", "V4") for row in rows)}
    assert len(alone) == 6
    assert not alone & {row["CHILD"] for row in sample.reviews}


def test_every_review_lies_in_care_that_the_records_know_1012(sample: Sample) -> None:
    for row in sample.reviews:
        episodes = sample.episodes[row["CHILD"]]
        if episodes[0]["RNE"] == "S":
            assert uk(row["REVIEW"]) > uk(episodes[0]["DECOM"])
        if episodes[-1]["DEC"]:
            assert uk(row["REVIEW"]) < uk(episodes[-1]["DEC"])


def test_episodes_follow_each_other_without_gap_and_end_for_a_reason(sample: Sample) -> None:
    assert set(sample.episodes) == set(sample.births)
    for child, rows in sample.episodes.items():
        assert uk(rows[0]["DECOM"]) >= sample.births[child]
        for row in rows:
            assert bool(row["DEC"]) is bool(row["REC"]), row
            assert not row["DEC"] or uk(row["DECOM"]) < uk(row["DEC"])
        for before, after in pairwise(rows):
            if before["REC"] == "X1":
                assert after["DECOM"] == before["DEC"]
                assert (before["LS"] != after["LS"]) is (after["RNE"] in "LBU")
                assert (before["PLACE"] != after["PLACE"]) is (after["RNE"] in "PBTU")
                assert (before["PL_POST"] == after["PL_POST"]) is (after["RNE"] in "LTU")
            else:
                assert after["RNE"] == "S"
        assert rows[-1]["REC"] != "X1"
        assert not any(row["REASON_PLACE_CHANGE"] for row in rows if row["REC"] != "X1")


def test_nobody_is_in_care_beyond_the_18th_birthday(sample: Sample) -> None:
    for child, rows in sample.episodes.items():
        last = uk(rows[-1]["DEC"]) if rows[-1]["DEC"] else sample.as_of
        assert age(sample.births[child], last - timedelta(days=1)) < 18


def test_police_protection_and_emergency_orders_last_days(sample: Sample) -> None:
    for rows in sample.episodes.values():
        for row in rows:
            until = uk(row["DEC"]) if row["DEC"] else sample.as_of
            assert {"L1": 3, "L2": 8}.get(row["LS"], 10**6) >= (until - uk(row["DECOM"])).days


def test_targets_are_fifteen_working_days_after_the_enquiry_began(sample: Sample) -> None:
    for each in sample.enquiries:
        assert (each.target_on is None) is each.not_required
        assert each.not_required or each.target_on == england().add(each.started_on, 15)
        assert not (each.not_required and each.conference_on)


def test_no_conference_is_at_a_weekend_or_on_a_bank_holiday_8875(sample: Sample) -> None:
    held = [each.conference_on for each in sample.enquiries if each.conference_on] + [day for plan in sample.plans for day in plan.reviews]
    assert all(map(england().is_working, held))


def test_plans_start_on_the_day_of_their_initial_conference_2885(sample: Sample) -> None:
    conferences = {(each.child, each.conference_on) for each in sample.enquiries} | set(sample.transfers.items())
    assert all((plan.child, plan.started_on) in conferences for plan in sample.plans)


def test_an_initial_conference_is_recorded_once_2884(sample: Sample) -> None:
    assert sample.transfers
    assert not set(sample.transfers) & {each.child for each in sample.enquiries}


def test_plan_reviews_come_after_the_start_and_in_order_8841(sample: Sample) -> None:
    for plan in sample.plans:
        days = [plan.started_on, *plan.reviews]
        assert all(before < after for before, after in pairwise(days))


def test_a_plan_ends_at_a_review_conference_and_never_on_its_first_day_8840(sample: Sample) -> None:
    for plan in sample.plans:
        assert plan.ended_on is None or plan.reviews[-1] == plan.ended_on > plan.started_on


def test_a_child_has_one_plan_at_most_8935_8940(sample: Sample) -> None:
    assert len({plan.child for plan in sample.plans}) == len(sample.plans)


def test_no_child_in_need_plan_runs_beside_a_protection_plan_4001_4003(sample: Sample) -> None:
    plans = {plan.child: plan for plan in sample.plans}
    for child in sample.children:
        start = iso(child.findtext("CINdetails/CINPlanDates/CINPlanStartDate"))
        if start:
            plan = plans[child.findtext("ChildIdentifiers/LAchildID", "")]
            assert plan.ended_on is not None
            assert plan.ended_on < start
            end = iso(child.findtext("CINdetails/CINPlanDates/CINPlanEndDate"))
            assert end is None or start <= end <= sample.as_of


def test_a_birth_day_is_known_or_expected_never_both_and_the_unborn_have_no_sex_8525_8750(sample: Sample) -> None:
    unborn = 0
    for child in sample.children:
        born, expected = (child.findtext(f"ChildIdentifiers/{name}") for name in ("PersonBirthDate", "ExpectedPersonBirthDate"))
        assert (born is None) is not (expected is None)
        assert (child.findtext("ChildIdentifiers/Sex") == "U") is (expected is not None)
        unborn += expected is not None
        assert expected is None or date.fromisoformat(expected) > sample.as_of
    assert 1 <= unborn <= 5


def test_children_are_under_18_on_a_plan_and_born_before_the_enquiry(sample: Sample) -> None:
    births = {
        child.findtext("ChildIdentifiers/LAchildID", ""): iso(child.findtext("ChildIdentifiers/PersonBirthDate"))
        for child in sample.children
    }
    for plan in sample.plans:
        born_on = births[plan.child]
        assert born_on is None or (born_on < plan.started_on and age(born_on, plan.ended_on or sample.as_of) < 18)


def test_a_closed_case_says_why_and_when_8868(sample: Sample) -> None:
    for child in sample.children:
        closed = iso(child.findtext("CINdetails/CINclosureDate"))
        assert (closed is None) is (child.findtext("CINdetails/ReasonForClosure") is None)
        if closed:
            enquiry = child.find("CINdetails/Section47")
            assert enquiry is not None
            assert enquiry.findtext("DateOfInitialCPC") or enquiry.findtext("ICPCnotRequired") == "true"


def test_brothers_and_sisters_are_twins_or_ten_months_apart(sample: Sample) -> None:
    births = dict(sample.births)
    for child in sample.children:
        born_on = iso(child.findtext("ChildIdentifiers/PersonBirthDate"))
        if born_on:
            births[child.findtext("ChildIdentifiers/LAchildID", "")] = born_on
    groups: dict[str, list[date]] = {}
    for row in sample.family:
        if row["SIBLING_GROUP"] and row["CHILD"] in births:
            groups.setdefault(row["SIBLING_GROUP"], []).append(births[row["CHILD"]])
    for days in groups.values():
        days.sort()
        assert 2 <= len(days) <= 5
        assert all(before == after or (after - before).days >= 300 for before, after in pairwise(days))
