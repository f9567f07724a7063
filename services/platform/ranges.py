"""Half-open ranges of PostgreSQL, as its driver takes them."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from services.kernel.window import TimeWindow


def range_of(window: TimeWindow) -> asyncpg.Range[datetime]:
    """The `tstzrange` from the window's start up to its end."""
    return asyncpg.Range(window.start, window.end)
