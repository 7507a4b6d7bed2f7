"""Ages, minutes and lists that people set, with their history."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StrictInt

from app.directory.domain import Permission
from app.directory.domain.setting_keys import DEFINITIONS, SettingKey, find_key
from app.directory.service import settings_history
from app.kit.errors import NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, View

router = APIRouter(prefix="/settings", tags=["settings"])

Reader = Annotated[Work, needs(Permission.SETTING_READ)]
Writer = Annotated[Work, needs(Permission.SETTING_WRITE)]
WantedKey = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
Item = Annotated[str, Field(max_length=200)]
Value = StrictInt | list[Item]


class SettingView(View):
    """A setting and the value in force."""

    key: SettingKey
    value: Value
    default: Value
    per_site: bool
    """Whether one site may have its own."""


class PastValueView(View):
    """A value that was set; in force until the next one for the same site."""

    id: int
    value: Value
    site_id: int | None
    set_at: datetime
    set_by: int
    set_by_name: str


class SettingDetail(SettingView):
    """A setting, with the values it was given, newest first."""

    history: Page[PastValueView]


class SettingBody(Body):
    """The value from now on; for the whole group, or for one site."""

    value: Value
    site_id: BodyKey | None = None


@router.get("")
async def list_settings(work: Reader, site_id: WantedKey = None) -> list[SettingView]:
    """List all settings, with the values in force for a site, or for the group."""
    return [await _view(work, key, site_id=site_id) for key in SettingKey]


@router.get("/{key}", responses=raises(NotFound))
async def show_setting(
    key: str, work: Reader, page: WantedPage, site_id: WantedKey = None
) -> SettingDetail:
    """Show a setting with its history."""
    known = find_key(key)
    view = await _view(work, known, site_id=site_id)
    rows = await settings_history.list_history(
        work.session, known, limit=page.fetch, before=page.after
    )
    past = [PastValueView.model_validate(row) for row in rows]
    history = cut(past, page=page, keys=[row.id for row in past])
    return SettingDetail(**view.model_dump(), history=history)


@router.put("/{key}", responses=raises(NotFound))
async def set_setting(key: str, body: SettingBody, work: Writer) -> SettingView:
    """Set a value from now on; the one before stays in the history."""
    known = find_key(key)
    await settings_history.set_value(
        work.session,
        known,
        value=body.value,
        actor=work.actor,
        now=work.now,
        site_id=body.site_id,
    )
    return await _view(work, known, site_id=body.site_id)


async def _view(work: Work, key: SettingKey, *, site_id: int | None) -> SettingView:
    definition = DEFINITIONS[key]
    return SettingView(
        key=key,
        value=await settings_history.read_value(work.session, key, site_id=site_id),
        default=definition.default,
        per_site=definition.per_site,
    )
