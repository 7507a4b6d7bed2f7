"""Running our programs as a plain user, also when the tests run as root."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import app

ROOT = Path(app.__file__).parent.parent
_NAME = "nobody"


@contextmanager
def make_open_folder(*, prefix: str = "astreinte-test-") -> Iterator[Path]:
    """Make a folder that every account may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        # What another session puts there at this very moment, it sweeps away itself.
        shutil.rmtree(folder, ignore_errors=True)


def plain_uid() -> int:
    """Give the user that `as_plain_user` becomes."""
    return os.geteuid() or pwd.getpwnam(_NAME).pw_uid


def as_plain_user(*arguments: str) -> list[str]:
    """Write the command that runs Python with arguments as a plain user."""
    if os.geteuid() != 0:
        return [sys.executable, *arguments]
    return [*_find_plain_python(), *arguments]


def python_path() -> dict[str, str]:
    """Give the environment in which any Python finds our packages."""
    entries = [str(ROOT), *(each for each in sys.path if each.endswith("site-packages"))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(entries),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@cache
def _find_plain_python() -> tuple[str, ...]:
    entry = pwd.getpwnam(_NAME)
    become = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    system = f"/usr/bin/python3.{sys.version_info.minor}"
    # The last one for an interpreter or a clone below a private folder: it may pass everywhere.
    pass_everywhere = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    candidates = (
        (*become, sys.executable),
        (*become, system),
        (*become, *pass_everywhere, sys.executable),
    )
    for candidate in candidates:
        probe = [*candidate, "-c", "import psycopg, app.db.schema"]
        if not subprocess.run(
            probe, check=False, capture_output=True, env=python_path(), cwd="/"
        ).returncode:
            return candidate
    msg = f"no way to run Python as {_NAME}: tried {candidates}"
    raise RuntimeError(msg)
