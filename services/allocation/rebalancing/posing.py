"""From what is known on a day to the moves that may be proposed: pure, so that a proposal can be posed again.

Every child in scope who has an IRO is in a bundle: brothers and sisters with one officer move together or stay together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from services.allocation.moving.problem import STEP, Bundle, Problem
from services.allocation.posing import Known, pose
from services.allocation.problem import Child, Group, Officer
from services.allocation.rules import WHOLE

Pair: TypeAlias = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a rebalancing looks at beside what every decision does.

    `absent`: officers whose children are all to go to others. `keeps`: why a child should stay where it is, in words, of
    those who should. `meetings`: booked meetings of each child that its present IRO chairs. `step`: the share of a limit in
    which the unit counts the fullest officer's utilisation.
    """

    max_moves: int
    absent: frozenset[UUID] = frozenset()
    keeps: Mapping[UUID, str] = field(default_factory=dict)
    meetings: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    target_utilisation: Decimal | None = None
    step: Decimal = Decimal(STEP) / WHOLE


def reasons_to_stay(known: Known, asked: Collection[UUID], marked: Mapping[UUID, str], soon: Mapping[UUID, date]) -> dict[UUID, str]:
    """Why each of these children should stay with its IRO, in words: asked for, marked by a person, or met within ten working days."""
    found = {}
    for child in known.children:
        if child.child_id in marked:
            found[child.child_id] = f"{child.reference} is marked to keep its IRO: {marked[child.child_id]}"
        elif child.child_id in asked:
            found[child.child_id] = f"{child.reference} was asked to stay"
        elif child.child_id in soon:
            found[child.child_id] = _met(child.reference, soon[child.child_id], known.day)
    return found


def _met(reference: str, day: date, today: date) -> str:
    if day < today:
        return f"{reference} has a review that was to be booked by {day.isoformat()} and is overdue"
    return f"{reference} has a review on or by {day.isoformat()}, within 10 working days"


def pose_moves(known: Known, facts: Facts) -> Problem:
    """The problem of moving children between the officers who have them. Officers in `facts.absent` get nobody.

    All children of theirs must move, and of whoever is not at the unit any more.
    """
    holders = _held(known)
    going = facts.absent | {officer.iro_id for officer in known.officers if not officer.active}
    posed = pose(replace(known, holders={}), set(holders), may_exceed=False)
    bundles = _bundles(posed.groups, holders, frozenset(posed.parents), facts, going)
    return Problem(
        day=known.day,
        officers=_officers(known, posed.officers, {bundle.officer for bundle in bundles}, facts.absent),
        bundles=bundles,
        max_moves=facts.max_moves,
        target=None if facts.target_utilisation is None else int(facts.target_utilisation * WHOLE),
        step=int(facts.step * WHOLE),
        parents=posed.parents,
        scale=posed.scale,
        order=posed.order,
    )


def _held(known: Known) -> dict[UUID, UUID]:
    """The officer of each child in scope that has one of those who are known."""
    there = {officer.iro_id for officer in known.officers}
    return {child: officer for child, officer in known.holders.items() if child in known.weights and officer in there}


def _officers(known: Known, posed: Collection[Officer], holding: Collection[UUID], absent: Collection[UUID]) -> tuple[Officer, ...]:
    """Those who were posed, without limit where absent, and those who have left and still have children in their names."""
    found = {officer.id: replace(officer, limit=0) if officer.id in absent else officer for officer in posed}
    return tuple(
        found.get(each.iro_id) or Officer(id=each.iro_id, code=each.code, limit=0)
        for each in known.officers
        if each.iro_id in found or each.iro_id in holding
    )


def _bundles(
    groups: Collection[Group], holders: Mapping[UUID, UUID], parents: Collection[Pair], facts: Facts, going: Collection[UUID]
) -> tuple[Bundle, ...]:
    """By the reference of the first child of each."""
    found = []
    for group in groups:
        parts = _parts(group, holders, parents)
        family = min(child.reference for child in group.children) if len(parts) > 1 else None
        found += [_bundle(members, holders[members[0].id], family, facts, going) for members in parts]
    return tuple(sorted(found, key=lambda bundle: bundle.children))


def _parts(group: Group, holders: Mapping[UUID, UUID], parents: Collection[Pair]) -> list[list[Child]]:
    """Who of a group would move together: those with one officer, but never a parent with its child."""
    parts: list[list[Child]] = []
    for child in sorted(group.children, key=lambda child: child.reference):
        for part in parts:
            bound = any((child.id, other.id) in parents or (other.id, child.id) in parents for other in part)
            if holders[part[0].id] == holders[child.id] and not bound:
                part.append(child)
                break
        else:
            parts.append([child])
    return parts


def _bundle(members: Collection[Child], officer: UUID, family: str | None, facts: Facts, going: Collection[UUID]) -> Bundle:
    met: frozenset[UUID] = frozenset().union(*(facts.meetings.get(child.id, frozenset()) for child in members))
    return Bundle(
        members=tuple(members),
        officer=officer,
        family=family,
        must_move=officer in going,
        protected=next((facts.keeps[child.id] for child in members if child.id in facts.keeps), None),
        meetings=len(met),
    )
