"""The index's thread: finds the database, keeps at it, and comes back when it was away.

One process of a data folder indexes at a time: whoever holds the lock on `spool/index.lock`. The
kernel gives the lock back however a process ends, and another one takes over. Beside that it
settles the segments, which needs no database. The network side goes before it: it is niced, and
rests while images come one upon the other.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread, get_native_id

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from app.db.engine import make_engine
from app.db.schema import check
from app.db.session import Sessions, make_sessions
from app.kit.clock import read_monotonic_s
from app.kit.errors import AppError
from dicom_gateway import metrics
from dicom_gateway.backlog import find_oldest
from dicom_gateway.burst import Burst
from dicom_gateway.index import IndexWriter
from dicom_gateway.segments.settler import Settler

_log = structlog.get_logger(__name__)
_LOCK_POLL_S = 0.5
_REST_S = 0.05
"""Between two passes: lets a batch gather, and leaves the processor to the network side."""
_LOOK_S = 0.05
"""Arrivals of other processes wake nobody: so often they are looked for. A look costs 25 us."""
_GLANCE_S, _LONGEST_WAIT_S = 0.02, 0.6
"""How often, and for how long at most, the index looks whether it may begin."""
_POLL_S = 0.25
"""So often the journal is read."""
_NICENESS = 5
_MEASURE_S = 2.0
"""So often the age of the oldest arrival is looked up: among many that takes a while."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 2.0


class Indexing:
    """Runs an index writer in a thread of its own until it is stopped.

    Parameters
    ----------
    lock_path
        Held while this process indexes.
    find_url
        Gives the address of the database, or nothing while there is none; asked at each try.
    settler
        Gives small arrivals their files.
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
        settler: Settler,
        make_writer: Callable[[Sessions], IndexWriter],
        renew_every: timedelta = timedelta(seconds=1),
        grace: timedelta = timedelta(seconds=10),
    ) -> None:
        self._lock_path = lock_path
        self._find_url = find_url
        self._settler = settler
        self._make_writer = make_writer
        self._loop = asyncio.new_event_loop()
        self._news = asyncio.Event()
        self._stop = asyncio.Event()
        self._settles = asyncio.Lock()
        self._burst = Burst(settler.has_grown)
        self._renew_every_s = renew_every.total_seconds()
        self._grace_s = grace.total_seconds()
        self._thread = Thread(target=self._run, name="index")
        self._work_task: asyncio.Task[None] | None = None
        self._complaint = ""
        self._measured_at_s = 0.0

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
        # To Linux a thread has a niceness of its own; the threads that it starts inherit it.
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICENESS)
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
            async with self._settling():
                await self._serve_until_stopped()

    @contextlib.asynccontextmanager
    async def _settling(self) -> AsyncIterator[None]:
        """Settle the segments beside whatever else is done, with a database or without."""
        task = asyncio.create_task(self._settle_until_stopped())
        try:
            yield
        finally:
            await asyncio.wait([task])
            # What came until the end has its files, also when there is no database to end with.
            await self._settle()
            self._settler.close()

    async def _settle_until_stopped(self) -> None:
        while not self._stop.is_set():
            try:
                self._burst.look()
                if not self._burst.lasts() and self._settler.has_news():
                    await self._settle()
                    self._burst.begin_anew()
                    self._news.set()
                await self._measure()
            except Exception as error:  # noqa: BLE001 - the edge: what came must not wait for ever
                _log.exception("settling_failed", exc_info=error)
                await self._sleep(_LOCK_POLL_S)
            await self._sleep(_LOOK_S)

    async def _serve_until_stopped(self) -> None:
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
            await self._wait_for_quiet()
            if await writer.index_all(go_on=goes_on):
                self._burst.note_indexed()
            if is_due():
                await writer.renew_snapshot()
                renewed_at_s = read_monotonic_s()
                continue
            await self._sleep(_REST_S)
            await self._wait_for_news(writer)
        await self._settle()
        await writer.index_all(go_on=self._goes_on)

    async def _settle(self) -> None:
        async with self._settles:
            await asyncio.to_thread(self._settler.settle)

    async def _measure(self) -> None:
        now_s = read_monotonic_s()
        if now_s >= self._measured_at_s + _MEASURE_S:
            self._measured_at_s = now_s
            oldest = await asyncio.to_thread(find_oldest, self._settler.layout)
            metrics.set_oldest_waiting(oldest)

    async def _wait_for_quiet(self) -> None:
        """Wait until no more comes and what came has its files: all of it is then one batch."""
        until_s = read_monotonic_s() + _LONGEST_WAIT_S
        while (self._burst.lasts() or self._settles.locked()) and read_monotonic_s() < until_s:
            if self._stop.is_set():
                return
            await self._sleep(_GLANCE_S)

    async def _wait_for_news(self, writer: IndexWriter) -> None:
        until_s = read_monotonic_s() + _POLL_S
        while read_monotonic_s() < until_s and not self._stop.is_set():
            if writer.has_news():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._news.wait()
                    return

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
