"""The rules of allocation, one function each: the specification, and the judge of every answer before it is stored.

HARD rules answer the violations that they see. SOFT terms answer a whole number: the less, the better. The model of the
solver has a function of the same name for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from services.allocation.figures import in_points
from services.allocation.problem import Answer, Bar, Child, Group, Officer, Problem
from services.kernel.words import BlockerCode

WHOLE = 10_000
"""Utilisation is counted in hundredths of a percent, rounded up."""

SOURCES: Mapping[BlockerCode, str] = MappingProxyType(
    {
        BlockerCode.INDEPENDENCE: "Care Planning, Placement and Case Review (England) Regulations 2010, reg. 46(3)",
        BlockerCode.PARENT_AND_CHILD: "IRO Handbook and local procedures: a looked-after parent and its child have different IROs",
        BlockerCode.ON_SECURE_PANEL: "Children (Secure Accommodation) Regulations 1991, reg. 15: a review panel independent of the case",
        BlockerCode.UNAVAILABLE: "local practice: no capacity on the day, or leaving within 28 days",
        BlockerCode.OVER_LIMIT: "the unit's weighting scheme: limit per WTE; IRO Handbook para 7.15",
    }
)
"""Where each hard rule comes from. None of them can be overridden; a limit may be passed, by another manager's approval."""

_SPREAD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A child may not have that officer (or the officer not that much)."""

    code: BlockerCode
    officer: UUID
    child: UUID | None
    message: str
    source: str = ""


def bar_of(child: Child, officer: Officer) -> Bar | None:
    """The first rule that keeps the child from the officer, whoever else has her."""
    if officer.limit <= 0:
        return Bar(
            officer=officer.id,
            code=BlockerCode.UNAVAILABLE,
            reason=f"{officer.code} has no capacity: left, away or without contract",
            source=SOURCES[BlockerCode.UNAVAILABLE],
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
    """Nobody has an officer without capacity or about to leave, nor one whom a bar keeps from the child.

    Bars: independence of the case (CPPCR 2010 reg 46(3)), the IRO of a looked-after parent or child, a place on the child's
    secure panel (Secure Accommodation Regulations 1991, reg 15), the review of the foster home it lives in.
    """
    officers = {officer.id: officer for officer in problem.officers}
    return [
        Violation(code=bar.code, officer=bar.officer, child=child.id, message=bar.reason, source=bar.source)
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
            source=SOURCES[BlockerCode.PARENT_AND_CHILD],
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
        message = f"{officer.code} would be {in_points(problem.in_points(held[officer.id] - officer.limit))} over her limit"
        source = SOURCES[BlockerCode.OVER_LIMIT]
        found.append(Violation(code=BlockerCode.OVER_LIMIT, officer=officer.id, child=child.id, message=message, source=source))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """What a wish of a child is judged against: who can take a child at all, and what they can do between them."""

    available: frozenset[UUID]
    specialities: frozenset[str]


def team_of(officers: Iterable[Officer]) -> Team:
    able = [officer for officer in officers if officer.limit > 0]
    return Team(
        available=frozenset(officer.id for officer in able),
        specialities=frozenset[str]().union(*(officer.specialities for officer in able)),
    )


def may_have(child: Child, officer: UUID | None, team: Team) -> bool:
    """Whether there is such an officer, with capacity, and no rule keeps the child from her."""
    return officer in team.available and all(bar.officer != officer for bar in child.barred)


def misses_last_iro(child: Child, officer: Officer, team: Team) -> bool:
    """Not the IRO of last time, although the child may have her."""
    return child.last_iro != officer.id and may_have(child, child.last_iro, team)


def misses_conference_chair(child: Child, officer: Officer, team: Team) -> bool:
    """Not who chaired the child's conferences, although the child may have her."""
    return child.conference_chair != officer.id and may_have(child, child.conference_chair, team)


def misses_speciality(child: Child, officer: Officer, team: Team) -> bool:
    """None of the specialities that would help, although somebody has one."""
    return bool(child.needs & team.specialities) and not child.needs & officer.specialities


def misses_travel(child: Child, officer: Officer, _: Team) -> bool:
    """Placed in none of the areas in which the officer works, where both are known."""
    return child.area is not None and bool(officer.areas) and child.area not in officer.areas


def misses_wish(child: Child, officer: Officer, team: Team) -> bool:
    """Not whom the child asked for, although the child may have her; or whom it asked not to have."""
    return child.unwanted == officer.id or (child.wished != officer.id and may_have(child, child.wished, team))


MISSES: Mapping[str, Callable[[Child, Officer, Team], bool]] = {
    "last_iro_missed": misses_last_iro,
    "conference_chair_missed": misses_conference_chair,
    "speciality_missed": misses_speciality,
    "travel_missed": misses_travel,
    "wish_missed": misses_wish,
}
"""The terms that count children, each by whether one child misses it with one officer."""


def _missed(problem: Problem, answer: Answer, misses: Callable[[Child, Officer, Team], bool]) -> int:
    team, officers = team_of(problem.officers), {officer.id: officer for officer in problem.officers}
    return sum(misses(child, officers[answer[child.id]], team) for child in problem.children if child.id in answer)


def last_iro_missed(problem: Problem, answer: Answer) -> int:
    """Children who come back and do not get the IRO of last time, although they may."""
    return _missed(problem, answer, misses_last_iro)


def conference_chair_missed(problem: Problem, answer: Answer) -> int:
    """Children who do not get as their IRO who chaired their conferences, although they may."""
    return _missed(problem, answer, misses_conference_chair)


def worst_utilisation(problem: Problem, answer: Answer) -> int:
    """The fullest officer's share of the limit."""
    held = loads(problem, answer)
    return max((utilisation(officer, held[officer.id]) for officer in problem.available), default=0)


def speciality_missed(problem: Problem, answer: Answer) -> int:
    """Children whom some available officer's speciality would help, and who get an officer without it."""
    return _missed(problem, answer, misses_speciality)


def travel_missed(problem: Problem, answer: Answer) -> int:
    """Children who are placed in none of the areas in which their officer works."""
    return _missed(problem, answer, misses_travel)


def wish_missed(problem: Problem, answer: Answer) -> int:
    """Children who do not get whom they asked for, although they may, or get whom they asked not to have."""
    return _missed(problem, answer, misses_wish)


def spread(problem: Problem, answer: Answer) -> int:
    """How uneven the shares are, beyond the fullest."""
    held = loads(problem, answer)
    return sum(unevenness(officer, held[officer.id]) for officer in problem.available)


SOFT = (
    unallocated,
    over_limit,
    siblings_apart,
    last_iro_missed,
    conference_chair_missed,
    worst_utilisation,
    speciality_missed,
    travel_missed,
    wish_missed,
    spread,
)


def objective(problem: Problem, answer: Answer) -> tuple[int, ...]:
    """The soft terms in the problem's order: of two answers, the one with the smaller tuple is better."""
    terms = {term.__name__: term for term in SOFT}
    return tuple(terms[name](problem, answer) for name in problem.order)
