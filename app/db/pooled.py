"""A pooled connection is looked at before it is used: a database may have been restarted."""

import select

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from app.kit.clock import read_monotonic_s

_TRUSTED_S = 30.0
"""How long an idle connection is believed without a word: a firewall may have forgotten it."""
_USED = "used_s"


def look_before_use(engine: AsyncEngine) -> None:
    """Let a dead connection be replaced before it is used, so that it fails nobody's request.

    A server that ends says so, or its system does, and what it said waits to be read: to see that
    nothing waits costs no round trip, which matters where a transaction is a few statements.
    """
    dialect = engine.dialect
    dead = dialect.loaded_dbapi.Error

    def note_use(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_USED] = read_monotonic_s()

    def look(
        connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        used_s = record.info.get(_USED)
        # One that is new has just answered.
        if used_s is None or _may_be_trusted(connection, idle_s=read_monotonic_s() - used_s):
            return
        try:
            dialect.do_ping(connection)
        except dead as error:
            record.info.pop(_USED)
            raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkin", note_use)
    event.listen(engine.sync_engine, "checkout", look)


def _may_be_trusted(connection: DBAPIConnection, *, idle_s: float) -> bool:
    """Tell whether a connection was used a moment ago, and its server has said nothing since."""
    driver = connection.driver_connection
    if driver is None or driver.closed:
        return False
    return idle_s < _TRUSTED_S and not _has_said_something(driver.fileno())


def _has_said_something(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
