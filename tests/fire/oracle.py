"""What is wrong in a diary after a storm: read from the tables by statements of its own, by nothing of the product."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.platform.database import Connection
from tests.booking.world import most_at_once
from tests.fire.unit import TEAMS, child_of, window_of

_TEXT = (Path(__file__).parent / "faults.sql").read_text(encoding="utf-8")
STATEMENTS = dict(re.findall(r"-- name: (\w+)\n(.*?);\n", _TEXT, flags=re.DOTALL))
_BEYOND = "capacity"
_ABSENT = "absent"
_GHOST = "ghost"
_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fault:
    """`what`: a name of `faults.sql`, or capacity, absent, ghost, refused."""

    what: str
    where: str


Span = tuple[datetime, datetime]


async def find_faults(owner: Connection) -> list[Fault]:
    """Everything that two tables say differently, that is held twice, or beyond what a police team has."""
    found = [Fault(what, row[0]) for what, statement in STATEMENTS.items() for row in await owner.fetch(statement)]
    return [*found, *await _beyond_capacity(owner)]


async def find_unkept(owner: Connection, acknowledged: Mapping[UUID, Mapping[str, Any]], children: Collection[str]) -> list[Fault]:
    """Meetings that were acknowledged and are not there as they were asked for, and those about these children that nobody was told of."""
    rows = await owner.fetch(
        """SELECT m.id, m.kind, m.starts_at, m.ends_at, c.reference AS child FROM meeting m
           JOIN meeting_item i ON i.meeting_id = m.id JOIN child c ON c.id = i.child_id WHERE c.reference = ANY($1)""",
        list(children),
    )
    there = {row["id"]: (row["kind"], (row["starts_at"], row["ends_at"]), row["child"]) for row in rows}
    asked = {meeting: (stated["kind"], window_of(stated), child_of(stated)) for meeting, stated in acknowledged.items()}
    absent = [Fault(_ABSENT, str(meeting)) for meeting, stated in asked.items() if there.get(meeting) != stated]
    return [*absent, *(Fault(_GHOST, str(meeting)) for meeting in there.keys() - asked.keys())]


async def _beyond_capacity(owner: Connection) -> list[Fault]:
    """A sweep over each team's attendances."""
    attended: dict[str, list[Span]] = defaultdict(list)
    for row in await owner.fetch(
        """SELECT t.code, lower(h.attended) AS since, upper(h.attended) AS until
           FROM hold h JOIN police_place p ON p.resource_id = h.resource_id JOIN police_team t ON t.id = p.team_id"""
    ):
        attended[row["code"]].append((row["since"], row["until"]))
    most = {code: most_at_once(spans) for code, spans in attended.items()}
    return [Fault(_BEYOND, f"{code} at {number} at once") for code, number in most.items() if number > TEAMS[code]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """All that is held, by resource; and how long before and after a meeting of a kind each kind of resource is held."""

    held: Mapping[str, Sequence[Span]]
    kinds: Mapping[str, Sequence[str]]
    reach: Mapping[tuple[str, str], tuple[timedelta, timedelta]]
    booked: frozenset[tuple[str, str]]
    officer_of: Mapping[str, str]

    def free(self, code: str, span: Span) -> bool:
        return not any(since < span[1] and span[0] < until for since, until in self.held.get(code, ()))

    def fits(self, stated: Mapping[str, Any]) -> bool:
        """Whether the meeting could be, by what is held alone."""
        kind, child = stated["kind"], child_of(stated)
        if (kind, child) in self.booked or not self.free(self.officer_of[child], self._around(stated, "IRO")):
            return False
        if kind != "INITIAL_CONFERENCE":
            return True
        there = all(
            any(self.free(code, self._around(stated, resource)) for code in self.kinds[resource]) for resource in ("ROOM", "NOTE_TAKER")
        )
        named = stated.get("policeTeamCode")
        return there and any(self._has_place(team, window_of(stated)) for team in ([named] if named else TEAMS))

    def _around(self, stated: Mapping[str, Any], resource: str) -> Span:
        before, after = self.reach[stated["kind"], resource]
        since, until = window_of(stated)
        return since - before, until + after

    def _has_place(self, team: str, span: Span) -> bool:
        spans = [each for code in self.kinds["POLICE"] if code.startswith(team) for each in self.held.get(code, ())]
        return most_at_once([(max(a, span[0]), min(b, span[1])) for a, b in spans if a < span[1] and span[0] < b]) < TEAMS[team]


async def read_diary(owner: Connection, officer_of: Mapping[str, str]) -> Diary:
    held: dict[str, list[Span]] = defaultdict(list)
    kinds: dict[str, list[str]] = defaultdict(list)
    reach: dict[tuple[str, str], tuple[timedelta, timedelta]] = {}
    for row in await owner.fetch("SELECT kind, code FROM resource"):
        kinds[row["kind"]].append(row["code"])
    for row in await owner.fetch(
        """SELECT r.kind AS resource, r.code, m.kind, lower(blocked) AS since, upper(blocked) AS until,
                  lower(s.during) AS starts_at, upper(s.during) AS ends_at
           FROM hold h JOIN resource r ON r.id = resource_id JOIN meeting m ON m.id = h.meeting_id
           JOIN sitting s ON s.meeting_id = h.meeting_id AND s.number = h.sitting"""
    ):
        held[row["code"]].append((row["since"], row["until"]))
        reach[row["kind"], row["resource"]] = row["starts_at"] - row["since"], row["until"] - row["ends_at"]
    booked = await owner.fetch("SELECT i.kind, c.reference FROM meeting_item i JOIN child c ON c.id = i.child_id WHERE i.live")
    return Diary(
        held=held, kinds=kinds, reach=reach, officer_of=officer_of, booked=frozenset((row["kind"], row["reference"]) for row in booked)
    )


def find_fitting(diary: Diary, refused: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Requests that were refused although everything that they need is free."""
    return [Fault(_REFUSED, stated["requestKey"]) for stated in refused if diary.fits(stated)]


def find_untrue(diary: Diary, told: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[Fault]:
    """Refusals (request and answer) whose reason does not stand in the diary."""
    return [Fault(_REFUSED, f"{stated['requestKey']}: {answer}") for stated, answer in told if not _stands(diary, stated, answer)]


def _stands(diary: Diary, stated: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    if answer["__typename"] == "InvalidInput":
        return (stated["kind"], child_of(stated)) in diary.booked
    if answer["__typename"] != "ResourceTaken":
        return False
    span = datetime.fromisoformat(answer["from"]), datetime.fromisoformat(answer["to"])
    code: str = answer["code"]
    ours = [each for each in diary.held if each == code or (answer["kind"] == "POLICE" and each.startswith(f"{code}/"))]
    return any(span in diary.held[each] for each in ours)
