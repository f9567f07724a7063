"""The sector's own validators find no fault with the sample's returns. `python -m tests.validators` fetches them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.validators.asking import OBJECTIONS_TO_THEMSELVES, PYTHON, WITHOUT_MATERIAL, Judgement, judge

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="THE SECTOR'S VALIDATORS WERE NOT ASKED: `python -m tests.validators` fetches them into var/validators"
)

Judgements = tuple[Judgement, Judgement]


@pytest.fixture(scope="module", params=[2023, 2025], ids=lambda year: f"{year - 1}/{year % 100}")
def judgements(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judgements:
    """Before sexes were letters and after."""
    return judge(tmp_path_factory.mktemp("returns"), date(request.param, 3, 31))


def test_no_rule_of_the_return_on_children_looked_after_finds_a_fault(judgements: Judgements) -> None:
    looked_after, _ = judgements
    assert looked_after.faults == {}
    assert set(looked_after.skipped) <= WITHOUT_MATERIAL
    assert set(looked_after.broken) <= OBJECTIONS_TO_THEMSELVES
    assert looked_after.rows["Reviews"] == 702
    assert looked_after.rows["Episodes_last"] > 400


def test_no_rule_of_the_census_of_children_in_need_finds_a_fault(judgements: Judgements) -> None:
    _, in_need = judgements
    assert in_need.faults == {}
    assert in_need.broken == []
    assert in_need.run == in_need.rules
    assert in_need.rows["Reviews"] == 677
