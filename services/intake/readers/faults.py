"""What is wrong with one row, noticed while it is read: carried with the row and judged with the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from services.intake.readers.days import NotADay

LONGEST_REFERENCE = 64


class Faults:
    """The faults of one row: (rule, sentence) pairs, flat, as the staging tables keep them."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[str] | None = None

    def add(self, rule: str, sentence: str) -> None:
        if self.found is None:
            self.found = []
        self.found += (rule, sentence)

    def day(self, text: str, name: str, read: Callable[[str], date | None], *, rule: str = "DATE") -> date | None:
        """The day, or None with a fault that names the column or element."""
        try:
            return read(text)
        except NotADay as fault:
            self.add(rule, f"{name}: {fault}")
            return None


def clean_reference(text: str, faults: Faults) -> str:
    """The child's identifier as it will be kept; '' where there is none that can be."""
    reference = text.strip()
    if not reference:
        faults.add("CHILD_MISSING", "the row names no child")
    elif len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        faults.add("CHILD_MISSING", f"a child's identifier has at most {LONGEST_REFERENCE} printable characters")
        return ""
    return reference


_NO_UPN = re.compile(r"UN[0-9]{1,2}|0+|N/?A|NONE|UNKNOWN", re.IGNORECASE)


def clean_upn(text: str) -> str | None:
    """A unique pupil number; None of a blank, and of the codes that say why there is none (UN1 to UN10), which many children share."""
    number = "".join(text.split()).upper()
    return number[:20] if number and not _NO_UPN.fullmatch(number) else None


_SEXES = {"1": "M", "2": "F", "0": "U", "9": "U", "3": "U", "M": "M", "F": "F", "U": "U", "I": "U"}


def clean_sex(text: str, faults: Faults) -> str | None:
    """M, F or U from the codes of either return and either generation of them; None of a blank."""
    code = text.strip().upper()
    if code and code not in _SEXES:
        faults.add("101", f"'{code[:10]}' is no code of sex (1, 2, M, F, U)")
    return _SEXES.get(code)
