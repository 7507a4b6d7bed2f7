"""Queries on parameters of the policy; rows are only added."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import User
from app.dispatch.models import DispatchParameters


async def find_in_force(session: AsyncSession) -> DispatchParameters | None:
    """Find the set that was set last; nothing while nobody has set any."""
    query = select(DispatchParameters).order_by(DispatchParameters.id.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


async def list_versions(
    session: AsyncSession, *, limit: int, before: int | None = None
) -> Sequence[Row[DispatchParameters, str]]:
    """List the sets, newest first, each with the name of who set it."""
    query = (
        select(DispatchParameters, User.display_name)
        .join(User, User.id == DispatchParameters.set_by)
        .order_by(DispatchParameters.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(DispatchParameters.id < before)
    return (await session.execute(query)).all()


async def add(
    session: AsyncSession, values: Mapping[str, Any], *, note: str, user_id: int, now: datetime
) -> DispatchParameters:
    """Add a set."""
    row = DispatchParameters(set_at=now, set_by=user_id, values=dict(values), note=note)
    session.add(row)
    await session.flush()
    return row
