"""Windows in which something is missing: the room on the disk, or the database."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.db.engine import write_conninfo
from app.kit.errors import Unavailable

_PIECE = bytes(1 << 20)


class Window(Protocol):
    """Something that can be missing for a while."""

    def open(self) -> None:
        """Take it away."""
        ...

    def close(self) -> None:
        """Give it back; allowed when it was never away."""
        ...


class FullDisk:
    """Fills the disk of a folder, which should be a small one of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filler"

    def open(self) -> None:
        """Fill it to the last block."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            with suppress(OSError):
                while os.write(descriptor, _PIECE):
                    pass
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Give the room back."""
        self._path.unlink(missing_ok=True)


class AwayDatabase:
    """Cuts all connections to one database, and lets nobody in; its server goes on.

    Parameters
    ----------
    url
        Of the database, for an account that may change it.
    """

    def __init__(self, url: str) -> None:
        values = conninfo_to_dict(write_conninfo(url))
        self._name = str(values["dbname"])
        self._elsewhere = make_conninfo(write_conninfo(url), dbname="postgres")

    def open(self) -> None:
        """Cut them."""
        self._let_in(is_open=False)
        with psycopg.connect(self._elsewhere) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (self._name,),
            )

    def close(self) -> None:
        """Let all in again."""
        self._let_in(is_open=True)

    def _let_in(self, *, is_open: bool) -> None:
        with psycopg.connect(self._elsewhere) as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                    sql.Identifier(self._name), sql.Literal(is_open)
                )
            )


class Both:
    """Several at once."""

    def __init__(self, *windows: Window) -> None:
        self._windows = windows

    def open(self) -> None:
        """Open each."""
        for each in self._windows:
            each.open()

    def close(self) -> None:
        """Close each."""
        for each in self._windows:
            each.close()


@contextmanager
def small_disk(folder: Path, *, mebibytes: int) -> Iterator[None]:
    """Give a folder a disk of its own, in memory, until the end of the block.

    Raises
    ------
    Unavailable
        If this account may not mount one.
    """
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        raise Unavailable("a disk of its own needs the programs mount and umount")
    command = [mount, "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    tried = subprocess.run(command, check=False, capture_output=True, text=True)
    if tried.returncode != 0:
        raise Unavailable(f"a disk of its own needs root: {tried.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run([unmount, str(folder)], check=True)
