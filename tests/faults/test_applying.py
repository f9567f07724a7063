"""kill -9 of the workers that apply a plan, wherever they are, and two of them at once: each placement is booked once or refused by
name, and what hangs together stands or falls as one."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.kernel.words import PlacementChange
from services.planning import performing, service
from services.planning.commands import RunAction
from tests.booking.world import NOW, SUPPORT, World, overlaps
from tests.planning.test_replanning import _crowded, _in_this_process, foretold, notices, placed, plan, world
from tests.races.conftest import owner, until_gone, until_waiting
from tests.rebalancing.process import Started, started

pytestmark = pytest.mark.slow

__all__ = ["_in_this_process", "owner", "world"]

_SILENT = 61  # seconds after which a worker is taken for dead
_PLACEMENTS, _AT_ONCE = 11, 3
APPLIER = "tests.faults.applier"


async def ready_to_apply(world: World) -> tuple[UUID, int]:
    """A plan that is APPLYING: eleven placements, two of them one group, and one whose time somebody else has by now. Answers
    how many letters the others owe."""
    await _crowded(world)
    for number in range(9):
        await world.review(f"R{number}", "IRO-02")
    plan_id = await plan(world, may_move=3)
    reviews = [each for each in await placed(world, plan_id) if each.change is PlacementChange.BOOKS and each.group_number is None]
    await world.review("SOMEBODY", "IRO-02")
    await world.book_review("SOMEBODY", starts_at=reviews[4].starts_at)
    told = len(await foretold(world, plan_id)) - 1
    await world.sql("DELETE FROM notice")
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key=str(uuid4()), id=plan_id), NOW)
    return plan_id, told


async def is_whole(world: World, plan_id: UUID, told: int) -> None:
    """Ten of eleven are done, once each, with their letters; one is refused by name; the group is whole."""
    rows = await world.sql("SELECT * FROM plan_placement WHERE plan_id = $1 ORDER BY number", plan_id)
    assert sorted(row["applied"] for row in rows) == [False] + [True] * 10
    assert [row["result"] for row in rows if not row["applied"]] == [_refusal(rows)]
    groups = defaultdict(set)
    for row in rows:
        groups[row["group_number"] or row["id"]].add(row["applied"])
    assert all(len(done) == 1 for done in groups.values())
    assert sum(1 for row in rows if row["group_number"] is not None) == 2
    new = [row["meeting_id"] for row in rows if row["meeting_version"] is None and row["applied"]]
    assert None not in new
    assert len(set(new)) == len(new) == 9
    assert (await world.sql("SELECT count(*) FROM meeting"))[0]["count"] == 2 + 1 + len(new)
    (moved,) = (row for row in rows if row["meeting_version"] is not None)
    assert (await world.meeting(moved["meeting_id"]))["version"] == moved["meeting_version"] + 1
    assert (await world.meeting(moved["meeting_id"]))["starts_at"] == moved["starts_at"]
    by_plan = await world.sql("SELECT action, subject FROM audit_event WHERE role = 'SERVICE'")
    assert len({tuple(each) for each in by_plan}) == len(by_plan) == 10
    assert len(await notices(world)) == told
    assert await overlaps(world.database) == 0
    (run,) = await world.sql("SELECT state, message FROM plan WHERE id = $1", plan_id)
    assert tuple(run) == ("APPLIED", "9 of 10 meetings booked; 1 of 1 meeting that stood changed")


def _refusal(rows: list[Any]) -> str:
    (refused,) = (row for row in rows if not row["applied"])
    return str(refused["result"])


@pytest.mark.parametrize("points", [(1, 4, 2, 5), (5, 3, 4, 1)])
async def test_a_plan_whose_workers_are_killed_one_after_the_other_is_applied_once(
    world: World, database_url: str, owner: Any, points: tuple[int, ...]
) -> None:
    plan_id, told = await ready_to_apply(world)
    whole, seen = await whole_batches(world, plan_id), list[int]()
    assert len(points) == performing.MOST_ATTEMPTS - 1
    with ExitStack() as running:
        workers = [running.enter_context(started(APPLIER)) for _ in range(performing.MOST_ATTEMPTS)]
        for attempt, (worker, point) in enumerate(zip(workers, points, strict=False)):
            await held(worker, database_url, at=point, after=attempt * _SILENT)
            worker.kill()
            await until_gone(owner, "applier")
            tried = await world.sql("SELECT count(*) FROM plan_placement WHERE plan_id = $1 AND applied IS NOT NULL", plan_id)
            seen.append(tried[0]["count"])
        workers[-1].ask(database_url, "work", after=performing.MOST_ATTEMPTS * _SILENT)
        assert (await workers[-1].answer())["performed"] == 1
    assert set(seen) <= whole  # what had been tried of a batch was undone with its worker
    assert 0 < seen[-1] < _PLACEMENTS
    assert seen == sorted(seen)
    await is_whole(world, plan_id, told)


async def whole_batches(world: World, plan_id: UUID) -> set[int]:
    """How many placements have been tried after each batch: the next three, with the rest of their groups."""
    rows = await world.sql("SELECT group_number FROM plan_placement WHERE plan_id = $1 ORDER BY number", plan_id)
    left, after = [row["group_number"] for row in rows], {0}
    while left:
        groups = {*left[:_AT_ONCE]} - {None}
        left = [group for group in left[_AT_ONCE:] if group not in groups]
        after.add(len(rows) - len(left))
    return after


async def held(worker: Started, url: str, **asked: Any) -> None:
    worker.ask(url, "work", **asked)
    await worker.is_held()


async def test_two_workers_that_apply_one_plan_at_once_apply_it_once(world: World, database_url: str, owner: Any) -> None:
    """The first seems dead after a batch, and is not: the second takes the plan over, and both go on."""
    plan_id, told = await ready_to_apply(world)
    with started(APPLIER) as first, started(APPLIER) as second:
        await held(first, database_url, at=4)
        await held(second, database_url, at=1, after=_SILENT)
        first.let_go()
        await until_waiting(owner)
        answers = [await second.go_on(), await first.answer()]
    assert [each["performed"] for each in answers] == [1, 1]
    await is_whole(world, plan_id, told)
