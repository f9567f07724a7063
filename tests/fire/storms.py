"""Moves, other chairs, splits into sittings, other people, cancellations and their undoing, absences and offered time of the same few
meetings, all at once, through several processes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from graph.names import global_id
from services.kernel.words import Role
from tests.booking.world import at
from tests.fire.api import ABSENT, ATTEND, BOOK, CANCEL, MOVE, OFFER, REINSTATE, SPLIT, WITHDRAW, Answer, Callers, calling
from tests.fire.crowd import meeting_of
from tests.fire.oracle import Fault, find_faults
from tests.fire.unit import LENGTHS, STARTS, TEAMS, Ground, attempts, child_of

_AT_ONCE = 32
_LOST = "lost update"
_DEEDS = {"MOVE": MOVE, "CHAIR": MOVE, "SPLIT": SPLIT, "ATTEND": ATTEND, "CANCEL": CANCEL, "REINSTATE": REINSTATE}
_LIKELY = ("MOVE",) * 3 + ("CHAIR", "SPLIT", "SPLIT", "ATTEND", "CANCEL", "REINSTATE")
_ABSENT_EVERY, _OFFER_EVERY, _WITHDRAW_EVERY = 40, 10, 23
_CHANGED = ("MeetingBooked", "MeetingChanged")
_RELEASED = ("AbsenceRecorded", "OfferWithdrawn")
EVENING = ("17:00", "21:00")
"""Time that nobody works but who offers it."""
EVERY_DEED = frozenset({*_DEEDS, "ABSENT", "OFFER", "WITHDRAW"})


@dataclass(slots=True, kw_only=True)
class Storm:
    """What has been told so far: how often each meeting was changed, the version last heard of, the answers by kind, and how often
    each deed was done."""

    ground: Ground
    chance: random.Random
    kinds: dict[UUID, str]
    officers: dict[UUID, str]
    heard: dict[UUID, int]
    gone: set[UUID] = field(default_factory=set)
    changes: Counter[UUID] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    late: list[tuple[str, date]] = field(default_factory=list)

    def starts_at(self) -> datetime:
        return at(self.chance.choice(self.ground.days), self.chance.choice(STARTS))

    async def deed(self, callers: Callers, number: int) -> None:
        """One change by somebody who knows the version that was heard of last."""
        for every, deed in self._of_time().items():
            if number % every == 0:
                await deed(callers, number)
                return
        meeting = self.chance.choice(list(self.heard))
        what = "REINSTATE" if meeting in self.gone and self.chance.random() < 0.8 else self.chance.choice(_LIKELY)
        if what == "MOVE" and self.kinds[meeting] == "CARE_REVIEW" and self.chance.random() < 0.5:
            await self._late(callers, number, meeting)
            return
        named = {"requestKey": f"storm-{number}", "id": global_id("Meeting", meeting), "version": self.heard[meeting]}
        stated = {**named, **({} if what == "ATTEND" else {"reason": "a storm"}), **self._stated(what, meeting)}
        if not self._note(meeting, await callers.ask(_DEEDS[what], stated)):
            return
        self.done[what] += 1
        if what == "CANCEL":
            self.gone.add(meeting)
        elif what == "REINSTATE":
            self.gone.discard(meeting)

    def _of_time(self) -> Mapping[int, Callable[[Callers, int], Awaitable[None]]]:
        """What befalls somebody's time, by how often."""
        return {_ABSENT_EVERY: self._absent, _OFFER_EVERY: self._offer, _WITHDRAW_EVERY: self._withdraw}

    def _stated(self, what: str, meeting: UUID) -> Mapping[str, Any]:
        if what == "MOVE":
            return self._moved(meeting)
        if what == "CHAIR":
            return {"chairCode": self.chance.choice(sorted(set(self.ground.officer_of.values())))}
        if what == "SPLIT":
            return {"sittings": self._sittings(meeting)}
        if what == "ATTEND":
            people = self.chance.sample(_PEOPLE, self.chance.randint(0, len(_PEOPLE)))
            return {"attendees": [{"role": role, "agency": agency} for role, agency in people]}
        return {}

    async def _late(self, callers: Callers, number: int, meeting: UUID) -> None:
        """A review in the evening, which its officer offers for it."""
        code, day = self.officers[meeting], self.chance.choice(self.ground.days)
        await self._offer(callers, number, ("IRO", code), day)
        named = {
            "requestKey": f"storm-late-{number}",
            "id": global_id("Meeting", meeting),
            "version": self.heard[meeting],
            "reason": "late",
        }
        when = {"startsAt": at(day, "18:30").isoformat(), "endsAt": at(day, "19:30").isoformat()}
        if self._note(meeting, await callers.ask(MOVE, {**named, **when})):
            self.done["MOVE"] += 1
            self.late.append((code, day))

    def _moved(self, meeting: UUID) -> Mapping[str, Any]:
        kind, starts_at = self.kinds[meeting], self.starts_at()
        team = {"policeTeamCode": self.chance.choice(list(TEAMS))} if kind == "INITIAL_CONFERENCE" else {}
        return {"startsAt": starts_at.isoformat(), "endsAt": (starts_at + LENGTHS[kind]).isoformat(), **team}

    def _sittings(self, meeting: UUID) -> list[Mapping[str, str]]:
        """One to three, each on a day of its own."""
        number = self.chance.randint(1, min(3, len(self.ground.days)))
        starts = [at(day, self.chance.choice(STARTS)) for day in sorted(self.chance.sample(self.ground.days, number))]
        length = LENGTHS[self.kinds[meeting]] / 2
        return [{"startsAt": each.isoformat(), "endsAt": (each + length).isoformat()} for each in starts]

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
        self._note_released("ABSENT", await callers.ask(ABSENT, stated, role=Role.MANAGER))

    async def _offer(self, callers: Callers, number: int, whose: tuple[str, str] | None = None, day: date | None = None) -> None:
        """Somebody works an evening as well."""
        evening = _evening(whose or self.chance.choice(_OFFERING), day or self.chance.choice(self.ground.days))
        answer = await callers.ask(OFFER, {"requestKey": f"storm-{number}", **evening}, role=Role.MANAGER)
        self.answers[answer["__typename"]] += 1
        self.done["OFFER"] += answer["__typename"] == "TimeOffered"

    async def _withdraw(self, callers: Callers, number: int) -> None:
        """Somebody does not work an evening after all, and whatever stands then goes on without."""
        code, day = self.late.pop() if self.late else (None, self.chance.choice(self.ground.days))
        evening = _evening(self.chance.choice(_OFFERING) if code is None else ("IRO", code), day)
        stated = {"requestKey": f"storm-{number}", "onMeetings": "RELEASE", **evening}
        self._note_released("WITHDRAW", await callers.ask(WITHDRAW, stated, role=Role.MANAGER))

    def _note_released(self, what: str, answer: Answer) -> None:
        """Each meeting that lost somebody by it was changed."""
        self.answers[answer["__typename"]] += 1
        self.done[what] += answer["__typename"] in _RELEASED
        for each in answer.get("released", ()):
            meeting = meeting_of({"meeting": each})
            self.changes[meeting] += 1
            self.heard[meeting] = max(self.heard[meeting], each["version"])
            self.done[f"{what} over a meeting"] += 1


