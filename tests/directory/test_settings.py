"""Settings are read as what they mean, or refused with what would be right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.directory.settings import Settings, parse_setting
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind


@pytest.mark.parametrize("step", ["0.0001", "0.001", "0.005", "0.0125", "0.05", "0.1"])
def test_a_step_of_rebalancing_is_a_share_by_which_the_limit_can_be_divided(step: str) -> None:
    assert parse_setting("rebalancing_step", step) == Decimal(step)


@pytest.mark.parametrize(
    "step", ["0", "-0.005", "0.00005", "0.0003", "0.00625", "0.03", "0.2", "50", "NaN", "sNaN", "half", "", 0.005, None]
)
def test_a_step_that_is_none_is_refused_with_an_example(step: object) -> None:
    with pytest.raises(InvalidInput, match=r'from "0\.0001" to "0\.1" by which 1 can be divided, such as "0\.005"') as refused:
        parse_setting("rebalancing_step", step)
    assert refused.value.field == "rebalancing_step"


def test_half_a_percent_of_the_limit_is_the_shipped_step() -> None:
    assert Settings().rebalancing_step == Decimal("0.005")


def test_other_decimals_keep_their_own_example() -> None:
    with pytest.raises(InvalidInput, match='a decimal in quotes such as "90"'):
        parse_setting("limit_per_wte", "many")


def test_write_up_is_stated_as_so_many_times_the_length_of_a_meeting() -> None:
    shapes = parse_setting("shapes", {"REVIEW_CONFERENCE": {"write_up": "1.5"}})
    assert (shapes[MeetingKind.REVIEW_CONFERENCE].write_up, shapes[MeetingKind.INITIAL_CONFERENCE].write_up) == (Decimal("1.5"), 2)
    for wrong in (2, "-1", "NaN", "21", "twice"):
        with pytest.raises(InvalidInput, match="setting shapes"):
            parse_setting("shapes", {"REVIEW_CONFERENCE": {"write_up": wrong}})
