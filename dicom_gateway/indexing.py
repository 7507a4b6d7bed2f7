"""The index's thread: finds the database, keeps at it, and comes back when it was away.

One process of a data folder indexes at a time: whoever holds the lock on `spool/index.lock`. The
kernel gives the lock back however a process ends, and another one takes over.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from app.db.engine import make_engine
from app.db.schema import check
from app.db.session import Sessions, make_sessions
from app.kit.clock import read_monotonic_s
from app.kit.errors import AppError
from dicom_gateway.index import IndexWriter

_log = structlog.get_logger(__name__)
_LOCK_POLL_S = 0.5
_REST_S = 0.05
"""Between two passes: lets a batch gather, and leaves the processor to the network side."""
_POLL_S = 0.25
"""Arrivals of other processes in the folder wake nobody: so often they are looked for."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 2.0


class Indexing:
    """Runs an index writer in a thread of its own until it is stopped.

    Parameters
    ----------
    lock_path
        Held while this process indexes.
    find_url
        Gives the address of the database, or nothing while there is none; asked at each try.
    make_writer
        Makes the index writer for one stretch of time with a database.
    renew_every
        How often the senders are read again.
    grace
        How long a pass under way may still take after the word to stop.
    """

    def __init__(
        self,
        *,
        lock_path: Path,
        find_url: Callable[[], str | None],
        make_writer: Callable[[Sessions], IndexWriter],
        renew_every: timedelta = timedelta(seconds=1),
        grace: timedelta = timedelta(seconds=10),
    ) -> None:
        self._lock_path = lock_path
        self._find_url = find_url
        self._make_writer = make_writer
        self._loop = asyncio.new_event_loop()
        self._news = asyncio.Event()
        self._stop = asyncio.Event()
        self._renew_every_s = renew_every.total_seconds()
        self._grace_s = grace.total_seconds()
        self._thread = Thread(target=self._run, name="index")
        self._work_task: asyncio.Task[None] | None = None
        self._complaint = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something arrived; from any thread, at any time."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._news.set)

    def stop(self) -> None:
        """Finish the pass under way, and end; what is left waits for the next start."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(self._grace_s)
        if self._thread.is_alive():
            # The database holds us up: what is not committed is done again at the next start.
            _log.warning("index_cut_short")
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._give_up)
            self._thread.join()

    def _give_up(self) -> None:
        if self._work_task is not None:
            self._work_task.cancel()

    def _run(self) -> None:
        with (
            contextlib.suppress(asyncio.CancelledError),
            asyncio.Runner(loop_factory=lambda: self._loop) as runner,
        ):
            runner.run(self._work())

    async def _work(self) -> None:
        self._work_task = asyncio.current_task()
        with _open_lock(self._lock_path) as descriptor:
            while not self._stop.is_set() and not _try_lock(descriptor):
                await self._sleep(_LOCK_POLL_S)
            pause_s = _FIRST_PAUSE_S
            while not self._stop.is_set():
                if await self._serve():
                    pause_s = _FIRST_PAUSE_S
                await self._sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _serve(self) -> bool:
        """Index for as long as the database lets us; tell whether it did at all."""
        served = False
        try:
            url = self._find_url()
            if url is None:
                self._complain("no database was given, and none runs in the data folder")
                return False
            engine = make_engine(url, pool_size=1, overflow=1, application="astreinte gateway")
            try:
                await check(engine)
                writer = self._make_writer(make_sessions(engine))
                await writer.renew_snapshot()
                self._complain("")
                served = True
                await self._index_until_stopped(writer)
            finally:
                await engine.dispose()
        except AppError as error:
            self._complain(error.message)
        except (DBAPIError, psycopg.Error, OSError) as error:
            # The message of a driver may repeat values: its kind says enough.
            self._complain(type(getattr(error, "orig", None) or error).__name__)
        except Exception as error:  # noqa: BLE001 - the edge: without its index no image is seen
            self._complain(type(error).__name__)
            _log.exception("index_failed", exc_info=error)
        return served

    async def _index_until_stopped(self, writer: IndexWriter) -> None:
        renewed_at_s = read_monotonic_s()

        def is_due() -> bool:
            return read_monotonic_s() >= renewed_at_s + self._renew_every_s

        def goes_on() -> bool:
            # A backlog must not hold back a change of the senders: it is left, and taken up again.
            return self._goes_on() and not is_due()

        while not self._stop.is_set():
            self._news.clear()
            await writer.index_all(go_on=goes_on)
            if is_due():
                await writer.renew_snapshot()
                renewed_at_s = read_monotonic_s()
                continue
            await self._sleep(_REST_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self._news.wait()
        await writer.index_all(go_on=self._goes_on)

    def _goes_on(self) -> bool:
        return not self._stop.is_set()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    def _complain(self, reason: str) -> None:
        """Log when the state of the database changes, not at each try."""
        if reason != self._complaint:
            self._complaint = reason
            if reason:
                _log.warning("index_waits", reason=reason)
            else:
                _log.info("index_works")


@contextlib.contextmanager
def _open_lock(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
