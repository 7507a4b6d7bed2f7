"""The gateway's processes: they share a port and its limits, and take each other's place."""

import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.e2e.association import CT_IMAGE, VERIFICATION, associate, store
from tests.e2e.gateway_process import (
    GatewayProcess,
    is_alive,
    read_spooled,
    wait_until,
    write_snapshot,
)
from tests.e2e.raw import RawPeer
from tests.factories.certificates import make_authority, write_files
from tests.factories.dicom import make_ct_slice
from tests.factories.encoded import encode_data_set

pytestmark = pytest.mark.e2e
IMAGES = 200
PACE_S = 0.05
SUPERVISOR_BYTES = 40 << 20


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Give a gateway of two reception processes without a database, with three slots."""
    data_dir = tmp_path_factory.mktemp("gateway") / "var"
    write_snapshot(data_dir)
    running = GatewayProcess(
        data_dir,
        dicom_workers="2",
        dicom_associations="3",
        dicom_metrics_bind="127.0.0.1:0",
    )
    with running.running() as it:
        yield it


def read_metrics(gateway: GatewayProcess) -> dict[str, float]:
    address = gateway.find_events("metrics_served")[-1]["address"]
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name.removeprefix("astreinte_gateway_"): float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")
    }


def test_the_processes_are_those_that_were_asked_for(gateway: GatewayProcess) -> None:
    assert len(gateway.find_pids("reception")) == 2
    assert len(gateway.find_pids("index")) == 1
    assert len(gateway.find_events("gateway_listens")) == 1
    assert gateway.read_memory_bytes()["supervisor"] < SUPERVISOR_BYTES


def test_the_limit_counts_across_the_processes(gateway: GatewayProcess) -> None:
    for _ in range(3):
        with ExitStack() as stack:
            # Which process takes one is the kernel's choice; they are as many as there are slots.
            opened = [stack.enter_context(associate(gateway.port, VERIFICATION)) for _ in range(3)]
            assert all(each.is_established for each in opened)

            one_more = stack.enter_context(associate(gateway.port, VERIFICATION))
            assert one_more.is_rejected
            answer = one_more.acceptor.primitive
            assert answer is not None
            # PS3.8 table 9-21: transient, by the presentation layer, local limit exceeded.
            assert (answer.result, answer.result_source, answer.diagnostic) == (2, 3, 2)
        wait_until(lambda: read_metrics(gateway)["associations_open"] == 0, gateway.read_log)


def test_a_process_that_dies_is_replaced_and_its_slots_are_free(gateway: GatewayProcess) -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(associate(gateway.port, VERIFICATION))
        before = gateway.find_pids("reception")
        gateway.kill_part("reception")
        wait_until(lambda: len(gateway.find_pids("reception")) == 2, gateway.read_log)
        assert set(gateway.find_pids("reception")).isdisjoint(before)

    wait_until(is_answered_by(gateway), gateway.read_log)
    assert len(gateway.find_events("gateway_listens")) == 1


def test_an_index_that_dies_holds_nobody_up(gateway: GatewayProcess) -> None:
    data_set = encode_data_set(make_ct_slice(sop_instance_uid="1.2.3.7"))

    gateway.kill_part("index")
    wait_until(is_answered_by(gateway), gateway.read_log)
    with associate(gateway.port, CT_IMAGE) as association:
        assert store(association, data_set, sop_instance_uid="1.2.3.7") == 0

    # Who comes after it finds what was acknowledged meanwhile.
    wait_until(lambda: read_spooled(gateway.layout).get("1.2.3.7") == [data_set], gateway.read_log)
    wait_until(lambda: len(gateway.find_pids("index")) == 1, gateway.read_log)


def is_answered_by(gateway: GatewayProcess) -> Callable[[], bool]:
    def is_answered() -> bool:
        try:
            # pynetdicom forgets to close a socket that never got a connection.
            socket.create_connection(("127.0.0.1", gateway.port), timeout=10).close()
        except OSError:
            return False
        with associate(gateway.port, VERIFICATION) as association:
            return bool(association.is_established)

    return is_answered


def test_what_happens_is_counted(gateway: GatewayProcess) -> None:
    wait_until(is_answered_by(gateway), gateway.read_log)
    before = read_metrics(gateway)
    data_set = encode_data_set(make_ct_slice(sop_instance_uid="1.2.3.8"))

    with associate(gateway.port, CT_IMAGE) as association:
        assert store(association, data_set, sop_instance_uid="1.2.3.8") == 0
        assert read_metrics(gateway)["associations_open"] == 1
    with associate(gateway.port, VERIFICATION, calling="NOBODY"):
        pass

    wait_until(lambda: read_metrics(gateway)["associations_open"] == 0, gateway.read_log)
    after = read_metrics(gateway)
    increase = {name: after[name] - before.get(name, 0) for name in after}
    assert increase['instances_total{sender="1",status="0000"}'] == 1
    assert increase['received_bytes_total{sender="1"}'] == len(data_set)
    assert increase['associations_opened_total{sender="1"}'] == 1
    assert increase['associations_ended_total{outcome="released"}'] == 1
    assert increase['associations_refused_total{reason="calling_ae_title_unknown"}'] == 1
    assert increase["answer_seconds_count"] == 1
    assert increase["sync_seconds_count"] >= 1
    assert after['processes{part="reception"}'] == 2


def test_a_second_one_on_the_same_folder_and_port_is_told_how(gateway: GatewayProcess) -> None:
    bind = f"127.0.0.1:{gateway.port}"
    second = GatewayProcess(gateway.layout.data_dir, name="second", dicom_bind=bind)

    second.start(wait=False)

    assert second.wait() == 1
    said = second.read_log()
    assert f"port {gateway.port} of 127.0.0.1 is in use by the gateway of this data folder" in said
    assert "--replace" in said
    assert len(said.splitlines()) == 1


def test_no_process_outlives_a_killed_gateway(tmp_path: Path) -> None:
    gateway = GatewayProcess(tmp_path / "var", dicom_workers="2")
    gateway.start()
    pids = [*gateway.find_pids("reception"), *gateway.find_pids("index")]
    assert len(pids) == 3

    gateway.kill()

    assert not any(map(is_alive, pids))


def test_a_rolling_restart_loses_nothing_and_refuses_nobody(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "var")
    former = GatewayProcess(tmp_path / "var", dicom_workers="2")
    former.start()
    bind = f"127.0.0.1:{former.port}"
    later = GatewayProcess(tmp_path / "var", name="later", dicom_workers="2", dicom_bind=bind)
    images = {f"1.2.3.{number}": make_image(f"1.2.3.{number}") for number in range(IMAGES)}
    began, replaced = Event(), Event()

    with ThreadPoolExecutor(2) as pool:
        sending = pool.submit(send_slowly, former.port, images, began=began, until=replaced)
        asking = pool.submit(ask_again_and_again, former.port, until=replaced)
        assert began.wait(30)
        later.start("--replace")
        wait_until(lambda: former.find_events("gateway_drains") != [], former.read_log)
        replaced.set()
        statuses, answers = sending.result(), asking.result()

    try:
        assert statuses == [0] * IMAGES
        assert set(answers) == {True}
        # The sender's association was the former's: it ends with it.
        assert former.wait() == 0
        assert former.find_events("gateway_stopped") != []
        wait_until(lambda: read_spooled(later.layout).keys() == images.keys(), later.read_log)
        kept = read_spooled(later.layout)
        assert all(set(kept[uid]) == {image} for uid, image in images.items())
    finally:
        later.stop()


def make_image(sop_instance_uid: str) -> bytes:
    return encode_data_set(make_ct_slice(sop_instance_uid=sop_instance_uid))


def send_slowly(port: int, images: dict[str, bytes], *, began: Event, until: Event) -> list[int]:
    """Send images on one association, the second half only after an event."""
    statuses = []
    with associate(port, CT_IMAGE) as association:
        for number, (uid, image) in enumerate(images.items()):
            statuses.append(store(association, image, sop_instance_uid=uid))
            if number == IMAGES // 4:
                began.set()
            if number == IMAGES // 2:
                while not until.wait(PACE_S):
                    # It is at work, not idle: some modalities send an image again.
                    statuses[-1] |= store(association, image, sop_instance_uid=uid)
    return statuses


def ask_again_and_again(port: int, *, until: Event) -> list[bool]:
    """Open one association after the other, until the event and for a second after it."""
    answers = []
    ends_at = None
    while ends_at is None or time.monotonic() < ends_at:
        with associate(port, VERIFICATION) as association:
            answers.append(bool(association.is_established))
        if until.is_set() and ends_at is None:
            ends_at = time.monotonic() + 1
    return answers


@contextmanager
def drained(gateway: GatewayProcess) -> Iterator[None]:
    """Let it drain during the block."""
    said = gateway.drain()
    assert "drains" in said
    yield
    assert gateway.wait() == 0


def test_a_drain_aborts_who_is_idle_and_leaves_the_port_to_others(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "var")
    gateway = GatewayProcess(tmp_path / "var")
    gateway.start()
    bind = f"127.0.0.1:{gateway.port}"
    later = GatewayProcess(tmp_path / "var", name="later", dicom_bind=bind)

    with associate(gateway.port, VERIFICATION) as idle:
        assert idle.send_c_echo().Status == 0
        with drained(gateway):
            with later.running(), associate(later.port, VERIFICATION) as association:
                assert association.send_c_echo().Status == 0
            wait_until(lambda: bool(idle.is_aborted), gateway.read_log, within_s=20)


def test_a_drain_waits_for_who_has_come_and_not_asked_yet(tmp_path: Path) -> None:
    write_files(tmp_path / "var", make_authority())
    write_snapshot(tmp_path / "var")
    gateway = GatewayProcess(tmp_path / "var", dicom_workers="1", dicom_tls_bind="127.0.0.1:0")
    gateway.start()
    _, files = gateway.count_held()

    with RawPeer(gateway.port) as come, RawPeer(read_tls_port(gateway)) as shaking:
        # Both have been taken from the queue of the system.
        wait_until(lambda: gateway.count_held()[1] >= files + 2, within_s=10)
        with drained(gateway):
            assert not shaking.is_closed()
            come.associate()
            assert come.echo() == 0
            come.release()


def read_tls_port(gateway: GatewayProcess) -> int:
    address = gateway.find_events("gateway_listens")[0]["tls_address"]
    return int(address.rpartition(":")[2])
