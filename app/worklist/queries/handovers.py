"""The open handovers of whoever looks."""

from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, case, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case
from app.directory.domain.actor import Scope
from app.directory.models import Radiologist, Site
from app.dispatch.models import Handover, HandoverItem
from app.worklist.queries.scoping import inside
from app.worklist.views.handovers import HandoverItemView, HandoverView


async def list_handovers(
    session: AsyncSession,
    *,
    radiologist_id: int | None,
    seen: Scope,
    coordinated: Scope,
    item_id: int | None = None,
) -> tuple[HandoverView, ...]:
    """List the open handovers, those that end first first; in each the current offers.

    Who leaves sees all of theirs; others what is offered to them, or of sites inside their scope.

    Parameters
    ----------
    radiologist_id
        Whoever looks, if they are one.
    seen, coordinated
        What they see whoever it is offered to, and what they may offer to somebody else.
    item_id
        Only this offer.
    """
    query = _select_items(radiologist_id, coordinated)
    mine = (
        false()
        if radiologist_id is None
        else or_(
            Handover.radiologist_id == radiologist_id,
            HandoverItem.to_radiologist_id == radiologist_id,
        )
    )
    query = query.where(or_(mine, inside(seen)))
    if item_id is not None:
        query = query.where(HandoverItem.id == item_id)
    rows = (await session.execute(query)).all()
    return tuple(
        _view(list(group)) for _, group in groupby(rows, key=lambda row: int(row.Handover.id))
    )


def _select_items(radiologist_id: int | None, coordinated: Scope) -> Select[*tuple[Any, ...]]:
    taker = aliased(Radiologist)
    is_theirs = false() if radiologist_id is None else Handover.radiologist_id == radiologist_id
    return (
        select(
            Handover,
            Radiologist,
            HandoverItem,
            Case,
            Site.name.label("site_name"),
            taker.given_name,
            taker.family_name,
            case((or_(is_theirs, inside(coordinated)), 1), else_=0).label("may_coordinate"),
        )
        .join(Radiologist, Radiologist.id == Handover.radiologist_id)
        .join(HandoverItem, HandoverItem.handover_id == Handover.id)
        .join(Case, Case.id == HandoverItem.case_id)
        .join(Site, Site.id == Case.site_id)
        .outerjoin(taker, taker.id == HandoverItem.to_radiologist_id)
        .where(Handover.closed_at.is_(None), HandoverItem.superseded_at.is_(None))
        .order_by(Handover.ends_at, Handover.id, Case.priority, HandoverItem.id)
        .execution_options(populate_existing=True)
    )


def _view(rows: list[Row[*tuple[Any, ...]]]) -> HandoverView:
    handover, reader = rows[0].Handover, rows[0].Radiologist
    return HandoverView(
        handover_id=handover.id,
        radiologist_id=handover.radiologist_id,
        name=f"Dr {reader.given_name} {reader.family_name}",
        telephone=reader.telephone,
        ends_at=handover.ends_at,
        items=tuple(_view_item(row) for row in rows),
    )


def _view_item(row: Row[*tuple[Any, ...]]) -> HandoverItemView:
    item, of_case = row.HandoverItem, row.Case
    return HandoverItemView(
        item_id=item.id,
        kind=item.kind,
        state=item.state,
        case_id=item.case_id,
        site_name=row.site_name,
        description=of_case.description,
        priority=of_case.priority,
        case_state=of_case.state,
        signed_due_at=of_case.signed_due_at,
        to_radiologist_id=item.to_radiologist_id,
        to_name=None if row.given_name is None else f"Dr {row.given_name} {row.family_name}",
        offered_at=item.offered_at,
        due_at=item.due_at,
        answered_at=item.answered_at,
        note=item.note,
        outcome=item.outcome,
        may_coordinate=bool(row.may_coordinate),
    )
