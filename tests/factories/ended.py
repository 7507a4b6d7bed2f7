"""Connections that the server ends, as when it is restarted: SQLSTATE 57P01 for who uses them."""

import psycopg

from app.db.engine import write_conninfo

# Whoever went by themselves meanwhile is not ended, and is gone as well.
_END = (
    "SELECT pid, pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
    " AND (%(application)s::text IS NULL OR application_name = %(application)s)"
)
_LEFT = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%(pids)s)"


async def end_connections(url: str, *, application: str | None = None) -> None:
    """End those of a database, or of one program, and return once they are gone.

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
