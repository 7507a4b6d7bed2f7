"""The gateway and peers that stall, trickle, break off or exaggerate: none holds it up."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.association import (
    CT_IMAGE,
    VERIFICATION,
    associate,
    encode_associate_request,
    encode_store_command,
    paused,
)
from tests.e2e.gateway_process import (
    GatewayProcess,
    read_journal,
    read_spooled,
    wait_until,
    write_snapshot,
)

pytestmark = pytest.mark.e2e
IDLE_THREADS = 3
"""The main one, the acceptor's and the index's."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Give a gateway without a database, with little patience and four slots."""
    data_dir = tmp_path_factory.mktemp("gateway") / "var"
    write_snapshot(data_dir)
    with GatewayProcess(data_dir, dicom_stall_timeout="2", dicom_associations="4").running() as it:
        yield it


def test_peers_that_stall_within_a_pdu_lose_their_slots(gateway: GatewayProcess) -> None:
    with ExitStack() as stack:
        before_request, within_data = (
            [stack.enter_context(stall(gateway.port, after)) for _ in range(2)]
            for after in ("half a request", "half of the data")
        )

        wait_until(lambda: all(map(is_closed, before_request + within_data)), within_s=20)

    def is_accepted() -> bool:
        with associate(gateway.port, VERIFICATION) as association:
            return bool(association.is_established)

    wait_until(is_accepted, gateway.read_log, within_s=10)
    ends = [line for line in read_journal(gateway) if line["outcome"] == "lost"]
    assert len(ends) >= 2


def stall(port: int, after: str) -> socket.socket:
    """Open a connection that says nothing more at some point within a PDU."""
    request = encode_associate_request()
    while True:
        peer = socket.create_connection(("127.0.0.1", port))
        if after == "half a request":
            peer.sendall(request[:50])
            return peer
        peer.sendall(request)
        # The slots of the tests before may not be free yet.
        if peer.recv(100)[:1] == b"\2":
            peer.sendall(struct.pack(">BBI", 4, 0, 1000) + b"half of a")
            return peer
        peer.close()
        time.sleep(0.2)


def test_associations_of_every_end_leave_no_thread_and_no_socket(gateway: GatewayProcess) -> None:
    # Of the tests before, some ends may still be under way.
    wait_until(lambda: gateway.count_held()[0] <= IDLE_THREADS, gateway.read_log, within_s=20)
    before = gateway.count_held()
    for number in range(12):
        with associate(gateway.port, VERIFICATION) as association:
            if number % 3 == 0:
                association.abort()
        with associate(gateway.port, VERIFICATION, calling="NOBODY"):
            pass
        with socket.create_connection(("127.0.0.1", gateway.port)) as peer:
            peer.sendall(encode_associate_request()[: 200 if number % 2 else 40])

    wait_until(lambda: gateway.count_held() == before, gateway.count_held, within_s=20)


def is_closed(peer: socket.socket) -> bool:
    peer.settimeout(0.2)
    try:
        return len(peer.recv(100)) == 0
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_peer_that_trickles_one_pdu_loses_its_slot(gateway: GatewayProcess) -> None:
    request = encode_associate_request()
    with socket.create_connection(("127.0.0.1", gateway.port)) as peer:
        started = time.monotonic()
        for octet in request:
            try:
                peer.sendall(bytes([octet]))
            except OSError:
                break
            time.sleep(0.1)
        assert time.monotonic() - started < 15
        assert is_closed(peer)


def test_a_pdu_of_four_gigabytes_ends_its_association_only(gateway: GatewayProcess) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port)) as peer:
        peer.sendall(struct.pack(">BBI", 4, 0, 0xFFFFFFFF) + b"x" * 10_000)
        wait_until(lambda: is_closed(peer), within_s=10)

    with associate(gateway.port, VERIFICATION) as association:
        assert association.send_c_echo().Status == 0


def test_a_command_with_a_uid_of_200_characters_harms_nobody_else(gateway: GatewayProcess) -> None:
    before = read_spooled(gateway.layout)
    long = b"\x08\0\x18\0UI\xc8\0" + b"1" * 200

    with associate(gateway.port, CT_IMAGE) as association:
        command = encode_store_command(sop_instance_uid=b"1" * 200)
        transport = association.dul.socket
        assert transport is not None
        assert transport.socket is not None
        with paused(association):
            for control, fragment in ((3, command), (2, long)):
                item = struct.pack(">IBB", len(fragment) + 2, 1, control) + fragment
                transport.socket.sendall(struct.pack(">BBI", 4, 0, len(item)) + item)
            # pynetdicom aborts, so that no answer comes; a status would do as well.
            association.dimse_timeout = 3
            _, answer = association.dimse.get_msg(block=True)
            assert answer is None or answer.Status == 0xC000

    with associate(gateway.port, VERIFICATION) as association:
        assert association.send_c_echo().Status == 0
    assert read_spooled(gateway.layout) == before
