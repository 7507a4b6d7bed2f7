"""Where the cluster lies: in the data folder, or on the machine when that is private."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from app.db.embedded.account import Account, choose_account
from app.kit.errors import Unavailable

MACHINE_DIR = Path("/var/lib/astreinte")
"""Folder of ours, open to all, for clusters whose data folder lies below a private one."""

_POINTER = "postgresql.home"
_HOME = "postgresql"


@dataclass(frozen=True, slots=True)
class Place:
    """The home of one cluster.

    Parameters
    ----------
    home
        Folder of the account, closed to others: the cluster, its password, its log.
    account
        Who runs the server.
    is_outside
        Does it lie outside the data folder?
    """

    home: Path
    account: Account
    is_outside: bool

    @property
    def data(self) -> Path:
        """The cluster itself (PGDATA)."""
        return self.home / "data"

    @property
    def password(self) -> Path:
        """File with the password of our role."""
        return self.home / "password"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"


def find_place(data_dir: Path, *, machine_dir: Path) -> Place:
    """Find where the cluster of a data folder lies, or choose where it will, and make that folder.

    No folder that exists is ever opened to others: when the account cannot get into the data
    folder (root, below a private folder), the cluster lies in `machine_dir` and the data folder
    points to it.

    Raises
    ------
    Unavailable
        If no account may be used, or the pointer leads nowhere.
    """
    data_dir = data_dir.resolve()
    pointer = data_dir / _POINTER
    if pointer.exists():
        home = _follow(pointer)
        return Place(home, choose_account(home), is_outside=True)
    home = data_dir / _HOME
    account = choose_account(home)
    if account.can_enter(data_dir):
        _make_home(home, account)
        return Place(home, account, is_outside=False)
    home = machine_dir / f"{data_dir.parent.name or 'root'}-{secrets.token_hex(4)}"
    make_machine_dir(machine_dir)
    _make_home(home, account)
    (home / "belongs_to").write_text(f"{data_dir}\n", encoding="utf-8")
    pointer.write_text(f"{home}\n", encoding="utf-8")
    return Place(home, account, is_outside=True)


def make_machine_dir(machine_dir: Path) -> None:
    """Make the folder for what several accounts read; only what we make is opened."""
    if not machine_dir.exists():
        machine_dir.mkdir()
        machine_dir.chmod(0o755)


def _follow(pointer: Path) -> Path:
    home = Path(pointer.read_text(encoding="utf-8").strip())
    if not home.is_dir():
        msg = (
            f"{pointer} says that the database lies in {home}, which is not there: bring it back, "
            f"or remove {pointer.name} to begin with an empty database"
        )
        raise Unavailable(msg)
    return home


def _make_home(home: Path, account: Account) -> None:
    if home.exists():
        return
    # Complete before it has its name: a start that was killed here finds nothing or everything.
    fresh = home.with_name(f".{home.name}-{os.getpid()}")
    fresh.mkdir(mode=0o700)
    account.own(fresh)
    fresh.rename(home)
