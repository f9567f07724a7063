"""Who asks: handed to every service as an argument, never looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from services.kernel.words import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person or a program with one role.

    `subject` is stable and goes into the audit. `resource_id` is the IRO, note-taker or police team that the person is.
    `child_references` are the children that a social worker's token names.
    """

    subject: str
    role: Role
    name: str
    code: str | None = None
    resource_id: UUID | None = None
    child_references: frozenset[str] = field(default_factory=frozenset)


def service_actor(name: str) -> Actor:
    """The service itself at work: imports, plans, sweeps."""
    return Actor(subject=f"service:{name}", role=Role.SERVICE, name=name)


COMMAND_LINE = Actor(subject="command-line", role=Role.MANAGER, name="command line")
"""The operator at the command line of the server has a manager's rights; the audit names it."""
