"""What is kept, and all that the rule asks for about it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.domain.states import CaseState
from app.cases.models import Case, CaseStudy
from app.delivery.domain.shipment import DeliveryState, Kind
from app.delivery.models import Delivery
from app.directory.models import Sender
from app.intake.models import Commitment, CommitmentInstance, Instance, Series, Study
from app.retention.domain.stay import Stay
from app.tasks.models import Task

_KEPT = Instance.purged_at.is_(None)
_ON_ITS_WAY = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)
_CASE = "case"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of kept images ended."""

    arrived_at: datetime
    instance_id: int


async def list_oldest(
    session: AsyncSession, *, before: datetime, after: Cursor | None, limit: int
) -> tuple[list[int], Cursor | None]:
    """List the studies of the oldest kept images, in order of arrival.

    Parameters
    ----------
    before
        Only images that arrived before this instant.
    after
        Where the last page ended.
    limit
        How many images are looked at.

    Returns
    -------
    tuple
        The studies, and where the page ended; nothing when there are no more.
    """
    query = (
        select(Instance.arrived_at, Instance.id, Series.study_id)
        .join(Series, Series.id == Instance.series_id)
        .where(_KEPT, Instance.arrived_at <= before)
        .order_by(Instance.arrived_at, Instance.id)
        .limit(limit)
    )
    if after is not None:
        reached = tuple_(literal(after.arrived_at), literal(after.instance_id))
        query = query.where(tuple_(Instance.arrived_at, Instance.id) > reached)
    rows = (await session.execute(query)).all()
    cursor = Cursor(rows[-1].arrived_at, rows[-1].id) if len(rows) == limit else None
    return list(dict.fromkeys(row.study_id for row in rows)), cursor


async def list_kept_sizes(session: AsyncSession) -> dict[int, int]:
    """Add up the bytes that are kept, by study."""
    rows = await session.execute(
        select(Series.study_id, func.sum(Instance.size_bytes))
        .join(Series, Series.id == Instance.series_id)
        .where(_KEPT)
        .group_by(Series.study_id)
    )
    return {study_id: int(size_bytes) for study_id, size_bytes in rows}


async def add_up_received(session: AsyncSession, *, since: datetime) -> int:
    """Add up the bytes that arrived after an instant and are still kept."""
    found = await session.scalar(
        select(func.coalesce(func.sum(Instance.size_bytes), 0)).where(
            _KEPT, Instance.arrived_at > since
        )
    )
    return int(found or 0)


async def lock_alone(session: AsyncSession, study_id: int) -> bool:
    """Lock a study and its case so that nothing new is asked for it; never wait.

    A delivery that is being asked for holds the row of its study (by the foreign key), one that is
    asked for again the row of its case: then it is left for the next time.
    """
    study = select(Study.id).where(Study.id == study_id).with_for_update(skip_locked=True)
    if await session.scalar(study) is None:
        return False
    case_id = await find_case(session, study_id)
    if case_id is None:
        return True
    case = select(Case.id).where(Case.id == case_id)
    return await session.scalar(case.with_for_update(skip_locked=True, key_share=True)) is not None


async def find_case(session: AsyncSession, study_id: int) -> int | None:
    """Find the case that a study is in."""
    return await session.scalar(
        select(CaseStudy.case_id).where(
            CaseStudy.study_id == study_id, CaseStudy.ended_at.is_(None)
        )
    )


async def read_stays(session: AsyncSession, study_ids: Collection[int]) -> list[Stay]:
    """Read what the rule asks for about studies, in the order of their last delivery."""
    promises = await _list_promises(session, study_ids)
    stays = [_read(row, promises=promises) for row in await session.execute(_stays_of(study_ids))]
    return sorted(stays, key=lambda stay: (stay.settled_at or stay.last_image_at, stay.study_id))


