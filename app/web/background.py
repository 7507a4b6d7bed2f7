"""What the web process does beside its requests, for as long as it runs."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None], *, failed: str) -> AsyncIterator[None]:
    """Let something run until the block ends, and has ended.

    Parameters
    ----------
    failed
        What the log says when it ends by an error: nothing else would tell.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(partial(_note_end, failed=failed))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _note_end(task: "asyncio.Task[None]", *, failed: str) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # The type alone: an exception's text may hold what a row says.
        _log.error(failed, error=type(error).__name__)
