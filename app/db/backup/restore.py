"""Restoring a backup: into an empty database and an empty data folder, or not at all."""

import os
import shutil
from pathlib import Path

from app.db.backup.dump import restore_dump
from app.db.backup.manifest import DUMP, FILES, Entry, Manifest, Progress, verify
from app.db.embedded.lock import FileLock
from app.db.engine import connect
from app.kit.errors import Conflict

_FOLDERS = ("store", "documents", "attachments", "spool")
_STAGE = ".restore.part"
_ANY_TABLE = """
    SELECT count(*) FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'public' AND relkind IN ('r', 'p')
"""


def restore(url: str, *, data_dir: Path, source: Path, progress: Progress) -> Manifest:
    """Restore a backup after having verified all of it.

    Parameters
    ----------
    url
        Address of an empty database.
    data_dir
        A data folder without images, documents and spool; made if it is not there.
    source
        The backup.
    progress
        Told how many bytes more were read.

    Raises
    ------
    DamagedBackup
        If the backup is not what its manifest says; nothing was touched.
    Conflict
        If the database has tables or the data folder has files; nothing was touched.
    LockHeld
        If `astreinte up` runs on the data folder.
    Unavailable
        If the database does not answer or refuses the dump; nothing was kept.
    """
    manifest = verify(source, progress=progress)
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir / "up.lock")
    lock.take()
    try:
        _require_empty(data_dir)
        _fill(url, data_dir=data_dir, source=source, entries=manifest.entries)
    finally:
        lock.release()
    return manifest


def _fill(url: str, *, data_dir: Path, source: Path, entries: tuple[Entry, ...]) -> None:
    major = _require_empty_database(url)
    stage = data_dir / _STAGE
    shutil.rmtree(stage, ignore_errors=True)
    try:
        _copy_files(entries, source=source, stage=stage)
        restore_dump(url, server_major=major, source=source / DUMP)
        _move_into_place(stage, data_dir)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _require_empty(data_dir: Path) -> None:
    for name in _FOLDERS:
        found = next((path for path in (data_dir / name).rglob("*") if path.is_file()), None)
        if found is not None:
            msg = f"{found} is in the way: a backup is only restored into an empty data folder"
            raise Conflict(msg)


def _require_empty_database(url: str) -> int:
    with connect(url) as connection:
        (count,) = connection.execute(_ANY_TABLE).fetchone() or (0,)
        if count:
            msg = (
                f"the database {connection.info.dbname} has {count} tables: a backup is only "
                "restored into an empty database"
            )
            raise Conflict(msg)
        return connection.info.server_version // 10000


def _copy_files(entries: tuple[Entry, ...], *, source: Path, stage: Path) -> None:
    stage.mkdir()
    for entry in entries:
        if not entry.path.startswith(f"{FILES}/"):
            continue
        target = stage / entry.path.removeprefix(f"{FILES}/")
        target.parent.mkdir(parents=True, exist_ok=True)
        # Copied, never linked: the backup must outlive what happens to the data folder.
        shutil.copy2(source / entry.path, target)
    os.sync()


def _move_into_place(stage: Path, data_dir: Path) -> None:
    for path in stage.iterdir():
        target = data_dir / path.name
        if target.is_dir():
            # Only empty folders are in it.
            shutil.rmtree(target)
        path.replace(target)
