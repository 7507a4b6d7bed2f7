"""Rules that name the site of a sender's studies by what their header says."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.directory.repository.site_rules import list_site_rules as find_site_rules
from app.directory.service import site_rules
from app.directory.service.senders import load_sender
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/senders/{sender_id}/site-rules", tags=["directory"])

Reader = Annotated[Work, needs(Permission.SENDER_READ)]
Writer = Annotated[Work, needs(Permission.SENDER_WRITE)]
Rank = Annotated[int, Field(ge=1, le=LARGEST_KEY)]

_SUBJECT = "site_rule"


class SiteRuleView(View):
    """A rule; what is absent is not looked for."""

    id: int
    sender_id: int
    rank: int
    institution_name: str | None
    issuer_of_patient_id: str | None
    station_name: str | None
    calling_ae_title: str | None
    site_id: int
    domain_id: int | None


class SiteRuleBody(Body):
    """A rule that is new, or what replaces one; it looks for one thing at least.

    Names are compared whole; case, accents and blanks are ignored.
    """

    rank: Rank
    """The lowest rank that matches wins; no two rules of a sender have the same."""
    institution_name: Line | None = None
    issuer_of_patient_id: Line | None = None
    station_name: Line | None = None
    calling_ae_title: Line | None = None
    site_id: BodyKey
    domain_id: BodyKey | None = None
    """Who issues the identifiers of this site; none: as for the whole sender."""


@router.get("", responses=raises(NotFound))
async def list_site_rules(sender_id: Key, work: Reader, page: WantedPage) -> Page[SiteRuleView]:
    """List the rules of a sender in the order in which they are tried; `after` is a rank."""
    _, site = await load_sender(work.session, sender_id=sender_id)
    work.require(Permission.SENDER_READ, society_id=site.society_id, site_id=site.id)
    rows = await find_site_rules(
        work.session, sender_id=sender_id, limit=page.fetch, after=page.after
    )
    views = [SiteRuleView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[view.rank for view in views])


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def create_site_rule(sender_id: Key, body: SiteRuleBody, work: Writer) -> SiteRuleView:
    """Add a rule; it speaks of the studies that arrive from now on."""
    row = await site_rules.create_site_rule(
        work.session, actor=work.actor, sender_id=sender_id, values=body.model_dump()
    )
    work.note_access("create", subject=_SUBJECT, subject_id=row.id)
    return SiteRuleView.model_validate(row)


@router.put("/{rule_id}", responses=raises(NotFound, Conflict))
async def change_site_rule(
    sender_id: Key, rule_id: Key, body: SiteRuleBody, work: Writer
) -> SiteRuleView:
    """Replace a rule; studies keep the site they have."""
    row = await site_rules.change_site_rule(
        work.session,
        actor=work.actor,
        sender_id=sender_id,
        rule_id=rule_id,
        values=body.model_dump(),
    )
    work.note_access("change", subject=_SUBJECT, subject_id=row.id)
    return SiteRuleView.model_validate(row)


@router.delete("/{rule_id}", status_code=204, responses=raises(NotFound))
async def delete_site_rule(sender_id: Key, rule_id: Key, work: Writer) -> None:
    """Delete a rule; studies keep the site they have."""
    await site_rules.delete_site_rule(
        work.session, actor=work.actor, sender_id=sender_id, rule_id=rule_id
    )
    work.note_access("delete", subject=_SUBJECT, subject_id=rule_id)
