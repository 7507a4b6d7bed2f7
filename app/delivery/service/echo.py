"""Whether a node that we send to is there, at the wish of somebody who waits for the answer."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination, DicomPeers, SendResult
from app.delivery.repository.outbox import get_destination
from app.directory.models import Endpoint
from app.kit.errors import Conflict, NotFound, Unavailable

_log = structlog.get_logger(__name__)

LONGEST_S = 10.0
_MOST_AT_ONCE = 4


class NodeUnknown(NotFound):
    """There is no such node."""


class EchoUnderWay(Conflict):
    """Somebody is asking this node already."""


class TooManyEchoes(Unavailable):
    """So many nodes are being asked that another one would have to wait."""


@dataclass(frozen=True, slots=True)
class EchoResult:
    """What became of a C-ECHO.

    Parameters
    ----------
    outcome
        `accepted`: the node is there and knows us.
    status
        The status that it gave, or nothing.
    detail
        For a person; free of patient data.
    lasted_ms
        From the call to the answer, or to when we gave up.
    """

    outcome: Outcome
    status: int | None
    detail: str
    lasted_ms: int


async def find_target(session: AsyncSession, endpoint_id: int) -> Destination:
    """Find where a node is now.

    Raises
    ------
    NodeUnknown
        If there is none.
    """
    if await session.get(Endpoint, endpoint_id) is None:
        raise NodeUnknown(f"there is no node {endpoint_id}")
    return await get_destination(session, endpoint_id)


class Echoes:
    """Asks nodes, one question at a time for each: for one process.

    Parameters
    ----------
    peers
        What speaks DICOM in our name.
    read_monotonic_s
        Seconds by a clock that never goes back.
    longest_s
        How long whoever asks is let wait, > 0.
    """

    def __init__(
        self,
        peers: DicomPeers,
        *,
        read_monotonic_s: Callable[[], float],
        longest_s: float = LONGEST_S,
    ) -> None:
        self._peers = peers
        self._read_monotonic_s = read_monotonic_s
        self._longest_s = longest_s
        self._asked: dict[int, asyncio.Task[SendResult]] = {}

    async def ask(self, endpoint_id: int, *, to: Destination) -> EchoResult:
        """Ask a node (C-ECHO), and wait for its answer no longer than `longest_s`.

        A call that outlasts it goes on by itself until its own timeouts, and keeps the node's place
        until then: a silent node never holds more than one thread.

        Raises
        ------
        EchoUnderWay
            If this node is being asked already.
        TooManyEchoes
            If many others are.
        """
        if endpoint_id in self._asked:
            raise EchoUnderWay("this node is being asked already: wait for its answer")
        if len(self._asked) >= _MOST_AT_ONCE:
            raise TooManyEchoes("several nodes are being asked already: try again in a moment")
        started_s = self._read_monotonic_s()
        task = asyncio.ensure_future(self._peers.echo(to=to))
        self._asked[endpoint_id] = task
        task.add_done_callback(lambda ended: self._forget(endpoint_id, ended))
        done, _ = await asyncio.wait({task}, timeout=self._longest_s)
        lasted_ms = round((self._read_monotonic_s() - started_s) * 1000)
        if not done:
            return EchoResult(Outcome.UNREACHABLE, None, "no answer in time", lasted_ms)
        result = task.result()
        return EchoResult(result.outcome, result.status, result.detail, lasted_ms)

    def _forget(self, endpoint_id: int, ended: asyncio.Task[SendResult]) -> None:
        self._asked.pop(endpoint_id, None)
        if not ended.cancelled() and (error := ended.exception()) is not None:
            # Told to whoever still waits; nobody may.
            _log.warning("echo_failed", endpoint_id=endpoint_id, error=type(error).__name__)
