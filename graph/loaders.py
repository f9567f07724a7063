"""Batches of reads: one statement for all the keys that one turn of the event loop asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from services.kernel.actor import Actor
from services.platform.database import Connection, Database

P = ParamSpec("P")
Value = TypeVar("Value")
Read = Callable[Concatenate[Connection, Actor, Collection[UUID], date, P], Awaitable[Mapping[UUID, Value]]]


class Loaders:
    """What one operation, or one event of a subscription, has loaded: never kept for longer, never for another viewer."""

    def __init__(self, database: Database, actor: Actor, today: date) -> None:
        self._database = database
        self._actor = actor
        self._today = today
        self._open: dict[Any, DataLoader[UUID, Any]] = {}

    async def load(self, read: Read[P, Value], key: UUID, *args: P.args, **named: P.kwargs) -> Value | None:
        """The value of one key; None where there is none, or none in sight."""
        found: Value | None = await self._loader(read, args, named).load(key)
        return found

    async def load_many(self, read: Read[P, Value], keys: Collection[UUID], *args: P.args, **named: P.kwargs) -> dict[UUID, Value]:
        """The values of many keys, in their order, without those that are not there."""
        found = await self._loader(read, args, named).load_many(list(keys))
        return {key: value for key, value in zip(keys, found, strict=True) if value is not None}

    def remember(self, read: Read[[], Value], key: UUID, value: Value) -> None:
        """Spares a statement for what is known already."""
        self._loader(read, (), {}).prime(key, value)

    def _loader(self, read: Any, args: tuple[Any, ...], named: dict[str, Any]) -> DataLoader[UUID, Any]:
        name = (read, args, tuple(sorted(named.items())))
        if name not in self._open:
            self._open[name] = DataLoader(load_fn=self._batch(read, args, named))
        return self._open[name]

    def _batch(self, read: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Callable[[list[UUID]], Awaitable[list[Any]]]:
        async def batch(keys: list[UUID]) -> list[Any]:
            async with self._database.connection() as connection:
                found = await read(connection, self._actor, keys, self._today, *args, **named)
            return [found.get(key) for key in keys]

        return batch
