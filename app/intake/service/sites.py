"""Say of which site a study is, when no rule of its sender did."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.directory.models import Site
from app.directory.repository.rows import find_row
from app.intake.events import SiteConfirmed
from app.intake.service.found import lock_study, person_of
from app.kit.errors import Conflict, Invalid


async def confirm_site(
    session: AsyncSession, study_id: int, *, site_id: int, actor: Actor, now: datetime
) -> SiteConfirmed:
    """Move a study to its site, or confirm that it is there; whoever calls knows it is unsigned.

    The identifiers of the study stay in the domain that they came in: whose they are is said by
    the sender, not by this click.

    Raises
    ------
    StudyUnknown
        If there is no such study.
    Invalid
        If there is no such site, or it is disabled.
    Conflict
        If the site was confirmed, or named by a rule: somebody was faster.
    PermissionDenied
        If the actor may not do this at the site where the study is and at the one it goes to.
    """
    found = await lock_study(session, study_id)
    study = found.study
    require(actor, Permission.STUDY_SORT, site_id=study.site_id, society_id=found.society_id)
    site = await find_row(session, Site, site_id)
    if site is None or site.disabled_at is not None:
        raise Invalid(f"there is no site {site_id} that sends studies")
    require(actor, Permission.STUDY_SORT, site_id=site.id, society_id=site.society_id)
    if not study.site_to_confirm:
        raise Conflict(f"the site of study {study_id} is settled already")
    was = study.site_id
    study.site_id = site_id
    study.site_to_confirm = False
    study.site_reason = "confirmed by a person"
    await session.flush()
    return SiteConfirmed(
        study_id=study_id,
        site_id=site_id,
        was_site_id=was,
        by_user_id=person_of(actor),
        at=now,
    )
