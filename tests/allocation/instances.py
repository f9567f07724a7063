"""Invented units for tests and benches: the same seed gives the same unit."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.allocation.problem import Bar, Child, Group, Officer, Problem
from services.kernel.words import BlockerCode

_SPECIALITIES = ("neglect", "sexual abuse", "emotional abuse", "physical abuse")
_AREAS = ("north", "south", "east", "west", "town", "beyond")
_SCALE = 20


def invent(
    children: int, officers: int, *, seed: int = 1, barred: float = 0.02, tight: float | None = None, district: float = 0.0
) -> Problem:
    """A unit with sibling groups, exclusions, returning children, conference chairs, areas, wishes and parents in care.

    `tight`: all limits together are this multiple of the points to be allocated. `district`: so great a share of the families
    comes from one district, in whose teams a third of the officers had charge of cases; they may have none of them.
    """
    chance = random.Random(seed)
    team = [_officer(chance, number) for number in range(officers)]
    groups: list[Group] = []
    number = 0
    while number < children:
        size = min(children - number, chance.choices((1, 2, 3, 4, 5), (60, 22, 11, 5, 2))[0])
        in_care = chance.random() < 0.64
        area = chance.choice(_AREAS) if in_care and chance.random() < 0.8 else None
        once = team[: officers // 3] if chance.random() < district else []
        family = tuple(_child(chance, number + place, place, in_care, team, barred) for place in range(size))
        groups.append(Group(children=tuple(_placed(each, area, once) for each in family)))
        number += size
    parents = tuple((groups[place].children[0].id, groups[place + 1].children[0].id) for place in range(0, len(groups) - 1, 40))
    if tight is not None:
        share = sum(group.points for group in groups) * tight / sum(officer.limit for officer in team)
        team = [replace(officer, limit=int(officer.limit * share) + 1) for officer in team]
    return Problem(day=date(2026, 9, 1), officers=tuple(team), groups=tuple(groups), parents=parents, scale=_SCALE)


def renamed(problem: Problem, seed: int) -> Problem:
    """The same unit under other identities: references and codes are what they were."""
    chance = random.Random(seed)
    ids = [*(officer.id for officer in problem.officers), *(child.id for child in problem.children)]
    new = {each: _id(chance) for each in ids}

    def other(one: UUID | None) -> UUID | None:
        return None if one is None else new[one]

    def rename(child: Child) -> Child:
        return replace(
            child,
            id=new[child.id],
            barred=tuple(replace(bar, officer=new[bar.officer]) for bar in child.barred),
            last_iro=other(child.last_iro),
            conference_chair=other(child.conference_chair),
            wished=other(child.wished),
            unwanted=other(child.unwanted),
        )

    groups = tuple(
        Group(children=tuple(rename(each) for each in group.children), siblings_with=frozenset(new[one] for one in group.siblings_with))
        for group in problem.groups
    )
    return replace(
        problem,
        officers=tuple(replace(each, id=new[each.id]) for each in problem.officers),
        groups=groups,
        parents=tuple((new[parent], new[child]) for parent, child in problem.parents),
    )


def _placed(child: Child, area: str | None, once: list[Officer]) -> Child:
    bars = tuple(
        Bar(officer=one.id, code=BlockerCode.INDEPENDENCE, reason=f"{one.code} had charge of cases of this district") for one in once
    )
    return replace(child, area=area, barred=(*child.barred, *bars))


def _officer(chance: random.Random, number: int) -> Officer:
    skills = frozenset({chance.choice(_SPECIALITIES)}) if chance.random() < 0.5 else frozenset[str]()
    wte = chance.choice((10, 10, 10, 8, 6))
    areas = frozenset(chance.sample(_AREAS, 2)) if chance.random() < 0.7 else frozenset[str]()
    return Officer(id=_id(chance), code=f"IRO-{number + 1:02}", limit=wte * 9 * _SCALE, specialities=skills, areas=areas)


def _child(chance: random.Random, number: int, place: int, in_care: bool, team: list[Officer], barred: float) -> Child:
    points = (20 if place == 0 else chance.choice((12, 18))) if in_care else (20 if place == 0 else 10)
    points += 5 if in_care and chance.random() < 0.35 else 0
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
        needs=frozenset[str]() if in_care else frozenset({chance.choice(_SPECIALITIES)}),
        conference_chair=chance.choice(team).id if chance.random() < 0.05 else None,
        wished=chance.choice(team).id if chance.random() < 0.02 else None,
        unwanted=chance.choice(team).id if chance.random() < 0.02 else None,
    )


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))
