"""Sibling groups and looked-after parents (`CHILD,SIBLING_GROUP,PARENT`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

from services.intake.readers.faults import LONGEST_REFERENCE, Faults, clean_reference
from services.intake.readers.lines import Columns, read_rows

FAMILY = Columns(needed=("CHILD", "SIBLING_GROUP"), optional=("PARENT",))


class FamilyRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    sibling_group: str | None
    parent: str | None
    faults: list[str] | None


def read_family(stream: IO[bytes], file_name: str) -> Iterator[FamilyRow]:
    """One row a child and parent; a blank group or parent states nothing."""
    for line, (child, group, parent), fault in read_rows(stream, file_name, FAMILY):
        faults = Faults()
        if fault:
            faults.add("ROW", fault)
        reference = clean_reference(child, faults)
        for name, value in (("SIBLING_GROUP", group), ("PARENT", parent)):
            if len(value) > LONGEST_REFERENCE or (value and not value.isprintable()):
                faults.add("ROW", f"{name} has at most {LONGEST_REFERENCE} printable characters")
        yield FamilyRow(line, None, reference, group or None, parent or None, faults.found)
