"""Every query on cases, their links and their timeline."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.cases.domain.priority import Priority, PriorityRule, fold
from app.cases.domain.sla import Sla
from app.cases.domain.states import CaseAction, CaseState, MoveRefused, next_state, states_before
from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent, CaseSla, CaseStudy
from app.directory.models import PriorityRule as PriorityRuleRow
from app.directory.models import Site
from app.intake.models import Study
from app.kit.errors import NotFound


class CaseNotFound(NotFound):
    """There is no such case for this caller."""

    def __init__(self, case_id: int) -> None:
        super().__init__(f"there is no case {case_id} here")
        self.case_id = case_id


async def get_case(session: AsyncSession, case_id: int) -> Case:
    """Read a case as it is now.

    Raises
    ------
    CaseNotFound
        If there is none.
    """
    return await _one(session, case_id, lock=False)


async def lock_case(session: AsyncSession, case_id: int) -> Case:
    """Read a case and keep every other writer waiting until the transaction ends.

    Raises
    ------
    CaseNotFound
        If there is none.
    """
    return await _one(session, case_id, lock=True)


async def _one(session: AsyncSession, case_id: int, *, lock: bool) -> Case:
    query = select(Case).where(Case.id == case_id).execution_options(populate_existing=True)
    # NO KEY, as an UPDATE takes it: who inserts a row that refers to the case need not wait. The
    # jobs of studies lock study, then case; a claim locks the case, then refers to the study.
    found = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if found is None:
        raise CaseNotFound(case_id)
    return found


async def move(
    session: AsyncSession,
    case_id: int,
    *,
    action: CaseAction,
    now: datetime,
    by_user_id: int | None,
    reason: str = "",
    **columns: object,
) -> None:
    """Move a case by a guarded UPDATE; a trigger writes the timeline.

    Parameters
    ----------
    columns
        Other columns of the case that change with the move.

    Raises
    ------
    MoveRefused
        If the case stands where the action is not possible; nothing changed.
    """
    targets = {next_state(state, action) for state in states_before(action)}
    (target,) = targets
    moved = await session.scalar(
        update(Case)
        .where(Case.id == case_id, Case.state.in_(states_before(action)))
        .values(
            state=target.value,
            state_at=now,
            state_by=by_user_id,
            state_reason=reason,
            **columns,
        )
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        standing = await get_case(session, case_id)
        raise MoveRefused(CaseState(standing.state), action)


async def change(session: AsyncSession, case_id: int, **columns: object) -> None:
    """Change facts beside the state; with none of them, only the version rises."""
    values: dict[str, Any] = columns or {"version": Case.version}
    await session.execute(
        update(Case)
        .where(Case.id == case_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def touch(session: AsyncSession, case_id: int) -> None:
    """Raise the version of a case: something that its row on a worklist shows has changed."""
    await change(session, case_id, version=Case.version)


async def add_case(session: AsyncSession, case: Case) -> Case:
    """Insert a case and learn its id."""
    session.add(case)
    await session.flush()
    return case


async def link_study(session: AsyncSession, *, case_id: int, study_id: int, now: datetime) -> None:
    """Put a study into a case; the database refuses it when it is in another one."""
    await session.execute(
        insert(CaseStudy).values(case_id=case_id, study_id=study_id, linked_at=now)
    )


async def end_links(session: AsyncSession, *, case_id: int, now: datetime) -> None:
    """Let go of all studies of a case."""
    await session.execute(
        update(CaseStudy)
        .where(CaseStudy.case_id == case_id, CaseStudy.ended_at.is_(None))
        .values(ended_at=now)
    )


async def find_case_of_study(session: AsyncSession, study_id: int) -> int | None:
    """Find the standing case of a study, or a voided one that nothing replaced.

    A study whose case was voided stays with it: late images of a voided case open no other one.
    """
    return await session.scalar(
        select(CaseStudy.case_id)
        .where(CaseStudy.study_id == study_id)
        .order_by(CaseStudy.ended_at.desc().nulls_first(), CaseStudy.id.desc())
        .limit(1)
    )


async def list_studies(session: AsyncSession, case_id: int) -> Sequence[Study]:
    """List the studies of a case, in order of their first image; a voided case keeps its own."""
    rows = await session.scalars(
        select(Study)
        .join(CaseStudy, CaseStudy.study_id == Study.id)
        .where(CaseStudy.case_id == case_id)
        .order_by(Study.first_image_at, Study.id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def add_sla(session: AsyncSession, *, case_id: int, sla: Sla, now: datetime) -> None:
    """Keep a snapshot of the clocks."""
    await session.execute(
        insert(CaseSla).values(
            case_id=case_id,
            at=now,
            priority=sla.priority.value,
            signed_within_s=round(sla.signed_within.total_seconds()),
            steps=sla.to_json(),
        )
    )


async def get_sla(session: AsyncSession, case_id: int) -> Sla:
    """Read the snapshot in force, which is the last one."""
    row = (
        await session.scalars(
            select(CaseSla).where(CaseSla.case_id == case_id).order_by(CaseSla.id.desc()).limit(1)
        )
    ).one()
    return Sla.from_json(row.priority, row.signed_within_s, row.steps)


async def add_event(
    session: AsyncSession,
    *,
    case_id: int,
    kind: EventKind,
    now: datetime,
    by_user_id: int | None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Put a fact that is no move on the timeline."""
    await session.execute(
        insert(CaseEvent).values(
            case_id=case_id,
            at=now,
            kind=kind.value,
            by_user_id=by_user_id,
            reason=reason,
            detail=detail or {},
        )
    )


async def list_events(session: AsyncSession, case_id: int) -> Sequence[CaseEvent]:
    """List the timeline, oldest first."""
    rows = await session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id)
    )
    return rows.all()


async def list_rules(session: AsyncSession) -> list[PriorityRule]:
    """List the rules that give a priority."""
    rows = await session.scalars(select(PriorityRuleRow).order_by(PriorityRuleRow.rank))
    return [
        PriorityRule(
            rank=row.rank,
            priority=Priority(row.priority),
            sender_id=row.sender_id,
            modality=row.modality,
            station_name=row.station_name,
            words=fold(row.words or ""),
        )
        for row in rows
    ]


async def get_site_minutes(session: AsyncSession, site_id: int) -> dict[str, int]:
    """Read a site's own minutes until signature, by priority."""
    return await session.scalar(select(Site.sla).where(Site.id == site_id)) or {}


async def find_due(
    session: AsyncSession,
    *,
    column: InstrumentedAttribute[datetime | None],
    states: Collection[CaseState],
    now: datetime,
    limit: int,
) -> Sequence[int]:
    """Find the cases in one of the states whose due instant has come, the most urgent first."""
    rows = await session.scalars(
        select(Case.id)
        .where(Case.state.in_(states), column <= now)
        .order_by(Case.priority, column, Case.id)
        .limit(limit)
    )
    return rows.all()


async def find_next_due(
    session: AsyncSession,
    *,
    column: InstrumentedAttribute[datetime | None],
    states: Collection[CaseState],
) -> datetime | None:
    """Find the earliest due instant among the cases in one of the states."""
    return await session.scalar(select(func.min(column)).where(Case.state.in_(states)))
