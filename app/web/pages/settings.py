"""Ages, minutes and lists that people set, each with who set it when; and the disk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.directory.domain.errors import InvalidField
from app.directory.domain.setting_keys import DEFINITIONS, SettingKey, SettingValue, find_key
from app.directory.models import Site
from app.directory.repository.organisations import list_sites
from app.directory.service.settings_history import (
    PastValue,
    list_history,
    list_own_values,
    read_value,
    set_value,
)
from app.retention import service as retention
from app.retention.domain.level import Marks
from app.retention.models import DiskReading
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.pages.setting_words import LABELS

router = APIRouter()

Reader = Annotated[Visit, visit(Permission.SETTING_READ)]
Writer = Annotated[Visit, visit(Permission.SETTING_WRITE)]
DiskReader = Annotated[Visit, visit(Permission.DISK_READ)]
SiteTyped = Annotated[str, Form(pattern=r"^[0-9]{0,18}$")]
_PAST = 50
_READINGS = 48
_MOST_SITES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnValue:
    """What one site has of its own."""

    site_name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value that was set."""

    text: str
    site_name: str | None
    """Nothing: for the whole group."""
    set_at: datetime
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingShown:
    """A setting: the value in force, those of single sites, and what came before."""

    key: str
    label: str
    """English; the template translates it."""
    text: str
    default: str
    is_list: bool
    per_site: bool
    own: tuple[OwnValue, ...]
    past: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage:
    """All settings, and the sites that may have values of their own."""

    settings: tuple[SettingShown, ...]
    sites: tuple[Site, ...]
    may_write: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskPage:
    """The latest reading of the disk, and those before it."""

    latest: DiskReading | None
    readings: tuple[DiskReading, ...]
    marks: Marks


@router.get("/settings")
async def show_settings(guest: Reader) -> HTMLResponse:
    """Show what is set, by whom and since when."""
    scope = guest.work.scope(Permission.SETTING_READ)
    sites = await list_sites(guest.session, scope=scope, limit=_MOST_SITES, after=None)
    names = {each.id: each.name for each in sites}
    page = SettingsPage(
        settings=tuple([await _show(guest, key, names=names) for key in LABELS]),
        sites=tuple(sorted(sites, key=lambda each: each.name)),
        may_write=guest.frame.may(Permission.SETTING_WRITE),
    )
    return render_page("settings/page.html", frame=guest.frame, view=page)


async def _show(guest: Visit, key: SettingKey, *, names: dict[int, str]) -> SettingShown:
    definition = DEFINITIONS[key]
    own = await list_own_values(guest.session, key)
    past = await list_history(guest.session, key, limit=_PAST)
    return SettingShown(
        key=key.value,
        label=LABELS[key],
        text=_write(await read_value(guest.session, key)),
        default=_write(definition.default),
        is_list=isinstance(definition.default, list),
        per_site=definition.per_site,
        own=tuple(
            OwnValue(site_name=names.get(site_id, "?"), text=_write(value))
            for site_id, value in sorted(own.items())
        ),
        past=tuple(_tell(each, names=names) for each in past),
    )


def _tell(past: PastValue, *, names: dict[int, str]) -> Change:
    return Change(
        text=_write(past.value),
        site_name=None if past.site_id is None else names.get(past.site_id, "?"),
        set_at=past.set_at,
        set_by=past.set_by_name,
    )


def _write(value: SettingValue) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value)


@router.post("/settings/{key}")
async def change_setting(
    key: str, guest: Writer, value: Annotated[str, Form(max_length=20_000)], site_id: SiteTyped = ""
) -> Response:
    """Set a value from now on; the one before stays in the history."""
    found = find_key(key)
    await set_value(
        guest.session,
        found,
        value=_read(found, value),
        actor=guest.work.actor,
        now=guest.work.now,
        site_id=int(site_id) if site_id else None,
    )
    return RedirectResponse(f"/settings#{found.value}", 303)


def _read(key: SettingKey, text: str) -> SettingValue:
    if isinstance(DEFINITIONS[key].default, list):
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        return int(text)
    except ValueError:
        raise InvalidField("value", "a whole number") from None


@router.get("/disk")
async def show_disk(guest: DiskReader) -> HTMLResponse:
    """Show how full the disk is, and when it will be full."""
    readings = await retention.list_readings(guest.session, limit=_READINGS)
    page = DiskPage(
        latest=readings[0] if readings else None,
        readings=tuple(readings),
        marks=await retention.read_marks(guest.session),
    )
    return render_page("disk/page.html", frame=guest.frame, view=page)
