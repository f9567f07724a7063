"""Instants as a clock on a wall in England shows them: what people are told of times."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def told(instant: datetime) -> str:
    """The day and the time of day in England, `2026-09-23 15:00`. The instant must be aware."""
    return f"{instant.astimezone(LONDON):%Y-%m-%d %H:%M}"


def told_span(start: datetime, end: datetime) -> str:
    """`from 2026-09-23 15:00 to 18:00`; the second day too, where it is another one."""
    same = start.astimezone(LONDON).date() == end.astimezone(LONDON).date()
    return f"from {told(start)} to {f'{end.astimezone(LONDON):%H:%M}' if same else told(end)}"
