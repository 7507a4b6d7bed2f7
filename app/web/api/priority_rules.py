"""Rules that give a priority to studies by what their header says; configuration of the group."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.cases.domain.priority import Priority
from app.directory.domain import Permission
from app.directory.repository.priority_rules import list_priority_rules as find_priority_rules
from app.directory.service import priority_rules
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/priority-rules", tags=["directory"])

Reader = Annotated[Work, needs(Permission.SENDER_READ)]
Writer = Annotated[Work, needs(Permission.SENDER_WRITE)]
Rank = Annotated[int, Field(ge=1, le=LARGEST_KEY)]

_SUBJECT = "priority_rule"


class PriorityRuleView(View):
    """A rule; what is absent matches everything."""

    id: int
    rank: int
    sender_id: int | None
    modality: str | None
    station_name: str | None
    words: str | None
    priority: Priority


class PriorityRuleBody(Body):
    """A rule that is new, or what replaces one; it looks for one thing at least."""

    rank: Rank
    """The lowest rank that matches wins; no two rules have the same."""
    sender_id: BodyKey | None = None
    modality: Line | None = None
    """1 to 16 capital letters."""
    station_name: Line | None = None
    words: Line | None = None
    """Of the study's description, any of them; case and accents are ignored."""
    priority: Priority


@router.get("")
async def list_priority_rules(work: Reader, page: WantedPage) -> Page[PriorityRuleView]:
    """List the rules in the order in which they are tried; `after` is a rank."""
    rows = await find_priority_rules(
        work.session,
        scope=work.scope(Permission.SENDER_READ),
        limit=page.fetch,
        after=page.after,
    )
    views = [PriorityRuleView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[view.rank for view in views])


@router.post("", status_code=201, responses=raises(Conflict))
async def create_priority_rule(body: PriorityRuleBody, work: Writer) -> PriorityRuleView:
    """Add a rule; it speaks of the studies that arrive from now on."""
    row = await priority_rules.create_priority_rule(
        work.session, actor=work.actor, values=body.model_dump()
    )
    work.note_access("create", subject=_SUBJECT, subject_id=row.id)
    return PriorityRuleView.model_validate(row)


@router.put("/{rule_id}", responses=raises(NotFound, Conflict))
async def change_priority_rule(
    rule_id: Key, body: PriorityRuleBody, work: Writer
) -> PriorityRuleView:
    """Replace a rule; cases keep the priority they have."""
    row = await priority_rules.change_priority_rule(
        work.session, actor=work.actor, rule_id=rule_id, values=body.model_dump()
    )
    work.note_access("change", subject=_SUBJECT, subject_id=row.id)
    return PriorityRuleView.model_validate(row)


@router.delete("/{rule_id}", status_code=204, responses=raises(NotFound))
async def delete_priority_rule(rule_id: Key, work: Writer) -> None:
    """Delete a rule; cases keep the priority they have."""
    await priority_rules.delete_priority_rule(work.session, actor=work.actor, rule_id=rule_id)
    work.note_access("delete", subject=_SUBJECT, subject_id=rule_id)
