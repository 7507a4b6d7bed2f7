"""Small studies that wait for one node go there in one try, and each keeps its own end."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from app import pipeline
from app.cases.models import Case, CaseEvent
from app.cases.repository import find_case_of_study
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.ports import Destination, FileToSend, SendResult
from app.delivery.domain.retry import DELAYS
from app.delivery.domain.shipment import Tried
from app.delivery.models import Attempt, Delivery
from app.delivery.service.sending import LEASE
from app.dispatch.models import NodeTransfer, StudyAtNode
from app.intake.models import Instance
from app.settings import Settings
from scheduler.jobs import deliveries, documents
from tests.factories.reading import add_instances
from tests.factories.sending import CENTRE, Sending, claim_one, hand_over, lay_sending, write_images
from tests.factories.stage import NIGHT, add_study, find_stage
from tests.fakes.receiver import FakeSender


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    laid = await lay_sending(sessions, data_dir=tmp_path, clock=clock, images=1)
    await laid.ask_for_images()
    for _ in range(3):
        await add_case(laid)
    return laid


async def add_case(sending: Sending, *, images: int = 1) -> None:
    """Let another study arrive, whose images are asked for at the same node."""
    assert sending.actor.radiologist_id is not None
    async with unit_of_work(sending.sessions) as session:
        stage = await find_stage(session)
        study = await add_study(stage, instances=images)
        await add_instances(session, study, count=images)
        await write_images(session, data_dir=sending.bench.data_dir)
        await pipeline.images_arrived(session, study, settings=Settings(), now=NIGHT)
        case_id = await find_case_of_study(session, study.id)
        assert case_id is not None
        await outbox.plan_images(
            session,
            case_id=case_id,
            radiologist_ids=[sending.actor.radiologist_id],
            now=sending.clock.instant,
        )


async def list_states(sending: Sending) -> list[tuple[str, int, int]]:
    return [
        (each.state, each.sent_count, each.attempt_count)
        for each in await sending.list_deliveries()
    ]


async def count(sending: Sending, table: type[object]) -> int:
    async with sending.sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.asyncio
async def test_four_small_studies_take_one_association_and_each_is_told_on_its_case(
    sending: Sending,
) -> None:
    sending.clock.advance(timedelta(seconds=1))

    await deliveries.run(sending.bench)

    assert await list_states(sending) == [("delivered", 1, 1)] * 4
    assert sending.centre.associations == 1
    assert await count(sending, StudyAtNode) == 4
    async with sending.sessions() as session:
        told = await session.scalars(
            select(CaseEvent.case_id).where(CaseEvent.kind == "images_forwarded")
        )
        cases = await session.scalars(select(Case.id))
        assert sorted(told) == sorted(cases)


@pytest.mark.asyncio
async def test_the_time_of_one_try_is_measured_once_by_all_its_bytes(sending: Sending) -> None:
    async with unit_of_work(sending.sessions) as session:
        (shipments,) = await outbox.claim_due(session, now=sending.clock.instant, nodes=8)
    tried = [Tried(each, tuple(await hand_over(sending, each))) for each in shipments]
    sending.clock.advance(timedelta(seconds=2))
    async with unit_of_work(sending.sessions) as session:
        await outbox.finish(session, tried, now=sending.clock.instant)

    async with sending.sessions() as session:
        (measured,) = await session.scalars(select(NodeTransfer))
    assert (measured.byte_count, measured.seconds) == (4, 2.0)


@pytest.mark.asyncio
async def test_a_node_that_is_down_has_one_try_and_all_wait_for_it(sending: Sending) -> None:
    sending.centre.is_up = False

    await deliveries.run(sending.bench)

    assert await list_states(sending) == [("waiting", 0, 1), *[("waiting", 0, 0)] * 3]
    due = sending.clock.instant + DELAYS[0]
    kept = [(each.due_at, each.tries) for each in await sending.list_deliveries()]
    assert kept == [(due, 1)] * 4
    sending.centre.is_up = True
    sending.clock.instant = due
    await deliveries.run(sending.bench)
    assert {state for state, _, _ in await list_states(sending)} == {"delivered"}


@pytest.mark.asyncio
async def test_what_was_not_begun_when_the_association_broke_is_sent_on_at_once(
    sending: Sending,
) -> None:
    sending.centre.falls_silent_after = 2

    await deliveries.run(sending.bench)

    assert await list_states(sending) == [
        ("delivered", 1, 1),
        ("delivered", 1, 1),
        ("waiting", 0, 1),
        ("delivered", 1, 1),
    ]
    assert sending.centre.associations == 2


@pytest.mark.asyncio
async def test_one_that_was_cancelled_meanwhile_is_passed_over_and_the_others_are_kept(
    sending: Sending,
) -> None:
    async with unit_of_work(sending.sessions) as session:
        (shipments,) = await outbox.claim_due(session, now=sending.clock.instant, nodes=8)
        cancelled = shipments[1]
        await outbox.cancel_for_case(session, case_id=cancelled.case_id, now=sending.clock.instant)
    await deliveries.keep(sending.bench, await deliveries.send(sending.bench, shipments))

    states = {each.id: each.state for each in await sending.list_deliveries()}
    assert states.pop(cancelled.delivery_id) == "cancelled"
    assert set(states.values()) == {"delivered"}
    assert await sending.list_attempts(cancelled.delivery_id) == []


@pytest.mark.asyncio
async def test_one_that_cannot_be_kept_does_not_lose_the_others(sending: Sending) -> None:
    broken = (await sending.list_deliveries())[2]
    async with unit_of_work(sending.sessions) as session:
        # Its next try cannot be added: there is one with that number.
        session.add(
            Attempt(
                delivery_id=broken.id, number=1, started_at=NIGHT, ended_at=NIGHT, outcome="broken"
            )
        )

    await deliveries.run(sending.bench)

    assert await list_states(sending) == [
        ("delivered", 1, 1),
        ("delivered", 1, 1),
        ("sending", 0, 0),
        ("delivered", 1, 1),
    ]


@pytest.mark.asyncio
async def test_a_large_study_goes_alone_and_a_report_goes_before_all(sending: Sending) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    async with unit_of_work(sending.sessions) as session:
        images = select(func.min(Delivery.endpoint_id)).where(Delivery.kind == "images")
        await session.execute(update(Delivery).values(endpoint_id=images.scalar_subquery()))
        await session.execute(update(Delivery).values(asked_at=Delivery.created_at))
    async with unit_of_work(sending.sessions) as session:
        first = await claim_one(session, now=sending.clock.instant)

    states = sorted(each.state for each in await sending.list_deliveries())
    assert first is not None
    assert first.kind == "report"
    assert states == ["sending", *["waiting"] * 5]


@pytest.mark.asyncio
async def test_a_file_that_cannot_be_looked_at_breaks_its_own_delivery_alone(
    sending: Sending,
) -> None:
    async with unit_of_work(sending.sessions) as session:
        (shipments,) = await outbox.claim_due(session, now=sending.clock.instant, nodes=8)
    first, second, *others = shipments
    # A folder is where its file should be.
    item = replace(second.items[0], path="", arrival_id=None, digest=b"")
    tried = await deliveries.send(sending.bench, [first, replace(second, items=(item,)), *others])

    outcomes = [each.results and [every.outcome for every in each.results] for each in tried]
    assert outcomes == [["accepted"], ["broken"], None, None]


@pytest.mark.asyncio
async def test_studies_of_many_bytes_go_one_by_one(sending: Sending) -> None:
    async with unit_of_work(sending.sessions) as session:
        await session.execute(update(Instance).values(size_bytes=300 * 2**20))

    await deliveries.run(sending.bench)

    assert await list_states(sending) == [("delivered", 1, 1)] * 4
    assert sending.centre.associations == 4


class HalfStuck(FakeSender):
    """A sender one of whose nodes takes nothing until it is let go."""

    def __init__(self, sender: FakeSender, *, stuck: str) -> None:
        super().__init__(sender.nodes)
        self.stuck = stuck
        self.may_go_on = asyncio.Event()

    async def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        if to.ae_title == self.stuck:
            await self.may_go_on.wait()
        async for result in super().store(files, to=to):
            yield result


async def wait_for_states(sending: Sending, *states: str) -> None:
    for _ in range(1500):
        if sorted(state for state, _, _ in await list_states(sending)) == sorted(states):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the deliveries never were {states}")


@pytest.mark.asyncio
async def test_what_reached_one_node_is_kept_while_another_stands_still(sending: Sending) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    assert isinstance(sending.bench.peers, FakeSender)
    peers = HalfStuck(sending.bench.peers, stuck=CENTRE)
    running = asyncio.create_task(deliveries.run(replace(sending.bench, peers=peers)))

    await wait_for_states(sending, *["delivered"] * 2, *["sending"] * 4)
    peers.may_go_on.set()
    await running

    await wait_for_states(sending, *["delivered"] * 6)


class OneAtATime(FakeSender):
    """A sender that waits to be let on after its first file."""

    def __init__(self, sender: FakeSender) -> None:
        super().__init__(sender.nodes)
        self.has_sent = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        async for result in super().store(files, to=to):
            self.has_sent.set()
            await self.may_go_on.wait()
            yield result


@pytest.mark.asyncio
async def test_a_try_one_of_whose_deliveries_is_cancelled_ends_after_the_file_under_way(
    sending: Sending,
) -> None:
    assert isinstance(sending.bench.peers, FakeSender)
    peers = OneAtATime(sending.bench.peers)
    async with unit_of_work(sending.sessions) as session:
        (shipments,) = await outbox.claim_due(session, now=sending.clock.instant, nodes=8)
    bench = replace(sending.bench, peers=peers)
    running = asyncio.create_task(deliveries.send(bench, shipments, sign_of_life_s=0.02))
    await peers.has_sent.wait()
    async with unit_of_work(sending.sessions) as session:
        case_id = shipments[1].case_id
        await outbox.cancel_for_case(session, case_id=case_id, now=sending.clock.instant)
    await wait_for_life(sending, shipments[0].delivery_id)
    peers.may_go_on.set()
    await deliveries.keep(sending.bench, await running)

    assert await list_states(sending) == [
        ("delivered", 1, 1),
        ("cancelled", 0, 0),
        ("waiting", 0, 0),
        ("waiting", 0, 0),
    ]


async def wait_for_life(sending: Sending, delivery_id: int) -> None:
    """Wait until a try has shown that it lives after all that was committed so far."""
    sending.clock.advance(timedelta(seconds=1))
    until = sending.clock.instant + LEASE
    for _ in range(1500):
        kept = {each.id: each.claimed_until for each in await sending.list_deliveries()}
        if kept[delivery_id] == until:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the try never showed that it lives")


@pytest.mark.asyncio
async def test_a_job_that_is_cancelled_leaves_nothing_running(sending: Sending) -> None:
    assert isinstance(sending.bench.peers, FakeSender)
    peers = HalfStuck(sending.bench.peers, stuck=CENTRE)
    running = asyncio.create_task(deliveries.run(replace(sending.bench, peers=peers)))
    await wait_for_states(sending, *["sending"] * 4)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert asyncio.all_tasks() == {asyncio.current_task()}
