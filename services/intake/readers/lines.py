"""CSV as it comes: byte-order marks, UTF-8, UTF-16 or Windows-1252, any line end, any order and case of columns, and commas,
semicolons or tabs between them, whichever the first line has.

One physical line is one row: none of these returns has text with line breaks, and a quote that is never closed
must spoil one row, not the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from services.kernel.errors import InvalidInput

LONGEST_LINE = 1 << 16
_SEPARATORS = (",", ";", "\t")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = (
    (b"PK\x03\x04", "a zip or spreadsheet file"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet file"),
    (b"\x1f\x8b", "a compressed file"),
    (b"<?xml", "XML"),
    (codecs.BOM_UTF8 + b"<?xml", "XML"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns that are used; all others are ignored. `needed` must be there, `optional` may be."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


Row = tuple[int, Sequence[str], str | None]
"""Line number, one stripped text for each of `needed + optional`, and what is wrong with the line itself."""


def read_rows(stream: IO[bytes], file_name: str, columns: Columns) -> Iterator[Row]:
    """The rows of a file, as a stream. Raises `InvalidInput` where it is no CSV or lacks a needed column."""
    lines = _lines(stream, file_name)
    header_line, header = next(_filled(lines), (0, ""))
    if header_line == 0:
        raise InvalidInput(f"{file_name} is empty: a first line with {', '.join(columns.needed)} is needed")
    comma = max(_SEPARATORS, key=header.count)
    names = [name.strip().upper() for name in _loosely(header, comma)]
    places = _places(names, columns, file_name, header_line)
    width, wanted = len(names), len(places)
    for number, line in _filled(lines):
        if '"' in line or "\x00" in line:
            fields, fault = _fields(line, comma)
        else:
            fields, fault = line.split(comma), None
        if len(fields) > width and any(field.strip() for field in fields[width:]):
            fault = fault or f"the line has {len(fields)} fields, the first line names {width} columns"
        have = len(fields)
        values = [fields[place].strip() if place < have else "" for place in places]
        assert len(values) == wanted
        yield number, values, fault


def _places(names: list[str], columns: Columns, file_name: str, line: int) -> list[int]:
    missing = [name for name in columns.needed if name not in names]
    if missing:
        found = ", ".join(name[:30] for name in names if name)[:300] or "none"
        raise InvalidInput(
            f"{file_name}, line {line}: column {', '.join(missing)} is missing; expected {', '.join(columns.needed)}; found {found}"
        )
    wanted = columns.needed + columns.optional
    twice = [name for name in wanted if names.count(name) > 1]
    if twice:
        raise InvalidInput(f"{file_name}, line {line}: column {', '.join(twice)} is there twice: which one is meant?")
    nowhere = 1 << 30
    return [names.index(name) if name in names else nowhere for name in wanted]


def _filled(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Lines with anything in them beside separators and quotes."""
    return ((number, line) for number, line in lines if line.strip(',; "\t\x1a\ufeff'))


def _lines(stream: IO[bytes], file_name: str) -> Iterator[tuple[int, str]]:
    number, first = 0, stream.readline(LONGEST_LINE + 1)
    _check_start(first, file_name)
    rest = _narrowed(first, stream, file_name) if first.startswith(_WIDE) else _read(first.removeprefix(codecs.BOM_UTF8), stream)
    for raw in rest:
        if len(raw) > LONGEST_LINE:
            raise InvalidInput(f"{file_name}, line {number + 1} is longer than {LONGEST_LINE} bytes: this is no CSV")
        for part in raw.rstrip(b"\r\n").split(b"\r"):
            number += 1
            yield number, _decoded(part)


def _read(first: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    while first:
        yield first
        first = stream.readline(LONGEST_LINE + 1)


def _narrowed(first: bytes, stream: IO[bytes], file_name: str) -> Iterator[bytes]:
    """The lines of a file in UTF-16, in UTF-8. Half of a character at the end is a file that was cut off."""
    decode, left, chunk = codecs.getincrementaldecoder("utf-16")(), "", first
    try:
        while chunk:
            *whole, left = (left + decode.decode(chunk)).split("\n")
            if len(left) > LONGEST_LINE:
                whole, left = [*whole, left], ""
            yield from (line.encode() for line in whole)
            chunk = stream.read(LONGEST_LINE)
        yield (left + decode.decode(b"", final=True)).encode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{file_name} begins like UTF-16 and is not: save it as CSV (comma separated, UTF-8)") from None


def _check_start(start: bytes, file_name: str) -> None:
    for mark, what in _NO_TEXT:
        if start.startswith(mark):
            raise InvalidInput(f"{file_name} is {what}, not CSV: save it as CSV (comma separated, UTF-8)")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _fields(line: str, comma: str) -> tuple[list[str], str | None]:
    if "\x00" in line:
        return _loosely(line.replace("\x00", ""), comma), "the line holds a NUL byte"
    try:
        return next(csv.reader([line], strict=True, delimiter=comma)), None
    except csv.Error:
        return _loosely(line, comma), "a quotation mark is never closed, or stands in the middle of a field"


def _loosely(line: str, comma: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=comma), [])
    except csv.Error:
        return line.split(comma)
