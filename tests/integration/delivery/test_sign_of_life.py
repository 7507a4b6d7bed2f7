"""A long transfer keeps its claim while it lives, and stops when the claim is lost."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination, FileToSend, SendResult
from app.delivery.domain.shipment import Shipment
from app.delivery.service.sending import LEASE
from scheduler.jobs import deliveries
from tests.factories.sending import Sending, claim_one, lay_sending


@dataclass
class SlowNode:
    """A sender whose node takes one object, then waits to be let on."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0
    was_stopped: bool = False

    async def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        try:
            for file in files:
                self.sent += 1
                self.started.set()
                yield SendResult(file.sop_instance_uid, Outcome.ACCEPTED, 0)
                await self.go_on.wait()
        except (asyncio.CancelledError, GeneratorExit):
            self.was_stopped = True
            raise

    async def echo(self, *, to: Destination) -> SendResult:
        return SendResult("", Outcome.ACCEPTED, 0)


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    laid = await lay_sending(sessions, data_dir=tmp_path, clock=clock)
    await laid.ask_for_images()
    return laid


async def claim(sending: Sending) -> Shipment | None:
    async with unit_of_work(sending.sessions) as session:
        return await claim_one(session, now=sending.clock.instant)


async def wait_for_count(sending: Sending, count: int) -> None:
    for _ in range(500):
        if (await sending.list_deliveries())[0].sent_count == count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {count} images were kept as sent")


@pytest.mark.asyncio
async def test_progress_is_kept_and_the_claim_held_while_the_transfer_lives(
    sending: Sending,
) -> None:
    node = SlowNode()
    shipment = await claim(sending)
    assert shipment is not None
    sending.clock.advance(LEASE / 2)
    task = asyncio.create_task(
        deliveries.send(replace(sending.bench, peers=node), [shipment], sign_of_life_s=0.02)
    )

    await wait_for_count(sending, 1)
    sending.clock.advance(LEASE / 2)
    other = await claim(sending)
    node.go_on.set()
    await deliveries.keep(sending.bench, await task)

    (delivery,) = await sending.list_deliveries()
    assert other is None
    assert (delivery.state, delivery.sent_count, node.sent) == ("delivered", 3, 3)


@pytest.mark.asyncio
async def test_a_transfer_that_lost_its_claim_stops_and_changes_nothing(sending: Sending) -> None:
    node = SlowNode()
    shipment = await claim(sending)
    assert shipment is not None
    sending.clock.advance(LEASE)
    taken_over = await claim(sending)

    tried = await deliveries.send(
        replace(sending.bench, peers=node), [shipment], sign_of_life_s=0.02
    )

    (delivery,) = await sending.list_deliveries()
    assert taken_over is not None
    assert tried == []
    assert (node.sent, node.was_stopped) == (1, True)
    assert (delivery.state, delivery.token) == ("sending", taken_over.token)
    assert await sending.list_attempts(delivery.id) == []


@pytest.mark.asyncio
async def test_a_job_that_is_cancelled_leaves_its_claim_to_run_out(sending: Sending) -> None:
    node = SlowNode()
    task = asyncio.create_task(deliveries.run(replace(sending.bench, peers=node)))
    async with asyncio.timeout(10):
        await node.started.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    (delivery,) = await sending.list_deliveries()
    assert node.was_stopped
    assert delivery.state == "sending"
    sending.clock.advance(LEASE)
    await deliveries.run(sending.bench)
    assert [each.state for each in await sending.list_deliveries()] == ["delivered"]
