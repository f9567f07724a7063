"""The census of children in need: staged, judged and applied in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from services.intake import files, store
from services.intake.performing import perform, require_all, task_of
from services.intake.readers import cin_census, ssda903
from services.intake.report import ImportReport
from services.intake.versions import HELD_RECORD, PROTECTION_PLAN, SECTION47
from services.kernel.actor import Actor
from services.kernel.permission import Act
from services.platform.database import Connection
from services.platform.resources import Resources

PARTS = ("child", "details", "section47", "plan", "plan_review")


async def import_cin_census(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in a census of children in need: enquiries, initial conferences, plans and their reviews."""
    require_all(actor, Act.RECORD_CHILDREN)
    tables: dict[type, str] = {
        ssda903.ChildRow: "staged_child",
        cin_census.DetailsRow: "staged_details",
        cin_census.Section47Row: "staged_section47",
        cin_census.PlanRow: "staged_plan",
        cin_census.PlanReviewRow: "staged_plan_review",
    }

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_children", "open_cin_census")
        await store.name_files(connection, dict.fromkeys(PARTS, path.name))
        reference_days: list[date] = []
        with files.opened(path) as stream:
            rows = _without_reference_day(cin_census.read_census(stream, path.name), reference_days)
            await store.stage_mixed(connection, rows, tables)
        if reference_days:
            await store.state_reference_day(connection, reference_days[0])
        await store.run(connection, "cin_census", "settle_cin_census")
        await store.run(connection, "staging", "judge_children")
        await store.run(connection, "cin_census", "judge_identities")
        await judge(connection)
        await store.run(connection, "staging", "take_children", "desire_child_facts")
        await store.state_child_facts(connection)
        await apply(connection)
        return await store.rows_of(connection, "cin_census", "cin_census")

    return await perform(task_of(resources, actor, "CIN_CENSUS", path, as_of=as_of, dry_run=dry_run, now=now), work)


async def judge(connection: Connection) -> None:
    """What the staged enquiries, conferences and plans are found to state wrongly is listed."""
    await store.run(connection, "cin_census", "judge_conferences", "judge_plans", "judge_lives")


async def apply(connection: Connection, *windows: str) -> None:
    """Enquiries, plans and conferences are as the staged rows of the children taken have them. `windows`: scripts of the dataset
    that say how far back it reaches, where it is no census."""
    await store.run(connection, "cin_census", "find_window")
    await store.run(connection, "ssd", *windows)
    await store.run(connection, "staging", "find_unseen_years")
    await store.run(connection, "cin_census", "desire_cin_census")
    await store.keep_corrections(connection, SECTION47, PROTECTION_PLAN, HELD_RECORD)
    await store.run(connection, "cin_census", "compare_cin_census")
    await store.replace_versions(connection, SECTION47, PROTECTION_PLAN, HELD_RECORD)


def _without_reference_day(rows: Iterator[cin_census.AnyRow], found: list[date]) -> Iterator[NamedTuple]:
    for row in rows:
        if isinstance(row, cin_census.ReturnRow):
            found.append(row.reference_on)
        else:
            yield row
