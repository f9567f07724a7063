"""What of a child's own time a meeting does not respect."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry

from graph.words import Wish
from services.booking.wishes import WishMissed as Missed


@strawberry.type(description="One wish, or one part of its own time, of one child that a time does not respect: it is soft, and named.")
class WishMissed:
    child_reference: str
    wish: Wish
    message: str


def wishes_missed(found: Iterable[Missed] | None) -> list[WishMissed]:
    return [WishMissed(child_reference=each.reference, wish=each.wish, message=each.message) for each in found or ()]
