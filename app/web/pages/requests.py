"""The list of requests: those to decide, those whose images are awaited, the latest others."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.directory.domain import Permission
from app.requests import service as requests
from app.requests.domain.states import ACCEPTED, RequestState
from app.requests.domain.summary import RequestSummary
from app.requests.repository.requests import list_requests
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page, render_part
from app.web.pages.request_view import RequestsPage, list_rows

router = APIRouter(prefix="/requests")

Reader = Annotated[Visit, visit(Permission.REQUEST_READ)]
_SHOWN_FOR = timedelta(hours=24)
_AWAITED_FOR = timedelta(days=3)
_MOST = 500


async def load_page(guest: Visit) -> RequestsPage:
    """Read the requests of those whom who looks may see."""
    now = guest.work.now
    scope = guest.work.scope(Permission.REQUEST_READ)
    waiting = await list_requests(
        guest.session, scope=scope, states=[RequestState.REQUESTED], limit=_MOST
    )
    others = await list_requests(
        guest.session,
        scope=scope,
        states=[*ACCEPTED, RequestState.REFUSED, RequestState.CANCELLED],
        since=now - _AWAITED_FOR,
        limit=_MOST,
    )
    summaries = await requests.summarise(guest.session, [*waiting, *others])
    recent = now - _SHOWN_FOR
    return RequestsPage(
        to_decide=await list_rows(guest, sorted(summaries[: len(waiting)], key=_by_urgency)),
        awaited=await list_rows(guest, [each for each in summaries if _is_awaited(each)]),
        settled=await list_rows(
            guest,
            [
                each
                for each in reversed(summaries[len(waiting) :])
                if not _is_awaited(each) and each.requested_at >= recent
            ],
        ),
        may_request=guest.frame.may(Permission.REQUEST_WRITE),
    )


def _by_urgency(summary: RequestSummary) -> tuple[str, float]:
    return summary.priority, summary.requested_at.timestamp()


def _is_awaited(summary: RequestSummary) -> bool:
    return summary.is_accepted and summary.images_at is None


@router.get("")
async def show_requests(guest: Reader) -> HTMLResponse:
    """Show the page; the view is logged once, not at each refresh."""
    guest.work.note_access("list", subject="request", subject_id=0)
    return render_page("requests/list.html", frame=guest.frame, view=await load_page(guest))


@router.get("/rows")
async def show_rows(guest: Reader) -> HTMLResponse:
    """Show what changes by itself, for the page that is open; who never opened it is logged."""
    await guest.work.note_refresh("list", subject="request", subject_id=0)
    view = await load_page(guest)
    return render_part("requests/list.html", "rows", frame=guest.frame, view=view)
