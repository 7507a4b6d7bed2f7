"""The segments of a folder: claimed, given back, and told apart by their names and locks.

`<id>.seg` is in use, `<id>.free` may be claimed, `<id>.begun` is on the way between the two, and
`<id>.damaged` waits for an operator. Who holds the lock of a file may rename it. A writer holds the
lock of its segment until it has moved on; the kernel gives the lock back however a process ends.
So a segment in use without a lock will never grow again.
"""

import contextlib
import errno
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from app.kit.ids import draw_arrival_id
from app.store.files import sync_folder
from dicom_gateway.segments.records import FIRST_RECORD_AT, draw_generation, encode_name

USED_SUFFIX, DAMAGED_SUFFIX = ".seg", ".damaged"
_FREE_SUFFIX = ".free"
_BEGUN_SUFFIX = ".begun"
_MODE = 0o640
_ZEROS = memoryview(bytes(1 << 20))
_MOST_FREE = 16
"""A study of 400 large slices fills 13: made while it comes, they would keep it waiting."""


@dataclass(slots=True)
class Claim:
    """A segment that is ours, locked through its descriptor; empty at first.

    Parameters
    ----------
    end
        Where its next record begins.
    synced_to
        Up to here it is on the disk.
    """

    path: Path
    descriptor: int
    generation: bytes
    size_bytes: int
    end: int = FIRST_RECORD_AT
    synced_to: int = FIRST_RECORD_AT


def claim(folder: Path, *, segment_bytes: int) -> Claim:
    """Take a free segment, or make one; its name is on the disk when this returns.

    Raises
    ------
    OSError
        If there is no room for another one, or the disk refuses.
    """
    begun = folder / f"{draw_arrival_id()}{_BEGUN_SUFFIX}"
    descriptor = _take_free(folder, begun=begun, segment_bytes=segment_bytes)
    if descriptor is None:
        descriptor = _make(begun, segment_bytes=segment_bytes)
    try:
        generation = draw_generation()
        os.pwrite(descriptor, encode_name(generation), 0)
        os.fdatasync(descriptor)
        path = begun.with_suffix(USED_SUFFIX)
        begun.rename(path)
        # A record is worth nothing if a power cut gives the file its old name back.
        sync_folder(folder)
    except OSError:
        os.close(descriptor)
        raise
    return Claim(path, descriptor, generation, segment_bytes)


def _take_free(folder: Path, *, begun: Path, segment_bytes: int) -> int | None:
    for path in sorted(folder.glob(f"*{_FREE_SUFFIX}")):
        descriptor = open_locked(path)
        if descriptor is None:
            continue
        try:
            if os.fstat(descriptor).st_size == segment_bytes:
                path.rename(begun)
                return descriptor
            # Made with another setting.
            path.unlink()
        except FileNotFoundError:
            # Another writer had the lock before us, and has taken it.
            os.close(descriptor)
            continue
        os.close(descriptor)
    return None


def _make(begun: Path, *, segment_bytes: int) -> int:
    descriptor = os.open(begun, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        rest = segment_bytes
        while rest:
            # Written, not only allocated: otherwise each sync would have the journal convert
            # extents, which is what a segment is to save.
            rest -= os.write(descriptor, _ZEROS[: min(rest, len(_ZEROS))])
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            begun.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return descriptor


def open_locked(path: Path) -> int | None:
    """Open a file and take its lock; nothing if it is gone or somebody else has it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno not in {errno.EAGAIN, errno.EACCES}:
            raise
        return None
    return descriptor


def list_damaged(folder: Path) -> list[Path]:
    """List the segments in which an acknowledged record is damaged."""
    return sorted(folder.glob(f"*{DAMAGED_SUFFIX}"))


def list_used(folder: Path) -> list[Path]:
    """List the segments that hold or may get records, the oldest claim first."""
    return sorted(folder.glob(f"*{USED_SUFFIX}"))


def drop_free(folder: Path) -> int:
    """Remove the segments that may be claimed, to make room; return how many."""
    return _remove_each(folder, suffix=_FREE_SUFFIX)


def set_aside(path: Path) -> Path:
    """Keep a damaged segment under a name that nobody settles; the caller has its lock."""
    return path.rename(path.with_suffix(DAMAGED_SUFFIX))


def give_back(folder: Path, path: Path) -> None:
    """Let a segment whose records are all settled be claimed again; the caller has its lock."""
    if sum(1 for _ in folder.glob(f"*{_FREE_SUFFIX}")) >= _MOST_FREE:
        path.unlink(missing_ok=True)
        return
    # A name that no other segment ever had: a claim that looks for the old one finds nothing.
    path.rename(folder / f"{draw_arrival_id()}{_FREE_SUFFIX}")


def sweep_begun(folder: Path) -> int:
    """Remove what claims left behind that a crash interrupted; return how many."""
    return _remove_each(folder, suffix=_BEGUN_SUFFIX)


def _remove_each(folder: Path, *, suffix: str) -> int:
    removed = 0
    for path in folder.glob(f"*{suffix}"):
        descriptor = open_locked(path)
        if descriptor is not None:
            path.unlink(missing_ok=True)
            os.close(descriptor)
            removed += 1
    return removed
