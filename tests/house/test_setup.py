"""The set-up on machines that lack something, and with a package that is not what was pinned."""

import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT

SYSTEM_PATH = "/usr/bin:/bin"
SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPT = b"export const answer = 42;\n"


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def run(place: Path, *command: str, path: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(place / command[0]), *command[1:]],
        env={"PATH": path, "HOME": str(place), **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give an empty project that has only the scripts of the set-up."""
    place = tmp_path / "project"
    shutil.copytree(ROOT / ".ci", place / ".ci")
    (place / "app/web").mkdir(parents=True)
    return place


@pytest.fixture
def tarball(place: Path) -> bytes:
    """Give a package, and an npm that delivers it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/dist/answer.min.js")
        entry.size = len(SCRIPT)
        archive.addfile(entry, io.BytesIO(SCRIPT))
    (place / "served.tgz").write_bytes(buffer.getvalue())
    write_program(
        place / "bin/npm",
        'while [ "$1" != --pack-destination ]; do shift; done\n'
        f'cp "{place}/served.tgz" "$2/answer-1.0.0.tgz" && echo answer-1.0.0.tgz',
    )
    return buffer.getvalue()


def write_lock(place: Path, *, use: str, digest: str) -> None:
    line = f"{use} answer@1.0.0 {digest} dist/answer.min.js answer.min.js\n"
    (place / "app/web/vendor.lock").write_text(f"# a comment\n\n{line}", encoding="utf-8")


def fetch(place: Path, which: str) -> subprocess.CompletedProcess[str]:
    return run(place, ".ci/vendor", which, path=f"{place}/bin:{SYSTEM_PATH}")


def list_fetched(place: Path) -> list[str]:
    return [path.name for path in (place / "app/web/static/vendor").iterdir()]


def test_a_script_whose_package_has_the_pinned_digest_is_taken(place: Path, tarball: bytes) -> None:
    write_lock(place, use="app", digest=hashlib.sha512(tarball).hexdigest())

    result = fetch(place, "app")

    assert result.returncode == 0, result.stderr
    assert (place / "app/web/static/vendor/answer.min.js").read_bytes() == SCRIPT


@pytest.mark.usefixtures("tarball")
def test_a_package_with_another_digest_is_refused_and_nothing_of_it_is_used(place: Path) -> None:
    write_lock(place, use="app", digest="0" * 128)

    result = fetch(place, "app")

    assert result.returncode != 0
    assert "answer@1.0.0" in result.stderr
    assert list_fetched(place) == []


def test_what_only_tests_use_is_left_out_of_the_image(place: Path, tarball: bytes) -> None:
    write_lock(place, use="test", digest=hashlib.sha512(tarball).hexdigest())

    assert fetch(place, "app").returncode == 0
    assert list_fetched(place) == []
    assert fetch(place, "all").returncode == 0
    assert list_fetched(place) == ["answer.min.js"]


def make_python(place: Path, text: str) -> str:
    """Put a program in front of every other Python, and give the path to search."""
    write_program(place / "bin/python3", text)
    return f"{place}/bin:{SYSTEM_PATH}"


def test_without_a_python_that_is_new_enough_the_set_up_says_which_it_needs(place: Path) -> None:
    result = run(place, ".ci/venv", path=make_python(place, "exit 1"), PYTHON="python3")

    assert result.returncode == 1
    assert "Python 3.11 or newer" in result.stderr
    assert "apt-get install python3-venv" in result.stderr


def test_without_venv_the_set_up_names_the_package_and_leaves_nothing(place: Path) -> None:
    broken = 'case "$*" in *"-m venv"*) mkdir -p .venv; exit 1;; *) exit 0;; esac'

    result = run(place, ".ci/venv", path=make_python(place, broken), PYTHON="python3")

    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert not (place / ".venv").exists()


def is_python_of_ours(python: str) -> bool:
    """Can an environment for the project be made with it?"""
    probe = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", probe], check=False).returncode == 0
    except OSError:
        return False


def test_the_python_of_the_distribution_comes_before_another_on_the_path(place: Path) -> None:
    if not is_python_of_ours(SYSTEM_PYTHON):
        pytest.skip(f"{SYSTEM_PYTHON} with venv, 3.11 or newer: apt-get install python3-venv")
    for name in ("python3.11", "python3"):
        write_program(place / "bin" / name, f'touch "{place}/asked"; exit 1')

    # It ends for want of the locks, with an empty environment.
    run(place, ".ci/venv", path=f"{place}/bin:{SYSTEM_PATH}")

    assert "home = /usr/bin\n" in (place / ".venv/pyvenv.cfg").read_text(encoding="utf-8")
    assert not (place / "asked").exists()


def test_without_npm_the_set_up_names_the_package(place: Path) -> None:
    write_lock(place, use="app", digest="0" * 128)
    tools = ("bash", "dirname", "env")
    for name in tools:
        found = shutil.which(name, path=SYSTEM_PATH)
        assert found
        (place / "few").mkdir(exist_ok=True)
        (place / "few" / name).symlink_to(found)

    result = run(place, ".ci/vendor", "all", path=f"{place}/few")

    assert result.returncode == 1
    assert "apt-get install npm" in result.stderr
