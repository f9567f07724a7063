"""Every kind of meeting has a child in the sample, and none of them has been let slip but those that are meant to."""

from __future__ import annotations

from datetime import date, timedelta

from tests.sample.reading import Sample, months_after, uk

Row = dict[str, str]


def _on_the_day(sample: Sample) -> dict[str, Row]:
    return {child: rows[-1] for child, rows in sample.episodes.items() if child in sample.in_care}


def _reviews(sample: Sample, child: str) -> list[date]:
    return [uk(row["REVIEW"]) for row in sample.reviews if row["CHILD"] == child]


def _since(rows: list[Row], column: str, *codes: str) -> date | None:
    """The first day of the codes that stand last."""
    since = None
    for row in reversed(rows):
        if row[column] not in codes:
            break
        since = uk(row["DECOM"])
    return since


def test_children_to_be_adopted_are_reviewed_within_three_months_of_the_order(sample: Sample) -> None:
    waiting = [child for child, row in _on_the_day(sample).items() if row["LS"] == "E1"]
    assert len(waiting) > 3
    for child in waiting:
        ordered_on = _since(sample.episodes[child], "LS", "E1")
        assert ordered_on is not None
        following = [day for day in _reviews(sample, child) if day > ordered_on]
        assert min(following, default=sample.as_of) <= months_after(ordered_on, 3)


def test_children_placed_for_adoption_are_reviewed_within_four_weeks_and_then_three_months(sample: Sample) -> None:
    placed = [child for child, rows in sample.episodes.items() if rows[-1]["PLACE"] in ("A5", "A6")]
    assert any(child in sample.in_care for child in placed)
    for child in placed:
        rows = sample.episodes[child]
        placed_on = _since(rows, "PLACE", "A5", "A6")
        assert placed_on is not None
        until = uk(rows[-1]["DEC"]) if rows[-1]["DEC"] else sample.as_of
        days = [placed_on, *(day for day in _reviews(sample, child) if day > placed_on), until]
        assert days[1] <= placed_on + timedelta(days=28) or until == days[1]
        assert len(days) < 4 or days[2] <= months_after(days[1], 3)
        assert all(row["LS"] == "E1" for row in rows if row["PLACE"] in ("A5", "A6"))


def test_a_young_person_has_lately_been_placed_in_secure_accommodation(sample: Sample) -> None:
    secured = [row for row in _on_the_day(sample).values() if row["PLACE"] == "K1"]
    assert secured
    assert all(sample.as_of - timedelta(days=28) < uk(row["DECOM"]) < sample.as_of and row["LS"] != "J1" for row in secured)


def test_a_young_person_is_remanded_and_children_live_in_long_term_placements(sample: Sample) -> None:
    rows = _on_the_day(sample).values()
    assert any(row["LS"] == "J1" for row in rows)
    assert sum(row["PLACE"] in ("U1", "U4") for row in rows) > 50


def test_short_breaks_are_single_breaks_and_an_agreement_whose_first_review_is_still_to_come(sample: Sample) -> None:
    series = [rows for rows in sample.episodes.values() if rows[0]["LS"] in ("V3", "V4")]
    assert {row["LS"] for rows in series for row in rows} == {"V3", "V4"}
    for rows in series:
        assert months_after(uk(rows[0]["DECOM"]), 3) > sample.as_of
        assert all((uk(row["DEC"]) - uk(row["DECOM"])).days == 2 for row in rows if row["LS"] == "V3")
    assert any(len(rows) > 2 for rows in series)


def test_a_plan_taken_over_from_elsewhere_began_at_a_transfer_in_conference(sample: Sample) -> None:
    plans = {plan.child: plan for plan in sample.plans}
    assert sample.transfers
    assert all(plans[child].started_on == held_on for child, held_on in sample.transfers.items())


def test_a_child_came_onto_the_plan_of_elder_ones_on_the_day_of_their_review_conference(sample: Sample) -> None:
    conferences = sample.conferences()
    both = {(group, day) for kind, group, day in conferences if kind == "initial"} & {
        (group, day) for kind, group, day in conferences if kind == "review"
    }
    assert both
    plans = {plan.child: plan for plan in sample.plans}
    for group, day in both:
        joined = [plans[child] for child, its in sample.groups.items() if its == group and child in plans]
        assert {plan.ended_on for plan in joined} == {None}
        assert any(plan.started_on == day and not plan.reviews for plan in joined)
        assert any(day in plan.reviews for plan in joined)


def test_one_child_is_known_under_two_references_with_one_pupil_number_and_one_day_of_birth(sample: Sample) -> None:
    looked_after = {row["UPN"]: row for row in sample.header if row["UPN"] != "UN1"}
    twice = [
        (looked_after[upn], child.findtext("ChildIdentifiers/PersonBirthDate"))
        for child in sample.children
        if (upn := child.findtext("ChildIdentifiers/UPN", "")) in looked_after
        and looked_after[upn]["CHILD"] != child.findtext("ChildIdentifiers/LAchildID")
    ]
    ((row, born),) = twice
    assert uk(row["DOB"]).isoformat() == born
    assert row["CHILD"] in sample.in_care
