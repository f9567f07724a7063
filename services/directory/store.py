"""What the directory keeps in PostgreSQL."""

from __future__ import annotations

from datetime import date

from services.directory.settings import Settings, parse_setting
from services.platform.database import Connection


async def load_settings(connection: Connection, on: date) -> Settings:
    """The settings in force on a day: what the unit stated by then, defaults elsewhere."""
    rows = await connection.fetch("SELECT key, value FROM setting WHERE in_force @> $1::date", on)
    return Settings(**{row["key"]: parse_setting(row["key"], row["value"]) for row in rows})
