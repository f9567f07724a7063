"""Long computations in a process of their own: they may crash, be killed or take all memory, and nothing else suffers.

The process is a plain interpreter that imports only what the function needs. Its standard input is its life line: the
problem comes in by it, and when it closes (the parent is gone, however it went) the process ends at once. Its own
end of the pipe carries progress and, last, the result; what libraries print goes to standard error instead.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from services.kernel.errors import Unavailable

P = TypeVar("P")
R = TypeVar("R")
G = TypeVar("G")

_LENGTH = struct.Struct(">Q")
_PROGRESS, _RESULT, _ERROR = "progress", "result", "error"
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from services.platform.solver_process import answer_parent; answer_parent()"
)


class SolverStopped(Unavailable):
    """The computation was stopped on request; it has no result."""


class SolverDied(Unavailable):
    """The process ended without a result: killed, out of memory, or crashed."""


async def solve_apart(
    solve: Callable[[P, Callable[[G], None]], R],
    problem: P,
    *,
    on_progress: Callable[[G], Awaitable[None]] | None = None,
    stopped: asyncio.Event | None = None,
) -> R:
    """What `solve(problem, report)` returns, computed in a process of its own that is gone afterwards in every case.

    `solve` is a function of a module, `problem`, result and progress can be pickled. `on_progress` hears of the latest
    report whenever it is ready for one (older ones it was too slow for are dropped). An exception of `solve` is raised
    here. `stopped`, once set, kills the process and raises `SolverStopped`; so does cancelling the caller (which raises
    its `CancelledError`). A process that ends by itself without a result raises `SolverDied`.
    """
    if solve.__module__ == "__main__":
        raise ValueError(f"{solve.__qualname__} is defined in the main program: another process cannot import it")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _BOOT,
        json.dumps(sys.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        work = [asyncio.create_task(_converse(process, pickle.dumps((solve, problem)), on_progress))]
        if stopped is not None:
            work.append(asyncio.create_task(_until(stopped)))
        result: R = await _first_of(work)
        return result
    finally:
        await asyncio.shield(asyncio.create_task(_end(process)))


async def _first_of(work: list[asyncio.Task[Any]]) -> Any:
    """The result of whichever task ends first; the others are cancelled, and have ended."""
    try:
        done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in work if task in done).result()
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


async def _until(stopped: asyncio.Event) -> None:
    await stopped.wait()
    raise SolverStopped("the search was stopped")


async def _end(process: asyncio.subprocess.Process) -> None:
    """The process is gone and reaped, its pipes closed."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    assert process.stdin is not None
    process.stdin.close()
    with suppress(ConnectionError):
        await process.stdin.wait_closed()
    await process.wait()


async def _converse(process: asyncio.subprocess.Process, payload: bytes, on_progress: Callable[[Any], Awaitable[None]] | None) -> Any:
    """Hands over the problem and listens until the result is there."""
    assert process.stdin is not None
    with suppress(ConnectionError):  # it died before it had read all: the next read says so
        process.stdin.write(_LENGTH.pack(len(payload)) + payload)
        await process.stdin.drain()
    latest: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
    listener = asyncio.create_task(_listen(process, latest))
    if on_progress is None:
        return await _first_of([listener])
    return await _first_of([listener, asyncio.create_task(_pass_on(latest, on_progress))])


async def _pass_on(latest: asyncio.Queue[Any], on_progress: Callable[[Any], Awaitable[None]]) -> None:
    while True:
        await on_progress(await latest.get())


async def _listen(process: asyncio.subprocess.Process, latest: asyncio.Queue[Any]) -> Any:
    assert process.stdout is not None
    while True:
        try:
            size = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))[0]
            kind, value = pickle.loads(await process.stdout.readexactly(size))  # noqa: S301 - written by our own code
        except asyncio.IncompleteReadError:
            raise SolverDied(f"the solver's process ended without an answer ({_ending(await process.wait())})") from None
        if kind == _RESULT:
            return value
        if kind == _ERROR:
            raise value
        if latest.full():
            latest.get_nowait()
        latest.put_nowait(value)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


# ------------------------------------------------------------------------------------------- in the other process


def answer_parent() -> None:
    """Reads a function and its problem from standard input, and writes progress and result; then the process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides what it means
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    size = _LENGTH.unpack(_read(_LENGTH.size))[0]
    payload = _read(size)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    turn = threading.Lock()  # solvers report from threads of their own

    def send(kind: str, value: Any) -> None:
        message = pickle.dumps((kind, value))
        with turn:
            answers.write(_LENGTH.pack(len(message)) + message)
            answers.flush()

    try:
        solve, problem = pickle.loads(payload)  # noqa: S301 - written by our own code
        result = solve(problem, lambda progress: send(_PROGRESS, progress))
        send(_RESULT, result)
    except BaseException as fault:  # noqa: BLE001 - whatever it is, the parent must hear of it
        send(_ERROR, _portable(fault))
    os._exit(0)  # no time for the memory of a large model to be taken apart


def _read(size: int) -> bytes:
    taken = bytearray()
    while len(taken) < size:
        chunk = os.read(0, min(size - len(taken), 1 << 20))
        if not chunk:
            os._exit(1)
        taken += chunk
    return bytes(taken)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def _portable(fault: BaseException) -> BaseException:
    """The same error where it survives the journey, else one that tells of it; its traceback goes along as a note."""
    fault.add_note("".join(traceback.format_exception(fault)))
    with suppress(Exception):  # pickling calls arbitrary code
        if isinstance(fault, Exception) and type(pickle.loads(pickle.dumps(fault))) is type(fault):  # noqa: S301
            return fault
    told = RuntimeError(f"{type(fault).__name__}: {fault}")
    told.__notes__ = list(fault.__notes__)
    return told