async def _list_promises(session: AsyncSession, study_ids: Collection[int]) -> dict[int, datetime]:
    """List until when senders were promised an image of studies; others are missing.

    A promise holds whether or not its sender could be told: it may have been, and deletes.
    """
    origin = aliased(Sender)
    rows = await session.execute(
        select(Series.study_id, func.max(Commitment.until))
        .select_from(Instance)
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Series.study_id)
        .join(origin, origin.id == Study.sender_id)
        .join(CommitmentInstance, CommitmentInstance.sop_instance_uid == Instance.sop_instance_uid)
        .join(Commitment, Commitment.id == CommitmentInstance.commitment_id)
        .join(Sender, Sender.id == Commitment.sender_id)
        .where(
            Series.study_id.in_(study_ids),
            _KEPT,
            Commitment.until.is_not(None),
            CommitmentInstance.failure_reason.is_(None),
            or_(Study.domain_id == Sender.domain_id, origin.domain_id == Sender.domain_id),
        )
        .group_by(Series.study_id)
    )
    return {study_id: until for study_id, until in rows if until is not None}


def _stays_of(study_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    delivered_at = (
        select(func.max(Delivery.delivered_at))
        .where(Delivery.case_id == Case.id, Delivery.kind == Kind.REPORT.value)
        .correlate(Case)
        .scalar_subquery()
    )
    link = aliased(CaseStudy)
    left_at = (
        select(func.max(link.ended_at))
        .where(link.study_id == Study.id)
        .correlate(Study)
        .scalar_subquery()
    )
    current = and_(CaseStudy.study_id == Study.id, CaseStudy.ended_at.is_(None))
    return (
        select(
            Study.id,
            Study.site_id,
            Study.intake_class,
            Study.last_image_at,
            Study.identity_open,
            (Study.instance_count != Study.announced_count).label("has_news"),
            Case.state.label("case_state"),
            Case.state_at,
            delivered_at.label("delivered_at"),
            left_at.label("left_at"),
            _is_delivering().label("is_delivering"),
            _has_task().label("has_task"),
            _is_compared().label("is_compared"),
        )
        .outerjoin(CaseStudy, current)
        .outerjoin(Case, Case.id == CaseStudy.case_id)
        .where(Study.id.in_(study_ids))
    )


def _is_delivering() -> ColumnElement[bool]:
    """Images that are on their way, and reports that have not arrived, dead ones too."""
    images = and_(Delivery.study_id == Study.id, Delivery.state.in_(_ON_ITS_WAY))
    report = and_(
        Delivery.case_id == Case.id,
        Delivery.kind == Kind.REPORT.value,
        Delivery.state.in_((*_ON_ITS_WAY, DeliveryState.DEAD.value)),
    )
    return exists().where(or_(images, report)).correlate(Study, Case)


def _has_task() -> ColumnElement[bool]:
    subject = func.concat("study:", Study.id)
    return (
        exists()
        .where(Task.settled_at.is_(None), or_(Task.case_id == Case.id, Task.subject == subject))
        .correlate(Study, Case)
    )


def _is_compared() -> ColumnElement[bool]:
    return (
        exists()
        .where(
            Series.study_id == Study.id,
            Instance.series_id == Series.id,
            Instance.repeat == "to_compare",
        )
        .correlate(Study)
    )


def _read(
    row: Any,  # noqa: ANN401 - a row of the query above
    *,
    promises: Mapping[int, datetime],
) -> Stay:
    settled_at = row.left_at
    if row.case_state is not None:
        settled_at = row.delivered_at or row.state_at
    return Stay(
        study_id=row.id,
        site_id=row.site_id,
        is_case=None if row.intake_class is None else row.intake_class == _CASE,
        last_image_at=row.last_image_at,
        case_state=None if row.case_state is None else CaseState(row.case_state),
        settled_at=settled_at,
        has_news=row.has_news,
        is_delivering=row.is_delivering,
        has_task=row.has_task,
        identity_open=row.identity_open,
        is_compared=row.is_compared,
        committed_until=promises.get(row.id),
    )
