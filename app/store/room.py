"""How much room is left: the gate before each write."""

import os
from pathlib import Path

from app.store.files import NoRoom


def measure_free_bytes(folder: Path) -> int:
    """Measure what an ordinary user may still write on the folder's disk, in bytes."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


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
