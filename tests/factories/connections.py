"""Connections of a program to the database: how many there are, and how the server ends them."""

import psycopg
from sqlalchemy import text

from app.db.engine import write_conninfo
from app.db.session import Sessions

_COUNT = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = :application"
)
# Whoever went by themselves meanwhile is not ended, and is gone as well.
_END = (
    "SELECT pid, pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
    " AND (%(application)s::text IS NULL OR application_name = %(application)s)"
)
_LEFT = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%(pids)s)"


async def count_connections(sessions: Sessions, *, application: str) -> int:
    """Count those of one program to the database of these sessions."""
    async with sessions() as session:
        return int((await session.execute(_COUNT, {"application": application})).scalar_one())


async def end_connections(url: str, *, application: str | None = None) -> None:
    """End those of a database, or of one program, and return once they are gone.

    As when the server is restarted: SQLSTATE 57P01 for who uses them.

    Raises
    ------
    AssertionError
        If there were none, or one stays.
    """
    async with await psycopg.AsyncConnection.connect(
        write_conninfo(url), autocommit=True
    ) as connection:
        ended = await connection.execute(_END, {"application": application})
        pids = [pid for pid, _ in await ended.fetchall()]
        left = await (await connection.execute(_LEFT, {"pids": pids})).fetchone()
    assert pids
    assert left == (0,)
