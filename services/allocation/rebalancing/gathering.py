"""What a rebalancing looks at, from one state of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.allocation import store as decisions
from services.allocation.moving.problem import Problem
from services.allocation.posing import Known
from services.allocation.rebalancing import store
from services.allocation.rebalancing.posing import Facts, pose_moves, reasons_to_stay
from services.allocation.rebalancing.store import Wanted
from services.allocation.what_if import WhatIf, imagine
from services.booking.rechairing import chaired_for
from services.directory.store import load_settings
from services.platform.database import Connection
from services.statutory.working_days import england

SOON_WORKING_DAYS = 10
"""A child who is met within so many working days, or should have been by now, keeps its IRO unless no other way exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is known on a day, absent officers being imagined away, and the problem that it poses."""

    known: Known
    problem: Problem


async def gather(connection: Connection, wanted: Wanted, on: date) -> World:
    """Everything that a search for moves looks at, on a day."""
    known = await load_imagined(connection, wanted, on)
    ids = [child.child_id for child in known.children]
    soon = await store.reviews_soon(connection, ids, on, england().add(on, SOON_WORKING_DAYS))
    facts = Facts(
        max_moves=wanted.max_moves,
        absent=frozenset(wanted.absent_iro_ids),
        keeps=reasons_to_stay(known, wanted.keep_child_ids, marked(known), soon),
        meetings=await _meetings(connection, known, on),
        target_utilisation=wanted.target_utilisation,
        step=(await load_settings(connection, on)).rebalancing_step,
    )
    return World(known=known, problem=pose_moves(known, facts))


async def gather_to_apply(connection: Connection, wanted: Wanted, on: date) -> World:
    """As `gather`, for judging moves that somebody has decided on: they may be as many as they are, whoever should stay."""
    known = await load_imagined(connection, wanted, on)
    facts = Facts(max_moves=len(known.children), absent=frozenset(wanted.absent_iro_ids))
    return World(known=known, problem=pose_moves(known, facts))


async def load_imagined(connection: Connection, wanted: Wanted, on: date) -> Known:
    """What is known on a day, with the officers who are to be absent away."""
    known = await decisions.load_known(connection, on)
    absent = frozenset(officer.code for officer in known.officers if officer.iro_id in wanted.absent_iro_ids)
    return imagine(known, WhatIf(absent=absent))


def marked(known: Known) -> dict[UUID, str]:
    """Children whom a person has marked to keep their IRO, with the reason."""
    stated = known.circumstances.items()
    return {child: each.keeps_iro_because for child, each in stated if each.keeps_iro_because is not None}


async def _meetings(connection: Connection, known: Known, on: date) -> Mapping[UUID, frozenset[UUID]]:
    """The booked meetings of each child that its IRO chairs as such. One that nobody chairs any more loses nothing by a move."""
    found: dict[UUID, frozenset[UUID]] = {}
    for officer, children in _by_officer(known).items():
        for meeting in await chaired_for(connection, children, officer, on):
            for child in set() if meeting.lost else children & set(meeting.child_ids):
                found[child] = found.get(child, frozenset()) | {meeting.meeting_id}
    return found


def _by_officer(known: Known) -> dict[UUID, set[UUID]]:
    held: dict[UUID, set[UUID]] = {}
    for child, officer in known.holders.items():
        if child in known.weights:
            held.setdefault(officer, set()).add(child)
    return held
