"""The file of an arrival while it is written: it has its name only when it is whole.

A name may reach the disk before the data: the file's own preamble says how long its data set is,
so that what a power cut left behind is known for what it is (ADR-0020). Until its sync has come
back the file is locked: what the index took before that would be in the rows and not on the disk.
"""

import contextlib
import ctypes
import fcntl
import os
from pathlib import Path

from app.store.files import PART_SUFFIX, Bytes
from dicom_gateway.arrival import write_length

_MODE = 0o640
_WRITE_BACK_NOW = 2
"""`SYNC_FILE_RANGE_WRITE` of sync_file_range(2)."""
_AT_ONCE_BYTES = 128 << 10


class PartFile:
    """A file that grows under a name that nobody looks for.

    Parameters
    ----------
    path
        The name that it gets when it is whole; its folder must exist.

    Raises
    ------
    OSError
        As every method does when the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}{PART_SUFFIX}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self._descriptor = os.open(self._part, flags, _MODE)
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._size = 0
        self._written_back = 0

    def write(self, content: Bytes) -> None:
        """Append; the disk begins to write while the rest is still on its way."""
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._size += len(content)
        if self._size - self._written_back >= _AT_ONCE_BYTES:
            start, self._written_back = self._written_back, self._size
            start_write_back(self._descriptor, start=start, length=self._size - start)

    def name(self, *, data_set_bytes: int) -> None:
        """Give it its name: from now on the index may find it, and it is not yet durable."""
        os.pwrite(self._descriptor, write_length(data_set_bytes), 0)
        self._part.replace(self._path)

    def sync(self) -> None:
        """Bring its data to the disk; where `does_sync_keep_name`, its name too."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of it; what has no name yet is removed."""
        with contextlib.suppress(OSError):  # a file of a network: it is closed all the same
            os.close(self._descriptor)
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def take_name_back(self) -> None:
        """Remove it under its name too: it was not acknowledged."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def is_under_way(path: Path) -> bool:
    """Tell whether a file has its name already, but its writer still waits for the disk.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def start_write_back(descriptor: int, *, start: int, length: int) -> None:
    """Ask the system to begin to write a part of a file to the disk; a hint, which may fail."""
    if _sync_file_range is not None:
        _sync_file_range(descriptor, start, length, _WRITE_BACK_NOW)


def _find_sync_file_range() -> "ctypes._NamedFuncPointer | None":
    try:
        found = ctypes.CDLL(None).sync_file_range
    except (OSError, AttributeError):  # only Linux has it
        return None
    found.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    return found


_sync_file_range = _find_sync_file_range()
