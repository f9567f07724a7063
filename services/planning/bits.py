"""Who is at work and free as bits: one integer a resource and day. What the bits mean, `booking.bits` says."""

from __future__ import annotations

from services.booking.bits import FULL, STARTS, UNIT, WIDTH, Calendar, Footprint, bits, footprint, run_of, starts_in
from services.planning.problem import PoliceTeam, Resource

__all__ = ["FULL", "STARTS", "UNIT", "WIDTH", "Calendar", "Diary", "Footprint", "Pool", "bits", "footprint", "run_of", "starts_in"]


class Diary:
    """One chair, room or note-taker, day by day."""

    __slots__ = ("at_work", "free", "load", "resource")

    def __init__(self, resource: Resource, calendar: Calendar) -> None:
        self.resource = resource
        self.at_work = calendar.inside(resource.available)
        self.free = [FULL & ~busy for busy in calendar.touched(resource.busy)]
        self.load = 0


class Pool:
    """A police team: `taken[k]` has the units in which more than k of its places are taken or off duty."""

    __slots__ = ("taken", "team")

    def __init__(self, team: PoliceTeam, calendar: Calendar) -> None:
        self.team = team
        self.taken = [[0] * len(calendar.days) for _ in team.places]
        for place in team.places:
            for day, on_duty in enumerate(calendar.inside(place)):
                self.add(day, FULL & ~on_duty)
        for window in team.busy:
            for day, busy in calendar.touched_by(window):
                self.add(day, busy)

    def free(self, day: int) -> int:
        return FULL & ~self.taken[-1][day] if self.taken else 0

    def add(self, day: int, span: int) -> None:
        for level in range(len(self.taken) - 1, 0, -1):
            self.taken[level][day] |= self.taken[level - 1][day] & span
        if self.taken:
            self.taken[0][day] |= span

    def remove(self, day: int, span: int) -> None:
        for level in range(len(self.taken)):
            above = self.taken[level + 1][day] if level + 1 < len(self.taken) else 0
            self.taken[level][day] = (self.taken[level][day] & ~span) | (above & span)
