"""The live board: the rows of the worklist, and a query for each thing beside them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case, CaseRequest, CaseSla
from app.directory.domain.actor import Scope
from app.directory.models import Radiologist, Site
from app.dispatch.domain.watch import ASIDE
from app.dispatch.models import Claim, Nomination
from app.dispatch.repository.surge import find_standing
from app.dispatch.service.parameters import read_parameters
from app.intake.models import Association
from app.requests.models import Request
from app.worklist.queries.row_book import RowBook
from app.worklist.queries.worklist import load_worklist
from app.worklist.views.board import (
    Board,
    BoardCase,
    NextStep,
    ReaderLoad,
    SilentSite,
    SurgeShown,
)
from app.worklist.views.worklist import WorklistRow

_HOUR = timedelta(hours=1)
_ASIDE = sorted(stage.value for stage in ASIDE)


async def load_board_of_cases(
    session: AsyncSession,
    *,
    book: RowBook,
    scope: Scope,
    radiologist_ids: Collection[int],
    now: datetime,
) -> Board:
    """Read the board.

    Parameters
    ----------
    book
        The rows of the worklist that were read before.
    scope
        Whose cases are shown.
    radiologist_ids
        Whose loads are.
    """
    work = await load_worklist(session, book=book, scope=scope, now=now)
    steps = await _map_next_steps(session, [row.case_id for row in work.to_read])
    waiting = [row for row in work.to_read if row.awaits_images]
    return Board(
        at=now,
        cases=tuple(
            BoardCase(row=row, next_step=steps.get(row.case_id))
            for row in work.to_read
            if not row.awaits_images
        ),
        silent=await _list_silent(session, waiting),
        loads=await _list_loads(session, radiologist_ids, now=now),
        surge=await _find_surge(session),
        last_association_at=await session.scalar(
            select(Association.opened_at).order_by(Association.opened_at.desc()).limit(1)
        ),
    )


async def _map_next_steps(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, NextStep]:
    steps = (
        select(CaseSla.steps)
        .where(CaseSla.case_id == Case.id)
        .order_by(CaseSla.id.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(
            Case.id,
            Case.step,
            Case.step_due_at,
            Case.dispatch_due_at,
            Claim.due_at.label("claim_due_at"),
            Claim.stage,
            steps.label("steps"),
        )
        .outerjoin(Claim, and_(Claim.case_id == Case.id, Claim.ended_at.is_(None)))
        .where(Case.id.in_(case_ids))
    )
    found = ((row.id, _find_next(row)) for row in rows)
    return {case_id: step for case_id, step in found if step is not None}


def _find_next(row: Any) -> NextStep | None:  # noqa: ANN401 - a row of the query above
    if row.stage is not None:
        is_watched = row.claim_due_at is not None
        return NextStep(kind=row.stage, due_at=row.claim_due_at) if is_watched else None
    ahead = []
    if row.dispatch_due_at is not None:
        ahead.append(NextStep(kind="offer", due_at=row.dispatch_due_at))
    audiences = row.steps["audience"] if row.steps else []
    if row.step_due_at is not None and row.step < len(audiences):
        ahead.append(NextStep(kind=audiences[row.step], due_at=row.step_due_at))
    return min(ahead, key=lambda each: each.due_at, default=None)


async def _list_silent(
    session: AsyncSession, waiting: Sequence[WorklistRow]
) -> tuple[SilentSite, ...]:
    rows = await session.execute(
        select(
            CaseRequest.case_id,
            func.min(Request.decided_at).label("since"),
            func.min(Request.images_due_at).label("asked_at"),
            func.min(Request.exam).label("exam"),
            func.min(Site.telephone_ct).label("telephone_ct"),
        )
        .join(Request, Request.id == CaseRequest.request_id)
        .join(Site, Site.id == Request.site_id)
        .where(
            CaseRequest.case_id.in_([row.case_id for row in waiting]),
            CaseRequest.ended_at.is_(None),
        )
        .group_by(CaseRequest.case_id)
    )
    by_case = {row.case_id: row for row in rows}
    silent = [
        SilentSite(
            case_id=row.case_id,
            priority=row.priority,
            site_name=row.site_name,
            telephone_ct=asked.telephone_ct,
            exam=asked.exam,
            since=asked.since or row.state_at,
            asked_at=asked.asked_at,
        )
        for row in waiting
        if (asked := by_case.get(row.case_id)) is not None
    ]
    return tuple(sorted(silent, key=lambda each: (each.since, each.case_id)))


async def _list_loads(
    session: AsyncSession, radiologist_ids: Collection[int], *, now: datetime
) -> tuple[ReaderLoad, ...]:
    hourly_cap = (await read_parameters(session)).parameters.hourly_cap
    stands, is_recent = Claim.ended_at.is_(None), Claim.claimed_at > now - _HOUR
    claims = (
        select(
            Claim.radiologist_id,
            func.count().filter(stands).label("claimed"),
            func.count().filter(stands, Claim.stage.in_(_ASIDE)).label("aside"),
            func.count().filter(is_recent).label("claims_last_hour"),
        )
        .where(Claim.radiologist_id.in_(radiologist_ids), or_(stands, is_recent))
        .group_by(Claim.radiologist_id)
        .subquery()
    )
    nominated = (
        select(func.count())
        .where(Nomination.radiologist_id == Radiologist.id, Nomination.ended_at.is_(None))
        .scalar_subquery()
    )
    rows = await session.execute(
        select(
            Radiologist.id.label("radiologist_id"),
            func.coalesce(claims.c.claimed, 0).label("claimed"),
            func.coalesce(claims.c.aside, 0).label("aside"),
            nominated.label("nominated"),
            func.coalesce(claims.c.claims_last_hour, 0).label("claims_last_hour"),
            func.least(Radiologist.hourly_cap, hourly_cap).label("hourly_cap"),
        )
        .outerjoin(claims, claims.c.radiologist_id == Radiologist.id)
        .where(Radiologist.id.in_(radiologist_ids))
        .order_by(Radiologist.id)
    )
    return tuple(
        ReaderLoad(**row._mapping)  # noqa: SLF001 - the library's documented name
        for row in rows
    )


async def _find_surge(session: AsyncSession) -> SurgeShown | None:
    standing = await find_standing(session)
    if standing is None:
        return None
    return SurgeShown(
        began_at=standing.began_at,
        quarter=int(standing.detail.get("quarter", 0)),
        hour=int(standing.detail.get("hour", 0)),
        called_at=standing.called_at,
    )
