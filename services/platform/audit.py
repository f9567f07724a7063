"""The audit trail: who did or saw what, written in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.kernel.actor import Actor
from services.platform.database import Connection

_STATEMENT = "INSERT INTO audit_event (actor, role, action, subject, request_id, details) VALUES ({})"
_ADD = _STATEMENT.format("$1, $2, $3, $4, $5, $6")
ADDED = _STATEMENT.format(":audit_actor, :audit_role, :audit_action, :audit_subject, NULL, :audit_details")
"""Appends one event: a statement that a store may make part of one of its own, with `stated_of`."""


def stated_of(actor: Actor, action: str, *, subject: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """What `ADDED` is told, by name."""
    return {
        "audit_actor": actor.subject,
        "audit_role": actor.role.value,
        "audit_action": action,
        "audit_subject": subject,
        "audit_details": dict(details),
    }


async def record(
    connection: Connection,
    actor: Actor,
    action: str,
    *,
    subject: str | None = None,
    details: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> None:
    """Appends one event. `details` hold ids, codes, old and new values; never free text about a child."""
    await connection.execute(_ADD, actor.subject, actor.role.value, action, subject, request_id, dict(details or {}))


async def record_many(
    connection: Connection,
    actor: Actor,
    action: str,
    subjects: Iterable[tuple[str | None, Mapping[str, Any]]],
    *,
    request_id: str | None = None,
) -> None:
    """Appends one event for each subject, in one statement a thousand."""
    await connection.executemany(
        _ADD,
        [(actor.subject, actor.role.value, action, subject, request_id, dict(details)) for subject, details in subjects],
    )
