"""What every `DicomPeers` does, the one in memory and the one on sockets."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import aclosing, closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from app.adapters.dicom.sender import PynetdicomSender
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import (
    Destination,
    DicomPeers,
    FileToSend,
    Rewriting,
    SendResult,
)
from app.directory.domain.uids import derive_uid
from tests.contract.dicom_sender.nodes import (
    PATIENCE,
    TITLE,
    Node,
    cut_dataset,
    find_free_port,
    open_memory_node,
    open_pynetdicom_node,
    open_storescp_node,
)

# Real files: uncompressed, implicit, JPEG 2000, RLE; two of them share class and syntax.
NAMES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "MR_small_RLE.dcm", "rtplan.dcm")


@pytest.fixture(params=["memory", "pynetdicom", "storescp"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Node]:
    if request.param == "memory":
        yield open_memory_node()
    elif request.param == "pynetdicom":
        with open_pynetdicom_node() as opened:
            yield opened
    elif shutil.which("storescp") is None:
        pytest.skip("needs storescp: apt-get install dcmtk")
    else:
        with open_storescp_node(tmp_path / "received") as opened:
            yield opened


@pytest.fixture(params=["memory", "pynetdicom"])
def answering_node(request: pytest.FixtureRequest) -> Iterator[Node]:
    """Give a node that answers as told; storescp has one status only."""
    if request.param == "memory":
        yield open_memory_node()
    else:
        with open_pynetdicom_node() as opened:
            yield opened


def get_files() -> list[FileToSend]:
    files = []
    for name in NAMES:
        path = Path(str(get_testdata_file(name)))
        uid = dcmread(path, stop_before_pixels=True).file_meta.MediaStorageSOPInstanceUID
        files.append(FileToSend(str(uid), path))
    return files


async def send(sender: DicomPeers, files: list[FileToSend], *, to: Destination) -> list[SendResult]:
    async with aclosing(sender.store(files, to=to)) as results:
        return [result async for result in results]


@pytest.mark.asyncio
async def test_every_file_arrives_with_the_dataset_it_has_on_the_disk(node: Node) -> None:
    files = get_files()

    results = await send(node.sender, files, to=node.destination)

    assert [result.sop_instance_uid for result in results] == [f.sop_instance_uid for f in files]
    assert {(result.outcome, result.status) for result in results} == {(Outcome.ACCEPTED, 0)}
    assert node.read_received() == dict(cut_dataset(f.path.read_bytes()) for f in files)


@pytest.mark.asyncio
async def test_identifiers_are_made_unique_where_it_is_asked_for(node: Node) -> None:
    (file, *_) = get_files()
    uid = file.sop_instance_uid
    study = str(dcmread(file.path, stop_before_pixels=True).StudyInstanceUID)
    alone = Rewriting(prefix="S7", domain_id=4, study_instance_uid=study)
    twin = replace(alone, own_uids=frozenset({study, uid}))
    files = [
        replace(file, rewriting=alone),
        replace(file, rewriting=twin),
    ]

    results = await send(node.sender, files, to=node.destination)

    received = node.read_received()
    before = dcmread(file.path)
    assert [(each.sop_instance_uid, each.outcome) for each in results] == [
        (uid, Outcome.ACCEPTED),
        (uid, Outcome.ACCEPTED),
    ]
    assert set(received) == {uid, derive_uid(4, uid)}
    for content in received.values():
        after = dcmread(BytesIO(content), force=True)
        assert after.PatientID == f"S7-{before.PatientID}"
        assert after["PixelData"].value == before.PixelData


@pytest.mark.asyncio
async def test_a_repeat_sends_the_same_object(node: Node) -> None:
    files = get_files()[:1]

    await send(node.sender, files, to=node.destination)
    results = await send(node.sender, files, to=node.destination)

    assert [result.outcome for result in results] == [Outcome.ACCEPTED]
    assert node.read_received() == dict([cut_dataset(files[0].path.read_bytes())])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0xB000, Outcome.ACCEPTED),
        (0xA700, Outcome.BUSY),
        (0xC123, Outcome.BUSY),
        (0x0122, Outcome.REFUSED),
        (0xA900, Outcome.REFUSED),
    ],
)
@pytest.mark.asyncio
async def test_the_status_of_each_object_is_told(
    answering_node: Node, status: int, outcome: Outcome
) -> None:
    files = get_files()[:3]
    answering_node.answers[files[1].sop_instance_uid] = status

    results = await send(answering_node.sender, files, to=answering_node.destination)

    assert [result.status for result in results] == [0, status, 0]
    assert [r.outcome for r in results] == [Outcome.ACCEPTED, outcome, Outcome.ACCEPTED]


@pytest.mark.asyncio
async def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    node: Node, tmp_path: Path
) -> None:
    files = get_files()[:2]
    missing = FileToSend("2.25.404", tmp_path / "missing.dcm")

    results = await send(node.sender, [files[0], missing, files[1]], to=node.destination)

    accepted, unreadable = Outcome.ACCEPTED, Outcome.UNREADABLE
    assert [result.outcome for result in results] == [accepted, unreadable, accepted]


@pytest.mark.asyncio
async def test_a_node_that_is_up_answers_an_echo(node: Node) -> None:
    result = await node.sender.echo(to=node.destination)

    assert (result.outcome, result.status) == (Outcome.ACCEPTED, 0)


@pytest.mark.parametrize("kind", ["memory", "socket"])
@pytest.mark.asyncio
async def test_nobody_there_is_an_outcome_of_every_file(kind: str) -> None:
    sender: DicomPeers = (
        open_memory_node().sender if kind == "memory" else PynetdicomSender("ASTREINTE", PATIENCE)
    )
    nobody = Destination("NOBODY", "127.0.0.1", find_free_port())

    results = await send(sender, get_files()[:2], to=nobody)
    echo = await sender.echo(to=nobody)

    assert [result.outcome for result in results] == [Outcome.UNREACHABLE] * 2
    assert echo.outcome is Outcome.UNREACHABLE


@pytest.mark.asyncio
async def test_who_stops_listening_ends_the_sending(node: Node) -> None:
    async with aclosing(node.sender.store(get_files(), to=node.destination)) as results:
        first = await anext(results)

    assert first.outcome is Outcome.ACCEPTED
    await asyncio.sleep(0.2)
    assert 1 <= len(node.read_received()) < len(NAMES)


@pytest.mark.asyncio
async def test_a_node_that_knows_us_under_no_name_rejects() -> None:
    with open_pynetdicom_node(called_title="OTHER") as node:
        results = await send(node.sender, get_files()[:2], to=node.destination)

    assert [result.outcome for result in results] == [Outcome.REJECTED] * 2
    assert "its AE title is another one" in results[0].detail


@pytest.mark.asyncio
async def test_a_class_that_the_node_does_not_take_is_told_and_the_others_go() -> None:
    files = get_files()
    with open_pynetdicom_node(only="1.2.840.10008.5.1.4.1.1.2") as node:
        results = await send(node.sender, files, to=node.destination)

        assert list(node.read_received()) == [files[0].sop_instance_uid]
    assert [result.outcome for result in results[:2]] == [Outcome.ACCEPTED, Outcome.NO_CONTEXT]


@pytest.mark.asyncio
async def test_a_node_that_takes_none_of_the_classes_is_told() -> None:
    with open_pynetdicom_node(only="1.2.840.10008.5.1.4.1.1.2") as node:
        results = await send(node.sender, get_files()[1:3], to=node.destination)

    assert {result.outcome for result in results} == {Outcome.NO_CONTEXT}


@pytest.mark.asyncio
async def test_a_host_without_an_address_is_an_outcome() -> None:
    sender = PynetdicomSender("ASTREINTE", PATIENCE)

    results = await send(sender, get_files()[:1], to=Destination(TITLE, "999.0.0.1", 104))

    assert results[0].outcome is Outcome.UNREACHABLE


@pytest.mark.asyncio
async def test_a_node_that_falls_silent_is_left_in_time() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        destination = Destination(TITLE, "127.0.0.1", listener.getsockname()[1])
        sending = send(PynetdicomSender("ASTREINTE", PATIENCE), get_files()[:1], to=destination)

        results = await asyncio.wait_for(sending, timeout=20)

    assert results[0].outcome is Outcome.UNREACHABLE


@pytest.mark.asyncio
async def test_a_node_that_stalls_in_the_middle_of_an_answer_is_left_in_time() -> None:
    with open_pynetdicom_node() as node, closing(_Stall(node.destination.port, after=200)) as stall:
        destination = Destination(TITLE, "127.0.0.1", stall.port)
        sending = send(node.sender, get_files(), to=destination)

        results = await asyncio.wait_for(sending, timeout=20)

    assert len(results) == len(NAMES)
    assert results[-1].outcome in {Outcome.BROKEN, Outcome.UNREACHABLE}


class _Stall:
    """Forwards to a node, and after some bytes of its answers forwards nothing more."""

    def __init__(self, port: int, *, after: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._upstream = socket.create_connection(("127.0.0.1", port))
        self._after = after
        self._client: socket.socket | None = None
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        self._client, _ = self._listener.accept()
        back = threading.Thread(target=self._answer)
        self._threads.append(back)
        back.start()
        while chunk := self._read(self._client):
            self._upstream.sendall(chunk)

    def _answer(self) -> None:
        assert self._client is not None
        while self._after > 0 and (chunk := self._read(self._upstream)):
            self._client.sendall(chunk[: self._after])
            self._after -= len(chunk)

    def _read(self, source: socket.socket) -> bytes:
        try:
            return source.recv(65536)
        except OSError:
            return b""

    def close(self) -> None:
        for each in (self._client, self._upstream, self._listener):
            if each is not None:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    each.close()
                each.close()
        for thread in self._threads:
            thread.join(5)
