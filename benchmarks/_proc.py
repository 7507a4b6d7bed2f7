"""What the kernel tells of processes: children, memory, and whose folder they work in."""

import os
import signal
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

_PROC = Path("/proc")
_MEBIBYTE_KB = 1024
_STILL_MIB = 4.0
"""How far a peak that began anew may be above what is in use: the process goes on meanwhile."""
_NAMED_BEHIND = ("app.cli", "app.supervisor.part")
_GATEWAY = "app.supervisor.gateway"
"""What `app.cli gateway` becomes."""


def find_children(pid: int) -> dict[str, int]:
    """Find the processes that `up` started, by their names."""
    return {find_name(child): child for child in _list_children(pid)}


def find_name(pid: int) -> str:
    """Find what a process of ours is: `gateway`, its `reception` or `index`, `web` and so on."""
    words = _read(_PROC / str(pid) / "cmdline").rstrip("\0").split("\0")
    for word, behind in pairwise(words):
        if word in _NAMED_BEHIND:
            return behind
        if word == _GATEWAY:
            return "gateway"
    return words[-1]


def _list_children(pid: int) -> list[int]:
    listed = _PROC.glob(f"{pid}/task/*/children")
    return [int(child) for path in listed for child in _read(path).split()]


def list_tree(pid: int) -> list[int]:
    """List a process and all that descend from it, as far as they still live."""
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        if (_PROC / str(each)).exists():
            found.append(each)
        waiting += _list_children(each)
    return found


def read_memory_mib(pid: int) -> float | None:
    """Read how much memory a process has in use, in MiB; nothing when it has ended."""
    return _read_mib(_PROC / str(pid) / "status", name="VmRSS")


def read_peak_mib(pid: int) -> float | None:
    """Read the most memory that a process had in use since `reset_peak`; nothing if it ended."""
    return _read_mib(_PROC / str(pid) / "status", name="VmHWM")


def read_share_mib(pid: int) -> float | None:
    """Read the memory of a process, of shared pages only its share (PSS); nothing if it ended."""
    return _read_mib(_PROC / str(pid) / "smaps_rollup", name="Pss")


def read_processor_s(pid: int) -> float:
    """Read the processor time of a process so far, in seconds; 0 when it has ended."""
    behind_name = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    # proc(5): user and system time are fields 14 and 15, of which the name is the second.
    return sum(map(int, behind_name[11:13])) / os.sysconf("SC_CLK_TCK")


def reset_peak(pid: int) -> bool:
    """Let the peak of a process begin anew at what it has in use (proc(5), clear_refs).

    Returns
    -------
    bool
        Whether its peak is now about what it has in use. Not every kernel does it: some take the
        order without effect, some have no such file.
    """
    with suppress(OSError):
        (_PROC / str(pid) / "clear_refs").write_text("5", encoding="utf-8")
    peak_mib, used_mib = read_peak_mib(pid), read_memory_mib(pid)
    if peak_mib is None or used_mib is None:
        # It ended meanwhile: nothing is left that could be counted.
        return not (_PROC / str(pid)).exists()
    return peak_mib - used_mib <= _STILL_MIB


def _read_mib(path: Path, *, name: str) -> float | None:
    for line in _read(path).splitlines():
        if line.startswith(f"{name}:"):
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
