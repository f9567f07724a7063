"""Pages of a list that is sorted by a key and an identifier: the next page begins after the last row's own place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from services.kernel.errors import InvalidInput

Row = TypeVar("Row")
LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The first so many rows, or so many after the row with this sort key (as text) and identifier."""

    first: int
    after_key: str | None = None
    after_id: UUID | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.first <= LARGEST_PAGE:
            raise InvalidInput(f"first must be between 0 and {LARGEST_PAGE}", "first")

    @property
    def after_day(self) -> date | None:
        """The key as a day."""
        return None if self.after_key is None else _parsed(date.fromisoformat, self.after_key)

    @property
    def after_instant(self) -> datetime | None:
        """The key as an instant."""
        found = None if self.after_key is None else _parsed(datetime.fromisoformat, self.after_key)
        if found is not None and (found.tzinfo is None or not date.min.year < found.year < date.max.year):
            raise bad_cursor()  # an instant at the very ends of time has no UTC
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[Row]):
    """Rows of one page, and whether more follow."""

    rows: tuple[Row, ...] = ()
    more: bool = False


def cut(rows: Sequence[Row], window: Window) -> Slice[Row]:
    """A page from rows of which one too many was asked for."""
    return Slice(rows=tuple(rows[: window.first]), more=len(rows) > window.first)


def bad_cursor() -> InvalidInput:
    return InvalidInput("this cursor is none that this list gave out: leave `after` out to begin anew", "after")


def _parsed(parse: Callable[[str], Row], text: str) -> Row:
    try:
        return parse(text)
    except ValueError:
        raise bad_cursor() from None
