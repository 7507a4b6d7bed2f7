"""Two schedulers on one outbox, and one that is killed between the sending and its end."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text, update

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.models import CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.ports import SendResult
from app.delivery.domain.shipment import Shipment, Tried
from app.delivery.events import Delivered
from app.delivery.models import Delivery
from app.delivery.service.sending import LEASE
from app.directory.models import Endpoint
from app.intake.models import Study
from scheduler.jobs import deliveries, documents
from tests.factories.reading import add_instances
from tests.factories.sending import (
    CENTRE,
    Sending,
    claim_one,
    finish_one,
    hand_over,
    lay_sending,
    write_images,
)
from tests.factories.waiting import wait_for_a_waiter


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def claim(sending: Sending) -> Shipment | None:
    async with unit_of_work(sending.sessions) as session:
        return await claim_one(session, now=sending.clock.instant)


@pytest.mark.asyncio
async def test_what_one_scheduler_claims_no_other_does(sending: Sending) -> None:
    await sending.sign()
    await sending.ask_for_images()
    await documents.run(sending.bench)

    claims = await asyncio.gather(*(claim(sending) for _ in range(8)))

    ids = [each.delivery_id for each in claims if each is not None]
    assert len(ids) == len(set(ids)) >= 2


@pytest.mark.asyncio
async def test_two_schedulers_at_once_deliver_everything_once_and_move_the_case_once(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)

    await asyncio.gather(*(deliveries.run(sending.bench) for _ in range(3)))

    # A node gets one delivery at a time: what one passed over while another held it is due still.
    await deliveries.run(sending.bench)
    async with sending.sessions() as session:
        moves = await session.scalar(
            select(func.count())
            .select_from(CaseEvent)
            .where(CaseEvent.state_to == CaseState.DELIVERED.value)
        )
    assert len(dict(sending.hospital.received)) == len(sending.hospital.received) == 2
    assert moves == 1


async def finish(sending: Sending, shipment: Shipment, results: list[SendResult]) -> bool:
    async with unit_of_work(sending.sessions) as session:
        event = await finish_one(session, shipment, results=results, now=sending.clock.instant)
        return isinstance(event, Delivered) and event.completes_case


async def give_last_to_centre(sending: Sending) -> None:
    """Let the second document go to another node, so that both are under way together."""
    async with unit_of_work(sending.sessions) as session:
        other = await session.scalar(select(Endpoint.id).where(Endpoint.ae_title == CENTRE))
        last = select(func.max(Delivery.id)).scalar_subquery()
        await session.execute(update(Delivery).where(Delivery.id == last).values(endpoint_id=other))


@pytest.mark.asyncio
async def test_of_two_documents_that_are_finished_at_once_exactly_one_completes_the_case(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    await give_last_to_centre(sending)
    shipments = [await claim(sending), await claim(sending)]
    sent = [(each, await hand_over(sending, each)) for each in shipments if each is not None]

    completes = await asyncio.gather(
        *(finish(sending, shipment, results) for shipment, results in sent)
    )

    assert sorted(completes) == [False, True]


@pytest.mark.asyncio
async def test_two_documents_that_end_in_one_batch_are_kept_together_and_move_the_case_once(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    await give_last_to_centre(sending)
    shipments = [await claim(sending), await claim(sending)]
    tried = [
        Tried(each, tuple(await hand_over(sending, each))) for each in shipments if each is not None
    ]

    async with unit_of_work(sending.sessions) as session:
        events = await outbox.finish(session, tried, now=sending.clock.instant)

    assert [each.completes_case for each in events] == [False, True]


@pytest.mark.asyncio
async def test_a_sign_of_life_waits_for_no_case_and_holds_the_claim(sending: Sending) -> None:
    await sending.ask_for_images()
    shipment = await claim(sending)
    assert shipment is not None
    tried = [Tried(shipment, tuple(await hand_over(sending, shipment)))]

    async with sending.sessions.begin() as other:
        await cases.lock_case(other, sending.case_id)
        async with unit_of_work(sending.sessions) as session:
            await session.execute(text("SET LOCAL lock_timeout = '5s'"))
            held = await outbox.note_progress(session, tried, now=sending.clock.instant)

    (delivery,) = await sending.list_deliveries()
    assert (held, delivery.sent_count) == (1, 3)


@pytest.mark.asyncio
async def test_a_scheduler_killed_after_sending_is_replaced_and_the_same_object_sent_again(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    killed = await claim(sending)
    assert killed is not None
    results = await hand_over(sending, killed)

    # While the claim holds, nobody else touches that node; then it is taken again.
    assert await claim(sending) is None
    sending.clock.advance(LEASE)
    await deliveries.run(sending.bench)
    async with unit_of_work(sending.sessions) as session:
        late = await finish_one(session, killed, results=results, now=sending.clock.instant)

    first = sending.hospital.received[0]
    assert sending.hospital.received.count(first) == 2
    assert len(sending.hospital.received) == 3
    assert late is None
    async with sending.sessions() as session:
        case = await cases.get_case(session, sending.case_id)
    assert case.state == "delivered"
    for delivery in await sending.list_deliveries():
        assert [each.number for each in await sending.list_attempts(delivery.id)] == [1]


@pytest.mark.asyncio
async def test_who_lost_a_claim_learns_it_at_the_next_sign_of_life(sending: Sending) -> None:
    await sending.ask_for_images()
    lost = await claim(sending)
    assert lost is not None
    sending.clock.advance(LEASE)
    assert await claim(sending) is not None

    async with unit_of_work(sending.sessions) as session:
        holds = await outbox.note_progress(session, [Tried(lost, ())], now=sending.clock.instant)

    assert not holds


@pytest.mark.asyncio
async def test_a_sign_of_life_keeps_what_was_accepted_and_holds_the_claim(
    sending: Sending,
) -> None:
    await sending.ask_for_images()
    shipment = await claim(sending)
    assert shipment is not None
    results = await hand_over(sending, shipment)
    sending.clock.advance(LEASE / 2)

    async with unit_of_work(sending.sessions) as session:
        holds = await outbox.note_progress(
            session, [Tried(shipment, tuple(results[:2]))], now=sending.clock.instant
        )
    sending.clock.advance(LEASE / 2)

    (delivery,) = await sending.list_deliveries()
    assert holds
    assert await claim(sending) is None
    assert (delivery.state, delivery.sent_count) == ("sending", 2)


@pytest.mark.asyncio
async def test_images_that_arrive_during_a_transfer_follow_it(
    sending: Sending, tmp_path: Path
) -> None:
    await sending.ask_for_images()
    shipment = await claim(sending)
    assert shipment is not None
    results = await hand_over(sending, shipment)
    async with unit_of_work(sending.sessions) as session:
        study = await session.get_one(Study, sending.study_id)
        await add_instances(session, study, count=1)
        await write_images(session, data_dir=tmp_path)
        await outbox.send_new_images(session, study_id=study.id, now=sending.clock.instant)
    async with unit_of_work(sending.sessions) as session:
        event = await finish_one(session, shipment, results=results, now=sending.clock.instant)

    await deliveries.run(sending.bench)

    (delivery,) = await sending.list_deliveries()
    assert event is None
    assert (delivery.state, delivery.sent_count) == ("delivered", 4)
    assert len(sending.centre.received) == 4


@pytest.mark.asyncio
async def test_an_image_that_comes_while_its_delivery_is_closed_is_sent_after_it(
    sending: Sending, tmp_path: Path
) -> None:
    await sending.ask_for_images()
    shipment = await claim(sending)
    assert shipment is not None
    results = await hand_over(sending, shipment)

    async def tell() -> None:
        async with unit_of_work(sending.sessions) as session:
            await outbox.send_new_images(
                session, study_id=sending.study_id, now=sending.clock.instant
            )

    async with unit_of_work(sending.sessions) as closing:
        event = await finish_one(closing, shipment, results=results, now=sending.clock.instant)
        # It has looked for more and found nothing; it has not been committed.
        async with unit_of_work(sending.sessions) as session:
            study = await session.get_one(Study, sending.study_id)
            await add_instances(session, study, count=1)
            await write_images(session, data_dir=tmp_path)
        telling = asyncio.create_task(tell())
        await wait_for_a_waiter(sending.sessions, within_s=30)
    await telling

    await deliveries.run(sending.bench)

    (delivery,) = await sending.list_deliveries()
    assert isinstance(event, Delivered)
    assert (delivery.state, delivery.sent_count) == ("delivered", 4)
    assert len(sending.centre.received) == 4
