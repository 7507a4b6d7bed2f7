"""Images go to those who read a case now, and the patient's earlier studies after them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app import pipeline
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.ports import Destination, FileToSend, SendResult
from app.delivery.models import Delivery
from app.delivery.service.sending import LEASE
from app.directory.domain import Role
from app.directory.models import Endpoint
from app.dispatch import repository as dispatch
from app.dispatch.domain.transfers import find_left
from app.intake.models import Instance, Patient, Series, Study
from app.settings import Settings
from app.worklist.queries.worklist import load_row
from scheduler.jobs import deliveries
from tests.factories.reading import add_instances
from tests.factories.sending import Sending, claim_one, lay_sending, write_images
from tests.factories.stage import (
    add_radiologist,
    add_study,
    add_user,
    find_stage,
)
from tests.fakes.receiver import FakeNode, FakeSender

OTHER = "OTHER"


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def add_prior(sending: Sending, *, images: int = 2, made_on: str = "20240101") -> int:
    """Add an earlier study of the case's patient, with its files."""
    async with unit_of_work(sending.sessions) as session:
        stage = await find_stage(session)
        current = await session.get_one(Study, sending.study_id)
        patient = await session.get_one(Patient, current.patient_id)
        study = await add_study(
            stage, instances=images, called_ae_title="ASTREINTE_ANT", patient=patient
        )
        study.study_date, study.intake_class = made_on, "prior"
        await add_instances(session, study, count=images)
        await write_images(session, data_dir=sending.bench.data_dir)
        return study.id


async def send_to_readers(sending: Sending) -> None:
    async with unit_of_work(sending.sessions) as session:
        await outbox.send_to_readers(session, sending.case_id, now=sending.clock.instant)


async def list_uids(sending: Sending, study_id: int) -> list[str]:
    async with sending.sessions() as session:
        query = select(Instance.sop_instance_uid).join(Series, Series.id == Instance.series_id)
        return list(
            await session.scalars(query.where(Series.study_id == study_id).order_by(Instance.id))
        )


async def list_arrived(sending: Sending) -> list[tuple[int, int, int, int]]:
    async with sending.sessions() as session:
        row = await load_row(session, case_id=sending.case_id)
    assert row is not None
    return [(each.sent, each.total, each.priors_arrived, each.prior_total) for each in row.images]


@pytest.mark.asyncio
async def test_priors_go_after_the_images_that_are_to_be_read_and_are_counted_apart(
    sending: Sending,
) -> None:
    older = await add_prior(sending, made_on="20200101")
    newer = await add_prior(sending, made_on="20250101")
    await send_to_readers(sending)
    before = await list_arrived(sending)

    await deliveries.run(sending.bench)

    sent = [uid for uid, _ in sending.centre.received]
    in_order = [await list_uids(sending, each) for each in (sending.study_id, newer, older)]
    assert sent[:3] == in_order[0]
    assert sorted(sent[3:]) == sorted(in_order[1] + in_order[2])
    assert (before, await list_arrived(sending)) == ([(0, 3, 0, 2)], [(3, 3, 2, 2)])


@pytest.mark.asyncio
async def test_a_prior_that_comes_later_follows_to_who_reads_and_so_does_its_rest(
    sending: Sending,
) -> None:
    await send_to_readers(sending)
    await deliveries.run(sending.bench)
    prior_id = await add_prior(sending)

    async def tell() -> None:
        async with unit_of_work(sending.sessions) as session:
            study = await session.get_one(Study, prior_id)
            await pipeline.images_arrived(
                session, study, settings=Settings(), now=sending.clock.instant
            )
        await deliveries.run(sending.bench)

    await tell()
    first = await list_arrived(sending)
    async with unit_of_work(sending.sessions) as session:
        await add_instances(session, await session.get_one(Study, prior_id), count=1)
        await write_images(session, data_dir=sending.bench.data_dir)
    await tell()

    assert first == [(3, 3, 1, 1)]
    assert [uid for uid, _ in sending.centre.received[3:]] == await list_uids(sending, prior_id)


async def add_reader(sending: Sending) -> tuple[int, FakeNode]:
    """Add a reader of another centre, whose node takes images."""
    node = FakeNode()
    assert isinstance(sending.bench.peers, FakeSender)
    sending.bench.peers.nodes[OTHER] = node
    async with unit_of_work(sending.sessions) as session:
        stage = await find_stage(session)
        reader, _ = await add_radiologist(stage)
        endpoint_id = (await dispatch.find_endpoints(session, [reader.id]))[reader.id]
        (await session.get_one(Endpoint, endpoint_id)).ae_title = OTHER
        return reader.id, node


