"""Does each item of a batch in a savepoint: one that fails must not stop the others."""

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import is_connection_lost, is_serialization_failure

_log = structlog.get_logger(__name__)


async def succeeds(
    session: AsyncSession, work: Callable[[], Awaitable[object]], **item: int
) -> bool:
    """Do one item's work, and tell whether it could be done; else it leaves no trace but a log.

    A statement that takes too long, or waits too long for a lock, is the item's failure.

    Parameters
    ----------
    work
        What to do with the session, within its transaction.
    item
        What the log calls the item.

    Raises
    ------
    DBAPIError
        If the transaction lost a race or the database is away: that is no fault of the item.
    """
    try:
        async with session.begin_nested():
            await work()
    except Exception as error:  # An edge: one bad row must not stop all others.
        if not is_of_item(error):
            raise
        # The type alone: an exception's text may hold what a patient's file said.
        _log.exception("item_failed", error=type(error).__name__, exc_info=error, **item)
        return False
    return True


def is_of_item(error: Exception) -> bool:
    """Tell whether an error may be an item's own, so that the others can do without it.

    A race that the transaction lost, or a database that is away, is no fault of any item.
    """
    return not isinstance(error, DBAPIError) or not (
        is_serialization_failure(error) or is_connection_lost(error)
    )
