"""In the morning each referent society hears what others have read for its hospitals."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery import service as delivery
from app.dispatch.events import MorningListMade
from app.dispatch.repository.morning import list_addresses


async def morning_list_made(session: AsyncSession, event: MorningListMade, *, now: datetime) -> int:
    """When a morning list is made, those who administer the society get a mail that points to it.

    An empty list is mailed to nobody.

    Returns
    -------
    int
        How many mails were asked for.
    """
    if not event.read_count and not event.open_count:
        return 0
    addresses = await list_addresses(session, society_id=event.society_id)
    return await delivery.plan_morning(session, list_id=event.list_id, addresses=addresses, now=now)
