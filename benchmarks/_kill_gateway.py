"""A gateway that is killed as a whole or in part, and started again."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from app.kit.clock import read_monotonic_s
from benchmarks._folders import make_environment
from benchmarks._proc import find_children, kill, list_tree
from benchmarks._processes import Process, end, start

_UP_WITHIN_S = 60.0
_GONE_WITHIN_S = 20.0
_GLANCE_S = 0.02


class KillableGateway:
    """`astreinte gateway` on a data folder; a whole start takes another port.

    Parameters
    ----------
    log
        Of the process that runs now.
    settings
        Of ours, without prefix.
    """

    def __init__(self, *, log: Path, settings: Mapping[str, str]) -> None:
        self._log = log
        self._settings = {"DICOM_BIND": "127.0.0.1:0", "LOG_FORMAT": "json", **settings}
        self._process: Process | None = None

    def start(self) -> None:
        """Start it; whoever wants to know waits for its port."""
        self._process = start(
            [sys.executable, "-m", "app.cli", "gateway"],
            log=self._log,
            environment=make_environment(self._settings),
        )

    def wait_for_port(self, *, within_s: float = _UP_WITHIN_S) -> int | None:
        """Wait until it listens, and give its port; nothing if it does not, or has ended."""
        until_s = read_monotonic_s() + within_s
        while (port := self._find_port()) is None:
            ended = self._process is None or self._process.poll() is not None
            if ended or read_monotonic_s() > until_s:
                return None
            time.sleep(_GLANCE_S)
        return port

    def has_ended(self) -> bool:
        """Tell whether its first process has ended, for whatever reason."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """Kill the first process; all others end with it."""
        assert self._process is not None  # noqa: S101 - who kills has started it
        tree = list_tree(self._process.pid)
        self._process.kill()
        self._process.wait()
        _wait_until_gone(tree)

    def kill_one(self, name: str) -> bool:
        """Kill a process of its own, `reception` or `index`; tell whether one was there."""
        assert self._process is not None  # noqa: S101 - who kills has started it
        pid = find_children(self._process.pid).get(name)
        if pid is None:
            return False
        kill(pid)
        _wait_until_gone([pid])
        return True

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def read_log(self) -> str:
        """Read the end of what it has said since its start."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def _find_port(self) -> int | None:
        for line in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):
                event = json.loads(line)
                if event["event"] == "gateway_listens":
                    return int(event["address"].rpartition(":")[2])
        return None


def _wait_until_gone(pids: list[int]) -> None:
    until_s = read_monotonic_s() + _GONE_WITHIN_S
    while any(_is_alive(pid) for pid in pids):
        if read_monotonic_s() > until_s:
            raise AssertionError(f"of the processes {pids}, some outlived a kill")
        time.sleep(_GLANCE_S)


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}
