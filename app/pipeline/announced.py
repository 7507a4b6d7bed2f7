"""What a request announces of its images is weighed against what has come."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as case_rows
from app.intake import service as intake
from app.intake.domain.announcements import Source
from app.intake.service import announcements
from app.requests.repository import requests as request_rows
from app.settings import Settings


async def weigh_request(session: AsyncSession, case_id: int, *, settings: Settings) -> None:
    """When the one request of a case announces a number, the one study of the case has it.

    Nobody can say which of several studies a number is about: then it counts for none.
    """
    request_ids = await case_rows.list_request_ids(session, case_id)
    if len(request_ids) != 1:
        return
    request = await request_rows.get_request(session, request_ids[0])
    if request.expected_count is not None:
        await announcements.announce(
            session,
            [each.id for each in await case_rows.list_studies(session, case_id)],
            source=Source.REQUEST,
            count=request.expected_count,
            waits=intake.read_waits(settings),
        )
