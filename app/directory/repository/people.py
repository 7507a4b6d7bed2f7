"""Queries of radiologists and users."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role, Scope
from app.directory.models import (
    Radiologist,
    RadiologistSite,
    RadiologistSociety,
    RoleGrant,
    User,
)
from app.directory.repository.rows import inside, list_rows


async def list_radiologists(
    session: AsyncSession, *, society_id: int | None, today: date, limit: int, after: int | None
) -> list[Radiologist]:
    """List radiologists, or those who belong to a society on that day."""
    query = select(Radiologist)
    if society_id is not None:
        query = query.join(
            RadiologistSociety, RadiologistSociety.radiologist_id == Radiologist.id
        ).where(
            RadiologistSociety.society_id == society_id, RadiologistSociety.valid.contains(today)
        )
    return await list_rows(session, query, key=Radiologist.id, limit=limit, after=after)


async def load_memberships(
    session: AsyncSession, *, radiologist_ids: Collection[int]
) -> dict[int, list[RadiologistSociety]]:
    """Load to which societies radiologists belong, oldest first."""
    query = (
        select(RadiologistSociety)
        .where(RadiologistSociety.radiologist_id.in_(radiologist_ids))
        .order_by(func.lower(RadiologistSociety.valid))
    )
    found: defaultdict[int, list[RadiologistSociety]] = defaultdict(list)
    for row in (await session.execute(query)).scalars():
        found[row.radiologist_id].append(row)
    return found


async def load_reading_rights(
    session: AsyncSession, *, radiologist_ids: Collection[int]
) -> dict[int, list[RadiologistSite]]:
    """Load for which sites radiologists may read, oldest first."""
    query = (
        select(RadiologistSite)
        .where(RadiologistSite.radiologist_id.in_(radiologist_ids))
        .order_by(RadiologistSite.site_id, func.lower(RadiologistSite.valid))
    )
    found: defaultdict[int, list[RadiologistSite]] = defaultdict(list)
    for row in (await session.execute(query)).scalars():
        found[row.radiologist_id].append(row)
    return found


async def find_society_id(session: AsyncSession, *, radiologist_id: int, today: date) -> int | None:
    """Find the society that a radiologist belongs to on that day."""
    query = select(RadiologistSociety.society_id).where(
        RadiologistSociety.radiologist_id == radiologist_id,
        RadiologistSociety.valid.contains(today),
    )
    return (await session.execute(query)).scalar_one_or_none()


async def list_users(
    session: AsyncSession, *, scope: Scope, limit: int, after: int | None
) -> list[User]:
    """List the users who hold a role in scope."""
    query = select(User).where(_holds_inside(scope))
    return await list_rows(session, query, key=User.id, limit=limit, after=after)


def _holds_inside(scope: Scope) -> ColumnElement[bool]:
    if scope.everything:
        return true()
    held = inside(scope, society=RoleGrant.society_id, site=RoleGrant.site_id)
    return exists().where(RoleGrant.user_id == User.id, held)


async def load_grants(
    session: AsyncSession, *, user_ids: Collection[int]
) -> dict[int, list[Grant]]:
    """Load the roles of users."""
    query = select(RoleGrant).where(RoleGrant.user_id.in_(user_ids)).order_by(RoleGrant.id)
    found: defaultdict[int, list[Grant]] = defaultdict(list)
    for row in (await session.execute(query)).scalars():
        grant = Grant(Role(row.role), society_id=row.society_id, site_id=row.site_id)
        found[row.user_id].append(grant)
    return found


async def delete_grants(session: AsyncSession, *, user_id: int) -> None:
    """Take all roles from a user."""
    await session.execute(delete(RoleGrant).where(RoleGrant.user_id == user_id))


def make_grant(user_id: int, grant: Grant) -> RoleGrant:
    """Make the row of a role."""
    values: dict[str, Any] = {"society_id": grant.society_id, "site_id": grant.site_id}
    return RoleGrant(user_id=user_id, role=grant.role.value, **values)
