"""Free segments: few are kept, and none when there is no room."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from app.kit.ids import draw_arrival_id
from app.store.layout import Layout
from dicom_gateway.segments.settler import Settler
from tests.factories.segments import (
    SEGMENT_BYTES,
    list_suffixes,
    open_writer,
    read_incoming,
    write_segment,
)

FIRST, SECOND, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)
RECORDS = {FIRST: b"first" * 100, SECOND: b"second" * 1000, THIRD: b"third"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def test_what_an_interrupted_claim_left_is_removed(layout: Layout) -> None:
    layout.segments.mkdir(parents=True)
    (layout.segments / "a.begun").write_bytes(b"x")

    Settler(layout)

    assert list_suffixes(layout) == []


def test_only_a_few_free_segments_are_kept(layout: Layout) -> None:
    it = Settler(layout)
    writers = [open_writer(layout) for _ in range(20)]
    for each in writers:
        each.append(draw_arrival_id(), (b"x",))
        each.close()

    assert it.settle() == 20
    assert list_suffixes(layout) == [".free"] * 16


def test_without_room_the_records_stay_and_free_segments_go(
    layout: Layout,
) -> None:
    now_s = 0.0
    it = Settler(layout, read_clock_s=lambda: now_s)
    write_segment(layout, {FIRST: b"x"})
    it.settle()
    # A folder in the place of the part: the system refuses, as a full disk does.
    write_segment(layout, RECORDS)
    layout.segments.joinpath("f.free").write_bytes(bytes(SEGMENT_BYTES))
    in_the_way = layout.incoming / f".{SECOND}.dcm.{os.getpid()}.part"
    in_the_way.mkdir()

    with capture_logs() as logs:
        assert it.settle() == 0
        assert not it.has_news()
        now_s += 2
        it.settle()
        now_s += 2
        it.settle()
    in_the_way.rmdir()
    now_s += 2
    it.settle()

    assert [each["event"] for each in logs] == ["settling_waits"]
    assert read_incoming(layout) == {**RECORDS, FIRST: RECORDS[FIRST]}
    assert list_suffixes(layout) == [".free"]
