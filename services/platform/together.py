"""What many ask for at the same moment, read in one go. Nobody is answered from a read that began before the question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Together(Generic[K, V]):
    """One read at a time: whoever asks meanwhile is answered by the next, together with all who do."""

    def __init__(self, read: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._asked: dict[K, list[asyncio.Future[V | None]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V | None:
        """What a read that begins from now on finds for `key`; None where it finds nothing. Raises what that read raises."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(answer)
        if self._reading is None:
            self._reading = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                await self._answer(asked)
        finally:
            self._reading = None

    async def _answer(self, asked: Mapping[K, Sequence[asyncio.Future[V | None]]]) -> None:
        waiting = [(key, each) for key, answers in asked.items() for each in answers]
        try:
            found = await self._read(list(asked))
        except Exception as fault:  # noqa: BLE001  # theirs to handle, as if each had asked alone
            for _, each in waiting:
                if not each.done():
                    each.set_exception(fault)
        except BaseException:
            for _, each in waiting:
                each.cancel()
            raise
        else:
            for key, each in waiting:
                if not each.done():  # who asked may have gone
                    each.set_result(found.get(key))
