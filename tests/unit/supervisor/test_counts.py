import socket
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.kit.bind import Bind
from app.kit.errors import Unavailable
from app.supervisor.counts import Counts, CountServer
from dicom_gateway.ledger import Ledger
from dicom_gateway.metrics import GatewayMetrics

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.fixture
def counts() -> Counts:
    return Counts(read_clock=lambda: NOW)


def write(counts: Counts) -> list[str]:
    registry = CollectorRegistry()
    registry.register(counts)
    return generate_latest(registry).decode().splitlines()


def find(counts: Counts, name: str) -> list[str]:
    return [line for line in write(counts) if line.startswith(f"astreinte_gateway_{name}")]


def start(counts: Counts, path: Path) -> GatewayMetrics:
    """Begin to count as a process does."""
    return GatewayMetrics(Ledger(counts.follow(path)))


def test_what_several_processes_count_is_added_up(counts: Counts, tmp_path: Path) -> None:
    one, other = start(counts, tmp_path / "1"), start(counts, tmp_path / "2")
    counts.follow(tmp_path / "of one that has not begun")

    one.note_instance(3, status=0, seconds=1 / 256, size=100)
    other.note_instance(3, status=0, seconds=1 / 256, size=10)
    other.note_instance(4, status=0xA700, seconds=30.0, size=1)
    for each in (one, other):
        each.ledger.add(2, "associations_open")

    assert find(counts, "instances_total") == [
        'astreinte_gateway_instances_total{sender="3",status="0000"} 2.0',
        'astreinte_gateway_instances_total{sender="4",status="A700"} 1.0',
    ]
    assert find(counts, "received_bytes_total")[0].endswith('{sender="3"} 110.0')
    assert find(counts, "associations_open ")[0].endswith(" 4.0")
    buckets = find(counts, "answer_seconds_bucket")
    assert 'le="0.002"} 0.0' in buckets[2]
    assert 'le="0.005"} 2.0' in buckets[3]
    assert 'le="+Inf"} 3.0' in buckets[-1]
    assert find(counts, "answer_seconds_sum")[0].endswith(" 30.0078125")


def test_what_a_process_had_counted_outlives_it_but_not_what_it_had_open(
    counts: Counts, tmp_path: Path
) -> None:
    path = tmp_path / "1"
    former = start(counts, path)
    former.ledger.add(5, "associations_opened", "3")
    former.ledger.add(5, "associations_open")
    former.note_measure("sync_seconds", 0.001)

    counts.finish(path)
    assert not path.exists()
    later = start(counts, tmp_path / "2")
    later.ledger.add(1, "associations_opened", "3")

    assert find(counts, "associations_opened_total")[0].endswith('{sender="3"} 6.0')
    assert find(counts, "associations_open ") == []
    assert find(counts, "sync_seconds_count")[0].endswith(" 1.0")


def test_one_that_ends_before_it_began_takes_nothing_away(counts: Counts, tmp_path: Path) -> None:
    counts.finish(counts.follow(tmp_path / "never"))

    assert counts.read() == {}


def test_the_lag_of_the_index_is_the_age_of_the_oldest_arrival(
    counts: Counts, tmp_path: Path
) -> None:
    one, other = start(counts, tmp_path / "1"), start(counts, tmp_path / "2")
    one.ledger.set(NOW.timestamp() - 5, "index_lag_seconds")
    other.ledger.set(NOW.timestamp() - 90, "index_lag_seconds")
    assert find(counts, "index_lag_seconds")[0].endswith(" 90.0")

    other.ledger.set(0, "index_lag_seconds")
    assert find(counts, "index_lag_seconds")[0].endswith(" 5.0")
    one.ledger.set(0, "index_lag_seconds")
    assert find(counts, "index_lag_seconds")[0].endswith(" 0.0")


@pytest.fixture
def server(counts: Counts) -> Iterator[CountServer]:
    server = CountServer(counts, bind=Bind("127.0.0.1", 0))
    yield server
    server.close()


def test_they_are_served_until_the_next_one_wants_the_address(
    counts: Counts, server: CountServer
) -> None:
    counts.count_running = lambda: Counter({"reception": 2, "index": 0})

    served = server.open()

    assert served is not None
    assert server.open() is None
    with urllib.request.urlopen(f"http://{served}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert 'astreinte_gateway_processes{part="index"} 0.0' in text
    assert 'astreinte_gateway_processes{part="reception"} 2.0' in text
    server.close()
    later = CountServer(counts, bind=served)
    assert later.open() == served
    later.close()


def test_an_address_that_is_taken_is_named(counts: Counts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        server = CountServer(counts, bind=Bind("127.0.0.1", busy.getsockname()[1]))

        with pytest.raises(Unavailable, match="ASTREINTE_DICOM_METRICS_BIND="):
            server.open()
