"""A DICOM node in memory, and the sender that reaches it: the fake of `DicomPeers`."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from app.adapters.dicom.rewriting import rewrite_file
from app.delivery.domain.outcomes import Outcome, read_status
from app.delivery.domain.ports import Destination, FileToSend, SendResult


@dataclass
class FakeNode:
    """What a node answers, and what it has taken.

    `answers` maps a SOP Instance UID to the status for it; any other is accepted. After
    `falls_silent_after` objects the association breaks.
    """

    is_up: bool = True
    rejects: bool = False
    answers: dict[str, int] = field(default_factory=dict)
    falls_silent_after: int | None = None
    received: list[tuple[str, bytes]] = field(default_factory=list)
    associations: int = 0


@dataclass
class FakeSender:
    """Sends to nodes in memory by their AE title; an unknown one does not answer."""

    nodes: dict[str, FakeNode] = field(default_factory=dict)

    async def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        """Hand the files to the node."""
        node = self.nodes.get(to.ae_title)
        failure = _refuse(node)
        if node is not None and failure is None:
            node.associations += 1
        sent = 0
        for file in files:
            if not file.path.is_file():
                yield SendResult(file.sop_instance_uid, Outcome.UNREADABLE, detail="no such file")
            elif node is None or failure is not None:
                yield SendResult(file.sop_instance_uid, failure or Outcome.UNREACHABLE)
            elif node.falls_silent_after is not None and sent >= node.falls_silent_after:
                yield SendResult(file.sop_instance_uid, Outcome.BROKEN, detail="no answer")
            else:
                sent += 1
                yield _hand_over(node, file)

    async def echo(self, *, to: Destination) -> SendResult:
        """Ask whether the node is up."""
        failure = _refuse(self.nodes.get(to.ae_title))
        return SendResult("", failure) if failure else SendResult("", Outcome.ACCEPTED, 0)


def _refuse(node: FakeNode | None) -> Outcome | None:
    if node is None or not node.is_up:
        return Outcome.UNREACHABLE
    return Outcome.REJECTED if node.rejects else None


def _hand_over(node: FakeNode, file: FileToSend) -> SendResult:
    status = node.answers.get(file.sop_instance_uid, 0)
    outcome = read_status(status)
    if outcome is Outcome.ACCEPTED:
        node.received.append((file.sop_instance_uid, _read(file)))
    return SendResult(file.sop_instance_uid, outcome, status)


def _read(file: FileToSend) -> bytes:
    if file.rewriting is None:
        return file.path.read_bytes()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rewritten.dcm"
        rewrite_file(file.path, path, rewriting=file.rewriting)
        return path.read_bytes()
