"""`astreinte up`: it starts, watches and stops its processes, and leaves none behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from app.supervisor.up import PROCESSES
from tests.plugins.accounts import ROOT, python_path

pytestmark = pytest.mark.e2e

_PATIENCE_S = 120
"""Beside a whole suite it may be slow; it gives its own children 30 s to end."""
_Facts = dict[str, str]
_Up = subprocess.Popen[str]


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let what is started here hear SIGINT, also when a script has started the tests with `&`.

    POSIX lets a shell without job control ignore it for such a job, and children inherit that.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def data_dir(open_path: Path) -> Path:
    return open_path / "var"


@contextmanager
def _run_up(data_dir: Path, **settings: str) -> Iterator[_Up]:
    program = ROOT / "tests" / "e2e" / "programs" / "run_up.py"
    environment = {
        name: value for name, value in python_path().items() if not name.startswith("ASTREINTE_")
    }
    environment |= {f"ASTREINTE_{name.upper()}": value for name, value in settings.items()}
    up = subprocess.Popen(
        [sys.executable, str(program)],
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "ASTREINTE_DATA_DIR": str(data_dir)},
        cwd="/",
    )
    with up:
        try:
            yield up
            up.terminate()
            up.communicate(timeout=_PATIENCE_S)
        finally:
            # Unless it has ended, the test has failed; its children are tied to it.
            up.kill()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _read(data_dir: Path, process: str) -> _Facts:
    """Wait for a child, and read what it was told."""
    path = data_dir / f"{process}.child"
    _wait_until(path.exists)
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _read_all(data_dir: Path) -> list[_Facts]:
    return [_read(data_dir, process) for process in PROCESSES]


def _pids(facts: list[_Facts]) -> list[int]:
    return [int(each["pid"]) for each in facts]


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@contextmanager
def _busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_children_are_told_the_same_and_the_addresses_are_written_down(
    data_dir: Path, database_url: str
) -> None:
    with _run_up(data_dir, database_url=database_url) as up:
        facts = _read_all(data_dir)
        announced = json.loads((data_dir / "up.json").read_text(encoding="utf-8"))

    for name in ("DATABASE_URL", "SECRET_KEY", "DATA_DIR", "HTTP_BIND", "DICOM_BIND"):
        assert len({each[f"ASTREINTE_{name}"] for each in facts}) == 1
    assert facts[0]["ASTREINTE_DATABASE_URL"] == database_url
    assert announced == {
        "pid": up.pid,
        "http": facts[0]["ASTREINTE_HTTP_BIND"],
        "dicom": facts[0]["ASTREINTE_DICOM_BIND"],
    }
    assert stat.S_IMODE((data_dir / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("request_to_stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_and_leaves_no_lock(
    data_dir: Path, database_url: str, request_to_stop: signal.Signals
) -> None:
    with _run_up(data_dir, database_url=database_url) as up:
        pids = _pids(_read_all(data_dir))
        up.send_signal(request_to_stop)

        assert up.wait(_PATIENCE_S) == 0

    assert not any(map(_is_alive, pids))
    assert [path.name for path in data_dir.iterdir()] == ["secret.key"]


def test_a_child_that_dies_is_started_again(data_dir: Path, database_url: str) -> None:
    with _run_up(data_dir, database_url=database_url):
        first = _pids(_read_all(data_dir))
        (data_dir / "web.child").unlink()
        os.kill(first[PROCESSES.index("web")], signal.SIGKILL)

        second = _pids(_read_all(data_dir))

    assert [old == new for old, new in zip(first, second, strict=True)] == [True, True, False]


def test_a_gateway_that_drains_has_a_successor_and_is_left_in_peace(
    data_dir: Path, database_url: str
) -> None:
    with _run_up(data_dir, database_url=database_url) as up:
        first = _pids(_read_all(data_dir))
        draining = first[PROCESSES.index("gateway")]
        os.kill(draining, signal.SIGUSR1)
        _wait_until((data_dir / "gateway.draining").exists)

        second = _pids(_read_all(data_dir))

        assert [old == new for old, new in zip(first, second, strict=True)] == [False, True, True]
        assert _is_alive(draining)
        up.terminate()
        assert up.wait(_PATIENCE_S) == 0
    assert not any(map(_is_alive, {*first, *second}))


def test_when_it_is_killed_its_children_die_too(data_dir: Path, database_url: str) -> None:
    with _run_up(data_dir, database_url=database_url) as up:
        pids = _pids(_read_all(data_dir))
        up.kill()

        _wait_until(lambda: not any(map(_is_alive, pids)))


def test_a_second_one_on_the_folder_is_refused_naming_the_first(
    data_dir: Path, database_url: str
) -> None:
    with _run_up(data_dir, database_url=database_url) as first:
        _read_all(data_dir)
        with _run_up(data_dir, database_url=database_url) as second:
            _, said = second.communicate(timeout=_PATIENCE_S)

    assert second.returncode == 1
    assert f"is in use by process {first.pid} on" in said


def test_a_busy_default_is_replaced_by_a_free_port(data_dir: Path, database_url: str) -> None:
    with (
        _default_ports_busy(),
        _run_up(data_dir, database_url=database_url),
    ):
        facts = _read(data_dir, "web")

    for name, default in (("HTTP_BIND", "8080"), ("DICOM_BIND", "11112")):
        host, port = facts[f"ASTREINTE_{name}"].split(":")
        assert host == "127.0.0.1"
        assert port not in {default, "0"}


@contextmanager
def _default_ports_busy() -> Iterator[None]:
    """Hold the default ports, unless another program already does."""
    held = []
    for port in (8080, 11112):
        try:
            held.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
    yield
    for server in held:
        server.close()


def test_an_address_that_was_asked_for_and_is_busy_is_refused(
    data_dir: Path, database_url: str
) -> None:
    with (
        _busy_port() as port,
        _run_up(data_dir, database_url=database_url, http_bind=f"127.0.0.1:{port}") as up,
    ):
        _, said = up.communicate(timeout=_PATIENCE_S)

    assert up.returncode == 1
    assert f"ASTREINTE_HTTP_BIND=127.0.0.1:{port} cannot be used: Address already in use" in said


def test_no_key_is_made_up_when_others_can_reach_the_pages(
    data_dir: Path, database_url: str
) -> None:
    with _run_up(data_dir, database_url=database_url, http_bind="0.0.0.0:0") as up:
        _, said = up.communicate(timeout=_PATIENCE_S)

    assert up.returncode == 1
    assert "ASTREINTE_SECRET_KEY is needed" in said


def test_without_an_address_it_brings_its_own_database_and_revives_it(data_dir: Path) -> None:
    with _run_up(data_dir) as up:
        url = _read(data_dir, "gateway")["ASTREINTE_DATABASE_URL"]
        with psycopg.connect(url) as connection:
            tables = connection.execute("SELECT count(*) FROM alembic_version").fetchone()
            postmaster = _find_parent(connection.info.backend_pid)
        os.kill(postmaster, signal.SIGKILL)
        _wait_until(lambda: not _is_alive(postmaster) and _answers(url))
        up.terminate()

        assert up.wait(_PATIENCE_S) == 0

    assert tables == (1,)
    assert not _answers(url)
    assert not list(data_dir.glob("*.lock"))


def _find_parent(pid: int) -> int:
    # The name of a program stands in parentheses and may hold spaces; the parent is behind it.
    line = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return int(line.rpartition(")")[2].split()[1])


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
