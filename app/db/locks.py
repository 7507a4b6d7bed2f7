"""Advisory locks by name: for work that must not be done by two at once."""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import blake2b

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named
from app.kit.clock import read_monotonic_s

TAKEN = func.pg_try_advisory_xact_lock(bindparam("key", type_=BigInteger))
"""Takes the lock of the argument `key`, or is false, in statements that are built once."""
_TRY = select(TAKEN)
_KEY = func.unnest(keys_named("keys")).column_valued("key")
_WAIT_FOR_ALL = select(func.count(func.pg_advisory_xact_lock(_KEY)))


def derive_key(name: str) -> int:
    """Turn a lock's name into the signed 64 bits of PostgreSQL, the same in every version."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


async def try_lock(session: AsyncSession, name: str) -> bool:
    """Take the lock until the end of the transaction, or tell that another session holds it."""
    return bool((await session.execute(_TRY, {"key": derive_key(name)})).scalar_one())


async def wait_for_lock(session: AsyncSession, name: str) -> timedelta:
    """Take the lock until the end of the transaction, waiting as long as another holds it.

    Returns
    -------
    timedelta
        How long that took: an instant read before is so much older now. Nothing when it was free.
    """
    if await try_lock(session, name):
        return timedelta(0)
    asked_s = read_monotonic_s()
    await session.execute(select(func.pg_advisory_xact_lock(derive_key(name))))
    return timedelta(seconds=read_monotonic_s() - asked_s)


async def wait_for_locks(session: AsyncSession, names: Iterable[str]) -> None:
    """Take several locks until the end of the transaction, in one statement.

    In one order, so that two who take several do not wait for each other.
    """
    keys = sorted({derive_key(each) for each in names})
    await session.execute(_WAIT_FOR_ALL, {"keys": keys})


async def limit_waits(session: AsyncSession, longest: timedelta) -> None:
    """Let each statement of the transaction from now on fail that waits longer for a lock.

    Parameters
    ----------
    longest
        At least a millisecond.
    """
    limit_ms = max(1, round(longest / timedelta(milliseconds=1)))
    await session.execute(select(func.set_config("lock_timeout", f"{limit_ms}ms", True)))  # noqa: FBT003 - SQL's own argument
