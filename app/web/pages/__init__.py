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
    agenda,
    announcements,
    associations,
    board,
    calibration,
    case,
    case_grouping,
    case_identity,
    case_telling,
    cessions,
    deliveries,
    dispatch_settings,
    handover,
    hospital,
    intake_rules,
    mine,
    mine_absences,
    morning,
    no_case,
    on_call,
    people,
    people_sessions,
    planning,
    planning_compare,
    planning_history,
    planning_publish,
    planning_replace,
    planning_rules,
    planning_runs,
    presence,
    proof,
    report,
    request,
    request_form,
    requests,
    sender,
    senders,
    settings,
    sign_in,
    site_steps,
    sites,
    swaps,
    tasks,
    turnaround,
    volumes,
    volumes_rules,
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
    announcements.router,
    presence.router,
    board.router,
    handover.router,
    morning.router,
    volumes.router,
    volumes_rules.router,
    cessions.router,
    calibration.router,
    mine.router,
    mine_absences.router,
    people.router,
    people_sessions.router,
    swaps.router,
    planning.router,
    planning_history.router,
    planning_compare.router,
    planning_publish.router,
    planning_replace.router,
    planning_rules.router,
    planning_runs.router,
    proof.router,
    agenda.router,
    turnaround.router,
    deliveries.router,
    associations.router,
    senders.router,
    sender.router,
    sites.router,
    site_steps.router,
    dispatch_settings.router,
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
