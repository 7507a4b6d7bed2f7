"""Morning lists: which societies get one, what stands on it, to whom it is told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Date, and_, cast, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent
from app.directory.domain.roles import Role
from app.directory.models import RadiologistSociety, RoleGrant, Site, Society, User
from app.dispatch.domain.morning import Morning, MorningKind
from app.dispatch.models import MorningItem, MorningList
from app.kit.interval import Interval

_UNFINISHED = [
    CaseState.OPEN.value,
    CaseState.NOMINATED.value,
    CaseState.READING.value,
    CaseState.SIGNED.value,
]
_READ = [CaseState.SIGNED.value, CaseState.DELIVERED.value, CaseState.ACKNOWLEDGED.value]


async def list_places(
    session: AsyncSession, *, today: date
) -> Sequence[tuple[int, str, datetime | None]]:
    """List each society with each time zone of its hospitals, and the end of its last list."""
    last = (
        select(func.max(MorningList.ends_at))
        .where(MorningList.society_id == Site.society_id, MorningList.zone == Site.zone)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Site.society_id, Site.zone, last)
        .join(Society, Society.id == Site.society_id)
        .where(Site.disabled_at.is_(None), or_(Society.left_on.is_(None), Society.left_on > today))
        .group_by(Site.society_id, Site.zone)
        .order_by(Site.society_id, Site.zone)
    )
    return [(society_id, zone, ends_at) for society_id, zone, ends_at in rows]


async def add_list(
    session: AsyncSession, *, society_id: int, zone: str, morning: Morning, now: datetime
) -> int | None:
    """Insert a list; nothing when another scheduler was first."""
    return await session.scalar(
        upsert(MorningList)
        .values(
            society_id=society_id,
            zone=zone,
            day=morning.day,
            starts_at=morning.interval.start,
            ends_at=morning.interval.end,
            made_at=now,
        )
        .on_conflict_do_nothing()
        .returning(MorningList.id)
    )


async def fill_read(
    session: AsyncSession, list_id: int, *, society_id: int, zone: str, interval: Interval
) -> int:
    """Put on a list what readers of other societies have signed; return how much."""
    signed_on = cast(func.timezone(zone, CaseEvent.at), Date)
    own = select(RadiologistSociety.id).where(
        RadiologistSociety.radiologist_id == Case.reader_id,
        RadiologistSociety.society_id == society_id,
        RadiologistSociety.valid.contains(signed_on),
    )
    found = await session.execute(
        select(Case.id, Case.state, Case.reader_id, func.max(CaseEvent.at))
        .join(CaseEvent, CaseEvent.case_id == Case.id)
        .join(Site, Site.id == Case.site_id)
        .where(
            CaseEvent.kind == EventKind.MOVED.value,
            CaseEvent.state_to == CaseState.SIGNED.value,
            CaseEvent.at >= interval.start,
            CaseEvent.at < interval.end,
            Case.state.in_(_READ),
            Site.society_id == society_id,
            Site.zone == zone,
            ~own.exists(),
        )
        .group_by(Case.id)
    )
    rows = [
        {
            "list_id": list_id,
            "case_id": case_id,
            "kind": MorningKind.READ.value,
            "state": state,
            "reader_id": reader_id,
            "signed_at": signed_at,
        }
        for case_id, state, reader_id, signed_at in found
    ]
    return await _add(session, rows)


async def fill_open(session: AsyncSession, list_id: int, *, society_id: int, zone: str) -> int:
    """Put on a list what is not done yet for the hospitals of a society; return how much."""
    found = await session.execute(
        select(Case.id, Case.state, Case.reader_id)
        .join(Site, Site.id == Case.site_id)
        .where(
            Site.society_id == society_id,
            Site.zone == zone,
            or_(
                Case.state.in_(_UNFINISHED),
                and_(Case.state != CaseState.VOIDED.value, Case.critical_at.is_not(None)),
            ),
        )
    )
    rows = [
        {
            "list_id": list_id,
            "case_id": case_id,
            "kind": MorningKind.OPEN.value,
            "state": state,
            "reader_id": reader_id,
        }
        for case_id, state, reader_id in found
    ]
    return await _add(session, rows)


async def _add(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> int:
    if rows:
        await session.execute(insert(MorningItem), [dict(each) for each in rows])
    return len(rows)


async def list_addresses(session: AsyncSession, *, society_id: int) -> list[str]:
    """List the mail addresses of those who administer a society."""
    rows = await session.scalars(
        select(User.email)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.role == Role.SOCIETY_ADMIN.value,
            RoleGrant.society_id == society_id,
            User.email.is_not(None),
            User.disabled_at.is_(None),
        )
    )
    return sorted({each for each in rows if each})
