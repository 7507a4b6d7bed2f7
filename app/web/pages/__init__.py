"""Pages for people: server-rendered, one module per page.

How a page looks, and what the others imitate:

- one argument `guest: Annotated[Visit, visit(Permission.X)]` is the door, the unit of work and the
  frame (language, zone, who looks); what it does, it does by the same use cases as the API;
- one template `templates/<page>/page.html` with named blocks; what htmx fetches is one of these
  blocks (`render_part`), never a second file; it gets one frozen view;
- a change answers 303 to the page, or 204 with an event when htmx asked; a conflict is raised, and
  `problems.py` shows it;
- a text for people stands in `_()` or `gettext()`; a test refuses one without its French.
"""

from fastapi import APIRouter, FastAPI

from app.web.pages import (
    case,
    case_grouping,
    case_identity,
    case_telling,
    deliveries,
    hospital,
    intake_rules,
    no_case,
    on_call,
    report,
    request,
    request_form,
    requests,
    senders,
    settings,
    sign_in,
    tasks,
    turnaround,
    worklist,
)
from app.web.pages.assets import STATIC, Assets
from app.web.pages.rows import RowCache

ROUTERS = (
    sign_in.router,
    worklist.router,
    tasks.router,
    hospital.router,
    case.router,
    case_telling.router,
    case_identity.router,
    case_grouping.router,
    report.router,
    requests.router,
    request_form.router,
    request.router,
    on_call.router,
    turnaround.router,
    deliveries.router,
    senders.router,
    settings.router,
    no_case.router,
    intake_rules.router,
)


def install_pages(app: FastAPI) -> None:
    """Let the application show its pages, and what they load."""
    pages = APIRouter(include_in_schema=False)
    for router in ROUTERS:
        pages.include_router(router)
    app.include_router(pages)
    app.mount("/static", Assets(directory=STATIC))
    app.state.row_cache = RowCache()
