"""Each decision with its reasons, and what every other officer would have meant for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.allocation import rules
from services.allocation.balance import NOBODY, Balance, Bundle
from services.allocation.explain.blocking import bars_on, blockers, would_fit
from services.allocation.explain.differences import differ, in_percent
from services.allocation.problem import Answer, Child, Officer, Problem
from services.kernel.errors import Blocker
from services.kernel.words import BlockerCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An officer who was not chosen. `source`: where the rule comes from that keeps her from these children, if one does."""

    officer: UUID
    officer_code: str
    code: BlockerCode
    message: str
    would_fit_if: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Children of one family who get one officer, and why; `rejected` has every other officer."""

    children: tuple[UUID, ...]
    officer: UUID
    reasons: tuple[str, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unallocated:
    """A child who has no IRO, with what stands in the way of each officer."""

    child: UUID
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    decisions: tuple[Decision, ...]
    unallocated: tuple[Unallocated, ...]


def explain(problem: Problem, answer: Answer, worst_bound: int) -> Explained:
    """Every decision with its reasons, and every child without an IRO with the blockers.

    `worst_bound`: what the fullest officer's share is proven not to go below, in hundredths of a percent.
    """
    balance = Balance(problem, answer)
    placed = [bundle for bundle in balance.bundles() if balance.officer_of[bundle.children[0]] != NOBODY]
    decisions = tuple(_decision(balance, bundle, answer, worst_bound) for bundle in placed)
    left = tuple(
        Unallocated(child=child.id, blockers=blockers(problem, answer, child)) for child in problem.children if child.id not in answer
    )
    return Explained(decisions=decisions, unallocated=left)


# ---------------------------------------------------------------------------------------------------------- chosen


def _decision(balance: Balance, bundle: Bundle, answer: Answer, worst_bound: int) -> Decision:
    chosen = balance.officer_of[bundle.children[0]]
    costs = balance.costs(bundle, range(len(balance.officers)))
    rejected = (
        *(_rejected(balance, bundle, answer, number, after) for after, number in costs if number != chosen),
        *(_forbidden(balance, bundle, answer, officer) for officer in balance.problem.officers if officer.limit <= 0),
    )
    return Decision(
        children=tuple(balance.children[child].id for child in bundle.children),
        officer=balance.officers[chosen].id,
        reasons=tuple(_reasons(balance, bundle, chosen, worst_bound)),
        rejected=rejected,
    )


def _reasons(balance: Balance, bundle: Bundle, chosen: int, worst_bound: int) -> list[str]:
    problem, officer = balance.problem, balance.officers[chosen]
    group, children = problem.groups[bundle.group], [balance.children[child] for child in bundle.children]
    found = []
    if len(rules.eligible_officers(problem, tuple(children))) == 1:
        found.append(f"{officer.code} is the only officer whom the rules leave")
    if officer.id in group.siblings_with:
        found.append(f"brothers and sisters are with {officer.code} already")
    if len(children) < len(group.children):
        found.append(_parting(balance, bundle.group))
    elif len(children) > 1:
        found.append(f"{len(children)} brothers and sisters stay together")
    return [*found, *merits(children, officer), _capacity(balance, chosen, worst_bound)]


def merits(children: Sequence[Child], officer: Officer) -> list[str]:
    """What speaks for an officer by what these children ask for, brothers and sisters and capacity apart."""
    found = []
    if any(child.last_iro == officer.id for child in children):
        found.append(f"{officer.code} was the IRO when the child was last in scope")
    if any(child.conference_chair == officer.id for child in children):
        found.append(f"{officer.code} chaired the child's conferences")
    shared = sorted({need for child in children for need in child.needs} & officer.specialities)
    if shared:
        found.append(f"speciality of {officer.code}: {', '.join(shared)}")
    areas = sorted({child.area for child in children if child.area is not None} & officer.areas)
    if areas:
        found.append(f"{officer.code} works in {', '.join(areas)}")
    if any(child.wished == officer.id for child in children):
        found.append(f"the child asked for {officer.code}")
    return found


def _parting(balance: Balance, number: int) -> str:
    """Why the children of a group are not with one officer: only what is so, every other decision staying as it is."""
    group, members = balance.problem.groups[number], balance.whole(number).children
    officers = {balance.officer_of[child] for child in members} - {NOBODY}
    if not rules.apart(group, {balance.officers[one].id for one in officers}):
        return "brothers and sisters are with more than one officer already"
    eligible = rules.eligible_officers(balance.problem, group.children)
    if not eligible:
        return "brothers and sisters had to part: no officer may have them all"
    for one, officer in enumerate(balance.officers):
        joining = sum(balance.children[child].points for child in members if balance.officer_of[child] != one)
        if officer in eligible and not rules.excess(officer, balance.load[one] + joining):
            return "brothers and sisters part: the search found nothing better"
    return "brothers and sisters had to part: no officer who may have them all has room, if every other decision stays as it is"


def _capacity(balance: Balance, chosen: int, worst_bound: int) -> str:
    problem, officer, load = balance.problem, balance.officers[chosen], balance.load[chosen]
    stands = (
        f"{officer.code} stands at {problem.in_points(load)} of {problem.in_points(officer.limit)} points with all that is decided here"
    )
    if rules.excess(officer, load):
        return f"{stands}, {problem.in_points(load - officer.limit)} over her limit: nobody has room"
    worst = balance.objective[problem.order.index("worst_utilisation")]
    known = "which is proven to be the least" if worst <= worst_bound else f"proven not to go below {in_percent(worst_bound)}"
    return f"{stands}; the fullest officer stands at {in_percent(worst)}, {known} with these wishes kept"


# -------------------------------------------------------------------------------------------------------- rejected


def _forbidden(balance: Balance, bundle: Bundle, answer: Answer, officer: Officer) -> Rejected:
    """An officer whom a hard rule keeps from some of these children: the first rule in words, and what would lift them all."""
    children = [balance.children[child] for child in bundle.children]
    child, bar = next((child, bar) for child in children for bar in bars_on(balance.problem, answer, child, officer))
    about = f"{child.reference}: " if len(children) > 1 and officer.limit > 0 else ""
    return Rejected(
        officer=officer.id,
        officer_code=officer.code,
        code=bar.code,
        message=f"{about}{bar.reason}",
        would_fit_if=would_fit(balance.problem, answer, children, officer),
        source=bar.source or None,
    )


def _rejected(balance: Balance, bundle: Bundle, answer: Answer, number: int, after: tuple[int, ...]) -> Rejected:
    officer = balance.officers[number]
    if not balance.may(bundle, number):
        return _forbidden(balance, bundle, answer, officer)
    load = balance.load[number] + balance.points(bundle)
    found = differ(balance.problem, officer, load, after, balance.objective)
    return Rejected(
        officer=officer.id,
        officer_code=officer.code,
        code=found.code,
        message=f"{found.message}, if every other decision stays as it is",
        source=rules.SOURCES[BlockerCode.OVER_LIMIT] if found.code is BlockerCode.OVER_LIMIT else None,
        would_fit_if=found.would_fit_if,
    )
