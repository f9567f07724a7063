"""What a unit lets calendars and mails show beyond a random reference, a time and a place: what, to whom, and what that means.

The words and the addressees are closed lists. Nothing can be switched on for rooms and police, whose calendars others read, and
nothing can bring a child's reference or a confidential venue into any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.kernel.words import MeetingKind


class ShownTo(StrEnum):
    """Whose calendar may show more."""

    IRO = "IRO"
    NOTE_TAKER = "NOTE_TAKER"


class ShownWord(StrEnum):
    """What it may show more."""

    KIND = "kind"


_CALLED = {ShownTo.IRO: "IROs", ShownTo.NOTE_TAKER: "note-takers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPolicy:
    """What the unit has switched on; nothing as shipped."""

    show: Mapping[ShownTo, frozenset[ShownWord]] = field(default_factory=dict)

    def kind_for(self, addressee: str, kind: MeetingKind) -> MeetingKind | None:
        """The kind of a meeting as an addressee of that sort may see it in a calendar; None: not at all."""
        return kind if any(to.value == addressee and ShownWord.KIND in words for to, words in self.show.items()) else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """In words what is on show because of it, one sentence an addressee."""
        return tuple(
            f"calendars and mails of {_CALLED[to]} show the kind of each meeting ('initial conference', 'care review'): it stands on "
            "lock screens, in shared calendars and with whoever runs the mail, beside the time and the place"
            for to in ShownTo
            if self.show.get(to)
        )


def parse_calendar(value: object) -> CalendarPolicy:
    """`{"show": {"IRO": ["kind"]}}`. Raises ValueError or TypeError that says what is wrong, and what would be right."""
    if not isinstance(value, dict) or set(value) - {"show"}:
        raise TypeError('it is a table with `show` alone, such as { show = { IRO = ["kind"] } }')
    shown = value.get("show", {})
    if not isinstance(shown, dict):
        raise TypeError('show is a table of whose calendars show what, such as { IRO = ["kind"], NOTE_TAKER = ["kind"] }')
    return CalendarPolicy(show={_addressee(name): _words(name, words) for name, words in shown.items()})


def _addressee(name: str) -> ShownTo:
    try:
        return ShownTo(name)
    except ValueError:
        raise ValueError(f"show names '{name}', whose calendars show nothing more; it may name {' and '.join(ShownTo)}") from None


def _words(name: str, words: object) -> frozenset[ShownWord]:
    if not isinstance(words, list):
        raise TypeError(f'show.{name} is a list, such as ["kind"]')
    for each in words:
        if each not in tuple(ShownWord):
            raise ValueError(f"show.{name} has {each!r}, which no calendar shows; it may have '{ShownWord.KIND}' alone")
    return frozenset(ShownWord(each) for each in words)
