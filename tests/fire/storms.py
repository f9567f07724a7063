"""Moves, cancellations, their undoing and absences of the same few meetings, all at once, through several processes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from graph.names import global_id
from services.kernel.words import Role
from tests.booking.world import at
from tests.fire.api import ABSENT, BOOK, CANCEL, MOVE, REINSTATE, Answer, Callers, calling
from tests.fire.crowd import meeting_of
from tests.fire.oracle import Fault, find_faults
from tests.fire.unit import LENGTHS, STARTS, TEAMS, Ground, attempts

_AT_ONCE = 32
_LOST = "lost update"
_DEEDS = ("MOVE",) * 4 + ("CANCEL", "REINSTATE")
_ABSENT_EVERY = 40
_CHANGED = ("MeetingBooked", "MeetingChanged")


@dataclass(slots=True, kw_only=True)
class Storm:
    """What has been told so far: how often each meeting was changed, the version last heard of, and the answers by kind."""

    ground: Ground
    chance: random.Random
    kinds: dict[UUID, str]
    heard: dict[UUID, int]
    gone: set[UUID] = field(default_factory=set)
    changes: Counter[UUID] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    def starts_at(self) -> Any:
        return at(self.chance.choice(self.ground.days), self.chance.choice(STARTS))

    async def deed(self, callers: Callers, number: int) -> None:
        """One change by somebody who knows the version that was heard of last."""
        if number % _ABSENT_EVERY == 0:
            await self._absent(callers, number)
            return
        meeting = self.chance.choice(list(self.heard))
        what = "REINSTATE" if meeting in self.gone and self.chance.random() < 0.8 else self.chance.choice(_DEEDS)
        named = {"requestKey": f"storm-{number}", "id": global_id("Meeting", meeting), "version": self.heard[meeting], "reason": "a storm"}
        if what == "MOVE":
            self._note(meeting, await callers.ask(MOVE, {**named, **self._moved(meeting)}))
        elif what == "CANCEL":
            if self._note(meeting, await callers.ask(CANCEL, named)):
                self.gone.add(meeting)
        elif self._note(meeting, await callers.ask(REINSTATE, named)):
            self.gone.discard(meeting)

    def _moved(self, meeting: UUID) -> Mapping[str, Any]:
        starts_at, kind = self.starts_at(), self.kinds[meeting]
        team = {"policeTeamCode": self.chance.choice(list(TEAMS))} if kind == "INITIAL_CONFERENCE" else {}
        return {"startsAt": starts_at.isoformat(), "endsAt": (starts_at + LENGTHS[kind]).isoformat(), **team}

    def _note(self, meeting: UUID, answer: Answer) -> bool:
        """Whether the meeting was changed."""
        self.answers[answer["__typename"]] += 1
        if answer["__typename"] in _CHANGED:
            self.changes[meeting] += 1
            self.heard[meeting] = max(self.heard[meeting], answer["meeting"]["version"])
            return True
        if answer["__typename"] == "StaleVersion":
            self.heard[meeting] = max(self.heard[meeting], answer["version"])
        return False

    async def _absent(self, callers: Callers, number: int) -> None:
        """Somebody, or a room, or a team is not there for two hours, and whatever stands then goes on without."""
        starts_at = self.starts_at()
        kind, code = self.chance.choice(_ABSENTEES)
        stated = {"requestKey": f"storm-{number}", "kind": kind, "code": code, "reason": "SICKNESS", "onMeetings": "RELEASE"}
        stated |= {"from": starts_at.isoformat(), "to": (starts_at + timedelta(hours=2)).isoformat()}
        answer = await callers.ask(ABSENT, stated, role=Role.MANAGER)
        self.answers[answer["__typename"]] += 1
        for each in answer.get("released", ()):
            meeting = meeting_of({"meeting": each})
            self.changes[meeting] += 1
            self.heard[meeting] = max(self.heard[meeting], each["version"])


_ABSENTEES = (("ROOM", "ROOM-A"), ("NOTE_TAKER", "NT-01"), ("IRO", "IRO-01"), ("IRO", "IRO-02"), ("POLICE", "POL-02"))


async def storm(addresses: Sequence[str], ground: Ground, meetings: int, deeds: int, seed: int, until: Set[str] = frozenset()) -> Storm:
    """So many meetings are booked, and so many changes of them asked for at once.

    Which answers come is chance: the storm goes on until each that is waited for has come, for twenty times as many changes at most.
    """
    async with calling(addresses) as callers:
        raging = await gather(callers, ground, meetings, seed)
        numbers = _numbers(raging, deeds, until)
        await asyncio.gather(*(_rage(raging, callers, numbers) for _ in range(_AT_ONCE)))
    return raging


async def gather(callers: Callers, ground: Ground, meetings: int, seed: int) -> Storm:
    """So many meetings are booked, and nothing has happened to them yet."""
    booked: dict[UUID, str] = {}
    for stated in attempts(ground, seed):
        answer = await callers.ask(BOOK, {**stated, "requestKey": f"before-{stated['requestKey']}"})
        if answer["__typename"] == "MeetingBooked":
            booked[meeting_of(answer)] = stated["kind"]
        if len(booked) == meetings:
            break
    return Storm(ground=ground, chance=random.Random(seed), kinds=booked, heard=dict.fromkeys(booked, 1))


def _numbers(raging: Storm, deeds: int, until: Set[str]) -> Iterator[int]:
    for number in range(20 * deeds):
        if number >= deeds and until <= raging.answers.keys():
            return
        yield number


async def _rage(raging: Storm, callers: Callers, numbers: Iterator[int]) -> None:
    for number in numbers:
        await raging.deed(callers, number)


async def judge(url: str, raged: Storm) -> list[Fault]:
    """Whatever is wrong: all that can be after a crowd, and changes that were acknowledged and are not one version each."""
    owner = await asyncpg.connect(url)
    try:
        versions = {row["id"]: row["version"] for row in await owner.fetch("SELECT id, version FROM meeting")}
        lost = [Fault(_LOST, str(each)) for each in raged.heard if versions[each] != 1 + raged.changes[each]]
        return [*await find_faults(owner), *lost]
    finally:
        await owner.close()
