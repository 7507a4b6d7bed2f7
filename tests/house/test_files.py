"""What may not be in a tracked file, and what the locks must hold."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, list_files, read_pyproject, relative

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")
# Written in pieces, so that this file does not hold what it forbids.
REGISTRIES = re.compile(
    "|".join(
        (
            "--(extra-)?index" + "-url",
            "pypi" + r"\.(org|python)",
            "files\\.python" + "hosted",
            "registry\\.npm" + "js",
            "registry\\.yarn" + "pkg",
            "deb\\.debian" + r"\.org",
        )
    )
)
# Folders of one machine, and what lies beside the repository.
FOREIGN_PATHS = re.compile(r"(?<![\w.$}])/(work|home|root|Users)/\w|\.\./share" + "d/")
BINARY = {".png", ".dcm", ".pdf", ".woff2", ".ico", ".gz", ".zip"}
PIN = re.compile(r"^([a-zA-Z0-9_.\[\],-]+)==[^\s;]+( ;[^\\]+)? \\$")


def read_texts() -> list[tuple[str, str]]:
    return [
        (relative(path), path.read_text(encoding="utf-8", errors="replace"))
        for path in list_files()
        if path.suffix not in BINARY
    ]


def find_lines(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in read_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_tracked_file_names_a_package_registry() -> None:
    assert find_lines(REGISTRIES) == []


def test_no_tracked_file_names_a_folder_of_one_machine() -> None:
    assert find_lines(FOREIGN_PATHS) == []


def test_no_file_is_left_with_a_mark_of_a_merge() -> None:
    assert find_lines(re.compile(r"^(<{7}|>{7}) ")) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_each_line_of_a_lock_pins_a_version_with_hashes_and_nothing_else(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8").strip())
    loose = [
        entry.splitlines()[0]
        for entry in entries
        if not entry.startswith("#")
        and not (PIN.match(entry.splitlines()[0]) and "--hash=sha256:" in entry)
    ]

    assert loose == []


def read_pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pins = (line.split(" ")[0].split("==") for line in lines if "==" in line and line[0].isalpha())
    return {name.lower(): version for name, version in pins}


def test_the_locks_agree_with_each_other() -> None:
    runtime, everything = read_pins("requirements.lock"), read_pins("requirements-dev.lock")

    assert {name: everything.get(name) for name in runtime} == runtime


def test_every_dependency_is_locked() -> None:
    project = read_pyproject()["project"]
    wanted = [("requirements.lock", line) for line in project["dependencies"]]
    wanted += [("requirements-dev.lock", line) for line in project["optional-dependencies"]["dev"]]
    missing = [
        line
        for lock, line in wanted
        if re.split(r"[\[<>=,]", line)[0].strip().lower() not in read_pins(lock)
    ]

    assert missing == []


def test_the_scripts_of_the_pages_are_pinned_by_version_and_digest() -> None:
    lines = (ROOT / "app/web/vendor.lock").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]

    assert rows
    for use, package, digest, source, name in rows:
        assert use in {"app", "test"}
        assert re.fullmatch(r"[\w.@/-]+@\d+\.\d+\.\d+", package)
        assert re.fullmatch(r"[0-9a-f]{128}", digest)
        assert Path(source).suffix == Path(name).suffix
