"""Sends what is in the outbox, several nodes at once, to each node one try at a time."""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.db.errors import is_connection_lost
from app.delivery import service as deliveries
from app.delivery.domain.outcomes import OF_THE_NODE, Outcome
from app.delivery.domain.ports import DicomPeers, FileToSend, Rewriting, SendResult
from app.delivery.domain.shipment import Item, Shipment, Tried
from app.kit.errors import Conflict, NotFound
from app.store.files import read_back
from app.store.layout import Layout
from scheduler.job import Bench, Job, find_wait

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_LOOK_AGAIN_S = 0.5
"""While something is being sent: how often to look for more."""
_SAME_MOMENT_S = 0.05
_SIGN_OF_LIFE_S = 3.0
"""As long as a more urgent case may wait behind a large study."""
_WAY_FAILED = frozenset({*OF_THE_NODE, Outcome.BROKEN})
"""What follows in the same try would fail by it too."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look has claimed for each node; how long there is nothing more, if it was asked."""

    claimed: list[tuple[Shipment, ...]]
    wait: timedelta = timedelta(0)


async def run(bench: Bench) -> timedelta:
    """Send all that is due; what becomes due meanwhile is not kept waiting by a long transfer.

    A node that a try has left is looked at here, by the process that has tried.
    """
    under_way: set[asyncio.Task[list[Tried]]] = set()
    try:
        while True:
            if len(under_way) < _AT_ONCE:
                await bench.precedence.give_way()
                look = await _look(bench, room=_AT_ONCE - len(under_way), is_idle=not under_way)
                under_way |= {_start(_send_or_log(bench, each)) for each in look.claimed}
                if not under_way:
                    return look.wait
            await _wait_for_some(bench, under_way)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _start(work: Coroutine[None, None, list[Tried]]) -> asyncio.Task[list[Tried]]:
    return asyncio.create_task(work)


