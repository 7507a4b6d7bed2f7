"""Deliveries: what leaves the machine, every try, and the click that sends a dead letter again."""

from typing import Annotated

from fastapi import APIRouter, Query

from app import pipeline
from app.delivery import service as delivery
from app.delivery.domain.shipment import DeliveryState
from app.delivery.repository import attempts
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.web.case_access import enter_case, enter_delivery
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import LARGEST_KEY, Key, View
from app.worklist.queries.deliveries import list_deliveries, list_refusals
from app.worklist.views.deliveries import AttemptView, DeliveryView, RefusalView

router = APIRouter(tags=["deliveries"])

Reader = Annotated[Work, needs(Permission.DELIVERY_READ)]
Sender = Annotated[Work, needs(Permission.DELIVERY_RESEND)]


class RedeliveryView(View):
    """What was asked for."""

    count: int
    """Deliveries that were added or asked for again."""


@router.get("/deliveries")
async def show_deliveries(
    work: Reader,
    state: Annotated[DeliveryState | None, Query(description="only those in this state")] = None,
    case_id: Annotated[
        int | None, Query(ge=1, le=LARGEST_KEY, description="only this case's")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> tuple[DeliveryView, ...]:
    """List the latest deliveries, newest first, each with its last try."""
    return await list_deliveries(
        work.session,
        scope=work.scope(Permission.DELIVERY_READ),
        state=None if state is None else state.value,
        case_id=case_id,
        limit=limit,
    )


@router.get("/deliveries/refusals")
async def show_refusals(work: Reader) -> tuple[RefusalView, ...]:
    """Show which forms of reports the nodes of sites refuse for good, and since when."""
    return await list_refusals(work.session, scope=work.scope(Permission.DELIVERY_READ))


@router.get("/deliveries/{delivery_id}/attempts", responses=raises(NotFound))
async def show_attempts(delivery_id: Key, work: Reader) -> list[AttemptView]:
    """Show every try of a delivery, oldest first, with the status that the peer gave."""
    await enter_delivery(work, delivery_id, Permission.DELIVERY_READ)
    rows = await attempts.list_attempts(work.session, delivery_id)
    return [
        AttemptView(
            number=row.number,
            started_at=row.started_at,
            ended_at=row.ended_at,
            outcome=row.outcome,
            status=row.status,
            detail=row.detail,
        )
        for row in rows
    ]


@router.post(
    "/deliveries/{delivery_id}/resend", status_code=202, responses=raises(NotFound, Conflict)
)
async def resend_delivery(delivery_id: Key, work: Sender) -> None:
    """Send a delivery again now; the receiver gets the same objects as before."""
    await enter_delivery(work, delivery_id, Permission.DELIVERY_RESEND)
    await delivery.resend(work.session, delivery_id=delivery_id, actor=work.actor, now=work.now)


@router.post("/cases/{case_id}/deliveries", status_code=202, responses=raises(NotFound, Conflict))
async def redeliver_report(case_id: Key, work: Sender) -> RedeliveryView:
    """Send what the site is missing of the case's last signed version; what it has stays."""
    await enter_case(work, case_id, Permission.DELIVERY_RESEND)
    count = await pipeline.redeliver(work.session, case_id, actor=work.actor, now=work.now)
    return RedeliveryView(count=count)
