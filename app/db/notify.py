"""LISTEN and NOTIFY: who sleeps is woken when a row that concerns them is committed.

A notification is a hint, never the truth: it may be lost while the connection is down. So a
listener says when it (re)connected, and its consumer then looks at the tables once.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import ColumnElement, Text, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.engine import write_conninfo

WORK = "work"
"""Wakes the schedulers; the payload is the name of a job."""
WORKLIST = "worklist"
"""Wakes the worklists; sent by a trigger, the payload is JSON {case, site}."""

_log = structlog.get_logger(__name__)


def notifying(
    channel: ColumnElement[str] | str, payload: ColumnElement[str] | str
) -> ColumnElement[Any]:
    """Notify in a statement that is sent anyway, wherever this is evaluated."""
    return func.pg_notify(channel, payload)


_NOTIFY = select(notifying(bindparam("channel", type_=Text), bindparam("payload", type_=Text)))


async def notify(session: AsyncSession, *, channel: str, payload: str = "") -> None:
    """Notify the listeners of a channel when this transaction commits; equal ones are sent once."""
    await session.execute(_NOTIFY, {"channel": channel, "payload": payload})


@dataclass(frozen=True, slots=True)
class Notice:
    """Something was committed that concerns the listeners of a channel."""

    channel: str
    payload: str


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The listener hears from now on, but may have missed notices before: look once."""


class Listener:
    """One connection of its own that listens on several channels, for as long as it is iterated.

    Parameters
    ----------
    url
        Address of the database.
    channels
        What to listen to, at least one.
    heartbeat
        How long the connection may be silent before it is tried with a query.
    longest_pause
        Longest pause between two attempts to connect.
    """

    def __init__(
        self,
        url: str,
        *,
        channels: Sequence[str],
        heartbeat: timedelta = timedelta(seconds=30),
        longest_pause: timedelta = timedelta(seconds=5),
    ) -> None:
        self._conninfo = write_conninfo(url)
        self._channels = tuple(channels)
        self._heartbeat_s = heartbeat.total_seconds()
        self._longest_pause_s = longest_pause.total_seconds()

    async def __aiter__(self) -> AsyncGenerator[Notice | Reconnected, None]:
        """Give `Reconnected` after each connection, the first too, and every notice; never ends."""
        pause_s = 0.1
        while True:
            try:
                async with await self._connect() as connection:
                    pause_s = 0.1
                    yield Reconnected()
                    async for notice in self._hear(connection):
                        yield notice
            except (psycopg.OperationalError, TimeoutError) as error:
                reason = type(error).__name__
                _log.warning("listener_disconnected", reason=reason, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, self._longest_pause_s)

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        connection = await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            connect_timeout=10,
            application_name="astreinte listener",
        )
        try:
            for channel in self._channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _hear(
        self, connection: psycopg.AsyncConnection[tuple[object, ...]]
    ) -> AsyncIterator[Notice]:
        while True:
            async for heard in connection.notifies(timeout=self._heartbeat_s):
                yield Notice(heard.channel, heard.payload)
            # A peer that vanished without a word is only noticed when something is sent to it.
            async with asyncio.timeout(self._heartbeat_s):
                await connection.execute("SELECT 1")
