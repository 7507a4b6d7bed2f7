"""What the tests of the house look at: the tracked files, parsed once."""

import ast
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("app", "dicom_gateway", "scheduler", "migrations", "benchmarks")


@cache
def list_files() -> tuple[Path, ...]:
    """List what git tracks or would track, without what it ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = sorted({ROOT / name for name in output.split("\0") if name})
    return tuple(path for path in files if path.is_file())


def list_python(*folders: str) -> list[Path]:
    """List the Python files below the folders; without folders, all of them."""
    below = [ROOT / folder for folder in folders] or [ROOT]
    return [
        path
        for path in list_files()
        if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in below)
    ]


@cache
def parse(path: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def relative(path: Path) -> str:
    """Name a file from the root of the repository, with slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def read_pyproject() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
