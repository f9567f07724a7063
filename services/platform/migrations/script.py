"""Runs one SQL file of several statements inside alembic's transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import op

_FOLDER = Path(__file__).parent / "sql"


def run_script(name: str) -> None:
    """Executes every statement of `sql/<name>` on the migration's own connection."""
    text = (_FOLDER / name).read_text(encoding="utf-8")
    adapted: Any = op.get_bind().connection.dbapi_connection
    adapted.run_async(lambda driver: driver.execute(text))
