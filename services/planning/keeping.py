"""What a plan must keep of the meetings that stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.kernel.words import ResourceKind
from services.planning.answer import Answer
from services.planning.days import thawed_on
from services.planning.following import is_entangled, keeps_followers
from services.planning.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule that a plan breaks, and where."""

    rule: str
    message: str


def booked_stay(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """At most as many are moved as may be; none that people move, none that is too near or to a day that is, none to a day that
    wants a manager's reason or on which something that is planned hangs."""
    moved = [(placed, placed.wanted.booked) for placed in answer.placed if placed.wanted.booked is not None and placed.moved]
    if len(moved) > problem.may_move:
        yield Breach(rule="booked_stay", message=f"{len(moved)} meetings are moved, {problem.may_move} may be")
    for placed, booked in moved:
        if booked.fixed is not None:
            yield Breach(rule="booked_stay", message=f"{booked.reference} is moved by people alone")
        if booked.begun_on is not None and placed.day <= booked.begun_on:
            yield Breach(rule="booked_stay", message=f"{booked.reference} goes on before its sitting before is over")
        if min(booked.day, placed.day) < thawed_on(problem):
            yield Breach(rule="booked_stay", message=f"{booked.reference} is moved within {problem.frozen_days} working days")
        if placed.day > max(booked.latest_on or booked.day, booked.day):
            yield Breach(rule="booked_stay", message=f"{booked.reference} is moved after its last day")


def followers_stay_legal(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """What stands and follows a meeting that is moved stays where it may be; of the two one is moved."""
    moved = {placed.wanted.booked.meeting_id: placed for placed in answer.placed if placed.wanted.booked is not None and placed.moved}
    for placed in moved.values():
        booked = placed.wanted.booked
        assert booked is not None
        if not keeps_followers(problem, booked, placed.day):
            yield Breach(rule="followers_stay_legal", message=f"what follows {booked.reference} may not be where it is any more")
        if is_entangled(booked, moved):
            yield Breach(rule="followers_stay_legal", message=f"{booked.reference} is moved, and one that it follows or that follows it")


def changed_once(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """A meeting that stands is changed by one placement, as the meeting that it is."""
    known, seen = {each.key: each for each in problem.booked}, set()
    for placed in answer.placed:
        booked = placed.wanted.booked
        if booked is None:
            continue
        if known.get(booked.key) != booked or booked.key in seen:
            yield Breach(rule="changed_once", message=f"{booked.reference} is unknown, or changed twice")
        seen.add(booked.key)


def may_chair_it(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Nobody chairs a meeting that stands who may not."""
    for placed in answer.placed:
        booked = placed.wanted.booked
        if booked is not None and ResourceKind.IRO in placed.takes and placed.wanted.chair_id in booked.barred:
            yield Breach(rule="may_chair_it", message=f"{booked.reference} gets a chair who may not chair it")


def lacking_is_had_or_named(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """What a meeting that stands lacks is had again, or the plan says that it is not; what it has, it keeps or has again."""
    changed = {placed.wanted.key: placed for placed in answer.placed}
    named = {booked.key: missing for booked, missing in answer.unrepaired}
    for booked in problem.booked:
        placed = changed.get(booked.key)
        has = booked.has.keys() if placed is None else placed.cast.keys()
        should = booked.has.keys() | booked.lacks
        if should - has != named.get(booked.key, frozenset()):
            yield Breach(rule="lacking_is_had_or_named", message=f"{booked.reference} lacks something that the plan does not name")
