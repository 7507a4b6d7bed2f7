"""The hot path: what is answered with success is on the disk, and nothing else is kept."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kit.ids import draw_arrival_id
from app.store.files import Bytes, NotWritten
from app.store.layout import Layout
from app.store.room import measure_free_bytes
from dicom_gateway.arrival import read_file_head
from dicom_gateway.part_file import PartFile
from dicom_gateway.receiving import Receiving
from dicom_gateway.segments.growing import Growing
from dicom_gateway.segments.settler import Settler
from dicom_gateway.segments.writer import SegmentWriter
from dicom_gateway.spool import Spool
from dicom_gateway.under_way import DataSetUnderWay
from tests.unit.dicom_gateway.test_arrival import DATA_SET, PROVENANCE, announce

HELD = 1 << 20
MANY = HELD + 300_000
"""So many bytes go to a file of their own."""
PIXELS = b"\xe0\x7f\x10\x00OW\0\0"


def make_data_set(size: int) -> bytes:
    """Make a data set of about this many bytes: real ones in front, pixels behind."""
    pixels = os.urandom(max(size - len(DATA_SET) - 12, 0) & ~1)
    return DATA_SET + b"\xe1\x7f\x10\x00OW\0\0" + len(pixels).to_bytes(4, "little") + pixels


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Give a spool on an empty data folder."""
    spool = Spool(Layout(tmp_path), reserve_bytes=0)
    spool.prepare()
    return spool


@pytest.fixture
def segments(spool: Spool) -> Iterator[SegmentWriter]:
    """Give segments large enough for small arrivals."""
    writer = SegmentWriter(spool.layout.segments, segment_bytes=4 << 20)
    yield writer
    writer.close()


class Failing:
    """Segments on a disk that refuses to sync."""

    def begin(self, *, front_bytes: int, more_bytes: int) -> Growing | None:
        return None

    def finish(self, growing: Growing, arrival_id: UUID, *, front: Bytes) -> None:
        raise AssertionError("nothing grew")

    def drop(self, growing: Growing) -> None:
        raise AssertionError("nothing grew")

    def append(self, arrival_id: UUID, chunks: Sequence[bytes | bytearray | memoryview]) -> bool:
        return bool(arrival_id) and bool(chunks)

    def sync(self) -> None:
        raise NotWritten("the disk is gone")


def begin(receiving: Receiving, **changes: str) -> DataSetUnderWay:
    provenance = replace(PROVENANCE, arrival_id=draw_arrival_id())
    return receiving.begin(announce(**changes), provenance=provenance)


def take(receiving: Receiving, data_set: bytes, *, cuts: Sequence[int] = ()) -> list[int]:
    """Let a data set come in pieces, and bring it to the disk; return its statuses."""
    statuses: list[int] = []
    under_way = begin(receiving)
    edges = [0, *sorted(cut for cut in cuts if cut < len(data_set)), len(data_set)]
    for start, end in pairwise(edges):
        under_way.write(memoryview(data_set)[start:end])
    under_way.finish(statuses.append)
    receiving.commit()
    return statuses


def read_kept(spool: Spool) -> list[bytes]:
    settler = Settler(spool.layout)
    settler.settle()
    settler.close()
    assert list(spool.layout.incoming.glob(".*")) == []
    return [path.read_bytes()[read_file_head(path).data_set_at :] for path in spool.list_waiting()]


@pytest.mark.parametrize("size", [0, 40_000, 600_000, HELD, HELD + 2, MANY])
def test_a_data_set_of_any_size_is_kept_as_it_came(
    size: int, spool: Spool, segments: SegmentWriter
) -> None:
    data_set = make_data_set(size)

    assert take(Receiving(spool, segments=segments), data_set, cuts=range(0, size, 130_001)) == [0]

    assert read_kept(spool) == [data_set]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(0, 2 * HELD), cuts=st.lists(st.integers(0, 2 * HELD), max_size=12))
def test_it_is_the_same_however_it_was_cut(size: int, cuts: list[int], spool: Spool) -> None:
    data_set = make_data_set(size)

    assert take(Receiving(spool), data_set, cuts=cuts) == [0]

    assert data_set in read_kept(spool)


def test_a_small_one_stands_in_a_segment_and_a_large_one_in_a_file(
    spool: Spool, segments: SegmentWriter
) -> None:
    receiving = Receiving(spool, segments=segments)

    take(receiving, make_data_set(HELD - 2000))
    assert spool.list_waiting() == []

    take(receiving, make_data_set(HELD + 2000))
    assert len(spool.list_waiting()) == 1


def test_nothing_is_answered_before_the_disk_has_it_and_then_all_at_once(
    spool: Spool, segments: SegmentWriter
) -> None:
    turns: list[Callable[[], None]] = []
    receiving = Receiving(spool, segments=segments, call_soon=turns.append)
    statuses: list[int] = []
    for size in (1000, MANY, 2000):
        under_way = begin(receiving)
        under_way.write(memoryview(make_data_set(size)))
        under_way.finish(statuses.append)

    assert statuses == []
    (commit,) = turns
    commit()

    assert statuses == [0, 0, 0]
    receiving.commit()
    assert statuses == [0, 0, 0]


def test_a_sync_that_fails_is_no_success(spool: Spool) -> None:
    assert take(Receiving(spool, segments=Failing()), make_data_set(1000)) == [0x0110]


