"""Sends what is in the outbox, several nodes at once, each node one delivery at a time."""

import asyncio
import contextlib
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.delivery import service as deliveries
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import DicomPeers, FileToSend, Rewriting, SendResult
from app.delivery.domain.shipment import Item, Shipment
from app.kit.errors import Conflict, NotFound
from app.store.files import read_back
from app.store.layout import Layout
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_LOOK_AGAIN_S = 0.5
"""While something is being sent: how often to look for more."""
_SIGN_OF_LIFE_S = 3.0
"""As long as a more urgent case may wait behind a large study."""


async def run(bench: Bench) -> None:
    """Send all that is due; what becomes due meanwhile is not kept waiting by a long transfer.

    A node that a try has left is looked at here, by the process that has tried.
    """
    sends: set[asyncio.Task[None]] = set()
    try:
        while True:
            while len(sends) < _AT_ONCE and (shipment := await _claim(bench)) is not None:
                sends.add(asyncio.create_task(_send_or_log(bench, shipment)))
            if not sends:
                return
            _, sends = await asyncio.wait(
                sends, timeout=_LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        await _stop(sends)


async def _stop(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _claim(bench: Bench) -> Shipment | None:
    return await bench.transact(lambda session, now: deliveries.claim_next(session, now=now))


async def _send_or_log(bench: Bench, shipment: Shipment) -> None:
    with structlog.contextvars.bound_contextvars(
        delivery=shipment.delivery_id, case=shipment.case_id
    ):
        try:
            await send(bench, shipment)
        except Exception as error:  # noqa: BLE001 - an edge: the claim runs out, and it is sent again
            _log.warning("delivery_interrupted", error=type(error).__name__)


async def send(
    bench: Bench, shipment: Shipment, *, sign_of_life_s: float = _SIGN_OF_LIFE_S
) -> None:
    """Send one claimed delivery outside any transaction, and finish it by its token.

    A long try keeps its progress and its claim every `sign_of_life_s`; when the claim is lost, it
    stops: another has taken over. When something more urgent waits for the node, it ends after the
    file that is being sent, and goes on later. An error of our own ends the try like a broken
    association: else it would be tried for ever, before everything else for that node.
    """
    results: list[SendResult] = []
    layout, way = Layout(bench.data_dir), asyncio.Event()
    sending = asyncio.create_task(_collect(bench.peers, shipment, layout, results, gives_way=way))
    try:
        while not (await asyncio.wait({sending}, timeout=sign_of_life_s))[0]:
            if not await _note_progress(bench, shipment, tuple(results), gives_way=way):
                _log.warning("delivery_claim_lost")
                return
        if (error := sending.exception()) is not None:
            results += _give_up(shipment.items[len(results) :], error=error)
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await sending

    async def finish(session: AsyncSession, now: datetime) -> None:
        event = await deliveries.finish(session, shipment, results=results, now=now)
        if event is not None:
            await pipeline.delivery_settled(session, event, now=now)

    await bench.transact(finish)
    _log.info(
        "delivery_tried",
        kind=shipment.kind.value,
        files=len(results),
        accepted=sum(each.outcome is Outcome.ACCEPTED for each in results),
    )


def _give_up(untried: Sequence[Item], *, error: BaseException) -> list[SendResult]:
    if not isinstance(error, Exception):
        raise error
    failure = type(error).__name__
    _log.warning("delivery_failed", error=failure)
    detail = f"the platform's own sender failed: {failure}"
    return [SendResult(each.sop_instance_uid, Outcome.BROKEN, detail=detail) for each in untried]


async def _note_progress(
    bench: Bench, shipment: Shipment, results: Sequence[SendResult], *, gives_way: asyncio.Event
) -> bool:
    async def note(session: AsyncSession, now: datetime) -> bool:
        holds = await deliveries.note_progress(session, shipment, results=results, now=now)
        if holds and await deliveries.must_give_way(session, shipment, now=now):
            gives_way.set()
        return holds

    return await bench.transact(note)


async def _collect(
    peers: DicomPeers,
    shipment: Shipment,
    layout: Layout,
    results: list[SendResult],
    *,
    gives_way: asyncio.Event,
) -> None:
    """Send the files, adding a result for each in the order of the items, until it gives way."""
    located = await asyncio.to_thread(
        lambda: [
            _locate(item, layout=layout, rewriting=shipment.rewriting) for item in shipment.items
        ]
    )
    files = [each for each in located if isinstance(each, FileToSend)]
    async with aclosing(peers.store(files, to=shipment.destination)) as sent:
        for each in located:
            if gives_way.is_set():
                return
            result = await anext(sent) if isinstance(each, FileToSend) else each
            results.append(result)


def _locate(item: Item, *, layout: Layout, rewriting: Rewriting | None) -> FileToSend | SendResult:
    """Find an item's file; a document's bytes are checked against the digest that was kept."""
    path = layout.data_dir / item.path
    if item.arrival_id is not None:
        path = layout.find_arrival(item.arrival_id) or path
    if item.digest is not None:
        try:
            read_back(path, expected_digest=item.digest)
        except (NotFound, Conflict) as error:
            return SendResult(item.sop_instance_uid, Outcome.UNREADABLE, detail=error.message)
    return FileToSend(item.sop_instance_uid, path, rewriting)


JOB = Job(name="deliveries", run=run, find_next_due=deliveries.find_next_due)
