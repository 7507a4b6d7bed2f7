"""Queries that put things into the outbox, and take them out again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case
from app.delivery.domain.shipment import DeliveryState, Kind
from app.delivery.models import Delivery, Route, route_of
from app.delivery.repository.required import is_superseded, select_last_issue
from app.directory.models import Endpoint, Site
from app.kit.errors import NotFound
from app.reports.domain.document import DocumentKind
from app.reports.models import Document, ReportVersion

_MOVING = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)


async def find_report_endpoint(session: AsyncSession, case_id: int) -> Endpoint | None:
    """Find the node that takes the reports of a case's site."""
    return await session.scalar(
        select(Endpoint)
        .join(Site, Site.endpoint_id == Endpoint.id)
        .join(Case, Case.site_id == Site.id)
        .where(Case.id == case_id)
    )


async def list_documents(
    session: AsyncSession, *, version_id: int, forms: Sequence[str]
) -> Sequence[int]:
    """List a version's documents in the forms that a node takes, those issued last."""
    rows = await session.scalars(
        select_last_issue(version_id)
        .where(Document.form.in_(forms))
        .order_by(Document.id)
        .with_only_columns(Document.id)
    )
    return rows.all()


async def add_report(
    session: AsyncSession,
    *,
    case_id: int,
    document_id: int,
    endpoint_id: int,
    alarm_due_at: datetime | None,
    now: datetime,
) -> bool:
    """Ask for a document to be sent, once for each node; tell whether it was not asked before."""
    added = await session.scalar(
        insert(Delivery)
        .values(
            kind=Kind.REPORT.value,
            case_id=case_id,
            endpoint_id=endpoint_id,
            document_id=document_id,
            created_at=now,
            asked_at=now,
            due_at=now,
            alarm_due_at=alarm_due_at,
        )
        .on_conflict_do_nothing()
        .returning(Delivery.id)
    )
    return added is not None


async def hasten_reports(session: AsyncSession, *, case_id: int, now: datetime) -> None:
    """Try now what waits of a case's earlier versions: the later ones wait for them."""
    await session.execute(
        update(Delivery)
        .where(
            Delivery.case_id == case_id,
            Delivery.kind == Kind.REPORT.value,
            Delivery.state == DeliveryState.WAITING.value,
            Delivery.due_at > now,
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


async def cancel_superseded(session: AsyncSession, *, case_id: int) -> None:
    """Take documents out of the outbox that were issued anew, under another identity."""
    document, version = aliased(Document), aliased(ReportVersion)
    superseded = (
        select(document.id)
        .join(version, version.id == document.report_version_id)
        .where(version.case_id == case_id, is_superseded(document, version))
    )
    await session.execute(
        update(Delivery)
        .where(
            Delivery.document_id.in_(superseded),
            Delivery.state.in_((*_MOVING, DeliveryState.DEAD.value)),
        )
        .values(
            state=DeliveryState.CANCELLED.value,
            token=None,
            claimed_until=None,
            alarm_due_at=None,
        )
        .execution_options(synchronize_session=False)
    )


async def is_taken_back(session: AsyncSession, document_id: int) -> bool:
    """Tell whether a document says what no longer stands: withdrawn, or under another identity."""
    document, version = aliased(Document), aliased(ReportVersion)
    later = aliased(ReportVersion)
    is_withdrawn = exists().where(
        later.case_id == version.case_id,
        later.number > version.number,
        later.kind == DocumentKind.WITHDRAWAL.value,
    )
    found = await session.scalar(
        select(document.id)
        .join(version, version.id == document.report_version_id)
        .where(document.id == document_id, or_(is_withdrawn, is_superseded(document, version)))
    )
    return found is not None


async def list_page_nodes(
    session: AsyncSession, document_id: int
) -> Sequence[tuple[Route, datetime | None]]:
    """List where the first page of a document's form goes, and when its alarm is due."""
    page, first = aliased(Document), aliased(Document)
    rows = await session.scalars(
        select(Delivery)
        .join(first, first.id == Delivery.document_id)
        .join(
            page,
            and_(
                page.report_version_id == first.report_version_id,
                page.study_id == first.study_id,
                page.accession_number == first.accession_number,
                page.issue == first.issue,
                page.form == first.form,
            ),
        )
        .where(
            page.id == document_id,
            first.page == 1,
            Delivery.state != DeliveryState.CANCELLED.value,
        )
        .order_by(Delivery.id)
    )
    return [(route_of(row), row.alarm_due_at) for row in rows]


async def count_reports(session: AsyncSession, case_id: int) -> int:
    """Count the documents of a case that were ever asked for."""
    count = await session.scalar(
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.case_id == case_id, Delivery.kind == Kind.REPORT.value)
    )
    return count or 0


async def list_dead_reports(session: AsyncSession, *, version_id: int) -> Sequence[int]:
    """List the dead letters of a version, of the documents issued last."""
    last = select_last_issue(version_id).with_only_columns(Document.id)
    rows = await session.scalars(
        select(Delivery.id)
        .where(Delivery.document_id.in_(last), Delivery.state == DeliveryState.DEAD.value)
        .order_by(Delivery.id)
    )
    return rows.all()


async def cancel(session: AsyncSession, *, case_id: int) -> None:
    """Take what still waits for a case out of the outbox; what is being sent is not stopped."""
    # In the order in which all lock images: a prior may be asked for by another case just now.
    await session.execute(
        select(Delivery.id)
        .where(Delivery.case_id == case_id, Delivery.kind == Kind.IMAGES.value)
        .order_by(Delivery.endpoint_id, Delivery.study_id)
        .with_for_update(key_share=True)
    )
    await session.execute(
        update(Delivery)
        .where(
            Delivery.case_id == case_id,
            Delivery.state.in_(_MOVING),
        )
        .values(state=DeliveryState.CANCELLED.value, token=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )


async def get_delivery(session: AsyncSession, delivery_id: int, *, lock: bool = False) -> Delivery:
    """Read a delivery.

    Raises
    ------
    NotFound
        If there is none.
    """
    query = (
        select(Delivery).where(Delivery.id == delivery_id).execution_options(populate_existing=True)
    )
    found = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if found is None:
        raise NotFound(f"there is no delivery {delivery_id} here")
    return found


async def ask_again(
    session: AsyncSession, delivery_id: int, *, alarm_due_at: datetime | None, now: datetime
) -> None:
    """Make a delivery due now, as young as on its first day."""
    await session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(
            state=DeliveryState.WAITING.value,
            asked_at=now,
            due_at=now,
            tries=0,
            node_was_away=False,
            alarm_due_at=alarm_due_at,
            token=None,
            claimed_until=None,
        )
        .execution_options(synchronize_session=False)
    )
