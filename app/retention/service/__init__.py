"""Use cases of retention."""

from app.retention.service.disk import find_latest, list_readings, take_reading
from app.retention.service.purging import (
    Page,
    begin_sweep,
    find_due,
    list_left,
    note_removed,
    purge,
)
from app.retention.service.settings import read_ages, read_marks

__all__ = [
    "Page",
    "begin_sweep",
    "find_due",
    "find_latest",
    "list_left",
    "list_readings",
    "note_removed",
    "purge",
    "read_ages",
    "read_marks",
    "take_reading",
]
