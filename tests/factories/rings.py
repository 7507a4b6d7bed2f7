"""What a database does to who is unlucky: it ends a race by ending one, or cuts a line."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Sessions, unit_of_work

_RAISE = {
    "40001": "RAISE SQLSTATE '40001'",
    "57P01": "PERFORM pg_terminate_backend(pg_backend_pid())",
}

_WAIT = """
LOOP
    PERFORM FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database();
    EXIT WHEN FOUND;
    PERFORM pg_stat_clear_snapshot(), pg_sleep(0.01);
END LOOP;
"""


async def hurt(sessions: Sessions, table: str, *, sqlstate: str, times: int) -> None:
    """Let the first inserts into a table fail, and the others not."""
    async with unit_of_work(sessions) as session:
        # A sequence goes on although the transaction that asked it is rolled back.
        await session.execute(text("CREATE SEQUENCE hurt_inserts"))
        await session.execute(
            text(
                "CREATE FUNCTION hurt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF nextval('hurt_inserts') <= {times} THEN {_RAISE[sqlstate]}; END IF;"
                " RETURN NULL; END $$"
            )
        )
        await session.execute(
            text(f"CREATE TRIGGER tr_hurt AFTER INSERT ON {table} EXECUTE FUNCTION hurt()")
        )


async def count_inserts(sessions: Sessions) -> int:
    """Count how often an insert into that table was tried."""
    async with sessions() as session:
        query = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM hurt_inserts")
        return int((await session.execute(query)).scalar_one())


async def wait_for_waiter(sessions: Sessions) -> None:
    """Wait until some transaction waits for what another one holds."""
    async with asyncio.timeout(120), sessions() as session:
        await session.execute(text(f"DO $$ BEGIN {_WAIT} END $$"))


async def close_ring(session: AsyncSession, case_id: int) -> None:
    """Lock a case whose holder waits for this session, as soon as it does: one of them must end.

    It is the holder: this session does not look for a ring. In one statement, since the holder
    looks only once, a second after it has begun to wait.
    """
    lock = f'PERFORM FROM "case" WHERE id = {case_id} FOR NO KEY UPDATE;'
    async with asyncio.timeout(120):
        await session.execute(text("SET LOCAL deadlock_timeout = '1h'"))
        await session.execute(text(f"DO $$ BEGIN {_WAIT} {lock} END $$"))
