"""What a backup holds, with size and digest of every file."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from app.kit.errors import Invalid

FORMAT = 1
FILES = "files"
DUMP = "database.dump"
_NAME = "manifest.json"
_CHUNK_BYTES = 1 << 20

Progress = Callable[[int], None]
"""Told how many bytes more are done."""


class DamagedBackup(Invalid):
    """A backup is not what its manifest says; nothing may be restored from it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a backup.

    Parameters
    ----------
    path
        Relative to the backup, with slashes.
    size
        In bytes.
    sha256
        In hexadecimal digits.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of a backup.

    Parameters
    ----------
    taken_at
        Instant of the database's snapshot, ISO 8601 in UTC.
    server_major
        Version of the PostgreSQL server.
    entries
        The files.
    missing
        Files that rows name but that were not there or not whole, relative to the data folder.
    """

    taken_at: str
    server_major: int
    entries: tuple[Entry, ...]
    missing: tuple[str, ...]

    @property
    def size(self) -> int:
        """Size of all files, in bytes."""
        return sum(entry.size for entry in self.entries)

    def write(self, folder: Path) -> None:
        """Write it into a backup."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1)
        (folder / _NAME).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read it from a backup.

        Raises
        ------
        DamagedBackup
            If there is none, or it was written by a program that we do not know.
        """
        path = folder / _NAME
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            msg = f"{folder} is no backup: it has no {_NAME}"
            raise DamagedBackup(msg) from error
        except ValueError as error:
            msg = f"{path} cannot be read ({error}): this backup is damaged, use another"
            raise DamagedBackup(msg) from error
        if content.pop("format", None) != FORMAT:
            msg = f"{path} has another format than {FORMAT}: restore it with the program it is from"
            raise DamagedBackup(msg)
        entries = tuple(Entry(**entry) for entry in content.pop("entries"))
        if any(".." in Path(each.path).parts or Path(each.path).is_absolute() for each in entries):
            msg = f"{path} names files outside the backup: it is not one of ours"
            raise DamagedBackup(msg)
        return cls(**{**content, "missing": tuple(content["missing"])}, entries=entries)


def describe(folder: Path, paths: Iterable[str], *, progress: Progress) -> tuple[Entry, ...]:
    """Measure and digest files of a folder."""
    return tuple(_describe(folder, path, progress) for path in paths)


def verify(folder: Path, *, progress: Progress) -> Manifest:
    """Read every file of a backup again and compare it with the manifest.

    Raises
    ------
    DamagedBackup
        Naming the first files that are missing or differ.
    """
    manifest = Manifest.read(folder)
    wrong = [entry.path for entry in manifest.entries if not _is_intact(folder, entry, progress)]
    if wrong:
        names = ", ".join(wrong[:5])
        msg = f"{len(wrong)} files of the backup {folder} are missing or damaged: {names}"
        raise DamagedBackup(msg)
    return manifest


def _is_intact(folder: Path, entry: Entry, progress: Progress) -> bool:
    path = folder / entry.path
    # The size first: it costs nothing, and a file cut short is the usual damage.
    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    return _describe(folder, entry.path, progress) == entry


def _describe(folder: Path, path: str, progress: Progress) -> Entry:
    running = hashlib.sha256()
    size = 0
    with (folder / path).open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            running.update(chunk)
            size += len(chunk)
            progress(len(chunk))
    return Entry(path, size, running.hexdigest())
