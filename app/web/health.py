"""Is it alive, is it ready, and how much has it done."""

import ipaddress
import math
from typing import Literal

import structlog
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from app.db import schema
from app.db.session import unit_of_work
from app.directory.domain import Permission, PermissionDenied, holds
from app.retention import service as retention
from app.web.auth import find_caller
from app.web.container import container_of
from app.web.errors import NotSignedIn
from app.web.metrics import CONTENT_TYPE, HttpMetrics
from app.web.schemas import View

router = APIRouter(tags=["health"])
_log = structlog.get_logger(__name__)


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
    try:
        await _note_disk(request, metrics)
    except (SQLAlchemyError, OSError):
        # The database is away: the counts of this process are known all the same.
        _log.warning("disk_not_read")
    return Response(metrics.write(), media_type=CONTENT_TYPE)


async def _note_disk(request: Request, metrics: HttpMetrics) -> None:
    container = container_of(request)
    async with unit_of_work(container.sessions) as session:
        now = await container.clock.now(session)
        latest = await retention.find_latest(session)
    if latest is None:
        return
    sizes = {
        "total": latest.total_bytes,
        "free": latest.free_bytes,
        "reserve": latest.reserve_bytes,
        "kept": latest.kept_bytes,
        "can_go": latest.can_go_bytes,
        "received_day": latest.received_day_bytes,
        "received_week": latest.received_week_bytes,
    }
    full_in_s = math.inf if latest.full_at is None else (latest.full_at - now).total_seconds()
    metrics.note_disk(sizes, full_in_s=max(0.0, full_in_s))


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
