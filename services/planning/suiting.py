"""Which rooms suit a meeting, and which of them to give away first."""

from __future__ import annotations

from services.booking.needs import MeetingNeeds
from services.planning.problem import Resource


def suits(room: Resource, needs: MeetingNeeds) -> bool:
    """Whether a room has the seats and the features that such a meeting needs."""
    return room.seats >= needs.shape.seats and room.features >= needs.room_features


def plainest(room: Resource) -> tuple[int, int, str]:
    """The order in which rooms are given away: first those that others miss least, by features, seats and code."""
    return len(room.features), room.seats, room.code
