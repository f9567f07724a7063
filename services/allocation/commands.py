"""What callers ask of allocation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateChildren:
    """Give these children an IRO; None: every child that needs one and has none."""

    request_key: str
    references: tuple[str, ...] | None = None
