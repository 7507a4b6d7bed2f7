"""Computes a roster in a child process, which goes when we go or when it takes much too long."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from typing import Any

from app.adapters.rosters.wire import STOP, Order, read_progress, read_roster, write_order
from app.planning.domain.errors import RosterFailed
from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Limits, Roster, RosterProblem

_WORKER = (sys.executable, "-m", "app.adapters.rosters.worker")
_LINE_BYTES = 64 << 20
_ASK_S = 0.2
_GRACE_S = 120.0
"""Beyond its limit: for starting, and for what is done before and after the search."""


class ProcessRosterComputer:
    """Starts one process for each roster.

    Parameters
    ----------
    grace_s
        How much longer than its limit it may take.
    """

    def __init__(self, *, grace_s: float = _GRACE_S, command: Sequence[str] = _WORKER) -> None:
        self._grace_s = grace_s
        self._command = command

    async def compute(
        self,
        problem: RosterProblem,
        *,
        limits: Limits,
        is_repair: bool,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> Roster:
        """Compute a roster; see `RosterComputer`."""
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, limit=_LINE_BYTES
        )
        longest_s = limits.seconds + self._grace_s
        try:
            async with asyncio.timeout(longest_s):
                await _write(process, write_order(Order(problem, limits, is_repair)))
                told = await _follow(process, on_progress=on_progress, should_stop=should_stop)
        except TimeoutError as error:
            raise RosterFailed(
                f"its process took more than {longest_s:g} s and was ended: ask for fewer seconds, "
                f"or for a shorter period"
            ) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
        return read_roster(told, problem=problem)


async def _follow(
    process: Process,
    *,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    """Read line after line until the roster comes; pass on that it is to stop, once."""
    asked = should_stop
    while True:
        line = await _read_line(process, asked)
        if line is None:
            asked = _never
            await _write(process, STOP)
            continue
        if not line.endswith(b"\n"):
            raise RosterFailed(_explain(await process.wait()))
        told = json.loads(line)
        if "roster" in told:
            roster: dict[str, Any] = told["roster"]
            return roster
        on_progress(read_progress(told["progress"]))


def _never() -> bool:
    return False


async def _read_line(process: Process, must_stop: Callable[[], bool]) -> bytes | None:
    """Read a line; nothing once it must stop."""
    if process.stdout is None:
        raise RosterFailed("its process has no output")
    reading = asyncio.ensure_future(process.stdout.readline())
    try:
        while not (await asyncio.wait({reading}, timeout=_ASK_S))[0]:
            if must_stop():
                return None
        return reading.result()
    finally:
        reading.cancel()


async def _write(process: Process, written: bytes) -> None:
    if process.stdin is None:
        raise RosterFailed("its process has no input")
    # A process that has ended is noticed where its answer is read.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(written)
        await process.stdin.drain()


def _explain(code: int) -> str:
    if code < 0:
        return (
            f"its process was ended by signal {-code} before its answer: there may be too little "
            f"memory; try it again, or a shorter period"
        )
    return f"its process ended with code {code} before its answer: see the scheduler's log"
