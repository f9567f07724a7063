"""What people are told of a clash: in the time on a wall in England, and no word twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.kernel.errors import OutsideAvailability, ResourceTaken
from services.kernel.words import ResourceKind


@pytest.mark.parametrize(
    ("start", "hours", "told"),
    [
        (datetime(2026, 9, 23, 14, tzinfo=UTC), 3, "from 2026-09-23 15:00 to 18:00"),
        (datetime(2026, 11, 4, 14, 30, tzinfo=UTC), 3, "from 2026-11-04 14:30 to 17:30"),
        (datetime(2026, 9, 23, 22, tzinfo=UTC), 2, "from 2026-09-23 23:00 to 2026-09-24 01:00"),
        (datetime(2026, 9, 23, 23, 30, tzinfo=UTC), 1, "from 2026-09-24 00:30 to 01:30"),
    ],
)
def test_a_clash_is_told_in_english_time(start: datetime, hours: int, told: str) -> None:
    taken = ResourceTaken(ResourceKind.IRO, "IRO-01", start, start + timedelta(hours=hours))
    assert str(taken) == f"IRO-01 is taken {told}"


@pytest.mark.parametrize(
    ("kind", "code", "named"),
    [
        (ResourceKind.IRO, "IRO-01", "IRO-01"),
        (ResourceKind.IRO, "JSM", "IRO JSM"),
        (ResourceKind.ROOM, "ROOM-02", "ROOM-02"),
        (ResourceKind.ROOM, "Garden", "room Garden"),
        (ResourceKind.NOTE_TAKER, "NT-01", "note-taker NT-01"),
        (ResourceKind.POLICE, "POL-01", "police POL-01"),
    ],
)
def test_a_code_is_told_with_what_it_is_of_unless_it_says_so_itself(kind: ResourceKind, code: str, named: str) -> None:
    assert str(OutsideAvailability(kind, code)) == f"{named} is not at work at that time"
