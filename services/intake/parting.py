"""A merge undone: each of the two children has again what was its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.caseload import service as caseload
from services.caseload import store as allocations
from services.history.circumstances import return_circumstances
from services.history.store import lock_children
from services.history.versions import open_version, records_in_force, revise_version, version_in_force, withdraw_version
from services.intake.joining import KEYS
from services.intake.merging import SOURCE, pass_record, records_of
from services.intake.passing import Merge, end_allocation, give_allocations
from services.intake.returning import read_meetings, return_meetings
from services.platform.sql import load_queries

_sql = load_queries(__file__, "identities.sql")


async def part_in(merge: Merge, moved: Mapping[str, Any]) -> dict[str, Any]:
    """The two are two again; answers what the audit says of it. `moved` is what the merge has kept for this.

    What has come since goes to the other where it comes from a source that only the other had; all else stays.
    """
    kept, other = UUID(moved["kept"]), UUID(moved["other"])
    await lock_children(merge.connection, [kept, other])
    await _sql.set_merged(merge.connection, child_id=other, into=None)
    facts_stay = await _part_facts(merge, kept, other, moved["facts"])
    returned = await _return_records(merge, other, moved["records"])
    for table, ids in (*moved["superseded"].items(), *moved["replaced"].items()):
        for record_id in ids:
            await _reopen(merge, table, UUID(record_id))
    meetings = await read_meetings(merge, kept, other, moved["items"])
    later, stays = await _sort_later(merge, kept, other, moved)
    group_stays = await _part_groups(merge, kept, other, moved["group"])
    await _part_kin(merge, moved["kin"])
    if "circumstances" in moved:  # not in what was merged before they were kept
        carried = moved["circumstances"]
        await return_circumstances(merge.connection, kept, other, carried, by=merge.actor.subject, now=merge.now)
    without = await return_meetings(merge, meetings)
    allocation = await _part_allocations(merge, kept, other, moved["allocation"])
    return {
        "link_id": str(merge.link_id),
        "other_id": str(other),
        "returned": returned,
        "passed_by_source": later,
        "stays": stays,
        "facts_stay": facts_stay,
        "group_stays": group_stays,
        "without_duty": without,
        "allocation": allocation,
    }


async def _part_facts(merge: Merge, kept: UUID, other: UUID, facts: Mapping[str, bool]) -> bool:
    """Both know again what they knew. Whether the kept one's have been stated anew since, and stay."""
    if facts["other_had"]:
        await _reopen_fact(merge, other)
    if not facts["changed"]:
        return False
    known = await records_in_force(merge.connection, "child_fact", {"child_id": kept})
    if not known or known[0]["source"] != SOURCE:
        return bool(known)
    before = await _sql.fact_before_merge(merge.connection, child_id=kept)
    if before is None:
        await withdraw_version(merge.connection, "child_fact", kept, at=merge.now)
    else:
        values = {name: before[name] for name in ("born_on", "expected_on", "sex", "upn", "died_on", "adopted_on", "import_id")}
        if not await revise_version(merge.connection, "child_fact", kept, values, source=before["source"], at=merge.now):
            await _reopen_fact(merge, kept)  # nothing but the source has changed
    return False


async def _reopen_fact(merge: Merge, child_id: UUID) -> None:
    before = await _sql.fact_before_merge(merge.connection, child_id=child_id)
    if before is not None:
        await withdraw_version(merge.connection, "child_fact", child_id, at=merge.now)
        values = {name: value for name, value in before.items() if name not in ("recorded", "source")}
        await open_version(merge.connection, "child_fact", values, source=before["source"], at=merge.now)


async def _return_records(merge: Merge, other: UUID, records: Mapping[str, Sequence[str]]) -> dict[str, int]:
    returned: dict[str, int] = {}
    for table, ids in records.items():
        for record_id in ids:
            record = await version_in_force(merge.connection, table, UUID(record_id))
            if record is not None:
                await pass_record(merge, table, record, other)
                returned[table] = returned.get(table, 0) + 1
    return returned


async def _reopen(merge: Merge, table: str, record_id: UUID) -> None:
    """The record that gave way to another's states again what it did."""
    last = await merge.connection.fetchrow(
        f"SELECT * FROM {table} WHERE id = $1 ORDER BY upper(recorded) DESC LIMIT 1",  # noqa: S608 - a table of `joining.KEYS`
        record_id,
    )
    if last is not None and last["recorded"].upper is not None:
        values = {name: value for name, value in last.items() if name not in ("recorded", "source")}
        at = max(merge.now, last["recorded"].upper)
        await open_version(merge.connection, table, values, source=last["source"], at=at)


async def _sort_later(merge: Merge, kept: UUID, other: UUID, moved: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """Records that came after the merge: to the other where only the other had their source, else they stay."""
    theirs = set(moved["sources"]["other"]) - set(moved["sources"]["kept"])
    passed: dict[str, int] = {}
    stays: dict[str, int] = {}
    for table, records in (await records_of(merge.connection, kept)).items():
        known = _known(table, moved)
        for record in [each for each in records if str(each["id"]) not in known]:
            if record["source"] in theirs:
                await pass_record(merge, table, record, other)
                passed[table] = passed.get(table, 0) + 1
            else:
                stays[table] = stays.get(table, 0) + 1
    return passed, stays


def _known(table: str, moved: Mapping[str, Any]) -> Collection[str]:
    assert table in KEYS
    return {*moved["kept_records"].get(table, ()), *moved["records"].get(table, ())}


async def _part_groups(merge: Merge, kept: UUID, other: UUID, group: Mapping[str, Any]) -> bool:
    """Whether the kept one is in another group since, and stays in it."""
    if group["lost"] is None:
        return False
    key, source = group["lost"]
    stays = False
    if group["joined"]:
        if await _sql.group_of(merge.connection, child_id=kept) == key:
            await _sql.end_membership(merge.connection, child_id=kept, at=merge.now)
        else:
            stays = True
    await _sql.join_group(merge.connection, child_id=other, group_key=key, source=source, at=merge.now)
    return stays


async def _part_kin(merge: Merge, kin: Mapping[str, Any]) -> None:
    for child_id, parent_id in kin["added"]:
        await _sql.end_parentage(merge.connection, child_id=UUID(child_id), parent_id=UUID(parent_id), at=merge.now)
    for child_id, parent_id, source in kin["ended"]:
        await _sql.add_parentage(merge.connection, child_id=UUID(child_id), parent_id=UUID(parent_id), source=source, at=merge.now)


async def _part_allocations(merge: Merge, kept: UUID, other: UUID, allocation: Mapping[str, Any]) -> str:
    """The other has its officers again; the kept one loses those that came with the other, unless it has another by now."""
    officers = [(UUID(iro_id), date.fromisoformat(since)) for iro_id, since in allocation["officers"]]
    if not officers:
        return "NONE"
    await caseload.lock_decisions(merge.connection)
    if allocation["what"] == "MOVED":
        held = (await allocations.load_held(merge.connection, [kept], merge.today)).get(kept, [])
        theirs = {iro_id for iro_id, _ in officers}
        await end_allocation(merge, [each for each in held if each.iro_id in theirs and str(each.id) not in allocation["own"]])
    await give_allocations(merge, other, officers)
    return "RETURNED"
