"""Copies of the template, made as good as new after each test: a tenth of what a copy costs.

Every row is deleted, the rows of the migrations come back, the sequences start again. A copy whose
schema was touched, or that cannot be cleared, is given up.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.engine import make_unpooled_engine

_Connection = psycopg.Connection[TupleRow]

_FILLED = sql.SQL(
    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
    " AND pg_relation_size(c.oid) > 0 ORDER BY 1, 2"
)
_USED = (
    "SELECT seqrelid, pg_sequence_last_value(seqrelid) FROM pg_sequence"
    " WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
)
_RESTART = sql.SQL(
    "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
    " WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
)
# A row of the catalogue that was written later has a later `xmin`; one that is gone is not counted.
_SCHEMA = sql.SQL(" UNION ALL ").join(
    sql.SQL("SELECT {}, count(*), max(xmin::text::bigint) FROM {}").format(
        sql.Literal(name), sql.Identifier(name)
    )
    for name in (
        "pg_attrdef",
        "pg_attribute",
        "pg_class",
        "pg_constraint",
        "pg_db_role_setting",
        "pg_namespace",
        "pg_proc",
        "pg_sequence",
        "pg_trigger",
        "pg_type",
    )
)
_SEND_AWAY = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

_Table = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the template, and how it looked when it was new.

    Parameters
    ----------
    name
        Of the database.
    schema
        What tells its catalogue from a later one.
    rows
        What the migrations left in tables, as COPY writes it.
    numbers
        Sequences that the migrations drew from, and the last number of each.
    """

    name: str
    schema: frozenset[tuple[object, ...]]
    rows: Mapping[_Table, bytes]
    numbers: Sequence[tuple[object, ...]]


def look_at(url: str, *, name: str) -> Copy:
    """Note how a new copy looks."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = {table: _read(connection, table) for table in _list_filled(connection)}
        numbers = connection.execute(_USED).fetchall()
        return Copy(name, _read_schema(connection), rows, numbers)


def clear(url: str, copy: Copy) -> bool:
    """Make a copy as good as new, sending away who is still connected; tell whether it is.

    It is not when its schema was touched, or when a trigger or a right of ours keeps it as it is.
    """
    with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
        gone = connection.execute(_SEND_AWAY).fetchall()
        if not all(each for (each,) in gone) or _read_schema(connection) != copy.schema:
            return False
        with connection.transaction():
            _empty(connection)
            for table, rows in copy.rows.items():
                _write(connection, table, rows)
            for number in copy.numbers:
                connection.execute("SELECT setval(%s, %s)", number)
        return True
    return False


def _empty(connection: _Connection) -> None:
    # No foreign key and no trigger that keeps a journal from being deleted stands in the way.
    connection.execute("SET LOCAL session_replication_role = replica")
    deletions = [
        sql.SQL("DELETE FROM {}").format(sql.Identifier(*table))
        for table in _list_filled(connection)
    ]
    connection.execute(sql.SQL("; ").join([*deletions, _RESTART]))


def _list_filled(connection: _Connection) -> list[_Table]:
    return [(str(schema), str(table)) for schema, table in connection.execute(_FILLED)]


def _read_schema(connection: _Connection) -> frozenset[tuple[object, ...]]:
    return frozenset(connection.execute(_SCHEMA))


def _read(connection: _Connection, table: _Table) -> bytes:
    query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*table))
    with connection.cursor() as cursor, cursor.copy(query) as rows:
        return b"".join(bytes(each) for each in rows)


def _write(connection: _Connection, table: _Table, rows: bytes) -> None:
    query = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(*table))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(rows)


@cache
def reuse_engine(url: str) -> AsyncEngine:
    """Give the engine of a database, the same to all tests: it knows the statements by then.

    Without a pool it keeps no connection, and so belongs to no event loop.
    """
    return make_unpooled_engine(url)
