"""What the index does not know yet: arrivals in `incoming`, and records in the segments.

Only looked at, whoever settles or indexes them meanwhile; it needs neither a lock nor the index.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from app.store.layout import Layout
from dicom_gateway.segments.pool import list_used
from dicom_gateway.segments.records import read_cursor, read_generation, read_record_head

_CLOCKS_DIFFER = timedelta(minutes=1)
"""Arrivals are named by the clock of the gateway's host, which may be ahead."""
_MILLISECONDS_OF_VERSION_7 = 80


def has_waited_since(layout: Layout, instant: datetime) -> bool:
    """Tell whether an arrival from before an instant still waits for the index.

    Parameters
    ----------
    instant
        Aware; a clock that differs by less than a minute is allowed for.
    """
    latest_ms = (instant + _CLOCKS_DIFFER).timestamp() * 1000
    return any(
        each.int >> _MILLISECONDS_OF_VERSION_7 <= latest_ms for each in _list_waiting(layout)
    )


def find_oldest(layout: Layout) -> datetime | None:
    """Find when the oldest arrival came that waits for the index, by the gateway's clock."""
    oldest = min(_list_waiting(layout), default=None)
    if oldest is None:
        return None
    return datetime.fromtimestamp((oldest.int >> _MILLISECONDS_OF_VERSION_7) / 1000, UTC)


def _list_waiting(layout: Layout) -> Iterator[UUID]:
    """List arrivals that wait: the files of `incoming`, and the oldest record of each segment."""
    # The segments first: what is settled in between is then found in `incoming`.
    for path in list_used(layout.segments):
        waiting = _read_oldest(path)
        if waiting is not None:
            yield waiting
    for path in layout.incoming.glob("*.dcm"):
        with suppress(ValueError):  # no file of ours
            yield UUID(path.stem)


def _read_oldest(path: Path) -> UUID | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        generation = read_generation(descriptor)
        if generation is None:
            return None
        at = read_cursor(descriptor, generation=generation)
        head = read_record_head(descriptor, at, generation=generation)
    finally:
        os.close(descriptor)
    return None if head is None or head.is_end else head.arrival_id
