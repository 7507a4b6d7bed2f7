"""The list of deliveries, for those who watch over them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case
from app.delivery.domain.outcomes import Outcome
from app.delivery.models import Attempt, Delivery
from app.directory.domain.actor import Scope
from app.directory.models import Endpoint, Site
from app.intake.models import Study
from app.reports.models import Document
from app.worklist.queries.scoping import inside
from app.worklist.views.deliveries import AttemptView, DeliveryView, RefusalView

_LATEST = 200
_REFUSALS = (Outcome.REFUSED.value, Outcome.NO_CONTEXT.value)


async def list_deliveries(
    session: AsyncSession,
    *,
    scope: Scope,
    state: str | None = None,
    case_id: int | None = None,
    limit: int = _LATEST,
) -> tuple[DeliveryView, ...]:
    """List the latest deliveries inside a scope, newest first.

    Parameters
    ----------
    state
        Only those in this state.
    case_id
        Only this case's.
    limit
        At most so many, > 0.
    """
    query = _select_deliveries().where(_seen_in(scope)).order_by(Delivery.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Delivery.state == state)
    if case_id is not None:
        query = query.where(Delivery.case_id == case_id)
    return tuple(
        _view(delivery, site_name, endpoint_name, form, total_count, tried)
        for delivery, site_name, endpoint_name, form, total_count, tried in await session.execute(
            query
        )
    )


def _seen_in(scope: Scope) -> ColumnElement[bool]:
    """Restrict to a scope; notifications are the whole group's."""
    return true() if scope.everything else and_(Delivery.case_id.is_not(None), inside(scope))


def _select_deliveries() -> Select[Delivery, str | None, str, str | None, int, Attempt | None]:
    last = (
        select(Attempt)
        .where(Attempt.delivery_id == Delivery.id)
        .order_by(Attempt.number.desc())
        .limit(1)
        .correlate(Delivery)
        .lateral()
    )
    attempt = aliased(Attempt, last)
    total = func.coalesce(Study.instance_count, 1)
    to = func.coalesce(Endpoint.name, Delivery.mail_to)
    return (
        select(Delivery, Site.name, to, Document.form, total, attempt)
        .outerjoin(Case, Case.id == Delivery.case_id)
        .outerjoin(Site, Site.id == Case.site_id)
        .outerjoin(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .outerjoin(Document, Document.id == Delivery.document_id)
        .outerjoin(Study, Study.id == Delivery.study_id)
        .outerjoin(attempt, attempt.delivery_id == Delivery.id)
    )


def _view(
    delivery: Delivery,
    site_name: str | None,
    endpoint_name: str,
    form: str | None,
    total_count: int,
    attempt: Attempt | None,
) -> DeliveryView:
    return DeliveryView(
        delivery_id=delivery.id,
        kind=delivery.kind,
        form=form,
        state=delivery.state,
        case_id=delivery.case_id,
        is_prior=delivery.is_prior,
        site_name=site_name,
        endpoint_name=endpoint_name,
        created_at=delivery.created_at,
        due_at=delivery.due_at,
        delivered_at=delivery.delivered_at,
        attempt_count=delivery.attempt_count,
        sent_count=delivery.sent_count,
        total_count=total_count,
        last_error=delivery.last_error,
        last_attempt=None if attempt is None else _view_attempt(attempt),
    )


def _view_attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        number=attempt.number,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome,
        status=attempt.status,
        detail=attempt.detail,
    )


async def list_refusals(
    session: AsyncSession,
    *,
    endpoint_ids: Collection[int] | None = None,
    scope: Scope | None = None,
) -> tuple[RefusalView, ...]:
    """List the forms that nodes refuse for good, by node and form.

    A form that the node has accepted since is not among them.

    Parameters
    ----------
    endpoint_ids
        Only these nodes'; nothing: all.
    scope
        Only the nodes of sites inside it; nothing: all.
    """
    refusals = _select_refusals()
    if endpoint_ids is not None:
        refusals = refusals.where(Delivery.endpoint_id.in_(endpoint_ids))
    if scope is not None:
        site_nodes = select(Site.endpoint_id).where(inside(scope), Site.endpoint_id.is_not(None))
        refusals = refusals.where(Delivery.endpoint_id.in_(site_nodes))
    rows = await session.execute(refusals)
    return tuple(
        RefusalView(
            endpoint_id=row.id,
            endpoint_name=row.name,
            form=row.form,
            since=row.since,
            count=row.documents,
            outcome=row.outcomes[0],
            status=row.statuses[0],
        )
        for row in rows
    )


def _select_refusals() -> Select[int, str, str, datetime, int, Sequence[str], Sequence[int | None]]:
    other, accepted = aliased(Document), aliased(Delivery)
    taken_since = exists().where(
        accepted.endpoint_id == Delivery.endpoint_id,
        accepted.document_id == other.id,
        other.form == Document.form,
        accepted.delivered_at >= Attempt.ended_at,
    )
    return (
        select(
            Endpoint.id,
            Endpoint.name,
            Document.form,
            func.min(Attempt.ended_at).label("since"),
            func.count(Delivery.id.distinct()).label("documents"),
            func.array_agg(aggregate_order_by(Attempt.outcome, Attempt.id.desc())).label(
                "outcomes"
            ),
            func.array_agg(aggregate_order_by(Attempt.status, Attempt.id.desc())).label("statuses"),
        )
        .select_from(Attempt)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .join(Document, Document.id == Delivery.document_id)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Attempt.outcome.in_(_REFUSALS), ~taken_since)
        .group_by(Endpoint.id, Endpoint.name, Document.form)
        .order_by(Endpoint.name, Endpoint.id, Document.form)
    )
