"""How the studies of a site are classed: sets of rules, each a new version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.directory.models import Site
from app.directory.repository.rows import find_row
from app.intake.domain.classes import IntakeClass
from app.intake.domain.rule_sets import MOST_RULES, Effect
from app.intake.service import rule_sets
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, PageQuery, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, View

router = APIRouter(prefix="/sites/{site_id}/intake-rules", tags=["directory"])

Reader = Annotated[Work, needs(Permission.SENDER_READ)]
Writer = Annotated[Work, needs(Permission.SENDER_WRITE)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class IntakeRule(Body):
    """A rule; what is absent is not looked for, and one thing at least is."""

    intake_class: IntakeClass
    called_ae_title: Text | None = None
    calling_ae_title: Text | None = None
    sender_id: BodyKey | None = None
    modality: Text | None = None
    words: Text | None = None
    """Of the study's description, any of them; case and accents are ignored."""
    older_than_hours: Annotated[int | None, Field(ge=1, le=LARGEST_KEY)] = None
    patient_id: Text | None = None
    """Plain text; `*` stands for anything."""
    patient_name: Text | None = None
    station_name: Text | None = None


Rules = Annotated[list[IntakeRule], Field(max_length=MOST_RULES)]


class RuleSetBody(Body):
    """A new set; it replaces the one in force."""

    rules: Rules
    """The first that matches classes the study; none: the rules that every site has."""
    note: Annotated[str, Field(max_length=500)] = ""
    confirmed: bool = False
    """Save it although nearly all of last month's studies would be no cases."""


class PreviewBody(Body):
    """A set that is not saved."""

    rules: Rules


class RuleSetView(View):
    """A set, who made it and when; the newest is in force."""

    id: int
    site_id: int
    made_at: datetime
    made_by: int
    made_by_name: str
    note: str
    rules: list[IntakeRule]


class RuleSetMade(View):
    """The set that is in force now."""

    id: int
    made_at: datetime


class EffectView(View):
    """What a set would have done to the studies of the last 30 days."""

    before: Mapping[IntakeClass, int]
    after: Mapping[IntakeClass, int]
    changed: int
    examined: int
    is_suspicious: bool
    """Saving it has to be confirmed."""


@router.get("", responses=raises(NotFound))
async def list_intake_rules(site_id: Key, work: Reader, page: WantedPage) -> Page[RuleSetView]:
    """List the sets that a site had, newest first; the first is in force."""
    await _enter(work, site_id, Permission.SENDER_READ)
    rows = await _list(work, site_id, page)
    return cut(rows, page=page, keys=[row.id for row in rows])


async def _list(work: Work, site_id: int, page: PageQuery) -> list[RuleSetView]:
    rows = await rule_sets.list_rule_sets(
        work.session, site_id, limit=page.fetch, before=page.after
    )
    return [RuleSetView.model_validate(row) for row in rows]


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def save_intake_rules(site_id: Key, body: RuleSetBody, work: Writer) -> RuleSetMade:
    """Put a new set in force; studies keep the class they have."""
    row = await rule_sets.save_rules(
        work.session,
        site_id,
        rules=_as_rules(body.rules),
        note=body.note,
        confirmed=body.confirmed,
        actor=work.actor,
        settings=work.container.settings,
        now=work.now,
    )
    work.note_access("create", subject="intake_rule_set", subject_id=row.id)
    return RuleSetMade.model_validate(row)


@router.post("/preview", responses=raises(NotFound))
async def preview_intake_rules(site_id: Key, body: PreviewBody, work: Reader) -> EffectView:
    """Tell what a set would have done last month; nothing is saved."""
    await _enter(work, site_id, Permission.SENDER_READ)
    effect: Effect = await rule_sets.preview(
        work.session,
        site_id,
        _as_rules(body.rules),
        settings=work.container.settings,
        now=work.now,
    )
    return EffectView.model_validate(effect)


def _as_rules(rules: list[IntakeRule]) -> list[dict[str, Any]]:
    return [rule.model_dump(mode="json", exclude_none=True) for rule in rules]


async def _enter(work: Work, site_id: int, permission: Permission) -> None:
    site = await find_row(work.session, Site, site_id)
    if site is None:
        raise rule_sets.SiteUnknown(f"there is no site {site_id}")
    work.require(permission, society_id=site.society_id, site_id=site.id)
