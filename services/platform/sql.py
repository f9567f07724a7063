"""Named SQL: each store keeps its statements in `queries.sql` beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiosql


def load_queries(store_file: str, name: str = "queries.sql") -> Any:
    """The statements of `name` in the folder of `store_file` (pass `__file__`), as async functions of a connection."""
    return aiosql.from_path(Path(store_file).parent / name, "asyncpg")
