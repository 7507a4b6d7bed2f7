"""One cluster: made, started, checked by connecting, and stopped."""

import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import structlog
from psycopg import pq, sql

from app.db.embedded.child import make_tether
from app.db.embedded.place import Place
from app.db.embedded.programs import Programs
from app.db.embedded.settings import environ, write_settings
from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable

ROLE = "astreinte"
DATABASE = "astreinte"
_HOST = "127.0.0.1"
_PORT_ATTEMPTS = 5
_PATIENCE_S = 3
_FAST_STOP_S = 60
_IMMEDIATE_STOP_S = 10
_BUILTIN_LOCALE_SINCE = 17

_log = structlog.get_logger(__name__)


class Cluster:
    """A cluster in its place, run with one installation of PostgreSQL.

    Parameters
    ----------
    place
        Where it lies and who runs it.
    programs
        The installation; the version that made the cluster.
    durable
        Must it survive a power cut? Only the databases of tests need not.
    """

    def __init__(self, place: Place, programs: Programs, *, durable: bool) -> None:
        self.place = place
        self._programs = programs
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        """Make the cluster, unless it exists; one that was made half is made anew."""
        place = self.place
        if place.data.exists():
            return
        fresh = place.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._draw_password()
        command = [str(self._programs.path("initdb")), f"--pgdata={fresh}", f"--username={ROLE}"]
        command += ["--auth=scram-sha-256", f"--pwfile={place.password}", "--encoding=UTF8"]
        command += self._choose_locale()
        if not self._durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=place.home,
            env=environ(),
            **place.account.identity,
        )
        if done.returncode:
            msg = f"initdb could not make a cluster in {place.home}: {done.stderr.strip()}"
            raise Unavailable(msg)
        fresh.rename(place.data)

    def start(self, *, held: int, say: Callable[[str], None]) -> str:
        """Start the server, wait until it lets us in (crash recovery included), give its URL.

        Call it from the main thread: the server is tied to the thread that starts it.

        Parameters
        ----------
        held
            Descriptor of a file lock that shall be held for as long as one of its processes lives.
        say
            Told when there is something to wait for.

        Raises
        ------
        Unavailable
            If it ends instead, with the last lines that it said.
        """
        self._forget_dead_server()
        for _ in range(_PORT_ATTEMPTS):
            port = self._choose_port()
            self._process = self._launch(port, held)
            url = self.write_url(port)
            if self._wait(url, say):
                self._make_database(port)
                (self.place.home / "port").write_text(f"{port}\n", encoding="ascii")
                return url
            if _is_free(port):
                break
        self._process = None
        msg = f"PostgreSQL did not start in {self.place.home}; it said: {self._read_last_words()}"
        raise Unavailable(msg)

    def stop(self) -> None:
        """Stop the server that we started: its clients are sent away, its data written."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        # A child of ours that nobody has waited for: its pid cannot have been used again.
        for kind, patience_s in (
            (signal.SIGINT, _FAST_STOP_S),
            (signal.SIGQUIT, _IMMEDIATE_STOP_S),
        ):
            process.send_signal(kind)
            try:
                process.wait(patience_s)
            except subprocess.TimeoutExpired:
                _log.warning("database_slow_to_stop", patience_s=patience_s)
            else:
                return
        process.kill()
        process.wait()

    def is_running(self) -> bool:
        """Has the server that we started not ended?"""
        return self._process is not None and self._process.poll() is None

    def write_url(self, port: int, *, database: str = DATABASE) -> str:
        """Write the address of a database of this cluster."""
        password = self.place.password.read_text(encoding="ascii").strip()
        return f"postgresql://{ROLE}:{password}@{_HOST}:{port}/{database}"

    def _draw_password(self) -> None:
        path = self.place.password
        path.touch(mode=0o600)
        # Again at each try: a start may have been killed between any two of these lines.
        self.place.account.own(path)
        if not path.stat().st_size:
            path.write_text(secrets.token_hex(32), encoding="ascii")

    def _choose_locale(self) -> list[str]:
        # By code point, with the upper and lower case of Unicode, whatever the machine has.
        if self._programs.major >= _BUILTIN_LOCALE_SINCE:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _launch(self, port: int, held: int) -> subprocess.Popen[bytes]:
        place = self.place
        command = [str(self._programs.path("postgres")), "-D", str(place.data)]
        for name, value in write_settings(port, durable=self._durable, major=self._programs.major):
            command += ["-c", f"{name}={value}"]
        with place.log.open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=place.home,
                env=environ(),
                pass_fds=(held,),
                # Its own session: Ctrl-C on a terminal must reach the clients first.
                start_new_session=True,
                preexec_fn=make_tether(signal.SIGINT),  # noqa: PLW1509 - nothing else runs there
                **place.account.identity,
            )

    def _wait(self, url: str, say: Callable[[str], None]) -> bool:
        """Wait until the server lets us in; false when it ended instead."""
        patient_until = read_monotonic_s() + _PATIENCE_S
        while self.is_running():
            if pq.PGconn.ping(f"{url}?connect_timeout=5".encode()) == pq.Ping.OK:
                return True
            if read_monotonic_s() > patient_until:
                say("the database recovers from its last end; waiting")
                patient_until = float("inf")
            time.sleep(0.02)
        return False

    def _make_database(self, port: int) -> None:
        maintenance = self.write_url(port, database="postgres")
        with psycopg.connect(maintenance, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _forget_dead_server(self) -> None:
        """Remove what a killed server left behind.

        The lock proves that no process of this cluster lives; the pid written there may by now be
        a stranger's, and the server would then refuse to start.
        """
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)

    def _choose_port(self) -> int:
        """Choose the port of the last time if it is free: who waits for us finds us there."""
        try:
            last = int((self.place.home / "port").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return _draw_port()
        return last if _is_free(last) else _draw_port()

    def _read_last_words(self) -> str:
        lines = self.place.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(lines[-5:]) or "nothing"


def read_major(data: Path) -> int | None:
    """Read which version made a cluster; nothing when there is none."""
    path = data / "PG_VERSION"
    return int(path.read_text(encoding="ascii")) if path.exists() else None


def _draw_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
        return True
