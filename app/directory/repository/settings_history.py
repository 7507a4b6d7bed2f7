"""Queries of the values that people set; rows are only added."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, Row, Text, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named, texts_named
from app.directory.models import SettingValue, User
from app.directory.repository.rows import save


async def find_in_force(
    session: AsyncSession, key: str, *, site_id: int | None
) -> SettingValue | None:
    """Find the value in force: the site's own when it has one, else the group's."""
    found: SettingValue | None = await session.scalar(_IN_FORCE, {"key": key, "site_id": site_id})
    return found


_OF_GROUP = SettingValue.site_id.is_(None)
_IN_FORCE = (
    select(SettingValue)
    .where(
        SettingValue.key == bindparam("key", type_=Text),
        or_(_OF_GROUP, SettingValue.site_id == bindparam("site_id", type_=BigInteger)),
    )
    .order_by(_OF_GROUP, SettingValue.id.desc())
    .limit(1)
)


async def list_of_sites(
    session: AsyncSession, keys: Sequence[str], *, site_ids: Collection[int]
) -> Sequence[Row[str, int | None, dict[str, Any]]]:
    """List the values in force of some settings: the group's, and those of some sites."""
    found = await session.execute(_OF_SITES, {"keys": keys, "site_ids": list(site_ids)})
    return found.all()


_OF_SITES = (
    select(SettingValue.key, SettingValue.site_id, SettingValue.value)
    .where(
        SettingValue.key == any_(texts_named("keys")),
        or_(_OF_GROUP, SettingValue.site_id == any_(keys_named("site_ids"))),
    )
    .ext(distinct_on(SettingValue.key, SettingValue.site_id))
    .order_by(SettingValue.key, SettingValue.site_id, SettingValue.id.desc())
)


async def list_history(
    session: AsyncSession, key: str, *, limit: int, before: int | None
) -> Sequence[Row[SettingValue, str]]:
    """List the values a setting was given, newest first, with who gave them."""
    query = (
        select(SettingValue, User.display_name)
        .join(User, User.id == SettingValue.set_by)
        .where(SettingValue.key == key)
        .order_by(SettingValue.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(SettingValue.id < before)
    return (await session.execute(query)).all()


async def add_value(session: AsyncSession, row: SettingValue) -> None:
    """Add a value.

    Raises
    ------
    InvalidField
        If there is no such site.
    """
    await save(session, row)


async def list_in_force(session: AsyncSession, key: str) -> Sequence[SettingValue]:
    """List what is in force of a setting: the group's row, and one for each site with its own."""
    found = await session.scalars(
        select(SettingValue)
        .where(SettingValue.key == key)
        .ext(distinct_on(SettingValue.site_id))
        .order_by(SettingValue.site_id, SettingValue.id.desc())
    )
    return found.all()
