"""Those to whom something may be handed over, by name."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist
from app.dispatch.repository.handover_facts import list_takers
from app.worklist.views.handovers import TakerNamed


async def list_takers_named(
    session: AsyncSession, *, at: datetime, but: int
) -> tuple[TakerNamed, ...]:
    """List who is on guard at an instant but for one, in the order in which they are asked."""
    takers = await list_takers(session, at=at, but=but)
    order = [
        each.radiologist_id
        for each in sorted(takers, key=lambda each: (each.rank, each.load, each.radiologist_id))
    ]
    rows = await session.scalars(select(Radiologist).where(Radiologist.id.in_(order)))
    names = {each.id: f"Dr {each.given_name} {each.family_name}" for each in rows}
    return tuple(TakerNamed(each, names[each]) for each in order)
