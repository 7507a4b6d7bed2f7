"""What the kernel tells of processes: children, memory, and whose folder they work in."""

import os
import signal
from pathlib import Path

_PROC = Path("/proc")
_MEBIBYTE_KB = 1024


def find_children(pid: int) -> dict[str, int]:
    """Find the processes that `up` started, by the last word of their command."""
    children = {}
    for listed in _PROC.glob(f"{pid}/task/*/children"):
        for child in map(int, _read(listed).split()):
            words = _read(_PROC / str(child) / "cmdline").rstrip("\0").split("\0")
            children[words[-1]] = child
    return children


def read_memory_mib(pid: int) -> float | None:
    """Read how much memory a process has in use, in MiB; nothing when it has ended."""
    for line in _read(_PROC / str(pid) / "status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / _MEBIBYTE_KB
    return None


def kill(pid: int) -> None:
    """Kill a process as a power cut would."""
    os.kill(pid, signal.SIGKILL)


def find_left(folder: Path) -> list[int]:
    """Find the processes, other than this one, whose command or settings name a folder."""
    left = []
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        if str(folder) in _read(entry / "cmdline") + _read(entry / "environ"):
            left.append(int(entry.name))
    return left


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        # It ended meanwhile, or belongs to somebody else.
        return ""
