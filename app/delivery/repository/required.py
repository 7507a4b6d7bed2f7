"""Queries that tell how the last version of a report stands with its site."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.delivery.domain.required import Posting, Progress
from app.delivery.domain.shipment import DeliveryState
from app.delivery.models import Delivery
from app.reports.models import Document, ReportVersion

_MOVING = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)


async def find_last_version(session: AsyncSession, case_id: int) -> ReportVersion | None:
    """Find the last signed version of a case's report."""
    return await session.scalar(
        select(ReportVersion)
        .where(ReportVersion.case_id == case_id, ReportVersion.signed_at.is_not(None))
        .order_by(ReportVersion.number.desc())
        .limit(1)
    )


def select_last_issue(version_id: int) -> Select[Document]:
    """Select a version's documents, of each study and accession those issued last."""
    later = aliased(Document)
    return select(Document).where(
        Document.report_version_id == version_id,
        ~exists().where(
            later.report_version_id == Document.report_version_id,
            later.study_id == Document.study_id,
            later.accession_number == Document.accession_number,
            later.issue > Document.issue,
        ),
    )


def is_superseded(document: type[Document], version: type[ReportVersion]) -> ColumnElement[bool]:
    """Was a document, or a later version of it, issued anew under another identity?

    A later version says all that those before it say.
    """
    newer, newest = aliased(Document), aliased(ReportVersion)
    return exists().where(
        newer.report_version_id == newest.id,
        newest.case_id == version.case_id,
        newer.study_id == document.study_id,
        newer.accession_number == document.accession_number,
        newer.issue > 1,
        or_(
            newest.number > version.number,
            and_(newest.id == version.id, newer.issue > document.issue),
        ),
    )


async def list_postings(session: AsyncSession, case_id: int) -> list[Posting]:
    """List the documents of the last version, in their last issue, each with how far it came."""
    version = await find_last_version(session, case_id)
    if version is None:
        return []
    rows = await session.execute(
        select_last_issue(version.id)
        .outerjoin(Delivery, Delivery.document_id == Document.id)
        .with_only_columns(
            Document.study_id,
            Document.accession_number,
            Document.form,
            Document.page,
            Delivery.state,
            Delivery.delivered_at,
        )
    )
    return [
        Posting(
            study_id=row.study_id,
            accession_number=row.accession_number,
            form=row.form,
            page=row.page,
            progress=_read_progress(row.state, accepted=row.delivered_at is not None),
        )
        for row in rows
    ]


def _read_progress(state: str | None, *, accepted: bool) -> Progress:
    if accepted:
        return Progress.ACCEPTED
    return Progress.UNDER_WAY if state in _MOVING else Progress.LOST


async def has_other_form(session: AsyncSession, delivery: Delivery) -> bool:
    """Has the node of a document accepted the same report, for the same pair, in another form?"""
    this, other = aliased(Document), aliased(Document)
    taken = aliased(Delivery)
    found = await session.scalar(
        select(taken.id)
        .join(other, other.id == taken.document_id)
        .join(
            this,
            and_(
                this.report_version_id == other.report_version_id,
                this.study_id == other.study_id,
                this.accession_number == other.accession_number,
                this.issue == other.issue,
                this.form != other.form,
            ),
        )
        .where(
            this.id == delivery.document_id,
            taken.endpoint_id == delivery.endpoint_id,
            taken.delivered_at.is_not(None),
        )
        .limit(1)
    )
    return found is not None


async def list_signed_cases(session: AsyncSession, *, site_id: int) -> Sequence[int]:
    """List a site's cases that wait for their delivery, the most urgent first, then the oldest."""
    rows = await session.scalars(
        select(Case.id)
        .where(Case.site_id == site_id, Case.state == CaseState.SIGNED.value)
        .order_by(Case.priority, Case.id)
    )
    return rows.all()
