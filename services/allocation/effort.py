"""Work that is counted, not timed: the same task takes the same steps wherever and whenever it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Effort:
    """`left`: how many officers may still be weighed for some children."""

    left: int

    def spend(self, steps: int) -> bool:
        """Whether anything was left; the steps are taken off then."""
        if self.left <= 0:
            return False
        self.left -= steps
        return True
