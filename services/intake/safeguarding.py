"""The Standard Safeguarding Dataset, table by table: put together to the rows of the returns, then judged and applied like them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from services.intake import files, in_need, looked_after, store
from services.intake.performing import perform, require_all, task_of
from services.intake.readers.ssd import TABLES, SsdTable
from services.intake.report import Finding, ImportReport
from services.intake.rules import Severity
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.permission import Act
from services.platform.database import Connection
from services.platform.resources import Resources

_STAGED = {
    "person": ("staged_child", "child"),
    "cla_episodes": ("ssd_episode", "episode"),
    "cla_reviews": ("ssd_review", "review"),
    "legal_status": ("ssd_legal_status", "legal_status"),
    "cla_placement": ("ssd_placement", "placement"),
    "s47_enquiry": ("ssd_enquiry", "section47"),
    "initial_cp_conference": ("ssd_conference", "conference"),
    "cp_plans": ("ssd_plan", "plan"),
    "cp_reviews": ("ssd_plan_review", "plan_review"),
    "involvements": ("ssd_involvement", "involvement"),
    "professionals": ("ssd_professional", "professional"),
    "family": ("ssd_family", "family"),
    "mother": ("ssd_mother", "mother"),
    "linked_identifiers": ("ssd_identifier", "identifier"),
}
_CARE = ("cla_episodes", "cla_reviews")
_PROTECTION = ("s47_enquiry", "initial_cp_conference", "cp_plans", "cp_reviews")
_CHARGE = ("involvements", "professionals")
"""Each of these speaks of its matter only where all of its tables are there: the half of a story is none."""


async def import_ssd(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in a folder of tables: care, enquiries, plans, who had charge of a case, and mothers. Says which tables are missing."""
    require_all(actor, Act.RECORD_CHILDREN)
    found = files.named_tables(path, tuple(table.name for table in TABLES), prefix="ssd_")
    matters = {name: all(table in found for table in tables) for name, tables in _matters().items()}
    if "person" not in found or not any(matters.values()):
        needed = " or ".join(", ".join(f"ssd_{table}.csv" for table in tables) for tables in _matters().values())
        raise InvalidInput(f"{path} is no safeguarding dataset: ssd_person.csv is needed, and {needed}")

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_children", "open_ssda903", "open_cin_census")
        await store.run(connection, "ssd", "open_ssd")
        await _stage(connection, found)
        await store.add_findings(connection, [_missing(path, table) for table in TABLES if table.name not in found])
        await _judge(connection, matters)
        await store.run(connection, "staging", "take_children", "desire_child_facts")
        if matters["care"]:
            await looked_after.apply(connection)
            await store.run(connection, "ssd", "forget_care")
        else:
            await store.state_child_facts(connection)
        if matters["protection"]:
            await in_need.apply(connection, "widen_window")
        await _relate(connection, found, matters)
        return await store.rows_of(connection, "ssd", "ssd")

    return await perform(task_of(resources, actor, "SSD", path, as_of=as_of, dry_run=dry_run, now=now), work)


def _matters() -> dict[str, tuple[str, ...]]:
    return {"care": _CARE, "protection": _PROTECTION, "charge": _CHARGE}


async def _stage(connection: Connection, found: Mapping[str, Path]) -> None:
    names = {_STAGED[table][1]: path.name for table, path in found.items()}
    if "conference" in names:
        names["details"] = names["conference"]
    await store.name_files(connection, names)
    for table in TABLES:
        if path := found.get(table.name):
            with files.opened(path) as stream:
                await store.stage(connection, _STAGED[table.name][0], table.rows(stream, path.name))


async def _judge(connection: Connection, matters: Mapping[str, bool]) -> None:
    await store.run(connection, "ssd", "join_tables")
    if matters["protection"]:
        await store.run(connection, "ssd", "join_protection_tables")
    await store.run(connection, "ssd", "leave_out_others")
    await store.run(connection, "ssda903", "settle_ssda903")
    await store.run(connection, "cin_census", "settle_cin_census")
    await store.run(connection, "staging", "judge_children")
    await store.run(connection, "cin_census", "judge_identities")
    if matters["care"]:
        await looked_after.judge(connection)
    if matters["protection"]:
        await in_need.judge(connection)
        await store.run(connection, "ssd", "judge_persons")
    if matters["charge"]:
        await store.run(connection, "ssd", "judge_charge")


async def _relate(connection: Connection, found: Mapping[str, Path], matters: Mapping[str, bool]) -> None:
    if matters["charge"]:
        await store.run(connection, "ssd", "apply_charge")
    await store.run(connection, "ssd", "stage_parents")
    if "mother" in found:
        await store.run(connection, "own_files", "apply_parents")


def _missing(folder: Path, table: SsdTable) -> Finding:
    return Finding(
        file_name=folder.name,
        line=None,
        element=f"ssd_{table.name}",
        child_reference=None,
        rule="TABLE_MISSING",
        severity=Severity.NOTE,
        message=f"there is no ssd_{table.name}.csv",
    )
