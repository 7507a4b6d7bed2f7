"""Compare images in a child process, which a hostile or broken file may end."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from app.intake.domain.ports import Pair

_log = structlog.get_logger(__name__)
_WORKER = (sys.executable, "-m", "app.adapters.pixels.worker")
_STARTING_S = 20.0
_PAIR_S = 20.0


class _Gone(Exception):
    """The child did not answer: it died, or was too slow."""


class _Worker:
    """One child that compares pair after pair."""

    def __init__(self, process: asyncio.subprocess.Process, *, pair_s: float) -> None:
        self._process = process
        self._pair_s = pair_s

    async def wait_until_ready(self) -> None:
        """Wait until it can be asked: what it loads takes seconds on a busy machine."""
        await self._read_line(within_s=_STARTING_S)

    async def compare(self, pair: Pair, *, pixels: bool) -> str:
        one, other = pair
        asked = json.dumps({"one": str(one), "other": str(other), "pixels": pixels})
        if self._process.stdin is None:
            raise _Gone
        try:
            self._process.stdin.write(f"{asked}\n".encode())
            await self._process.stdin.drain()
        except OSError as error:
            raise _Gone from error
        return await self._read_line(within_s=self._pair_s)

    async def _read_line(self, *, within_s: float) -> str:
        if self._process.stdout is None:
            raise _Gone
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), within_s)
        except (OSError, TimeoutError) as error:
            raise _Gone from error
        if not line.endswith(b"\n"):
            raise _Gone
        return line.decode("ascii").strip()


class ProcessComparer:
    """Compares images by their pixels, in a process of its own for each batch.

    Parameters
    ----------
    pair_s
        How long one comparison may last; what takes longer counts as not decodable.
    """

    def __init__(self, *, pair_s: float = _PAIR_S, command: Sequence[str] = _WORKER) -> None:
        self._pair_s = pair_s
        self._command = command

    async def are_same(self, pairs: Sequence[Pair]) -> list[bool]:
        """Tell of each pair whether both files show the same."""
        verdicts = await self._judge(pairs, pixels=True)
        unclear = [pair for pair, each in zip(pairs, verdicts, strict=True) if each is None]
        by_data_set = iter(await self._judge(unclear, pixels=False) if unclear else ())
        return [bool(next(by_data_set)) if each is None else each for each in verdicts]

    async def _judge(self, pairs: Sequence[Pair], *, pixels: bool) -> list[bool | None]:
        verdicts: list[bool | None] = []
        while len(verdicts) < len(pairs):
            async with self._start() as worker:
                with contextlib.suppress(_Gone):
                    await worker.wait_until_ready()
                    for pair in pairs[len(verdicts) :]:
                        answer = await worker.compare(pair, pixels=pixels)
                        verdicts.append(None if answer == "undecodable" else answer == "same")
                    break
            # The pair that ended the child has no verdict; those behind it get a new child.
            _log.warning("comparison_interrupted", pixels=pixels)
            verdicts.append(None)
        return verdicts

    @asynccontextmanager
    async def _start(self) -> AsyncIterator[_Worker]:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield _Worker(process, pair_s=self._pair_s)
        finally:
            await asyncio.shield(_end(process))


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.communicate()
