"""What callers ask of allocation."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateChildren:
    """Give these children an IRO; None: every child that needs one and has none."""

    request_key: str
    references: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateTo:
    """A person's own decision: this child is to have this officer, for this reason."""

    request_key: str
    reference: str
    iro_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest:
    """Another manager's answer to a decision that waits. Whoever asked may decline it, which takes it back."""

    request_key: str
    id: UUID
    approve: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """An allocation run is to end without an answer. (Plans: `services.planning.commands.RunAction`.)"""

    request_key: str
    id: UUID
    reason: str | None = None
