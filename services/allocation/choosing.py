"""A person's choice of an officer for one child: what the rules say of every officer, and whose approval each would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.allocation.comparing import Option, compare, rejected
from services.allocation.deciding import without_iro
from services.allocation.door import Settled
from services.allocation.explain import Rejected
from services.allocation.posing import Known, pose
from services.allocation.problem import Child, Problem
from services.kernel.actor import Actor
from services.kernel.words import ApprovalGround, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One child and every officer for it. `holder`: who has it now.

    `ranked`: those whom no law forbids, the best by the unit's order first; who would pass her limit stands after all who would
    not. `recommended`: whoever has the child, else the best within her limit; None where nobody is. `base` is the answer
    with her.
    """

    problem: Problem
    child: Child
    holder: UUID | None
    options: tuple[Option, ...]
    ranked: tuple[Option, ...]
    recommended: UUID | None
    base: Settled | None

    def option_of(self, officer: UUID) -> Option | None:
        """None for an officer who is not at the unit on the day."""
        return next((option for option in self.options if option.officer.id == officer), None)

    def costs(self, option: Option) -> Rejected | None:
        """What choosing her would mean against the recommendation, or the rule that forbids her; None for the recommended."""
        if option.officer.id == self.recommended:
            return None
        return rejected(self.problem, option, (self.child,), self.base)

    def needs_approval(self, option: Option, actor: Actor) -> tuple[ApprovalGround, ...]:
        """Why another manager would have to approve that this actor gives the child to her."""
        found = []
        if option.over:
            found.append(ApprovalGround.OVER_LIMIT)
        if self.holder is not None and self.holder != option.officer.id:
            found.append(ApprovalGround.CHANGE_OF_IRO)
        if actor.role is not Role.MANAGER and option.officer.id != self.recommended:
            found.append(ApprovalGround.AGAINST_RECOMMENDATION)
        return tuple(found)


def look_at(known: Known, child_id: UUID) -> Choice:
    """Every officer for this child, as if nobody had it; everybody else keeps whom they have."""
    holder = known.holders.get(child_id)
    problem = pose(without_iro(known, child_id), [child_id], may_exceed=False)
    (child,) = problem.children
    options = compare(problem, (child,))
    ranked = _rank(options)
    recommended = _recommend(ranked, holder)
    return Choice(
        problem=problem,
        child=child,
        holder=holder,
        options=options,
        ranked=ranked,
        recommended=None if recommended is None else recommended.officer.id,
        base=None if recommended is None else recommended.settled,
    )


def _rank(options: Sequence[Option]) -> tuple[Option, ...]:
    able = [(option.settled.value, option.officer.code, option) for option in options if option.settled is not None and not option.bars]
    return tuple(option for _, _, option in sorted(able, key=lambda each: each[:2]))


def _recommend(ranked: Sequence[Option], holder: UUID | None) -> Option | None:
    keeps = next((option for option in ranked if option.officer.id == holder), None)
    return keeps or next((option for option in ranked if not option.over), None)
