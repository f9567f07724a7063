"""Named SQL: each store keeps its statements in `queries.sql` beside it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import aiosql
from aiosql.adapters.asyncpg import AsyncPGAdapter


class _OfConnection(AsyncPGAdapter):
    """As the library's, always asked with a connection: to ask each time whether it is a pool costs more than all else it does."""

    def _in_order(self, query_name: str, parameters: Any) -> Sequence[Any]:
        found: Sequence[Any] = self.maybe_order_params(query_name, parameters)  # type: ignore[no-untyped-call]
        return found

    async def select(self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None) -> AsyncIterator[Any]:
        for row in await conn.fetch(sql, *self._in_order(query_name, parameters)):
            yield row

    async def select_one(self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None) -> Any:
        return await conn.fetchrow(sql, *self._in_order(query_name, parameters))

    async def select_value(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        return await conn.fetchval(sql, *self._in_order(query_name, parameters))

    async def insert_update_delete(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        return await conn.execute(sql, *self._in_order(query_name, parameters))


_STATEMENT = re.compile(r"^-- name: (\w+)[^\n]*\n(.*?);$", re.MULTILINE | re.DOTALL)


def statements_of(store_file: str, name: str = "queries.sql") -> dict[str, str]:
    """The text of each statement of `name` in the folder of `store_file`: what may be a part of one elsewhere."""
    text = (Path(store_file).parent / name).read_text(encoding="utf-8")
    return dict(_STATEMENT.findall(text))


def load_queries(store_file: str, name: str = "queries.sql", words: Mapping[str, str] | None = None) -> Any:
    """The statements of `name` in the folder of `store_file` (pass `__file__`), as async functions of a connection.

    `words` are what stands in the file for each name in braces: one statement that is asked of different tables or versions. What a
    file names itself stands there already: one of its statements that is a part of another.
    """
    text = (Path(store_file).parent / name).read_text(encoding="utf-8")
    for word, stands_for in (statements_of(store_file, name) | dict(words or {})).items():
        text = text.replace(f"{{{word}}}", stands_for)
    return aiosql.from_str(text, cast("Any", _OfConnection))
