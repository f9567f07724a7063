"""Postcodes of valid form in a district that does not exist: no letter could be sent to any of them."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

_UNIT = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that stand in the last two places of a postcode."""

INSIDE, OUTSIDE = ("ZZ1", "ZZ2", "ZZ3"), ("ZZ7", "ZZ8")
"""Districts of the invented authority, and of its invented neighbour."""


def postcode(what: str, districts: tuple[str, ...] = INSIDE) -> str:
    """The postcode of a home or placement named by `what`: the same for the same name."""
    number = crc32(what.encode())
    number, district = divmod(number, len(districts))
    number, sector = divmod(number, 9)
    number, first = divmod(number, len(_UNIT))
    return f"{districts[district]} {sector + 1}{_UNIT[first]}{_UNIT[number % len(_UNIT)]}"


def every_postcode() -> Iterator[tuple[str, bool]]:
    """Each postcode that can be given, and whether it lies in the invented authority."""
    for districts in (INSIDE, OUTSIDE):
        for district in districts:
            for sector in range(1, 10):
                for first in _UNIT:
                    for second in _UNIT:
                        yield f"{district} {sector}{first}{second}", districts is INSIDE