async def reassign(sending: Sending, *, to: int) -> None:
    async with unit_of_work(sending.sessions) as session:
        coordinator = await add_user(await find_stage(session), role=Role.COORDINATOR)
        await pipeline.reassign(
            session,
            sending.case_id,
            to_radiologist_id=to,
            actor=coordinator,
            reason="closer",
            now=sending.clock.instant,
        )


@pytest.mark.asyncio
async def test_what_is_given_to_another_centre_is_sent_there_and_waits_nowhere_else(
    sending: Sending,
) -> None:
    await send_to_readers(sending)
    other_id, other = await add_reader(sending)

    await reassign(sending, to=other_id)
    await deliveries.run(sending.bench)

    assert [each.state for each in await sending.list_deliveries()] == ["cancelled", "delivered"]
    assert (len(sending.centre.received), len(other.received)) == (0, 3)
    async with sending.sessions() as session:
        nodes = {each.endpoint_id or 0 for each in await sending.list_deliveries()}
        to_send = (await dispatch.find_unclaimed(session, sending.case_id)).to_send
    # Of three images of a byte each: a decision knows where they are.
    assert sorted(find_left(to_send, endpoint_id=each) for each in nodes) == [0, 3]


@pytest.mark.asyncio
async def test_what_comes_back_to_a_centre_goes_on_where_it_had_stopped(sending: Sending) -> None:
    reader_id = sending.actor.radiologist_id
    assert reader_id is not None
    await send_to_readers(sending)
    sending.centre.falls_silent_after = 2
    await deliveries.run(sending.bench)
    other_id, _ = await add_reader(sending)
    await reassign(sending, to=other_id)
    sending.centre.falls_silent_after = None
    await reassign(sending, to=reader_id)
    await deliveries.run(sending.bench)

    uids = [uid for uid, _ in sending.centre.received]
    assert uids == await list_uids(sending, sending.study_id)


@pytest.mark.asyncio
async def test_late_images_go_only_to_where_the_case_is_read_now(
    sending: Sending,
) -> None:
    await send_to_readers(sending)
    await deliveries.run(sending.bench)
    other_id, other = await add_reader(sending)
    await reassign(sending, to=other_id)
    async with unit_of_work(sending.sessions) as session:
        await add_instances(session, await session.get_one(Study, sending.study_id), count=1)
        await write_images(session, data_dir=sending.bench.data_dir)
        await outbox.send_new_images(session, study_id=sending.study_id, now=sending.clock.instant)

    await deliveries.run(sending.bench)

    assert (len(sending.centre.received), len(other.received)) == (3, 4)


@dataclass
class OneByOne:
    """A sender that waits after the first file until it is let on."""

    sent: list[str] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        peers = FakeSender({to.ae_title: FakeNode()})
        async for result in peers.store(files, to=to):
            self.sent.append(result.sop_instance_uid)
            yield result
            self.first.set()
            await self.go_on.wait()

    async def echo(self, *, to: Destination) -> SendResult:
        raise NotImplementedError


@pytest.mark.asyncio
async def test_a_prior_gives_way_to_images_that_are_to_be_read_and_goes_on_after_them(
    sending: Sending,
) -> None:
    prior_id = await add_prior(sending, images=3)
    await send_to_readers(sending)
    await set_state(sending, "cancelled")
    async with unit_of_work(sending.sessions) as session:
        shipment = await claim_one(session, now=sending.clock.instant)
    assert shipment is not None
    node = OneByOne()
    task = asyncio.create_task(
        deliveries.send(replace(sending.bench, peers=node), [shipment], sign_of_life_s=0.02)
    )
    async with asyncio.timeout(30):
        await node.first.wait()
    await set_state(sending, "waiting")
    sending.clock.advance(timedelta(seconds=1))
    await wait_for_sign(sending, shipment.delivery_id)
    node.go_on.set()
    await deliveries.keep(sending.bench, await task)

    await deliveries.run(sending.bench)

    prior = await list_uids(sending, prior_id)
    current = await list_uids(sending, sending.study_id)
    # The second was under way when something more urgent came.
    assert node.sent == prior[:2]
    assert [uid for uid, _ in sending.centre.received] == current + prior[2:]


async def set_state(sending: Sending, state: str) -> None:
    """Let the images that are to be read wait, or not."""
    async with unit_of_work(sending.sessions) as session:
        query = update(Delivery).where(Delivery.study_id == sending.study_id)
        await session.execute(query.values(state=state))


async def wait_for_sign(sending: Sending, delivery_id: int) -> None:
    """Wait for a sign of life that began after the clock was set."""
    async with asyncio.timeout(30):
        while True:
            found = {each.id: each for each in await sending.list_deliveries()}
            if found[delivery_id].claimed_until == sending.clock.instant + LEASE:
                return
            await asyncio.sleep(0.02)
