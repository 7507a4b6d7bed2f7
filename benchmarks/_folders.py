"""A folder for one program, and an environment without settings of ours."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.settings import PREFIX


@contextmanager
def make_bench_folder() -> Iterator[Path]:
    """Make a folder on the disk of TMPDIR, that the database's account may enter; then remove it.

    TMPDIR should lie on the disk that is to be measured: one in memory makes every sync free.
    """
    folder = Path(tempfile.mkdtemp(prefix="astreinte-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def make_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give this process's environment with these settings only: no other database is touched."""
    rest = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    # Without it DCMTK, and what is built on it, lets each answer wait 40 ms.
    return {**rest, "TCP_NODELAY": "1", **{f"{PREFIX}{key}": settings[key] for key in settings}}


@contextmanager
def only_settings(settings: Mapping[str, str]) -> Iterator[None]:
    """Replace all settings of ours in this process's environment for a while."""
    before = dict(os.environ)
    wanted = make_environment(settings)
    try:
        _replace_environment(wanted)
        yield
    finally:
        _replace_environment(before)


def _replace_environment(wanted: Mapping[str, str]) -> None:
    for key in os.environ.keys() - wanted.keys():
        del os.environ[key]
    os.environ.update(wanted)
