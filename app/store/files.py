"""Files that survive a power cut: written, named, moved, removed and read back.

A file is safe when its data *and its name* are on the disk: `fsync` of the file says nothing of
the folder that holds the name (ADR-0005).
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from app.kit.errors import Conflict, NotFound, Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CHUNK_BYTES = 1 << 20
_MODE = 0o640
PART_SUFFIX = ".part"

Bytes: TypeAlias = bytes | bytearray | memoryview


class NoRoom(Unavailable):
    """The disk, the quota or a limit on the file's size leaves no room; nothing was kept."""


class NotWritten(Unavailable):
    """The disk refused a write or a sync for another reason than room; nothing was kept."""


class Damaged(Conflict):
    """A file's content is not what was stored."""


def make_folder(folder: Path) -> None:
    """Create a folder and its parents so that their names survive a power cut too."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, *, chunks: Iterable[Bytes]) -> None:
    """Write a file that is there whole, with its name, after a power cut; or not at all.

    The folder must exist. A file of the same name is replaced in one step.

    Raises
    ------
    NoRoom
        If the disk, the quota or the limit on the file's size is exhausted.
    NotWritten
        If the system refuses for another reason.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}{PART_SUFFIX}")
    try:
        _write_and_sync(part, chunks)
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise explain_refusal(error, path) from error


def _write_and_sync(part: Path, chunks: Iterable[Bytes]) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def explain_refusal(error: OSError, path: Path) -> Unavailable:
    """Make the error that says what the system refused, and what to do."""
    if error.errno in _FULL:
        return NoRoom(f"no room for {path.name} in {path.parent}: free or add disk space ({error})")
    return NotWritten(f"cannot write {path.name} in {path.parent}: {error}")


def move_durably(moves: Iterable[tuple[Path, Path]]) -> None:
    """Rename files to their targets, then sync each folder concerned once.

    A source that is gone is passed over: a move that was interrupted is finished by a repeat.
    """
    targets: set[Path] = set()
    sources: set[Path] = set()
    for source, target in moves:
        make_folder(target.parent)
        with contextlib.suppress(FileNotFoundError):
            source.replace(target)
            targets.add(target.parent)
            sources.add(source.parent)
    # Targets first: at no moment may a power cut find neither name.
    for folder in [*targets, *(sources - targets)]:
        sync_folder(folder)


def remove(paths: Iterable[Path]) -> None:
    """Remove files that may already be gone."""
    for path in paths:
        path.unlink(missing_ok=True)


def sweep_parts(folder: Path, *, before_s: float) -> list[Path]:
    """Remove what an interrupted write left in a folder.

    Parameters
    ----------
    folder
        A folder that `write_durably` writes to.
    before_s
        Only remainders last changed before this Unix time, so that no write under way is hit.
    """
    swept = []
    for part in folder.glob(f".*{PART_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            if part.stat().st_mtime < before_s:
                part.unlink()
                swept.append(part)
    return swept


def read_chunks(path: Path, *, offset: int = 0) -> Iterator[bytes]:
    """Read a file from an offset in pieces of at most 1 MiB.

    Raises
    ------
    NotFound
        If there is no such file.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except FileNotFoundError as error:
        raise NotFound(f"{path.name} is not in {path.parent}") from error


def digest(chunks: Iterable[Bytes]) -> bytes:
    """Compute the SHA-256 of the pieces in order: 32 bytes."""
    running = hashlib.sha256()
    for chunk in chunks:
        running.update(chunk)
    return running.digest()


def read_back(path: Path, *, expected_digest: bytes) -> bytes:
    """Read a whole file and check it against the digest that was kept.

    Raises
    ------
    NotFound
        If there is no such file.
    Damaged
        If its content has another digest.
    """
    content = b"".join(read_chunks(path))
    if digest((content,)) != expected_digest:
        raise Damaged(f"{path.name} in {path.parent} has changed since it was stored")
    return content
