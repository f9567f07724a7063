"""What keeps a child from each officer, with the source of each rule; and under what the answer would be yes, tried."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.allocation import rules
from services.allocation.figures import in_points
from services.allocation.problem import Answer, Bar, Child, Officer, Problem
from services.kernel.errors import Blocker
from services.kernel.words import BlockerCode, ResourceKind


def blockers(problem: Problem, answer: Answer, child: Child) -> tuple[Blocker, ...]:
    """What keeps a child from each officer; where one rule alone does, and it may be changed, under what it would fit."""
    if not problem.officers:
        return (Blocker(code=BlockerCode.NO_CHAIR, message="there is no IRO at all", would_fit_if="an IRO were recorded"),)
    found: list[Blocker] = []
    for officer in problem.officers:
        bars = bars_on(problem, answer, child, officer)
        found.extend(
            Blocker(
                code=bar.code,
                message=bar.reason,
                resource=ResourceKind.IRO,
                resource_code=officer.code,
                would_fit_if=would_fit(problem, answer, (child,), officer) if len(bars) == 1 else None,
                source=bar.source or None,
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


def bars_on(problem: Problem, answer: Mapping[UUID, UUID | None], child: Child, officer: Officer) -> list[Bar]:
    """Every rule that keeps a child from an officer, the others being where they are."""
    found = []
    if officer.limit <= 0 and (bar := rules.bar_of(child, officer)) is not None:
        found.append(bar)
    found.extend(bar for bar in child.barred if bar.officer == officer.id)
    if any(child.id in pair and answer.get(other) == officer.id for pair in problem.parents for other in pair if other != child.id):
        reason = f"{officer.code} has the parent or the child of this child, who is looked after too"
        found.append(_bar(officer, BlockerCode.PARENT_AND_CHILD, reason))
    if officer.limit > 0 and not problem.may_exceed:
        load = _load_without(problem, answer, {child.id}, officer) + child.points
        if rules.excess(officer, load):
            over = problem.in_points(load - officer.limit)
            message = f"{officer.code} would stand at {problem.in_points(load)} points, {over} over her limit"
            found.append(_bar(officer, BlockerCode.OVER_LIMIT, message))
    return found


def _bar(officer: Officer, code: BlockerCode, reason: str) -> Bar:
    return Bar(officer=officer.id, code=code, reason=reason, source=rules.SOURCES[code])


def _load_without(problem: Problem, answer: Mapping[UUID, UUID | None], children: Collection[UUID], officer: Officer) -> int:
    """What the officer holds without these children."""
    others = {child: one for child, one in answer.items() if one is not None and child not in children}
    return rules.loads(problem, others)[officer.id]


def would_fit(problem: Problem, answer: Answer, children: Sequence[Child], officer: Officer) -> str | None:
    """What would have to be otherwise for these children to have this officer, in words: the rules were asked again under it.

    None where no rule forbids it, or where another child's decision would have to change.
    """
    changed, words = _with_room(problem, answer, children, officer)
    lifted = [bar for child in children for bar in child.barred if bar.officer == officer.id]
    words.extend(dict.fromkeys(f"this were not so: {bar.reason}" for bar in lifted))
    placed: dict[UUID, UUID | None] = dict.fromkeys(child.id for child in children)
    for child in children:
        free = replace(child, barred=tuple(bar for bar in child.barred if bar.officer != officer.id))
        if bars_on(problem, ChainMap(placed, answer), free, changed):  # type: ignore[arg-type]  # it is only read
            return None
        placed[child.id] = officer.id
    return " and ".join(words) or None


def _with_room(problem: Problem, answer: Answer, children: Sequence[Child], officer: Officer) -> tuple[Officer, list[str]]:
    """The officer with as much capacity as she would need for these children, and the words for the change, if there is one."""
    if officer.limit > 0 and problem.may_exceed:
        return officer, []
    load = officer.held if officer.limit <= 0 else _load_without(problem, answer, {child.id for child in children}, officer)
    load += sum(child.points for child in children)
    if officer.limit <= 0:
        words = f"{officer.code} were at work with a limit of {in_points(problem.in_points(load))} or more"
    elif rules.excess(officer, load):
        words = f"the limit of {officer.code} were {in_points(problem.in_points(load - officer.limit))} higher"
    else:
        return officer, []
    return replace(officer, limit=load), [words]
