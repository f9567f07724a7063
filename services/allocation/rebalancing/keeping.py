"""Tables of caseloads in the form in which a proposal keeps them: decimals as text, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from services.caseload.capacity import Caseload

_TABLE = TypeAdapter(tuple[Caseload, ...])


def kept_table(table: Sequence[Caseload]) -> list[dict[str, Any]]:
    """The table as JSON that `table_of_kept` reads back to the same table."""
    kept: list[dict[str, Any]] = _TABLE.dump_python(tuple(table), mode="json")
    return kept


def table_of_kept(kept: Sequence[dict[str, Any]]) -> tuple[Caseload, ...]:
    """The table that was kept."""
    return _TABLE.validate_python(kept)
