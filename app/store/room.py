"""How much room is left: the gate before each write."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from app.store.files import NoRoom


@dataclass(frozen=True, slots=True)
class Room:
    """How large a disk is, and what an ordinary user may still write on it, in bytes."""

    total_bytes: int
    free_bytes: int


MeasureRoom: TypeAlias = Callable[[Path], Room]
"""Measures the disk of an existing folder."""


def measure_room(folder: Path) -> Room:
    """Measure the folder's disk; blocks of the system's own do not count."""
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    return Room(total_bytes=used + free, free_bytes=free)


def measure_free_bytes(folder: Path) -> int:
    """Measure what an ordinary user may still write on the folder's disk, in bytes."""
    return measure_room(folder).free_bytes


def require_room(folder: Path, *, size_bytes: int, reserve_bytes: int) -> None:
    """Refuse a write that would touch the reserve.

    Parameters
    ----------
    folder
        An existing folder on the disk in question.
    size_bytes
        What is to be written, >= 0.
    reserve_bytes
        What must stay free afterwards for the database and the system, >= 0.

    Raises
    ------
    NoRoom
        Saying how much is free and how much is asked for.
    """
    free = measure_free_bytes(folder)
    if free - size_bytes < reserve_bytes:
        msg = (
            f"{free} bytes are free in {folder}: {size_bytes} more would touch the reserve of "
            f"{reserve_bytes}; free or add disk space (ASTREINTE_DISK_RESERVE_BYTES)"
        )
        raise NoRoom(msg)
