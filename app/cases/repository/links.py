"""What belongs to a case: its studies and its requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import CaseStudy
from app.intake.models import Study


async def link_study(session: AsyncSession, *, case_id: int, study_id: int, now: datetime) -> None:
    """Put a study into a case; the database refuses it when it is in another one."""
    await session.execute(
        insert(CaseStudy).values(case_id=case_id, study_id=study_id, linked_at=now)
    )


async def end_links(session: AsyncSession, *, case_id: int, now: datetime) -> None:
    """Let go of all studies of a case."""
    await session.execute(
        update(CaseStudy)
        .where(CaseStudy.case_id == case_id, CaseStudy.ended_at.is_(None))
        .values(ended_at=now)
    )


async def find_case_of_study(session: AsyncSession, study_id: int) -> int | None:
    """Find the standing case of a study, or a voided one that nothing replaced.

    A study whose case was voided stays with it: late images of a voided case open no other one.
    """
    return await session.scalar(
        select(CaseStudy.case_id)
        .where(CaseStudy.study_id == study_id)
        .order_by(CaseStudy.ended_at.desc().nulls_first(), CaseStudy.id.desc())
        .limit(1)
    )


async def list_studies(session: AsyncSession, case_id: int) -> Sequence[Study]:
    """List the studies of a case, in order of their first image; a voided case keeps its own."""
    rows = await session.scalars(
        select(Study)
        .join(CaseStudy, CaseStudy.study_id == Study.id)
        .where(CaseStudy.case_id == case_id)
        .order_by(Study.first_image_at, Study.id)
        .execution_options(populate_existing=True)
    )
    return rows.all()
