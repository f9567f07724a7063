"""Ruined returns, finding by finding: nothing wrong becomes a date, and nothing right is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from services.intake import service as intake
from services.intake.report import ImportReport
from services.intake.rules import RULES
from tests.intake.conftest import Import, Unit
from tests.intake.ruined import Ruin, ruin_looked_after, ruin_marked_up
from tests.intake.ruined_protection import ruin_dataset, ruin_in_need

Found = tuple[str, int | None, str | None, str, str]
"""(file, line, child, rule, severity)."""

_SEVERITIES = {rule.code: rule.severity.value for rule in RULES}
_FACTS = """
SELECT reference, what || coalesce(day::text, '') || rest FROM child JOIN (
    SELECT child_id, 'born ', born_on, '' FROM child_fact WHERE upper_inf(recorded) AND born_on IS NOT NULL
    UNION ALL SELECT child_id, 'expected ', expected_on, '' FROM child_fact WHERE upper_inf(recorded) AND expected_on IS NOT NULL
    UNION ALL SELECT child_id, CASE WHEN started_on_exact THEN 'care ' ELSE 'care by ' END, started_on, '..' || coalesce(ended_on::text, '')
    FROM care_period WHERE upper_inf(recorded)
    UNION ALL SELECT child_id,
        CASE kind WHEN 'REVIEW_CONFERENCE' THEN 'conference ' WHEN 'INITIAL_CONFERENCE' THEN 'initial ' ELSE 'review ' END, held_on,
        CASE WHEN kind LIKE '%CONFERENCE' THEN '' ELSE ' ' || coalesce(participation, '-') END
    FROM held_record WHERE upper_inf(recorded)
    UNION ALL SELECT child_id, 'enquiry ', initiating_discussion_on, '' FROM section47 WHERE upper_inf(recorded)
    UNION ALL SELECT child_id, 'plan ', started_on, '..' || coalesce(ended_on::text, '') FROM protection_plan WHERE upper_inf(recorded)
) fact (child_id, what, day, rest) ON child_id = id
"""


async def _facts(unit: Unit) -> dict[str, list[str]]:
    """Everything that stands of every child, day by day."""
    found: dict[str, list[str]] = {}
    for reference, fact in await unit.rows(_FACTS):
        found.setdefault(reference, []).append(fact)
    return {reference: sorted(facts) for reference, facts in found.items()}


async def _findings(unit: Unit, report: ImportReport) -> Counter[Found]:
    """All of them, as kept: a report shows the first hundred only."""
    kept = await unit.rows("SELECT file_name, line, child_reference, rule, severity FROM import_finding WHERE import_id = $1", report.id)
    return Counter((file, line, child, rule, severity) for file, line, child, rule, severity in kept)


RETURNS: tuple[tuple[Callable[[Path], Ruin], Import, str], ...] = (
    (ruin_looked_after, intake.import_ssda903, "ssda903"),
    (ruin_marked_up, intake.import_ssda903, "ssda903.xml"),
    (ruin_in_need, intake.import_cin_census, "census.xml"),
    (ruin_dataset, intake.import_ssd, "ssd"),
)


@pytest.mark.parametrize(("write", "take", "name"), RETURNS, ids=[name for _, _, name in RETURNS])
async def test_a_ruined_return_is_told_row_by_row_and_what_is_right_in_it_is_kept(
    unit: Unit, tmp_path: Path, write: Callable[[Path], Ruin], take: Import, name: str
) -> None:
    ruin = write(tmp_path / name)
    report = await unit.take(take, tmp_path / name)
    found = await _findings(unit, report)
    told = Counter((*finding, _SEVERITIES[finding[-1]]) for finding in ruin.told)
    assert sorted((found - told).elements(), key=str) == [], "nothing is told that is not so"
    assert sorted((told - found).elements(), key=str) == [], "everything is told"
    assert await _facts(unit) == {child: sorted(facts) for child, facts in ruin.kept.items()}
    assert report.counts.taken == len(ruin.kept)
    assert report.counts.refused == len(ruin.refused)
    assert not ruin.refused & set(ruin.kept)
    assert (await unit.take(take, tmp_path / name)).counts.changed == 0, "the same return again changes nothing"


async def test_of_a_child_of_whom_nothing_was_taken_no_finding_says_that_something_was(unit: Unit, tmp_path: Path) -> None:
    ruin = ruin_looked_after(tmp_path / "ssda903")
    await unit.ssda903(tmp_path / "ssda903")
    told = await unit.rows("SELECT child_reference, message FROM import_finding WHERE child_reference IS NOT NULL")
    assert {child for child, message in told if message.endswith("nothing of this child was taken")} == ruin.refused
    assert {child for child, message in told if not message.endswith("nothing of this child was taken")} <= set(ruin.kept)
