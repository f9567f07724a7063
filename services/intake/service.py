"""Records in: each import is one transaction that takes each child whole or not at all, and says what it did not take.

The same file again changes nothing; a corrected file corrects. A file that cannot be read raises `InvalidInput` and changes
nothing. `dry_run` does everything and undoes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import structlog

from services.history import service as history
from services.intake import files, store
from services.intake.establishing import apply_file
from services.intake.readers import allocations, cin_census, family, ssda903
from services.intake.report import SHOWN, Counts, Finding, ImportReport
from services.intake.standing import make_allocations
from services.intake.versions import CARE_EPISODE, CARE_PERIOD, CHILD_FACT, HELD_RECORD, PROTECTION_PLAN, SECTION47
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden
from services.kernel.ids import new_id
from services.kernel.permission import Act, Reach, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.resources import Resources
from services.statutory.working_days import england

__all__ = [
    "Counts",
    "Finding",
    "ImportReport",
    "import_allocations",
    "import_cin_census",
    "import_establishment",
    "import_family",
    "import_ssda903",
]

_log = structlog.get_logger(__name__)
_CONFERENCE_WITHIN = 15  # working days from the enquiry to its conference (CIN rule 8675Q)
_RECORDS = frozenset({"SSDA903", "CIN_CENSUS"})  # what obligations follow from
_AT_ONCE = 2000  # children whose obligations are rewritten in one go

Work = Callable[[Connection], Awaitable[int]]


async def import_ssda903(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in a yearly return on children looked after: a folder of CSV files, or one XML file."""
    _require_all(actor, Act.RECORD_CHILDREN)
    parts = files.ssda903_folder(path) if files.is_folder(path) else dict.fromkeys(files.SSDA903_FILES, path)

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_children", "open_ssda903")
        await store.name_files(connection, {part: file.name for part, file in parts.items()})
        await _stage_ssda903(connection, parts, path)
        await store.run(connection, "ssda903", "settle_ssda903")
        await store.run(connection, "staging", "judge_children")
        await store.run(connection, "ssda903", "judge_episodes", "judge_reviews", "judge_whole_children")
        await store.run(connection, "staging", "take_children", "desire_child_facts")
        await store.run(connection, "ssda903", "note_deaths", "find_windows")
        await store.run(connection, "staging", "find_unseen_years")
        await store.run(connection, "ssda903", "desire_episodes", "desire_periods", "desire_reviews")
        await store.replace_versions(connection, CHILD_FACT, CARE_EPISODE, CARE_PERIOD, HELD_RECORD)
        return await store.rows_of(connection, "ssda903", "ssda903")

    return await _perform(_task(resources, actor, "SSDA903", path, as_of, dry_run, now), work)


async def _stage_ssda903(connection: Connection, parts: dict[str, Path], path: Path) -> None:
    if not path.is_dir():
        tables = {ssda903.ChildRow: "staged_child", ssda903.EpisodeRow: "staged_episode", ssda903.ReviewRow: "staged_review"}
        with files.opened(path) as stream:
            await store.stage_mixed(connection, ssda903.read_xml(stream, path.name), tables)
        return
    with files.opened(parts["child"]) as stream:
        await store.stage(connection, "staged_child", ssda903.read_header(stream, parts["child"].name))
    with files.opened(parts["episode"]) as stream:
        await store.stage(connection, "staged_episode", ssda903.read_episodes(stream, parts["episode"].name))
    with files.opened(parts["review"]) as stream:
        await store.stage(connection, "staged_review", ssda903.read_reviews(stream, parts["review"].name))


