"""The API for programs, below `/api/v1`; one module per noun.

How a router looks, and what the others imitate:

- `router = APIRouter(prefix="/cases", tags=["cases"])`, added to `ROUTERS` below;
- one argument `work: Annotated[Work, needs(Permission.CASE_READ)]` is the door, the transaction,
  the instant (`work.now`) and who acts (`work.actor`); never a commit, never another session;
- a list is limited by `work.scope(permission)` in the repository's query and comes in pages
  (`app.web.paging`); what is read or changed by id is checked by `work.require(permission,
  society_id=..., site_id=...)` once it is loaded;
- what comes in is a `Body`, what goes out a `View`, ids in paths are `Key` (`app.web.schemas`);
- `POST` creates (201), `PUT` replaces the whole of what is known, `POST .../verb` is a use case;
- errors are raised as the features' own; `responses=raises(NotFound, Conflict)` names those beyond
  the ones that every route has;
- a view of a case calls `work.note_access("view", subject="case", subject_id=...)`.
"""

from fastapi import APIRouter

from app.web.api import (
    absences,
    accesses,
    admission_passes,
    associations,
    calls,
    case_links,
    cases,
    centres,
    deliveries,
    guards,
    indicators,
    intake_rules,
    me,
    on_call,
    plannings,
    priority_rules,
    radiologists,
    reports,
    requests,
    retention,
    revisions,
    segments,
    senders,
    session,
    setting_values,
    site_rules,
    sites,
    societies,
    studies,
    tasks,
    users,
    volumes,
    worklist,
)

ROUTERS = (
    session.router,
    me.router,
    societies.router,
    centres.router,
    sites.router,
    senders.router,
    site_rules.router,
    admission_passes.router,
    priority_rules.router,
    radiologists.router,
    users.router,
    intake_rules.router,
    setting_values.router,
    associations.router,
    studies.router,
    accesses.router,
    worklist.router,
    cases.router,
    case_links.router,
    tasks.router,
    reports.router,
    calls.router,
    requests.router,
    deliveries.router,
    indicators.router,
    retention.router,
    on_call.router,
    segments.router,
    plannings.router,
    revisions.router,
    guards.router,
    volumes.router,
    absences.router,
)


def make_api() -> APIRouter:
    """Put all routers of the API below one path."""
    api = APIRouter(prefix="/api/v1")
    for router in ROUTERS:
        api.include_router(router)
    return api
