"""The index writer: gives arrivals their rows, then moves their files to the store.

Rows are committed first, with the path that the file will have; then the file moves. Whatever is
cut off in between is done again at the next start: recording and moving may be repeated. Nobody
waits for it: while there is no database, or one with another schema, arrivals pile up in
`incoming` and are taken oldest first when it is back.
"""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import Clock
from app.db.errors import sqlstate_of
from app.db.notify import WORK, notify
from app.db.session import Sessions, run_unit_of_work, unit_of_work
from app.intake import service as intake
from app.intake.domain.announcements import AnnouncementHeard
from app.intake.domain.arrival import ArrivedInstance, AssociationSeen
from app.intake.domain.completeness import Waits
from app.intake.events import ArrivalsRecorded
from app.intake.service import announcements
from app.kit.clock import read_host_clock
from app.kit.errors import Invalid
from app.store.files import move_durably, remove
from dicom_gateway import metrics
from dicom_gateway.arrival import NotAnArrival, read_file_head
from dicom_gateway.arrived import read_arrival
from dicom_gateway.directory import take_snapshot
from dicom_gateway.journal import JournalPage, JournalReader
from dicom_gateway.part_file import is_under_way
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool

_log = structlog.get_logger(__name__)
_BATCH = 400
_JOB, _ODD_JOB = "studies", "associations"
_COMPARING_JOB = "repeats"
# Data exception, integrity violation, program limit: this arrival can never be recorded. All other
# classes say something about the database, and the arrival waits.
_HOPELESS = frozenset({"22", "23", "54"})
# The machine is short of something for a while: no fault of the file's.
_PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.ESTALE})


@dataclass(frozen=True, slots=True)
class _Read:
    path: Path
    arrived: ArrivedInstance


