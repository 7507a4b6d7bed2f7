"""Queries on radiologists who are never on guard together."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import RadiologistSociety
from app.planning.models import Incompatibility
from app.planning.repository.dates import add_unless

_ONCE = "uq_incompatibility_one_id_other_id"


async def list_incompatibilities(
    session: AsyncSession,
    *,
    limit: int,
    scope: Scope,
    after: int | None = None,
    radiologist_id: int | None = None,
) -> list[Incompatibility]:
    """List incompatibilities by id: those of which one is a member of the scope."""
    query = select(Incompatibility).where(Incompatibility.id > (after or 0))
    one, other = Incompatibility.one_id, Incompatibility.other_id
    if not scope.everything:
        members = select(RadiologistSociety.radiologist_id).where(
            RadiologistSociety.society_id.in_(scope.society_ids)
        )
        query = query.where(or_(one.in_(members), other.in_(members)))
    if radiologist_id is not None:
        query = query.where(or_(one == radiologist_id, other == radiologist_id))
    return list((await session.scalars(query.order_by(Incompatibility.id).limit(limit))).all())


async def map_others(
    session: AsyncSession, radiologist_ids: Collection[int]
) -> dict[int, list[tuple[int, int]]]:
    """Map radiologists to their incompatibilities, each with the other one, by id."""
    query = (
        select(Incompatibility)
        .where(
            or_(
                Incompatibility.one_id.in_(radiologist_ids),
                Incompatibility.other_id.in_(radiologist_ids),
            )
        )
        .order_by(Incompatibility.id)
    )
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in (await session.scalars(query)).all():
        found[row.one_id].append((row.id, row.other_id))
        found[row.other_id].append((row.id, row.one_id))
    return dict(found)


async def find_incompatibility(
    session: AsyncSession, incompatibility_id: int
) -> Incompatibility | None:
    """Find an incompatibility, locked until the end of the transaction."""
    query = select(Incompatibility).where(Incompatibility.id == incompatibility_id)
    return (await session.scalars(query.with_for_update())).one_or_none()


async def add_incompatibility(
    session: AsyncSession, *, one: int, other: int
) -> Incompatibility | None:
    """Add a pair, in any order; nothing where it stands already."""
    row = Incompatibility(one_id=min(one, other), other_id=max(one, other))
    return row if await add_unless(session, row, constraint=_ONCE) else None


async def delete_incompatibility(session: AsyncSession, incompatibility_id: int) -> None:
    """Delete an incompatibility."""
    await session.execute(delete(Incompatibility).where(Incompatibility.id == incompatibility_id))
