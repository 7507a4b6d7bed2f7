"""The one way to reach PostgreSQL: an async engine on psycopg 3."""

from datetime import timedelta

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import URL, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from app.db.pooled import look_before_use
from app.kit.errors import Invalid, Unavailable

_DRIVER = "postgresql+psycopg"
_PREPARED_FROM = 1
"""A statement is prepared when it comes the second time: what came twice comes all night."""
_PREPARED_MAX = 500
# PostgreSQL overestimates statements that ask for parts of few rows: it would compile them, which
# takes many times longer than to run them.
_SERVER_OPTIONS = "-c timezone=UTC -c jit=off -c idle_in_transaction_session_timeout=60000"


def parse_url(text: str) -> URL:
    """Read the address of a database, whatever driver it names, for psycopg 3.

    Raises
    ------
    Invalid
        If it is no address of a PostgreSQL database; the message never repeats the password.
    """
    advice = "write it as postgresql://user:password@host:port/database"
    try:
        url = make_url(text)
    except ArgumentError as error:
        msg = f"the database URL cannot be read; {advice}"
        raise Invalid(msg) from error
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        msg = f"the database URL names {url.get_backend_name()}; only PostgreSQL works: {advice}"
        raise Invalid(msg)
    return url.set(drivername=_DRIVER)


def write_conninfo(text: str) -> str:
    """Write a database URL the way libpq reads it, for programs and direct connections."""
    return parse_url(text).set(drivername="postgresql").render_as_string(hide_password=False)


def connect(url: str) -> psycopg.Connection[TupleRow]:
    """Open a direct connection, for what SQLAlchemy does not do.

    Raises
    ------
    Unavailable
        If nobody answers or lets us in.
    """
    try:
        return psycopg.connect(write_conninfo(url), connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Unavailable(explain_absence(error)) from error


def explain_absence(error: Exception) -> str:
    """Say that the database does not answer, and why; what libpq says never holds a password."""
    return f"the database does not answer: {' '.join(str(error).split())}"


def make_engine(
    url: str,
    *,
    pool_size: int = 10,
    overflow: int = 10,
    longest_wait: timedelta = timedelta(seconds=30),
    application: str = "astreinte",
) -> AsyncEngine:
    """Make an engine with a pool of its own.

    Parameters
    ----------
    url
        Address of the database.
    pool_size
        Connections kept open, > 0.
    overflow
        Connections opened above that for a peak, >= 0.
    longest_wait
        How long whoever finds all of them taken waits for one, > 0.
    application
        What `pg_stat_activity` shows for its connections.
    """
    engine = create_async_engine(
        parse_url(url),
        pool_size=pool_size,
        max_overflow=overflow,
        pool_timeout=longest_wait.total_seconds(),
        # The connection that was used last has its statements prepared and planned.
        pool_use_lifo=True,
        connect_args=_write_connect_args(application),
    )
    event.listen(engine.sync_engine, "connect", _keep_statements)
    look_before_use(engine)
    return engine


def make_unpooled_engine(url: str, *, application: str = "astreinte") -> AsyncEngine:
    """Make an engine that closes each connection after use: for commands and tests."""
    return create_async_engine(
        parse_url(url), poolclass=NullPool, connect_args=_write_connect_args(application)
    )


def _keep_statements(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Keep more statements prepared than psycopg does: each job alone has dozens of its own."""
    driver = connection.driver_connection
    if isinstance(driver, psycopg.AsyncConnection):
        driver.prepared_max = _PREPARED_MAX


def _write_connect_args(application: str) -> dict[str, str | int]:
    return {
        "prepare_threshold": _PREPARED_FROM,
        "application_name": application,
        "options": _SERVER_OPTIONS,
        "connect_timeout": 10,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
