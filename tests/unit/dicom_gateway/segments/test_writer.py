"""The writer of segments: what it appends can be read, and what it cannot take it says."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from app.kit.clock import read_monotonic_s
from app.kit.ids import draw_arrival_id
from app.store.files import NotWritten
from dicom_gateway.segments import pool
from dicom_gateway.segments.records import (
    FIRST_RECORD_AT,
    next_record_at,
    read_generation,
    read_payload,
    read_record_head,
)
from dicom_gateway.segments.writer import SegmentWriter
from tests.factories.segments import list_descriptors

_SEGMENT = 1 << 16
DRAWN = draw_arrival_id()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "segments"


@pytest.fixture
def writer(folder: Path) -> Iterator[SegmentWriter]:
    opened = SegmentWriter(folder, segment_bytes=_SEGMENT)
    yield opened
    opened.close()


def read_all(folder: Path) -> dict[UUID, bytes]:
    found = {}
    for path in pool.list_used(folder):
        descriptor = os.open(path, os.O_RDONLY)
        generation = read_generation(descriptor)
        assert generation is not None
        at = FIRST_RECORD_AT
        while (head := read_record_head(descriptor, at, generation=generation)) is not None:
            payload = read_payload(descriptor, at, head, generation=generation)
            assert payload is not None
            if head.is_end:
                break
            found[head.arrival_id] = payload
            at = next_record_at(at, length=head.length)
        os.close(descriptor)
    return found


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline_s = read_monotonic_s() + 5
    while not is_so():
        assert read_monotonic_s() < deadline_s
        time.sleep(0.002)


def append_each(writer: SegmentWriter, payloads: Sequence[bytes]) -> dict[UUID, bytes]:
    kept = {}
    for payload in payloads:
        arrival_id = draw_arrival_id()
        if writer.append(arrival_id, (payload[:3], memoryview(payload)[3:])):
            kept[arrival_id] = payload
    return kept


def test_what_is_appended_can_be_read(writer: SegmentWriter, folder: Path) -> None:
    kept = append_each(writer, [b"", b"a", b"b" * 4060, b"c" * 4061, bytes(9000)])

    writer.sync()

    assert read_all(folder) == kept
    assert len(kept) == 5


def test_the_next_segment_is_prepared_before_the_first_is_full(
    writer: SegmentWriter, folder: Path
) -> None:
    kept = append_each(writer, [b"x" * 20_000])
    assert len(pool.list_used(folder)) == 1
    kept |= append_each(writer, [b"y" * 20_000])

    wait_until(lambda: len(pool.list_used(folder)) == 2)
    wait_until(lambda: writer.append(DRAWN, (b"z" * 30_000,)))
    writer.sync()

    # The second is half full itself, so that a third may be on its way.
    assert len(pool.list_used(folder)) in {2, 3}
    assert read_all(folder) == kept | {DRAWN: b"z" * 30_000}


def test_records_on_both_sides_of_a_change_are_synced_together(
    writer: SegmentWriter, folder: Path
) -> None:
    (first,) = pool.list_used(folder)
    append_each(writer, [b"x" * 40_000])
    wait_until(lambda: writer.append(DRAWN, (b"y" * 30_000,)))

    assert pool.open_locked(first) is None
    writer.sync()

    descriptor = pool.open_locked(first)
    assert descriptor is not None
    os.close(descriptor)


def test_a_record_larger_than_a_segment_is_refused(writer: SegmentWriter) -> None:
    assert not writer.append(draw_arrival_id(), (bytes(_SEGMENT),))
    assert writer.append(draw_arrival_id(), (b"small",))


def test_without_room_for_a_segment_the_caller_is_told(folder: Path) -> None:
    writer = SegmentWriter(folder, segment_bytes=_SEGMENT, reserve_bytes=1 << 62)

    assert not writer.append(draw_arrival_id(), (b"x",))
    writer.sync()
    writer.close()

    assert list(folder.iterdir()) == []


def test_room_is_asked_for_again_after_a_while(folder: Path, tmp_path: Path) -> None:
    now_s = 100.0
    folder.mkdir()
    writer = SegmentWriter(
        folder, segment_bytes=_SEGMENT, reserve_bytes=1 << 62, read_clock_s=lambda: now_s
    )
    folder.rename(tmp_path / "away")

    assert not writer.append(DRAWN, (b"x",))
    now_s += 3
    with capture_logs() as logs:
        assert not writer.append(DRAWN, (b"x",))
        wait_until(lambda: bool(logs))
        # Just tried in vain: not again at each arrival.
        assert not any(writer.append(DRAWN, (b"x",)) for _ in range(100))
    writer.close()

    assert [each["event"] for each in logs] == ["no_segment"]


def test_many_small_chunks_are_one_record(writer: SegmentWriter, folder: Path) -> None:
    arrival_id = draw_arrival_id()

    assert writer.append(arrival_id, [b"ab"] * 3000)

    assert read_all(folder) == {arrival_id: b"ab" * 3000}


def test_a_segment_whose_sync_failed_is_abandoned(writer: SegmentWriter, folder: Path) -> None:
    append_each(writer, [b"before"])
    writer.sync()
    (abandoned,) = pool.list_used(folder)
    append_each(writer, [b"lost"])
    # The descriptor now leads to a pipe, which cannot be synced.
    read_end, write_end = os.pipe()
    os.dup2(write_end, list_descriptors(abandoned)[0])
    os.close(write_end)

    with pytest.raises(NotWritten, match="was not synced"):
        writer.sync()

    assert not writer.append(DRAWN, (b"x",))
    wait_until(lambda: writer.append(DRAWN, (b"x",)))
    writer.sync()
    assert len(pool.list_used(folder)) == 2
    os.close(read_end)


def test_a_segment_that_refuses_a_write_is_abandoned(writer: SegmentWriter, folder: Path) -> None:
    append_each(writer, [b"before"])
    writer.sync()
    (abandoned,) = pool.list_used(folder)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, list_descriptors(abandoned)[0])
    os.close(null)

    assert not writer.append(DRAWN, (b"x",))
    wait_until(lambda: writer.append(DRAWN, (b"x",)))
    assert len(pool.list_used(folder)) == 2


def test_two_writers_never_have_the_same_segment(folder: Path) -> None:
    first = SegmentWriter(folder, segment_bytes=_SEGMENT)
    second = SegmentWriter(folder, segment_bytes=_SEGMENT)
    kept = append_each(first, [b"1" * 20_000]) | append_each(second, [b"2" * 20_000])
    first.sync()
    second.sync()

    assert len(pool.list_used(folder)) == 2
    assert read_all(folder) == kept
    first.close()
    second.close()


def test_a_segment_given_back_is_claimed_again_and_shows_nothing_of_before(folder: Path) -> None:
    first = SegmentWriter(folder, segment_bytes=_SEGMENT)
    append_each(first, [b"old" * 5000])
    first.sync()
    first.close()
    (used,) = pool.list_used(folder)
    descriptor = pool.open_locked(used)
    assert descriptor is not None
    inode = os.fstat(descriptor).st_ino
    pool.give_back(folder, used)
    os.close(descriptor)

    second = SegmentWriter(folder, segment_bytes=_SEGMENT)

    (used,) = pool.list_used(folder)
    assert used.stat().st_ino == inode
    assert read_all(folder) == {}
    second.close()


def test_a_segment_of_another_size_is_not_used(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.free").write_bytes(bytes(100))

    writer = SegmentWriter(folder, segment_bytes=_SEGMENT)

    assert [path.stat().st_size for path in folder.iterdir()] == [_SEGMENT]
    writer.close()


def test_a_segment_is_locked_until_its_writer_closes(folder: Path) -> None:
    writer = SegmentWriter(folder, segment_bytes=_SEGMENT)
    (used,) = pool.list_used(folder)
    assert pool.open_locked(used) is None

    writer.close()

    descriptor = pool.open_locked(used)
    assert descriptor is not None
    os.close(descriptor)


def test_what_grows_counts_only_from_its_end_on(writer: SegmentWriter, folder: Path) -> None:
    growing = writer.begin(front_bytes=3, more_bytes=0)
    assert growing is not None
    growing.write(b"b" * 9000)
    growing.write(memoryview(b"c" * 300))
    assert read_all(folder) == {}
    assert growing.read_back() == b"b" * 9000 + b"c" * 300

    writer.finish(growing, DRAWN, front=b"aaa")
    writer.sync()

    assert read_all(folder) == {DRAWN: b"aaa" + b"b" * 9000 + b"c" * 300}


def test_while_one_grows_no_other_is_taken_and_once_it_is_dropped_its_place_is_free(
    writer: SegmentWriter, folder: Path
) -> None:
    growing = writer.begin(front_bytes=3, more_bytes=0)
    assert growing is not None
    growing.write(os.urandom(20_000))
    assert writer.begin(front_bytes=3, more_bytes=0) is None
    assert not writer.append(DRAWN, (b"a", b"b"))

    writer.drop(growing)
    kept = append_each(writer, [b"short", b"d" * 5000])
    writer.sync()

    assert read_all(folder) == kept


def test_what_grows_in_a_segment_that_is_given_up_says_so(
    writer: SegmentWriter, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writer.append(DRAWN, (b"x",))
    growing = writer.begin(front_bytes=1, more_bytes=0)
    assert growing is not None

    def fail(descriptor: int) -> None:
        raise OSError(5, "the disk is gone", str(descriptor))

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(NotWritten):
        writer.sync()
    monkeypatch.undo()

    # Its descriptor is closed, and may be any other file's by now.
    for use in (
        lambda: growing.write(b"y"),
        growing.read_back,
        lambda: growing.finish(DRAWN, b"z"),
    ):
        with pytest.raises(OSError, match="given up"):
            use()
    assert read_all(folder) == {DRAWN: b"x"}


def test_a_long_one_is_cut_at_the_end_of_the_segment_by_whoever_asks(
    writer: SegmentWriter,
) -> None:
    growing = writer.begin(front_bytes=10, more_bytes=_SEGMENT // 2)
    assert growing is not None
    growing.write(bytes(_SEGMENT // 2))

    assert growing.has_room(1000)
    assert not growing.has_room(_SEGMENT // 2)
