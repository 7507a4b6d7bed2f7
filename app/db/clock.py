"""Business time: the database's clock, read once at the start of a unit of work.

Several hosts share one database, so that its clock is the only one they agree on. What was read is
handed on as the argument `now`.
"""

from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import TIMESTAMP, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import TAKEN, derive_key, try_lock

_INSTANT = TIMESTAMP(timezone=True)
_ASKED = select(func.clock_timestamp(type_=_INSTANT))
_ASKED_ALONE = select(case((TAKEN, func.clock_timestamp(type_=_INSTANT))))
NOW = bindparam("now", type_=_INSTANT)
"""The argument `now`, in statements that are built once."""


class Clock(Protocol):
    """Tells the instant at which a unit of work takes place."""

    async def now(self, session: AsyncSession) -> datetime:
        """Tell the instant, aware and in UTC."""
        ...

    async def now_alone(self, session: AsyncSession, name: str) -> datetime | None:
        """Take an advisory lock and tell the instant; nothing when another session holds it."""
        ...


class DatabaseClock:
    """The clock of the database server."""

    async def now(self, session: AsyncSession) -> datetime:
        """Ask the server; `clock_timestamp()`, since a transaction may have waited for a lock."""
        instant: datetime = (await session.execute(_ASKED)).scalar_one()
        return instant

    async def now_alone(self, session: AsyncSession, name: str) -> datetime | None:
        """Ask the server for both at once."""
        asked = await session.execute(_ASKED_ALONE, {"key": derive_key(name)})
        instant: datetime | None = asked.scalar_one()
        return instant


class SetClock:
    """A clock that stands still until it is moved: for tests and simulations.

    Parameters
    ----------
    instant
        Where it stands, aware.
    """

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    async def now(self, session: AsyncSession) -> datetime:  # noqa: ARG002 - the port's argument
        """Tell the instant it was set to."""
        return self.instant

    async def now_alone(self, session: AsyncSession, name: str) -> datetime | None:
        """Take the lock, and tell the instant it was set to."""
        return self.instant if await try_lock(session, name) else None

    def advance(self, step: timedelta) -> datetime:
        """Move it forward, and tell where it stands then."""
        self.instant += step
        return self.instant
