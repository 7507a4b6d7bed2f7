"""The door of a study: who may see it, and do something to it."""

from app.directory.domain import Permission, PermissionDenied, may
from app.directory.models import Site
from app.intake.models import Patient, Study
from app.intake.repository import lists
from app.intake.service import StudyUnknown
from app.web.dependencies import Work


async def enter_study(
    work: Work, study_id: int, permission: Permission = Permission.STUDY_READ
) -> tuple[Study, Patient, Site]:
    """Let the caller act on a study; it comes with its patient and its site.

    Raises
    ------
    StudyUnknown
        If there is no such study, or it is not one that the caller may see: they cannot tell which.
    PermissionDenied
        If they may see it, but not do this to it.
    """
    found = await lists.find_study(work.session, study_id=study_id)
    if found is None:
        raise StudyUnknown(f"there is no study {study_id}")
    where = {"society_id": found[2].society_id, "site_id": found[2].id}
    if not may(work.actor, Permission.STUDY_READ, **where):
        raise StudyUnknown(f"there is no study {study_id}")
    if not may(work.actor, permission, **where):
        raise PermissionDenied(permission)
    return found
