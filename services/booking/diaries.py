"""When everyone and everything that a meeting may take is at work and blocked, and where a time is sought among them: plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from uuid import UUID

from services.booking.needs import MeetingNeeds
from services.booking.timeline import Edges
from services.booking.wishes import OwnTime
from services.booking.writing import Writing
from services.directory.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """When a resource is at work and when it is blocked. Of a police team: of one of its places. `written`: what a note-taker has to
    write up, in minutes, by the Monday of the week; `write_up_a_week`: how much she can (None: nobody has said)."""

    id: UUID
    code: str
    at_work: Edges
    busy: Edges
    written: Mapping[date, int] = field(default_factory=dict)
    write_up_a_week: int | None = None

    def can_write(self, monday: date, write_up: int) -> bool:
        """Whether a note-taker can write so much more in that week."""
        return Writing(minutes=self.written.get(monday, 0), most=self.write_up_a_week).has_room(write_up)

    def too_full(self, write_up: int) -> list[date] | None:
        """The Mondays of the weeks in which a note-taker cannot write so much more; None: all weeks."""
        if not Writing(minutes=0, most=self.write_up_a_week).has_room(write_up):
            return None
        return [monday for monday in self.written if not self.can_write(monday, write_up)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A police team with its places that may be dealt."""

    id: UUID
    code: str
    places: tuple[Diary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotProblem:
    """Where to look: days in order, hours by the clock on the wall, and who and what there is. Only rooms that suit are given.

    `last_in_time` is the last day that needs no manager's reason. `chaired_a_day`: more meetings a day are too much for a chair.
    `covers`: other officers who may chair this meeting. `own_times`: of the children whom it is about.
    """

    needs: MeetingNeeds
    days: tuple[date, ...]
    hours: tuple[time, time]
    today: date
    last_in_time: date
    chair: Diary
    covers: tuple[Diary, ...] = ()
    rooms: tuple[Diary, ...] = ()
    note_takers: tuple[Diary, ...] = ()
    teams: tuple[Team, ...] = ()
    chaired_a_day: int = 3
    own_times: tuple[OwnTime, ...] = ()
    settings: Settings = field(default_factory=Settings)
    working_days_between: Callable[[date, date], int] = field(default=lambda first, last: (last - first).days)
