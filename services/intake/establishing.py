"""Applies an establishment file through the directory, and lists what that refused or doubts."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from services.booking.absences import apply_establishment
from services.caseload.service import ensure_scheme
from services.directory.establishment import Establishment, EstablishmentFinding
from services.directory.store import load_settings
from services.intake import files, store
from services.intake.performing import perform, rewrite_everything, task_of
from services.intake.readers.establishment import read_establishment
from services.intake.report import Finding, ImportReport
from services.intake.rules import Severity
from services.invitations.showing import show_anew
from services.invitations.trail.following import look_at_all
from services.kernel.actor import Actor
from services.kernel.permission import Act, require
from services.platform.database import Connection
from services.platform.resources import Resources


async def import_establishment(
    resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime, release: bool = False
) -> ImportReport:
    """Takes in who and what the unit has. `release`: an absence over meetings that stand takes the resource out of them."""
    require(actor, Act.SET_SCHEME)
    task = task_of(resources, actor, "ESTABLISHMENT", path, as_of=as_of, dry_run=dry_run, now=now)

    async def work(connection: Connection) -> int:
        await store.run(connection, "own_files", "take_known_children")
        today = resources.today(now)
        before = await store.timescales_in_force(connection)
        had = await load_settings(connection, today)
        rows = await _apply_file(connection, path, actor=actor, today=today, now=now, release=release)
        if await store.timescales_in_force(connection) != before:
            await rewrite_everything(connection, today)
        settings = await load_settings(connection, today)
        if settings.calendar != had.calendar:
            await show_anew(connection, settings, today, now)
        if settings.paper_trail != had.paper_trail:
            await look_at_all(connection, today)
        await ensure_scheme(connection, today, now)  # limits that the file states hold from now on, also for a table of today made later
        return rows

    return await perform(task, work)


async def _apply_file(connection: Connection, path: Path, *, actor: Actor, today: date, now: datetime, release: bool) -> int:
    """The directory is as the file states it; answers how many officers, rooms, note-takers and police teams it states."""
    with files.opened(path) as stream:
        establishment = read_establishment(stream, path.name)
    found = await apply_establishment(connection, establishment, actor=actor, now=now, today=today, release=release)
    await store.add_rules(connection, {each.rule: each.severity.value for each in found})
    await store.add_findings(connection, [_finding(path.name, each) for each in found])
    return _size(establishment)


def _finding(file_name: str, found: EstablishmentFinding) -> Finding:
    return Finding(
        file_name=file_name,
        line=None,
        element=found.element,
        child_reference=None,
        rule=found.rule,
        severity=Severity(found.severity.value),
        message=found.message,
    )


def _size(establishment: Establishment) -> int:
    return len(establishment.iros) + len(establishment.rooms) + len(establishment.note_takers) + len(establishment.police_teams)
