"""Start everything, watch it, and stop it in order."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress

import structlog

from app.db.embedded.lock import FileLock
from app.db.embedded.owner import OwnedDatabase, own
from app.db.schema import upgrade
from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable
from app.secret_key import ensure_secret_key
from app.settings import PREFIX, Settings
from app.store.layout import Layout
from app.supervisor.addresses import Addresses
from app.supervisor.child import Child
from app.supervisor.signals import Signals, StopAsked
from dicom_gateway.drain import find_running

PROCESSES = ("gateway", "scheduler", "web")
"""What runs, as the command line names it."""

PROGRAM = (sys.executable, "-m", "app.cli")
"""How a process is started."""

_STOP_PATIENCE_S = 30.0
"""The gateway lets associations go on for 10 s, and then its index finish."""
_GLANCE_S = 1.0

_log = structlog.get_logger(__name__)


def run_up(
    settings: Settings, *, say: Callable[[str], None], program: Sequence[str] = PROGRAM
) -> None:
    """Run everything until SIGTERM or SIGINT; then nothing of it is left.

    Call it from the main thread.

    Parameters
    ----------
    settings
        As read from the environment: addresses that it does not name may be replaced by free ones.
    say
        Told, in one line each, what a person at the terminal should know.
    program
        Command that runs one of `PROCESSES`, named in its last argument.

    Raises
    ------
    LockHeld
        If another `up` runs on the same data folder, naming it.
    Unavailable
        If the database does not start, its schema is newer, or an address asked for is in use.
    Invalid
        If a setting that is needed is missing.
    """
    signals = Signals()
    with signals.caught(), suppress(StopAsked):
        _run(settings, signals=signals, say=say, program=program)


def _run(
    settings: Settings, *, signals: Signals, say: Callable[[str], None], program: Sequence[str]
) -> None:
    data_dir = settings.data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = settings.model_copy(update={"data_dir": data_dir})
    with ExitStack() as stack:
        with signals.interrupting():
            stack.enter_context(_held(FileLock(data_dir / "up.lock")))
            addresses = Addresses(settings, say=say)
            secret_key = ensure_secret_key(settings)
            database = stack.enter_context(_open(settings, say))
            upgrade(database.url)
        stack.callback(addresses.withdraw)
        addresses.announce()
        crew = _Crew(settings, addresses=addresses, secret_key=secret_key, program=program)
        crew.watch(database, signals=signals)


class _GivenDatabase:
    """A database that somebody else runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def is_running(self) -> bool:
        """Not ours to judge."""
        return True

    def start_again(self) -> None:
        """Not ours to start."""


_Database = OwnedDatabase | _GivenDatabase


def _open(settings: Settings, say: Callable[[str], None]) -> AbstractContextManager[_Database]:
    if settings.database_url is not None:
        return nullcontext(_GivenDatabase(settings.database_url.get_secret_value()))
    return own(settings.data_dir, say=say)


@contextmanager
def _held(lock: FileLock) -> Iterator[None]:
    lock.take()
    try:
        yield
    finally:
        lock.release()


class _Crew:
    """The processes, each started again when it ends."""

    def __init__(
        self,
        settings: Settings,
        *,
        addresses: Addresses,
        secret_key: str,
        program: Sequence[str],
    ) -> None:
        self._addresses = addresses
        self._program = program
        self._children = [Child(name) for name in PROCESSES]
        self._leaving: list[Child] = []
        self._running = Layout(settings.data_dir).running
        self._environment = {
            **os.environ,
            f"{PREFIX}DATA_DIR": str(settings.data_dir),
            f"{PREFIX}SECRET_KEY": secret_key,
        }

    def watch(self, database: _Database, *, signals: Signals) -> None:
        """Watch them and the database until a stop is asked for; then stop them."""
        try:
            while not signals.is_stop_asked:
                if not database.is_running():
                    with signals.interrupting():
                        self._revive(database)
                self._let_go_of_draining()
                wait_s = min(self._tend(child, database.url) for child in self._children)
                signals.wait(wait_s)
        finally:
            self._stop()

    def _let_go_of_draining(self) -> None:
        """Give a gateway that was asked to drain a successor: it may take its time."""
        draining = {each.pid for each in find_running(self._running) if each.drains}
        for index, child in enumerate(self._children):
            if child.process is not None and child.process.pid in draining:
                self._leaving.append(child)
                self._children[index] = Child(child.name)
        for child in self._leaving:
            child.note_end()
        self._leaving = [child for child in self._leaving if child.process is not None]

    def _tend(self, child: Child, database_url: str) -> float:
        """Start a child that is due; say in how many seconds it wants to be looked at again."""
        child.note_end()
        if child.process is not None:
            return _GLANCE_S
        wait_s = child.due_s - read_monotonic_s()
        if wait_s > 0:
            return min(wait_s, _GLANCE_S)
        self._addresses.prepare(child.name)
        environment = {
            **self._environment,
            **self._addresses.write(),
            f"{PREFIX}DATABASE_URL": database_url,
        }
        child.start([*self._program, child.name], environment=environment)
        return _GLANCE_S

    def _revive(self, database: _Database) -> None:
        """Start a database that ended; who knows only its old address is restarted."""
        known = database.url
        try:
            database.start_again()
        except Unavailable as error:
            _log.error("database_does_not_start", reason=error.message)
            return
        _log.warning("database_restarted")
        if database.url != known:
            self._stop()

    def _stop(self) -> None:
        deadline_s = read_monotonic_s() + _STOP_PATIENCE_S
        for child in (*self._children, *self._leaving):
            child.ask_to_stop()
        for child in (*self._children, *self._leaving):
            child.wait_for_end(deadline_s)
