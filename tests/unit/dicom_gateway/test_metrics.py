import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dicom_gateway import metrics
from dicom_gateway.ledger import Ledger, read_rows
from dicom_gateway.shared import PeerFile


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Give the file in which this process counts, for one test."""
    path = tmp_path / "counts"
    metrics.keep_in(path)
    yield path
    metrics.keep_in(None)


def read(path: Path) -> dict[tuple[str, ...], float]:
    peer = PeerFile(path)
    with memoryview(peer.memory) as memory:
        rows = {key: value for key, value in read_rows(memory) if value}
    peer.close()
    return rows


def test_another_process_reads_what_was_counted(path: Path) -> None:
    metrics.note_opened(3)
    metrics.note_opened(3)
    metrics.note_ended("released")
    metrics.note_refused("calling_ae_title_unknown")
    metrics.note_instance(3, status=0, seconds=0.0015, size=1000)
    metrics.note_instance(3, status=0xA700, seconds=0.0015, size=24)
    metrics.note_sync(100)
    metrics.note_index_batch(1)
    metrics.set_segment_records_waiting(7)
    metrics.set_oldest_waiting(datetime(1970, 1, 2, tzinfo=UTC))

    assert read(path) == {
        ("associations_opened", "3"): 2,
        ("associations_open",): 1,
        ("associations_ended", "released"): 1,
        ("associations_refused", "calling_ae_title_unknown"): 1,
        ("instances", "3", "0000"): 1,
        ("instances", "3", "A700"): 1,
        ("received_bytes", "3"): 1024,
        ("answer_seconds", "0.002"): 2,
        ("answer_seconds", "sum"): pytest.approx(0.003),
        ("sync_seconds", "+Inf"): 1,
        ("sync_seconds", "sum"): 100,
        ("index_batch_instances", "1.0"): 1,
        ("index_batch_instances", "sum"): 1,
        ("segment_records_waiting",): 7,
        ("index_lag_seconds",): 86_400,
    }
    metrics.set_oldest_waiting(None)
    assert ("index_lag_seconds",) not in read(path)


def test_counting_for_nobody_does_no_harm() -> None:
    metrics.keep_in(None)

    metrics.note_instance(1, status=0, seconds=0.1, size=10)

    assert metrics.read_counts()["instances", "1", "0000"] == 1
    metrics.keep_in(None)


def test_a_count_on_the_hot_path_takes_less_than_3_us(path: Path) -> None:
    assert path.exists()

    def measure() -> float:
        started = time.perf_counter()
        for number in range(1000):
            metrics.note_instance(number % 30, status=0, seconds=0.003, size=500_000)
        return (time.perf_counter() - started) / 1000

    # The machine may be busy with others: one quiet run of several shows what it costs.
    assert min(measure() for _ in range(20)) < 3e-6


def test_a_ledger_without_a_free_row_goes_on_and_says_so_once() -> None:
    ledger = Ledger()
    for number in range(1535):
        ledger.add(1, "number", str(number))

    with capture_logs() as logged:
        for number in range(5):
            ledger.add(1, "late", str(number))
        ledger.add(1, "number", "0")

    assert [line["event"] for line in logged] == ["ledger_is_full"]
    rows = ledger.read()
    assert len(rows) == 1535
    assert rows["number", "0"] == 2


def test_a_key_that_is_too_long_is_cut_between_characters() -> None:
    ledger = Ledger()

    ledger.add(2, "name", "é" * 100)

    ((name, label),) = ledger.read()
    assert name == "name"
    assert set(label) == {"é"}
