"""Use case of publishing: what radiologists did and owed is carried from planning to planning.

Each row is a running total: what stood when the planning began, and what it added. So the last one
says how many points somebody has done too many, and the next roster gives them fewer. Rows are
worked out anew from who holds which seat, as often as somebody publishes.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.balances import Balance, Counted, balance
from app.planning.domain.sharing.postings import credit_of
from app.planning.domain.sharing.shares import MILLION
from app.planning.domain.special_days import find_occasion
from app.planning.models import Planning
from app.planning.repository import assignments, people, points
from app.planning.repository.seats import SeatFacts, list_facts
from app.planning.service.judging import find_zone


def count_points(facts: Iterable[SeatFacts]) -> dict[int, int]:
    """Say what each seat counts, in thousandths of a point: its part of its guard's, rounded down.

    By seat id.
    """
    return {
        each.seat.id: each.points * credit_of(each.seat.interval, guard=each.seat.guard) // MILLION
        for each in facts
    }


async def carry_points(session: AsyncSession, planning_id: int, *, now: datetime) -> None:
    """Write what everybody did and owed up to the end of a planning, and of those published behind.

    For whoever has just published: they hold the publications. Doing it twice changes nothing.
    """
    for planning in await points.list_counted(session, planning_id):
        await _carry(session, planning, now=now)


async def _carry(session: AsyncSession, planning: Planning, *, now: datetime) -> None:
    period = people.to_interval(planning.period)
    zone = await find_zone(session)
    placements = await assignments.list_in_force(session, planning_id=planning.id)
    readers = await people.list_readers(session, period=period, zone=zone)
    guards = {each.seat.guard for each in placements}
    special = {each for each in guards if find_occasion(each, zone=zone) is not None}
    counted = Counted(
        placements=placements,
        points=count_points(await list_facts(session, planning_id=planning.id)),
        special={each.seat.id for each in placements if each.seat.guard in special},
        period=period,
        zone=zone,
    )
    before = await points.map_totals(session, [each.id for each in readers], before=period.start)
    added = balance(counted, readers)
    await points.replace_totals(
        session,
        planning.id,
        totals={key: before.get(key, Balance()) + own for key, own in added.items()},
        now=now,
    )
