"""What an audit looks at, and what it leaves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.models import Case, CaseRequest
from app.dispatch.domain.auditor import CaseAudited
from app.dispatch.models import Audit, Claim, Decision, Nomination
from app.requests.domain.states import ACCEPTED
from app.requests.models import Request
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task


async def list_audited(session: AsyncSession) -> list[CaseAudited]:
    """List every case that is open for dispatch, by id, with who answers for it and when."""
    rows = await session.execute(
        select(
            Case.id,
            Case.state,
            Case.first_image_at,
            Case.reader_id,
            Case.dispatch_due_at,
            Case.dispatch_cause.is_not(None).label("is_decided_anew"),
            Case.step_due_at,
            Claim.radiologist_id.label("claimed_by"),
            Claim.due_at.label("claim_due_at"),
            _count_nominees().label("nominees"),
            select(Decision.id).where(Decision.case_id == Case.id).exists().label("was_decided"),
            _find_images_due().label("images_due_at"),
        )
        .outerjoin(Claim, (Claim.case_id == Case.id) & Claim.ended_at.is_(None))
        .where(Case.state.in_([each.value for each in OPEN_FOR_DISPATCH]))
        .order_by(Case.id)
    )
    return [_read(row) for row in rows]


def _count_nominees() -> ColumnElement[int]:
    return (
        select(func.count())
        .where(Nomination.case_id == Case.id, Nomination.ended_at.is_(None))
        .scalar_subquery()
    )


def _find_images_due() -> ColumnElement[datetime | None]:
    """Find when the site is asked for the images of a case, or asked again."""
    of_request = (
        select(func.min(Request.images_due_at))
        .join(CaseRequest, CaseRequest.request_id == Request.id)
        .where(CaseRequest.case_id == Case.id, CaseRequest.ended_at.is_(None))
        .scalar_subquery()
    )
    of_task = (
        select(func.min(Task.repeat_at))
        .where(
            Task.case_id == Case.id,
            Task.kind == TaskKind.ASK_FOR_IMAGES.value,
            Task.settled_at.is_(None),
        )
        .scalar_subquery()
    )
    return func.least(of_request, of_task, type_=Case.dispatch_due_at.type)


def _read(row: Any) -> CaseAudited:  # noqa: ANN401 - a row of the query above
    return CaseAudited(
        case_id=row.id,
        state=CaseState(row.state),
        has_images=row.first_image_at is not None,
        was_decided=row.was_decided,
        is_decided_anew=row.is_decided_anew,
        nominees=row.nominees,
        reader_id=row.reader_id,
        claimed_by=row.claimed_by,
        dispatch_due_at=row.dispatch_due_at,
        step_due_at=row.step_due_at,
        claim_due_at=row.claim_due_at,
        images_due_at=row.images_due_at,
    )


async def list_unasked(session: AsyncSession) -> Sequence[Request]:
    """List the accepted requests of cases without an image about which nobody will be asked again.

    The site was asked, and said why: that settles the question for some time, not for ever.
    """
    asked = select(Task.id).where(
        Task.kind == TaskKind.ASK_FOR_IMAGES.value,
        Task.case_id == Case.id,
        Task.settled_at.is_(None),
    )
    rows = await session.scalars(
        select(Request)
        .join(CaseRequest, CaseRequest.request_id == Request.id)
        .join(Case, Case.id == CaseRequest.case_id)
        .where(
            Case.state == CaseState.OPEN.value,
            Case.first_image_at.is_(None),
            Case.dispatch_due_at.is_(None),
            CaseRequest.ended_at.is_(None),
            Request.images_due_at.is_(None),
            Request.state.in_(ACCEPTED),
            ~asked.exists(),
        )
        .order_by(Request.id)
        .with_for_update(of=Request, key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def find_last_audit(session: AsyncSession) -> datetime | None:
    """Find when the last audit was."""
    return await session.scalar(select(func.max(Audit.at)))


async def add_audit(
    session: AsyncSession, *, case_count: int, finding_count: int, now: datetime
) -> None:
    """Keep that an audit was made, and what it found."""
    await session.execute(
        insert(Audit).values(at=now, case_count=case_count, finding_count=finding_count)
    )


async def forget_audits(session: AsyncSession, *, before: datetime) -> None:
    """Remove audits from before an instant."""
    await session.execute(delete(Audit).where(Audit.at < before))
