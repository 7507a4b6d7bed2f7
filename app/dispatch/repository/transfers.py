"""Queries on what nodes have of studies, and how long what they accepted took."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.cases.models import Case, CaseStudy
from app.dispatch.domain.transfers import StudyToSend, Transfer
from app.dispatch.models import NodeTransfer, StudyAtNode
from app.intake.models import Instance, Series, Study

_NEVER_SENT = ("to_compare", "same")
_SECOND = timedelta(seconds=1)


_NOTE_STOCK = insert(StudyAtNode)
_NOTE_STOCK = _NOTE_STOCK.on_conflict_do_update(
    constraint="pk_study_at_node", set_={"byte_count": _NOTE_STOCK.excluded.byte_count}
)
_ADD_TRANSFER = insert(NodeTransfer)


async def note_stocks(session: AsyncSession, stocks: Mapping[tuple[int, int], int]) -> None:
    """Keep how many bytes of studies nodes have now, by study and node."""
    rows = [
        {"study_id": study_id, "endpoint_id": endpoint_id, "byte_count": byte_count}
        for (study_id, endpoint_id), byte_count in sorted(stocks.items())
    ]
    if rows:
        await session.execute(_NOTE_STOCK, rows)


async def add_transfers(
    session: AsyncSession, added: Collection[Transfer], *, now: datetime
) -> None:
    """Keep how long tries took that ended now."""
    rows = [
        {
            "endpoint_id": each.endpoint_id,
            "ended_at": now,
            "byte_count": each.byte_count,
            "seconds": each.lasted / _SECOND,
        }
        for each in added
    ]
    if rows:
        await session.execute(_ADD_TRANSFER, rows)


async def list_transfers(
    session: AsyncSession, *, since: datetime, until: datetime
) -> list[Transfer]:
    """List the tries that ended in a stretch of time."""
    rows = await session.scalars(
        select(NodeTransfer).where(NodeTransfer.ended_at >= since, NodeTransfer.ended_at < until)
    )
    return [
        Transfer(row.endpoint_id, row.byte_count, timedelta(seconds=row.seconds)) for row in rows
    ]


async def forget_transfers(session: AsyncSession, *, before: datetime) -> None:
    """Delete the tries that ended before an instant."""
    await session.execute(delete(NodeTransfer).where(NodeTransfer.ended_at < before))


def gather_to_send(case_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ScalarSelect[Any]:
    """Gather what of each study of a case is to be sent, and how much of it each node has."""
    stock = (
        select(func.jsonb_object_agg(StudyAtNode.endpoint_id, StudyAtNode.byte_count))
        .where(StudyAtNode.study_id == Study.id)
        .scalar_subquery()
    )
    studies = (
        select(
            func.jsonb_build_array(
                func.sum(Instance.size_bytes), func.count(), func.max(Study.expected_count), stock
            ).label("study")
        )
        .select_from(CaseStudy)
        .join(Study, Study.id == CaseStudy.study_id)
        .join(Series, Series.study_id == Study.id)
        .join(Instance, Instance.series_id == Series.id)
        .where(
            CaseStudy.case_id == case_id,
            CaseStudy.ended_at.is_(None),
            Instance.purged_at.is_(None),
            or_(Instance.repeat.is_(None), Instance.repeat.not_in(_NEVER_SENT)),
        )
        .group_by(Study.id)
        .correlate(Case)
        .subquery()
    )
    return select(func.jsonb_agg(studies.c.study, type_=JSONB)).scalar_subquery()


def read_to_send(gathered: Iterable[Sequence[Any]]) -> tuple[StudyToSend, ...]:
    """Read what `gather_to_send` has gathered."""
    return tuple(
        StudyToSend(
            byte_count=byte_count,
            instance_count=count,
            expected_count=expected_count,
            at_nodes={int(node): there for node, there in (stock or {}).items()},
        )
        for byte_count, count, expected_count, stock in gathered
    )
