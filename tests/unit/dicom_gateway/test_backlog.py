import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.store.files import make_folder
from app.store.layout import Layout
from dicom_gateway.backlog import find_oldest, has_waited_since
from dicom_gateway.segments.settler import Settler
from dicom_gateway.segments.writer import SegmentWriter

ARRIVED = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def make_arrival_id(at: datetime) -> uuid.UUID:
    return uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    make_folder(layout.incoming)
    make_folder(layout.segments)
    return layout


@pytest.fixture
def writer(layout: Layout) -> Iterator[SegmentWriter]:
    writer = SegmentWriter(layout.segments, segment_bytes=1 << 20)
    yield writer
    writer.close()


def test_nothing_waits_in_an_empty_spool(layout: Layout) -> None:
    assert not has_waited_since(layout, ARRIVED)


def test_a_data_folder_that_no_gateway_has_used_has_no_backlog(tmp_path: Path) -> None:
    assert not has_waited_since(Layout(tmp_path / "none"), ARRIVED)


@pytest.mark.parametrize(
    ("asked_after", "waits"),
    [
        (timedelta(seconds=5), True),
        (timedelta(0), True),
        # Clocks differ by some seconds.
        (timedelta(seconds=-30), True),
        (timedelta(minutes=-2), False),
    ],
)
def test_an_arrival_of_before_waits_for_the_index(
    layout: Layout, asked_after: timedelta, *, waits: bool
) -> None:
    layout.incoming_path(make_arrival_id(ARRIVED)).write_bytes(b"x")

    assert has_waited_since(layout, ARRIVED + asked_after) is waits


def test_the_oldest_arrival_is_found_among_files_and_records(
    layout: Layout, writer: SegmentWriter
) -> None:
    assert find_oldest(layout) is None
    layout.incoming_path(make_arrival_id(ARRIVED)).write_bytes(b"x")
    assert find_oldest(layout) == ARRIVED

    before = ARRIVED - timedelta(minutes=3)
    assert writer.append(make_arrival_id(before), [b"x"])
    writer.sync()

    assert find_oldest(layout) == before


def test_files_that_are_not_ours_are_passed_over(layout: Layout) -> None:
    (layout.incoming / "notes.dcm").write_bytes(b"x")
    (layout.segments / "broken.seg").write_bytes(b"nothing")

    assert not has_waited_since(layout, ARRIVED)


def test_a_record_that_is_not_settled_waits_and_one_that_is_does_so_as_a_file(
    layout: Layout, writer: SegmentWriter
) -> None:
    arrival_id = make_arrival_id(ARRIVED)
    assert writer.append(arrival_id, [b"a", b"b"])
    writer.sync()
    waits_in_its_segment = has_waited_since(layout, ARRIVED)

    Settler(layout).settle()

    assert waits_in_its_segment
    assert has_waited_since(layout, ARRIVED)
    layout.incoming_path(arrival_id).unlink()
    assert not has_waited_since(layout, ARRIVED)
