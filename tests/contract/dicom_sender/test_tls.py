"""Nodes that are called over TLS: DCMTK's, and one that speaks TLS 1.3."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pynetdicom import AE, evt

from app.adapters.dicom.sender import PynetdicomSender
from app.adapters.dicom.tls import ClientContexts
from app.commands.authority import Authority, Issued
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination
from app.store.tls import TlsFiles
from tests.contract.dicom_sender.nodes import (
    PATIENCE,
    TITLE,
    find_free_port,
    open_storescp_node,
    wait_for_port,
)
from tests.contract.dicom_sender.test_dicom_sender import get_files, send
from tests.factories.certificates import issue, make_authority, write_files, write_pair

pytestmark = pytest.mark.asyncio
needs_storescp = pytest.mark.skipif(
    shutil.which("storescp") is None, reason="needs storescp: apt-get install dcmtk"
)


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> TlsFiles:
    return write_files(tmp_path / "ours", authority)


@pytest.fixture
def sender(files: TlsFiles) -> Iterator[PynetdicomSender]:
    made = PynetdicomSender("ASTREINTE", PATIENCE, tls=ClientContexts(files))
    yield made
    made.pool.close()


@contextmanager
def open_storescp(folder: Path, shown: Issued, *, trusted: Authority) -> Iterator[Destination]:
    """Start DCMTK's node with a certificate; it asks for one that `trusted` has signed."""
    (received := folder / "received").mkdir(parents=True)
    certificate, key = write_pair(folder, shown, name="node")
    (authorities := folder / "trusted.pem").write_bytes(trusted.own.write_certificate())
    port = find_free_port()
    node = ("storescp", "+xa", "+B", "-od", received, "-aet", TITLE)
    secured = ("+tls", key, certificate, "+cf", authorities, str(port))
    process = subprocess.Popen(
        [*node, *secured], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port)
        yield Destination(TITLE, "127.0.0.1", port, tls=True)
    finally:
        process.terminate()
        process.wait(10)


@needs_storescp
async def test_files_arrive_over_tls_at_a_node_that_trusts_us(
    tmp_path: Path, authority: Authority, sender: PynetdicomSender
) -> None:
    shown = issue(authority, "node", hosts=["127.0.0.1"], is_server=True)
    with open_storescp(tmp_path / "node", shown, trusted=authority) as destination:
        first = await send(sender, get_files()[:2], to=destination)
        second = await send(sender, get_files()[:1], to=destination)
        echo = await sender.echo(to=destination)

    assert {each.outcome for each in (*first, *second, echo)} == {Outcome.ACCEPTED}
    assert len(list((tmp_path / "node/received").iterdir())) == 2


@needs_storescp
async def test_a_node_of_another_authority_gets_nothing_and_the_reason_is_told(
    tmp_path: Path, authority: Authority, sender: PynetdicomSender
) -> None:
    shown = issue(make_authority("Stranger"), "node", hosts=["127.0.0.1"], is_server=True)
    with open_storescp(tmp_path / "node", shown, trusted=authority) as destination:
        (result,) = await send(sender, get_files()[:1], to=destination)

    assert result.outcome is Outcome.UNREACHABLE
    assert "its certificate is not trusted" in result.detail
    assert not list((tmp_path / "node/received").iterdir())


@needs_storescp
@pytest.mark.parametrize(
    ("shown", "reason"),
    (
        ({"hosts": ["node.elsewhere"], "is_server": True}, "IP address mismatch"),
        ({"hosts": ["127.0.0.1"], "is_server": False}, "certificate purpose"),
        (
            {"hosts": ["127.0.0.1"], "is_server": True, "lasts": -timedelta(days=1)},
            "certificate has expired",
        ),
    ),
)
async def test_a_certificate_that_is_not_for_this_node_now_is_not_trusted(
    tmp_path: Path,
    authority: Authority,
    sender: PynetdicomSender,
    shown: dict[str, Any],
    reason: str,
) -> None:
    certificate = issue(authority, "node", **shown)
    with open_storescp(tmp_path / "node", certificate, trusted=authority) as destination:
        (result,) = await send(sender, get_files()[:1], to=destination)

    assert result.outcome is Outcome.UNREACHABLE
    assert reason in result.detail


