"""One import from beginning to end, whatever it brings: one transaction, one report, and what follows from the records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import structlog

from services.booking import service as booking
from services.history import service as history
from services.intake import store
from services.intake.identities import propose_in
from services.intake.report import SHOWN, Counts, Finding, ImportReport
from services.intake.rules import SEVERITIES
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden
from services.kernel.ids import new_id
from services.kernel.permission import Act, Reach, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.resources import Resources
from services.statutory.working_days import england

_log = structlog.get_logger(__name__)
_CONFERENCE_WITHIN = 15  # working days from the enquiry to its conference (CIN rule 8675Q)
_RECORDS = frozenset({"SSDA903", "CIN_CENSUS", "SSD"})  # what obligations follow from
_AT_ONCE = 2000  # children whose obligations are rewritten in one go


class Tally(NamedTuple):
    """What came of the rows of a file that is not counted child by child."""

    rows: int
    taken: int
    changed: int
    refused: int


Work = Callable[[Connection], Awaitable[int | Tally]]
"""Stages, judges and applies in the transaction of the import; answers how many rows it read, and what came of them where the
children do not say."""


@dataclass(frozen=True, slots=True)
class Task:
    """One import: of what, by whom, and when."""

    resources: Resources
    actor: Actor
    source: str
    file_name: str
    as_of: date
    dry_run: bool
    now: datetime


def task_of(resources: Resources, actor: Actor, source: str, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> Task:
    """What lies after today has not happened, whatever day the file is said to be of."""
    return Task(resources, actor, source, path.name, min(as_of, resources.today(now)), dry_run, now)


def require_all(actor: Actor, act: Act) -> None:
    """An import speaks of every child: raises `Forbidden` where the right reaches one's own children alone."""
    if require(actor, act) is not Reach.ALL:
        raise Forbidden("your role may not do this")


class _UndoneError(Exception):
    """Ends the transaction of a dry run; carries what it would have done."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__("dry run")
        self.report = report


async def perform(task: Task, work: Work) -> ImportReport:
    """One import, whole or not at all; a dry run does everything and undoes it."""

    async def attempt(connection: Connection) -> ImportReport:
        import_id = new_id()
        await store.begin(connection, import_id, task.source, as_of=task.as_of, stamp=task.now, overdue_before=_overdue_before(task.as_of))
        read = await work(connection)
        if task.source in _RECORDS:
            await _follow(connection, task, import_id)
        report = await _report(connection, task, import_id, read)
        if task.dry_run:
            raise _UndoneError(report)
        return report

    try:
        with store.driver_errors():
            report = await task.resources.database.run(attempt)
    except _UndoneError as undone:
        return undone.report
    _log.info("intake.imported", import_id=str(report.id), source=task.source, **report.counts.as_json())
    return report


async def _follow(connection: Connection, task: Task, import_id: UUID) -> None:
    """What follows from changed records: meetings that they show as held are, what is owed is rewritten, contradictions are listed."""
    changed, today = await store.changed_children(connection), task.resources.today(task.now)
    closed = await booking.close_as_held_in(connection, task.actor, changed, import_id=import_id, now=task.now, today=today)
    for first in range(0, len(changed), _AT_ONCE):
        await history.rewrite_obligations(connection, changed[first : first + _AT_ONCE], today)
    await booking.stop_for_all_gone(connection, changed, actor=task.actor, now=task.now, today=today)
    doubts = await booking.doubts_in(connection, changed, today=today)
    await store.add_findings(connection, [_finding(task, told.rule, told.message, told.child_reference) for told in (*closed, *doubts)])
    proposed = await propose_in(connection, task.actor, task.now)
    message = "{} has the same pupil number: merge the two, or reject that"
    await store.add_findings(connection, [_finding(task, "IDENTITY_PROPOSED", message.format(other), one) for one, other in proposed])


async def rewrite_everything(connection: Connection, today: date) -> None:
    """What every child and every foster household is owed is judged by the rules that are in force now."""
    children, households = await store.everybody(connection)
    for first in range(0, len(children), _AT_ONCE):
        await history.rewrite_obligations(connection, children[first : first + _AT_ONCE], today)
    for first in range(0, len(households), _AT_ONCE):
        await history.rewrite_household_obligations(connection, households[first : first + _AT_ONCE], today)


def _finding(task: Task, rule: str, message: str, child_reference: str | None) -> Finding:
    """Of no line: the file only brought it to light."""
    return Finding(
        file_name=task.file_name,
        line=None,
        element=None,
        child_reference=child_reference,
        rule=rule,
        severity=SEVERITIES[rule],
        message=message,
    )


async def _report(connection: Connection, task: Task, import_id: UUID, read: int | Tally) -> ImportReport:
    tally = read if isinstance(read, Tally) else Tally(rows=read, **await store.count_children(connection))
    counts = Counts(
        rows=tally.rows,
        taken=tally.taken,
        changed=tally.changed,
        unchanged=tally.taken - tally.changed,
        refused=tally.refused,
        findings=await store.count_findings(connection),
    )
    await store.write_report(connection, task.file_name, task.actor.subject, task.now, counts.as_json())
    details = {"source": task.source, **counts.as_json()}
    await audit.record(connection, task.actor, "IMPORT", subject=f"import:{import_id}", details=details)
    return ImportReport(
        id=import_id,
        source=task.source,
        file_name=task.file_name,
        as_of=task.as_of,
        dry_run=task.dry_run,
        counts=counts,
        findings=await store.first_findings(connection, SHOWN),
    )


def _overdue_before(as_of: date) -> date:
    """Enquiries begun before that day should have had their conference before `as_of`."""
    day = as_of
    while england().between(day, as_of) <= _CONFERENCE_WITHIN:
        day -= timedelta(days=1)
    return day + timedelta(days=1)
