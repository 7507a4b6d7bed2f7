"""The steps and delays of a site's cases: who is asked when nobody takes one, and how soon."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.cases.domain.escalation import LONGEST_S, MOST_READERS, check_escalation
from app.cases.domain.priority import Priority
from app.cases.domain.sla import DEFAULTS, Audience
from app.directory.domain import Permission
from app.directory.domain.errors import InvalidField
from app.directory.models import Site
from app.directory.service.sites import load_site, set_escalation
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import Key

router = APIRouter(prefix="/settings/sites/{site_id}/steps")

Writer = Annotated[Visit, visit(Permission.DIRECTORY_WRITE)]
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
_DELAYS = ("readers_at_once", "aside_s", "answer_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrioritySteps:
    """What stands in the form for a priority: seconds, by the name of their field."""

    priority: Priority
    is_own: bool
    values: Mapping[str, int | None]
    by_seeing: bool
    """Is it also widened because nobody has said that they have seen it?"""
    has_steps: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStepsPage:
    """The steps of one site."""

    site: Site
    priorities: tuple[PrioritySteps, ...]
    audiences: tuple[str, ...] = tuple(each.value for each in Audience)
    longest_s: int = LONGEST_S
    most_readers: int = MOST_READERS


@router.get("")
async def show_steps(site_id: Key, guest: Writer) -> HTMLResponse:
    """Show the steps that are in force at a site."""
    site = await load_site(guest.session, site_id=site_id)
    guest.work.require(Permission.DIRECTORY_WRITE, society_id=site.society_id, site_id=site.id)
    page = SiteStepsPage(site=site, priorities=tuple(_show(site, each) for each in Priority))
    return render_page("sites/steps.html", frame=guest.frame, view=page)


def _show(site: Site, priority: Priority) -> PrioritySteps:
    own = site.escalation.get(priority.value)
    kept: Mapping[str, Any] = DEFAULTS[priority].to_json() if own is None else own
    values: dict[str, int | None] = {name: kept[name] for name in _DELAYS}
    steps = zip(kept["audience"], kept["after_s"], kept["after_slack_s"], strict=True)
    for audience, after_s, after_slack_s in steps:
        values[f"{audience}_after_s"] = after_s
        values[f"{audience}_after_slack_s"] = after_slack_s
    return PrioritySteps(
        priority=priority,
        is_own=own is not None,
        values=values,
        by_seeing=priority in {Priority.P1, Priority.P2},
        has_steps=priority is not Priority.P4,
    )


async def read_form(request: Request) -> Mapping[str, str]:
    """Read the fields of the form; they are named by priority."""
    form = await request.form()
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


@router.post("")
async def change_steps(
    site_id: Key, guest: Writer, form: Annotated[Mapping[str, str], Depends(read_form)]
) -> Response:
    """Set the steps of a site; cases that are open keep those that they have."""
    table = {
        priority.value: _read(priority, form)
        for priority in Priority
        if form.get(f"{priority.value}_own") == "yes"
    }
    check_escalation(table)
    await set_escalation(guest.session, actor=guest.work.actor, site_id=site_id, table=table)
    guest.work.note_access("change", subject="site", subject_id=site_id)
    return RedirectResponse(f"/settings/sites/{site_id}/steps", 303)


def _read(priority: Priority, form: Mapping[str, str]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: _number(f"{priority.value}_{name}", form) for name in _DELAYS}
    kept |= {"audience": [], "after_s": [], "after_slack_s": []}
    for audience in Audience:
        place = f"{priority.value}_{audience.value}"
        if not form.get(f"{place}_after_slack_s"):
            continue
        kept["audience"].append(audience.value)
        after = form.get(f"{place}_after_s")
        kept["after_s"].append(_number(f"{place}_after_s", form) if after else None)
        kept["after_slack_s"].append(_number(f"{place}_after_slack_s", form))
    return kept


def _number(field: str, form: Mapping[str, str]) -> int:
    text = form.get(field, "")
    if not _NUMBER.fullmatch(text):
        raise InvalidField(field, "a whole number")
    return int(text)
