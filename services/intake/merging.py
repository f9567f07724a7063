"""Two children become one: the records of the other, its duties, bookings and officer go to the one that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.caseload import service as caseload
from services.caseload import store as allocations
from services.history.circumstances import carry_circumstances
from services.history.store import lock_children
from services.history.versions import open_version, records_in_force, revise_version, withdraw_version
from services.intake.joining import KEYS, Joined, Record, join, join_facts
from services.intake.passing import Merge, end_allocation, give_allocations, pass_items
from services.kernel.errors import InvalidInput
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "identities.sql")
SOURCE = "MERGE"
"""Of the facts of a child that two sources know under two references: neither's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """`moved`: all that undoing needs; `told`: what the audit says of it."""

    kept: UUID
    moved: dict[str, Any]
    told: dict[str, Any]


async def merge_in(merge: Merge, pair: Sequence[UUID], kept_reference: str | None) -> Merged:
    """One child from now on; see `identities.merge_identities`. Raises `InvalidInput` before anything is written."""
    await lock_children(merge.connection, pair)
    kept, other = await _kept_and_other(merge, pair, kept_reference)
    records = {child_id: await records_of(merge.connection, child_id) for child_id in (kept, other)}
    facts = {child_id: await _fact_of(merge.connection, child_id) for child_id in (kept, other)}
    joined = join(records[kept], records[other])
    both = join_facts(facts[kept], facts[other])
    kin = [dict(row) async for row in _sql.kin_of(merge.connection, child_id=other)]
    if any(kept in (each["child_id"], each["parent_id"]) for each in kin):
        raise InvalidInput("one of the two is recorded as the other's parent: correct that first, or reject the proposal", "id")
    await _move_records(merge, kept, joined)
    facts_changed = await _join_facts(merge, kept, facts, other, both)
    group = await _join_groups(merge, kept, other)
    parents = await _join_kin(merge, kept, other, kin)
    circumstances = await carry_circumstances(merge.connection, kept, other, by=merge.actor.subject, now=merge.now)
    await _sql.set_merged(merge.connection, child_id=other, into=kept)
    items = await pass_items(merge, other, kept)
    allocation = await _join_allocations(merge, kept, other)
    moved = {
        "kept": str(kept),
        "other": str(other),
        "records": {table: [str(each["id"]) for each in some] for table, some in joined.moved.items()},
        "superseded": {table: [str(each["id"]) for each in some] for table, some in joined.superseded.items()},
        "replaced": {table: [str(each["id"]) for each in some] for table, some in joined.replaced.items()},
        "kept_records": {table: [str(each["id"]) for each in some] for table, some in records[kept].items()},
        "sources": {"kept": _sources(records[kept], facts[kept]), "other": _sources(records[other], facts[other])},
        "facts": {"changed": facts_changed, "other_had": facts[other] is not None},
        "group": group,
        "kin": parents,
        "circumstances": circumstances,
        "items": items.moved,
        "allocation": allocation,
    }
    told = {
        "link_id": str(merge.link_id),
        "other_id": str(other),
        "moved": {table: len(some) for table, some in joined.moved.items()},
        "stated_by_both": {table: len(some) for table, some in joined.superseded.items()},
        "group_stays": group["stays"],
        "without_duty": items.without_duty,
        "allocation": allocation["what"],
    }
    return Merged(kept=kept, moved=moved, told=told)


