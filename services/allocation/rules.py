"""The rules of allocation, one function each: the specification, and the judge of every answer before it is stored.

HARD rules answer the violations that they see. SOFT terms answer a whole number: the less, the better. The model of the
solver has a function of the same name for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.allocation.problem import Answer, Bar, Child, Group, Officer, Problem
from services.kernel.words import BlockerCode

WHOLE = 10_000
"""Utilisation is counted in hundredths of a percent, rounded up."""

_SPREAD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A child may not have that officer (or the officer not that much)."""

    code: BlockerCode
    officer: UUID
    child: UUID | None
    message: str


def bar_of(child: Child, officer: Officer) -> Bar | None:
    """The first rule that keeps the child from the officer, whoever else has her."""
    if officer.limit <= 0:
        return Bar(
            officer=officer.id, code=BlockerCode.UNAVAILABLE, reason=f"{officer.code} has no capacity: left, away or without contract"
        )
    return next((bar for bar in child.barred if bar.officer == officer.id), None)


def eligible_officers(problem: Problem, children: tuple[Child, ...]) -> tuple[Officer, ...]:
    """Officers whom every one of these children may have."""
    barred = {bar.officer for child in children for bar in child.barred}
    return tuple(officer for officer in problem.officers if officer.limit > 0 and officer.id not in barred)


def loads(problem: Problem, answer: Answer) -> dict[UUID, int]:
    """What each officer holds under an answer."""
    found = {officer.id: officer.held for officer in problem.officers}
    for child in problem.children:
        if child.id in answer:
            found[answer[child.id]] += child.points
    return found


def room(officer: Officer, load: int) -> int:
    """Units left below the limit; below nothing when she is over."""
    return officer.limit - load


def excess(officer: Officer, load: int) -> int:
    """Units over the limit, beyond what the children who keep her weigh already."""
    return max(0, load - max(officer.limit, officer.held))


def utilisation(officer: Officer, load: int) -> int:
    """Load as a share of the limit in hundredths of a percent, rounded up."""
    return -(-load * WHOLE // officer.limit)


def unevenness(officer: Officer, load: int) -> int:
    """Grows with the square of the load, the faster the smaller the limit: least in sum when all shares are alike."""
    return load * load * (_SPREAD // officer.limit)


# ------------------------------------------------------------------------------------------------------ hard rules


def eligible(problem: Problem, answer: Answer) -> list[Violation]:
    """Nobody has an officer who is not available, once had charge of the case, or has the child's looked-after parent.

    CPPCR 2010 reg 46(3) (independence); parent and child both looked after: different IROs.
    """
    officers = {officer.id: officer for officer in problem.officers}
    return [
        Violation(code=bar.code, officer=bar.officer, child=child.id, message=bar.reason)
        for child in problem.children
        if child.id in answer and (bar := bar_of(child, officers[answer[child.id]])) is not None
    ]


def parent_and_child_apart(problem: Problem, answer: Answer) -> list[Violation]:
    """A parent who is looked after and its child, both to be allocated, have different IROs."""
    return [
        Violation(
            code=BlockerCode.PARENT_AND_CHILD,
            officer=answer[child],
            child=child,
            message="a parent who is looked after and its child would have the same IRO",
        )
        for parent, child in problem.parents
        if parent in answer and child in answer and answer[parent] == answer[child]
    ]


def within_limit(problem: Problem, answer: Answer) -> list[Violation]:
    """Nobody is over the limit by this answer while another officer has room for one of the children concerned.

    Where the problem says that limits may not be exceeded, nobody is over the limit by this answer at all.
    """
    held = loads(problem, answer)
    over = {officer.id: officer for officer in problem.available if excess(officer, held[officer.id]) > 0}
    found = []
    for child in problem.children if over else ():
        officer = over.get(answer.get(child.id, child.id))
        if officer is None or not (problem.may_exceed is False or _fits_elsewhere(problem, answer, held, child)):
            continue
        message = f"{officer.code} would be {problem.in_points(held[officer.id] - officer.limit)} points over her limit"
        found.append(Violation(code=BlockerCode.OVER_LIMIT, officer=officer.id, child=child.id, message=message))
    return found


def _fits_elsewhere(problem: Problem, answer: Answer, held: Mapping[UUID, int], child: Child) -> bool:
    relatives = {answer.get(other) for pair in problem.parents if child.id in pair for other in pair if other != child.id}
    return any(
        officer.id != answer[child.id] and officer.id not in relatives and room(officer, held[officer.id]) >= child.points
        for officer in eligible_officers(problem, (child,))
    )


HARD = (eligible, parent_and_child_apart, within_limit)


def judge(problem: Problem, answer: Answer) -> list[Violation]:
    """Every violation of a hard rule; an answer with none may be stored."""
    return [violation for rule in HARD for violation in rule(problem, answer)]


# ------------------------------------------------------------------------------------------------------ soft terms


def unallocated(problem: Problem, answer: Answer) -> int:
    """Children without an IRO."""
    return sum(child.id not in answer for child in problem.children)


def over_limit(problem: Problem, answer: Answer) -> int:
    """Units over the limits by this answer, of all officers together."""
    held = loads(problem, answer)
    return sum(excess(officer, held[officer.id]) for officer in problem.available)


def siblings_apart(problem: Problem, answer: Answer) -> int:
    """Officers more than needed with whom brothers and sisters have to do."""
    return sum(apart(group, {answer[child.id] for child in group.children if child.id in answer}) for group in problem.groups)


def apart(group: Group, officers: set[UUID]) -> int:
    """Officers more than the group needs, if these have the children to be allocated."""
    return len(officers | group.siblings_with) - max(1, len(group.siblings_with)) if officers else 0


def last_iro_missed(problem: Problem, answer: Answer) -> int:
    """Children who come back and do not get the IRO of last time, although they may."""
    available = {officer.id for officer in problem.available}
    return sum(misses_last_iro(child, answer[child.id], available) for child in problem.children if child.id in answer)


def misses_last_iro(child: Child, officer: UUID, available: set[UUID]) -> bool:
    return child.last_iro in available and child.last_iro != officer and all(bar.officer != child.last_iro for bar in child.barred)


def worst_utilisation(problem: Problem, answer: Answer) -> int:
    """The fullest officer's share of the limit."""
    held = loads(problem, answer)
    return max((utilisation(officer, held[officer.id]) for officer in problem.available), default=0)


def speciality_missed(problem: Problem, answer: Answer) -> int:
    """Children whom some available officer's speciality would help, and who get an officer without it."""
    known = frozenset[str]().union(*(officer.specialities for officer in problem.available))
    skills = {officer.id: officer.specialities for officer in problem.officers}
    return sum(misses_speciality(child, skills[answer[child.id]], known) for child in problem.children if child.id in answer)


def misses_speciality(child: Child, skills: frozenset[str], known: frozenset[str]) -> bool:
    return bool(child.needs & known) and not child.needs & skills


def spread(problem: Problem, answer: Answer) -> int:
    """How uneven the shares are, beyond the fullest."""
    held = loads(problem, answer)
    return sum(unevenness(officer, held[officer.id]) for officer in problem.available)


SOFT = (unallocated, over_limit, siblings_apart, last_iro_missed, worst_utilisation, speciality_missed, spread)


def objective(problem: Problem, answer: Answer) -> tuple[int, ...]:
    """The soft terms in the problem's order: of two answers, the one with the smaller tuple is better."""
    terms = {term.__name__: term for term in SOFT}
    return tuple(terms[name](problem, answer) for name in problem.order)