def _evening(whose: tuple[str, str], day: date) -> Mapping[str, str]:
    since, until = (at(day, clock).isoformat() for clock in EVENING)
    return {"kind": whose[0], "code": whose[1], "from": since, "to": until}


_OFFERING = (*(("IRO", f"IRO-{number:02}") for number in range(1, 5)), ("POLICE", "POL-03"))
_PEOPLE = (("SOCIAL_WORKER", "SOCIAL_CARE"), ("SCHOOL", "EDUCATION"), ("GENERAL_PRACTITIONER", "HEALTH"))
_ABSENTEES = (("ROOM", "ROOM-A"), ("NOTE_TAKER", "NT-01"), ("IRO", "IRO-01"), ("IRO", "IRO-02"), ("POLICE", "POL-02"))


async def storm(addresses: Sequence[str], ground: Ground, meetings: int, deeds: int, seed: int, until: Set[str] = frozenset()) -> Storm:
    """So many meetings are booked, and so many changes of them asked for at once.

    Which answers come, and what is done, is chance: the storm goes on until each that is waited for has come, for twenty times as many
    changes at most.
    """
    async with calling(addresses) as callers:
        raging = await gather(callers, ground, meetings, seed)
        numbers = _numbers(raging, deeds, until)
        await asyncio.gather(*(_rage(raging, callers, numbers) for _ in range(_AT_ONCE)))
    return raging


async def gather(callers: Callers, ground: Ground, meetings: int, seed: int) -> Storm:
    """So many meetings are booked, and nothing has happened to them yet."""
    booked: dict[UUID, str] = {}
    officers: dict[UUID, str] = {}
    for stated in attempts(ground, seed):
        answer = await callers.ask(BOOK, {**stated, "requestKey": f"before-{stated['requestKey']}"})
        if answer["__typename"] == "MeetingBooked":
            booked[meeting_of(answer)] = stated["kind"]
            officers[meeting_of(answer)] = ground.officer_of[child_of(stated)]
        if len(booked) == meetings:
            break
    return Storm(ground=ground, chance=random.Random(seed), kinds=booked, officers=officers, heard=dict.fromkeys(booked, 1))


def _numbers(raging: Storm, deeds: int, until: Set[str]) -> Iterator[int]:
    for number in range(20 * deeds):
        if number >= deeds and until <= {*raging.answers, *raging.done}:
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
        lost = [
            Fault(_LOST, f"{each}: version {versions[each]} after {raged.changes[each]} changes that were told")
            for each in raged.heard
            if versions[each] != 1 + raged.changes[each]
        ]
        return [*await find_faults(owner), *lost]
    finally:
        await owner.close()
