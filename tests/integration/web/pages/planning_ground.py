"""A planner of the whole group, and seats of a draft that can move."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import Radiologist
from app.planning.domain.seats import Placement
from app.planning.repository import assignments
from tests.factories.directory import add_user
from tests.factories.planning import NOW, Group
from tests.integration.web.conftest import SignIn


async def make_planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group, in English."""
    user = await add_user(session, Role.PLANNER)
    user.locale = "en"
    return await sign_in(user)


async def find_movable(session: AsyncSession, draft: int, group: Group) -> tuple[Placement, int]:
    """Find a seat of a draft to come, and somebody of its society who is free around it."""
    placements = await assignments.list_of_revision(session, draft)
    for seat in placements:
        if seat.seat.interval.start < NOW + timedelta(days=1) or seat.radiologist is None:
            continue
        near = {
            each.radiologist
            for each in placements
            if abs(each.seat.interval.start - seat.seat.interval.start) < timedelta(hours=60)
        }
        free = [each for each in group.radiologists[seat.society] if each not in near]
        if free:
            return seat, free[0]
    pytest.fail("nobody is free")


async def name(session: AsyncSession, radiologist_id: int) -> Radiologist:
    """Find what a radiologist is named by."""
    found = await session.scalars(select(Radiologist).where(Radiologist.id == radiologist_id))
    return found.one()
