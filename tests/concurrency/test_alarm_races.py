"""A report that is accepted in the moment in which its alarm rings."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from app import pipeline
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.ports import SendResult
from app.delivery.domain.shipment import Shipment
from app.delivery.models import Delivery
from app.reports.models import Document
from app.tasks.models import Task
from scheduler.jobs import deliveries, documents
from tests.factories.sending import Sending, claim_one, finish_one, hand_over, lay_sending

ALARM = timedelta(minutes=10)


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def claim_and_hand_over(sending: Sending) -> tuple[Shipment, list[SendResult]]:
    """Claim a delivery and send it, and do not finish it yet."""
    async with unit_of_work(sending.sessions) as session:
        shipment = await claim_one(session, now=sending.clock.instant)
    assert shipment is not None
    return shipment, await hand_over(sending, shipment)


async def finish(sending: Sending, shipment: Shipment, results: list[SendResult]) -> None:
    async with unit_of_work(sending.sessions) as session:
        now = sending.clock.instant
        event = await finish_one(session, shipment, results=results, now=now)
        if event is not None:
            await pipeline.delivery_settled(session, event, now=now)


async def ring(sending: Sending) -> None:
    async with unit_of_work(sending.sessions) as session:
        await outbox.ring_next(session, now=sending.clock.instant)


async def list_tasks(sending: Sending) -> list[Task]:
    async with sending.sessions() as session:
        return list(await session.scalars(select(Task).where(Task.kind == "call_site")))


async def list_armed(sending: Sending) -> list[int]:
    async with sending.sessions() as session:
        query = select(Delivery.id).where(Delivery.alarm_due_at.is_not(None))
        return list(await session.scalars(query))


@pytest.mark.asyncio
async def test_no_call_stands_whichever_of_the_two_is_first(sending: Sending) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    shipment, results = await claim_and_hand_over(sending)
    sending.clock.advance(ALARM)

    await asyncio.gather(finish(sending, shipment, results), *(ring(sending) for _ in range(3)))

    assert all(each.settled_at is not None for each in await list_tasks(sending))
    assert await list_armed(sending) == []


@pytest.mark.asyncio
async def test_several_schedulers_raise_one_call(sending: Sending) -> None:
    await sending.sign()
    sending.clock.advance(ALARM)

    await asyncio.gather(*(ring(sending) for _ in range(4)))

    (task,) = await list_tasks(sending)
    assert (task.settled_at, task.rung_count) == (None, 1)
    assert await list_armed(sending) == []


@pytest.mark.asyncio
async def test_a_report_that_is_given_up_while_its_alarm_rings_makes_one_call(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    for delivery in await sending.list_deliveries():
        uid = await _find_uid(sending, delivery)
        sending.hospital.answers[uid] = 0x0122
    shipment, results = await claim_and_hand_over(sending)
    sending.clock.advance(ALARM)

    await asyncio.gather(finish(sending, shipment, results), ring(sending))
    await deliveries.run(sending.bench)

    (task,) = await list_tasks(sending)
    assert task.settled_at is None
    assert {each.state for each in await sending.list_deliveries()} == {"dead"}


async def _find_uid(sending: Sending, delivery: Delivery) -> str:
    async with sending.sessions() as session:
        document = await session.get_one(Document, delivery.document_id)
        return document.sop_instance_uid or ""
