"""The worklist, and the stream that says when to look at it again."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from app.directory.domain import Permission
from app.web.dependencies import Work, needs
from app.web.live_rows import book_of
from app.web.presence_keeper import keeper_of
from app.web.schemas import LARGEST_KEY
from app.web.sight import find_sights, make_look
from app.web.sse import stream, stream_versions
from app.web.worklist_hub import hub_of
from app.worklist.queries.worklist import load_worklist
from app.worklist.views.worklist import Worklist

router = APIRouter(prefix="/worklist", tags=["worklist"])

Reader = Annotated[Work, needs(Permission.WORKLIST_READ)]
Told = Annotated[Work, needs(Permission.TASK_READ)]
SiteWanted = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="only this site's")]
CaseWanted = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="only this case's")]


@router.get("")
async def show_worklist(request: Request, work: Reader, site_id: SiteWanted = None) -> Worklist:
    """List the cases to read by least slack, and those that are signed but not yet delivered.

    The view is logged, once an hour: programs ask again at each change.
    """
    await work.note_refresh("list", subject="worklist", subject_id=0)
    return await load_worklist(
        work.session,
        book=book_of(request),
        scope=work.scope(Permission.WORKLIST_READ),
        now=work.now,
        site_id=site_id,
        radiologist_id=work.actor.radiologist_id,
    )


# FastAPI's own EventSourceResponse would keep the transaction of the request open for as long as
# the page is: here it ends before the first event.
@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def stream_worklist(
    request: Request,
    work: Told,
    case_id: CaseWanted = None,
) -> StreamingResponse:
    """Send `event: worklist` with a growing number whenever what the caller may see changed.

    Who has tasks and no worklist hears `event: tasks` when one of no site changed.
    With `case_id`, only what is about that case is `event: worklist`; all else is `event: tasks`:
    something may be to do. Nothing else is sent but a comment every 15 s, and `event: ended` when
    the session is over.
    """
    (sight,) = await find_sights(work.session, [work.actor])
    events = stream_versions(
        hub_of(request),
        sight=sight,
        look=make_look(request, sight=sight, permission=Permission.TASK_READ),
        case_id=case_id,
        # A program that calls by a token is no page: somebody may have left it running at home.
        held=keeper_of(request).hold(
            work.actor.radiologist_id if work.caller.session_id is not None else None
        ),
    )
    return stream(events)
