"""Every officer for one child, ranked, for a person who decides herself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.kernel.actor import Actor
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
    raise NotImplementedError
