"""The same request many times at once, through several processes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from tests.fire.api import BOOK, Answer, calling
from tests.fire.crowd import meeting_of
from tests.fire.oracle import Fault, find_faults, find_unkept
from tests.fire.unit import Ground

_DIFFERENT = "answers"


async def repeat(addresses: Sequence[str], wanted: Sequence[Mapping[str, Any]], times: int, seed: int) -> list[tuple[str, Answer]]:
    """Each request so many times, all of them mixed and at once; answers by key."""
    mixed = [each for each in wanted for _ in range(times)]
    random.Random(seed).shuffle(mixed)
    async with calling(addresses) as callers:
        told = await callers.ask_all(BOOK, mixed)
    return [(stated["requestKey"], answer) for stated, answer in zip(mixed, told, strict=True)]


async def judge(url: str, ground: Ground, wanted: Sequence[Mapping[str, Any]], told: Sequence[tuple[str, Answer]]) -> list[Fault]:
    """Whatever is wrong: answers of one key that differ, or that are none of a meeting; and meetings that are not one a key."""
    first = dict(reversed(told))
    found = [Fault(_DIFFERENT, key) for key, answer in told if answer != first[key] or answer["__typename"] != "MeetingBooked"]
    asked = {stated["requestKey"]: stated for stated in wanted}
    booked = {meeting_of(answer): asked[key] for key, answer in first.items() if answer["__typename"] == "MeetingBooked"}
    owner = await asyncpg.connect(url)
    try:
        found += await find_faults(owner)
        found += await find_unkept(owner, booked, ground.officer_of.keys())
    finally:
        await owner.close()
    return found