@needs_storescp
async def test_a_node_that_does_not_trust_us_is_told(
    tmp_path: Path, authority: Authority, sender: PynetdicomSender
) -> None:
    shown = issue(authority, "node", hosts=["127.0.0.1"], is_server=True)
    stranger = make_authority("Stranger")
    with open_storescp(tmp_path / "node", shown, trusted=stranger) as destination:
        (result,) = await send(sender, get_files()[:1], to=destination)

    assert result.outcome is Outcome.UNREACHABLE
    assert "no TLS with it" in result.detail


@needs_storescp
async def test_a_renewed_authority_is_taken_without_a_restart(
    tmp_path: Path, files: TlsFiles, sender: PynetdicomSender
) -> None:
    other = make_authority("Other")
    shown = issue(other, "node", hosts=["127.0.0.1"], is_server=True)
    write_pair(files.certificate.parent, issue(other, "ours", is_server=True), name="server")
    with open_storescp(tmp_path / "node", shown, trusted=other) as destination:
        before = await send(sender, get_files()[:1], to=destination)
        files.authorities.write_bytes(other.own.write_certificate())
        await asyncio.sleep(1.1)
        after = await send(sender, get_files()[:1], to=destination)

    assert [each.outcome for each in before] == [Outcome.UNREACHABLE]
    assert [each.outcome for each in after] == [Outcome.ACCEPTED]


@needs_storescp
async def test_a_node_without_tls_gets_nothing_when_tls_is_asked_for(
    tmp_path: Path, sender: PynetdicomSender
) -> None:
    with open_storescp_node(tmp_path / "received") as node:
        destination = replace(node.destination, tls=True)
        (result,) = await send(sender, get_files()[:1], to=destination)

        assert result.outcome is Outcome.UNREACHABLE
        assert not node.read_received()


async def test_a_handshake_that_stalls_is_left_in_time(sender: PynetdicomSender) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        destination = Destination(TITLE, "127.0.0.1", listener.getsockname()[1], tls=True)
        results = await asyncio.wait_for(send(sender, get_files()[:1], to=destination), timeout=10)

    assert [each.outcome for each in results] == [Outcome.UNREACHABLE]


async def test_without_certificates_of_ours_it_is_said_how_to_make_them(tmp_path: Path) -> None:
    contexts = ClientContexts(TlsFiles.in_folder(tmp_path))
    sender = PynetdicomSender("ASTREINTE", PATIENCE, tls=contexts)
    destination = Destination(TITLE, "127.0.0.1", find_free_port(), tls=True)

    echo = await sender.echo(to=destination)

    assert echo.outcome is Outcome.UNREACHABLE
    assert "astreinte tls init" in echo.detail


async def test_a_server_that_prefers_tls_1_3_is_spoken_to_all_the_same(
    files: TlsFiles, sender: PynetdicomSender
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    entity = AE(ae_title=TITLE)
    entity.add_supported_context("1.2.840.10008.1.1")
    versions: list[str | None] = []

    def answer(event: evt.Event) -> int:
        versions.append(read_version(event))
        return 0

    handlers: list[Any] = [(evt.EVT_C_ECHO, answer)]
    server: Any = entity.start_server(
        ("127.0.0.1", 0), block=False, ssl_context=context, evt_handlers=handlers
    )
    try:
        destination = Destination(TITLE, "127.0.0.1", server.server_address[1], tls=True)
        echo = await sender.echo(to=destination)
    finally:
        server.shutdown()
        server.server_close()

    assert echo.outcome is Outcome.ACCEPTED
    assert versions == ["TLSv1.2"]


def read_version(event: evt.Event) -> str | None:
    wrapper: Any = event.assoc.dul.socket
    version: str | None = wrapper.socket.version()
    return version
