"""Sends DICOM files by pynetdicom, each in a presentation context of its own class and syntax."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from app.adapters.dicom.association import NoAssociationError, Patience, propose
from app.adapters.dicom.pool import AssociationPool
from app.adapters.dicom.rewriting import rewrite_file
from app.adapters.dicom.scratch import PREFIX
from app.adapters.dicom.tls import ClientContexts
from app.delivery.domain.outcomes import Outcome, read_status
from app.delivery.domain.ports import Destination, FileToSend, SendResult

# PS3.8 §9.3.2.2: context ids are the odd numbers of one byte.
_MOST_CONTEXTS = 128
_LONGEST_FAREWELL_S = 5.0
_IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"


@dataclass(frozen=True, slots=True)
class _Described:
    """A file with the class and syntax that its meta header names."""

    file: FileToSend
    sop_class_uid: str
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class PynetdicomSender:
    """Sends on associations of pynetdicom, in a thread for each call.

    Attributes
    ----------
    ae_title
        How we call ourselves.
    scratch
        Where rewritten files lie while they are sent, else the system's folder for such things.
    tls
        For nodes that are called over TLS; without it they cannot be called.
    pool
        Keeps associations open for a moment after their use.
    """

    ae_title: str
    patience: Patience = field(default_factory=Patience)
    scratch: Path | None = None
    tls: ClientContexts | None = None
    pool: AssociationPool = field(default_factory=AssociationPool)

    async def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        """Send files from the disk, as they are or rewritten, and yield a result for each."""
        stop = threading.Event()

        def produce() -> Iterator[SendResult]:
            return self._store(files, to=to, stop=stop)

        async with aclosing(_run_in_thread(produce, stop=stop)) as results:
            async for result in results:
                yield result

    async def echo(self, *, to: Destination) -> SendResult:
        """Ask a node whether it is there, on an association of its own: that is asked for too."""
        return await asyncio.to_thread(self._echo, to)

    def _echo(self, to: Destination) -> SendResult:
        contexts = [propose(Verification, transfer_syntax=_IMPLICIT_LITTLE_ENDIAN)]
        try:
            with self.pool.lease(
                to,
                calling_ae_title=self.ae_title,
                contexts=contexts,
                patience=self.patience,
                tls=self.tls,
                fresh=True,
            ) as leased:
                status = leased.association.send_c_echo().get("Status")
        except NoAssociationError as error:
            return SendResult("", error.outcome, detail=error.detail)
        if status is None:
            return SendResult("", Outcome.BROKEN, detail="no answer to C-ECHO")
        return SendResult("", read_status(status), status)

    def _store(
        self, files: Sequence[FileToSend], *, to: Destination, stop: threading.Event
    ) -> Iterator[SendResult]:
        for batch in _cut(files):
            readable = [each for each in batch if isinstance(each, _Described)]
            if not readable:
                yield from (each for each in batch if isinstance(each, SendResult))
                continue
            yield from self._store_batch(batch, readable=readable, to=to, stop=stop)

    def _store_batch(
        self,
        batch: Sequence[_Described | SendResult],
        *,
        readable: Sequence[_Described],
        to: Destination,
        stop: threading.Event,
    ) -> Iterator[SendResult]:
        pairs = dict.fromkeys((each.sop_class_uid, each.transfer_syntax_uid) for each in readable)
        contexts = [propose(sop_class, transfer_syntax=syntax) for sop_class, syntax in pairs]
        left = list(batch)
        try:
            with self.pool.lease(
                to,
                calling_ae_title=self.ae_title,
                contexts=contexts,
                patience=self.patience,
                tls=self.tls,
            ) as leased:
                while left and not stop.is_set():
                    yield self._take(leased.association, left.pop(0))
                leased.ends = stop.is_set()
        except NoAssociationError as error:
            for each in left:
                if isinstance(each, SendResult):
                    yield each
                else:
                    uid = each.file.sop_instance_uid
                    yield SendResult(uid, error.outcome, detail=error.detail)

    def _take(self, association: Association, each: _Described | SendResult) -> SendResult:
        return each if isinstance(each, SendResult) else self._send(association, each)

    def _send(self, association: Association, described: _Described) -> SendResult:
        with suppress(OSError):
            size_bytes = described.file.path.stat().st_size
            association.dimse_timeout = self.patience.for_object(size_bytes)
        rewriting = described.file.rewriting
        if rewriting is None or not association.is_established:
            return _send(association, described, path=described.file.path)
        with TemporaryDirectory(prefix=PREFIX, dir=self.scratch) as folder:
            path = Path(folder) / "rewritten.dcm"
            try:
                rewrite_file(described.file.path, path, rewriting=rewriting)
            except (OSError, InvalidDicomError, ValueError) as error:
                detail = f"the identifiers cannot be made unique: {type(error).__name__}"
                uid = described.file.sop_instance_uid
                return SendResult(uid, Outcome.UNREADABLE, detail=detail)
            return _send(association, described, path=path)


def _cut(files: Sequence[FileToSend]) -> Iterator[list[_Described | SendResult]]:
    """Cut the files into runs whose contexts fit into one association: nearly always one run."""
    run: list[_Described | SendResult] = []
    pairs: set[tuple[str, str]] = set()
    for file in files:
        described = _describe(file)
        if isinstance(described, _Described):
            pair = (described.sop_class_uid, described.transfer_syntax_uid)
            if pair not in pairs and len(pairs) == _MOST_CONTEXTS:
                yield run
                run, pairs = [], set()
            pairs.add(pair)
        run.append(described)
    if run:
        yield run


def _describe(file: FileToSend) -> _Described | SendResult:
    try:
        meta = read_file_meta_info(file.path)
        return _Described(file, str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID))
    except (OSError, InvalidDicomError, AttributeError, ValueError) as error:
        detail = f"{file.path.name} is not readable as a DICOM file: {type(error).__name__}"
        return SendResult(file.sop_instance_uid, Outcome.UNREADABLE, detail=detail)


def _send(association: Association, described: _Described, *, path: Path) -> SendResult:
    uid = described.file.sop_instance_uid
    if not association.is_established:
        return SendResult(uid, Outcome.BROKEN, detail="the association ended before this object")
    wanted = (described.sop_class_uid, described.transfer_syntax_uid)
    accepted = {
        (str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in association.accepted_contexts
    }
    if wanted not in accepted:
        detail = f"the node does not take class {wanted[0]} in syntax {wanted[1]}"
        return SendResult(uid, Outcome.NO_CONTEXT, detail=detail)
    try:
        status = association.send_c_store(path).get("Status")
    except (OSError, AttributeError, ValueError) as error:
        detail = f"{described.file.path.name} cannot be sent: {type(error).__name__}"
        return SendResult(uid, Outcome.UNREADABLE, detail=detail)
    except RuntimeError:
        return SendResult(uid, Outcome.BROKEN, detail="the association ended during this object")
    if status is None:
        return SendResult(uid, Outcome.BROKEN, detail="no answer to this object")
    return SendResult(uid, read_status(status), status)


News = SendResult | BaseException | None
"""A result, or the end: with the error that caused it, or nothing."""


async def _run_in_thread(
    produce: Callable[[], Iterator[SendResult]], *, stop: threading.Event
) -> AsyncGenerator[SendResult, None]:
    """Run a blocking iterator in a thread of its own, and yield what it yields.

    Not in the loop's pool, which a few silent peers would fill. An error of the thread is raised
    here. Whoever stops listening stops the thread, and waits a moment for it: an object that is
    under way may keep it longer.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[News] = asyncio.Queue()

    def tell(news: News) -> None:
        # The loop may be closed when nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(queue.put_nowait, news)

    threading.Thread(target=_work, args=(produce, tell), name="dicom-sender", daemon=True).start()
    news: News = None
    try:
        while isinstance(news := await queue.get(), SendResult):
            yield news
    finally:
        stop.set()
        if isinstance(news, SendResult):
            await _say_farewell(queue)
    if isinstance(news, BaseException):
        raise news


def _work(produce: Callable[[], Iterator[SendResult]], tell: Callable[[News], None]) -> None:
    try:
        for result in produce():
            tell(result)
    except BaseException as error:  # noqa: BLE001 - carried to the other thread, raised there
        tell(error)
    else:
        tell(None)


async def _say_farewell(queue: asyncio.Queue[News]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_FAREWELL_S):
            while isinstance(await queue.get(), SendResult):
                continue
