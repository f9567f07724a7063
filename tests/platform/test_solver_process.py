"""A computation in a process of its own: its answer, its errors, and that it is gone afterwards in every case."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from services.kernel.errors import Impossible
from services.platform.solver_process import SolverDied, SolverStopped, solve_apart


def double(problem: int, report: Callable[[float], None]) -> tuple[int, int]:
    print("libraries print what they like")
    report(0.25)
    report(0.75)
    return problem * 2, os.getpid()


def refuse(problem: str, _: Callable[[float], None]) -> None:
    raise ValueError(f"cannot solve {problem}")


def prove_impossible(_: None, __: Callable[[float], None]) -> None:
    raise Impossible("no answer exists", ())


def crash(_: None, __: Callable[[float], None]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def search_for_ever(_: None, report: Callable[[int], None]) -> None:
    report(os.getpid())
    threading.Event().wait()


def measure(problem: bytes, _: Callable[[float], None]) -> bytes:
    return problem * 2


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_answer_comes_from_another_process_that_is_gone() -> None:
    answer, pid = await solve_apart(double, 21)
    assert answer == 42
    assert pid != os.getpid()
    assert not is_running(pid)


async def test_the_latest_progress_is_heard() -> None:
    heard: list[float] = []

    async def hear(progress: float) -> None:
        heard.append(progress)

    await solve_apart(double, 1, on_progress=hear)
    assert heard in ([], [0.25], [0.75], [0.25, 0.75])


async def test_large_problems_and_answers_pass() -> None:
    assert await solve_apart(measure, b"x" * 3_000_000) == b"x" * 6_000_000


async def test_errors_are_raised_here_with_the_place_they_come_from() -> None:
    with pytest.raises(ValueError, match="cannot solve this") as caught:
        await solve_apart(refuse, "this")
    assert "in refuse" in caught.value.__notes__[0]


async def test_an_error_that_cannot_travel_is_told() -> None:
    with pytest.raises(RuntimeError, match="Impossible: no answer exists"):
        await solve_apart(prove_impossible, None)


async def test_a_process_that_dies_is_no_answer() -> None:
    with pytest.raises(SolverDied, match="SIGKILL"):
        await solve_apart(crash, None)


async def test_stopping_kills_the_process() -> None:
    stopped, pids = asyncio.Event(), []

    async def stop(pid: int) -> None:
        pids.append(pid)
        stopped.set()

    with pytest.raises(SolverStopped):
        await solve_apart(search_for_ever, None, on_progress=stop, stopped=stopped)
    assert not is_running(pids[0])


async def test_cancelling_kills_the_process() -> None:
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def hear(pid: int) -> None:
        begun.set_result(pid)

    task = asyncio.create_task(solve_apart(search_for_ever, None, on_progress=hear))
    pid = await begun
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_running(pid)


async def test_a_fault_in_hearing_of_progress_ends_the_process() -> None:
    pids = []

    async def fail(pid: int) -> None:
        pids.append(pid)
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="the database is gone"):
        await solve_apart(search_for_ever, None, on_progress=fail)
    assert not is_running(pids[0])


async def test_two_at_once_do_not_disturb_each_other() -> None:
    answers = await asyncio.gather(solve_apart(double, 1), solve_apart(double, 2))
    assert [answer for answer, _ in answers] == [2, 4]


PARENT = """
import asyncio
from services.platform.solver_process import solve_apart
from tests.platform.test_solver_process import search_for_ever

async def hear(pid):
    print(pid, flush=True)

asyncio.run(solve_apart(search_for_ever, None, on_progress=hear))
"""


def test_killing_the_parent_ends_the_process() -> None:
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=root, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watched = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    parent.kill()
    parent.wait()
    parent.stdout.read()
    parent.stdout.close()
    if watched is not None:
        import select

        assert select.select([watched], [], [], 300)[0], "the solver outlived its parent"
        os.close(watched)


async def test_a_function_of_the_main_program_is_refused() -> None:
    def local(_: None, __: Callable[[float], None]) -> None: ...

    local.__module__ = "__main__"
    with pytest.raises(ValueError, match="main program"):
        await solve_apart(local, None)
