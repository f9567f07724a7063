"""The diary that stands on the day a unit begins (`KIND,CHILDREN,START,END,IRO,ROOM,NOTE_TAKER,POLICE`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import IO, NamedTuple

from services.intake.readers.days import NotADay, read_iso_day, read_uk_day
from services.intake.readers.faults import LONGEST_REFERENCE, Faults
from services.intake.readers.lines import Columns, read_rows
from services.kernel.window import LONDON
from services.kernel.words import MeetingKind

DIARY = Columns(needed=("KIND", "CHILDREN", "START", "END", "IRO"), optional=("ROOM", "NOTE_TAKER", "POLICE"))
_FORMS = "dd/mm/yyyy hh:mm or yyyy-mm-ddThh:mm, by the clock in England"
_MOST_CHILDREN = 50


class DiaryRow(NamedTuple):
    """`children`: references of children, or of one foster household. A code that is blank states nothing."""

    line: int | None
    kind: str | None
    children: list[str]
    starts_at: datetime | None
    ends_at: datetime | None
    iro: str | None
    room: str | None
    note_taker: str | None
    police: str | None
    faults: list[str] | None


class NotATime(ValueError):
    """The text is no time in either form; `str(fault)` says what would be right, `rule` under which rule it is listed."""

    def __init__(self, message: str, rule: str = "DIARY_TIME") -> None:
        super().__init__(message)
        self.rule = rule


def read_diary(stream: IO[bytes], file_name: str) -> Iterator[DiaryRow]:
    """One row a meeting."""
    for line, (kind, children, start, end, *codes), fault in read_rows(stream, file_name, DIARY):
        faults = Faults()
        if fault:
            faults.add("DIARY_ROW", fault)
        named = _read_kind(kind, faults)
        references = _read_children(children, faults)
        starts_at, ends_at = (_read_time(text, name, faults) for text, name in ((start, "START"), (end, "END")))
        for name, code in zip(("IRO", "ROOM", "NOTE_TAKER", "POLICE"), codes, strict=True):
            if len(code) > LONGEST_REFERENCE or (code and not code.isprintable()):
                faults.add("DIARY_ROW", f"{name} has at most {LONGEST_REFERENCE} printable characters")
        iro, room, note_taker, police = (code or None for code in codes)
        yield DiaryRow(line, named, references, starts_at, ends_at, iro, room, note_taker, police, faults.found)


def _read_kind(text: str, faults: Faults) -> str | None:
    name = text.upper().replace(" ", "_").replace("-", "_")
    if name in MeetingKind.__members__:
        return name
    faults.add("DIARY_KIND", f"'{text[:30]}' is no kind of meeting; there are {', '.join(MeetingKind)}")
    return None


def _read_children(text: str, faults: Faults) -> list[str]:
    references = list(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))
    if not references:
        faults.add("DIARY_CHILDREN", "CHILDREN names nobody: references separated by semicolons")
    elif len(references) > _MOST_CHILDREN or any(len(each) > LONGEST_REFERENCE or not each.isprintable() for each in references):
        faults.add(
            "DIARY_CHILDREN", f"CHILDREN holds up to {_MOST_CHILDREN} references of at most {LONGEST_REFERENCE} printable characters"
        )
        return []
    return references


def _read_time(text: str, name: str, faults: Faults) -> datetime | None:
    try:
        return read_time(text)
    except NotATime as fault:
        faults.add(fault.rule, f"{name}: {fault}")
        return None


@lru_cache(maxsize=1 << 12)
def read_time(text: str) -> datetime:
    """The instant, in UTC, of `dd/mm/yyyy hh:mm` or ISO by the clock in England. Raises `NotATime` for everything else, and for
    an hour that the change of the clocks skips, or that it makes happen twice and that no offset tells apart."""
    day_text, at_text = _parts(text)
    at_text, offset = _without_offset(at_text)
    try:
        day = read_uk_day(day_text) if "/" in day_text else read_iso_day(day_text)
    except NotADay as fault:
        raise NotATime(str(fault)) from None
    if day is None:
        raise NotATime(f"a day is missing ({_FORMS})")
    at = _time_of_day(at_text, text)
    return _instant(day, at, None if offset is None else f"{day.isoformat()}T{at.isoformat()}{offset}")


def _parts(text: str) -> tuple[str, str]:
    stripped = text.strip()
    if not stripped:
        raise NotATime(f"the time is missing ({_FORMS})")
    parts = stripped.replace("T", " ", 1).split()
    if len(parts) != 2:
        raise NotATime(f"'{stripped[:30]}' is no day and time ({_FORMS})")
    return parts[0], parts[1]


def _without_offset(text: str) -> tuple[str, str | None]:
    if text.endswith("Z"):
        return text[:-1], "+00:00"
    for sign in "+-":
        at, found, offset = text.partition(sign)
        if found:
            return at, sign + offset
    return text, None


def _time_of_day(text: str, whole: str) -> time:
    fields = text.split(":")
    if len(fields) not in (2, 3) or any(len(each) != 2 or not (each.isascii() and each.isdigit()) for each in fields):
        raise NotATime(f"'{whole[:30]}' has no time of day ({_FORMS})")
    hour, minute, second = (int(each) for each in (*fields, "00")[:3])
    try:
        at = time(hour, minute, second)
    except ValueError:
        raise NotATime(f"'{whole[:30]}': there is no such time of day ({_FORMS})") from None
    if at.second:
        raise NotATime(f"'{whole[:30]}': a meeting begins and ends on a whole minute")
    return at


def _instant(day: date, at: time, stated: str | None) -> datetime:
    earlier, later = (datetime.combine(day, at, tzinfo=LONDON).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    shown = f"{at.isoformat('minutes')} on {day.isoformat()}"
    if earlier.astimezone(LONDON).time() != at:
        raise NotATime(f"{shown} does not exist: the clocks go forward then", "CLOCK_CHANGE")
    if stated is not None:
        return _as_offset_says(stated, earlier, later, shown)
    if earlier != later:
        raise NotATime(f"{shown} happens twice: the clocks go back then; write which one, with +01:00 or +00:00", "CLOCK_CHANGE")
    return earlier


def _as_offset_says(stated: str, earlier: datetime, later: datetime, shown: str) -> datetime:
    try:
        instant = datetime.fromisoformat(stated).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotATime(f"the offset after {shown} is none ({_FORMS})") from None
    if instant not in (earlier, later):
        raise NotATime(f"{shown} does not have that offset in England: write the time by the clock in England, without one")
    return instant
