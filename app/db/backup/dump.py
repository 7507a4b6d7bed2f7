"""pg_dump and pg_restore: the right version, and no password in the list of processes."""

import subprocess
from pathlib import Path

from app.db.embedded.programs import find_client
from app.db.embedded.settings import environ
from app.db.engine import parse_url
from app.kit.errors import Unavailable


def dump(url: str, *, server_major: int, snapshot: str, target: Path) -> None:
    """Dump what a snapshot sees.

    Parameters
    ----------
    url
        Address of the database.
    server_major
        Version of its server.
    snapshot
        Exported by a transaction that stays open meanwhile.
    target
        File to write.

    Raises
    ------
    Unavailable
        If pg_dump is not installed, or fails, with what it said.
    """
    options = ["--format=custom", f"--snapshot={snapshot}", f"--file={target}"]
    _run("pg_dump", url, server_major=server_major, options=options)


def restore_dump(url: str, *, server_major: int, source: Path) -> None:
    """Restore a dump in one transaction: all of it or nothing.

    Raises
    ------
    Unavailable
        If pg_restore is not installed, or fails, with what it said.
    """
    options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    _run("pg_restore", url, server_major=server_major, options=[*options, str(source)])


def _run(program: str, url: str, *, server_major: int, options: list[str]) -> None:
    parsed = parse_url(url).set(drivername="postgresql")
    address = parsed._replace(password=None).render_as_string()
    environment = environ()
    if parsed.password is not None:
        environment["PGPASSWORD"] = str(parsed.password)
    command = [str(find_client(server_major).path(program)), f"--dbname={address}", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        msg = f"{program} failed: {done.stderr.strip()[-2000:]}"
        raise Unavailable(msg)
