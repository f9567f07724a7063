"""Caseloads under changes that are not made: officers away, other contracts, more children, another limit.

What is imagined is what a decision would look at (`Known`), so whatever is computed from what is known is computed from
what is imagined by the same functions: the table here, the problem of a run, the proposal of a rebalancing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from services.allocation import greedy, rules
from services.allocation.posing import Known, pose
from services.caseload.capacity import Caseload, Officer, caseload_of
from services.caseload.weights import ChildOnDay, Weight, weigh
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.ids import record_id

MOST_WTE = Decimal(2)
MOST_NEW_CHILDREN = 1000
MOST_POINTS_PER_WTE = Decimal(1000)
_PLACES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Changes that are not made. Officers by code.

    `absent`: away for so long that they take nobody; the children they have stay in their names. `wte`: another contract;
    reductions stay. New children are settled with nobody yet: each is one child without brothers or sisters, who has just come
    into care, or onto a plan, and is given an IRO as a run would. `limit_per_wte` is in points.
    """

    absent: frozenset[str] = frozenset()
    wte: Mapping[str, Decimal] = field(default_factory=dict)
    new_in_care: int = 0
    new_on_plans: int = 0
    limit_per_wte: Decimal | None = None


def changed_wte(stated: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Contracts by officer's code; raises `InvalidInput` for an officer named twice."""
    found: dict[str, Decimal] = {}
    for code, wte in stated:
        if code in found:
            raise InvalidInput(f"{code} is named twice: give her WTE once", "wte")
        found[code] = wte
    return found


def imagine(known: Known, changes: WhatIf) -> Known:
    """What would be known if these changes were made on that day; without changes, what is known.

    Raises `NotFound` for an officer who is not there, and `InvalidInput` for a figure that cannot be meant.
    """
    _check(known, changes)
    scheme = known.scheme if changes.limit_per_wte is None else replace(known.scheme, limit_per_wte=changes.limit_per_wte)
    officers = tuple(_imagined(officer, changes) for officer in known.officers)
    return _with_new_children(replace(known, scheme=scheme, officers=officers), changes)


def table_of(known: Known) -> tuple[Caseload, ...]:
    """Every officer's caseload by what is known, by code; officers who have left are shown as long as children, or foster homes to
    review, are in their name."""
    held: dict[UUID, list[Weight]] = {}
    for child, officer in known.holders.items():
        if child in known.weights:
            held.setdefault(officer, []).append(known.weights[child])
    holding = held.keys() | known.households.keys()
    shown = [officer for officer in known.officers if officer.active or officer.iro_id in holding]
    return tuple(
        caseload_of(officer, held.get(officer.iro_id, []), known.scheme, known.day, known.households.get(officer.iro_id, 0))
        for officer in shown
    )


# ------------------------------------------------------------------------------------------------------ what is asked


def _check(known: Known, changes: WhatIf) -> None:
    there = {officer.code: officer for officer in known.officers}
    for code in sorted(changes.absent | set(changes.wte)):
        if code not in there:
            raise NotFound(f"there is no IRO {code}")
    for code, wte in sorted(changes.wte.items()):
        if not there[code].active:
            raise InvalidInput(f"{code} is not at the unit on {known.day.isoformat()}: there is no WTE to change", "wte")
        if not _decimal_within(wte, Decimal(0), MOST_WTE):
            raise InvalidInput(f"{wte} WTE for {code}: give 0 to {MOST_WTE}, to three decimals at most", "wte")
    for number, field_name, words in (
        (changes.new_in_care, "newChildrenInCare", "in care"),
        (changes.new_on_plans, "newChildrenOnPlans", "on plans"),
    ):
        if not 0 <= number <= MOST_NEW_CHILDREN:
            raise InvalidInput(f"{number} new children {words}: give 0 to {MOST_NEW_CHILDREN}", field_name)
    limit = changes.limit_per_wte
    if limit is not None and (not _decimal_within(limit, Decimal(0), MOST_POINTS_PER_WTE) or limit == 0):
        raise InvalidInput(
            f"a limit of {limit} points per WTE: give more than 0 and at most {MOST_POINTS_PER_WTE}, to three decimals at most",
            "limitPerWte",
        )


def _decimal_within(value: Decimal, least: Decimal, most: Decimal) -> bool:
    return value.is_finite() and least <= value <= most and value == round(value, _PLACES)


# ------------------------------------------------------------------------------------------------------ what is imagined


def _imagined(officer: Officer, changes: WhatIf) -> Officer:
    """The officer under the changes: `away` and `wte` are all that they touch."""
    return replace(officer, away=officer.away or officer.code in changes.absent, wte=changes.wte.get(officer.code, officer.wte))


def _with_new_children(known: Known, changes: WhatIf) -> Known:
    """New children stand among the others by their references, weigh by the scheme, and have the IROs that a run would give them."""
    new = _new_children(known, changes)
    if not new:
        return known
    children = tuple(sorted((*known.children, *new), key=lambda child: child.reference))
    larger = replace(known, children=children, weights={**known.weights, **weigh(new, known.scheme)})
    return replace(larger, holders={**known.holders, **_dealt(larger, [child.child_id for child in new])})


def _new_children(known: Known, changes: WhatIf) -> tuple[ChildOnDay, ...]:
    """Children under references that nobody known has."""
    begins = "NEW"
    while any(child.reference.startswith(begins) for child in known.children):
        begins += "-NEW"
    in_care = (f"{begins}-IN-CARE-{number:04}" for number in range(1, changes.new_in_care + 1))
    on_plans = (f"{begins}-ON-PLAN-{number:04}" for number in range(1, changes.new_on_plans + 1))
    return (
        *(ChildOnDay(child_id=record_id("imagined", name), reference=name, in_care=True) for name in in_care),
        *(ChildOnDay(child_id=record_id("imagined", name), reference=name, on_plan=True, conferenced_on=known.day) for name in on_plans),
    )


def _dealt(known: Known, wanted: Collection[UUID]) -> dict[UUID, UUID]:
    """An IRO for each of them by the rules and the order of a run, limits being passed where there is no room."""
    problem = pose(known, wanted, may_exceed=True)
    answer = greedy.arrange(problem).answer()
    broken = rules.judge(problem, answer)
    assert not broken, broken
    return answer
