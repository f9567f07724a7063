"""Proposals made real, or given up: what applying and cancelling a run have in common, whatever the run is of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Protocol
from uuid import UUID

import strawberry

from graph import errors
from graph.names import global_id


@strawberry.type(description="One placement or move: done, or refused and why.")
class ItemResult:
    id: strawberry.ID
    applied: bool
    message: str | None


@strawberry.input
class RunActionInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str | None = strawberry.UNSET


@strawberry.type
class Applied:
    results: list[ItemResult]


@strawberry.type(description="Large: the worker applies it; follow the run.")
class ApplyQueued:
    id: strawberry.ID


ApplyResult = Annotated[
    Applied | ApplyQueued | errors.Superseded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("ApplyResult"),
]


class KeptResult(Protocol):
    """What a run keeps of one of its items."""

    @property
    def id(self) -> UUID: ...

    @property
    def applied(self) -> bool: ...

    @property
    def message(self) -> str | None: ...


def results_of(kind: str, kept: Iterable[KeptResult]) -> list[ItemResult]:
    """Results of items of this kind (`Placement`, `RebalancingMove`)."""
    return [ItemResult(id=global_id(kind, each.id), applied=each.applied, message=each.message) for each in kept]
