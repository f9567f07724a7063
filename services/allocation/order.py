"""The unit's order of what an allocation seeks, as the names of the soft terms that carry it. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.directory.settings import Preference, Settings

TERM_OF: Mapping[Preference, str] = MappingProxyType(
    {
        Preference.SIBLINGS: "siblings_apart",
        Preference.LAST_IRO: "last_iro_missed",
        Preference.CONFERENCE_CHAIR: "conference_chair_missed",
        Preference.CAPACITY: "worst_utilisation",
        Preference.SPECIALITY: "speciality_missed",
        Preference.TRAVEL: "travel_missed",
        Preference.WISHES: "wish_missed",
    }
)


def order_of(settings: Settings) -> tuple[str, ...]:
    """Every soft term once: nobody without an IRO and nobody over a limit come first whatever the unit prefers, even shares last."""
    return ("unallocated", "over_limit", *(TERM_OF[each] for each in settings.allocation_order), "spread")
