"""The associations that are open on this host, counted across the gateway's processes.

Each process writes its own into a file of its own in one folder, and counts those of all living
processes; a lock that is held for microseconds makes "count, then take" one step. A process that
dies gives its slots back with its lock.
"""

import contextlib
import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

from app.store.files import make_folder
from dicom_gateway.shared import OwnFile, PeerFile, draw_path, sweep_begun

_SUFFIX = ".slots"
_LOCK_NAME = "lock"
_ITEM_BYTES = 8
_FREE = 0
_USED = 0
"""Index of the cell that says how many of those behind it may be in use."""


class LimitKind(StrEnum):
    """Which limit was reached."""

    HOST = "too_many_associations"
    SENDER = "too_many_associations_of_the_sender"


@dataclass(frozen=True, slots=True)
class LimitReached:
    """No slot was taken: PS3.8 §9.3.4, transient, local limit exceeded."""

    kind: LimitKind


@dataclass(slots=True)
class Slot:
    """One open association; whoever took it gives it back, once or more often."""

    _slots: "Slots | None"
    _index: int

    def give_back(self) -> None:
        """Let another association have it; never waits for another process."""
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.free(self._index)


class Slots:
    """The slots of one process, and a view of all others'.

    It may be used from several threads.

    Parameters
    ----------
    folder
        The same for all processes of the host; made when it is missing.
    most
        Associations that may be open on the host, at least 1.

    Raises
    ------
    OSError
        If the folder cannot be made or written.
    """

    def __init__(self, folder: Path, *, most: int) -> None:
        make_folder(folder)
        sweep_begun(folder)
        self._folder = folder
        self._most = most
        self._thread_lock = Lock()
        self._lock = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o640)
        self._own = OwnFile(draw_path(folder, suffix=_SUFFIX), size=(most + 1) * _ITEM_BYTES)
        self._cells = memoryview(self._own.memory).cast("q")
        self._peers: dict[str, tuple[PeerFile, memoryview]] = {}
        with self._locked():
            self._look()
            self._forget_the_dead()

    def take(self, sender_id: int, *, most_of_sender: int) -> Slot | LimitReached:
        """Take a slot for an association of a sender, unless a limit is reached.

        Parameters
        ----------
        sender_id
            Who opens it; at least 1.
        most_of_sender
            Associations that this sender may have open on the host.
        """
        with self._locked():
            self._look()
            reached = self._judge(sender_id, most_of_sender)
            if reached is not None and self._forget_the_dead():
                reached = self._judge(sender_id, most_of_sender)
            return reached or self._occupy(sender_id)

    def count_open(self) -> Counter[int]:
        """Count the associations that are open on the host, by sender."""
        with self._locked():
            self._look()
            self._forget_the_dead()
            return Counter(sender_id for cells in self._read_all() for sender_id in cells)

    def free(self, index: int) -> None:
        """Empty one of our cells; `Slot.give_back` calls it."""
        with self._thread_lock:
            # Others may read meanwhile: at every moment they see as many as there are, or more.
            self._cells[index] = _FREE
            used = self._cells[_USED]
            while used and self._cells[used] == _FREE:
                used -= 1
            self._cells[_USED] = used

    def close(self) -> None:
        """Give everything back."""
        with self._thread_lock:
            self._own.close()
            for name in list(self._peers):
                self._forget(name)
            os.close(self._lock)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # The kernel's lock is the process's, not the thread's.
        with self._thread_lock:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _look(self) -> None:
        """Find the files of processes that came or went since the last look."""
        names = {name for name in os.listdir(self._folder) if name.endswith(_SUFFIX)}  # noqa: PTH208 - names are enough, and this is the hot path
        names.discard(self._own.path.name)
        for name in self._peers.keys() - names:
            self._forget(name)
        for name in names - self._peers.keys():
            # It may have ended just now.
            with contextlib.suppress(FileNotFoundError):
                peer = PeerFile(self._folder / name)
                self._peers[name] = peer, memoryview(peer.memory).cast("q")

    def _forget_the_dead(self) -> bool:
        dead = [name for name, (peer, _) in self._peers.items() if not peer.has_owner()]
        for name in dead:
            (self._folder / name).unlink(missing_ok=True)
            self._forget(name)
        return bool(dead)

    def _forget(self, name: str) -> None:
        peer, cells = self._peers.pop(name)
        cells.release()
        peer.close()

    def _read_all(self) -> Iterator[list[int]]:
        for cells in (self._cells, *(cells for _, cells in self._peers.values())):
            used = cells[1 : 1 + cells[_USED]].tolist()
            yield [each for each in used if each != _FREE] if _FREE in used else used

    def _judge(self, sender_id: int, most_of_sender: int) -> LimitReached | None:
        all_open = of_sender = 0
        for cells in self._read_all():
            all_open += len(cells)
            of_sender += cells.count(sender_id)
        if all_open >= self._most:
            return LimitReached(LimitKind.HOST)
        if of_sender >= most_of_sender:
            return LimitReached(LimitKind.SENDER)
        return None

    def _occupy(self, sender_id: int) -> Slot:
        used = self._cells[_USED]
        taken = self._cells[1 : 1 + used].tolist()
        index = taken.index(_FREE) + 1 if _FREE in taken else used + 1
        self._cells[index] = sender_id
        self._cells[_USED] = max(used, index)
        return Slot(self, index)
