"""The graph over HTTP in process: a client with a token of each role, and a count of the statements that it caused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from graph.app import build_app
from graph.names import global_id
from graph.tokens import sign_token
from services.kernel.words import Role
from services.platform.config import Config
from services.platform.database import Connection, Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources

SECRET = "a secret of the tests, long enough for HS256"


_THE_DRIVERS_OWN = ("pg_advisory_unlock_all", "current_setting('jit')", "pg_catalog.pg_type", "typeinfo_tree", "set_config('jit'")


class CountingDatabase(Database):
    """Notes every statement that runs on its connections."""

    statements: list[str]

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        def note(record: Any) -> None:
            if not any(mark in record.query for mark in _THE_DRIVERS_OWN):
                self.statements.append(record.query)

        async with super().connection() as connection:
            connection.add_query_logger(note)
            try:
                yield connection
            finally:
                connection.remove_query_logger(note)


@dataclass(slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]
    statements: list[str] = field(default_factory=list)

    @property
    def data(self) -> dict[str, Any]:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        found: dict[str, Any] = self.body["data"]
        return found

    @property
    def code(self) -> str:
        """The code of the only error."""
        (error,) = self.body["errors"]
        found: str = error["extensions"]["code"]
        return found


@dataclass(slots=True)
class Graph:
    """The service as its clients meet it, at a fixed instant."""

    resources: Resources
    database: CountingDatabase
    clock: Callable[[], datetime]
    client: httpx.AsyncClient

    def token(self, role: Role, code: str | None = None, children: tuple[str, ...] = (), hours: float = 1) -> str:
        return sign_token(
            self.resources.config, role=role, code=code, name=code or role.value, children=children,
            lifetime=timedelta(hours=hours), now=self.clock(),
        )  # fmt: skip

    async def ask(
        self, document: str, variables: Mapping[str, Any] | None = None, *, role: Role = Role.MANAGER, code: str | None = None,
        children: tuple[str, ...] = (), accept: str = "application/json",
    ) -> Answer:  # fmt: skip
        """One operation by a viewer; a query by name is not needed."""
        self.database.statements.clear()
        response = await self.client.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self.token(role, code, children)}", "Accept": accept},
        )
        return Answer(response.status_code, response.headers, response.json(), list(self.database.statements))


@asynccontextmanager
async def graph_on(database_url: str, now: datetime, **settings: Any) -> AsyncIterator[Graph]:
    """The application on a database of the test, its clock standing at `now`."""
    config = Config(_env_file=None, token_secret=SECRET, database_url=database_url, **settings)  # type: ignore[call-arg]
    database = await CountingDatabase.connect(database_url, size=8, name="graph-test")
    assert isinstance(database, CountingDatabase)
    database.statements = []
    resources = Resources(config=config, database=database, doorbell=Doorbell(None))
    transport = httpx.ASGITransport(app=build_app(resources, lambda: now))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://convene.test") as client:
            yield Graph(resources, database, lambda: now, client)
    finally:
        await database.close()


__all__ = ["SECRET", "Answer", "CountingDatabase", "Graph", "global_id", "graph_on"]
