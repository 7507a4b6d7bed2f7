"""Start everything, watch it, and stop it in order."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress

import structlog

from app.db.embedded.lock import FileLock
from app.db.embedded.owner import OwnedDatabase, own
from app.db.schema import upgrade
from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable
from app.secret_key import ensure_secret_key
from app.settings import PREFIX, Bind, Settings
from app.supervisor.addresses import announced, choose_binds
from app.supervisor.child import Child
from app.supervisor.signals import Signals, StopAsked

PROCESSES = ("gateway", "scheduler", "web")
"""What runs, as the command line names it."""

_STOP_PATIENCE_S = 20.0
_GLANCE_S = 1.0

_log = structlog.get_logger(__name__)


def run_up(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Run everything until SIGTERM or SIGINT; then nothing of it is left.

    Call it from the main thread.

    Parameters
    ----------
    settings
        As read from the environment: addresses that it does not name may be replaced by free ones.
    say
        Told, in one line each, what a person at the terminal should know.

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
        _run(settings, signals=signals, say=say)


def _run(settings: Settings, *, signals: Signals, say: Callable[[str], None]) -> None:
    data_dir = settings.data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = settings.model_copy(update={"data_dir": data_dir})
    with ExitStack() as stack:
        with signals.interrupting():
            stack.enter_context(_held(FileLock(data_dir / "up.lock")))
            environment = _Environment(settings, binds=choose_binds(settings))
            database = stack.enter_context(_open(settings, say))
            upgrade(database.url)
        stack.enter_context(announced(environment.binds, data_dir=data_dir, say=say))
        _watch(database, environment=environment, signals=signals)


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


class _Environment:
    """The environment of the children."""

    def __init__(self, settings: Settings, *, binds: Mapping[str, Bind]) -> None:
        self.binds = binds
        self._fixed = {
            **os.environ,
            f"{PREFIX}DATA_DIR": str(settings.data_dir),
            f"{PREFIX}SECRET_KEY": ensure_secret_key(settings),
            **{PREFIX + name.upper(): str(bind) for name, bind in binds.items()},
        }

    def write(self, database_url: str) -> dict[str, str]:
        """Write it, with the address that the database has now."""
        return {**self._fixed, f"{PREFIX}DATABASE_URL": database_url}


def _watch(database: _Database, *, environment: _Environment, signals: Signals) -> None:
    children = [Child(name) for name in PROCESSES]
    try:
        while not signals.is_stop_asked:
            if not database.is_running():
                with signals.interrupting():
                    _revive(database, children)
            wait_s = _GLANCE_S
            for child in children:
                wait_s = min(wait_s, _tend(child, environment.write(database.url)))
            signals.wait(wait_s)
    finally:
        _stop(children)


def _tend(child: Child, environment: Mapping[str, str]) -> float:
    """Start a child that is due; say how many seconds from now it wants to be looked at again."""
    child.note_end()
    if child.process is not None:
        return _GLANCE_S
    wait_s = child.due_s - read_monotonic_s()
    if wait_s > 0:
        return wait_s
    child.start(environment)
    return _GLANCE_S


def _revive(database: _Database, children: list[Child]) -> None:
    """Start a database that ended; children that know only its old address are restarted."""
    known = database.url
    try:
        database.start_again()
    except Unavailable as error:
        _log.error("database_does_not_start", reason=error.message)
        return
    _log.warning("database_restarted")
    if database.url != known:
        _stop(children)


def _stop(children: list[Child]) -> None:
    deadline_s = read_monotonic_s() + _STOP_PATIENCE_S
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait_for_end(deadline_s)
