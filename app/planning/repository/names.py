"""Queries on who can be typed onto a seat."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist
from app.planning.domain.typed_name import Named


async def list_named(session: AsyncSession) -> list[Named]:
    """List all radiologists who are not disabled, by id."""
    query = (
        select(Radiologist.id, Radiologist.rpps, Radiologist.family_name, Radiologist.given_name)
        .where(Radiologist.disabled_at.is_(None))
        .order_by(Radiologist.id)
    )
    return [Named(*row) for row in (await session.execute(query)).all()]
