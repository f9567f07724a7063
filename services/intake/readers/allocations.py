"""Who has whom on the day a unit begins (`CHILD,IRO,FROM`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import IO, NamedTuple

from services.intake.readers.days import read_uk_day
from services.intake.readers.faults import Faults, clean_reference
from services.intake.readers.lines import Columns, read_rows

ALLOCATIONS = Columns(needed=("CHILD", "IRO", "FROM"))


class AllocationRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    iro: str
    from_day: date | None
    faults: list[str] | None


def read_allocations(stream: IO[bytes], file_name: str) -> Iterator[AllocationRow]:
    """One row an allocation."""
    for line, (child, iro, since), fault in read_rows(stream, file_name, ALLOCATIONS):
        faults = Faults()
        if fault:
            faults.add("ROW", fault)
        reference = clean_reference(child, faults)
        from_day = faults.day(since, "FROM", read_uk_day)
        if not since:
            faults.add("DATE", "FROM: the day is missing (dd/mm/yyyy)")
        if not iro or not iro.isprintable():
            faults.add("IRO_UNKNOWN", "the row names no officer")
        yield AllocationRow(line, None, reference, iro, from_day, faults.found)
