"""The morning lists of whoever looks."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.directory.domain.actor import Scope
from app.directory.models import Radiologist, RadiologistSociety, Site, Society
from app.dispatch.domain.morning import MorningKind
from app.dispatch.models import MorningItem, MorningList
from app.kit.errors import NotFound
from app.worklist.queries.scoping import inside
from app.worklist.views.mornings import MorningItemView, MorningSheet, MorningView

_LATEST = 60


async def list_mornings(
    session: AsyncSession, *, scope: Scope, list_id: int | None = None
) -> tuple[MorningView, ...]:
    """List the latest morning lists of societies, or with sites, inside a scope; newest first.

    Parameters
    ----------
    list_id
        Only this one.
    """
    has_site = select(Site.id).where(
        Site.society_id == MorningList.society_id, Site.zone == MorningList.zone, inside(scope)
    )
    query = (
        select(MorningList, Society.name, _count(MorningKind.READ), _count(MorningKind.OPEN))
        .join(Society, Society.id == MorningList.society_id)
        .outerjoin(
            MorningItem,
            and_(MorningItem.list_id == MorningList.id, MorningItem.case_id.in_(_cases(scope))),
        )
        .where(true() if scope.everything else has_site.exists())
        .group_by(MorningList.id, Society.name)
        .order_by(MorningList.ends_at.desc(), Society.name, MorningList.id)
        .limit(_LATEST)
    )
    if list_id is not None:
        query = query.where(MorningList.id == list_id)
    return tuple(_view_list(row) for row in await session.execute(query))


def _view_list(row: Row[*tuple[Any, ...]]) -> MorningView:
    made, society, read_count, open_count = row
    return MorningView(
        list_id=made.id,
        society_id=made.society_id,
        society=society,
        zone=made.zone,
        day=made.day,
        starts_at=made.starts_at,
        ends_at=made.ends_at,
        read_count=read_count,
        open_count=open_count,
    )


def _count(kind: MorningKind) -> ColumnElement[int]:
    return func.count(MorningItem.id).filter(MorningItem.kind == kind.value)


def _cases(scope: Scope) -> Any:  # noqa: ANN401 - a subquery of ids
    return select(Case.id).join(Site, Site.id == Case.site_id).where(inside(scope))


async def load_morning(session: AsyncSession, list_id: int, *, scope: Scope) -> MorningSheet:
    """Read a morning list with its cases inside a scope: by site, then by when they were signed.

    Raises
    ------
    NotFound
        If there is none that they see.
    """
    found = await list_mornings(session, scope=scope, list_id=list_id)
    if not found:
        raise NotFound(f"there is no morning list {list_id} here")
    rows = await session.execute(
        select(
            MorningItem,
            Case,
            Site.name.label("site_name"),
            func.concat_ws(" ", Radiologist.given_name, Radiologist.family_name).label("reader"),
            _find_society(found[0].day).label("reader_society"),
        )
        .join(Case, Case.id == MorningItem.case_id)
        .join(Site, Site.id == Case.site_id)
        .outerjoin(Radiologist, Radiologist.id == MorningItem.reader_id)
        .where(MorningItem.list_id == list_id, inside(scope))
        .order_by(Site.name, MorningItem.signed_at, Case.signed_due_at, Case.id)
    )
    items = [_view(row) for row in rows]
    return MorningSheet(
        morning=found[0],
        read=tuple(each for each in items if each.kind == MorningKind.READ),
        open=tuple(each for each in items if each.kind == MorningKind.OPEN),
    )


def _find_society(day: date) -> ColumnElement[str]:
    return (
        select(Society.short_name)
        .join(RadiologistSociety, RadiologistSociety.society_id == Society.id)
        .where(
            RadiologistSociety.radiologist_id == Radiologist.id,
            RadiologistSociety.valid.contains(day),
        )
        .limit(1)
        .scalar_subquery()
    )


def _view(row: Row[*tuple[Any, ...]]) -> MorningItemView:
    item, case = row.MorningItem, row.Case
    return MorningItemView(
        case_id=case.id,
        kind=item.kind,
        site_name=row.site_name,
        description=case.description,
        priority=case.priority,
        reader=row.reader or None,
        reader_society=row.reader_society,
        signed_at=item.signed_at,
        state=item.state,
        state_now=case.state,
        critical=case.critical_at is not None,
    )
