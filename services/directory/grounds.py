"""In words why an officer may not have a child: Care Planning Regulations 2010, reg. 46(3); a personal tie is local practice."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel.words import IndependenceGround

SAID: Mapping[IndependenceGround, str] = {
    IndependenceGround.HAD_CHARGE: "had charge of the case",
    IndependenceGround.MANAGES_THE_CASE: "manages the case",
    IndependenceGround.CONTROLS_RESOURCES: "controls what is spent on the case",
    IndependenceGround.PERSONAL_CONNECTION: "has a personal connection",
}
"""What is true of the officer: said where nobody gave a reason."""
