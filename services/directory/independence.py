"""Who may not have a child, as a person declares it: Care Planning Regulations 2010, reg. 46(3), and personal ties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.words import IndependenceGround
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareConflict:
    """This officer may not have that child, nor chair its meetings, on that ground."""

    request_key: str
    iro_code: str
    reference: str
    ground: IndependenceGround
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConflict:
    """What was declared of this officer and that child does not hold."""

    request_key: str
    iro_code: str
    reference: str
    reason: str


async def declare_conflict(resources: Resources, actor: Actor, command: DeclareConflict, now: datetime) -> UUID:
    """The officer may not have the child from now on; answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """
    raise NotImplementedError


async def withdraw_conflict(resources: Resources, actor: Actor, command: WithdrawConflict, now: datetime) -> UUID:
    """What was declared bars the officer no more; answers the child's identifier. What a file states of the two stays.

    Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """
    raise NotImplementedError
