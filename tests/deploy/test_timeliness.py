"""`convene timeliness`: a table for people, everything that was counted for programs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from deploy.timeliness import TimelinessResult, as_known
from services.history.indicators import TimelinessReport, TimelinessRow
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind, Timeliness
from services.statutory.indicators import Indicator
from tests.deploy.test_cli import Run, convene, url
from tests.support.returns import write_ssda903

__all__ = ["convene", "url"]
DUTY, CHILD = UUID(int=1), UUID(int=2)
LATE = TimelinessRow(
    subject_id=CHILD,
    reference="CH1",
    kind=MeetingKind.CARE_REVIEW,
    obligation_id=DUTY,
    triggered_on=date(2026, 3, 2),
    statutory_due_on=date(2026, 3, 30),
    held_on=date(2026, 3, 31),
    completed_on=None,
    returned_on=date(2026, 3, 31),
    timeliness=Timeliness.LATE,
)


def result(known_at: datetime | None = None) -> TimelinessResult:
    indicators = (
        Indicator(code="REVIEWED", version=2, title="Reviewed", definition="Words.", numerator=192, denominator=197, failing=(DUTY,)),
        Indicator(code="NOBODY", version=1, title="Nobody", definition="Words.", numerator=0, denominator=0, failing=()),
    )
    report = TimelinessReport(first=date(2026, 3, 1), last=date(2026, 3, 31), known_at=known_at, indicators=indicators, rows=(LATE,))
    return TimelinessResult(report=report)


def test_people_get_a_table_and_on_demand_the_meetings() -> None:
    figures = [
        "in time   of   share  indicator",
        "    192  197  97.5 %  Reviewed [REVIEWED 2]",
        "      0    0       –  Nobody [NOBODY 1]",
    ]
    assert result().lines() == ["Timeliness from 2026-03-01 to 2026-03-31", *figures]
    assert result().lines(with_meetings=True)[4:] == [
        "",
        "child  meeting      day 0       due         held        completed  timeliness",
        "CH1    CARE_REVIEW  2026-03-02  2026-03-30  2026-03-31  –          LATE",
    ]
    known = result(datetime(2026, 6, 30, 22, 59, tzinfo=UTC)).lines()[0]
    assert known == "Timeliness from 2026-03-01 to 2026-03-31, as known at 2026-06-30 23:59"


def test_programs_get_all_that_was_counted() -> None:
    found = json.loads(json.dumps(result().as_json(), default=str))
    assert (found["from"], found["to"], found["known_at"]) == ("2026-03-01", "2026-03-31", None)
    assert [(each["code"], each["share"], each["failing"]) for each in found["indicators"]] == [
        ("REVIEWED", "0.975", [str(DUTY)]),
        ("NOBODY", None, []),
    ]
    assert found["meetings"][0]["obligation_id"] == str(DUTY)


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        (None, None),
        ("2026-06-30", datetime(2026, 6, 30, 23, 0, tzinfo=UTC)),  # the end of the day in England
        ("2026-01-31", datetime(2026, 2, 1, 0, 0, tzinfo=UTC)),
        ("2026-06-30T00:00", datetime(2026, 6, 29, 23, 0, tzinfo=UTC)),
        ("2026-06-30T12:30", datetime(2026, 6, 30, 11, 30, tzinfo=UTC)),
    ],
)
def test_a_day_means_all_that_was_known_by_its_end(stated: str | None, meant: datetime | None) -> None:
    assert as_known(stated) == meant


@pytest.mark.parametrize("stated", ["June", "2026-06-31", "2026-06-30T25:00", "30/06/2026"])
def test_what_is_no_day_is_refused_with_what_would_be_right(stated: str) -> None:
    with pytest.raises(InvalidInput, match=f"--as-known-at {stated}: give a day such as 2026-06-30"):
        as_known(stated)


def test_a_period_is_measured_from_the_database(convene: Run, tmp_path: Path) -> None:
    folder = write_ssda903(
        tmp_path / "return",
        header=["CH1,1,04/05/2016,"],
        episodes=["CH1,02/03/2026,S,C2,U1,,"],
        reviews=["CH1,04/05/2016,31/03/2026,PN1"],
    )
    assert convene("import", "ssda903", str(folder))[0] == 0
    code, out, _ = convene("timeliness", "--from", "2026-03-01", "--to", "2026-05-31", "--meetings")
    assert code == 0
    assert "      0   1    0.0 %  Children in care all of whose reviews were in time (NI 66, PAF C68)" in out
    assert "CH1    CARE_REVIEW  2026-03-02  2026-03-30  2026-03-31  –          LATE" in out
    code, out, _ = convene("timeliness", "--from", "2026-03-01", "--to", "2026-05-31", "--as-known-at", "2026-01-01", "--json")
    assert (code, json.loads(out)["meetings"]) == (0, [])
    code, _, errors = convene("timeliness", "--from", "2026-05-31", "--to", "2026-03-01")
    assert (code, errors) == (1, "convene: the span 2026-05-31 to 2026-03-01 ends before it begins\n")
