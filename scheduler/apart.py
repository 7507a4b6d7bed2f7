"""Does each item of a batch in a savepoint: one that fails must not stop the others."""

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

_log = structlog.get_logger(__name__)


async def succeeds(
    session: AsyncSession, work: Callable[[], Awaitable[object]], **item: int
) -> bool:
    """Do one item's work, and tell whether it could be done; else it leaves no trace but a log.

    Parameters
    ----------
    work
        What to do with the session, within its transaction.
    item
        What the log calls the item.

    Raises
    ------
    OperationalError, InterfaceError
        If the transaction lost a race or the database is away: that is no fault of the item.
    """
    try:
        async with session.begin_nested():
            await work()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - an edge: one bad row must not stop all others
        # The type alone: an exception's text may hold what a patient's file said.
        _log.exception("item_failed", error=type(error).__name__, exc_info=error, **item)
        return False
    return True
