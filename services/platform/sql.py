"""Named SQL: each store keeps its statements in `queries.sql` beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiosql


def load_queries(store_file: str, name: str = "queries.sql", words: Mapping[str, str] | None = None) -> Any:
    """The statements of `name` in the folder of `store_file` (pass `__file__`), as async functions of a connection.

    `words` are what stands in the file for each name in braces: one statement that is asked of different tables or versions.
    """
    text = (Path(store_file).parent / name).read_text(encoding="utf-8")
    for word, stands_for in (words or {}).items():
        text = text.replace(f"{{{word}}}", stands_for)
    return aiosql.from_str(text, "asyncpg")
