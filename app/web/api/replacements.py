"""Replacements: who can take a seat that falls free, tonight or any time."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.domain.replacement import Replacement
from app.planning.repository.people import name_radiologists
from app.planning.service.replacements import find_seat_replacements
from app.web.api.revisions import ViolationView, view_violations
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Key, View

router = APIRouter(prefix="/seats/{seat_id}/replacements", tags=["planning"])

Coordinator = Annotated[Work, needs(Permission.SWAP_WRITE)]


class ReplacementView(View):
    """Somebody who can take the seat, and what it would break."""

    radiologist_id: int
    name: str
    is_legal: bool
    is_own_society: bool
    rest_minutes: int
    deficit: int
    """Points done too few, in thousandths."""
    violations: list[ViolationView]


class ReplacementsView(View):
    """Who can take a seat at an instant, the best first."""

    seat_id: int
    at: datetime
    replacements: list[ReplacementView]


def _view(each: Replacement, *, names: dict[int, str]) -> ReplacementView:
    return ReplacementView(
        radiologist_id=each.radiologist,
        name=names[each.radiologist],
        is_legal=each.is_legal,
        is_own_society=each.is_own_society,
        rest_minutes=int(each.rest.total_seconds()) // 60,
        deficit=each.deficit,
        violations=view_violations(each.violations),
    )


@router.get("", responses=raises(NotFound))
async def list_replacements(
    seat_id: Key, work: Coordinator, limit: Annotated[int, Query(ge=1, le=200)] = 20
) -> ReplacementsView:
    """List who can take a published seat: by legality, society, rest, then deficit of points."""
    found = await find_seat_replacements(work.session, seat_id, actor=work.actor, now=work.now)
    names = await name_radiologists(work.session, [each.radiologist for each in found[:limit]])
    return ReplacementsView(
        seat_id=seat_id,
        at=work.now,
        replacements=[_view(each, names=names) for each in found[:limit]],
    )
