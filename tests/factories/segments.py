"""Segments with records in them, as a reception process leaves them."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from app.store.layout import Layout
from dicom_gateway.segments.pool import list_used
from dicom_gateway.segments.writer import SegmentWriter

SEGMENT_BYTES = 1 << 16


def open_writer(layout: Layout, *, segment_bytes: int = SEGMENT_BYTES) -> SegmentWriter:
    """Open a writer of small segments."""
    layout.incoming.mkdir(parents=True, exist_ok=True)
    return SegmentWriter(layout.segments, segment_bytes=segment_bytes)


def write_segment(layout: Layout, records: Mapping[UUID, bytes]) -> Path:
    """Write one segment that its writer has left in order."""
    before = list_used(layout.segments)
    writer = open_writer(layout)
    (path,) = (each for each in list_used(layout.segments) if each not in before)
    for arrival_id, content in records.items():
        assert writer.append(arrival_id, (content,))
        writer.sync()
    writer.close()
    return path


def write_killed_segment(layout: Layout, records: Mapping[UUID, bytes]) -> Path:
    """Write one segment whose writer was killed: no mark stands behind its last record."""
    path = write_segment(layout, records)
    descriptor = os.open(path, os.O_RDWR)
    end = os.pread(descriptor, 1 << 20, 0).rfind(b"ASTR")
    os.pwrite(descriptor, bytes(64), end)
    os.close(descriptor)
    return path


def read_incoming(layout: Layout) -> dict[UUID, bytes]:
    """Read the files that records became."""
    return {UUID(path.stem): path.read_bytes() for path in layout.incoming.glob("*.dcm")}


def list_descriptors(path: Path) -> list[int]:
    """List the descriptors under which this process has a file open, lowest first."""
    return sorted(
        int(each.name) for each in Path("/proc/self/fd").iterdir() if _is_link_to(each, path)
    )


def _is_link_to(link: Path, path: Path) -> bool:
    # The descriptor that lists them is among them, and gone by now.
    with suppress(FileNotFoundError):
        return link.readlink() == path
    return False


def list_suffixes(layout: Layout) -> list[str]:
    """List what the segments of a folder are, by the end of their names."""
    return sorted(path.suffix for path in layout.segments.iterdir())
