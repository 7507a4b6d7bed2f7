"""Connections that the server ends, as when it is restarted: SQLSTATE 57P01 for who uses them."""

import psycopg

from app.db.engine import write_conninfo

_END = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND (%(application)s::text IS NULL OR application_name = %(application)s)"
)


async def end_connections(url: str, *, application: str | None = None) -> None:
    """End those of a database, or of one program, and return once they are gone."""
    async with await psycopg.AsyncConnection.connect(
        write_conninfo(url), autocommit=True
    ) as connection:
        ended = await connection.execute(_END, {"application": application})
        assert all(has_ended for (has_ended,) in await ended.fetchall())
