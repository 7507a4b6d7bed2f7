"""Queries of the passes that let a title of a known address in for some hours."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import AdmissionPass, Sender, Site
from app.directory.repository.rows import inside, list_rows


async def list_passes(
    session: AsyncSession, *, scope: Scope, now: datetime, limit: int, after: int | None
) -> list[AdmissionPass]:
    """List the passes in force of senders whose site is in scope."""
    query = (
        select(AdmissionPass)
        .join(Sender, Sender.id == AdmissionPass.sender_id)
        .join(Site, Site.id == Sender.site_id)
        .where(
            AdmissionPass.ended_at.is_(None),
            AdmissionPass.until > now,
            inside(scope, society=Site.society_id, site=Site.id),
        )
    )
    return await list_rows(session, query, key=AdmissionPass.id, limit=limit, after=after)


async def end_standing(
    session: AsyncSession, *, sender_id: int, calling_ae_title: str, address: str, now: datetime
) -> None:
    """End what stands for a title and an address, so that one pass at most is in force."""
    await session.execute(
        update(AdmissionPass)
        .where(
            AdmissionPass.sender_id == sender_id,
            AdmissionPass.calling_ae_title == calling_ae_title,
            func.host(AdmissionPass.address) == address,
            AdmissionPass.ended_at.is_(None),
            AdmissionPass.until > now,
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


async def end_pass(session: AsyncSession, *, pass_id: int, now: datetime) -> bool:
    """End a pass; tell whether it was in force until now."""
    ended = await session.scalar(
        update(AdmissionPass)
        .where(
            AdmissionPass.id == pass_id,
            AdmissionPass.ended_at.is_(None),
            AdmissionPass.until > now,
        )
        .values(ended_at=now)
        .returning(AdmissionPass.id)
        .execution_options(synchronize_session=False)
    )
    return ended is not None
