"""What leaves for hospitals and centres: what arrived, what waits, what was given up."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import pipeline
from app.delivery.service import resend
from app.directory.domain import Permission
from app.web.case_access import enter_case, enter_delivery
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import Key
from app.worklist.queries.deliveries import list_deliveries, list_refusals
from app.worklist.views.deliveries import DeliveryView, RefusalView

router = APIRouter()

Reader = Annotated[Visit, visit(Permission.DELIVERY_READ)]
Sender = Annotated[Visit, visit(Permission.DELIVERY_RESEND)]
State = Literal["", "waiting", "sending", "delivered", "dead", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesPage:
    """The latest deliveries, those given up apart."""

    dead: tuple[DeliveryView, ...]
    others: tuple[DeliveryView, ...]
    refusals: tuple[RefusalView, ...]
    """Forms that nodes refuse for good."""
    may_resend: bool
    sends_mails: bool
    """Is there a mail server, so that the on-call sheet is mailed?"""


@router.get("/deliveries")
async def show_deliveries(guest: Reader) -> HTMLResponse:
    """Show the latest deliveries; every one that was given up is among them, however old."""
    scope = guest.work.scope(Permission.DELIVERY_READ)
    page = DeliveriesPage(
        dead=await list_deliveries(guest.session, scope=scope, state="dead"),
        others=tuple(
            each
            for each in await list_deliveries(guest.session, scope=scope)
            if each.state != "dead"
        ),
        refusals=await list_refusals(guest.session, scope=scope),
        may_resend=guest.frame.may(Permission.DELIVERY_RESEND),
        sends_mails=guest.work.container.settings.sends_mails,
    )
    return render_page("deliveries/page.html", frame=guest.frame, view=page)


@router.post("/cases/{case_id}/deliveries")
async def send_missing(case_id: Key, guest: Sender) -> Response:
    """Send what the site is missing of the last signed version; what it has stays."""
    await enter_case(guest.work, case_id, Permission.DELIVERY_RESEND)
    await pipeline.redeliver(guest.session, case_id, actor=guest.work.actor, now=guest.work.now)
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/deliveries/{delivery_id}/resend")
async def send_again(delivery_id: Key, guest: Sender) -> Response:
    """Send again what was given up."""
    await enter_delivery(guest.work, delivery_id, Permission.DELIVERY_RESEND)
    await resend(guest.session, delivery_id=delivery_id, actor=guest.work.actor, now=guest.work.now)
    return RedirectResponse("/deliveries", 303)
