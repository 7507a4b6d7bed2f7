"""Queries of the throttle: failed sign-ins in a row, by login, by address, and by the pair."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import SignInThrottle

_FORGOTTEN_AFTER = timedelta(days=1)


async def find_wait_until(session: AsyncSession, *, keys: Collection[bytes]) -> datetime | None:
    """Find until when one of the keys has to wait."""
    query = select(func.max(SignInThrottle.wait_until)).where(SignInThrottle.key.in_(keys))
    return (await session.execute(query)).scalar_one()


async def add_failure(session: AsyncSession, *, key: bytes, now: datetime) -> int:
    """Count one more failure in a row, and tell how many it are; a day's quiet forgets them."""
    row = insert(SignInThrottle).values(key=key, failures=1, failed_at=now)
    forgotten = SignInThrottle.failed_at < now - _FORGOTTEN_AFTER
    statement = row.on_conflict_do_update(
        index_elements=[SignInThrottle.key],
        set_={
            "failures": case((forgotten, 1), else_=SignInThrottle.failures + 1),
            "failed_at": now,
        },
    ).returning(SignInThrottle.failures)
    return (await session.execute(statement)).scalar_one()


async def set_wait(session: AsyncSession, *, key: bytes, until: datetime) -> None:
    """Let the key wait."""
    await session.execute(
        update(SignInThrottle).where(SignInThrottle.key == key).values(wait_until=until)
    )


async def forget(session: AsyncSession, *, keys: Collection[bytes], now: datetime) -> None:
    """Forget these keys, and all that have been quiet for a day."""
    await session.execute(
        delete(SignInThrottle).where(
            SignInThrottle.key.in_(keys) | (SignInThrottle.failed_at < now - _FORGOTTEN_AFTER)
        )
    )
