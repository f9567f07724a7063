"""The page on timeliness says what the software counts of the sample authority, and the files say the same by another way."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.history.indicators import TimelinessReport
from services.platform.database import Database
from tests.history.timeliness_page import PAGE, load_sample, measure_sample, page

pytestmark = pytest.mark.slow


def figure(report: TimelinessReport, code: str) -> tuple[int, int]:
    (found,) = [each for each in report.indicators if each.code == code]
    return found.numerator, found.denominator


async def test_the_page_is_what_is_counted_and_what_is_counted_is_what_the_files_say(database: Database, tmp_path: Path) -> None:
    summary = await load_sample(database, tmp_path)
    report = await measure_sample(database)
    assert figure(report, "INITIAL_CONFERENCES_IN_15_WORKING_DAYS") == (summary.initial_in_time, summary.initial_children)
    assert figure(report, "CHILDREN_IN_CARE_REVIEWED_IN_TIME") == (summary.reviewed_in_time, summary.reviewable)
    assert figure(report, "REVIEW_CONFERENCES_HELD_IN_TIME") == (summary.review_children, summary.review_children)
    assert figure(report, "CARE_REVIEWS_HELD_IN_TIME")[1] == summary.care_reviews
    shares = {each.code: each.share for each in report.indicators}
    assert f"{shares['INITIAL_CONFERENCES_IN_15_WORKING_DAYS']}" == "0.975"  # the annual report's 97.5, 100, 98 and 97 per cent
    assert f"{shares['PLANS_REVIEWED_IN_TIME']}" == "1.000"
    assert f"{shares['CHILDREN_IN_CARE_REVIEWED_IN_TIME']:.2f}" == "0.98"
    assert f"{shares['CHILDREN_WHO_GAVE_THEIR_VIEWS']:.2f}" == "0.97"
    assert PAGE.read_text(encoding="utf-8") == await page(database), "python -m tests.history.timeliness_page"
