"""The door of a case, and of what is sent for it: who may see it, and do something to it."""

from app.cases.repository import CaseNotFound
from app.delivery.repository.planning import get_delivery
from app.directory.domain import Permission, PermissionDenied, holds, may
from app.directory.domain.roles import BY_READING_RIGHT
from app.kit.errors import NotFound
from app.web.dependencies import Work
from app.worklist.queries.case import find_case_place, is_asked_to_read


async def may_in_case(work: Work, case_id: int, permission: Permission) -> bool:
    """May the caller do this to a case: by their scope, or because they are asked to read it?

    When nobody on guard may read for its site, dispatch asks whom it has: that reader sees and
    reads this case, and no other of the site.

    Raises
    ------
    CaseNotFound
        If there is no such case.
    """
    place = await find_case_place(work.session, case_id=case_id)
    if place is None:
        raise CaseNotFound(case_id)
    site_id, society_id = place
    if may(work.actor, permission, society_id=society_id, site_id=site_id):
        return True
    radiologist_id = work.actor.radiologist_id
    if radiologist_id is None or permission not in BY_READING_RIGHT:
        return False
    return holds(work.actor, permission) and await is_asked_to_read(
        work.session, case_id=case_id, radiologist_id=radiologist_id
    )


async def enter_case(work: Work, case_id: int, permission: Permission) -> None:
    """Let the caller act on a case.

    Raises
    ------
    CaseNotFound
        If there is no such case, or it is not one that the caller may see: they cannot tell which.
    PermissionDenied
        If they may see it, but not do this to it.
    """
    if not await may_in_case(work, case_id, Permission.CASE_READ):
        raise CaseNotFound(case_id)
    if not await may_in_case(work, case_id, permission):
        raise PermissionDenied(permission)


async def enter_delivery(work: Work, delivery_id: int, permission: Permission) -> None:
    """Let the caller act on a delivery, as on its case; a notification is the whole group's.

    Raises
    ------
    NotFound
        If there is no such delivery, or it is not one that the caller may see.
    PermissionDenied
        If they may see it, but not do this to it.
    """
    known = await get_delivery(work.session, delivery_id)
    if known.case_id is not None:
        await enter_case(work, known.case_id, permission)
    elif not work.scope(permission).everything:
        raise NotFound(f"there is no delivery {delivery_id} here")
