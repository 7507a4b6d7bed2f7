"""How other processes find the database that one of them owns: a file in the data folder."""

import json
import os
from pathlib import Path

import psycopg

from app.kit.errors import Unavailable

_FILE = "database.json"
_TIMEOUT_S = 5


def publish(data_dir: Path, url: str) -> None:
    """Write the address down, for this account only; whoever reads sees the old or the new one."""
    path = data_dir / _FILE
    fresh = path.with_name(f".{_FILE}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": url}, file)
    fresh.replace(path)


def withdraw(data_dir: Path) -> None:
    """Remove the address: the server stops."""
    (data_dir / _FILE).unlink(missing_ok=True)


def read_url(data_dir: Path) -> str | None:
    """Read the address without asking whether anybody answers there."""
    path = data_dir / _FILE
    try:
        url = json.loads(path.read_text(encoding="utf-8"))["url"]
    except FileNotFoundError:
        return None
    except PermissionError as error:
        msg = f"{path} belongs to another user: start as the user that runs `astreinte up`"
        raise Unavailable(msg) from error
    return str(url)


def answers(url: str) -> bool:
    """Ask the server to let us in. Pids say nothing: they are used again."""
    try:
        with psycopg.connect(url, connect_timeout=_TIMEOUT_S):
            return True
    except psycopg.OperationalError:
        return False


def attach(data_dir: Path) -> str:
    """Give the address of the database that runs in a data folder.

    Raises
    ------
    Unavailable
        If none was started there, or it does not answer.
    """
    url = read_url(data_dir)
    advice = "set ASTREINTE_DATABASE_URL, or start `astreinte up` on this data folder"
    if url is None:
        msg = f"no database runs in {data_dir.resolve()}: {advice}"
        raise Unavailable(msg)
    if not answers(url):
        msg = f"the database of {data_dir.resolve()} does not answer: {advice}"
        raise Unavailable(msg)
    return url
