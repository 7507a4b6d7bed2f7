"""Taking a backup while everything runs."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from app.db.backup.dump import dump
from app.db.backup.manifest import DUMP, FILES, Manifest, Progress, describe, verify
from app.db.engine import connect
from app.kit.errors import Conflict, Invalid

NAMED = ("instance", "document", "request_attachment")
"""Tables whose rows name files: `path`, relative to the data folder, and `size_bytes`."""

INCOMING = "spool/incoming"
_GROWING = "spool/journal"
_QUARANTINE = "spool/quarantine"
_SINGLE = ("secret.key",)
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP})


def backup(url: str, *, data_dir: Path, target: Path, progress: Progress) -> Manifest:
    """Take a backup of the database and of every file that its rows name, and verify it.

    First the arrivals that wait for the index, then the database in one snapshot, then the files
    named there: whatever was acknowledged before the start is in one of them. Files never change
    once they have their name, so that they may be linked instead of copied.

    Parameters
    ----------
    url
        Address of the database.
    data_dir
        The data folder.
    target
        Folder to make; it has this name only once the backup is complete and verified.
    progress
        Told how many bytes more were read.

    Raises
    ------
    Conflict
        If the target exists.
    Invalid
        If the database is not one of ours.
    Unavailable
        If the database does not answer, or pg_dump is missing or fails.
    DamagedBackup
        If what was written cannot be read back.
    """
    if target.exists():
        msg = f"{target} exists: a backup is never written over another, choose a new folder"
        raise Conflict(msg)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with ExitStack() as stack:
        # Of a backup that failed nothing stays: it would hold patients' data that nobody looks for.
        stack.callback(shutil.rmtree, part, ignore_errors=True)
        manifest = _fill(part, url=url, data_dir=data_dir, progress=progress)
        part.rename(target)
    return manifest


def _fill(part: Path, *, url: str, data_dir: Path, progress: Progress) -> Manifest:
    part.mkdir(parents=True, mode=0o700)
    _Source(data_dir, part / FILES).take_waiting()
    manifest = _take(url, data_dir=data_dir, part=part, progress=progress)
    manifest.write(part)
    verify(part, progress=progress)
    os.sync()
    return manifest


def _take(url: str, *, data_dir: Path, part: Path, progress: Progress) -> Manifest:
    with connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        _require_tables(connection)
        major = connection.info.server_version // 10000
        query = "SELECT pg_export_snapshot(), to_char(now() AT TIME ZONE 'UTC', %s)"
        row = connection.execute(query, ['YYYY-MM-DD"T"HH24:MI:SS"Z"']).fetchone()
        snapshot, taken_at = row or ("", "")
        dump(url, server_major=major, snapshot=snapshot, target=part / DUMP)
        source = _Source(data_dir, part / FILES)
        missing = tuple(
            name for name, size in _list_named(connection) if not source.take_named(name, size=size)
        )
    paths = sorted(path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file())
    return Manifest(taken_at, major, describe(part, paths, progress=progress), missing)


def _require_tables(connection: psycopg.Connection[TupleRow]) -> None:
    found = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if found != (True,):
        msg = f"the database {connection.info.dbname} has no tables of ours: nothing to back up"
        raise Invalid(msg)


def _list_named(connection: psycopg.Connection[TupleRow]) -> Iterator[tuple[str, int]]:
    for table in NAMED:
        query = sql.SQL("SELECT path, size_bytes FROM {} WHERE path IS NOT NULL")
        # A cursor on the server: there may be millions.
        with connection.cursor(name="backup_files") as cursor:
            yield from cursor.execute(query.format(sql.Identifier(table)))


class _Source:
    """The files of a data folder, taken into a backup."""

    def __init__(self, data_dir: Path, files: Path) -> None:
        self._data_dir = data_dir
        self._files = files

    def take_waiting(self) -> None:
        """Take what no row names: arrivals that wait, the journal, what could not be indexed."""
        for folder in (INCOMING, _QUARANTINE):
            for path in _list_files(self._data_dir / folder):
                self._link(path, self._name(path))
        for path in _list_files(self._data_dir / _GROWING):
            self._copy(path, self._name(path))
        for name in _SINGLE:
            if (self._data_dir / name).is_file():
                self._copy(self._data_dir / name, name)

    def take_named(self, name: str, *, size: int) -> bool:
        """Take a file that a row names; false when it is not there, or not whole."""
        # A row is committed before its file moves from one place to the other.
        waiting = f"{INCOMING}/{Path(name).name}"
        for candidate in (name, waiting, name):
            if self._link(self._data_dir / candidate, candidate):
                if candidate == name:
                    # It waited when this backup began: a restored gateway would take it up again.
                    (self._files / waiting).unlink(missing_ok=True)
                return (self._files / candidate).stat().st_size == size
        return False

    def _link(self, path: Path, name: str) -> bool:
        target = self._make_target(name)
        try:
            target.hardlink_to(path)
        except FileExistsError:
            return True
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return self._copy(path, name)
        return True

    def _copy(self, path: Path, name: str) -> bool:
        try:
            shutil.copy2(path, self._make_target(name))
        except FileNotFoundError:
            return False
        return True

    def _make_target(self, name: str) -> Path:
        target = self._files / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _name(self, path: Path) -> str:
        return path.relative_to(self._data_dir).as_posix()


def _list_files(folder: Path) -> list[Path]:
    """List the files of a folder; a name that begins with a dot is not complete yet."""
    return [path for path in folder.rglob("[!.]*") if path.is_file()]
