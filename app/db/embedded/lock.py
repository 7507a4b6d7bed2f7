"""A file lock that says who holds it."""

import fcntl
import json
import os
import socket
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from app.kit.clock import read_host_clock
from app.kit.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock, as it wrote itself down."""

    pid: int
    host: str
    started: str
    command: str

    @classmethod
    def describe_self(cls) -> "Holder":
        """Describe this process."""
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        started = read_host_clock().isoformat(timespec="seconds")
        return cls(os.getpid(), socket.gethostname(), started, command)

    def __str__(self) -> str:
        """Name it for a person."""
        return f"process {self.pid} on {self.host}, `{self.command}`, since {self.started}"


class LockHeld(Unavailable):
    """Another process holds the lock.

    Parameters
    ----------
    path
        The lock's file.
    holder
        Who, unless it has not written itself down yet.
    """

    def __init__(self, path: Path, holder: Holder | None) -> None:
        self.holder = holder
        who = str(holder) if holder else "another process that is just starting"
        super().__init__(
            f"{path.parent} is in use by {who}; stop it first, or choose another folder "
            "with ASTREINTE_DATA_DIR"
        )


class FileLock:
    """An exclusive lock on a file, gone with its holder however that one ends.

    The lock is the kernel's (flock), so that it follows the open file into a child that inherits
    it, and a pid that was reused means nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """The open file, for a child that shall hold the lock too."""
        if self._descriptor is None:
            msg = f"the lock {self.path} is not held"
            raise RuntimeError(msg)
        return self._descriptor

    def take(self) -> None:
        """Take the lock and write down who we are.

        Raises
        ------
        LockHeld
            Naming the holder.
        Unavailable
            If the file may not be written.
        """
        while self._descriptor is None:
            self._descriptor = self._try_once()
        text = json.dumps(asdict(Holder.describe_self()))
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def release(self) -> None:
        """Give the lock back and leave no file behind."""
        descriptor = self.descriptor
        self._descriptor = None
        self.path.unlink(missing_ok=True)
        os.close(descriptor)

    def _try_once(self) -> int | None:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            msg = f"cannot write {self.path} ({error.strerror}): start as the user that owns it"
            raise Unavailable(msg) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read_holder(descriptor)
            os.close(descriptor)
            raise LockHeld(self.path, holder) from error
        if _is_same_file(descriptor, self.path):
            return descriptor
        # Its last holder removed the file between our open and our lock: nobody will look at it.
        os.close(descriptor)
        return None


def _read_holder(descriptor: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(descriptor, 65536, 0)))
    except (ValueError, TypeError):
        return None


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), named)
