"""Our own files of a unit's first day: sibling groups and parents, and who has whom."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from services.intake import files, store
from services.intake.performing import perform, require_all, task_of
from services.intake.readers import allocations, family
from services.intake.report import ImportReport
from services.intake.standing import make_allocations
from services.kernel.actor import Actor
from services.kernel.permission import Act
from services.platform.database import Connection
from services.platform.resources import Resources


async def import_family(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in sibling groups, and parents who are looked after themselves."""
    require_all(actor, Act.RECORD_CHILDREN)

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_family")
        await store.name_files(connection, {"child": path.name})
        with files.opened(path) as stream:
            await store.stage(connection, "staged_family", family.read_family(stream, path.name))
        steps = ("settle_family", "judge_family", "take_known_children", "take_family", "apply_family", "apply_parents")
        await store.run(connection, "own_files", *steps)
        return await store.rows_of(connection, "own_files", "family")

    return await perform(task_of(resources, actor, "FAMILY", path, as_of=as_of, dry_run=dry_run, now=now), work)


async def import_allocations(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in who has whom on the day a unit begins: nothing that stands is dealt anew."""
    require_all(actor, Act.ALLOCATE)

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_allocations")
        await store.name_files(connection, {"child": path.name})
        with files.opened(path) as stream:
            await store.stage(connection, "staged_allocation", allocations.read_allocations(stream, path.name))
        await store.run(connection, "own_files", "settle_allocations", "judge_allocations", "take_known_children", "take_allocations")
        await make_allocations(connection, actor, path.name, now)
        return await store.rows_of(connection, "own_files", "allocations")

    return await perform(task_of(resources, actor, "ALLOCATIONS", path, as_of=as_of, dry_run=dry_run, now=now), work)
