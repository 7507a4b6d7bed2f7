"""The gateway and connections on which nothing comes, next to nothing, or nobody listens."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from app.kit.clock import read_host_clock
from dicom_gateway.admission import RegisteredSender, SenderSnapshot
from dicom_gateway.dimse.requests import encode_echo_request
from dicom_gateway.upper_layer.associate import encode_request
from dicom_gateway.upper_layer.pdu import PduType, encode_p_data
from tests.e2e.gateway_process import CALLING, GatewayProcess, read_journal, wait_until
from tests.e2e.raw import (
    ECHO,
    IMAGE,
    RawPeer,
    associated,
    draw_instance_uid,
    encode_store,
    encode_value,
    make_associate_request,
    wrap,
)
from tests.factories.certificates import make_authority, write_files

pytestmark = pytest.mark.e2e
SLOTS = 6
IDLE_S, STALL_S = 4, 2
MOST_S = 15
MUCH_BYTES, LITTLE_BYTES = 200 << 20, 20 << 20
KEEPALIVE_TIMER = "02"
MOST_UNKNOWN = 1000


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Give a gateway with little patience, few slots, and a second port for TLS."""
    data_dir = tmp_path_factory.mktemp("gateway") / "var"
    write_files(data_dir, make_authority())
    sender = RegisteredSender(1, CALLING, ("127.0.0.0/8",), certificate_names=("ct1.north",))
    it = GatewayProcess(
        data_dir,
        dicom_associations=str(SLOTS),
        dicom_idle_timeout=str(IDLE_S),
        dicom_stall_timeout=str(STALL_S),
        dicom_tls_bind="127.0.0.1:0",
    )
    it.layout.admission.write_bytes(SenderSnapshot((sender,), read_host_clock()).write())
    with it.running():
        yield it


@pytest.fixture(autouse=True)
def nothing_is_left(gateway: GatewayProcess) -> Iterator[None]:
    """Check that each connection of a test and each slot has been given back."""
    before = gateway.count_held()
    yield
    wait_until(lambda: gateway.count_held() <= before, gateway.count_held, within_s=MOST_S)
    with ExitStack() as stack:
        for _ in range(SLOTS):
            peer = stack.enter_context(associated(gateway.port))
            assert peer.echo() == 0


