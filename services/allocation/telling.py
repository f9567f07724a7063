"""Decisions in the form in which they are kept, and a run's end in one sentence."""

from __future__ import annotations

from typing import Any

from services.allocation import rules
from services.allocation.explain import Decision, Explained, Rejected, Unallocated, collision, count, in_percent
from services.allocation.problem import Answer, Problem
from services.caseload import weights

ENGINE = "allocation-2"


def kept_decision(problem: Problem, decision: Decision) -> dict[str, Any]:
    """What stays with an allocation for good: reasons, rejected officers, the order of what was sought, scheme and engine.

    (Who writes it adds the instant, and what the child weighed.)
    """
    return {
        "reasons": list(decision.reasons),
        "rejected": [kept_rejected(each) for each in decision.rejected],
        **kept_basis(problem),
    }


def kept_basis(problem: Problem) -> dict[str, Any]:
    """What a decision rests on beside the records."""
    return {
        "order": list(problem.order),
        "scheme_id": None if problem.scheme_id is None else str(problem.scheme_id),
        "engine": f"{ENGINE} {weights.ENGINE}",
    }


def kept_rejected(each: Rejected) -> dict[str, Any]:
    return {
        "iro_id": str(each.officer),
        "iro_code": each.officer_code,
        "code": each.code.value,
        "message": each.message,
        "would_fit_if": each.would_fit_if,
        "source": each.source,
    }


def kept_unallocated(each: Unallocated) -> dict[str, Any]:
    return {
        "child_id": str(each.child),
        "blockers": [
            {
                "code": blocker.code.value,
                "message": blocker.message,
                "resource": None if blocker.resource is None else blocker.resource.value,
                "resource_code": blocker.resource_code,
                "would_fit_if": blocker.would_fit_if,
                "source": blocker.source,
            }
            for blocker in each.blockers
        ],
    }


def tell(problem: Problem, answer: Answer, explained: Explained, bound: int) -> str:
    """What a run came to, in one or two sentences."""
    if not problem.groups:
        return "every child in scope has an IRO already: nothing to allocate"
    worst, over = rules.worst_utilisation(problem, answer), rules.over_limit(problem, answer)
    proof = "proven the least" if worst <= bound else f"proven not below {in_percent(bound)}"
    told = f"{count(len(answer), 'child', 'children')} allocated; the fullest officer stands at {in_percent(worst)} of her limit ({proof})"
    if over:
        told += f"; limits are passed by {problem.in_points(over)} points in all, since nobody has room"
    if explained.unallocated:
        first = explained.unallocated[0]
        told += f"; {len(explained.unallocated)} without an IRO, the first because {collision(problem, first.blockers)}"
    return told
