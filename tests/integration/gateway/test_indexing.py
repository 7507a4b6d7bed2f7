"""The index's thread: it outlives every error, follows the directory, and stops when told."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from pydicom import Dataset

from app.db.clock import DatabaseClock
from app.db.engine import write_conninfo
from app.db.session import Sessions
from app.store.layout import Layout
from dicom_gateway.index import IndexWriter
from dicom_gateway.indexing import Indexing
from dicom_gateway.journal import JournalReader
from dicom_gateway.segments.settler import Settler
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool
from tests.e2e.gateway_process import add_sender, ask, wait_until
from tests.factories.arrivals import WAITS
from tests.factories.dicom import make_ct_slice, make_ct_study
from tests.factories.segments import open_writer, read_incoming, write_segment
from tests.factories.spooled import make_arrival, spool_one


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(Layout(tmp_path / "var"), reserve_bytes=0)
    spool.prepare()
    return spool


def maker(spool: Spool) -> Callable[[Sessions], IndexWriter]:
    return lambda sessions: IndexWriter(
        spool=spool,
        journal=JournalReader(spool.layout.journal),
        snapshot=SnapshotFile(spool.layout.admission),
        sessions=sessions,
        clock=DatabaseClock(),
        waits=WAITS,
    )


@contextmanager
def indexing(
    spool: Spool, database_url: str | None, make_writer: Callable[[Sessions], IndexWriter]
) -> Iterator[Indexing]:
    it = Indexing(
        lock_path=spool.layout.incoming.parent / "index.lock",
        find_url=lambda: database_url,
        settler=Settler(spool.layout),
        make_writer=make_writer,
        renew_every=timedelta(milliseconds=20),
        grace=timedelta(seconds=1),
    )
    it.start()
    try:
        yield it
    finally:
        it.stop()


def count_indexed(database_url: str) -> int:
    return int(ask(database_url, "SELECT count(*) FROM instance")[0][0])


def test_an_error_that_nobody_foresaw_does_not_end_the_index(
    spool: Spool, database_url: str
) -> None:
    spool_one(spool, make_ct_slice(), sender_id=add_sender(database_url))
    attempts: list[Sessions] = []

    def stumble_once(sessions: Sessions) -> IndexWriter:
        attempts.append(sessions)
        if len(attempts) == 1:
            raise ValueError("nobody foresaw this")
        return maker(spool)(sessions)

    with indexing(spool, database_url, stumble_once):
        wait_until(lambda: count_indexed(database_url) == 1, within_s=20)


def test_a_backlog_does_not_hold_back_a_change_of_the_senders(
    spool: Spool, database_url: str
) -> None:
    sender_id = add_sender(database_url)
    study = make_ct_study()
    dataset = make_ct_slice(study)
    for number in range(1500):
        dataset.InstanceNumber = str(number)
        dataset.SOPInstanceUID = f"1.2.3.{number}"
        spool_one(spool, dataset, sender_id=sender_id)

    with indexing(spool, database_url, maker(spool)):
        wait_until(lambda: count_indexed(database_url) > 0, within_s=20)
        ask(database_url, "UPDATE sender SET ae_title = 'CT9' RETURNING 1")
        wait_until(lambda: "CT9" in spool.layout.admission.read_text(), within_s=20)
        assert count_indexed(database_url) < 1500
        wait_until(lambda: spool.list_waiting() == [], within_s=40)
    assert json.loads(spool.layout.admission.read_bytes())["senders"][0]["ae_title"] == "CT9"


def test_a_record_that_nobody_told_of_is_indexed_at_once(spool: Spool, database_url: str) -> None:
    sender_id = add_sender(database_url)
    writer = open_writer(spool.layout)
    with indexing(spool, database_url, maker(spool)):
        writer.append(*as_record(make_ct_slice(), sender_id=sender_id))
        wait_until(lambda: count_indexed(database_url) == 1, within_s=20)
        took_s = []
        for number in range(2, 7):
            writer.append(*as_record(make_ct_slice(), sender_id=sender_id))
            begun_s = time.monotonic()
            wait_until(lambda: count_indexed(database_url) == number, within_s=20)  # noqa: B023
            took_s.append(time.monotonic() - begun_s)
    writer.close()
    assert statistics.median(took_s) < 1


def as_record(dataset: Dataset, *, sender_id: int) -> tuple[UUID, tuple[bytes]]:
    arrival_id, content = make_arrival(dataset, sender_id=sender_id)
    return arrival_id, (content,)


def test_without_a_database_records_get_their_files_and_wait(spool: Spool) -> None:
    arrival_id, content = make_arrival(make_ct_slice(), sender_id=1)
    write_segment(spool.layout, {arrival_id: content})

    with indexing(spool, None, maker(spool)):
        wait_until(lambda: spool.list_waiting() != [], within_s=20)

    assert read_incoming(spool.layout) == {arrival_id: content}


def test_a_database_that_does_not_answer_does_not_hold_up_the_stop(
    spool: Spool, database_url: str
) -> None:
    path = spool_one(spool, make_ct_slice(), sender_id=add_sender(database_url))
    with psycopg.connect(write_conninfo(database_url)) as migration:
        # As a migration that takes its time.
        migration.execute("LOCK TABLE study IN ACCESS EXCLUSIVE MODE")
        with indexing(spool, database_url, maker(spool)):
            waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            wait_until(lambda: ask(database_url, waiting) != [], within_s=20)
            started = time.monotonic()
        assert time.monotonic() - started < 10
    assert path.exists()