def test_who_falls_silent_anywhere_is_aborted_and_its_slot_given_back(
    gateway: GatewayProcess,
) -> None:
    image = encode_store(draw_instance_uid(), size=100_000)
    silent_after = (
        b"",
        image[:3],
        image[:40],
        image[:1000],
        wrap(encode_value(IMAGE, 1, b"")),
        image[: len(image) // 2],
    )
    with ExitStack() as stack:
        peers = [stack.enter_context(associated(gateway.port)) for _ in silent_after]
        for peer, said in zip(peers, silent_after, strict=True):
            peer.send(said)
        began_s = time.monotonic()

        for peer in peers:
            peer.expect_abort()
        assert time.monotonic() - began_s < 3 * IDLE_S
    ends = [line["outcome"] for line in read_journal(gateway) if line["closed"]]
    assert ends.count("lost") >= len(peers)


def test_one_byte_a_second_is_as_good_as_nothing(gateway: GatewayProcess) -> None:
    request = encode_request(make_associate_request())
    image = encode_store(draw_instance_uid())
    with RawPeer(gateway.port) as asking, associated(gateway.port) as sending:
        under_way = {asking: request, sending: image}
        for second in range(MOST_S):
            for peer, said in list(under_way.items()):
                with suppress(ConnectionError):
                    peer.send(said[second : second + 1])
                if peer.is_closed():
                    del under_way[peer]
            if not under_way:
                break
            time.sleep(0.9)

        assert under_way == {}
    assert any(line["outcome"] == "lost" for line in read_journal(gateway))


@pytest.mark.parametrize("after", ["nothing", "half a request", "a request", "half an image"])
def test_who_will_say_nothing_more_is_let_go_at_once(gateway: GatewayProcess, after: str) -> None:
    request = encode_request(make_associate_request())
    with RawPeer(gateway.port) as peer:
        if after == "half a request":
            peer.send(request[:100])
        elif after != "nothing":
            peer.associate()
            peer.send(encode_store(draw_instance_uid())[:400] if after == "half an image" else b"")
        began_s = time.monotonic()
        peer.socket.shutdown(socket.SHUT_WR)

        peer.expect_close()
        assert time.monotonic() - began_s < STALL_S + 2


def test_a_peer_whose_machine_is_gone_is_noticed_by_the_system(gateway: GatewayProcess) -> None:
    with associated(gateway.port) as peer:
        own_port = peer.socket.getsockname()[1]

        # A peer that is gone without a word answers no probe: Linux closes then.
        assert read_timer(gateway.port, own_port) == KEEPALIVE_TIMER


def read_timer(local_port: int, remote_port: int) -> str | None:
    """Read which timer runs for a connection of a process (proc(5), /proc/net/tcp)."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        ports = tuple(int(address.rpartition(":")[2], 16) for address in fields[1:3])
        # The last ones of a connection that no process has any more are the system's own.
        if ports == (local_port, remote_port) and fields[9] != "0":
            return fields[5].partition(":")[0]
    return None


@pytest.mark.parametrize("half", ["closed", "open"])
def test_who_takes_no_answer_is_read_no_further_and_ended(
    gateway: GatewayProcess, half: str
) -> None:
    memory = gateway.read_memory_bytes()["reception"]
    echoes = encode_p_data(ECHO, command=encode_echo_request(1)) * 1000
    with RawPeer(gateway.port, receive_buffer_bytes=4096) as peer:
        peer.associate()
        assert flood(peer, echoes) < MUCH_BYTES
        assert gateway.read_memory_bytes()["reception"] - memory < LITTLE_BYTES
        if half == "closed":
            peer.socket.shutdown(socket.SHUT_WR)

        wait_until(lambda: has_ended(gateway), gateway.read_log, within_s=MOST_S)
        # Without reading: what lies in the buffers is never taken.
        wait_until(lambda: not has_connection(gateway, peer), gateway.read_log, within_s=MOST_S)


def flood(peer: RawPeer, content: bytes) -> int:
    """Send until nothing more is taken; return how many bytes were."""
    peer.socket.settimeout(1)
    sent = 0
    with suppress(OSError):
        while sent < MUCH_BYTES:
            sent += peer.socket.send(content)
    return sent


def has_ended(gateway: GatewayProcess) -> bool:
    last = read_journal(gateway)[-1]
    return last["outcome"] == "lost" and int(str(last["echoes"])) > 100


def has_connection(gateway: GatewayProcess, peer: RawPeer) -> bool:
    return read_timer(gateway.port, peer.socket.getsockname()[1]) is not None


NOISE = {
    "a request without TLS": encode_request(make_associate_request()),
    "the head of a handshake, and zeros": b"\x16\x03\x01\x40\x00" + bytes(0x4000),
    "a record of another version": b"\x16\x09\x09\x00\x05hello",
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("name", NOISE)
def test_who_speaks_no_tls_on_its_port_is_let_go(gateway: GatewayProcess, name: str) -> None:
    with RawPeer(read_tls_port(gateway)) as peer:
        with suppress(ConnectionError):
            peer.send(NOISE[name])

        # An alert of TLS at most: nothing of DICOM is said to who is not known.
        wait_until(peer.is_closed, within_s=MOST_S)


def read_tls_port(gateway: GatewayProcess) -> int:
    address = gateway.find_events("gateway_listens")[0]["tls_address"]
    return int(address.rpartition(":")[2])


def test_500_silent_connections_on_each_port_hold_nobody_up(gateway: GatewayProcess) -> None:
    threads, files = gateway.count_held()
    with ExitStack() as stack:
        silent = [
            stack.enter_context(RawPeer(port))
            for port in (gateway.port, read_tls_port(gateway)) * 500
        ]
        took_s = []
        with associated(gateway.port) as healthy:
            for _ in range(20):
                began_s = time.monotonic()
                assert healthy.store(draw_instance_uid(), size=50_000) == 0
                took_s.append(time.monotonic() - began_s)
            healthy.release()
        now = gateway.count_held()
        assert now[0] <= threads + 2
        assert now[1] - files >= 900
        assert sorted(took_s)[10] < 0.5

        for peer in silent:
            # By TIMER_EXPIRED, state 2 (AA-2); a handshake that does not come has its own timer.
            wait_until(peer.is_closed, within_s=MOST_S)


def test_who_was_refused_and_does_not_leave_makes_room_for_others(gateway: GatewayProcess) -> None:
    refused = encode_request(make_associate_request(calling_ae_title="NOBODY"))
    _, files = gateway.count_held()
    with ExitStack() as stack:
        for _ in range(MOST_UNKNOWN + 50):
            peer = stack.enter_context(RawPeer(gateway.port))
            peer.send(refused)
            answer = peer.read_pdu()
            assert answer is not None
            assert answer.kind == PduType.ASSOCIATE_RJ

        # The last one to go may still be on its way out.
        assert gateway.count_held()[1] - files < MOST_UNKNOWN + 10
        with associated(gateway.port) as healthy:
            assert healthy.echo() == 0
            healthy.release()


def test_a_slow_peer_that_does_go_on_is_let_be(gateway: GatewayProcess) -> None:
    uid = draw_instance_uid()
    image = encode_store(uid, size=4000)
    steps = len(image) // 7
    with associated(gateway.port) as peer:
        # Longer than any silence that is allowed, and each PDU within its time.
        values = encode_p_data(ECHO, command=encode_echo_request(1))
        for _ in range(3):
            peer.send(values)
            assert peer.read_response().status == 0
            time.sleep(IDLE_S * 0.6)
        for at in range(0, len(image), steps):
            peer.send(image[at : at + steps])
            time.sleep(0.1)
        assert peer.read_response().status == 0
        peer.release()


def test_bytes_behind_the_end_of_an_association_are_not_kept(gateway: GatewayProcess) -> None:
    memory = gateway.read_memory_bytes()["reception"]
    with associated(gateway.port) as peer:
        peer.send(struct.pack(">BxI", PduType.P_DATA_TF, 0))
        peer.expect_abort()
        flood(peer, bytes(100_000))
    assert gateway.read_memory_bytes()["reception"] - memory < LITTLE_BYTES
