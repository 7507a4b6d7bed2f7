"""Nodes that receive: in memory, of pynetdicom, of DCMTK."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pynetdicom import AE, StoragePresentationContexts, evt
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES

from app.adapters.dicom.association import Patience
from app.adapters.dicom.sender import PynetdicomSender
from app.delivery.domain.ports import Destination, DicomPeers
from tests.fakes.receiver import FakeNode, FakeSender

TITLE = "HOSPITAL"
PATIENCE = Patience(connect_s=2, acse_s=2, dimse_s=2, network_s=2)
UNHURRIED = Patience(connect_s=10, acse_s=30, dimse_s=30, network_s=60)
"""Of tests that await no timeout: longer than the busiest machine pauses."""


@dataclass
class Node:
    """A receiver with a sender that reaches it."""

    sender: DicomPeers
    destination: Destination
    answers: dict[str, int]
    received: dict[str, bytes] = field(default_factory=dict)
    folder: Path | None = None

    def read_received(self) -> dict[str, bytes]:
        """Return the encoded datasets that arrived, by SOP Instance UID."""
        if self.folder is None:
            return self.received
        files = sorted(self.folder.iterdir())
        return dict(cut_dataset(path.read_bytes()) for path in files)


def cut_dataset(file: bytes) -> tuple[str, bytes]:
    """Cut a DICOM file into its SOP Instance UID and the bytes of its dataset."""
    meta = dcmread(BytesIO(file), stop_before_pixels=True).file_meta
    # Preamble and prefix, then the element that gives the length of the rest of the header.
    end_of_header = 132 + 12 + int(meta.FileMetaInformationGroupLength)
    return str(meta.MediaStorageSOPInstanceUID), file[end_of_header:]


class _SplitNode(FakeNode):
    """Keeps datasets as the nodes on sockets do."""

    def as_datasets(self) -> dict[str, bytes]:
        return dict(cut_dataset(file) for _, file in self.received)


@dataclass
class _MemoryNode(Node):
    node: _SplitNode = field(default_factory=_SplitNode)

    def read_received(self) -> dict[str, bytes]:
        return self.node.as_datasets()


def open_memory_node() -> Node:
    """Give a node in memory."""
    fake = _SplitNode()
    sender = FakeSender({TITLE: fake})
    destination = Destination(TITLE, "127.0.0.1", 104)
    return _MemoryNode(sender, destination, fake.answers, node=fake)


@contextmanager
def open_pynetdicom_node(*, only: str | None = None, called_title: str = TITLE) -> Iterator[Node]:
    """Give a node of pynetdicom on a free port; `only` is the one SOP class that it takes."""
    answers: dict[str, int] = {}
    received: dict[str, bytes] = {}

    def take(event: evt.Event) -> int:
        request: Any = event.request
        uid = str(request.AffectedSOPInstanceUID)
        status = answers.get(uid, 0)
        if status == 0:
            received[uid] = request.DataSet.getvalue()
        return status

    entity = AE(ae_title=TITLE)
    entity.require_called_aet = True
    entity.add_supported_context("1.2.840.10008.1.1")
    for context in StoragePresentationContexts:
        if only in {None, context.abstract_syntax}:
            entity.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
    server: Any = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)]
    )
    try:
        destination = Destination(called_title, "127.0.0.1", server.server_address[1])
        yield Node(PynetdicomSender("ASTREINTE", PATIENCE), destination, answers, received)
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def open_storescp_node(folder: Path) -> Iterator[Node]:
    """Give a node of DCMTK, which writes what it gets bit by bit."""
    program = shutil.which("storescp")
    assert program is not None
    folder.mkdir()
    port = find_free_port()
    arguments = [program, "+xa", "+B", "-od", str(folder), "-aet", TITLE, str(port)]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        destination = Destination(TITLE, "127.0.0.1", port)
        yield Node(PynetdicomSender("ASTREINTE", PATIENCE), destination, {}, folder=folder)
    finally:
        process.terminate()
        process.wait(10)


def find_free_port() -> int:
    """Find a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Wait until somebody listens, 10 s at most."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    msg = f"nobody listens on port {port}"
    raise AssertionError(msg)