async def _wait_for_some(bench: Bench, under_way: set[asyncio.Task[list[Tried]]]) -> None:
    """Wait until something is kept, or long enough to look again; leave what is under way.

    Tries that end at the same moment are kept together, by a task beside those that send.
    """
    while True:
        done, others = await asyncio.wait(
            under_way, timeout=_LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        if done and others:
            done |= (await asyncio.wait(others, timeout=_SAME_MOMENT_S))[0]
        under_way -= done
        tried = [each for task in done for each in task.result()]
        if not tried:
            return
        under_way.add(_start(keep(bench, tried)))


async def _look(bench: Bench, *, room: int, is_idle: bool) -> _Look:
    async def look(session: AsyncSession, now: datetime) -> _Look:
        claimed = await deliveries.claim_due(session, now=now, nodes=room)
        if claimed or not is_idle:
            return _Look(claimed)
        return _Look([], find_wait(await deliveries.find_next_due(session), now=now))

    return await bench.transact(look)


async def _send_or_log(bench: Bench, shipments: Sequence[Shipment]) -> list[Tried]:
    try:
        return await send(bench, shipments)
    except Exception as error:  # noqa: BLE001 - an edge: the claims run out, and it is sent again
        named = [each.delivery_id for each in shipments]
        _log.warning("deliveries_interrupted", deliveries=named, error=type(error).__name__)
        return []


@dataclass(slots=True)
class _Try:
    """One try to a node, and how far it has come."""

    shipments: Sequence[Shipment]
    results: list[list[SendResult]] = field(default_factory=list)
    """Of each shipment that was begun."""
    gives_way: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def latest(self) -> Shipment:
        """What is being sent."""
        return self.shipments[max(0, len(self.results) - 1)]

    def read(self) -> list[Tried]:
        """Tell how each shipment stands."""
        begun = [tuple(each) for each in self.results]
        left = [None] * (len(self.shipments) - len(begun))
        return [
            Tried(shipment, results)
            for shipment, results in zip(self.shipments, [*begun, *left], strict=True)
        ]

    def give_up(self, error: BaseException) -> None:
        """End what is being sent as a broken association would."""
        if not isinstance(error, Exception):
            raise error
        failure = type(error).__name__
        _log.warning("delivery_failed", delivery=self.latest.delivery_id, error=failure)
        if not self.results:
            self.results.append([])
        detail = f"the platform's own sender failed: {failure}"
        done = self.results[-1]
        done += [
            SendResult(each.sop_instance_uid, Outcome.BROKEN, detail=detail)
            for each in self.latest.items[len(done) :]
        ]


async def send(
    bench: Bench, shipments: Sequence[Shipment], *, sign_of_life_s: float = _SIGN_OF_LIFE_S
) -> list[Tried]:
    """Send what was claimed for a node outside any transaction, and tell what became of it.

    A long try keeps its progress and its claims every `sign_of_life_s`; when all are lost, it
    stops, and there is nothing to keep: another has taken over. When one is lost (it was
    cancelled), or something more urgent waits for the node, it ends after the file that is being
    sent, and the rest goes on later. An error of our own ends the try like a broken association:
    else it would be tried for ever, before everything else for that node.
    """
    own = _Try(shipments)
    sending = asyncio.create_task(_collect(bench.peers, own, Layout(bench.data_dir)))
    try:
        while not (await asyncio.wait({sending}, timeout=sign_of_life_s))[0]:
            if not await _note_progress(bench, own):
                _log.warning("delivery_claim_lost", delivery=own.latest.delivery_id)
                return []
        if (error := sending.exception()) is not None:
            own.give_up(error)
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await sending
    return own.read()


async def keep(bench: Bench, tried: Sequence[Tried]) -> list[Tried]:
    """Keep what became of tries by their tokens: all together, or each alone if one cannot be.

    Returns
    -------
    list
        Nothing: all of it is kept, or its claim runs out, and it is sent again.
    """
    try:
        await _finish(bench, tried)
    except Exception as error:  # noqa: BLE001 - an edge: see above
        named = [each.shipment.delivery_id for each in tried]
        _log.warning("deliveries_not_kept", deliveries=named, error=type(error).__name__)
        is_away = isinstance(error, DBAPIError) and is_connection_lost(error)
        if len(tried) > 1 and not is_away:
            for each in tried:
                await keep(bench, [each])
    return []


async def _finish(bench: Bench, tried: Sequence[Tried]) -> None:
    async def finish(session: AsyncSession, now: datetime) -> None:
        for event in await deliveries.finish(session, tried, now=now):
            await pipeline.delivery_settled(session, event, now=now)

    await bench.transact(finish)
    for each in tried:
        _tell(each)


def _tell(tried: Tried) -> None:
    if tried.results is not None:
        _log.info(
            "delivery_tried",
            delivery=tried.shipment.delivery_id,
            case=tried.shipment.case_id,
            kind=tried.shipment.kind.value,
            files=len(tried.results),
            accepted=sum(each.outcome is Outcome.ACCEPTED for each in tried.results),
        )


async def _note_progress(bench: Bench, own: _Try) -> bool:
    tried, latest = own.read(), own.latest

    async def note(session: AsyncSession, now: datetime) -> bool:
        held = await deliveries.note_progress(session, tried, now=now)
        is_stopped = held < len(tried)
        if held and (is_stopped or await deliveries.must_give_way(session, latest, now=now)):
            own.gives_way.set()
        return held > 0

    return await bench.transact(note)


async def _collect(peers: DicomPeers, own: _Try, layout: Layout) -> None:
    """Send the files, adding a result for each in the order of the items, until it gives way."""
    located = await asyncio.to_thread(
        lambda: [
            [_locate(item, layout=layout, rewriting=each.rewriting) for item in each.items]
            for each in own.shipments
        ]
    )
    files = [each for own_files in located for each in own_files if isinstance(each, FileToSend)]
    async with aclosing(peers.store(files, to=own.shipments[0].destination)) as sent:
        for own_files in located:
            results: list[SendResult] = []
            own.results.append(results)
            for each in own_files:
                if own.gives_way.is_set():
                    return
                results.append(await anext(sent) if isinstance(each, FileToSend) else each)
            if own.gives_way.is_set() or any(each.outcome in _WAY_FAILED for each in results):
                return


def _locate(item: Item, *, layout: Layout, rewriting: Rewriting | None) -> FileToSend | SendResult:
    """Find an item's file; a document's bytes are checked against the digest that was kept."""
    path = layout.data_dir / item.path
    try:
        if item.arrival_id is not None:
            path = layout.find_arrival(item.arrival_id) or path
        if item.digest is not None:
            read_back(path, expected_digest=item.digest)
    except (NotFound, Conflict) as error:
        return SendResult(item.sop_instance_uid, Outcome.UNREADABLE, detail=error.message)
    except OSError as error:
        # It may pass; and it is this file's own: all are located before the first one is sent.
        detail = f"the file could not be looked at: {type(error).__name__}"
        return SendResult(item.sop_instance_uid, Outcome.BROKEN, detail=detail)
    return FileToSend(item.sop_instance_uid, path, rewriting)


JOB = Job(name="deliveries", run=run, find_next_due=deliveries.find_next_due)
