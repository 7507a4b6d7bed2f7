"""Owning the embedded database: one process starts it, keeps it, and stops it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.db.embedded import attach
from app.db.embedded.cluster import Cluster, read_major
from app.db.embedded.lock import FileLock, LockHeld
from app.db.embedded.place import MACHINE_DIR, Place, find_place
from app.db.embedded.programs import find_programs, make_reachable
from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable

_ORPHAN_PATIENCE_S = 90
_SAY_AFTER_S = 1


class OwnedDatabase:
    """A database that this process owns and that runs.

    Parameters
    ----------
    url
        Its address; it changes only when another program took the port while it was down.
    """

    def __init__(
        self, cluster: Cluster, *, data_dir: Path, held: int, say: Callable[[str], None]
    ) -> None:
        self._cluster = cluster
        self._data_dir = data_dir
        self._held = held
        self._say = say
        self.url = self._start()

    def is_running(self) -> bool:
        """Has the server not ended by itself, or by somebody's kill?"""
        return self._cluster.is_running()

    def start_again(self) -> None:
        """Start the server again after it ended.

        Raises
        ------
        Unavailable
            If it does not start; while processes of the old one still end, a later try may pass.
        """
        self.url = self._start()

    def _start(self) -> str:
        url = self._cluster.start(held=self._held, say=self._say)
        attach.publish(self._data_dir, url)
        return url


@contextmanager
def own(
    data_dir: Path,
    *,
    say: Callable[[str], None],
    durable: bool = True,
    machine_dir: Path = MACHINE_DIR,
) -> Iterator[OwnedDatabase]:
    """Start the database of a data folder, and stop it at the end of the block.

    Call it from the main thread: the server ends with it, so that a killed owner leaves none.

    Parameters
    ----------
    data_dir
        The data folder; made if it is not there.
    say
        Told, in one line each, what a person at the terminal should know.
    durable
        Must the data survive a power cut? False only for tests.
    machine_dir
        Where the cluster lies when the data folder is below a private one.

    Raises
    ------
    LockHeld
        If another process owns the database of this folder, naming it.
    Unavailable
        If it cannot be made or started, saying why.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        _hold(stack, FileLock(data_dir / "database.lock"))
        place = find_place(data_dir, machine_dir=machine_dir)
        alive = FileLock(place.home / "server.lock")
        _take_from_orphan(alive, say)
        stack.callback(alive.release)
        cluster = _prepare(place, durable=durable, machine_dir=machine_dir, say=say)
        stack.callback(cluster.stop)
        stack.callback(attach.withdraw, data_dir)
        yield OwnedDatabase(cluster, data_dir=data_dir, held=alive.descriptor, say=say)


@contextmanager
def open_database(data_dir: Path, *, url: str | None, say: Callable[[str], None]) -> Iterator[str]:
    """Give the URL of the database to work on: the one given, the one that runs, else our own.

    For commands that must work beside `astreinte up` and without it.
    """
    running = url or attach.read_url(data_dir)
    if url is None and running is not None and not attach.answers(running):
        running = None
    if running is not None:
        yield running
        return
    with own(data_dir, say=say) as owned:
        yield owned.url


def _hold(stack: ExitStack, lock: FileLock) -> None:
    lock.take()
    stack.callback(lock.release)


def _take_from_orphan(lock: FileLock, say: Callable[[str], None]) -> None:
    """Take the lock that the server's processes share, once those of a killed owner ended."""
    began = read_monotonic_s()
    told = False
    while True:
        try:
            lock.take()
        except LockHeld as error:
            waited_s = read_monotonic_s() - began
            if waited_s > _ORPHAN_PATIENCE_S:
                msg = (
                    f"processes of an earlier server still hold {lock.path}: its owner was killed "
                    f"and they did not end; stop them (`pg_ctl stop -D {lock.path.parent}/data`)"
                )
                raise Unavailable(msg) from error
            if waited_s > _SAY_AFTER_S and not told:
                say("the last owner was killed; waiting for its server to stop")
                told = True
            time.sleep(0.05)
        else:
            return


def _prepare(
    place: Place, *, durable: bool, machine_dir: Path, say: Callable[[str], None]
) -> Cluster:
    programs = find_programs(major=read_major(place.data))
    programs = make_reachable(programs, account=place.account, machine_dir=machine_dir)
    cluster = Cluster(place, programs, durable=durable)
    cluster.initialise()
    if durable:
        _announce(place, say)
    return cluster


def _announce(place: Place, say: Callable[[str], None]) -> None:
    say(
        f"embedded PostgreSQL in {place.home}: for demo, tests and pilots, not for "
        "production; whoever can read the data folder may do anything in it"
    )
    if place.is_outside:
        say(
            f"the data folder lies below a private folder that {place.account.name} may not enter, "
            f"so the database lies in {place.home}"
        )
