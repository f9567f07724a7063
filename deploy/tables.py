"""Tables of plain text, and figures in them."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal

NONE = "–"


def aligned(rows: list[tuple[str, ...]], *, right: Container[int]) -> list[str]:
    """Columns side by side; those of these numbers flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def exact(figure: Decimal) -> str:
    """A figure as it is, without zeros that say nothing."""
    return f"{figure.normalize():f}"


def percent(share: Decimal | None) -> str:
    """A share in per cent, to two places."""
    return NONE if share is None else f"{share * 100:.2f} %"
