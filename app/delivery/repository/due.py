"""Queries on what is due: claim it, find when the next is, tell what should go before it.

They run with each look of the job that sends: each is built once, here.
"""

import uuid
from datetime import datetime

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    ColumnElement,
    Exists,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.models import Case
from app.db.arrays import keys_named
from app.db.clock import NOW
from app.delivery.domain.shipment import (
    MOST_IMAGES,
    MOST_TOGETHER,
    Candidate,
    DeliveryState,
    Kind,
    choose_together,
)
from app.delivery.models import Delivery
from app.delivery.repository.wanted import may_leave
from app.intake.models import Instance, Series, Study
from app.reports.models import Document, ReportVersion

_WAITING, _SENDING = DeliveryState.WAITING.value, DeliveryState.SENDING.value
_INSTANT = TIMESTAMP(timezone=True)
_MAY_LEAVE = may_leave()
_IS_RENDERED = or_(Delivery.document_id.is_(None), Document.rendered_at.is_not(None))
_IS_DUE = or_(Delivery.due_at <= NOW, Delivery.state == _SENDING)
_HAS_RUN_OUT = Delivery.claimed_until <= NOW
_URGENCY = (
    Delivery.is_prior,
    Case.priority,
    case((Delivery.kind == Kind.REPORT.value, 0), else_=1),
    Delivery.asked_at,
    Delivery.id,
)


def _waits_for_version() -> Exists:
    """Is an earlier version of the same report still on its way to the same node?"""
    version, earlier_version = aliased(ReportVersion), aliased(ReportVersion)
    earlier, earlier_document = aliased(Delivery), aliased(Document)
    return (
        exists()
        .where(
            version.id == Document.report_version_id,
            earlier_version.case_id == version.case_id,
            earlier_version.number < version.number,
            earlier_document.report_version_id == earlier_version.id,
            earlier.document_id == earlier_document.id,
            earlier.endpoint_id == Delivery.endpoint_id,
            or_(earlier.state == _WAITING, earlier.state == _SENDING),
        )
        .correlate(Delivery, Document)
    )


_WAITS_FOR_VERSION = _waits_for_version()
_OTHER = aliased(Delivery)
"""What else is sent to the same node."""


def _ready(*, has_run_out: ColumnElement[bool], holds: ColumnElement[bool]) -> Select[int]:
    """Select what could be sent if it was due: rendered, to a free node, in order of versions.

    Parameters
    ----------
    has_run_out
        Of the claim on the delivery itself.
    holds
        Of the claim on `_OTHER`: it keeps the node.
    """
    busy = exists().where(
        _OTHER.endpoint_id == Delivery.endpoint_id, _OTHER.state == _SENDING, holds
    )
    return (
        select(Delivery.id)
        .join(Case, Case.id == Delivery.case_id)
        .outerjoin(Document, Document.id == Delivery.document_id)
        .where(
            or_(Delivery.state == _WAITING, and_(Delivery.state == _SENDING, has_run_out)),
            _IS_RENDERED,
            ~busy.correlate(Delivery),
            ~_WAITS_FOR_VERSION,
            _MAY_LEAVE,
            Delivery.kind != Kind.NOTIFICATION.value,
        )
    )


_READY_NOW = _ready(has_run_out=_HAS_RUN_OUT, holds=_OTHER.claimed_until > NOW)


_BYTE_COUNT = (
    select(func.coalesce(func.sum(Instance.size_bytes), 0))
    .join(Series, Series.id == Instance.series_id)
    .where(Series.study_id == Delivery.study_id, Instance.purged_at.is_(None))
    .correlate(Delivery)
    .scalar_subquery()
)


