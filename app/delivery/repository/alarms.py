"""Queries on the alarms of reports that their site has not accepted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.delivery.domain.shipment import Kind
from app.delivery.models import Delivery
from app.directory.models import Endpoint, Site

_ARMED = Delivery.alarm_due_at.is_not(None)


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom to call about a case: the site's telephones, and its node when it has one."""

    telephone_emergency: str
    telephone_ct: str
    endpoint_name: str | None


async def find_due(session: AsyncSession, *, now: datetime) -> int | None:
    """Find the case whose alarm has been due for longest."""
    return await session.scalar(
        select(Delivery.case_id)
        .where(_ARMED, Delivery.alarm_due_at <= now)
        .order_by(Delivery.alarm_due_at, Delivery.id)
        .limit(1)
    )


async def find_next_alarm(session: AsyncSession) -> datetime | None:
    """Find when people are to be told next."""
    return await session.scalar(select(func.min(Delivery.alarm_due_at)).where(_ARMED))


async def clear(session: AsyncSession, *, case_id: int, until: datetime | None = None) -> bool:
    """Disarm a case's alarms, all or those due until an instant; tell whether there were any."""
    query = update(Delivery).where(Delivery.case_id == case_id, _ARMED)
    if until is not None:
        query = query.where(Delivery.alarm_due_at <= until)
    cleared = await session.scalars(
        query.values(alarm_due_at=None)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return bool(cleared.all())


async def find_last_error(session: AsyncSession, case_id: int) -> str | None:
    """Find what the site's node answered last, or why it could not be asked."""
    return await session.scalar(
        select(Delivery.last_error)
        .where(
            Delivery.case_id == case_id,
            Delivery.kind == Kind.REPORT.value,
            Delivery.last_error.is_not(None),
        )
        .order_by(Delivery.id.desc())
        .limit(1)
    )


async def get_whom(session: AsyncSession, case_id: int) -> Whom:
    """Read whom to call about a case."""
    row = (
        await session.execute(
            select(Site.telephone_emergency, Site.telephone_ct, Endpoint.name)
            .select_from(Case)
            .join(Site, Site.id == Case.site_id)
            .outerjoin(Endpoint, Endpoint.id == Site.endpoint_id)
            .where(Case.id == case_id)
        )
    ).one()
    return Whom(row[0], row[1], row[2])
