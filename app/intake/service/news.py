"""Tell of studies with news, and label those that are complete."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.classes import URGENT_SUFFIX
from app.intake.domain.completeness import Waits
from app.intake.models import Study
from app.intake.repository import studies as study_rows
from app.intake.repository.studies import StudyWithNews
from app.settings import Settings


def read_waits(settings: Settings) -> Waits:
    """Read from the settings how long each modality may be silent."""
    return Waits(
        {
            "CT": settings.completeness_ct,
            "CR": settings.completeness_cr,
            "DX": settings.completeness_cr,
            "MG": settings.completeness_cr,
            "RF": settings.completeness_cr,
            "US": settings.completeness_us,
            "MR": settings.completeness_mr,
        },
        otherwise=settings.completeness_longest,
    )


async def studies_with_news(
    session: AsyncSession, *, ae_title: str, limit: int, without: Collection[int] = ()
) -> Sequence[Study]:
    """Lock studies with images that no case was told of yet; what was sent as urgent goes first.

    Then the longest waiting first. Whoever tells the case sets `announced_count` in the same
    transaction.

    Parameters
    ----------
    ae_title
        Our own.
    without
        Studies that are passed over.
    """
    return await study_rows.lock_studies_with_news(
        session, urgent=ae_title + URGENT_SUFFIX, limit=limit, without=without
    )


async def read_news(session: AsyncSession, studies: Sequence[Study]) -> list[StudyWithNews]:
    """Read what the cases of some studies are found or opened by, in the studies' order."""
    return await study_rows.read_news(session, studies)


async def complete_due_studies(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Label announced studies that were silent long enough; return their keys."""
    return await study_rows.mark_due_complete(session, now=now, limit=limit)


async def mark_complete(
    session: AsyncSession, *, study_id: int, now: datetime, reason: str
) -> bool:
    """Label one study on a person's word; tell whether it was incomplete until now."""
    return await study_rows.mark_complete(session, study_id=study_id, now=now, reason=reason)


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next announced study counts as complete."""
    return await study_rows.find_earliest_due(session)
