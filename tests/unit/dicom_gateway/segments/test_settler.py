"""The settler: each record gets its file, whatever is cut off, damaged or missing."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.kit.ids import draw_arrival_id
from app.store.layout import Layout
from dicom_gateway.segments import pool
from dicom_gateway.segments.records import BLOCK_BYTES, HEAD_BYTES
from dicom_gateway.segments.settler import Settler
from dicom_gateway.segments.writer import SegmentWriter
from tests.factories.segments import (
    list_descriptors,
    list_suffixes,
    open_writer,
    read_incoming,
    write_killed_segment,
    write_segment,
)

FIRST, SECOND, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)
RECORDS = {FIRST: b"first" * 100, SECOND: b"second" * 1000, THIRD: b"third"}
STARTS = {FIRST: 4096, SECOND: 8192, THIRD: 16384}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


@pytest.fixture
def writer(layout: Layout) -> Iterator[SegmentWriter]:
    opened = open_writer(layout)
    yield opened
    opened.close()


def test_records_of_a_writer_at_work_are_settled_once(
    layout: Layout, writer: SegmentWriter
) -> None:
    it = Settler(layout)
    assert not it.has_news()
    writer.append(FIRST, (b"one",))

    assert it.has_news()
    assert it.settle() == 1
    assert not it.has_news()
    writer.append(SECOND, (b"two",))
    assert it.settle() == 1

    assert read_incoming(layout) == {FIRST: b"one", SECOND: b"two"}
    assert list_suffixes(layout) == [".seg"]
    it.close()


def test_another_process_goes_on_where_the_first_one_ended(
    layout: Layout, writer: SegmentWriter
) -> None:
    writer.append(FIRST, (b"one",))
    first = Settler(layout)
    first.settle()
    first.close()
    layout.incoming_path(FIRST).unlink()
    writer.append(SECOND, (b"two",))

    second = Settler(layout)
    second.settle()

    assert read_incoming(layout) == {SECOND: b"two"}
    second.close()


def test_a_segment_that_its_writer_left_is_used_again(layout: Layout) -> None:
    write_segment(layout, RECORDS)
    it = Settler(layout)

    assert it.settle() == 3

    assert read_incoming(layout) == RECORDS
    assert list_suffixes(layout) == [".free"]
    assert not it.has_news()


def test_a_used_segment_shows_nothing_of_before(layout: Layout) -> None:
    write_segment(layout, RECORDS)
    it = Settler(layout)
    it.settle()
    for path in layout.incoming.iterdir():
        path.unlink()

    write_segment(layout, {draw_arrival_id(): b"new"})

    assert it.settle() == 1
    assert list(read_incoming(layout).values()) == [b"new"]
    it.close()


def test_a_segment_of_a_writer_that_was_killed_is_settled(layout: Layout) -> None:
    write_killed_segment(layout, RECORDS)

    assert Settler(layout).settle() == 3

    assert read_incoming(layout) == RECORDS
    assert list_suffixes(layout) == [".free"]


class StoppedError(Exception):
    """As if the process had ended here."""


@pytest.mark.parametrize("is_killed", (False, True))
def test_a_stop_between_any_two_steps_loses_and_doubles_nothing(
    tmp_path: Path, *, is_killed: bool
) -> None:
    write = write_killed_segment if is_killed else write_segment
    for steps in count():
        layout = Layout(tmp_path / str(steps))
        write(layout, RECORDS)
        left = iter(range(steps))

        def stop(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise StoppedError

        stopped = Settler(layout, note_step=stop)
        try:
            stopped.settle()
        except StoppedError:
            is_through = False
        else:
            is_through = True
        stopped.close()
        it = Settler(layout)
        it.settle()

        assert read_incoming(layout) == RECORDS
        assert list_suffixes(layout) == [".free"]
        assert not it.has_news()
        it.close()
        if is_through:
            assert steps > len(RECORDS)
            return


def damage(path: Path, at: int, *, flip: int) -> None:
    descriptor = os.open(path, os.O_RDWR)
    (byte,) = os.pread(descriptor, 1, at)
    os.pwrite(descriptor, bytes((byte ^ flip,)), at)
    os.close(descriptor)


@given(
    which=st.sampled_from([FIRST, SECOND, THIRD]),
    offset=st.integers(0, HEAD_BYTES + 6000 - 1),
    flip=st.integers(1, 255),
    is_killed=st.booleans(),
)
def test_a_flipped_byte_costs_its_own_record_only(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    which: UUID,
    offset: int,
    flip: int,
    is_killed: bool,
) -> None:
    layout = Layout(tmp_path_factory.mktemp("flipped"))
    path = (write_killed_segment if is_killed else write_segment)(layout, RECORDS)
    size = HEAD_BYTES + len(RECORDS[which])
    damage(path, STARTS[which] + offset % size, flip=flip)

    with capture_logs():
        Settler(layout).settle()

    assert read_incoming(layout) == {key: RECORDS[key] for key in RECORDS if key != which}
    # Behind the last record of a killed writer nothing tells whether it was ever whole.
    is_told = not (is_killed and which == THIRD)
    assert list_suffixes(layout) == [".damaged" if is_told else ".free"]


@given(kept=st.integers(0, HEAD_BYTES + 6000 - 1))
def test_a_torn_record_ends_a_segment_quietly(
    tmp_path_factory: pytest.TempPathFactory, kept: int
) -> None:
    layout = Layout(tmp_path_factory.mktemp("torn"))
    path = write_killed_segment(layout, {FIRST: b"f" * 100, SECOND: b"s" * 6000})
    descriptor = os.open(path, os.O_RDWR)
    os.pwrite(descriptor, bytes(HEAD_BYTES + 6000 - kept), 8192 + kept)
    os.close(descriptor)

    with capture_logs() as logs:
        Settler(layout).settle()

    assert read_incoming(layout) == {FIRST: b"f" * 100}
    assert list_suffixes(layout) == [".free"]
    assert {each["event"] for each in logs} <= {"record_torn"}


@given(
    synced=st.lists(st.integers(0, 9000), max_size=3),
    waiting=st.lists(st.integers(0, 9000), min_size=1, max_size=4),
    arrived=st.lists(st.booleans(), min_size=16, max_size=16),
)
def test_a_power_cut_within_a_group_costs_nothing_that_was_synced_and_alarms_nobody(
    tmp_path_factory: pytest.TempPathFactory,
    synced: list[int],
    waiting: list[int],
    arrived: list[bool],
) -> None:
    layout = Layout(tmp_path_factory.mktemp("cut"))
    writer = open_writer(layout)
    (path,) = pool.list_used(layout.segments)
    safe = {draw_arrival_id(): b"s" * size for size in synced}
    for arrival_id, content in safe.items():
        assert writer.append(arrival_id, (content,))
        writer.sync()
    before = path.read_bytes()
    unsafe = {draw_arrival_id(): b"u" * size for size in waiting}
    for arrival_id, content in unsafe.items():
        assert writer.append(arrival_id, (content,))
    after = path.read_bytes()
    writer.close()

    # Of what was not synced, any blocks may be on the disk, in any order.
    came = iter(arrived * 4)
    blocks = [
        after[at : at + BLOCK_BYTES] if next(came, True) else before[at : at + BLOCK_BYTES]
        for at in range(0, len(after), BLOCK_BYTES)
    ]
    path.write_bytes(b"".join(blocks))
    with capture_logs() as logs:
        Settler(layout).settle()

    settled = read_incoming(layout)
    assert settled.items() >= safe.items()
    assert settled.items() <= (safe | unsafe).items()
    assert set(list_suffixes(layout)) == {".free"}
    assert {each["event"] for each in logs} <= {"record_torn"}


def test_a_segment_whose_name_is_damaged_is_read_by_its_first_record(layout: Layout) -> None:
    path = write_segment(layout, RECORDS)
    damage(path, 3, flip=1)

    with capture_logs() as logs:
        assert Settler(layout).settle() == 3

    assert read_incoming(layout) == RECORDS
    assert [each["event"] for each in logs] == ["segment_damaged"]
    assert list_suffixes(layout) == [".damaged"]


def test_a_damaged_cursor_has_records_settled_again(layout: Layout, writer: SegmentWriter) -> None:
    writer.append(FIRST, (b"one",))
    it = Settler(layout)
    it.settle()
    it.close()
    (path,) = pool.list_used(layout.segments)
    damage(path, 512, flip=8)

    assert Settler(layout).settle() == 1


def test_a_record_being_written_is_not_passed_over(layout: Layout, writer: SegmentWriter) -> None:
    writer.append(FIRST, (b"one" * 100,))
    writer.append(SECOND, (b"two",))
    (path,) = pool.list_used(layout.segments)
    damage(path, 4096 + 100, flip=1)
    it = Settler(layout)

    assert it.settle() == 0
    damage(path, 4096 + 100, flip=1)

    assert it.settle() == 2
    it.close()


def test_a_segment_that_the_disk_does_not_give_back_keeps_no_other_waiting(
    layout: Layout, writer: SegmentWriter
) -> None:
    it = Settler(layout)
    it.settle()
    (path,) = pool.list_used(layout.segments)
    *_, of_the_settler = list_descriptors(path)
    write_only = os.open(os.devnull, os.O_WRONLY)
    os.dup2(write_only, of_the_settler)
    os.close(write_only)
    write_segment(layout, {FIRST: b"one"})

    with capture_logs() as logs:
        assert it.settle() == 1
        it.settle()

    assert read_incoming(layout) == {FIRST: b"one"}
    assert [each["event"] for each in logs] == ["segment_unreadable"]
    assert not it.has_news()
    it.close()
    assert writer.append(SECOND, (b"two",))
