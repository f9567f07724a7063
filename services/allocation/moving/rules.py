"""The rules of rebalancing, one function each: the specification, and the judge of every proposal before it is stored.

HARD rules answer the violations that they see. SOFT terms answer a whole number: the less, the better. The model of the
solver keeps the same names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from services.allocation import rules
from services.allocation.figures import in_points
from services.allocation.moving.problem import WISHES, Answer, Bundle, Problem
from services.allocation.problem import Bar, Child, Officer


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A proposal may not do that: the rule's name, and the bundle or the officer concerned."""

    rule: str
    message: str
    bundle: int | None = None
    officer: UUID | None = None


def bar_of(bundle: Bundle, officer: Officer) -> tuple[Child, Bar] | None:
    """The first rule that keeps a child of the bundle from the officer, whoever else has her."""
    found = ((child, rules.bar_of(child, officer)) for child in bundle.members)
    return next(((child, bar) for child, bar in found if bar is not None), None)


def officers_after(problem: Problem, answer: Answer) -> list[UUID]:
    """Who has each bundle once the moves are made."""
    return [answer.get(number, bundle.officer) for number, bundle in enumerate(problem.bundles)]


def loads(problem: Problem, answer: Answer) -> dict[UUID, int]:
    """What each officer holds once the moves are made."""
    found = {officer.id: officer.held for officer in problem.officers}
    for bundle, officer in zip(problem.bundles, officers_after(problem, answer), strict=True):
        found[officer] += bundle.points
    return found


def worst(problem: Problem, answer: Answer) -> int:
    """The fullest officer's share of the limit in hundredths of a percent, rounded up; 0 where nobody is available."""
    held = loads(problem, answer)
    return max((rules.utilisation(officer, held[officer.id]) for officer in problem.available), default=0)


def nothing_is_asked(problem: Problem) -> bool:
    """Nobody must move, nobody is over a limit, and the target is met as things stand: a change would serve nobody."""
    if problem.target is None or any(bundle.must_move for bundle in problem.bundles):
        return False
    return not over_limit(problem, {}) and worst(problem, {}) <= problem.target


def moves_allowed(problem: Problem) -> int:
    """How many bundles may move: none where nothing is asked."""
    return 0 if nothing_is_asked(problem) else max(0, problem.max_moves)


# ------------------------------------------------------------------------------------------------------ hard rules


def eligible(problem: Problem, answer: Answer) -> list[Violation]:
    """Who moves goes to another officer, who is available and whom no rule keeps from any of the children.

    CPPCR 2010 reg 46(3) (independence) and whatever else bars an officer. Who stays is not judged: that is no decision of
    this proposal.
    """
    officers = {officer.id: officer for officer in problem.officers}
    found = []
    for number, officer in answer.items():
        bundle = problem.bundles[number]
        if officer == bundle.officer:
            found.append(Violation(rule="eligible", bundle=number, officer=officer, message="moves to the officer who has it already"))
        elif (barred := bar_of(bundle, officers[officer])) is not None:
            child, bar = barred
            found.append(Violation(rule="eligible", bundle=number, officer=officer, message=f"{child.reference}: {bar.reason}"))
    return found


def parent_and_child_apart(problem: Problem, answer: Answer) -> list[Violation]:
    """No move brings a parent who is looked after and its child to one officer."""
    after = officers_after(problem, answer)
    return [
        Violation(
            rule="parent_and_child_apart",
            bundle=one if one in answer else other,
            officer=after[one],
            message="a parent who is looked after and its child would have the same IRO",
        )
        for one, other in kin(problem)
        if after[one] == after[other] and (one in answer or other in answer)
    ]


def kin(problem: Problem) -> Iterator[tuple[int, int]]:
    """Bundles of parent and child, by their numbers."""
    where = {child.id: number for number, bundle in enumerate(problem.bundles) for child in bundle.members}
    return ((where[parent], where[child]) for parent, child in problem.parents if parent in where and child in where)


def within_limit(problem: Problem, answer: Answer) -> list[Violation]:
    """Nobody is brought over her limit, and nobody who is over it is brought further over."""
    before, after = loads(problem, {}), loads(problem, answer)
    return [
        Violation(
            rule="within_limit",
            officer=officer.id,
            message=f"{officer.code} would be {in_points(problem.in_points(after[officer.id] - officer.limit))} over her limit",
        )
        for officer in problem.available
        if after[officer.id] > max(officer.limit, before[officer.id])
    ]


