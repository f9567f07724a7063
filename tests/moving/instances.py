"""Invented units that are out of balance, for tests and benches: the same seed gives the same unit."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.allocation.moving.problem import Bundle, Problem
from services.allocation.problem import Bar, Child, Officer
from services.kernel.words import BlockerCode

_SKILLS = ("neglect", "sexual abuse", "emotional abuse", "physical abuse")
_AREAS = ("north", "south", "east")
_SCALE = 20


def invent(
    children: int, officers: int, max_moves: int, *, absent: int = 0, seed: int = 1, tight: float | None = None, barred: float = 0.03
) -> Problem:
    """A unit whose caseloads grew apart: sibling groups, some of them parted, exclusions, booked meetings, protected children,
    parents in care. `absent`: so many officers are away, and all theirs must move. `tight`: all limits of the others together
    are this multiple of all points, and many officers are barred."""
    chance = random.Random(seed)
    team = [_officer(chance, number) for number in range(officers)]
    if tight is not None:
        barred = max(barred, 0.3)
    pull = [chance.uniform(0.7, 1.3) * officer.limit for officer in team]
    bundles: list[Bundle] = []
    number = 0
    while number < children:
        size = min(children - number, chance.choices((1, 2, 3, 4, 5), (60, 22, 11, 5, 2))[0])
        in_care = chance.random() < 0.64
        members = tuple(_child(chance, number + place, place, in_care, team, barred) for place in range(size))
        number += size
        bundles.extend(_bundles(chance, members, team, pull, len(bundles)))
    away = {officer.id for officer in team[:absent]}
    team = _limits(team, bundles, absent, tight)
    bundles = [replace(bundle, must_move=True) if bundle.officer in away else bundle for bundle in bundles]
    return Problem(
        day=date(2026, 9, 1), officers=tuple(team), bundles=tuple(bundles), max_moves=max_moves, parents=_parents(bundles), scale=_SCALE
    )


def _limits(team: list[Officer], bundles: list[Bundle], absent: int, tight: float | None) -> list[Officer]:
    """Room for everybody: the limits of those who are there are `tight` (or about 1.12) times all points."""
    points = sum(bundle.points for bundle in bundles)
    share = points * (tight or 1.12) / sum(officer.limit for officer in team[absent:])
    return [replace(officer, limit=0 if number < absent else int(officer.limit * share) + 1) for number, officer in enumerate(team)]


def _parents(bundles: list[Bundle]) -> tuple[tuple[UUID, UUID], ...]:
    pairs = ((bundles[place], bundles[place + 1]) for place in range(0, len(bundles) - 1, 40))
    return tuple((one.ids[0], other.ids[0]) for one, other in pairs if one.officer != other.officer)


def _bundles(chance: random.Random, members: tuple[Child, ...], team: list[Officer], pull: list[float], number: int) -> list[Bundle]:
    parts = [members]
    if len(members) > 1 and chance.random() < 0.08:
        parts = [members[:1], members[1:]]
    found: list[Bundle] = []
    for part in parts:
        able = [index for index, officer in enumerate(team) if all(bar.officer != officer.id for child in part for bar in child.barred)]
        holder = team[chance.choices(able, [pull[index] for index in able])[0]]
        if found and found[0].officer == holder.id:
            return [replace(found[0], members=members, family=None)]
        found.append(
            Bundle(
                members=part,
                officer=holder.id,
                family=f"F{number:05}" if len(parts) > 1 else None,
                protected="a review is due within ten working days" if chance.random() < 0.1 else None,
                meetings=chance.choices((0, 1, 2), (55, 35, 10))[0],
            )
        )
    return found


def _officer(chance: random.Random, number: int) -> Officer:
    skills = frozenset({chance.choice(_SKILLS)}) if chance.random() < 0.5 else frozenset[str]()
    areas = frozenset({chance.choice(_AREAS)}) if chance.random() < 0.5 else frozenset[str]()
    wte = chance.choice((10, 10, 10, 8, 6))
    return Officer(id=_id(chance), code=f"IRO-{number + 1:02}", limit=wte * 9 * _SCALE, specialities=skills, areas=areas)


def _child(chance: random.Random, number: int, place: int, in_care: bool, team: list[Officer], barred: float) -> Child:
    points = (20 if place == 0 else chance.choice((12, 18))) if in_care else (20 if place == 0 else 10)
    points += 5 if in_care and chance.random() < 0.35 else 0
    points += 10 if in_care and chance.random() < 0.08 else 0
    bars: tuple[Bar, ...] = ()
    if chance.random() < barred:
        officer = chance.choice(team)
        bars = (Bar(officer=officer.id, code=BlockerCode.INDEPENDENCE, reason=f"{officer.code} had charge of the case"),)
    return Child(
        id=_id(chance),
        reference=f"CH{number + 1:05}",
        points=points,
        barred=bars,
        last_iro=chance.choice(team).id if chance.random() < 0.02 else None,
        needs=frozenset[str]() if in_care else frozenset({chance.choice(_SKILLS)}),
        conference_chair=chance.choice(team).id if not in_care and chance.random() < 0.1 else None,
        area=chance.choice(_AREAS) if chance.random() < 0.3 else None,
        wished=chance.choice(team).id if chance.random() < 0.03 else None,
    )


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))
