"""Queries on what goes with a study when it changes its case."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.shipment import Kind
from app.delivery.models import Delivery


async def follow_studies(
    session: AsyncSession, *, study_ids: Collection[int], case_id: int
) -> None:
    """Let the images of studies that moved to a case be sent, also those to come, for that one."""
    await session.execute(
        update(Delivery)
        .where(
            Delivery.kind == Kind.IMAGES.value,
            Delivery.study_id.in_(study_ids),
            Delivery.is_prior.is_(False),
        )
        .values(case_id=case_id)
        .execution_options(synchronize_session=False)
    )
