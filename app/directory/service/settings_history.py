"""Use cases of the values that people set: read the one in force, set another, see the history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.domain.setting_keys import (
    DEFINITIONS,
    IntegerKey,
    ListKey,
    SettingKey,
    SettingValue,
    check_value,
)
from app.directory.models import SettingValue as Row
from app.directory.repository import settings_history as repository
from app.kit.errors import NotAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class PastValue:
    """A value that was set, by whom and when; in force until the next one for the same site."""

    id: int
    value: SettingValue
    site_id: int | None
    set_at: datetime
    set_by: int
    set_by_name: str


class ValuesInForce:
    """The values of some settings that are in force at one site."""

    def __init__(self, values: Mapping[SettingKey, SettingValue]) -> None:
        self._values = values

    @overload
    def __getitem__(self, key: IntegerKey) -> int: ...

    @overload
    def __getitem__(self, key: ListKey) -> list[str]: ...

    @overload
    def __getitem__(self, key: SettingKey) -> SettingValue: ...

    def __getitem__(self, key: SettingKey) -> SettingValue:
        """Give the value of one of them."""
        return self._values[key]


@overload
async def read_value(
    session: AsyncSession, key: IntegerKey, *, site_id: int | None = None
) -> int: ...


@overload
async def read_value(
    session: AsyncSession, key: ListKey, *, site_id: int | None = None
) -> list[str]: ...


@overload
async def read_value(
    session: AsyncSession, key: SettingKey, *, site_id: int | None = None
) -> SettingValue: ...


async def read_value(
    session: AsyncSession, key: SettingKey, *, site_id: int | None = None
) -> SettingValue:
    """Read the value in force: the site's own, else the group's, else the default."""
    row = await repository.find_in_force(session, key.value, site_id=site_id)
    value = DEFINITIONS[key].default if row is None else _value_of(row)
    return list(value) if isinstance(value, list) else value


async def read_values(
    session: AsyncSession, keys: Collection[SettingKey], *, site_ids: Collection[int]
) -> dict[int, ValuesInForce]:
    """Read the values in force at some sites, as `read_value` does, in one statement."""
    rows = await repository.list_of_sites(session, [each.value for each in keys], site_ids=site_ids)
    set_values = {(row.key, row.site_id): row.value["value"] for row in rows}
    return {
        site_id: ValuesInForce(
            {
                key: set_values.get(
                    (key.value, site_id),
                    set_values.get((key.value, None), DEFINITIONS[key].default),
                )
                for key in keys
            }
        )
        for site_id in site_ids
    }


async def set_value(
    session: AsyncSession,
    key: SettingKey,
    *,
    value: object,
    actor: Actor,
    now: datetime,
    site_id: int | None = None,
) -> SettingValue:
    """Set a value from now on; the one before stays in the history.

    Raises
    ------
    InvalidField
        If the setting cannot have this value, is the whole group's, or there is no such site.
    PermissionDenied
        If the actor may not set it.
    """
    require(actor, Permission.SETTING_WRITE)
    if actor.user_id is None:
        raise NotAllowed("a setting is set by a person, never by the platform itself")
    checked = check_value(key, value, per_site=site_id is not None)
    row = Row(
        key=key.value,
        site_id=site_id,
        value={"value": checked},
        set_at=now,
        set_by=actor.user_id,
    )
    await repository.add_value(session, row)
    return checked


async def list_history(
    session: AsyncSession, key: SettingKey, *, limit: int, before: int | None = None
) -> Sequence[PastValue]:
    """List the values that a setting was given, newest first."""
    rows = await repository.list_history(session, key.value, limit=limit, before=before)
    return [
        PastValue(
            id=row.id,
            value=_value_of(row),
            site_id=row.site_id,
            set_at=row.set_at,
            set_by=row.set_by,
            set_by_name=name,
        )
        for row, name in rows
    ]


def _value_of(row: Row) -> SettingValue:
    value: SettingValue = row.value["value"]
    return value


async def list_own_values(session: AsyncSession, key: SettingKey) -> dict[int, SettingValue]:
    """List the values that sites have of their own, by site."""
    rows = await repository.list_in_force(session, key.value)
    return {row.site_id: _value_of(row) for row in rows if row.site_id is not None}
