"""Queries on nights that were read, for those who let them be read again on a virtual clock."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.priority import Priority
from app.cases.domain.states import CaseState
from app.cases.models import Case, CaseEvent
from app.directory.models import Site, Society
from app.dispatch.domain.read_times import LONGEST
from app.dispatch.domain.simulation.replayed import Line
from app.dispatch.repository.read_times import measure_reads
from app.kit.interval import Interval

_BATCH = 1000
_MINUTE = timedelta(minutes=1)


async def list_arrivals(session: AsyncSession, *, interval: Interval) -> list[Line]:
    """List the cases whose first image came in a stretch of time, by that instant.

    The society is the referent one of the site as it is now, the priority the last one. A case
    that was not signed, or was forgotten in hand, has no read; one that was voided, or joined into
    another, is none.
    """
    query = (
        select(Case.id, Case.first_image_at, Case.priority, Society.short_name)
        .join(Site, Site.id == Case.site_id)
        .join(Society, Society.id == Site.society_id)
        .where(
            Case.first_image_at >= interval.start,
            Case.first_image_at < interval.end,
            Case.state != CaseState.VOIDED.value,
            Case.joined_into_id.is_(None),
        )
        .order_by(Case.first_image_at, Case.id)
    )
    rows = (await session.execute(query)).all()
    minutes: dict[int, float] = {}
    for start in range(0, len(rows), _BATCH):
        minutes |= await _map_minutes(session, [row.id for row in rows[start : start + _BATCH]])
    return [
        Line(row.first_image_at, row.short_name, Priority(row.priority), minutes.get(row.id))
        for row in rows
    ]


async def _map_minutes(session: AsyncSession, case_ids: list[int]) -> dict[int, float]:
    """Map cases to how long their first report took, in minutes."""
    query = (
        select(CaseEvent.case_id, func.min(CaseEvent.at))
        .where(CaseEvent.case_id.in_(case_ids), CaseEvent.state_to == "signed")
        .group_by(CaseEvent.case_id)
    )
    signed = {row[0]: row[1] for row in (await session.execute(query)).all()}
    found = await measure_reads(session, signed)
    return {case_id: each for case_id, each in found.items() if 0 < each <= LONGEST / _MINUTE}
