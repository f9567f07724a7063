"""Every officer for one child, ranked, for a person who decides herself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.allocation.choosing import Choice, look_at
from services.allocation.comparing import Option
from services.allocation.deciding import find_asked, look_at_family, must_be_in_scope
from services.allocation.explain import merits
from services.caseload.capacity import share
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.permission import Act, require
from services.kernel.words import ApprovalGround, BlockerCode
from services.platform.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An officer as the child's IRO. Rank 1 is the best; those whom a rule forbids come last and have no rank.

    `code` and `message`: what keeps the child from her, or what the whole would lose by her; None for the best.
    `would_fit_if` was tried and is true. `needs_approval_for`: why another manager would have to approve.
    `holds`: she has the child now. `points_after` and `utilisation_after` are hers, with this child.
    """

    iro_id: UUID
    iro_code: str
    rank: int | None
    recommended: bool
    holds: bool
    code: BlockerCode | None
    message: str
    would_fit_if: str | None
    points_after: Decimal
    limit: Decimal
    utilisation_after: Decimal | None
    reasons: tuple[str, ...]
    needs_approval_for: tuple[ApprovalGround, ...]
    source: str | None = None


async def candidates(connection: Connection, actor: Actor, reference: str, today: date) -> tuple[Candidate, ...]:
    """Every officer, the best first. Needs the right to allocate; raises `NotFound`, `InvalidInput` for a child out of scope."""
    require(actor, Act.ALLOCATE)
    asked = await find_asked(connection, [reference], "reference")
    child = asked.children[reference].id
    known = await look_at_family(connection, today, [child])
    must_be_in_scope(known, asked, "reference")
    if child not in known.weights:
        raise InvalidInput(f"{reference} needs no IRO any more", "reference")
    choice = look_at(known, child)
    able = [_candidate(choice, actor, option, rank) for rank, option in enumerate(choice.ranked, start=1)]
    barred = [_candidate(choice, actor, option, None) for option in choice.options if option not in choice.ranked]
    return (*able, *barred)


def _candidate(choice: Choice, actor: Actor, option: Option, rank: int | None) -> Candidate:
    officer, problem = option.officer, choice.problem
    told, limit = choice.costs(option), problem.in_points(officer.limit)
    points = problem.in_points(option.load)
    return Candidate(
        iro_id=officer.id,
        iro_code=officer.code,
        rank=rank,
        recommended=told is None,
        holds=choice.holder == officer.id,
        code=None if told is None else told.code,
        message=_recommended(choice) if told is None else told.message,
        would_fit_if=None if told is None else told.would_fit_if,
        points_after=points,
        limit=limit,
        utilisation_after=share(points, limit),
        reasons=tuple(_reasons(choice, option)),
        needs_approval_for=() if rank is None else choice.needs_approval(option, actor),
        source=None if told is None else told.source,
    )


def _recommended(choice: Choice) -> str:
    return "has the child already" if choice.holder == choice.recommended else "the best by the unit's order, of those within their limits"


def _reasons(choice: Choice, option: Option) -> list[str]:
    """What speaks for her; nothing of one whom a rule forbids."""
    if option.bars:
        return []
    (group,) = choice.problem.groups
    siblings = [f"brothers and sisters are with {option.officer.code} already"] if option.officer.id in group.siblings_with else []
    return [*siblings, *merits((choice.child,), option.officer)]
