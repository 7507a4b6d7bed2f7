"""Programs that are started for a measurement, and end with it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from app.db.embedded.child import make_tether
from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable

Process: TypeAlias = "subprocess.Popen[bytes]"

_START_WITHIN_S = 60.0
_STOP_WITHIN_S = 30.0
_LOOPBACK = "127.0.0.1"


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    is_up: Callable[[], bool],
) -> Iterator[Process]:
    """Run a program, its output in a log, from when it is up until the end of the block.

    Raises
    ------
    Unavailable
        If it ends before it is up, or is not up in time; with the end of its log.
    """
    process = start(command, log=log, environment=environment)
    try:
        wait_until_up(process, log=log, is_up=is_up)
        yield process
    finally:
        end(process)


def start(command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str]) -> Process:
    """Start a program that ends with us; its output goes into a log."""
    with log.open("wb") as output:
        return subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            # It allocates nothing between fork and exec, so that other threads may run.
            preexec_fn=make_tether(signal.SIGTERM),  # noqa: PLW1509
        )


def end(process: Process) -> None:
    """Ask a program to end, and see to it."""
    process.terminate()
    try:
        process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_up(process: Process, *, log: Path, is_up: Callable[[], bool]) -> None:
    """Wait for a program that was started.

    Raises
    ------
    Unavailable
        If it ends before it is up, or is not up in time; with the end of its log.
    """
    until_s = read_monotonic_s() + _START_WITHIN_S
    while not is_up():
        if process.poll() is not None or read_monotonic_s() > until_s:
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise Unavailable(f"{process.args!r} did not start:\n{tail}")
        time.sleep(0.02)


def find_free_port() -> int:
    """Find a port for a program that cannot choose one itself."""
    with socket.create_server((_LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
    return port


def is_taken(port: int) -> bool:
    """Tell whether somebody listens on this port, without disturbing them by a connection."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return True
    return False


def find_program(name: str, *, made_by: str) -> str | None:
    """Find a program whose `--version` names its maker: pynetdicom's have the names of DCMTK's."""
    places = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", "/usr/local/sbin"]
    for place in places:
        program = shutil.which(name, path=place)
        if program is not None and made_by in read_version(program):
            return program
    return None


def read_version(program: str) -> str:
    """Read the first line of what a program says to `--version`."""
    said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)
    return (said.stdout or said.stderr).partition("\n")[0].strip(" $")
