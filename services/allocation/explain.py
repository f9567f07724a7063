"""Why this officer and not another: in words, with what the whole would be with each of the others, counted anew.

Differences are those of the whole objective with every other decision as it stands; where there is one decision only,
that is the whole truth. A rule that forbids is named before any difference. "Would fit if" was tried: the rules were
asked again under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from services.allocation import rules
from services.allocation.balance import NOBODY, Balance, Bundle
from services.allocation.problem import Answer, Bar, Child, Officer, Problem
from services.kernel.errors import Blocker
from services.kernel.words import BlockerCode, ResourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An officer who was not chosen."""

    officer: UUID
    officer_code: str
    code: BlockerCode
    message: str
    would_fit_if: str | None = None


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


def in_percent(share: int) -> str:
    """Hundredths of a percent, as people read them."""
    return f"{Decimal(share) / 100:.2f} %"


# ---------------------------------------------------------------------------------------------------------- chosen


def _decision(balance: Balance, bundle: Bundle, answer: Answer, worst_bound: int) -> Decision:
    chosen = balance.officer_of[bundle.children[0]]
    rejected = (
        *(_rejected(balance, bundle, answer, number) for number in range(len(balance.officers)) if number != chosen),
        *(_not_there(officer) for officer in balance.problem.officers if officer.limit <= 0),
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
    if any(child.last_iro == officer.id for child in children):
        found.append(f"{officer.code} was the IRO when the child was last in scope")
    shared = sorted({need for child in children for need in child.needs} & officer.specialities)
    if shared:
        found.append(f"speciality of {officer.code}: {', '.join(shared)}")
    return [*found, _capacity(balance, chosen, worst_bound)]


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


def _not_there(officer: Officer) -> Rejected:
    return Rejected(
        officer=officer.id, officer_code=officer.code, code=BlockerCode.UNAVAILABLE, message=f"{officer.code} has no capacity on this day"
    )


def _rejected(balance: Balance, bundle: Bundle, answer: Answer, number: int) -> Rejected:
    officer = balance.officers[number]
    if not balance.may(bundle, number):
        bars = [
            (balance.children[child], bar)
            for child in bundle.children
            for bar in _bars(balance.problem, answer, balance.children[child], officer)
        ]
        child, bar = bars[0]
        about = f"{child.reference}: " if len(bundle.children) > 1 else ""
        return Rejected(officer=officer.id, officer_code=officer.code, code=bar.code, message=f"{about}{bar.reason}")
    after = balance.cost(bundle, number)
    now = balance.objective
    term = next((index for index, (one, other) in enumerate(zip(after, now, strict=True)) if one != other), None)
    name = None if term is None else balance.problem.order[term]
    values = (0, 0) if term is None else (after[term], now[term])
    return _costlier(balance, bundle, number, name, values)


def _costlier(balance: Balance, bundle: Bundle, number: int, term: str | None, values: tuple[int, int]) -> Rejected:
    problem, officer = balance.problem, balance.officers[number]
    after, now = values
    load = balance.load[number] + balance.points(bundle)
    code, fits = BlockerCode.COSTLIER, None
    if term == "over_limit":
        over = problem.in_points(load - officer.limit)
        code, fits = BlockerCode.OVER_LIMIT, f"the limit of {officer.code} were {over} points higher"
        message = f"{officer.code} would stand at {problem.in_points(load)} points, {over} over her limit"
    elif term == "siblings_apart":
        code = BlockerCode.SIBLINGS_ELSEWHERE
        message = "brothers and sisters would have to do with one officer more"
    elif term == "last_iro_missed":
        message = f"{count(after - now, 'child', 'children')} more would not have the IRO of last time"
    elif term == "worst_utilisation":
        message = f"the fullest officer would stand at {in_percent(after)} instead of {in_percent(now)}"
    elif term == "speciality_missed":
        message = f"{count(after - now, 'child', 'children')} more would miss an officer with the speciality that would help"
    elif term == "spread":
        share, more = in_percent(rules.utilisation(officer, load)), _growth(after, now)
        message = (
            f"the fullest officer would stand no higher, but shares would be less even: {officer.code} at {share}, unevenness {more} more"
        )
    else:
        message = "as good in every respect: the first by code was taken"
    told = f"{message}, if every other decision stays as it is"
    return Rejected(officer=officer.id, officer_code=officer.code, code=code, message=told, would_fit_if=fits)


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


def _growth(after: int, now: int) -> str:
    return f"{Decimal(after - now) * 100 / max(1, now):.4f} %"


# -------------------------------------------------------------------------------------------------------- blockers


def blockers(problem: Problem, answer: Answer, child: Child) -> tuple[Blocker, ...]:
    """What keeps a child from each officer; where one rule alone does, and it may be changed, under what it would fit."""
    if not problem.officers:
        return (Blocker(code=BlockerCode.NO_CHAIR, message="there is no IRO at all", would_fit_if="an IRO were recorded"),)
    found: list[Blocker] = []
    for officer in problem.officers:
        bars = _bars(problem, answer, child, officer)
        found.extend(
            Blocker(
                code=bar.code,
                message=bar.reason,
                resource=ResourceKind.IRO,
                resource_code=officer.code,
                would_fit_if=_relaxed(problem, answer, child, officer, bar) if len(bars) == 1 else None,
            )
            for bar in bars
        )
    return tuple(found)


def collision(problem: Problem, found: Sequence[Blocker]) -> str:
    """Which rules leave nobody, in one sentence."""
    by_rule: dict[BlockerCode, set[str]] = {}
    for blocker in found:
        by_rule.setdefault(blocker.code, set()).add(blocker.resource_code or "nobody")
    told = [f"{code.value} ({', '.join(sorted(codes))})" for code, codes in by_rule.items()]
    return f"no IRO is left on {problem.day.isoformat()}: {' and '.join(told)}"


def _bars(problem: Problem, answer: Answer, child: Child, officer: Officer) -> list[Bar]:
    """Every rule that keeps a child from an officer, the others being where they are."""
    found = [bar for bar in (rules.bar_of(child, officer),) if bar is not None and bar.code is BlockerCode.UNAVAILABLE]
    found.extend(bar for bar in child.barred if bar.officer == officer.id)
    if any(child.id in pair and answer.get(other) == officer.id for pair in problem.parents for other in pair if other != child.id):
        reason = f"{officer.code} has the parent or the child of this child, who is looked after too"
        found.append(Bar(officer=officer.id, code=BlockerCode.PARENT_AND_CHILD, reason=reason))
    if officer.limit > 0 and not problem.may_exceed:
        load = rules.loads(problem, {key: value for key, value in answer.items() if key != child.id})[officer.id] + child.points
        over = rules.excess(officer, load)
        if over:
            message = f"{officer.code} would stand at {problem.in_points(load)} points, {problem.in_points(over)} over her limit"
            found.append(Bar(officer=officer.id, code=BlockerCode.OVER_LIMIT, reason=message))
    return found


def _relaxed(problem: Problem, answer: Answer, child: Child, officer: Officer, bar: Bar) -> str | None:
    """The words for the change under which the rules, asked again, leave this officer; None where they still would not."""
    if bar.code is BlockerCode.OVER_LIMIT:
        load = rules.loads(problem, {key: value for key, value in answer.items() if key != child.id})[officer.id] + child.points
        changed, words = (
            replace(officer, limit=load),
            f"the limit of {officer.code} were {problem.in_points(load - officer.limit)} points higher",
        )
    elif bar.code is BlockerCode.UNAVAILABLE:
        needed = officer.held + child.points
        changed, words = (
            replace(officer, limit=needed),
            f"{officer.code} were at work with a limit of {problem.in_points(needed)} points or more",
        )
    elif bar in child.barred:
        child = replace(child, barred=tuple(other for other in child.barred if other != bar))
        changed, words = officer, f"this were not so for {officer.code}: {bar.reason}"
    else:
        return None
    officers = tuple(changed if each.id == officer.id else each for each in problem.officers)
    return words if not _bars(replace(problem, officers=officers), answer, child, changed) else None
