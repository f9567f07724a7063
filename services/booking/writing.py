"""What a note-taker has to write up in a week, and how much she can: a week begins on Monday. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Minutes of write-up that a note-taker has in a week. `most`: that she can do; None: nobody has said."""

    minutes: int
    most: int | None

    @property
    def left(self) -> int:
        """What she can take on yet; without a limit more than anybody asks for."""
        return _ENDLESS if self.most is None else max(0, self.most - self.minutes)

    def has_room(self, write_up: int) -> bool:
        """Whether she can write so much more."""
        return write_up == 0 or self.left >= write_up


_ENDLESS = 1_000_000
UNLIMITED = Writing(minutes=0, most=None)


def full(write_up: int, left: Mapping[str, int], monday: date) -> str:
    """In words: none of these note-takers can write so much more in the week; `left`: what each could."""
    who = ", ".join(f"{code} has {minutes}" for code, minutes in sorted(left.items()))
    return f"it leaves {write_up} minutes to write up, more than a note-taker has left in the week of {monday.isoformat()}: {who}"
