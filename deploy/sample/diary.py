"""The diary that stands on the first day: conferences that were booked elsewhere, as `convene import diary` takes them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from deploy.sample.calendar import Calendar
from deploy.sample.files import as_csv
from deploy.sample.people import UNBORN
from deploy.sample.protection import Household

HEADER = ("KIND", "CHILDREN", "START", "END", "IRO", "ROOM", "NOTE_TAKER", "POLICE")
_WITHIN = 15
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FROM, _UNTIL = "09:30", "12:30"


def diary(households: Sequence[Household], calendar: Calendar, establishment: str) -> str:
    """A conference for every household whose enquiry is under way: one a working day, in time, with officers who are there."""
    unit = tomllib.loads(establishment)
    waiting = [each for each in households if each.chain is None and not each.not_required]
    rows, day = [], calendar.as_of
    for each in sorted(waiting, key=lambda one: (one.discussed_on, one.children[0].reference)):
        day = calendar.on_or_after(day + timedelta(days=1))
        if day > calendar.step(each.discussed_on, _WITHIN):
            break
        resources = [_first_there(unit[kind], day) for kind in ("iro", "room", "note_taker", "police_team")]
        kind = "PRE_BIRTH_CONFERENCE" if any(child.sex == UNBORN for child in each.children) else "INITIAL_CONFERENCE"
        children = ";".join(child.reference for child in each.children)
        on = f"{day.day:02d}/{day.month:02d}/{day.year}"
        rows.append((kind, children, f"{on} 10:00", f"{on} 12:00", *resources))
    return as_csv(HEADER, rows)


def _first_there(resources: Sequence[dict[str, Any]], day: date) -> str:
    """The code of one that is there all morning and not away; a blank where there is none."""
    for each in resources:
        away = any(absence["first_day"] <= day <= absence["last_day"] for absence in each.get("absences", ()))
        hours = each.get("works") or each.get("open") or each.get("on_duty") or ["Mon-Fri 09:00-17:00"]
        if not away and any(_covers(line, day) for line in hours):
            return str(each["code"])
    return ""


def _covers(line: str, day: date) -> bool:
    """Whether hours such as `Mon-Thu 09:30-15:30` span a conference of the morning with what lies around it."""
    days, _, times = line.partition(" ")
    first, _, last = days.partition("-")
    begins, _, ends = times.partition("-")
    return _DAYS.index(first) <= day.weekday() <= _DAYS.index(last or first) and begins <= _FROM and ends >= _UNTIL