def test_a_file_whose_sync_fails_is_no_success_and_is_not_kept(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk is gone", str(descriptor))

    monkeypatch.setattr(os, "fsync", fail)

    assert take(Receiving(spool), make_data_set(MANY)) == [0x0110]

    assert list(spool.layout.incoming.iterdir()) == []


def test_a_file_that_the_system_closes_with_a_complaint_keeps_nobody_waiting(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = os.close

    def complain(descriptor: int) -> None:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        close(descriptor)
        if is_file:
            raise OSError(errno.EIO, "the server is gone", str(descriptor))

    monkeypatch.setattr(os, "close", complain)
    receiving = Receiving(spool)
    statuses: list[int] = []
    for _ in range(2):
        under_way = begin(receiving)
        under_way.write(memoryview(make_data_set(MANY)))
        under_way.finish(statuses.append)

    receiving.commit()

    # What was synced is safe, whatever closing says.
    assert statuses == [0, 0]


@pytest.mark.parametrize("size", [1000, MANY])
def test_a_full_disk_is_told_as_one(
    size: int, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "write", fail)

    assert take(Receiving(spool), make_data_set(size)) == [0xA700]

    assert list(spool.layout.incoming.iterdir()) == []


def test_the_floor_of_the_reserve_refuses_in_the_middle_of_a_study(tmp_path: Path) -> None:
    spool = Spool(Layout(tmp_path), reserve_bytes=16 * measure_free_bytes(tmp_path))
    spool.prepare()

    for size in (1000, MANY):
        assert take(Receiving(spool), make_data_set(size)) == [0xA700]

    assert list(spool.layout.incoming.iterdir()) == []


@pytest.mark.parametrize("size", [1000, 300_000, MANY])
def test_another_instance_than_announced_is_refused_and_not_kept(
    size: int, spool: Spool, segments: SegmentWriter
) -> None:
    receiving = Receiving(spool, segments=segments)
    statuses: list[int] = []
    under_way = begin(receiving, sop_instance_uid="1.2.3.5")
    under_way.write(memoryview(make_data_set(size)))
    under_way.finish(statuses.append)
    receiving.commit()

    assert statuses == [0xA900]
    assert read_kept(spool) == []


def make_late(before: int) -> bytes:
    """Make a data set whose UIDs of study and series stand behind so many bytes."""
    at = DATA_SET.index(b"\x10\0\x10\0PN")
    private = b"\x09\0\x01\0OB\0\0" + before.to_bytes(4, "little") + bytes(before)
    return DATA_SET[:at] + private + DATA_SET[at:]


@pytest.mark.parametrize(
    ("before", "status"), [(300_000, 0xA900), (HELD - 100_000, 0xA900), (2 << 20, 0)]
)
def test_uids_within_the_first_megabyte_are_checked_and_later_ones_left_to_the_index(
    before: int, status: int, spool: Spool
) -> None:
    data_set = make_late(before).replace(b"\x20\0\x0d\0UI", b"\x20\0\x0c\0UI")

    assert take(Receiving(spool), data_set, cuts=range(0, len(data_set), 100_000)) == [status]

    assert len(read_kept(spool)) == (status == 0)


@pytest.mark.parametrize("before", [300_000, 2 << 20])
def test_uids_that_come_late_are_found(before: int, spool: Spool) -> None:
    data_set = make_late(before)

    assert take(Receiving(spool), data_set, cuts=range(0, len(data_set), 100_000)) == [0]

    assert read_kept(spool) == [data_set]


@pytest.mark.parametrize("size", [1000, MANY])
def test_a_data_set_that_ends_with_its_association_leaves_nothing(size: int, spool: Spool) -> None:
    under_way = begin(Receiving(spool))
    under_way.write(memoryview(make_data_set(size)))

    under_way.give_up()

    assert list(spool.layout.incoming.iterdir()) == []


def test_what_many_associations_hold_is_bounded_and_the_rest_goes_to_files(spool: Spool) -> None:
    receiving = Receiving(spool)
    under_way = [begin(receiving) for _ in range(100)]
    data_set = make_data_set(HELD - 100_000)

    for each in under_way:
        each.write(memoryview(data_set))

    assert 60 << 20 < receiving.held_bytes <= 64 << 20
    statuses: list[int] = []
    for each in under_way:
        each.finish(statuses.append)
    receiving.commit()
    assert statuses == [0] * 100
    assert receiving.held_bytes == 0
    assert len(read_kept(spool)) == 100


def test_what_is_given_up_is_not_held_any_more(spool: Spool) -> None:
    receiving = Receiving(spool)
    for size in (1000, MANY):
        under_way = begin(receiving)
        under_way.write(memoryview(make_data_set(size)))
        under_way.give_up()

    assert receiving.held_bytes == 0


def test_where_no_segment_can_be_had_a_file_is_written(spool: Spool) -> None:
    class Full(Failing):
        def append(self, arrival_id: UUID, chunks: object) -> bool:
            return not (arrival_id.int and chunks)

    data_set = make_data_set(1000)

    assert take(Receiving(spool, segments=Full()), data_set) == [0]

    assert read_kept(spool) == [data_set]


def test_a_file_has_no_name_until_it_is_whole(tmp_path: Path) -> None:
    file = PartFile(tmp_path / "1.dcm")
    file.write(bytes(200))
    assert [path.name[0] for path in tmp_path.iterdir()] == ["."]

    file.name(data_set_bytes=72)
    file.sync()
    file.close()

    assert (tmp_path / "1.dcm").read_bytes()[:16] == b"ASTREINT" + (72).to_bytes(8, "little")
    assert len(list(tmp_path.iterdir())) == 1
