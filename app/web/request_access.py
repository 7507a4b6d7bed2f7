"""The door of a request: who may see it, and do something to it."""

from app.cases.repository import find_case_of_request
from app.directory.domain import Permission, PermissionDenied, holds, may
from app.directory.models import Site
from app.kit.errors import NotFound
from app.requests.repository.requests import RequestNotFound, find_place
from app.web.dependencies import Work
from app.worklist.queries.case import is_asked_to_read


async def enter_request(work: Work, request_id: int, permission: Permission) -> None:
    """Let the caller act on a request.

    Who is asked to read a case beyond their rights sees the requests of that case.

    Raises
    ------
    RequestNotFound
        If there is no such request, or it is not one that the caller may see.
    PermissionDenied
        If they may see it, but not do this to it.
    """
    site_id, society_id = await find_place(work.session, request_id)

    def allowed(wanted: Permission) -> bool:
        return may(work.actor, wanted, society_id=society_id, site_id=site_id)

    sees = allowed(Permission.REQUEST_READ) or await _reads_its_case(work, request_id)
    if not sees:
        raise RequestNotFound(request_id)
    if permission is not Permission.REQUEST_READ and not allowed(permission):
        raise PermissionDenied(permission)


async def _reads_its_case(work: Work, request_id: int) -> bool:
    radiologist_id = work.actor.radiologist_id
    if radiologist_id is None or not holds(work.actor, Permission.REQUEST_READ):
        return False
    case_id = await find_case_of_request(work.session, request_id)
    return case_id is not None and await is_asked_to_read(
        work.session, case_id=case_id, radiologist_id=radiologist_id
    )


async def enter_site(work: Work, site_id: int) -> None:
    """Let the caller make requests for a site.

    Raises
    ------
    NotFound
        If there is no such site.
    PermissionDenied
        If they may make none for it.
    """
    site = await work.session.get(Site, site_id)
    if site is None:
        message = f"there is no site {site_id}"
        raise NotFound(message)
    work.require(Permission.REQUEST_WRITE, society_id=site.society_id, site_id=site.id)
