"""Associations that are kept: used again, replaced when dead, never in another's way."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pynetdicom import AE, StoragePresentationContexts, build_context, evt
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES

from app.adapters.dicom.association import associate
from app.adapters.dicom.pool import AssociationPool
from app.adapters.dicom.sender import PynetdicomSender
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination, FileToSend, SendResult
from tests.contract.dicom_sender.nodes import TITLE, UNHURRIED, open_storescp_node
from tests.contract.dicom_sender.test_dicom_sender import get_files
from tests.factories.dicom import write_ct_study

pytestmark = pytest.mark.asyncio


@dataclass
class Counting:
    """A node that counts its associations."""

    destination: Destination
    opened: list[Any] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    drops_at: int = -1

    async def wait_for_end(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.ended) < count:  # noqa: ASYNC110 - set in another thread
                await asyncio.sleep(0.01)


@contextmanager
def open_counting_node(*, most: int = 10) -> Iterator[Counting]:
    entity = AE(ae_title=TITLE)
    entity.maximum_associations = most
    entity.add_supported_context("1.2.840.10008.1.1")
    for context in StoragePresentationContexts:
        entity.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)

    node: Counting

    def take(event: evt.Event) -> int:
        request: Any = event.request
        node.received.append(str(request.AffectedSOPInstanceUID))
        if len(node.received) == node.drops_at:
            event.assoc.abort()
        return 0

    handlers: list[Any] = [
        (evt.EVT_C_STORE, take),
        (evt.EVT_ACCEPTED, lambda event: node.opened.append(event.assoc)),
        (evt.EVT_RELEASED, lambda _: node.ended.append("released")),
        (evt.EVT_ABORTED, lambda _: node.ended.append("aborted")),
    ]
    server: Any = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    node = Counting(Destination(TITLE, "127.0.0.1", server.server_address[1]))
    try:
        yield node
    finally:
        server.shutdown()


@pytest.fixture
def pool() -> Iterator[AssociationPool]:
    made = AssociationPool(idle_s=20.0)
    yield made
    made.close()


@pytest.fixture
def sender(pool: AssociationPool) -> PynetdicomSender:
    return PynetdicomSender("ASTREINTE", UNHURRIED, pool=pool)


@pytest.fixture
def images(tmp_path: Path) -> list[FileToSend]:
    write_ct_study(tmp_path, slices=4)
    paths = sorted(tmp_path.iterdir())
    return [FileToSend(str(number), path) for number, path in enumerate(paths)]


async def send(
    sender: PynetdicomSender, files: list[FileToSend], node: Counting
) -> list[SendResult]:
    return await send_to(sender, files, node.destination)


async def send_to(
    sender: PynetdicomSender, files: list[FileToSend], to: Destination
) -> list[SendResult]:
    async with aclosing(sender.store(files, to=to)) as results:
        return [result async for result in results]


def list_outcomes(results: list[SendResult]) -> list[Outcome]:
    return [each.outcome for each in results]


async def test_the_next_object_goes_on_the_association_of_the_last(
    sender: PynetdicomSender, pool: AssociationPool, images: list[FileToSend]
) -> None:
    with open_counting_node() as node:
        for image in images:
            assert list_outcomes(await send(sender, [image], node)) == [Outcome.ACCEPTED]

        assert len(node.opened) == 1
        assert len(set(node.received)) == len(images)
        assert pool.count_idle() == 1
        pool.close()
        await node.wait_for_end(1)
        assert node.ended == ["released"]


async def test_one_that_nobody_uses_is_released_after_its_time(images: list[FileToSend]) -> None:
    pool = AssociationPool(idle_s=0.2)
    sender = PynetdicomSender("ASTREINTE", UNHURRIED, pool=pool)
    with open_counting_node() as node:
        await send(sender, images[:1], node)
        await node.wait_for_end(1)
        await send(sender, images[1:2], node)
        await node.wait_for_end(2)

        assert node.ended == ["released", "released"]
        assert len(node.opened) == 2
        assert pool.count_idle() == 0


async def test_one_that_died_meanwhile_is_replaced_and_nothing_goes_twice(
    sender: PynetdicomSender, images: list[FileToSend]
) -> None:
    with open_counting_node() as node:
        await send(sender, images[:2], node)
        node.opened[0].abort()
        results = await send(sender, images[2:], node)

        assert list_outcomes(results) == [Outcome.ACCEPTED] * 2
        assert len(node.opened) == 2
        assert len(node.received) == len(set(node.received)) == 4


async def test_one_that_the_node_released_meanwhile_is_replaced(
    sender: PynetdicomSender, images: list[FileToSend]
) -> None:
    with open_counting_node() as node:
        await send(sender, images[:1], node)
        node.opened[0].dul.socket.close()
        results = await send(sender, images[1:2], node)

        assert list_outcomes(results) == [Outcome.ACCEPTED]
        assert len(node.opened) == 2


async def test_one_that_dies_with_an_object_on_it_is_told_and_nothing_is_sent_again(
    sender: PynetdicomSender, pool: AssociationPool, images: list[FileToSend]
) -> None:
    with open_counting_node() as node:
        await send(sender, images[:1], node)
        node.drops_at = 2
        results = await send(sender, images[1:3], node)

        assert list_outcomes(results) == [Outcome.BROKEN] * 2
        assert len(node.received) == 2
        assert len(node.opened) == 1
        assert pool.count_idle() == 0


async def test_word_of_a_lost_association_is_not_taken_from_who_waits_for_an_answer() -> None:
    with open_counting_node() as node:
        association = associate(
            node.destination,
            calling_ae_title="ASTREINTE",
            contexts=[build_context("1.2.840.10008.1.1")],
            patience=UNHURRIED,
        )
        # As pynetdicom does when the connection is lost (3.0.4, fsm.py, AA_4).
        association.dimse.msg_queue.put((None, None))

        # As its own thread does, which may run once more beside the sender.
        assert association.dimse.get_msg(block=False) == (None, None)
        assert association.dimse.msg_queue.qsize() == 1
        association.abort()


async def test_a_node_that_takes_one_association_at_a_time_gets_objects_of_every_class(
    sender: PynetdicomSender, pool: AssociationPool
) -> None:
    with open_counting_node(most=1) as node:
        for file in get_files():
            assert list_outcomes(await send(sender, [file], node)) == [Outcome.ACCEPTED]

        assert node.ended == ["released"] * (len(node.opened) - 1)
        assert pool.count_idle() == 1


async def test_whoever_waits_for_a_node_is_let_in_as_soon_as_the_other_is_done(
    tmp_path: Path, images: list[FileToSend]
) -> None:
    if shutil.which("storescp") is None:
        pytest.skip("needs storescp: apt-get install dcmtk")
    # DCMTK's node lets the second wait in its queue, for less time than one is kept.
    pool = AssociationPool(idle_s=20.0)
    sender = PynetdicomSender("ASTREINTE", UNHURRIED, pool=pool)
    with open_storescp_node(tmp_path / "received") as node:
        other = replace(node.destination, ae_title="OTHER")
        both = await asyncio.gather(
            send_to(sender, images[:2], node.destination), send_to(sender, images[2:], other)
        )

    assert [list_outcomes(each) for each in both] == [[Outcome.ACCEPTED] * 2] * 2
    pool.close()


async def test_an_echo_opens_its_own_and_does_not_fail_for_the_one_that_is_kept(
    sender: PynetdicomSender, pool: AssociationPool, images: list[FileToSend]
) -> None:
    with open_counting_node(most=1) as node:
        await send(sender, images[:1], node)
        result = await sender.echo(to=node.destination)

        assert result.outcome is Outcome.ACCEPTED
        assert len(node.opened) == 2
        assert pool.count_idle() == 0


async def test_an_association_for_more_classes_serves_for_fewer(
    sender: PynetdicomSender,
) -> None:
    files = get_files()
    with open_counting_node() as node:
        await send(sender, files, node)
        results = await send(sender, files[1:2], node)

        assert list_outcomes(results) == [Outcome.ACCEPTED]
        assert len(node.opened) == 1


async def test_another_name_of_ours_is_another_association(
    pool: AssociationPool, images: list[FileToSend]
) -> None:
    with open_counting_node() as node:
        for title in ("ONE", "OTHER"):
            sender = PynetdicomSender(title, UNHURRIED, pool=pool)
            await send(sender, images[:1], node)

        assert [each.requestor.ae_title for each in node.opened] == ["ONE", "OTHER"]
        assert node.ended == ["released"]


async def test_no_more_are_kept_than_may_be(images: list[FileToSend]) -> None:
    pool = AssociationPool(idle_s=20.0, most=1)
    sender = PynetdicomSender("ASTREINTE", UNHURRIED, pool=pool)
    with open_counting_node() as first, open_counting_node() as second:
        await send(sender, images[:1], first)
        await send(sender, images[:1], second)

        await first.wait_for_end(1)
        assert (first.ended, second.ended) == (["released"], [])
        assert pool.count_idle() == 1
        pool.close()
        await second.wait_for_end(1)


async def test_who_stops_listening_keeps_none_open(
    sender: PynetdicomSender, pool: AssociationPool, images: list[FileToSend]
) -> None:
    with open_counting_node() as node:
        async with aclosing(sender.store(images, to=node.destination)) as results:
            await anext(results)
        await node.wait_for_end(1)

        assert pool.count_idle() == 0
        assert len(node.received) < len(images)
