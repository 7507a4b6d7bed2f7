"""The embedded database: one owner, any folder, after any end."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from app.db.embedded.attach import attach, read_url
from app.db.embedded.lock import LockHeld
from app.db.embedded.owner import OwnedDatabase, open_database, own
from app.db.embedded.place import find_place
from app.kit.errors import Unavailable
from tests.plugins.accounts import ROOT, as_plain_user, make_open_folder, plain_uid, python_path

pytestmark = pytest.mark.e2e

_PATIENCE_S = 30


@pytest.fixture
def machine_dir(open_path: Path) -> Path:
    return open_path / "machine"


@pytest.fixture
def data_dir(open_path: Path) -> Path:
    return open_path / "var"


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    with make_open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def owned(shared_folder: Path) -> Iterator[OwnedDatabase]:
    """Give a database that runs in the shared folder; no test ends it."""
    with _own(shared_folder, shared_folder / "machine") as database:
        yield database


@contextmanager
def _own(data_dir: Path, machine_dir: Path) -> Iterator[OwnedDatabase]:
    with own(data_dir, say=_ignore, durable=False, machine_dir=machine_dir) as database:
        yield database


@contextmanager
def _owner_process(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run an owner; give it and the address of its database."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=python_path(), cwd="/"
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE_S)


def _write_owner_command(data_dir: Path, machine_dir: Path) -> list[str]:
    program = ROOT / "tests" / "e2e" / "programs" / "own_database.py"
    return [str(program), str(data_dir), str(machine_dir)]


def _ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def _list_server_pids(data_dir: Path, machine_dir: Path, url: str) -> list[int]:
    """List the postmaster, then its children."""
    data = find_place(data_dir, machine_dir=machine_dir).data
    postmaster = int((data / "postmaster.pid").read_text().splitlines()[0])
    return [
        postmaster,
        *(int(str(row[0])) for row in _ask(url, "SELECT pid FROM pg_stat_activity")),
    ]


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _ignore(line: str) -> None:
    assert line


def test_it_is_durable_and_speaks_utc(data_dir: Path, machine_dir: Path) -> None:
    said: list[str] = []

    with own(data_dir, say=said.append, machine_dir=machine_dir) as database:
        settings = {
            name: _ask(database.url, f"SHOW {name}")[0][0]
            for name in ("fsync", "synchronous_commit", "full_page_writes", "timezone")
        }

    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "timezone": "UTC",
    }
    assert "not for production" in said[0]


def test_it_lets_nobody_in_without_the_password(owned: OwnedDatabase) -> None:
    with_another = psycopg.conninfo.make_conninfo(owned.url, password="another")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(with_another)


def test_it_upper_cases_accents(owned: OwnedDatabase) -> None:
    assert _ask(owned.url, "SELECT upper('é')") == [("É",)]


def test_a_second_owner_is_refused_naming_the_first(
    owned: OwnedDatabase, shared_folder: Path
) -> None:
    with (
        pytest.raises(LockHeld, match=rf"process {os.getpid()} on .* since 20") as refusal,
        _own(shared_folder, shared_folder / "machine"),
    ):
        pytest.fail("there are two owners")

    assert refusal.value.holder is not None
    assert refusal.value.holder.pid == os.getpid()
    assert _ask(owned.url, "SELECT 1") == [(1,)]


def test_others_attach_through_the_data_folder(owned: OwnedDatabase, shared_folder: Path) -> None:
    assert attach(shared_folder) == owned.url
    assert stat.S_IMODE((shared_folder / "database.json").stat().st_mode) == 0o600


def test_a_command_uses_the_database_that_runs(owned: OwnedDatabase, shared_folder: Path) -> None:
    with open_database(shared_folder, url=None, say=_ignore) as url:
        assert url == owned.url

    assert owned.is_running()


def test_without_an_owner_attaching_says_what_to_do(data_dir: Path) -> None:
    with pytest.raises(Unavailable, match=r"ASTREINTE_DATABASE_URL.*astreinte up"):
        attach(data_dir)


def test_after_its_end_nothing_of_it_runs_or_is_locked(data_dir: Path, machine_dir: Path) -> None:
    with _own(data_dir, machine_dir) as database:
        pids = _list_server_pids(data_dir, machine_dir, database.url)

    assert not any(map(_is_alive, pids))
    assert read_url(data_dir) is None
    assert not list(data_dir.rglob("*.lock"))


def test_a_restart_keeps_the_rows_and_the_address(data_dir: Path, machine_dir: Path) -> None:
    with _own(data_dir, machine_dir) as database:
        first = database.url
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS id")

    with _own(data_dir, machine_dir) as database:
        assert _ask(database.url, "SELECT id FROM kept") == [(1,)]
        assert database.url == first


def test_a_data_folder_may_have_a_long_path(open_path: Path, machine_dir: Path) -> None:
    deep = open_path.joinpath(*["d" * 60] * 3)
    assert len(str(deep)) > 107

    with _own(deep, machine_dir) as database:
        assert _ask(database.url, "SELECT 1") == [(1,)]


def test_a_stranger_with_the_pid_of_the_last_server_is_left_alone(
    data_dir: Path, machine_dir: Path
) -> None:
    with _own(data_dir, machine_dir):
        place = find_place(data_dir, machine_dir=machine_dir)
        lines = (place.data / "postmaster.pid").read_text().splitlines()
    with subprocess.Popen(["/bin/sleep", "60"], **place.account.identity) as stranger:
        stale = place.data / "postmaster.pid"
        stale.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        place.account.own(stale)

        with _own(data_dir, machine_dir) as database:
            answer = _ask(database.url, "SELECT 1")
        was_alive = stranger.poll() is None
        stranger.kill()

    assert answer == [(1,)]
    assert was_alive


def test_after_kill_9_of_everything_it_recovers(data_dir: Path, machine_dir: Path) -> None:
    command = [sys.executable, *_write_owner_command(data_dir, machine_dir)]
    with _owner_process(command) as (owner, url):
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS id")
        pids = _list_server_pids(data_dir, machine_dir, url)
        owner.send_signal(signal.SIGSTOP)
        for pid in (*pids, owner.pid):
            _kill(pid)

    with _own(data_dir, machine_dir) as database:
        assert _ask(database.url, "SELECT id FROM kept") == [(1,)]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        # The last backend was our own query's.
        return


def test_a_killed_owner_takes_its_server_along(data_dir: Path, machine_dir: Path) -> None:
    command = [sys.executable, *_write_owner_command(data_dir, machine_dir)]
    with _owner_process(command) as (owner, url):
        postmaster, *_ = _list_server_pids(data_dir, machine_dir, url)
        owner.kill()
        _wait_until(lambda: not _is_alive(postmaster))

        with _own(data_dir, machine_dir) as database:
            assert _ask(database.url, "SELECT 1") == [(1,)]


def test_a_server_that_was_killed_is_started_again(data_dir: Path, machine_dir: Path) -> None:
    with _own(data_dir, machine_dir) as database:
        url = database.url
        postmaster, *_ = _list_server_pids(data_dir, machine_dir, url)
        os.kill(postmaster, signal.SIGKILL)
        _wait_until(lambda: not database.is_running())

        _start_again_patiently(database)

        assert database.url == url
        assert _ask(url, "SELECT 1") == [(1,)]


def _start_again_patiently(owned: OwnedDatabase) -> None:
    # Its children may live a little longer than it; a start is refused until they are gone.
    for _ in range(20):
        try:
            owned.start_again()
        except Unavailable:
            time.sleep(0.2)
        else:
            return
    pytest.fail("it did not start again")


def test_a_plain_user_owns_a_database_too(open_path: Path, machine_dir: Path) -> None:
    data_dir = open_path / "plain"
    data_dir.mkdir()
    os.chown(data_dir, plain_uid(), -1)
    command = as_plain_user(*_write_owner_command(data_dir, machine_dir))

    with _owner_process(command) as (_, url):
        assert _ask(url, "SELECT 1") == [(1,)]
        owner = (data_dir / "postgresql" / "data").stat().st_uid

    assert owner == plain_uid()


@pytest.mark.root
def test_what_a_plain_user_made_stays_theirs_when_root_starts_it(
    open_path: Path, machine_dir: Path
) -> None:
    data_dir = open_path / "plain"
    data_dir.mkdir()
    os.chown(data_dir, plain_uid(), -1)
    with _owner_process(as_plain_user(*_write_owner_command(data_dir, machine_dir))):
        pass

    with _own(data_dir, machine_dir) as database:
        assert _ask(database.url, "SELECT 1") == [(1,)]

    foreign = [path for path in data_dir.rglob("*") if path.stat().st_uid != plain_uid()]
    assert not foreign


@pytest.mark.root
def test_below_a_private_folder_it_lies_on_the_machine(open_path: Path, machine_dir: Path) -> None:
    private = open_path / "private"
    private.mkdir(mode=0o700)
    data_dir = private / "clone" / "var"
    said: list[str] = []

    for _ in range(2):
        with own(data_dir, say=said.append, machine_dir=machine_dir) as database:
            assert _ask(database.url, "SELECT 1") == [(1,)]

    # Beside it lies a copy of PostgreSQL's programs when the wheel is below a private folder too.
    (home,) = machine_dir.glob("clone-*")
    assert (data_dir / "postgresql.home").read_text().strip() == str(home)
    assert any(str(home) in line and "private folder" in line for line in said)
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.mark.root
def test_a_database_that_went_away_is_not_replaced_in_silence(
    open_path: Path, machine_dir: Path
) -> None:
    private = open_path / "private"
    private.mkdir(mode=0o700)
    with _own(private / "var", machine_dir):
        pass
    shutil.rmtree(machine_dir)

    with (
        pytest.raises(Unavailable, match=r"postgresql\.home.*begin with an empty database"),
        _own(private / "var", machine_dir),
    ):
        pytest.fail("an empty database took its place")
