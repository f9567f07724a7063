"""Request keys: the same key and body gives the first answer again; another body is an error.

The key, the hash of the body and the answer are written in the transaction of the deed: both are there, or neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, RequestKeyReused
from services.platform.database import Connection, Database

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def _digest(body: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=_stated).encode()).digest()


def _stated(value: object) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def body_of(command: DataclassInstance, verb: str) -> dict[str, Any]:
    """A command with its name, as `once` takes it: what `asdict` would say, without a copy of every value."""
    return {"command": verb, **{each.name: getattr(command, each.name) for each in fields(command)}}


async def once(
    database: Database,
    actor: Actor,
    key: str,
    body: Mapping[str, Any],
    work: Callable[[Connection], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Does `work` once for this actor and key, and answers what it answered the first time.

    `body` is the command with its name, `work` answers what can be kept as JSON (ids, not objects). A `Rejected` that
    `work` raises keeps nothing: the caller may correct and use the key again. Two at once: the second waits for the first.
    """
    if not 1 <= len(key) <= 255:
        raise InvalidInput("a requestKey has 1 to 255 characters", "requestKey")
    digest = _digest(body)

    async def attempt(connection: Connection) -> dict[str, Any]:
        claimed = await connection.fetchval(
            "INSERT INTO request_key (actor, key, body_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true",
            actor.subject,
            key,
            digest,
        )
        if not claimed:
            return await _first_answer(connection, actor, key, digest)
        answer = await work(connection)
        await connection.execute("UPDATE request_key SET answer = $3 WHERE actor = $1 AND key = $2", actor.subject, key, answer)
        return answer

    return await database.run(attempt)


async def _first_answer(connection: Connection, actor: Actor, key: str, digest: bytes) -> dict[str, Any]:
    row = await connection.fetchrow("SELECT body_hash, answer FROM request_key WHERE actor = $1 AND key = $2", actor.subject, key)
    assert row is not None  # ON CONFLICT waited for the other transaction to commit
    if row["body_hash"] != digest:
        raise RequestKeyReused
    answer: dict[str, Any] = row["answer"]
    return answer
