"""Everybody on guard at a distance, with when they were last seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Centre, Radiologist
from app.dispatch.domain.presence import ReaderSeen
from app.dispatch.models import Claim
from app.dispatch.repository.presence import find_resting_until, find_seen_at, is_centre_down
from app.kit.interval import Interval
from app.planning.domain.seats import GuardLine
from app.planning.models import Assignment, Guard, Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedReader:
    """A reader on guard, with how to reach them."""

    seen: ReaderSeen
    name: str
    telephone: str
    centre: str | None
    centre_telephone: str | None


async def list_on_guard(
    session: AsyncSession, *, now: datetime, radiologist_ids: Iterable[int] | None = None
) -> list[NamedReader]:
    """List who holds a seat at a distance now, each once, by name.

    Parameters
    ----------
    radiologist_ids
        Only those; nothing: everybody.
    """
    query = _select(now)
    if radiologist_ids is not None:
        query = query.where(Assignment.radiologist_id.in_(list(radiologist_ids)))
    rows = (await session.execute(query)).all()
    by_reader: dict[int, list[Any]] = {}
    for row in rows:
        by_reader.setdefault(row.radiologist_id, []).append(row)
    return [_read(each) for each in by_reader.values()]


def _select(now: datetime) -> Select[*tuple[Any, ...]]:
    claims = select(func.count()).where(
        Claim.radiologist_id == Radiologist.id, Claim.ended_at.is_(None)
    )
    return (
        select(
            Assignment.radiologist_id,
            Radiologist.given_name,
            Radiologist.family_name,
            Radiologist.telephone,
            Radiologist.centre_id,
            Centre.name.label("centre"),
            Centre.telephone.label("centre_telephone"),
            Guard.line,
            Seat.period,
            claims.scalar_subquery().label("claims"),
            find_seen_at(Radiologist.id).label("seen_at"),
            find_resting_until(Radiologist.id, now).label("resting_until"),
            is_centre_down(Radiologist.id).label("is_centre_down"),
        )
        .select_from(Assignment)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Radiologist, Radiologist.id == Assignment.radiologist_id)
        .outerjoin(Centre, Centre.id == Radiologist.centre_id)
        .where(
            Assignment.in_force,
            Assignment.period.contains(now),
            Guard.line != GuardLine.ON_SITE.value,
            Radiologist.disabled_at.is_(None),
        )
        .order_by(Radiologist.family_name, Radiologist.given_name, Radiologist.id, Seat.id)
    )


def _read(rows: Sequence[Any]) -> NamedReader:
    first = rows[0]
    return NamedReader(
        seen=ReaderSeen(
            radiologist_id=first.radiologist_id,
            centre_id=first.centre_id,
            guard=Interval(
                min(row.period.lower for row in rows), max(row.period.upper for row in rows)
            ),
            is_expected=any(row.line == GuardLine.FIRST.value for row in rows),
            seen_at=first.seen_at,
            claims=first.claims,
            resting_until=first.resting_until,
            is_centre_down=first.is_centre_down,
        ),
        name=f"{first.given_name} {first.family_name}",
        telephone=first.telephone,
        centre=first.centre,
        centre_telephone=first.centre_telephone,
    )
