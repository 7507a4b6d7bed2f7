"""Is it alive, is it ready, and how much has it done."""

import ipaddress
from typing import Literal

from fastapi import APIRouter, Request, Response

from app.db import schema
from app.db.session import unit_of_work
from app.directory.domain import Permission, PermissionDenied, holds
from app.web.auth import find_caller
from app.web.container import container_of
from app.web.errors import NotSignedIn
from app.web.metrics import CONTENT_TYPE, HttpMetrics
from app.web.schemas import View

router = APIRouter(tags=["health"])


class Health(View):
    """That it answers is the answer."""

    status: Literal["ok"] = "ok"


@router.get("/health/live")
async def show_live() -> Health:
    """Tell that the process answers."""
    return Health()


@router.get("/health/ready")
async def show_ready(request: Request) -> Health:
    """Tell that the database answers, and that its schema is the one this program knows."""
    await schema.check(container_of(request).engine)
    return Health()


@router.get("/metrics", response_class=Response, include_in_schema=False)
async def show_metrics(request: Request) -> Response:
    """Show counts, to this machine (also while the database is away) and to who may read them."""
    if not _is_from_this_machine(request):
        await _require_reader(request)
    metrics: HttpMetrics = request.app.state.metrics
    return Response(metrics.write(), media_type=CONTENT_TYPE)


async def _require_reader(request: Request) -> None:
    container = container_of(request)
    async with unit_of_work(container.sessions) as session:
        now = await container.clock.now(session)
        caller = await find_caller(request, session=session, now=now)
    if caller is None:
        raise NotSignedIn("metrics are for this machine, or for a bearer token that may read them")
    if caller.needs_enrolment or not holds(caller.actor, Permission.METRICS_READ):
        raise PermissionDenied(Permission.METRICS_READ)


def _is_from_this_machine(request: Request) -> bool:
    # Behind a proxy on this machine everybody comes from the loopback: the proxy says so.
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "Via"))
    if request.client is None or forwarded:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
