"""The node of a hospital: what is sent to it lies in its folder, byte for byte."""

import shutil
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom import dcmread

from app.demo.images.exams import FLOW, Exam, iterate_images, kinds_in
from app.demo.peers.modality import Push, push
from app.demo.peers.node import ReceivingNode
from app.settings import Bind

AT = datetime(2026, 11, 22, 21, 4, tzinfo=UTC)
ENCODINGS = next(exam for exam in FLOW if exam.name == "irm-genou")


@pytest.fixture(params=["dcmtk", "pynetdicom"])
def receiver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "dcmtk":
        if shutil.which("storescp") is None:
            pytest.skip("storescp is missing: apt-get install dcmtk")
    else:
        # There is one called `storescp`: pynetdicom's own, which cannot do what DCMTK's does.
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    return str(request.param)


def send(exam: Exam, *, port: int) -> list[str]:
    images = iterate_images(exam, identity=exam.draw_identity(acquired_at=AT))
    to = Push(calling_ae_title="MODALITY", called_ae_title="NODE", gateway=Bind("127.0.0.1", port))
    return list(push(images, kinds=kinds_in(exam), to=to))


def test_what_is_acknowledged_lies_in_the_folder_in_its_own_encoding(
    receiver: str, tmp_path: Path
) -> None:
    with ReceivingNode(ae_title="NODE", folder=tmp_path / "node") as node:
        uids = send(ENCODINGS, port=node.port)
        found = {uid: node.find(uid) for uid in uids}

    assert ("DCMTK" in node.program) == (receiver == "dcmtk")
    syntaxes = {dcmread(path).file_meta.TransferSyntaxUID for path in found.values() if path}
    assert syntaxes == {syntax for _, syntax in kinds_in(ENCODINGS)}
    assert node.find("1.2.3") is None


def test_a_closed_node_no_longer_answers(receiver: str, tmp_path: Path) -> None:
    with ReceivingNode(ae_title="NODE", folder=tmp_path) as node:
        send(ENCODINGS, port=node.port)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", node.port)).close()
