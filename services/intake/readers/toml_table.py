"""One table of a TOML file, read key by key: every fault names line, table and key, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeVar

from services.kernel.errors import InvalidInput

T = TypeVar("T")
LONGEST_TEXT = 200
_EMAIL = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`name` as the file writes it (`[unit]`, `[[iro]]`), `number` its place among its like, from 1."""

    file_name: str
    text: str
    name: str
    number: int | None
    values: Mapping[str, Any]
    inside: str = ""

    def check_keys(self, known: Sequence[str]) -> None:
        """Raises `InvalidInput` for a key that means nothing here."""
        for key in self.values:
            if key not in known:
                self.fail(key, f"there is no such key here; there are: {', '.join(known)}")

    def fail(self, key: str, why: str) -> NoReturn:
        """Raises the `InvalidInput` of one key."""
        line = self._line_of(self.inside.split("[")[0] or key)
        where = f"{self.file_name}, line {line}, " if line else f"{self.file_name}, "
        number = f" number {self.number}" if self.number else ""
        code = self.values.get("code") if not self.inside else None
        named = f" ({code})" if isinstance(code, str) and code and key != "code" else ""
        inside = f"{self.inside}." if self.inside else ""
        raise InvalidInput(f"{where}{self.name}{number}{named}, key '{inside}{key}': {why}", key)

    def line(self) -> int | None:
        """The line on which the table begins, where it can be told."""
        start = self._start()
        return None if start is None else self.text.count("\n", 0, start) + 1

    def word(self, key: str) -> str:
        """A text of one line that must be there."""
        value = self._needed(key, "a text in quotes")
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT or not value.isprintable():
            self.fail(key, f"{_shown(value)} is not a text of 1 to {LONGEST_TEXT} printable characters in quotes")
        return value.strip()

    def email(self, key: str) -> str:
        value = self.word(key)
        if not _EMAIL.fullmatch(value):
            self.fail(key, f'{_shown(value)} is not an address for mail such as "iro01@example.org"')
        return value

    def decimal(self, key: str, *, at_most: int) -> Decimal:
        """A decimal in quotes, from 0 (itself not included) on."""
        example = f'a decimal in quotes, more than 0 and at most {at_most}, such as "0.6"'
        value = self._needed(key, example)
        try:
            number = Decimal(value) if isinstance(value, str) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not 0 < number <= at_most:
            self.fail(key, f"{_shown(value)} is not {example}")
        return number

    def whole(self, key: str, *, at_least: int, at_most: int) -> int:
        example = f"a whole number from {at_least} to {at_most}"
        value = self._needed(key, example)
        if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= at_most:
            self.fail(key, f"{_shown(value)} is not {example}")
        return value

    def day(self, key: str, *, needed: bool = True) -> date | None:
        if not needed and key not in self.values:
            return None
        value = self._needed(key, "a day without quotes such as 2026-12-21")
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fail(key, f"{_shown(value)} is not a day without quotes such as 2026-12-21")
        return value

    def words(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts; the default where the key is left out."""
        if key not in self.values:
            return default
        value = self.values[key]
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            self.fail(key, f'{_shown(value)} is not a list of texts such as ["first", "second"]')
        return tuple(each.strip() for each in value)

    def words_or_tables(self, key: str) -> tuple[str | Table, ...]:
        """The texts and the inline tables of a list, in their order; none where the key is left out."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) or (isinstance(each, str) and each.strip()) for each in value):
            self.fail(key, f"{_shown(value)} is not a list of texts, or of tables in braces")
        return tuple(
            each.strip() if isinstance(each, str) else replace(self, values=each, inside=f"{key}[{number}]")
            for number, each in enumerate(value, 1)
        )

    def judged(self, key: str, judge: Callable[[], T]) -> T:
        """What `judge` answers; its `InvalidInput` becomes one that says where."""
        try:
            return judge()
        except InvalidInput as fault:
            self.fail(key, str(fault))

    def tables(self, key: str) -> tuple[Table, ...]:
        """The inline tables of a list; none where the key is left out."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.fail(key, "a list of tables in braces is expected, such as [{ first_day = 2026-12-21, last_day = 2026-12-31 }]")
        return tuple(replace(self, values=each, inside=f"{key}[{number}]") for number, each in enumerate(value, 1))

    def _needed(self, key: str, example: str) -> Any:
        if key not in self.values:
            self.fail(key, f"is missing: {example} is needed")
        return self.values[key]

    def _start(self) -> int | None:
        pattern = rf"^[ \t]*{re.escape(self.name)}[ \t]*(?:#.*)?\r?$"
        found = [match.start() for match in re.finditer(pattern, self.text, re.MULTILINE)]
        place = (self.number or 1) - 1
        return found[place] if place < len(found) else None

    def _line_of(self, key: str) -> int | None:
        start = self._start()
        if start is None:
            return None
        body = self.text.index("\n", start) if "\n" in self.text[start:] else len(self.text)
        following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(self.text, body)
        end = following.start() if following else len(self.text)
        found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", re.MULTILINE).search(self.text, body, end)
        return self.text.count("\n", 0, found.start() if found else start) + 1


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