def within_moves(problem: Problem, answer: Answer) -> list[Violation]:
    """No more bundles move than were asked for."""
    if len(answer) <= moves_allowed(problem):
        return []
    return [Violation(rule="within_moves", message=f"{len(answer)} moves, of {moves_allowed(problem)} allowed")]


HARD = (eligible, parent_and_child_apart, within_limit, within_moves)


def judge(problem: Problem, answer: Answer) -> list[Violation]:
    """Every violation of a hard rule; an answer with none may be stored."""
    return [violation for rule in HARD for violation in rule(problem, answer)]


# ------------------------------------------------------------------------------------------------------ soft terms


def left_behind(problem: Problem, answer: Answer) -> int:
    """Children who must move and do not."""
    return sum(len(bundle.members) for number, bundle in enumerate(problem.bundles) if bundle.must_move and number not in answer)


def over_limit(problem: Problem, answer: Answer) -> int:
    """Units over the limits, of all available officers together."""
    held = loads(problem, answer)
    return sum(max(0, held[officer.id] - officer.limit) for officer in problem.available)


def protected_moved(problem: Problem, answer: Answer) -> int:
    """Children who move although they should stay."""
    return sum(len(problem.bundles[number].members) for number in answer if problem.bundles[number].protected is not None)


def worst_utilisation(problem: Problem, answer: Answer) -> int:
    """The fullest officer's share of the limit, in whole steps; what is below the target counts as the target."""
    return counted(problem, worst(problem, answer))


def counted(problem: Problem, share: int) -> int:
    """A share as the objective counts it: rounded up to whole steps, and not less than the target."""
    if problem.target is not None and share <= problem.target:
        return problem.target
    return -(-share // problem.step) * problem.step


def siblings_apart(problem: Problem, answer: Answer) -> int:
    """Officers beyond the first with whom brothers and sisters have to do, of all families."""
    families: dict[str, set[UUID]] = {}
    for bundle, officer in zip(problem.bundles, officers_after(problem, answer), strict=True):
        families.setdefault(family_of(bundle), set()).update({officer}, bundle.siblings_with)
    return sum(len(officers) - 1 for officers in families.values())


def family_of(bundle: Bundle) -> str:
    """The name of the sibling group; of a bundle to which nobody else belongs, a name of its own."""
    return f"family {bundle.family}" if bundle.family is not None else f"bundle {bundle.children[0]}"


def meetings_disturbed(problem: Problem, answer: Answer) -> int:
    """Booked meetings whose chair changes."""
    return sum(problem.bundles[number].meetings for number in answer)


def moves(problem: Problem, answer: Answer) -> int:
    """Bundles that move."""
    return len(answer)


def spread(problem: Problem, answer: Answer) -> int:
    """How uneven the shares are, beyond the fullest."""
    held = loads(problem, answer)
    return sum(rules.unevenness(officer, held[officer.id]) for officer in problem.available)


class Wishes:
    """What would be good for the children, judged as in allocation: by the same functions, for any officer."""

    def __init__(self, problem: Problem) -> None:
        self.team = rules.team_of(problem.officers)

    def missed(self, bundle: Bundle, officer: Officer) -> dict[str, int]:
        """How many of the children would miss each wish with that officer."""
        return {name: sum(rules.MISSES[name](child, officer, self.team) for child in bundle.members) for name in WISHES}

    def matter(self, bundle: Bundle) -> bool:
        """Whether any child of the bundle has a wish at all."""
        return any(
            child.needs or child.area or any((child.last_iro, child.conference_chair, child.wished, child.unwanted))
            for child in bundle.members
        )


def wishes_missed(problem: Problem, answer: Answer) -> Counter[str]:
    """How many children miss each wish once the moves are made, whether they moved or not."""
    wishes, officers = Wishes(problem), {officer.id: officer for officer in problem.officers}
    found = Counter(dict.fromkeys(WISHES, 0))
    for bundle, officer in zip(problem.bundles, officers_after(problem, answer), strict=True):
        if wishes.matter(bundle):
            found.update(wishes.missed(bundle, officers[officer]))
    return found


SOFT = (left_behind, over_limit, protected_moved, worst_utilisation, siblings_apart, meetings_disturbed, moves, spread)


def objective(problem: Problem, answer: Answer) -> tuple[int, ...]:
    """The soft terms in the problem's order: of two answers, the one with the smaller tuple is better."""
    values = {term.__name__: term(problem, answer) for term in SOFT} | wishes_missed(problem, answer)
    return tuple(values[name] for name in problem.terms)
