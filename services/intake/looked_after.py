"""The yearly return on children looked after (SSDA903): staged, judged and applied in the database."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from services.intake import files, store
from services.intake.performing import perform, require_all, task_of
from services.intake.readers import ssda903
from services.intake.report import ImportReport
from services.intake.versions import CARE_EPISODE, CARE_PERIOD, CARE_STATUS, HELD_RECORD
from services.kernel.actor import Actor
from services.kernel.permission import Act
from services.platform.database import Connection
from services.platform.resources import Resources


async def import_ssda903(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in a yearly return on children looked after: a folder of CSV files, or one XML file."""
    require_all(actor, Act.RECORD_CHILDREN)
    parts = files.ssda903_files(path)

    async def work(connection: Connection) -> int:
        await store.run(connection, "staging", "open_children", "open_ssda903")
        await store.name_files(connection, {part: file.name for part, file in parts.items()})
        await _stage_ssda903(connection, parts, path)
        await store.run(connection, "ssda903", "settle_ssda903")
        await store.run(connection, "staging", "judge_children")
        await judge(connection)
        await store.run(connection, "staging", "take_children", "desire_child_facts")
        await apply(connection)
        return await store.rows_of(connection, "ssda903", "ssda903")

    return await perform(task_of(resources, actor, "SSDA903", path, as_of=as_of, dry_run=dry_run, now=now), work)


async def judge(connection: Connection) -> None:
    """What the staged episodes and reviews are found to state wrongly is listed; raises `InvalidInput` for a file whose days are
    written with the month first."""
    await store.run(connection, "ssda903", "judge_episodes", "judge_reviews", "judge_whole_children")
    await store.refuse_months_first(connection)


async def apply(connection: Connection) -> None:
    """Care, what holds of the children in it and their reviews are as the staged rows of the children taken have them."""
    await store.run(connection, "ssda903", "find_windows")
    await store.run(connection, "staging", "find_unseen_years")
    await store.run(connection, "ssda903", "desire_episodes", "desire_periods")
    await store.keep_corrections(connection, CARE_PERIOD)
    await store.run(connection, "ssda903", "compare_periods", "desire_statuses")
    await store.keep_corrections(connection, CARE_STATUS)
    await store.run(connection, "ssda903", "compare_statuses", "note_ends")
    await store.state_child_facts(connection)
    await store.run(connection, "ssda903", "desire_reviews")
    await store.keep_corrections(connection, HELD_RECORD)
    await store.run(connection, "ssda903", "compare_reviews")
    await store.replace_versions(connection, CARE_EPISODE, CARE_PERIOD, CARE_STATUS, HELD_RECORD)


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
