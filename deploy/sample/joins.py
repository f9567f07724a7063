"""Children whom both sides know: on a plan and in care, from a plan into care, brothers and sisters on either side, parents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from deploy.sample.care import CareHousehold, Course
from deploy.sample.people import Child, age_on, is_sibling_of_age
from deploy.sample.protection import Household
from deploy.sample.volumes import Volumes

_INTO_CARE_WITHIN = 45
_PARENTS, _MIXED, _FROM_PLANS = 3, 6, 8
"""At scale 1, at most: looked-after mothers, families with children on plans and in care, children from a plan into care."""


def join(protection: Sequence[Household], care: Sequence[CareHousehold], volumes: Volumes, as_of: date, random: Random) -> None:
    """After this some children are on both sides as one, and some families reach over both; no total changes."""
    single = _alone(care)
    random.shuffle(single)
    _give_dual_status(protection, single, volumes)
    _bring_from_plans(protection, single, volumes)
    _mix_families(protection, care, single, volumes, as_of)
    _give_parents(care, volumes, as_of)


def _alone(care: Sequence[CareHousehold]) -> list[CareHousehold]:
    return [each for each in care if len(each.children) == 1 and not each.course.is_over]


def _give_dual_status(protection: Sequence[Household], single: list[CareHousehold], volumes: Volumes) -> None:
    """The plan of a child who came into care within the year and the plan of the day are one child's."""
    plans = [each for each in _without_kin(protection) if each.on_plan and len(each.children) == 1 and each.children[0].born_on is not None]
    pairs = (
        (plan, care)
        for plan in plans
        for care in single
        if care.course is Course.ENTERED and plan.discussed_on <= care.chain.started_on and _was_born(care, plan)
    )
    _make_one(pairs, single, volumes.dual_status)


def _bring_from_plans(protection: Sequence[Household], single: list[CareHousehold], volumes: Volumes) -> None:
    """A plan ended by a conference soon after its child had come into care."""
    ended = [each for each in protection if each.band is not None and len(each.children) == 1]
    pairs = (
        (plan, care)
        for care in single
        if care.course is Course.ENTERED
        for plan in ended
        if plan.plan_ended_on is not None
        and 0 <= (plan.plan_ended_on - care.chain.started_on).days <= _INTO_CARE_WITHIN
        and plan.children[0].sex == care.children[0].sex
        and _was_born(care, plan)
    )
    _make_one(pairs, single, volumes.times(_FROM_PLANS))


def _without_kin(protection: Sequence[Household]) -> list[Household]:
    kin = {id(each.kin) for each in protection if each.kin is not None}
    return [each for each in protection if each.kin is None and id(each) not in kin]


def _was_born(care: CareHousehold, plan: Household) -> bool:
    return care.children[0].born + timedelta(days=10) < plan.discussed_on


def _make_one(pairs: Iterator[tuple[Household, CareHousehold]], single: list[CareHousehold], count: int) -> None:
    """Each household of the pairs is used once; who is joined leaves `single`."""
    used: set[int] = set()
    joined: list[CareHousehold] = []
    for plan, care in pairs:
        if len(joined) == count:
            break
        if id(plan) not in used and id(care) not in used:
            used |= {id(plan), id(care)}
            plan.children = list(care.children)
            joined.append(care)
    for each in joined:
        single.remove(each)


def overlook_one(protection: Sequence[Household], care: Sequence[CareHousehold], known: int) -> None:
    """After this one child whose plan ended when she came into care has a reference on either side, and one pupil number on both.

    `known`: how many references are given already.
    """
    in_care = {id(child) for each in care if not each.course.is_over for child in each.children}
    both = [child for each in protection if each.plan_ended_on for child in each.children if id(child) in in_care and child.upn]
    for child in sorted(both, key=lambda each: each.reference)[:1]:
        child.other_reference = f"CH{known + 1:0{len(child.reference) - 2}d}"


def name_groups(protection: Sequence[Household], care: Sequence[CareHousehold]) -> None:
    """After this brothers and sisters of one household share a group; who is alone has none."""
    households = [each.children for each in protection] + [each.children for each in care]
    for number, children in enumerate(households):
        for child in children:
            child.group = str(number) if len(children) > 1 else ""
    for number, each in enumerate(protection):
        if each.kin is not None:
            for child in (*each.kin.children, *each.children):
                child.group = f"joined {number}"


def _mix_families(
    protection: Sequence[Household], care: Sequence[CareHousehold], single: list[CareHousehold], volumes: Volumes, as_of: date
) -> None:
    """A child alone in care is a brother or sister of children at home on a plan."""
    in_care = {id(child) for each in care for child in each.children}
    families = [each for each in _without_kin(protection) if each.on_plan and len(each.children) < 4 and _all_at_home(each, in_care)]
    grown = [each for each in single if age_on(each.children[0].born, as_of) >= 5]
    for number, each in enumerate(grown[: volumes.times(_MIXED)]):
        child = each.children[0]
        family = next((other for other in families if _may_be_siblings(child, other)), None)
        if family is not None:
            families.remove(family)
            for sibling in (child, *family.children):
                sibling.group = f"mixed {number}"


def _all_at_home(household: Household, in_care: set[int]) -> bool:
    return all(child.born_on is not None and id(child) not in in_care for child in household.children)


def _may_be_siblings(child: Child, household: Household) -> bool:
    return is_sibling_of_age(child.born, [each.born for each in household.children])


def _give_parents(care: Sequence[CareHousehold], volumes: Volumes, as_of: date) -> None:
    """Mothers of 16 and 17 in care whose small children are in care too."""
    mothers = [child for each in care if not each.course.is_over for child in each.children if _may_be_mother(child, as_of)]
    small = [each.children[0] for each in _alone(care) if age_on(each.children[0].born, as_of) < 3]
    for _ in range(volumes.times(_PARENTS)):
        pair = next(((mother, child) for mother in mothers for child in small if age_on(mother.born, child.born) >= 15), None)
        if pair is None:
            return
        mother, child = pair
        child.parent, mother.parent_of = mother, child
        mothers.remove(mother)
        small.remove(child)


def _may_be_mother(child: Child, as_of: date) -> bool:
    return child.sex == "F" and 16 <= age_on(child.born, as_of) < 18
