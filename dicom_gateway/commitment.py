"""The commitment desk: takes requests of storage commitment, to be answered by the scheduler.

The network side asks it for each N-ACTION of the class, and sends the answer that comes back:

    answer = await desk.ask(
        notice, sender_id=..., association_id=..., calling_ae_title=...
    )

An answer of success says that the question is committed in the database: a report will follow,
whatever is restarted meanwhile (PS3.4 §J.3.2). Without the database the answer is a failure, and
the modality asks again.
"""

import asyncio
from collections.abc import Callable
from importlib import import_module
from threading import Lock, Thread
from typing import Protocol
from uuid import UUID

import structlog

from app.intake.domain.commitment import AskOutcome, Question
from app.kit.errors import AppError
from dicom_gateway.announcing import Announcing
from dicom_gateway.notices import Answer, CommitmentAsked, Notice
from dicom_gateway.statuses import (
    NOT_AUTHORIZED,
    PROCESSING_FAILURE,
    SUCCESS,
    status_of_notice,
)

_log = structlog.get_logger(__name__)
_PATIENCE_S = 5.0
_LOADING_S = 5.0
"""What the first question may take in addition, to load what speaks to the database."""
_SLOWEST_READING = 1 << 20
"""Bytes a second, on a machine that has other work too."""
_FAREWELL_S = 2.0

_INVALID_ARGUMENT = 0x0115
_STATUSES = {
    AskOutcome.TAKEN: SUCCESS,
    AskOutcome.OFF: NOT_AUTHORIZED,
    # PS3.4 §J.3.2.1.4: only general codes answer the action; "duplicate transaction UID" (PS3.3
    # §C.14.1.1) is one of a report, which would speak of the first question.
    AskOutcome.TRANSACTION_IN_USE: _INVALID_ARGUMENT,
}


class _Rows(Protocol):
    async def save(self, question: Question) -> AskOutcome: ...

    async def close(self) -> None: ...


class CommitmentDesk:
    """Takes requests of storage commitment, in a thread of its own that the first one starts.

    The network's loop only waits: lists of tens of thousands of instances are read, and SQLAlchemy
    is loaded, elsewhere.

    Parameters
    ----------
    announcing
        Journals each list: it tells how many instances a study has, whatever becomes of the
        request.
    find_url
        Gives the address of the database, or nothing while there is none.
    patience_s
        How long a modality waits for the database at most; reading a long list comes on top, and
        the first time loading what speaks to it.
    """

    def __init__(
        self,
        *,
        announcing: Announcing,
        find_url: Callable[[], str | None],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._announcing = announcing
        self._find_url = find_url
        self._patience_s = patience_s
        self._lock = Lock()
        self._closed = False
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._rows: _Rows | None = None

    async def ask(
        self, notice: Notice, *, sender_id: int, association_id: UUID, calling_ae_title: str
    ) -> Answer:
        """Take one N-ACTION; never raises, and answers in time.

        Parameters
        ----------
        notice
            Its data set belongs to it: nobody writes into the buffer before the answer.
        """
        loop = self._open()
        if loop is None:
            return Answer(PROCESSING_FAILURE)
        work = self._take(
            notice,
            sender_id=sender_id,
            association_id=association_id,
            calling_ae_title=calling_ae_title,
        )
        taken = asyncio.run_coroutine_threadsafe(work, loop)
        status, reason = PROCESSING_FAILURE, ""
        try:
            async with asyncio.timeout(self._find_patience_s(notice)):
                status = await asyncio.wrap_future(taken)
        except TimeoutError:
            reason = "the database did not answer in time"
        except AppError as error:
            status, reason = status_of_notice(error), error.message
        except Exception as error:  # noqa: BLE001 - the edge: the peer must hear of it
            # The message of a driver may repeat values: its kind says enough.
            reason = type(getattr(error, "orig", None) or error).__name__
        _log.info(
            "commitment_asked",
            association_id=str(association_id),
            status=f"{status:04X}",
            reason=reason,
        )
        return Answer(status)

    def _find_patience_s(self, notice: Notice) -> float:
        loading_s = _LOADING_S if self._rows is None else 0
        return self._patience_s + loading_s + len(notice.data_set) / _SLOWEST_READING

    async def _take(
        self, notice: Notice, *, sender_id: int, association_id: UUID, calling_ae_title: str
    ) -> int:
        heard = self._announcing.hear_list(notice, sender_id=sender_id)
        if isinstance(heard, Answer):
            return heard.status
        question = _make_question(
            heard,
            sender_id=sender_id,
            association_id=association_id,
            calling_ae_title=calling_ae_title,
        )
        return _STATUSES[await self._find_rows().save(question)]

    def _find_rows(self) -> _Rows:
        if self._rows is None:
            module = import_module("dicom_gateway.commitment_rows")
            rows: _Rows = module.CommitmentRows(self._find_url)
            self._rows = rows
        return self._rows

    def _open(self) -> asyncio.AbstractEventLoop | None:
        with self._lock:
            if self._closed:
                return None
            if self._loop is None:
                loop = self._loop = asyncio.new_event_loop()
                self._thread = Thread(
                    target=self._run, args=(loop,), name="commitment-desk", daemon=True
                )
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """Let go of the database, and end the thread; blocks for a moment.

        What is asked now or later is answered with a failure.
        """
        with self._lock:
            self._closed = True
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_FAREWELL_S)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        await self._stop.wait()
        if self._rows is not None:
            await self._rows.close()


def _make_question(
    asked: CommitmentAsked, *, sender_id: int, association_id: UUID, calling_ae_title: str
) -> Question:
    return Question(
        sender_id=sender_id,
        association_id=association_id,
        calling_ae_title=calling_ae_title,
        transaction_uid=asked.transaction_uid,
        references=asked.references,
    )
