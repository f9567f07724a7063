"""Points in words."""

from __future__ import annotations

from decimal import Decimal


def plain(points: Decimal) -> str:
    """Exactly, without needless zeros."""
    return f"{points.normalize():f}"


def in_points(points: Decimal) -> str:
    return f"{plain(points)} {'point' if points == 1 else 'points'}"
