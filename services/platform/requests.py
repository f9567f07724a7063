"""Request keys: the same key and body gives the first answer again; another body is an error.

The key, the hash of the body and the answer are written in the transaction of the deed: both are there, or neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, RequestKeyReused
from services.platform.database import Connection, Database

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Work: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]

_STATEMENT = "INSERT INTO request_key (actor, key, body_hash, answer) VALUES ({}) ON CONFLICT DO NOTHING RETURNING true"
_CLAIM = _STATEMENT.format("$1, $2, $3, $4")
CLAIM = _STATEMENT.format(":actor, :key, :body_hash, :answer")
"""Claims a key: a statement that a store may make part of one of its own, by the names of `Claim`. No row: the key is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What stands for a request. `answer`: where it is known before the deed is done."""

    actor: str
    key: str
    body_hash: bytes
    answer: dict[str, Any] | None = None


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

    async def begin(connection: Connection, claim: Claim) -> Work | None:
        claimed = await connection.fetchval(_CLAIM, claim.actor, claim.key, claim.body_hash, claim.answer)
        return partial(work, connection) if claimed else None

    return await once_from(database, actor, key, body, begin)


async def once_from(
    database: Database,
    actor: Actor,
    key: str,
    body: Mapping[str, Any],
    begin: Callable[[Connection, Claim], Awaitable[Work | None]],
    *,
    answer: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """As `once`, where `begin` claims the key and answers the work that is to be done then, or None: the key is known. `answer`: what
    that work will answer, where it is known beforehand: then nothing is left to be written of it."""
    if not 1 <= len(key) <= 255:
        raise InvalidInput("a requestKey has 1 to 255 characters", "requestKey")
    stated = Claim(actor=actor.subject, key=key, body_hash=_digest(body), answer=answer)

    async def attempt(connection: Connection) -> dict[str, Any]:
        work = await begin(connection, stated)
        if work is None:
            return await _first_answer(connection, stated)
        done = await work()
        if done != answer:
            await connection.execute("UPDATE request_key SET answer = $3 WHERE actor = $1 AND key = $2", stated.actor, key, done)
        return done

    return await database.run(attempt)


async def _first_answer(connection: Connection, stated: Claim) -> dict[str, Any]:
    row = await connection.fetchrow("SELECT body_hash, answer FROM request_key WHERE actor = $1 AND key = $2", stated.actor, stated.key)
    assert row is not None  # ON CONFLICT waited for the other transaction to commit
    if row["body_hash"] != stated.body_hash:
        raise RequestKeyReused
    answer: dict[str, Any] = row["answer"]
    return answer
