"""Queries that tell how a study's identifiers are made unique on the way to a centre's node."""

from dataclasses import replace

from sqlalchemy import BigInteger, and_, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.delivery.domain.ports import Rewriting
from app.directory.domain.setting_keys import SettingKey
from app.directory.models import Endpoint, Site
from app.directory.service.settings_history import read_value
from app.intake.models import Instance, Series, Study

_STUDY_ID = bindparam("study", type_=BigInteger)
_EARLIER, _OWN, _NODE = aliased(Study), aliased(Endpoint), aliased(Endpoint)
_IDENTIFIERS = (
    select(
        Site.prefix,
        Study.domain_id,
        Study.study_instance_uid,
        Study.site_id,
        exists()
        .where(
            _EARLIER.study_instance_uid == Study.study_instance_uid,
            _EARLIER.domain_id != Study.domain_id,
            _EARLIER.id < Study.id,
        )
        .label("has_twin"),
    )
    .join(Site, Site.id == Study.site_id)
    .where(Study.id == _STUDY_ID)
)
_OWN_NODE = (
    select(_OWN.id)
    .join(Site, Site.endpoint_id == _OWN.id)
    .join(Study, Study.site_id == Site.id)
    .join(
        _NODE,
        and_(
            _NODE.ae_title == _OWN.ae_title,
            func.lower(_NODE.host) == func.lower(_OWN.host),
            _NODE.port == _OWN.port,
        ),
    )
    .where(Study.id == _STUDY_ID, _NODE.id == bindparam("endpoint", type_=BigInteger))
)
"""Built once: they run for each delivery of images."""


async def find_rewriting(
    session: AsyncSession, *, study_id: int, endpoint_id: int
) -> Rewriting | None:
    """Read the prefix of a study's site, and its UIDs when another domain had the same study first.

    Nothing when the node is the site's own, as where its own radiologists read: it knows them.
    Which of the two came first never changes, so that all that is ever sent of a study bears the
    same UIDs.
    """
    if await _is_own_node(session, study_id=study_id, endpoint_id=endpoint_id):
        return None
    row = (await session.execute(_IDENTIFIERS, {"study": study_id})).one()
    prefix, domain_id, study_instance_uid, site_id, is_later = row
    dummies = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=site_id)
    rewriting = Rewriting(
        prefix=prefix,
        domain_id=domain_id,
        study_instance_uid=study_instance_uid,
        dummies=frozenset(dummies),
    )
    if not is_later:
        return rewriting
    inside = await _list_uids(session, study_id)
    return replace(rewriting, own_uids=inside | {study_instance_uid})


async def _list_uids(session: AsyncSession, study_id: int) -> frozenset[str]:
    series = await session.scalars(
        select(Series.series_instance_uid).where(Series.study_id == study_id)
    )
    instances = await session.scalars(
        select(Instance.sop_instance_uid)
        .join(Series, Series.id == Instance.series_id)
        .where(Series.study_id == study_id)
    )
    return frozenset({*series, *instances})


async def _is_own_node(session: AsyncSession, *, study_id: int, endpoint_id: int) -> bool:
    """Is a node that of the study's site, be it under another name?"""
    return await session.scalar(_OWN_NODE, {"study": study_id, "endpoint": endpoint_id}) is not None
