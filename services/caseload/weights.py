"""What a child weighs: factors of a dated scheme, each with its reason in words.

The shipped figures are suggestions for a mixed unit (care reviews and conferences by the same officers); no table has
been published, so every one of them is the unit's own to change. The rules they stand for:

- A child counts once. In care 1.0; on a plan 1.0; both (dual status) 1.5 in all, never 2.0.
- Sibling discounts belong to the group, whose members stand in the order of their references, whoever holds them: so a
  child's weight never depends on an officer. A child of dual status takes its place in the order, but no discount.
- Siblings share a plan's cycle if their latest conference was on the same day.
- Siblings in care are together if they are in one foster household. Where that is stated of neither or of one alone, they
  are together if they came on the same day into a placement of the same kind; the returns hold no address, and where the
  placement is not known, or differs in day or kind, they count as apart (the greater figure).
- New to care (before the second review) or in care proceedings: one addition, also where both are true.
- Distance counts while a child is in care: over 20 miles, or over 50 and in another country, the greater one alone.
- Complex: one addition, however much makes it so (in secure accommodation by the record, the rest as a person states it).
- A child that awaits its initial conference has a chair to be named, so it counts as a child on a plan would. While it is in
  care, its IRO has it already: no addition.
- Short breaks alone (regulation 48) count by themselves, and beside a plan or an awaited conference; they take no other
  addition. Beside either the child's case may be complex.

Points are exact decimals and are only ever added; nothing is rounded here (the one rounding rule is in `capacity`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from uuid import UUID

from services.kernel.words import Complexity

ENGINE = "weights-3"
"""Kept with each decision: the same engine, scheme and records give the same points again. `weights-2`
knew distance, complexity and households beside what `weights-1` did; since `weights-3` an awaited conference counts beside breaks."""

IN_PROCEEDINGS = frozenset({"C1", "L2", "L3"})
"""SSDA903 legal statuses under which a court has the case: interim care order, emergency protection, child assessment."""

_NEW_UNTIL_REVIEW = 2
_FAR_MILES = 20
_VERY_FAR_MILES = 50
_COMPLEX_WORDS: Mapping[Complexity, str] = MappingProxyType(
    {
        Complexity.FABRICATED_OR_INDUCED_ILLNESS: "fabricated or induced illness",
        Complexity.OPEN_DISPUTE: "open dispute",
        Complexity.OTHER: "recorded as complex",
    }
)


class FactorCode(StrEnum):
    IN_CARE = "IN_CARE"
    IN_CARE_SIBLING_TOGETHER = "IN_CARE_SIBLING_TOGETHER"
    IN_CARE_SIBLING_APART = "IN_CARE_SIBLING_APART"
    ON_PLAN = "ON_PLAN"
    ON_PLAN_SIBLING = "ON_PLAN_SIBLING"
    AWAITING_CONFERENCE = "AWAITING_CONFERENCE"
    AWAITING_CONFERENCE_SIBLING = "AWAITING_CONFERENCE_SIBLING"
    DUAL_STATUS = "DUAL_STATUS"
    SHORT_BREAKS = "SHORT_BREAKS"
    NEW_OR_IN_PROCEEDINGS = "NEW_OR_IN_PROCEEDINGS"
    OVER_20_MILES = "OVER_20_MILES"
    OVER_50_MILES = "OVER_50_MILES"
    COMPLEX = "COMPLEX"
    FOSTER_HOME_REVIEW = "FOSTER_HOME_REVIEW"


_F = FactorCode
SHIPPED_POINTS: Mapping[FactorCode, Decimal] = MappingProxyType(
    {
        _F.IN_CARE: Decimal("1.0"),
        _F.IN_CARE_SIBLING_TOGETHER: Decimal("0.6"),
        _F.IN_CARE_SIBLING_APART: Decimal("0.9"),
        _F.ON_PLAN: Decimal("1.0"),
        _F.ON_PLAN_SIBLING: Decimal("0.5"),
        _F.AWAITING_CONFERENCE: Decimal("1.0"),
        _F.AWAITING_CONFERENCE_SIBLING: Decimal("0.5"),
        _F.DUAL_STATUS: Decimal("1.5"),
        _F.SHORT_BREAKS: Decimal("0.4"),
        _F.NEW_OR_IN_PROCEEDINGS: Decimal("0.25"),
        _F.OVER_20_MILES: Decimal("0.25"),
        _F.OVER_50_MILES: Decimal("0.5"),
        _F.COMPLEX: Decimal("0.5"),
        _F.FOSTER_HOME_REVIEW: Decimal("0.2"),
    }
)

DESCRIPTIONS: Mapping[FactorCode, str] = MappingProxyType(
    {
        _F.IN_CARE: "in care, the first of its sibling group or alone",
        _F.IN_CARE_SIBLING_TOGETHER: "in care, a further sibling, placed with one before it",
        _F.IN_CARE_SIBLING_APART: "in care, a further sibling, placed apart",
        _F.ON_PLAN: "on a child protection plan, the first of its sibling group or alone",
        _F.ON_PLAN_SIBLING: "on a plan, a further sibling in the same cycle of conferences",
        _F.AWAITING_CONFERENCE: "awaiting its initial conference, the first of its sibling group or alone",
        _F.AWAITING_CONFERENCE_SIBLING: "awaiting the same initial conference as a sibling",
        _F.DUAL_STATUS: "in care and on a plan at once: in all, not added",
        _F.SHORT_BREAKS: "in care for short breaks alone",
        _F.NEW_OR_IN_PROCEEDINGS: "new to care (before the second review) or in care proceedings: added once",
        _F.OVER_20_MILES: "placed more than 20 miles away: added",
        _F.OVER_50_MILES: "placed more than 50 miles away or in another country: added",
        _F.COMPLEX: "secure, fabricated or induced illness, open dispute, or otherwise complex: added",
        _F.FOSTER_HOME_REVIEW: "a foster home's annual review",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The points of each factor, and the limits, in force from a day until the next scheme.

    `near_share` is the one threshold of NEAR, as a share of the limit; the limit itself is the one of OVER.
    """

    id: UUID
    effective_from: date
    limit_per_wte: Decimal
    near_share: Decimal
    points: Mapping[FactorCode, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOnDay:
    """What is known on a day of a child in scope: in care, on a plan, awaiting its initial conference, or having short breaks
    (`short_breaks_only`, also at home between two of them).

    `conferenced_on` is the latest conference of the plan, or the plan's start. `placed` names the placement as far as
    the records do. `care_reviews` are those held in this period of care; `start_known` is false where the records only
    show that care had begun by then. `secure`: in secure accommodation, by the record. Distance, complexity and the foster
    household are in no return: absent unless a person states them.
    """

    child_id: UUID
    reference: str
    sibling_group: str | None = None
    in_care: bool = False
    short_breaks_only: bool = False
    start_known: bool = True
    care_reviews: int = 0
    legal_status: str | None = None
    placed: str | None = None
    on_plan: bool = False
    conferenced_on: date | None = None
    awaiting_since: date | None = None
    household_id: UUID | None = None
    miles: int | None = None
    abroad: bool = False
    secure: bool = False
    complexity: frozenset[Complexity] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    code: FactorCode
    points: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The factors of a child on a day; its points are their sum. Heads are counted beside them."""

    factors: tuple[Factor, ...]
    in_care: bool
    on_plan: bool

    @property
    def points(self) -> Decimal:
        return sum((factor.points for factor in self.factors), Decimal(0))


def weigh(children: Collection[ChildOnDay], scheme: Scheme) -> dict[UUID, Weight]:
    """The weight of every child. Sibling groups must be complete: a group's missing members change its discounts."""
    weights: dict[UUID, Weight] = {}
    alone = [(child,) for child in children if child.sibling_group is None]
    grouped = sorted((child for child in children if child.sibling_group is not None), key=attrgetter("sibling_group", "reference"))
    families = [tuple(family) for _, family in groupby(grouped, key=attrgetter("sibling_group"))]
    for family in (*alone, *families):
        for place, child in enumerate(family):
            factors = (*_base(child, family[:place], scheme), *_additions(child, scheme))
            weights[child.child_id] = Weight(factors=factors, in_care=child.in_care, on_plan=child.on_plan)
    return weights


def points_of(scheme: Scheme, code: FactorCode) -> Decimal:
    """What the scheme says of a factor; the shipped figure where it says nothing."""
    return scheme.points.get(code, SHIPPED_POINTS[code])


def _factor(scheme: Scheme, code: FactorCode, reason: str) -> Factor:
    return Factor(code=code, points=points_of(scheme, code), reason=reason)


def _base(child: ChildOnDay, before: tuple[ChildOnDay, ...], scheme: Scheme) -> tuple[Factor, ...]:
    """What a child counts before additions; `before` are the siblings that come first in the group's order."""
    if child.in_care and not child.short_breaks_only:
        if child.on_plan:
            return (_factor(scheme, FactorCode.DUAL_STATUS, "in care and on a child protection plan: counted once"),)
        return (_in_care(child, before, scheme),)
    breaks = (_factor(scheme, FactorCode.SHORT_BREAKS, "in care for short breaks alone"),) if child.short_breaks_only else ()
    if child.on_plan:
        return (_on_plan(child, before, scheme), *breaks)
    if child.awaiting_since is not None:
        return (_awaiting(child, before, scheme), *breaks)
    return breaks


def _in_care(child: ChildOnDay, before: tuple[ChildOnDay, ...], scheme: Scheme) -> Factor:
    siblings = [other for other in before if other.in_care and not other.short_breaks_only]
    if not siblings:
        return _factor(scheme, FactorCode.IN_CARE, "in care")
    beside = next((other for other in siblings if _are_together(child, other)), None)
    if beside is None:
        return _factor(scheme, FactorCode.IN_CARE_SIBLING_APART, f"in care, sibling of {siblings[0].reference}, placed apart")
    return _factor(scheme, FactorCode.IN_CARE_SIBLING_TOGETHER, f"in care, placed together with its sibling {beside.reference}")


def _are_together(one: ChildOnDay, other: ChildOnDay) -> bool:
    if one.household_id is not None and other.household_id is not None:
        return one.household_id == other.household_id
    return one.placed is not None and one.placed == other.placed


def _on_plan(child: ChildOnDay, before: tuple[ChildOnDay, ...], scheme: Scheme) -> Factor:
    same = next((other for other in before if other.on_plan and other.conferenced_on == child.conferenced_on), None)
    if same is None:
        return _factor(scheme, FactorCode.ON_PLAN, "on a child protection plan")
    return _factor(scheme, FactorCode.ON_PLAN_SIBLING, f"on a child protection plan, in one conference with its sibling {same.reference}")


def _awaiting(child: ChildOnDay, before: tuple[ChildOnDay, ...], scheme: Scheme) -> Factor:
    same = next((other for other in before if other.awaiting_since == child.awaiting_since), None)
    if same is None:
        return _factor(scheme, FactorCode.AWAITING_CONFERENCE, "awaiting its initial conference")
    return _factor(scheme, FactorCode.AWAITING_CONFERENCE_SIBLING, f"awaiting one initial conference with its sibling {same.reference}")


def _additions(child: ChildOnDay, scheme: Scheme) -> tuple[Factor, ...]:
    if child.short_breaks_only and not child.on_plan and child.awaiting_since is None:
        return ()
    looked_after = child.in_care and not child.short_breaks_only
    found = (*_new_or_in_proceedings(child, scheme), *_distance(child, scheme)) if looked_after else ()
    return (*found, *_complex(child, scheme, secure=child.secure and looked_after))


def _new_or_in_proceedings(child: ChildOnDay, scheme: Scheme) -> tuple[Factor, ...]:
    if child.legal_status in IN_PROCEEDINGS:
        return (_factor(scheme, FactorCode.NEW_OR_IN_PROCEEDINGS, f"in care proceedings (legal status {child.legal_status})"),)
    if child.start_known and child.care_reviews < _NEW_UNTIL_REVIEW:
        return (_factor(scheme, FactorCode.NEW_OR_IN_PROCEEDINGS, "new to care: its second review has not been held"),)
    return ()


def _distance(child: ChildOnDay, scheme: Scheme) -> tuple[Factor, ...]:
    if child.abroad:
        return (_factor(scheme, FactorCode.OVER_50_MILES, "placed in another country"),)
    if child.miles is None or child.miles <= _FAR_MILES:
        return ()
    code = FactorCode.OVER_50_MILES if child.miles > _VERY_FAR_MILES else FactorCode.OVER_20_MILES
    return (_factor(scheme, code, f"placed {child.miles} miles away"),)


def _complex(child: ChildOnDay, scheme: Scheme, *, secure: bool) -> tuple[Factor, ...]:
    """One addition, with everything that makes the child's case complex in its reason."""
    grounds = ["in secure accommodation"] if secure else []
    grounds += [_COMPLEX_WORDS[each] for each in Complexity if each in child.complexity]
    return (_factor(scheme, FactorCode.COMPLEX, f"complex: {', '.join(grounds)}"),) if grounds else ()
