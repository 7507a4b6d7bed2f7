"""From the images of a study to a case."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.cases.events import CaseOpened, ImagesAdded
from app.delivery import service as delivery
from app.intake.models import Study
from app.pipeline.offering import wake_dispatch
from app.settings import Settings


async def images_arrived(
    session: AsyncSession, study: Study, *, settings: Settings, now: datetime
) -> int | None:
    """When images of a study are indexed, a case opens at the first one, or grows.

    Returns
    -------
    int or None
        The case that opened; it may be offered at once.
    """
    event = await cases.take_news(
        session,
        study,
        now=now,
        ae_title=settings.ae_title,
        dispatch_latest=settings.dispatch_latest,
    )
    match event:
        case CaseOpened():
            await wake_dispatch(session)
            return event.case_id
        case ImagesAdded():
            await delivery.send_new_images(session, study_id=event.study_id, now=now)
            return None


async def study_completed(session: AsyncSession, study_id: int, *, now: datetime) -> int | None:
    """When a study has been silent long enough, its case is due once all its studies are.

    Returns
    -------
    int or None
        The case that is complete; it may be offered at once.
    """
    event = await cases.note_completeness(session, study_id, now=now)
    if event is None:
        return None
    await wake_dispatch(session)
    return event.case_id