class IndexWriter:
    """Works the spool and the journal off, while the database lets it.

    Parameters
    ----------
    spool, journal, snapshot
        The data folder's side.
    sessions, clock
        The database's side.
    waits
        How long each modality may be silent within a study.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        journal: JournalReader,
        snapshot: SnapshotFile,
        sessions: Sessions,
        clock: Clock,
        waits: Waits,
    ) -> None:
        self._spool = spool
        self._journal = journal
        self._snapshot = snapshot
        self._sessions = sessions
        self._clock = clock
        self._waits = waits
        self._clock_offset_ms: int | None = None
        self._is_journal_stuck = False

    async def renew_snapshot(self) -> None:
        """Write the senders of the directory to the data folder when they have changed."""
        async with unit_of_work(self._sessions) as session:
            before = read_host_clock()
            now = await self._clock.now(session)
            offset = before + (read_host_clock() - before) / 2 - now
            snapshot = await take_snapshot(session, now=now)
        self._note_offset(offset)
        self._snapshot.write(snapshot)

    def _note_offset(self, offset: timedelta) -> None:
        milliseconds = round(offset.total_seconds() * 1000)
        if self._clock_offset_ms is None:
            _log.info("clock_offset", host_ahead_of_database_ms=milliseconds)
        self._clock_offset_ms = milliseconds

    def has_news(self) -> bool:
        """Tell whether an arrival waits; cheap enough to be asked many times a second."""
        with os.scandir(self._spool.layout.incoming) as entries:
            return any(entry.name.endswith(".dcm") for entry in entries)

    async def index_all(self, *, go_on: Callable[[], bool] = lambda: True) -> int:
        """Index what the journal says and what has arrived; return how many arrivals were taken.

        Parameters
        ----------
        go_on
            Asked after each batch: a stop must not wait for a long night's work.

        Raises
        ------
        DBAPIError
            If the database is away or refuses; nothing is lost, and a later call goes on.
        """
        await self._index_journal()
        taken = 0
        batches = self._read_ahead(_cut(self._spool.list_waiting(), size=_BATCH))
        async with aclosing(batches):
            async for size, batch in batches:
                await self._record(batch)
                taken += size
                if not go_on():
                    break
        return taken

    async def _read_ahead(
        self, cut: Iterator[Sequence[Path]]
    ) -> AsyncGenerator[tuple[int, list[_Read]], None]:
        """Read each batch while the database still takes the one before it."""
        ahead: list[tuple[int, asyncio.Task[list[_Read]]]] = []
        try:
            for paths in cut:
                # Reading and digesting release the interpreter; whatever else runs goes on.
                reading = asyncio.create_task(asyncio.to_thread(self._read, paths))
                ahead.append((len(paths), reading))
                if len(ahead) > 1:
                    size, done = ahead.pop(0)
                    yield size, await done
            while ahead:
                size, done = ahead.pop(0)
                yield size, await done
        finally:
            await asyncio.gather(*(task for _, task in ahead), return_exceptions=True)

    async def _index_journal(self) -> None:
        for page in self._journal.read_news():
            await self._log(page.seen)
            await self._hear(page.heard)
            self._acknowledge(page)

    def _acknowledge(self, page: JournalPage) -> None:
        try:
            self._journal.acknowledge(page)
        except OSError as error:
            # A full disk: the lines are read again, which does no harm; images must not wait.
            if not self._is_journal_stuck:
                _log.warning("journal_not_acknowledged", reason=str(error))
            self._is_journal_stuck = True
        else:
            self._is_journal_stuck = False

    async def _log(self, seen: Sequence[AssociationSeen]) -> None:
        try:
            await run_unit_of_work(self._sessions, partial(self._save_seen, seen=seen))
        except Exception as error:
            if not is_hopeless(error):
                raise
            if len(seen) > 1:
                middle = len(seen) // 2
                await self._log(seen[:middle])
                await self._log(seen[middle:])
                return
            # Peers choose these texts: a line that cannot be kept must not keep images waiting.
            association_id = str(seen[0].association_id)
            _log.error("association_not_logged", association_id=association_id)

    async def _save_seen(self, session: AsyncSession, *, seen: Sequence[AssociationSeen]) -> None:
        offset_ms = self._clock_offset_ms
        await intake.log_associations(session, seen=seen, clock_offset_ms=offset_ms)
        if any(each.outcome == "refused" or each.mark for each in seen):
            await notify(session, channel=WORK, payload=_ODD_JOB)

    async def _hear(self, heard: Sequence[AnnouncementHeard]) -> None:
        if not heard:
            return
        try:
            await run_unit_of_work(
                self._sessions, partial(announcements.hear, heard=heard, waits=self._waits)
            )
        except Exception as error:
            if not is_hopeless(error):
                raise
            if len(heard) > 1:
                middle = len(heard) // 2
                await self._hear(heard[:middle])
                await self._hear(heard[middle:])
                return
            announcement_id = str(heard[0].announcement_id)
            _log.error("announcement_not_recorded", announcement_id=announcement_id)

    def _read(self, paths: Sequence[Path]) -> list[_Read]:
        batch = []
        for path in paths:
            try:
                if is_under_way(path):
                    # The next pass finds it safe, or gone.
                    continue
                batch.append(_Read(path, read_arrival(path, layout=self._spool.layout)))
            except FileNotFoundError:
                _log.warning("arrival_vanished", file=path.name)
            except (Invalid, OSError) as error:
                if isinstance(error, OSError) and error.errno in _PASSING:
                    raise
                self._spool.set_aside(path, reason=str(error), at=read_host_clock())
        return batch

    async def _record(self, batch: Sequence[_Read]) -> None:
        if not batch:
            return
        try:
            recorded = await run_unit_of_work(
                self._sessions, partial(self._save, arrivals=[each.arrived for each in batch])
            )
        except Exception as error:
            if not is_hopeless(error):
                raise
            # One of them spoils the batch: halve it until it stands alone.
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._record(batch[:middle])
                await self._record(batch[middle:])
                return
            self._spool.set_aside(batch[0].path, reason=_explain(error), at=read_host_clock())
            return
        metrics.note_index_batch(len(batch))
        await asyncio.to_thread(self._put_away, batch, recorded)
        _log.info("arrivals_indexed", kept=len(recorded.kept), duplicates=len(recorded.duplicates))

    async def _save(
        self, session: AsyncSession, *, arrivals: Sequence[ArrivedInstance]
    ) -> ArrivalsRecorded:
        recorded = await intake.record(session, arrivals, waits=self._waits)
        if recorded.study_ids:
            await notify(session, channel=WORK, payload=_JOB)
        if recorded.repeat_count:
            await notify(session, channel=WORK, payload=_COMPARING_JOB)
        return recorded

    def _put_away(self, batch: Sequence[_Read], recorded: ArrivalsRecorded) -> None:
        layout = self._spool.layout
        source = {each.arrived.arrival_id: each.path for each in batch}
        move_durably((source[kept], layout.stored_path(kept)) for kept in recorded.kept)
        # Their removal may have been cut off, and no row names them any more.
        remove([layout.stored_path(each) for each in recorded.replaced])
        for duplicate in recorded.duplicates:
            path = source[duplicate.arrival_id]
            if duplicate.kept_is_gone:
                remove([path])
            elif not _is_whole(layout.find_arrival(duplicate.kept_arrival_id)):
                # The kept file was lost: this one has the same data set, and takes its place.
                _log.error("lost_file_replaced", arrival_id=str(duplicate.kept_arrival_id))
                move_durably([(path, layout.stored_path(duplicate.kept_arrival_id))])
            else:
                remove([path])


def _is_whole(path: Path | None) -> bool:
    """Tell whether a file is there as long as it was: a power cut may have cut it off."""
    if path is None:
        return False
    try:
        read_file_head(path)
    except (NotAnArrival, FileNotFoundError):
        return False
    return True


def _cut(paths: Sequence[Path], *, size: int) -> Iterator[Sequence[Path]]:
    return (paths[start : start + size] for start in range(0, len(paths), size))


def is_hopeless(error: Exception) -> bool:
    """Would the same rows fail again tomorrow? If not, it is the machine's or database's state."""
    if isinstance(error, DBAPIError):
        # The driver refuses some values itself, without a code.
        return isinstance(error, DataError) or (sqlstate_of(error) or "")[:2] in _HOPELESS
    return isinstance(error, (Invalid, ValueError, TypeError, ArithmeticError, LookupError))


def _explain(error: Exception) -> str:
    if isinstance(error, Invalid):
        return error.message
    # What is said may repeat the values of the row: only its kind is kept.
    if isinstance(error, DBAPIError):
        return f"the database refuses its rows (SQLSTATE {sqlstate_of(error)})"
    return f"its rows cannot be made ({type(error).__name__})"
