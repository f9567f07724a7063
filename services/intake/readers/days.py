"""Days as the returns write them. A day in any other form is a fault, never a guess."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

FIRST_YEAR, LAST_YEAR = 1900, 2100
MONTH_FIRST = "with the month first"


class NotADay(ValueError):
    """The text is no day in the expected form; `str(fault)` says what would be right."""


@lru_cache(maxsize=1 << 16)
def read_uk_day(text: str) -> date | None:
    """The day of `dd/mm/yyyy` from 1900 to 2100, None of a blank; raises `NotADay` for everything else."""
    return _read(text, form="dd/mm/yyyy", separator="/", cuts=(2, 5), order=(2, 1, 0))


@lru_cache(maxsize=1 << 16)
def read_iso_day(text: str) -> date | None:
    """The day of `yyyy-mm-dd` from 1900 to 2100, None of a blank; raises `NotADay` for everything else."""
    return _read(text, form="yyyy-mm-dd", separator="-", cuts=(4, 7), order=(0, 1, 2))


def _read(text: str, *, form: str, separator: str, cuts: tuple[int, int], order: tuple[int, int, int]) -> date | None:
    stripped = text.strip()
    if not stripped:
        return None
    parts = stripped.split(separator)
    lengths = (cuts[0], cuts[1] - cuts[0] - 1, 9 - cuts[1])
    if len(parts) != 3 or any(len(part) != length or not _digits(part) for part, length in zip(parts, lengths, strict=True)):
        raise NotADay(f"{_shown(stripped)} is not a day in the form {form}")
    year, month, day = (int(parts[place]) for place in order)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotADay(f"{_shown(stripped)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError:
        if separator == "/" and day <= 12 < month <= 31:
            raise NotADay(f"{_shown(stripped)} exists only {MONTH_FIRST}: days are {form}") from None
        raise NotADay(f"{_shown(stripped)} does not exist in the calendar ({form})") from None


def _digits(part: str) -> bool:
    return part.isascii() and part.isdigit()


def _shown(text: str) -> str:
    return f"'{text[:20]}{'…' if len(text) > 20 else ''}'"
