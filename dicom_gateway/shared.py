"""Small files in memory that the gateway's processes write each for itself and all read.

Its owner holds a lock on each, which the kernel gives back however the owner ends: so the files of
the living are told from those of the dead. What they hold is worth nothing after a power cut, and
nothing of it is ever synced.
"""

import contextlib
import fcntl
import mmap
import os
from datetime import timedelta
from pathlib import Path

import structlog

from app.kit.clock import read_host_clock
from app.kit.errors import Unavailable
from app.kit.ids import draw_arrival_id

_log = structlog.get_logger(__name__)
_MODE = 0o640
_BEGUN_SUFFIX = ".begun"
_OLD_REMAINDER = timedelta(hours=1)


class OwnFile:
    """The file of this process, in memory.

    On a disk without room for it the memory is this process's alone: others then do not see what
    it holds, but the gateway works.

    Parameters
    ----------
    path
        Where it shall lie; its folder must exist, and nothing lie there.
    size
        In bytes, at least 1.
    """

    def __init__(self, path: Path, *, size: int) -> None:
        self.path = path
        self._descriptor: int | None = None
        try:
            self.memory = self._create(size)
        except OSError as error:
            _log.warning("shared_file_not_written", file=path.name, reason=error.strerror)
            self.close()
            self.memory = mmap.mmap(-1, size)

    def _create(self, size: int) -> mmap.mmap:
        # Others know it by its suffix: it has its lock and its size before it has its name.
        begun = self.path.with_name(self.path.name + _BEGUN_SUFFIX)
        self._descriptor = os.open(begun, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Given its blocks now: a write into memory that finds no room would kill the process.
            os.posix_fallocate(self._descriptor, 0, size)
            memory = mmap.mmap(self._descriptor, size)
        except OSError:
            begun.unlink(missing_ok=True)
            raise
        begun.replace(self.path)
        return memory

    def close(self) -> None:
        """Remove the file and give its lock back; the memory stays readable for its holder."""
        if self._descriptor is None:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


class PeerFile:
    """Another process's file, to be read.

    Parameters
    ----------
    path
        An existing file of an `OwnFile`.

    Raises
    ------
    FileNotFoundError
        If it is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY)
        try:
            self.memory = mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            os.close(self._descriptor)
            raise

    def has_owner(self) -> bool:
        """Tell whether a living process holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Let go of it; memory that somebody still looks at goes with its last view."""
        with contextlib.suppress(BufferError):
            self.memory.close()
        os.close(self._descriptor)


def draw_path(folder: Path, *, suffix: str) -> Path:
    """Draw the name of a file that no process has used before."""
    return folder / f"{draw_arrival_id()}{suffix}"


def sweep_begun(folder: Path) -> None:
    """Remove what a process left that died while it made its file."""
    before = read_host_clock() - _OLD_REMAINDER
    for path in folder.glob(f"*{_BEGUN_SUFFIX}"):
        # A young one may be another process's that is starting.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()


def refuse_folder(data_dir: Path, error: OSError) -> Unavailable:
    """Explain that the data folder cannot be written."""
    return Unavailable(
        f"the data folder {data_dir} cannot be written ({error.strerror}): give its owner's "
        "account, or choose another with ASTREINTE_DATA_DIR"
    )
