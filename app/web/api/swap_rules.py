"""How each society swaps: whether a planner approves, and who gets the credit, with the history."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter

from app.directory.domain import Permission
from app.directory.service.societies import load_society
from app.kit.errors import NotFound
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.swap_rules import SwapRules
from app.planning.repository import swap_rules as repository
from app.planning.repository.swap_rules import PastSwapRules
from app.planning.repository.volumes_monthly import list_all_societies
from app.planning.service.swap_rules import set_rules
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, Key, View

router = APIRouter(prefix="/swap-rules", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]


class SwapRulesView(View):
    """What is in force for the swaps that members of a society offer."""

    society_id: int
    needs_approval: bool
    credit_to: CreditRule | None
    """`null`: each offer says."""

    @classmethod
    def of(cls, rules: SwapRules, *, society_id: int) -> Self:
        """Show the rules of a society."""
        return cls(
            society_id=society_id, needs_approval=rules.needs_approval, credit_to=rules.credit
        )


class PastRulesView(View):
    """What was set, in force until the next."""

    id: int
    needs_approval: bool
    credit_to: CreditRule | None
    set_at: datetime
    set_by: int | None
    set_by_name: str | None

    @classmethod
    def of(cls, past: PastSwapRules) -> Self:
        """Show what was set."""
        return cls(
            id=past.id,
            needs_approval=past.rules.needs_approval,
            credit_to=past.rules.credit,
            set_at=past.set_at,
            set_by=past.set_by,
            set_by_name=past.set_by_name,
        )


class SwapRulesDetail(SwapRulesView):
    """Rules in force, and those before, newest first."""

    history: Page[PastRulesView]


class SwapRulesBody(Body):
    """What holds from now on; offers that stand keep what held when they were made."""

    needs_approval: bool
    credit_to: CreditRule | None = None


@router.get("")
async def list_rules(work: Reader) -> list[SwapRulesView]:
    """List the rules in force of every society, also where none were set."""
    found = await repository.map_rules(work.session)
    return [
        SwapRulesView.of(found.get(each.id, SwapRules()), society_id=each.id)
        for each in await list_all_societies(work.session)
    ]


@router.get("/{society_id}", responses=raises(NotFound))
async def show_rules(society_id: Key, work: Reader, page: WantedPage) -> SwapRulesDetail:
    """Show the rules of a society with their history; `after` is an id, towards older ones."""
    await load_society(work.session, society_id=society_id)
    rules = await repository.find_rules(work.session, society_id)
    past = await repository.list_past(
        work.session, society_id=society_id, limit=page.fetch, before=page.after
    )
    views = [PastRulesView.of(each) for each in past]
    history = cut(views, page=page, keys=[each.id for each in views])
    return SwapRulesDetail(
        **SwapRulesView.of(rules, society_id=society_id).model_dump(), history=history
    )


@router.put("/{society_id}", responses=raises(NotFound))
async def put_rules(society_id: Key, body: SwapRulesBody, work: Writer) -> SwapRulesView:
    """Set how a society swaps from now on."""
    rules = SwapRules(needs_approval=body.needs_approval, credit=body.credit_to)
    await set_rules(work.session, rules, society_id=society_id, actor=work.actor, now=work.now)
    return SwapRulesView.of(rules, society_id=society_id)
