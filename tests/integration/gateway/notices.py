"""What a connection has heard so far, without waiting for silence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TypeAlias

import psycopg

from app.db.engine import write_conninfo

Ear: TypeAlias = psycopg.AsyncConnection[tuple[object, ...]]
_PATIENCE_S = 20


@asynccontextmanager
async def listen_to_work(database_url: str) -> AsyncIterator[Ear]:
    """Open a connection that hears which jobs are woken."""
    async with await psycopg.AsyncConnection.connect(
        write_conninfo(database_url), autocommit=True
    ) as ear:
        await ear.execute("LISTEN work")
        yield ear


async def list_woken(ear: Ear) -> list[str]:
    """List the jobs that were woken since the last time, in order.

    Notices come in the order of the commits: our own one says that all earlier ones were heard.
    """
    await ear.execute("NOTIFY work, 'heard so far'")
    woken: list[str] = []
    async with asyncio.timeout(_PATIENCE_S), aclosing(ear.notifies()) as notices:
        async for notice in notices:
            if notice.payload == "heard so far":
                break
            woken.append(notice.payload)
    return woken
