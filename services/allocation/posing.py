"""From what is known on a day to the problem to be decided: pure, so that any past decision can be posed again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.allocation.problem import Bar, Child, Group, Officer, Problem, scale_of
from services.caseload import capacity
from services.caseload.weights import ChildOnDay, Scheme, Weight
from services.kernel.words import BlockerCode

_SPECIALITIES = {
    "NEG": frozenset({"neglect"}),
    "PHY": frozenset({"physical abuse", "physical"}),
    "SAB": frozenset({"sexual abuse", "sexual"}),
    "EMO": frozenset({"emotional abuse", "emotional"}),
}
_REMAND = frozenset({"J1", "J2", "J3"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that a decision looks at, on a day. `holders`: the IRO of each child that has one.

    `may_not_chair` is by child's reference: officer and reason. `parents` are pairs of parent and child. `households`: how
    many foster homes each officer reviews; they count in what she holds.
    """

    day: date
    scheme: Scheme
    children: tuple[ChildOnDay, ...]
    weights: Mapping[UUID, Weight]
    holders: Mapping[UUID, UUID]
    officers: tuple[capacity.Officer, ...]
    may_not_chair: Mapping[str, tuple[tuple[UUID, str], ...]] = field(default_factory=dict)
    parents: tuple[tuple[UUID, UUID], ...] = ()
    last_iros: Mapping[UUID, UUID] = field(default_factory=dict)
    categories: Mapping[UUID, str] = field(default_factory=dict)
    households: Mapping[UUID, int] = field(default_factory=dict)


def waiting(known: Known) -> tuple[UUID, ...]:
    """Children in scope who have no IRO, by reference."""
    return tuple(child.child_id for child in known.children if child.child_id not in known.holders)


def pose(known: Known, wanted: Collection[UUID], *, may_exceed: bool) -> Problem:
    """The problem of giving the wanted children an IRO; everybody who has one keeps her."""
    asked = set(wanted)
    limits = {officer.iro_id: capacity.limit_of(officer, known.scheme) for officer in known.officers}
    scale = scale_of([weight.points for weight in known.weights.values()] + list(limits.values()))
    held = dict.fromkeys(limits, 0)
    for child, officer in known.holders.items():
        if child in known.weights and officer in held:
            held[officer] += int(known.weights[child].points * scale)
    officers = tuple(
        Officer(id=one.iro_id, code=one.code, limit=int(limits[one.iro_id] * scale), held=held[one.iro_id], specialities=_lower(one))
        for one in known.officers
    )
    in_care = {child.child_id for child in known.children if child.in_care}
    bonds = tuple((parent, child) for parent, child in known.parents if parent in in_care)
    families: dict[str, list[Child]] = {}
    for each in known.children:
        if each.child_id in asked:
            family = each.sibling_group or str(each.child_id)
            families.setdefault(family, []).append(_child(known, each, bonds, int(known.weights[each.child_id].points * scale)))
    siblings = _siblings_with(known, asked)
    return Problem(
        day=known.day,
        officers=tuple(officer for officer in officers if officer.limit > 0 or _active(known, officer.id)),
        groups=tuple(Group(children=tuple(family), siblings_with=siblings.get(key, frozenset())) for key, family in families.items()),
        parents=tuple((parent, child) for parent, child in bonds if parent in asked and child in asked),
        scale=scale,
        may_exceed=may_exceed,
        scheme_id=known.scheme.id,
    )


def _active(known: Known, officer: UUID) -> bool:
    return any(one.iro_id == officer and one.active for one in known.officers)


def _lower(officer: capacity.Officer) -> frozenset[str]:
    return frozenset(speciality.casefold() for speciality in officer.specialities)


def _siblings_with(known: Known, asked: set[UUID]) -> dict[str, frozenset[UUID]]:
    found: dict[str, frozenset[UUID]] = {}
    for child in known.children:
        if child.sibling_group is not None and child.child_id in known.holders and child.child_id not in asked:
            found[child.sibling_group] = found.get(child.sibling_group, frozenset()) | {known.holders[child.child_id]}
    return found


def _child(known: Known, each: ChildOnDay, bonds: tuple[tuple[UUID, UUID], ...], points: int) -> Child:
    codes = {officer.iro_id: officer.code for officer in known.officers}
    needs = set(_SPECIALITIES.get(known.categories.get(each.child_id, ""), frozenset()))
    if each.in_care and each.legal_status in _REMAND:
        needs.add("remand")
    barred = [
        Bar(officer=officer, code=BlockerCode.INDEPENDENCE, reason=f"{codes[officer]} may not: {reason}")
        for officer, reason in known.may_not_chair.get(each.reference, ())
        if officer in codes
    ]
    for parent, child in bonds:
        if each.child_id not in (parent, child):
            continue
        officer = known.holders.get(child if each.child_id == parent else parent)
        if officer is not None and officer in codes:
            relative = "parent" if each.child_id == child else "child"
            reason = f"{codes[officer]} is the IRO of this child's {relative}: parent and child have different IROs"
            barred.append(Bar(officer=officer, code=BlockerCode.PARENT_AND_CHILD, reason=reason))
    return Child(
        id=each.child_id,
        reference=each.reference,
        points=points,
        barred=tuple(barred),
        last_iro=known.last_iros.get(each.child_id),
        needs=frozenset(needs),
    )
