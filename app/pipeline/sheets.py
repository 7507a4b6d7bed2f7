"""When an on-call sheet is made, it goes to everybody who may need it when we are down."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery import service as delivery
from app.planning.events import SheetMade
from app.planning.service import on_call_sheets as sheets


async def sheet_made(session: AsyncSession, event: SheetMade, *, now: datetime) -> int:
    """When an on-call sheet is made, it is mailed to every site and every reader.

    Returns
    -------
    int
        How many mails were asked for.
    """
    addresses = await sheets.list_addresses(session)
    return await delivery.plan_sheet(session, sheet_id=event.sheet_id, addresses=addresses, now=now)
