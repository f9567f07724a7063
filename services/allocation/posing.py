"""From what is known on a day to the problem to be decided: pure, so that any past decision can be posed again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter
from uuid import UUID

from services.allocation.problem import ORDER, Bar, Child, Group, Officer, Problem, scale_of
from services.allocation.rules import SOURCES
from services.caseload import capacity
from services.caseload.weights import ChildOnDay, FactorCode, Scheme, Weight, points_of
from services.history.circumstances import Circumstance
from services.kernel.words import BlockerCode, IndependenceGround

_SPECIALITIES = {
    "NEG": frozenset({"neglect"}),
    "PHY": frozenset({"physical abuse", "physical"}),
    "SAB": frozenset({"sexual abuse", "sexual"}),
    "EMO": frozenset({"emotional abuse", "emotional"}),
}
_REMAND = frozenset({"J1", "J2", "J3"})
_GROUNDS = {
    IndependenceGround.HAD_CHARGE: "had charge of the case",
    IndependenceGround.MANAGES_THE_CASE: "manages the case",
    IndependenceGround.CONTROLS_RESOURCES: "controls resources of the case",
    IndependenceGround.PERSONAL_CONNECTION: "has a personal tie",
}
_PERSONAL = "local practice: a declared personal connection"
_HOUSEHOLD = "local practice: who reviews a foster home is not the IRO of a child placed there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Why an officer may not have a child, as recorded."""

    officer: UUID
    ground: IndependenceGround
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that a decision looks at, on a day.

    `holders`: the IRO of each child that has one. `may_not_chair` is by child's reference. `parents` are pairs of parent and
    child. `last_iros`: who had each child before. `conference_chairs`: who chaired the last conference of its plan. `panels`:
    the officers on the live secure panel of a child. `household_reviewers`: who reviews the foster home it lives in.
    `households`: how many approved foster homes each officer reviews, which count in what she holds. `order`: the soft terms as
    the unit ranks them (`order.order_of`). `standing`: the points that each officer holds in all, where not everybody whom she
    has is among `children`.
    """

    day: date
    scheme: Scheme
    children: tuple[ChildOnDay, ...]
    weights: Mapping[UUID, Weight]
    holders: Mapping[UUID, UUID]
    officers: tuple[capacity.Officer, ...]
    may_not_chair: Mapping[str, tuple[Tie, ...]] = field(default_factory=dict)
    parents: tuple[tuple[UUID, UUID], ...] = ()
    last_iros: Mapping[UUID, UUID] = field(default_factory=dict)
    categories: Mapping[UUID, str] = field(default_factory=dict)
    circumstances: Mapping[UUID, Circumstance] = field(default_factory=dict)
    conference_chairs: Mapping[UUID, UUID] = field(default_factory=dict)
    panels: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    household_reviewers: Mapping[UUID, UUID] = field(default_factory=dict)
    households: Mapping[UUID, int] = field(default_factory=dict)
    order: tuple[str, ...] = ORDER
    standing: Mapping[UUID, Decimal] | None = None


def waiting(known: Known) -> tuple[UUID, ...]:
    """Children in scope who have no IRO, by reference."""
    return tuple(child.child_id for child in _in_order(known) if child.child_id not in known.holders)


def pose(known: Known, wanted: Collection[UUID], *, may_exceed: bool) -> Problem:
    """The problem of giving the wanted children an IRO; everybody who has one keeps her.

    Children stand in the order of their references and officers in that of their codes, however they were loaded.
    """
    asked = set(wanted)
    limits = {officer.iro_id: capacity.limit_of(officer, known.scheme) for officer in known.officers}
    standing = standing_of(known)
    scale = scale_of([*_points(known.scheme), *limits.values()])
    officers = tuple(
        Officer(
            id=one.iro_id,
            code=one.code,
            limit=int(limits[one.iro_id] * scale),
            held=int(standing[one.iro_id] * scale),
            specialities=_lower(one.specialities),
            areas=_lower(one.areas),
        )
        for one in sorted(known.officers, key=attrgetter("code"))
        if one.active or limits[one.iro_id] > 0
    )
    described = children_of(known, asked, scale)
    families: dict[str, list[Child]] = {}
    for each in _in_order(known):
        if each.child_id in described:
            families.setdefault(each.sibling_group or str(each.child_id), []).append(described[each.child_id])
    siblings = _siblings_with(known, asked)
    number = {child: place for place, child in enumerate(described)}
    bonds = [bond for bond in _bonds(known) if bond[0] in number and bond[1] in number]
    return Problem(
        day=known.day,
        officers=officers,
        groups=tuple(Group(children=tuple(family), siblings_with=siblings.get(key, frozenset())) for key, family in families.items()),
        parents=tuple(sorted(bonds, key=lambda bond: (number[bond[0]], number[bond[1]]))),
        scale=scale,
        may_exceed=may_exceed,
        order=known.order,
        scheme_id=known.scheme.id,
    )


def standing_of(known: Known) -> dict[UUID, Decimal]:
    """The points that each officer holds: the weights of her children, and the foster homes that she reviews."""
    if known.standing is not None:
        return {one.iro_id: known.standing.get(one.iro_id, Decimal(0)) for one in known.officers}
    homes = known.households
    standing = {one.iro_id: capacity.household_points(homes.get(one.iro_id, 0), known.scheme) for one in known.officers}
    for child, officer in known.holders.items():
        if child in known.weights and officer in standing:
            standing[officer] += known.weights[child].points
    return standing


def _points(scheme: Scheme) -> list[Decimal]:
    """Of every factor: weights are sums of them, so that the scale is the same whoever is loaded."""
    return [points_of(scheme, code) for code in FactorCode]


def children_of(known: Known, wanted: Collection[UUID], scale: int) -> dict[UUID, Child]:
    """The wanted children with everything that rules and wishes say of them, by reference; points in 1/scale.

    A bar for a looked-after parent or child counts where that one has an IRO and is not wanted too.
    """
    asked = set(wanted)
    fixed = {child: officer for child, officer in known.holders.items() if child not in asked}
    relatives: dict[UUID, list[tuple[str, UUID]]] = {}
    for parent, child in _bonds(known):
        relatives.setdefault(child, []).append(("parent", parent))
        relatives.setdefault(parent, []).append(("child", child))
    codes = {officer.iro_id: officer.code for officer in known.officers}
    leaving = {officer.iro_id: officer.leaves_on for officer in known.officers if officer.leaves_on is not None}
    return {
        each.child_id: _child(known, each, bars=_bars(known, each, relatives.get(each.child_id, ()), fixed, codes, leaving), scale=scale)
        for each in _in_order(known)
        if each.child_id in asked
    }


def _in_order(known: Known) -> list[ChildOnDay]:
    return sorted(known.children, key=attrgetter("reference"))


def _bonds(known: Known) -> list[tuple[UUID, UUID]]:
    """Parents who are looked after themselves, with their children."""
    in_care = {child.child_id for child in known.children if child.in_care}
    return [(parent, child) for parent, child in dict.fromkeys(known.parents) if parent in in_care]


def _lower(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


def _siblings_with(known: Known, asked: set[UUID]) -> dict[str, frozenset[UUID]]:
    found: dict[str, frozenset[UUID]] = {}
    for child in known.children:
        if child.sibling_group is not None and child.child_id in known.holders and child.child_id not in asked:
            found[child.sibling_group] = found.get(child.sibling_group, frozenset()) | {known.holders[child.child_id]}
    return found


def _child(known: Known, each: ChildOnDay, *, bars: tuple[Bar, ...], scale: int) -> Child:
    child, stated = each.child_id, known.circumstances.get(each.child_id)
    needs = _SPECIALITIES.get(known.categories.get(child, ""), frozenset())
    if each.in_care and each.legal_status in _REMAND:
        needs |= {"remand"}
    area = None if stated is None or stated.placement_area is None else stated.placement_area.casefold()
    return Child(
        id=child,
        reference=each.reference,
        points=int(known.weights[child].points * scale),
        barred=bars,
        last_iro=known.last_iros.get(child),
        needs=needs if stated is None else needs | _lower(stated.needs),
        conference_chair=known.conference_chairs.get(child),
        area=area,
        wished=None if stated is None else stated.wished_iro_id,
        unwanted=None if stated is None else stated.unwanted_iro_id,
    )


# ------------------------------------------------------------------------------------------------------------ bars


def _bars(
    known: Known,
    each: ChildOnDay,
    relatives: Iterable[tuple[str, UUID]],
    fixed: Mapping[UUID, UUID],
    codes: Mapping[UUID, str],
    leaving: Mapping[UUID, date],
) -> tuple[Bar, ...]:
    """Every hard rule that keeps the child from an officer by what is recorded, with its source: by officer's code."""
    found = [_by_tie(tie, codes[tie.officer]) for tie in known.may_not_chair.get(each.reference, ()) if tie.officer in codes]
    for word, relative in relatives:
        officer = fixed.get(relative)
        if officer is not None and officer in codes:
            reason = f"{codes[officer]} is the IRO of this child's {word}: parent and child have different IROs"
            found.append(_bar(officer, BlockerCode.PARENT_AND_CHILD, reason))
    for member in known.panels.get(each.child_id, ()):
        if member in codes:
            reason = f"{codes[member]} sits on the panel that reviews this child's secure accommodation"
            found.append(_bar(member, BlockerCode.ON_SECURE_PANEL, reason))
    reviewer = known.household_reviewers.get(each.child_id)
    if reviewer is not None and reviewer in codes:
        reason = f"{codes[reviewer]} reviews the foster home in which this child lives"
        found.append(Bar(officer=reviewer, code=BlockerCode.INDEPENDENCE, reason=reason, source=_HOUSEHOLD))
    for leaver, last_day in leaving.items():
        reason = f"{codes[leaver]} leaves on {last_day.isoformat()}: she takes no new child"
        found.append(_bar(leaver, BlockerCode.UNAVAILABLE, reason))
    return tuple(sorted(found, key=lambda bar: (codes[bar.officer], bar.code, bar.reason)))


def _bar(officer: UUID, code: BlockerCode, reason: str) -> Bar:
    return Bar(officer=officer, code=code, reason=reason, source=SOURCES[code])


def _by_tie(tie: Tie, code: str) -> Bar:
    """Reg. 46(3) names charge of the case, its management and control of its resources; a personal tie is local practice."""
    source = _PERSONAL if tie.ground is IndependenceGround.PERSONAL_CONNECTION else SOURCES[BlockerCode.INDEPENDENCE]
    ground = _GROUNDS[tie.ground]
    reason = f"{code} {ground}" if ground.startswith(tie.reason) else f"{code} {ground}: {tie.reason}"
    return Bar(officer=tie.officer, code=BlockerCode.INDEPENDENCE, reason=reason, source=source)
