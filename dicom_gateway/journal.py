"""The journal: a line for each start, end and refusal of an association, and each announcement.

Each process of the gateway writes a file of its own and holds a lock on it, so that a reader can
tell a process that is at work from one that died with associations open. Lines hold AE titles,
addresses, UIDs and counts, never patient data.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import structlog

from app.intake.domain.announcements import AnnouncementHeard
from app.intake.domain.arrival import GATEWAY_ENDED, AssociationSeen
from app.kit.ids import draw_arrival_id
from app.store.files import NotWritten
from dicom_gateway.journal_lines import read_line, write_heard, write_seen

_log = structlog.get_logger(__name__)
_SUFFIX = ".jsonl"
_CURSOR_SUFFIX = ".read"
_MODE = 0o640
_CLOSED = -1


class JournalWriter:
    """Appends to this process's file; a full disk costs lines, never images.

    Parameters
    ----------
    folder
        The journal's folder; it must exist.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{draw_arrival_id()}{_SUFFIX}"
        # Readers know it by its suffix: it has the lock before it has the name, or a reader would
        # take it for the file of a dead process and remove it.
        part = self.path.with_suffix(".begun")
        self._descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _MODE)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        part.replace(self.path)
        self._lock = Lock()
        self._is_cut = False

    def write(self, seen: AssociationSeen) -> None:
        """Append what was seen of an association."""
        try:
            with self._lock:
                self._append(write_seen(seen))
        except OSError as error:
            # The images of the association name it too: the line is worth less than they are.
            _log.error(
                "journal_not_written", association_id=str(seen.association_id), reason=str(error)
            )

    def write_announcement(self, heard: AnnouncementHeard) -> None:
        """Append what a sender announced.

        Raises
        ------
        NotWritten
            If the disk is full or refuses: the sender must hear of it.
        """
        try:
            with self._lock:
                self._append(write_heard(heard))
        except OSError as error:
            raise NotWritten(f"the announcement was not journalled: {error}") from error

    def _append(self, line: bytes) -> None:
        if self._is_cut:
            line = b"\n" + line
        written = os.write(self._descriptor, line)
        self._is_cut = written < len(line)
        if self._is_cut:
            raise OSError(errno.ENOSPC, "the line was cut off")

    def close(self) -> None:
        """Give the file up: all its associations have ended; what comes later is only logged."""
        with self._lock:
            os.close(self._descriptor)
            # The system may give the number to another file at once.
            self._descriptor = _CLOSED


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Lines of one file that no index knows yet.

    Parameters
    ----------
    path
        The file.
    seen, heard
        Associations and announcements, each in the order of the file.
    end
        Offset behind the last of them, in bytes.
    is_final
        Its writer is gone, so that nothing will follow.
    """

    path: Path
    seen: tuple[AssociationSeen, ...]
    end: int
    is_final: bool
    heard: tuple[AnnouncementHeard, ...] = ()


class JournalReader:
    """Reads all files of the folder, each from where the index has got to.

    Parameters
    ----------
    folder
        The journal's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_news(self) -> Iterator[JournalPage]:
        """Read what is new in each file, the oldest file first."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            # Asked first: what is read afterwards is then all that its writer ever wrote.
            is_final = not _has_writer(path)
            page = _read_page(path, start=self._read_cursor(path), is_final=is_final)
            if page.seen or page.heard or is_final:
                yield page

    def acknowledge(self, page: JournalPage) -> None:
        """Remember that a page is indexed; a file that is final is removed."""
        cursor = page.path.with_suffix(_CURSOR_SUFFIX)
        if page.is_final:
            page.path.unlink(missing_ok=True)
            cursor.unlink(missing_ok=True)
            return
        part = cursor.with_suffix(".part")
        part.write_text(str(page.end), encoding="ascii")
        part.replace(cursor)

    @staticmethod
    def _read_cursor(path: Path) -> int:
        # Without one, or with one that a crash damaged, lines are read again: that does no harm.
        with contextlib.suppress(OSError, ValueError):
            return int(path.with_suffix(_CURSOR_SUFFIX).read_text(encoding="ascii"))
        return 0


def _has_writer(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _read_page(path: Path, *, start: int, is_final: bool) -> JournalPage:
    # A final file is read whole once more, to find what its writer left open when it died.
    start = 0 if is_final else start
    with path.open("rb") as file:
        file.seek(start)
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    lines = [read_line(line) for line in whole.splitlines()]
    seen = [each for each in lines if isinstance(each, AssociationSeen)]
    heard = tuple(each for each in lines if isinstance(each, AnnouncementHeard))
    if is_final:
        seen += _find_left_open(seen)
    return JournalPage(path, tuple(seen), start + len(whole), is_final, heard)


def _find_left_open(seen: Sequence[AssociationSeen]) -> list[AssociationSeen]:
    ended = {each.association_id for each in seen if each.closed_at is not None}
    last = max((each.closed_at or each.opened_at for each in seen), default=None)
    return [
        replace(each, closed_at=last, outcome="lost", reason=GATEWAY_ENDED)
        for each in seen
        if each.association_id not in ended
    ]
