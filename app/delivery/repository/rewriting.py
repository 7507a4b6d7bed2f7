"""Queries that tell how a study's identifiers are made unique on the way to a centre's node."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.delivery.domain.ports import Rewriting
from app.directory.models import Site
from app.intake.models import Instance, Series, Study


async def get_rewriting(session: AsyncSession, study_id: int) -> Rewriting:
    """Read the prefix of a study's site, and its UIDs when another domain had the same study first.

    Which of the two came first never changes, so that all that is ever sent of a study bears the
    same UIDs.
    """
    earlier = aliased(Study)
    has_twin = exists().where(
        earlier.study_instance_uid == Study.study_instance_uid,
        earlier.domain_id != Study.domain_id,
        earlier.id < Study.id,
    )
    row = (
        await session.execute(
            select(Site.prefix, Study.domain_id, Study.study_instance_uid, has_twin)
            .join(Site, Site.id == Study.site_id)
            .where(Study.id == study_id)
        )
    ).one()
    prefix, domain_id, study_instance_uid, is_later = row
    if not is_later:
        return Rewriting(prefix=prefix, domain_id=domain_id)
    series = await session.scalars(
        select(Series.series_instance_uid).where(Series.study_id == study_id)
    )
    instances = await session.scalars(
        select(Instance.sop_instance_uid)
        .join(Series, Series.id == Instance.series_id)
        .where(Series.study_id == study_id)
    )
    own_uids = frozenset({study_instance_uid, *series, *instances})
    return Rewriting(prefix=prefix, domain_id=domain_id, own_uids=own_uids)