def _select_most_urgent() -> Select[int, int | None, str, int, int, bool]:
    """Select what is most urgent for each node of which something is due, and lock it."""
    ranked = _READY_NOW.with_only_columns(
        Delivery.id,
        func.row_number().over(order_by=_URGENCY).label("place"),
        func.row_number().over(partition_by=Delivery.endpoint_id, order_by=_URGENCY).label("rank"),
        func.bool_or(_IS_DUE).over(partition_by=Delivery.endpoint_id).label("is_due"),
    ).where(or_(_IS_DUE, Delivery.node_was_away))
    chosen = ranked.cte("ranked")
    return (
        select(
            Delivery.id,
            Delivery.endpoint_id,
            Delivery.kind,
            func.coalesce(Study.instance_count, 0),
            # What has more images goes alone: they are not read to be summed.
            case((Study.instance_count <= MOST_IMAGES, _BYTE_COUNT), else_=0),
            Delivery.node_was_away,
        )
        .join(chosen, chosen.c.id == Delivery.id)
        .outerjoin(Study, Study.id == Delivery.study_id)
        .where(
            chosen.c.is_due,
            chosen.c.rank <= MOST_TOGETHER,
            # Once more: another may have claimed it since it was ranked.
            or_(Delivery.state == _WAITING, and_(Delivery.state == _SENDING, _HAS_RUN_OUT)),
        )
        .order_by(chosen.c.place)
        .with_for_update(of=Delivery, skip_locked=True, key_share=True)
    )


_MOST_URGENT = _select_most_urgent()
_CLAIM = (
    update(Delivery)
    .where(Delivery.id == any_(keys_named("chosen")))
    .values(
        state=_SENDING,
        token=bindparam("claim", type_=Uuid),
        claimed_until=bindparam("until", type_=_INSTANT),
    )
    .returning(Delivery)
    .execution_options(synchronize_session=False, populate_existing=True)
)


async def claim(
    session: AsyncSession, *, now: datetime, until: datetime, nodes: int
) -> list[list[Delivery]]:
    """Claim what is most urgent of what is due, for so many nodes; what goes to each together.

    What another claims at the same time is skipped. A claim that ran out is due again: who held it
    was killed. A node gets one try at a time, so that one that stalls delays nobody else's. What
    waits because the node could not be reached goes in order of urgency and age as soon as any of
    it is due.
    """
    waiting: dict[int | None, list[Candidate]] = {}
    rows = await session.execute(_MOST_URGENT, {"now": now})
    for delivery_id, node, kind, image_count, byte_count, was_away in rows:
        candidate = Candidate(
            delivery_id=delivery_id,
            kind=Kind(kind),
            image_count=image_count,
            byte_count=int(byte_count),
            node_was_away=was_away,
        )
        waiting.setdefault(node, []).append(candidate)
    chosen = [choose_together(each) for each in list(waiting.values())[:nodes]]
    if not chosen:
        return []
    together = [delivery_id for each in chosen for delivery_id in each]
    values = {"chosen": together, "claim": uuid.uuid4(), "until": until}
    claimed = {each.id: each for each in await session.scalars(_CLAIM, values)}
    return [[claimed[delivery_id] for delivery_id in each] for each in chosen]


_FIRST_WAITING = (
    # Without an instant no claim has run out.
    _ready(has_run_out=false(), holds=true())
    .with_only_columns(func.min(Delivery.due_at))
    .where(Delivery.state == _WAITING)
)
_FIRST_SENDING = select(func.min(Delivery.claimed_until)).where(
    Delivery.state == _SENDING, Delivery.kind != Kind.NOTIFICATION.value, _MAY_LEAVE
)
_NEXT_DUE = select(
    # The least of those that are known.
    func.least(_FIRST_WAITING.scalar_subquery(), _FIRST_SENDING.scalar_subquery(), type_=_INSTANT)
)


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a delivery is due, or a claim runs out."""
    found: datetime | None = await session.scalar(_NEXT_DUE)
    return found


_SENT, _OF = aliased(Delivery), aliased(Case)
_MORE_URGENT = (
    select(Delivery.id)
    .join(Case, Case.id == Delivery.case_id)
    .outerjoin(Document, Document.id == Delivery.document_id)
    .join(_SENT, _SENT.endpoint_id == Delivery.endpoint_id)
    .join(_OF, _OF.id == _SENT.case_id)
    .where(
        _SENT.id == bindparam("sent", type_=BigInteger),
        Delivery.state == _WAITING,
        Delivery.due_at <= NOW,
        _IS_RENDERED,
        ~_WAITS_FOR_VERSION,
        _MAY_LEAVE,
        tuple_(Delivery.is_prior, Case.priority) < tuple_(_SENT.is_prior, _OF.priority),
    )
    .limit(1)
)


async def is_outranked(session: AsyncSession, delivery_id: int, *, now: datetime) -> bool:
    """Tell whether something more urgent is due for the node that a delivery is being sent to."""
    return await session.scalar(_MORE_URGENT, {"sent": delivery_id, "now": now}) is not None
