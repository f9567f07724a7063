"""The only door to PostgreSQL: a pool, transactions, and driver errors turned into ours."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

import asyncpg

from services.kernel.errors import Rejected, Unavailable
from services.platform.kept import K, Kept, V
from services.platform.together import Together

if TYPE_CHECKING:
    _Driver: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | _Driver
else:
    Connection, _Driver = Any, asyncpg.Connection

T = TypeVar("T")

_TRIES = 5
_TRY_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
_BUSY = (asyncpg.InsufficientResourcesError, asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)
_NOT_REACHED = (
    *_LOST,
    OSError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)

_REFUSED: dict[type[asyncpg.PostgresError], str] = {
    asyncpg.InvalidPasswordError: "the database refuses the user or the password of its address",
    asyncpg.InvalidAuthorizationSpecificationError: "the database refuses the user or the password of its address",
    asyncpg.InvalidCatalogNameError: "the server has no database of that name: create it, or correct its address",
    asyncpg.InvalidParameterValueError: "the database was never migrated: run `convene migrate` first",
    asyncpg.InsufficientPrivilegeError: "the user of the address is no member of the role convene_app: migrate as the owner, "
    "then grant that role to it",
}


def refusal_of(fault: Exception) -> str:
    """What to tell an operator whom the server refused a connection."""
    return next(text for kind, text in _REFUSED.items() if isinstance(fault, kind))


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


def is_gone(connection: Connection) -> bool:
    """Whether the server is known to have ended it, with all that it had locked."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken the lost one back already
        return True


def _told_of(fault: Exception, *, lost: bool) -> str | None:
    """What to tell of a fault while a connection was in use; None where it is not the server's.

    The driver raises `InterfaceError` both for a connection that is gone and for a call that is wrong.
    """
    if isinstance(fault, asyncpg.DiskFullError):
        return "the disk of the database is full: nothing was written; make room, then try again"
    if isinstance(fault, (*_BUSY, TimeoutError)):
        return "the database is too busy: nothing was written; try again"
    return "the database does not answer: try again" if lost or isinstance(fault, _LOST) else None


class _Lasting(_Driver):
    """A connection that goes back to the pool as it is: nothing of ours outlives its transaction, so there is nothing to reset."""

    opened: ClassVar[int] = 0
    """How many this process has made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _Lasting.opened += 1

    def get_reset_query(self) -> str:
        return ""


class Database:
    """A pool of connections as the application role, which owns nothing."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool
        self._kept: dict[Any, Kept[Any, Any]] = {}
        self._together: dict[Any, Together[Any, Any]] = {}
        self._uses = 0

    @classmethod
    async def connect(cls, url: str, *, size: int = 8, name: str = "convene") -> Database:
        """A pool of up to `size` connections; raises `Unavailable` when the server does not answer."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                init=_prepare,
                connection_class=_Lasting,
                timeout=10,
                command_timeout=60,
                server_settings={
                    "application_name": name,
                    "role": "convene_app",
                    "timezone": "UTC",
                    "statement_timeout": "60s",
                    "lock_timeout": "10s",
                    "idle_in_transaction_session_timeout": "60s",
                },
            )
        except tuple(_REFUSED) as fault:
            raise Rejected(refusal_of(fault)) from fault
        except (*_NOT_REACHED, TimeoutError) as fault:
            raise Unavailable("the database does not answer: is CONVENE_DATABASE_URL right, and the server up?") from fault
        return cls(pool)

    async def close(self) -> None:
        """Waits for connections in use, then closes all."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection outside a transaction: each statement stands alone. For reads.

        Raises `Unavailable` for what is the server's fault. A fault of the code that uses the connection passes through.
        """
        try:
            async with self._lent() as connection:
                yield connection
        finally:
            self._uses += 1

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Connection]:
        try:
            connection = await self._pool.acquire(timeout=10)
        except (*_NOT_REACHED, TimeoutError) as fault:
            raise Unavailable("the database does not answer: try again") from fault
        try:
            yield connection
        except asyncpg.InternalClientError as fault:  # the driver was told of its end in the middle of a question
            connection.terminate()
            raise Unavailable("the database does not answer: try again") from fault
        except (*_LOST, *_BUSY, asyncpg.InterfaceError, ConnectionError, TimeoutError) as fault:
            told = _told_of(fault, lost=is_gone(connection))
            if told is None:
                raise
            raise Unavailable(told) from fault
        finally:
            # a connection that was lost since its last answer is the pool's to replace: what was done on it is done
            with suppress(*_LOST, ConnectionError, TimeoutError, asyncpg.InternalClientError):
                await self._pool.release(connection)

    @asynccontextmanager
    async def transaction(self, *, snapshot: bool = False) -> AsyncIterator[Connection]:
        """One transaction: all of it or nothing. `snapshot`: every statement sees the same state; read only."""
        async with self.connection() as connection:
            options: dict[str, Any] = {"isolation": "repeatable_read", "readonly": True} if snapshot else {}
            async with connection.transaction(**options):
                yield connection

    async def ask(self, read: Callable[[Connection, Sequence[K]], Awaitable[Mapping[K, V]]], key: K) -> V | None:
        """What `read`, a function of a module, finds for `key` from now on, None where nothing: read together with whatever others ask of
        it at the same moment, and only if anything was committed since it was read (see `Kept`, also for how old it may be where many
        ask). For reads that are small and many, and depend on the key and on what is committed alone."""
        if read not in self._kept:
            self._kept[read] = Kept(read, self._lent, lambda: self._uses, lambda: _Lasting.opened)
        found: V | None = await self._kept[read].ask(key)
        return found

    async def write_together(self, write: Callable[[Connection, Sequence[K]], Awaitable[Mapping[K, V]]], key: K) -> V | None:
        """What `write`, a function of a module that sends one statement, answers for `key`, None where nothing: it is committed, in one
        transaction with whatever others ask to be written at the same moment. All of them meet the fault of one."""
        if write not in self._together:

            async def write_all(keys: Sequence[K]) -> Mapping[K, V]:
                async with self.connection() as connection:
                    return await write(connection, keys)

            self._together[write] = Together(write_all)
        answer: V | None = await self._together[write].ask(key)
        return answer

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """`work` in a transaction, again from the start where PostgreSQL asks for that (deadlock, serialization)."""

        async def attempt() -> T:
            async with self.transaction() as connection:
                return await work(connection)

        return await _again(attempt)


async def run_within(connection: Connection, work: Callable[[Connection], Awaitable[T]]) -> T:
    """`work` in a savepoint of the caller's transaction, again where it met a deadlock: what was done and locked before it stands."""

    async def attempt() -> T:
        async with connection.transaction():
            return await work(connection)

    return await _again(attempt)


async def _again(attempt: Callable[[], Awaitable[T]]) -> T:
    for tried in range(1, _TRIES + 1):
        try:
            return await attempt()
        except _TRY_AGAIN as fault:
            if tried == _TRIES:
                raise Unavailable("the database is busy: try again") from fault
            await asyncio.sleep(random.uniform(0, 0.02 * 2**tried))
    raise AssertionError("unreachable")
