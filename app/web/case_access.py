"""The door of a case: who may see it, and do something to it."""

from app.cases.repository import CaseNotFound
from app.directory.domain import Permission, may
from app.web.dependencies import Work
from app.worklist.queries.case import find_case_place


async def enter_case(work: Work, case_id: int, permission: Permission) -> None:
    """Let the caller act on a case.

    Raises
    ------
    CaseNotFound
        If there is no such case, or it is not one that the caller may see: they cannot tell which.
    PermissionDenied
        If they may see it, but not do this to it.
    """
    place = await find_case_place(work.session, case_id=case_id)
    if place is None:
        raise CaseNotFound(case_id)
    site_id, society_id = place
    if not may(work.actor, Permission.CASE_READ, society_id=society_id, site_id=site_id):
        raise CaseNotFound(case_id)
    work.require(permission, society_id=society_id, site_id=site_id)
