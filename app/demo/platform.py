"""The platform under the demo: `astreinte up`, as a newcomer would start it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Never

import httpx

from app.db.embedded.attach import attach
from app.db.embedded.child import make_tether
from app.demo.play.api import StepMissed, wait_for
from app.kit.errors import Unavailable
from app.settings import PREFIX, Bind, Settings

SHORT_TIMES = {
    f"{PREFIX}COMPLETENESS_CT": "3",
    f"{PREFIX}COMPLETENESS_CR": "3",
    f"{PREFIX}COMPLETENESS_US": "4",
    f"{PREFIX}COMPLETENESS_MR": "5",
    f"{PREFIX}COMPLETENESS_LONGEST": "8",
}
"""Nobody wants to watch a demo wait for five minutes; what the environment says goes before."""

_START_WITHIN_S = 300.0
_STOP_WITHIN_S = 60.0
_TAIL_LINES = 15
_ANSWER_WITHIN_S = 10.0
_LOOKS, _GLANCE_S = 10, 0.1


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that runs."""

    url: str
    gateway: Bind
    database_url: str
    environment: Mapping[str, str]
    """Of its processes; for further commands."""
    log: Path
    process: "subprocess.Popen[bytes]"

    def watch(self) -> None:
        """Wait for as long as it runs, which is for ever unless it breaks.

        Raises
        ------
        Unavailable
            When it ended, with the last lines that it wrote.
        """
        self.process.wait()
        _refuse_ended(self.process, self.log)


@contextmanager
def running_platform(settings: Settings, *, log: Path) -> Iterator[Platform]:
    """Start the platform, wait until it answers, and stop it at the end of the block.

    Call it from the main thread: when that is killed, the platform gets SIGTERM.

    Parameters
    ----------
    settings
        As read from the environment.
    log
        Where its output goes.

    Raises
    ------
    Unavailable
        If it does not start, with the last lines that it wrote.
    """
    environment = {**SHORT_TIMES, **os.environ, f"{PREFIX}DATA_DIR": str(settings.data_dir)}
    child = _start(environment, log=log)
    try:
        addresses = _wait_for_addresses(child, settings=settings, log=log)
        yield Platform(
            url=f"http://{addresses['http']}",
            gateway=Bind.parse(addresses["dicom"]),
            database_url=_find_database(settings),
            environment=environment,
            log=log,
            process=child,
        )
    finally:
        _stop(child)


def _start(environment: Mapping[str, str], *, log: Path) -> "subprocess.Popen[bytes]":
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=make_tether(signal.SIGTERM),  # noqa: PLW1509 - no other thread runs yet
        )


def _wait_for_addresses(
    child: "subprocess.Popen[bytes]", *, settings: Settings, log: Path
) -> dict[str, str]:
    def look(see: Callable[[], bool]) -> bool | None:
        if child.poll() is not None:
            _refuse_ended(child, log)
        return see() or None

    written = settings.data_dir / "up.json"
    sights: dict[str, Callable[[], bool]] = {
        "the address of the platform": lambda: _read_pid(written) == child.pid,
        "an answer of the pages": lambda: _is_ready(_read_addresses(written)["http"], log),
        "the gateway": lambda: _listens(_read_addresses(written)["dicom"], log),
    }
    for what, see in sights.items():
        try:
            wait_for(what, partial(look, see), within_s=_START_WITHIN_S)
        except StepMissed as error:
            msg = f"{error.message}; the last lines of {log}:\n{_read_tail(log)}"
            raise StepMissed(msg) from error
    return _read_addresses(written)


def _read_addresses(path: Path) -> dict[str, str]:
    """Read where it listens; of two that start at once, one moves to another port."""
    addresses: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return addresses


def _find_database(settings: Settings) -> str:
    given = settings.database_url
    return attach(settings.data_dir) if given is None else given.get_secret_value()


def _refuse_ended(child: "subprocess.Popen[bytes]", log: Path) -> Never:
    msg = f"the platform ended with status {child.returncode}:\n{_read_tail(log)}"
    raise Unavailable(msg)


def _read_pid(path: Path) -> int | None:
    try:
        pid = json.loads(path.read_text(encoding="utf-8"))["pid"]
    except FileNotFoundError:
        return None
    return int(pid)


def _is_ready(address: str, log: Path) -> bool:
    """Tell whether it answers and is ours: whether our log knows the request.

    Two platforms that start at once are given the same free port; who comes second moves on, and
    until then the first one answers there, with other users and other cases.
    """
    try:
        answer = httpx.get(f"http://{address}/health/ready", timeout=_ANSWER_WITHIN_S)
    except httpx.TransportError:
        return False
    number = answer.headers.get("X-Request-ID")
    return answer.is_success and number is not None and _is_logged(log, number)


def _listens(address: str, log: Path) -> bool:
    """Tell whether our own gateway listens there."""
    try:
        socket.create_connection(Bind.parse(address), timeout=_ANSWER_WITHIN_S).close()
    except OSError:
        return False
    return _is_logged(log, address, "gateway_listens")


def _is_logged(log: Path, *words: str) -> bool:
    # A request is logged when its answer is complete, which may be a moment later.
    for _ in range(_LOOKS):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        if any(all(word in line for word in words) for line in lines):
            return True
        time.sleep(_GLANCE_S)
    return False


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        # Its children are tied to it and end as well.
        child.kill()
        child.wait()


def _read_tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])
