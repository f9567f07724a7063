"""Tables of caseloads and results of moves in the form in which a rebalancing keeps them: decimals as text, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.allocation.rebalancing.commands import Result
from services.caseload.capacity import Caseload

_TABLE = TypeAdapter(tuple[Caseload, ...])


def kept_table(table: Sequence[Caseload]) -> list[dict[str, Any]]:
    """The table as JSON that `table_of_kept` reads back to the same table."""
    kept: list[dict[str, Any]] = _TABLE.dump_python(tuple(table), mode="json")
    return kept


def table_of_kept(kept: Sequence[dict[str, Any]]) -> tuple[Caseload, ...]:
    """The table that was kept."""
    return _TABLE.validate_python(kept)


def kept_results(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [{"move_id": str(each.id), "applied": each.applied, "message": each.message} for each in results]


def results_of_kept(kept: Sequence[Mapping[str, Any]]) -> tuple[Result, ...]:
    """The results that were kept."""
    return tuple(Result(id=UUID(each["move_id"]), applied=each["applied"], message=each["message"]) for each in kept)
