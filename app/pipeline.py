"""Each event of the flow and the use cases it starts, from the first image to the last delivery.

Read from top to bottom, this is the way of a study. Every function runs inside the transaction of
its caller (a request, or a job of the scheduler), which alone commits. What leaves the machine is
written to the outbox here and sent by a job.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.cases.events import CaseOpened, ImagesAdded
from app.db.notify import WORK, notify
from app.intake.models import Study
from app.settings import Settings


async def images_arrived(
    session: AsyncSession, study: Study, *, settings: Settings, now: datetime
) -> None:
    """Images of a study were indexed: a case opens at the first one, or grows."""
    event = await cases.take_news(
        session,
        study,
        now=now,
        ae_title=settings.ae_title,
        dispatch_latest=settings.dispatch_latest,
    )
    match event:
        case CaseOpened():
            await notify(session, channel=WORK, payload="dispatch")
        case ImagesAdded(study_id=study_id):
            pass


async def study_completed(session: AsyncSession, study_id: int, *, now: datetime) -> None:
    """A study was silent long enough: its case is dispatched when all its studies are complete."""
    if await cases.note_completeness(session, study_id, now=now) is not None:
        await notify(session, channel=WORK, payload="dispatch")
