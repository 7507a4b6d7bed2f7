"""The account that the server runs as: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.kit.errors import Unavailable

_OURS = "astreinte"
_DEBIANS = "postgres"


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` that change the identity of a child."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A system account that is not root."""

    name: str
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        """What makes a child run as this account; nothing when it is our own."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, program: Path) -> bool:
        """May it run the program, through all the folders above?"""
        return self._passes(program)

    def can_enter(self, folder: Path) -> bool:
        """May it go into the folder, through all the folders above?"""
        return self._passes(folder)

    def own(self, path: Path) -> None:
        """Hand a file or folder that we have just made to the account."""
        if self.identity:
            os.chown(path, self.uid, self.gid)

    def _passes(self, path: Path) -> bool:
        if not self.identity:
            return os.access(path, os.X_OK)
        # Asked of the kernel as that user: modes alone do not know access lists.
        command = ["/usr/bin/env", "test", "-x", str(path)]
        return subprocess.run(command, check=False, cwd="/", **self.identity).returncode == 0


def choose_account(home: Path) -> Account:
    """Choose who runs the server on a folder: its owner if it exists, else us, else our account.

    Raises
    ------
    Unavailable
        If the folder belongs to somebody whom we cannot become, or root finds no account to use.
    """
    if home.exists():
        return _follow_owner(home)
    if os.geteuid() != 0:
        return _read_account(os.geteuid())
    return _find(_OURS) or _create(_OURS) or _find(_DEBIANS) or _refuse_root()


def _follow_owner(home: Path) -> Account:
    owner = home.stat().st_uid
    if owner == 0:
        msg = f"{home} belongs to root, but PostgreSQL never runs as root: it is not one of ours"
        raise Unavailable(msg)
    account = _read_account(owner)
    if os.geteuid() not in {0, owner}:
        msg = f"{home} belongs to the user {account.name}: start as that user, or as root"
        raise Unavailable(msg)
    return account


def _read_account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        # A container may run under a number that has no name.
        return Account(str(uid), uid, os.getegid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> Account | None:
    program = shutil.which("useradd")
    if program is None:
        return None
    command = [program, "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
    subprocess.run(command, check=False, capture_output=True)
    return _find(name)


def _refuse_root() -> Account:
    msg = (
        "PostgreSQL does not run as root, and no account could be made for it: start as a plain "
        "user, or run `useradd --system astreinte`, or give ASTREINTE_DATABASE_URL"
    )
    raise Unavailable(msg)
