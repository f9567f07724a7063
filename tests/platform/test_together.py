"""What many ask for at once is read once, and never earlier than it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from services.platform.together import Together


class Source:
    """A value that changes with each read; `open` lets the reads that have begun end."""

    def __init__(self) -> None:
        self.reads: list[list[str]] = []
        self.began = asyncio.Event()
        self.open = asyncio.Event()
        self.fault: BaseException | None = None

    async def read(self, keys: Sequence[str]) -> dict[str, int]:
        number = len(self.reads)
        self.reads.append(list(keys))
        self.began.set()
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        return {key: number for key in keys if key != "nothing"}


async def test_what_is_asked_at_one_moment_is_read_once() -> None:
    source = Source()
    together = Together(source.read)
    source.open.set()
    assert await asyncio.gather(*(together.ask(key) for key in ("a", "b", "a", "nothing"))) == [0, 0, 0, None]
    assert source.reads == [["a", "b", "nothing"]]
    assert await together.ask("a") == 1


async def test_nobody_is_answered_from_a_read_that_began_before() -> None:
    source = Source()
    together = Together(source.read)
    first = asyncio.create_task(together.ask("a"))
    await source.began.wait()
    later = [asyncio.create_task(together.ask(key)) for key in ("a", "b")]
    await asyncio.sleep(0)
    source.open.set()
    assert (await first, *await asyncio.gather(*later)) == (0, 1, 1)
    assert source.reads == [["a"], ["a", "b"]]


async def test_a_fault_is_everybodys_who_asked_and_nobody_elses() -> None:
    source = Source()
    together = Together(source.read)
    source.open.set()
    source.fault = ValueError("x")
    answers = await asyncio.gather(together.ask("a"), together.ask("b"), return_exceptions=True)
    assert [type(each) for each in answers] == [ValueError, ValueError]
    source.fault = None
    assert await together.ask("a") == 1


async def test_whoever_goes_leaves_the_others_their_answer() -> None:
    source = Source()
    together = Together(source.read)
    gone, stays = asyncio.create_task(together.ask("a")), asyncio.create_task(together.ask("a"))
    await source.began.wait()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    source.open.set()
    assert await stays == 0


async def test_a_read_that_is_cancelled_leaves_nobody_waiting() -> None:
    source = Source()
    together = Together(source.read)
    source.fault = asyncio.CancelledError()
    source.open.set()
    with pytest.raises(asyncio.CancelledError):
        await together.ask("a")
    source.fault = None
    assert await together.ask("a") == 1
