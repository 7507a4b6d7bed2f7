"""Advisory locks by name: for work that must not be done by two at once."""

from hashlib import blake2b

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


def derive_key(name: str) -> int:
    """Turn a lock's name into the signed 64 bits of PostgreSQL, the same in every version."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Take the lock until the end of the transaction, or tell that another session holds it."""
    statement = select(func.pg_try_advisory_xact_lock(derive_key(name)))
    return bool((await session.execute(statement)).scalar_one())


async def wait_for_lock(session: AsyncSession, name: str) -> None:
    """Take the lock until the end of the transaction, waiting as long as another holds it."""
    await session.execute(select(func.pg_advisory_xact_lock(derive_key(name))))
