import resource
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from structlog.testing import capture_logs

from app.intake.domain.announcements import AnnouncementHeard, Source
from app.intake.domain.arrival import GATEWAY_ENDED, AssociationSeen
from app.store.files import NotWritten
from dicom_gateway.journal import JournalReader, JournalWriter

OPENED_AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
START = AssociationSeen(
    association_id=uuid.UUID(int=1),
    sender_id=3,
    calling_ae_title="CT1",
    called_ae_title="ASTREINTE",
    address="10.0.0.1",
    opened_at=OPENED_AT,
)
END = replace(
    START, closed_at=OPENED_AT + timedelta(seconds=2), outcome="released", instance_count=5
)
OTHER = replace(START, association_id=uuid.UUID(int=2))


def test_each_line_is_read_once_while_its_writer_is_at_work(tmp_path: Path) -> None:
    writer, reader = JournalWriter(tmp_path), JournalReader(tmp_path)
    writer.write(START)
    (page,) = reader.read_news()
    assert page.seen == (START,)

    reader.acknowledge(page)
    assert list(reader.read_news()) == []
    writer.write(END)

    (page,) = reader.read_news()
    assert page.seen == (END,)
    writer.close()


def test_a_page_that_was_not_acknowledged_comes_again(tmp_path: Path) -> None:
    writer, reader = JournalWriter(tmp_path), JournalReader(tmp_path)
    writer.write(START)

    assert [page.seen for page in reader.read_news()] == [(START,)]
    assert [page.seen for page in JournalReader(tmp_path).read_news()] == [(START,)]
    writer.close()


def test_a_writer_that_died_leaves_associations_that_are_lost(tmp_path: Path) -> None:
    writer, reader = JournalWriter(tmp_path), JournalReader(tmp_path)
    for seen in (START, OTHER, END):
        writer.write(seen)
    (page,) = reader.read_news()
    reader.acknowledge(page)
    writer.close()  # the kernel does it for a process that was killed

    (page,) = reader.read_news()

    assert page.is_final
    lost = replace(OTHER, closed_at=END.closed_at, outcome="lost", reason=GATEWAY_ENDED)
    assert page.seen == (START, OTHER, END, lost)
    reader.acknowledge(page)
    assert list(tmp_path.iterdir()) == []


def test_a_torn_or_foreign_line_stops_nothing(tmp_path: Path) -> None:
    writer, reader = JournalWriter(tmp_path), JournalReader(tmp_path)
    writer.write(START)
    with writer.path.open("ab") as file:
        file.write(b'{"association": 1}\nnonsense\n{"association":"half')

    (page,) = reader.read_news()

    assert page.seen == (START,)
    assert page.end < writer.path.stat().st_size
    writer.close()


def test_a_journal_that_is_just_begun_is_never_taken_for_a_dead_one(tmp_path: Path) -> None:
    done = Event()

    def read_on() -> None:
        reader = JournalReader(tmp_path)
        while not done.is_set():
            for page in reader.read_news():
                reader.acknowledge(page)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    other = Thread(target=read_on)
    other.start()
    try:
        writers = [JournalWriter(tmp_path) for _ in range(200)]
    finally:
        done.set()
        other.join()
        sys.setswitchinterval(interval)

    assert [writer.path for writer in writers if not writer.path.exists()] == []
    for writer in writers:
        writer.close()


def test_a_line_after_the_end_goes_nowhere(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.close()
    # The system gives the number of the closed descriptor to the next file: an image, say.
    with (tmp_path / "image").open("wb"):
        writer.write(START)

    assert (tmp_path / "image").read_bytes() == b""
    assert writer.path.read_bytes() == b""


def test_a_line_that_a_full_disk_cut_off_spoils_no_other(tmp_path: Path) -> None:
    writer, reader = JournalWriter(tmp_path), JournalReader(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
    try:
        # The log is a file too, under pytest.
        with capture_logs() as logged:
            writer.write(OTHER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    writer.write(START)
    writer.write(END)

    assert [each["event"] for each in logged] == ["journal_not_written"]
    assert [page.seen for page in reader.read_news()] == [(START, END)]
    writer.close()


def test_announcements_are_read_beside_associations(tmp_path: Path) -> None:
    writer, reader = JournalWriter(tmp_path), JournalReader(tmp_path)
    heard = AnnouncementHeard(
        announcement_id=uuid.UUID(int=9),
        sender_id=3,
        source=Source.COMMITMENT,
        study_instance_uid="",
        step_uid="1.2.3",
        said_at=OPENED_AT,
        instance_count=1,
        sop_instance_uids=("1.1",),
    )
    writer.write(START)
    writer.write_announcement(heard)
    (page,) = reader.read_news()
    assert (page.seen, page.heard) == ((START,), (heard,))
    reader.acknowledge(page)

    writer.write_announcement(heard)

    (page,) = reader.read_news()
    assert (page.seen, page.heard) == ((), (heard,))
    writer.close()


def test_a_line_of_before_there_were_marks_is_read(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.write(replace(START, mark="pass"))
    line = writer.path.read_text()
    writer.path.write_text(line.replace(',"mark":"pass"', ""))

    (page,) = JournalReader(tmp_path).read_news()

    assert "mark" not in writer.path.read_text()
    assert page.seen == (START,)
    writer.close()


def test_the_sender_hears_when_its_announcement_cannot_be_written(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.close()
    heard = AnnouncementHeard(
        announcement_id=uuid.UUID(int=9),
        sender_id=3,
        source=Source.MPPS,
        study_instance_uid="1.2",
        step_uid="1.2.3",
        said_at=OPENED_AT,
    )

    with pytest.raises(NotWritten):
        writer.write_announcement(heard)