async def import_cin_census(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in a census of children in need: enquiries, initial conferences, plans and their reviews."""
    _require_all(actor, Act.RECORD_CHILDREN)
    tables: dict[type, str] = {
        ssda903.ChildRow: "staged_child",
        cin_census.DetailsRow: "staged_details",
        cin_census.Section47Row: "staged_section47",
        cin_census.PlanRow: "staged_plan",
        cin_census.PlanReviewRow: "staged_plan_review",
    }

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_children", "open_cin_census")
        await store.name_files(connection, {"child": path.name})
        reference_days: list[date] = []
        with files.opened(path) as stream:
            rows = _without_reference_day(cin_census.read_census(stream, path.name), reference_days)
            await store.stage_mixed(connection, rows, tables)
        if reference_days:
            await store.state_reference_day(connection, reference_days[0])
        await store.run(connection, "cin_census", "settle_cin_census")
        await store.run(connection, "staging", "judge_children")
        await store.run(connection, "cin_census", "judge_identities", "judge_conferences", "judge_plans")
        await store.run(connection, "staging", "take_children", "desire_child_facts")
        await store.run(connection, "cin_census", "find_window")
        await store.run(connection, "staging", "find_unseen_years")
        await store.run(connection, "cin_census", "desire_cin_census")
        await store.replace_versions(connection, CHILD_FACT, SECTION47, PROTECTION_PLAN, HELD_RECORD)
        return await store.rows_of(connection, "cin_census", "cin_census")

    return await _perform(_task(resources, actor, "CIN_CENSUS", path, as_of, dry_run, now), work)


def _without_reference_day(rows: Iterator[cin_census.AnyRow], found: list[date]) -> Iterator[NamedTuple]:
    for row in rows:
        if isinstance(row, cin_census.ReturnRow):
            found.append(row.reference_on)
        else:
            yield row


async def import_family(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in sibling groups, and parents who are looked after themselves."""
    _require_all(actor, Act.RECORD_CHILDREN)

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_family")
        await store.name_files(connection, {"child": path.name})
        with files.opened(path) as stream:
            await store.stage(connection, "staged_family", family.read_family(stream, path.name))
        steps = ("settle_family", "judge_family", "take_known_children", "take_family", "apply_family")
        await store.run(connection, "own_files", *steps)
        return await store.rows_of(connection, "own_files", "family")

    return await _perform(_task(resources, actor, "FAMILY", path, as_of, dry_run, now), work)


async def import_allocations(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in who has whom on the day a unit begins: nothing that stands is dealt anew."""
    _require_all(actor, Act.ALLOCATE)

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_allocations")
        await store.name_files(connection, {"child": path.name})
        with files.opened(path) as stream:
            await store.stage(connection, "staged_allocation", allocations.read_allocations(stream, path.name))
        await store.run(connection, "own_files", "settle_allocations", "judge_allocations", "take_known_children", "take_allocations")
        await make_allocations(connection, actor, path.name, now)
        return await store.rows_of(connection, "own_files", "allocations")

    return await _perform(_task(resources, actor, "ALLOCATIONS", path, as_of, dry_run, now), work)


async def import_establishment(
    resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime, release: bool = False
) -> ImportReport:
    """Takes in who and what the unit has. `release`: an absence over meetings that stand takes the resource out of them."""
    require(actor, Act.SET_SCHEME)
    task = _task(resources, actor, "ESTABLISHMENT", path, as_of, dry_run, now)

    async def work(connection: Connection) -> int:
        await store.run(connection, "own_files", "take_known_children")
        return await apply_file(connection, path, actor=actor, today=resources.today(now), now=now, release=release)

    return await _perform(task, work)


@dataclass(frozen=True, slots=True)
class _Task:
    resources: Resources
    actor: Actor
    source: str
    file_name: str
    as_of: date
    dry_run: bool
    now: datetime


def _task(resources: Resources, actor: Actor, source: str, path: Path, as_of: date, dry_run: bool, now: datetime) -> _Task:
    """What lies after today has not happened, whatever day the file is said to be of."""
    return _Task(resources, actor, source, path.name, min(as_of, resources.today(now)), dry_run, now)


class _UndoneError(Exception):
    """Ends the transaction of a dry run; carries what it would have done."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__("dry run")
        self.report = report


async def _perform(task: _Task, work: Work) -> ImportReport:
    """One import, whole or not at all; `work` stages, judges and applies, and answers how many rows it read."""

    async def attempt(connection: Connection) -> ImportReport:
        import_id = new_id()
        await store.begin(connection, import_id, task.source, as_of=task.as_of, stamp=task.now, overdue_before=_overdue_before(task.as_of))
        rows = await work(connection)
        if task.source in _RECORDS:
            await _rewrite_obligations(connection)
        report = await _report(connection, task, import_id, rows)
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


async def _rewrite_obligations(connection: Connection) -> None:
    changed = await store.changed_children(connection)
    for first in range(0, len(changed), _AT_ONCE):
        await history.rewrite_obligations(connection, changed[first : first + _AT_ONCE])


async def _report(connection: Connection, task: _Task, import_id: UUID, rows: int) -> ImportReport:
    children = await store.count_children(connection)
    counts = Counts(
        rows=rows,
        taken=children["taken"],
        changed=children["changed"],
        unchanged=children["taken"] - children["changed"],
        refused=children["refused"],
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


def _require_all(actor: Actor, act: Act) -> None:
    """An import speaks of every child: a right that reaches one's own children alone is not enough."""
    if require(actor, act) is not Reach.ALL:
        raise Forbidden("your role may not do this")


def _overdue_before(as_of: date) -> date:
    """Enquiries begun before that day should have had their conference before `as_of`."""
    day = as_of
    while england().between(day, as_of) <= _CONFERENCE_WITHIN:
        day -= timedelta(days=1)
    return day + timedelta(days=1)