async def records_of(connection: Connection, child_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every record of the child in force, table by table."""
    found = {table: await records_in_force(connection, table, {"child_id": child_id}) for table in KEYS}
    return {table: sorted(some, key=lambda each: str(each["id"])) for table, some in found.items() if some}


async def _fact_of(connection: Connection, child_id: UUID) -> dict[str, Any] | None:
    found = await records_in_force(connection, "child_fact", {"child_id": child_id})
    return found[0] if found else None


def _sources(records: Mapping[str, Sequence[Record]], fact: Record | None) -> list[str]:
    every = {each["source"] for some in records.values() for each in some}
    return sorted(every | ({fact["source"]} if fact is not None else set()))


async def _kept_and_other(merge: Merge, pair: Sequence[UUID], kept_reference: str | None) -> tuple[UUID, UUID]:
    """Which of the two goes on; raises `InvalidInput` for a reference that is neither's, and for a merge of what is merged."""
    children = {row["id"]: row async for row in _sql.two_children(merge.connection, ids=list(pair))}
    for row in children.values():
        if row["merged_into"] is not None:
            raise InvalidInput(f"{row['reference']} is merged into another child already: undo that first", "id")
    if kept_reference is not None:
        kept = next((key for key, row in children.items() if row["reference"] == kept_reference), None)
        if kept is None:
            references = " and ".join(sorted(row["reference"] for row in children.values()))
            raise InvalidInput(f"keep one of {references}", "keptReference")
    else:
        held = await allocations.load_held(merge.connection, pair, merge.today)
        kept = min(pair, key=lambda each: (each not in held, children[each]["known_since"] or merge.now, children[each]["reference"]))
    other = next(each for each in pair if each != kept)
    if children[other]["has_merged"]:
        raise InvalidInput(f"another child is merged into {children[other]['reference']} already: undo that first, or keep it", "id")
    return kept, other


async def _move_records(merge: Merge, kept: UUID, joined: Joined) -> None:
    for some in (joined.superseded, joined.replaced):
        for table, records in some.items():
            for record in records:
                await withdraw_version(merge.connection, table, record["id"], at=merge.now)
    for table, records in joined.moved.items():
        for record in records:
            await pass_record(merge, table, record, kept)


async def pass_record(merge: Merge, table: str, record: Record, child_id: UUID) -> None:
    """The record is of that child from now on, by the same source and import as before."""
    changes = {"child_id": child_id, "import_id": record["import_id"]}
    await revise_version(merge.connection, table, record["id"], changes, source=record["source"], at=merge.now)


async def _join_facts(merge: Merge, kept: UUID, facts: Mapping[UUID, Record | None], other: UUID, both: Mapping[str, Any]) -> bool:
    if facts[other] is not None:
        await withdraw_version(merge.connection, "child_fact", other, at=merge.now)
    if facts[kept] is None:
        await open_version(merge.connection, "child_fact", {"child_id": kept, **both}, source=SOURCE, at=merge.now)
        return True
    return await revise_version(merge.connection, "child_fact", kept, both, source=SOURCE, at=merge.now)


async def _join_groups(merge: Merge, kept: UUID, other: UUID) -> dict[str, Any]:
    """The other's brothers and sisters are the kept one's, unless that has a group of its own. `stays`: that one, where they differ."""
    lost = await _sql.end_membership(merge.connection, child_id=other, at=merge.now)
    own = await _sql.group_of(merge.connection, child_id=kept)
    if lost is None:
        return {"lost": None, "joined": False, "stays": None}
    key, source = lost["group_key"], lost["source"]
    joined = await _sql.join_group(merge.connection, child_id=kept, group_key=key, source=source, at=merge.now)
    return {"lost": [key, source], "joined": bool(joined), "stays": own if own not in (None, key) else None}


async def _join_kin(merge: Merge, kept: UUID, other: UUID, kin: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ended, added = [], []
    for each in kin:
        child_id, parent_id, source = each["child_id"], each["parent_id"], each["source"]
        await _sql.end_parentage(merge.connection, child_id=child_id, parent_id=parent_id, at=merge.now)
        ended.append([str(child_id), str(parent_id), source])
        now = (kept if child_id == other else child_id, kept if parent_id == other else parent_id)
        if await _sql.add_parentage(merge.connection, child_id=now[0], parent_id=now[1], source=source, at=merge.now):
            added.append([str(now[0]), str(now[1])])
    return {"ended": ended, "added": added}


async def _join_allocations(merge: Merge, kept: UUID, other: UUID) -> dict[str, Any]:
    """The kept one's officer stays; until it has one, the other's goes on with the child, and who was to follow follows."""
    await caseload.lock_decisions(merge.connection)
    held = await allocations.load_held(merge.connection, [kept, other], merge.today)
    if other not in held:
        return {"what": "NONE", "officers": [], "own": []}
    officers = [(each.iro_id, each.first_day) for each in held[other]]
    own_from = held[kept][0].first_day if kept in held else date.max
    free = [each for each in officers if max(each[1], merge.today) < own_from]
    await end_allocation(merge, held[other])
    await give_allocations(merge, kept, free)
    return {
        "what": "MOVED" if free else "ENDED",
        "officers": [[str(iro_id), day.isoformat()] for iro_id, day in officers],
        "own": [str(each.id) for each in held.get(kept, ())],
    }
