"""Files that others made, as untidy as real ones. They are not ours to keep: named by CONVENE_EXTERNAL_DATA, or beside the checkout."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path

import pytest

from tests.intake.conftest import Unit

_FOLDER = Path(os.environ.get("CONVENE_EXTERNAL_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.fixture(scope="module")
def folder() -> Path:
    if not _FOLDER.is_dir():
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn(f"no external returns in {_FOLDER}: set CONVENE_EXTERNAL_DATA", stacklevel=1)
        pytest.skip(f"no external returns in {_FOLDER}: set CONVENE_EXTERNAL_DATA to their folder")
    return _FOLDER


async def test_the_external_return_is_taken_child_by_child(unit: Unit, folder: Path) -> None:
    report = await unit.ssda903(folder / "ssda903")
    assert (report.counts.rows, report.counts.taken, report.counts.refused) == (2429, 295, 5)
    kept = await unit.rows("SELECT rule, severity FROM import_finding")
    assert Counter(rule for rule, severity in kept if severity == "REFUSED") == {"501": 5, "437": 1}
    assert {rule for rule, _ in kept} >= {"440", "441", "399", "148", "REVIEW_IN_FUTURE"}
    periods = "SELECT count(*) FILTER (WHERE NOT started_on_exact), count(*) FILTER (WHERE short_break) FROM care_period"
    ((inexact, short),) = await unit.rows(periods)
    assert inexact > 200
    assert short > 20
    before = await unit.fingerprint()
    assert (await unit.ssda903(folder / "ssda903")).counts.changed == 0
    assert await unit.fingerprint() == before


async def test_the_external_census_is_taken_and_its_faults_are_listed(unit: Unit, folder: Path) -> None:
    report = await unit.census(folder / "CIN_Census_2026.xml")
    assert (report.counts.taken, report.counts.refused) == (2, 0)
    assert {finding.rule for finding in report.findings} == {"2884", "2885", "STRAY_TEXT"}
    held = await unit.rows("SELECT kind, held_on::text FROM held_record ORDER BY 2")
    assert held == [("INITIAL_CONFERENCE", "2022-06-17"), ("REVIEW_CONFERENCE", "2023-02-15")]
