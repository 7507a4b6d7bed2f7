"""The databases of a test session: one server, one migrated template, copies of it.

The server is the one that `ASTREINTE_TEST_DATABASE_URL` names, else an embedded one. The first of
xdist's workers to take the lock makes it and the template; it leaves last, and leaves nothing.
"""

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.db.embedded.lock import FileLock
from app.db.embedded.owner import own
from app.db.engine import write_conninfo
from app.db.schema import upgrade
from app.kit.errors import Unavailable
from tests.plugins.accounts import make_open_folder
from tests.plugins.copies import Copy, clear, look_at

_PREFIX = "astreinte-test-server-"
VARIABLE = "ASTREINTE_TEST_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class TestServer:
    """A server with a template database that alembic made."""

    __test__ = False

    url: str
    template: str
    _idle: list[Copy] = field(default_factory=list, init=False, compare=False)
    """Copies of the template that others have had, as good as new."""

    def url_of(self, database: str) -> str:
        """Write the address of one of its databases."""
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Lend the address of a migrated, empty database; whoever stays connected is sent away."""
        copy = self._idle.pop() if self._idle else self._copy()
        url = self.url_of(copy.name)
        try:
            yield url
        finally:
            if clear(url, copy):
                self._idle.append(copy)
            else:
                self.run(_DROP, copy.name)

    @contextmanager
    def lend_bare(self) -> Iterator[str]:
        """Lend the address of a database without a schema, dropped afterwards."""
        name = self._draw_name()
        self.run(_CREATE, name, "template0")
        try:
            yield self.url_of(name)
        finally:
            self.run(_DROP, name)

    def drop_idle(self) -> None:
        """Drop the copies that are kept for whoever comes next."""
        while self._idle:
            self.run(_DROP, self._idle.pop().name)

    def _copy(self) -> Copy:
        name = self._draw_name()
        self.run(_CREATE, name, self.template)
        return look_at(self.url_of(name), name=name)

    def _draw_name(self) -> str:
        return f"{self.template}_{secrets.token_hex(4)}"

    def run(self, statement: sql.SQL, *names: str) -> None:
        """Run a statement that no transaction may hold, on databases that it names."""
        with psycopg.connect(write_conninfo(self.url), autocommit=True) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))


_CREATE = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")


@contextmanager
def share_server(folder: Path) -> Iterator[TestServer]:
    """Share the server of a session between its processes.

    Parameters
    ----------
    folder
        One that all processes of the session know, and no other session.
    """
    address = folder / "database.json"
    with ExitStack() as stack:
        with _locked(folder / "database.start", fcntl.LOCK_EX):
            if address.exists():
                server = TestServer(**json.loads(address.read_text(encoding="utf-8")))
                stack.enter_context(_locked(folder / "database.users", fcntl.LOCK_SH))
            else:
                server = stack.enter_context(_serve())
                known = {"url": server.url, "template": server.template}
                address.write_text(json.dumps(known), encoding="utf-8")
                stack.enter_context(_left_last(folder))
        stack.callback(server.drop_idle)
        yield server


@contextmanager
def _left_last(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        (folder / "database.json").unlink()
        # The other processes of the session hold it for as long as they use the server.
        with _locked(folder / "database.users", fcntl.LOCK_EX):
            pass


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _serve() -> Iterator[TestServer]:
    with ExitStack() as stack:
        given = os.environ.get(VARIABLE)
        url = write_conninfo(given) if given else stack.enter_context(_serve_embedded())
        server = TestServer(url, f"astreinte_test_{secrets.token_hex(4)}")
        server.run(sql.SQL("CREATE DATABASE {} TEMPLATE template0"), server.template)
        stack.callback(server.run, _DROP, server.template)
        upgrade(server.url_of(server.template))
        yield server


@contextmanager
def _serve_embedded() -> Iterator[str]:
    _sweep()
    with (
        make_open_folder(prefix=_PREFIX) as folder,
        own(folder, say=_stay_quiet, durable=False) as database,
    ):
        yield database.url


def _sweep() -> None:
    """Remove the folders of sessions that were killed: their servers ended with them."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/database.lock"):
        # In use, another user's, or removed meanwhile by the session that it belongs to.
        with suppress(Unavailable, FileNotFoundError):
            lock = FileLock(path)
            lock.take()
            shutil.rmtree(path.parent)
            lock.release()


def _stay_quiet(line: str) -> None:
    """Tell nobody."""
