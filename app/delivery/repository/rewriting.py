"""Queries that tell how a study's identifiers are made unique on the way to a centre's node."""

from collections.abc import Sequence

from sqlalchemy import any_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.db.arrays import keys_named
from app.delivery.domain.ports import Rewriting
from app.delivery.models import Delivery
from app.directory.domain.setting_keys import SettingKey
from app.directory.models import Endpoint, Site
from app.directory.service.settings_history import read_value
from app.intake.models import Instance, Series, Study

_EARLIER, _OWN, _NODE = aliased(Study), aliased(Endpoint), aliased(Endpoint)
_HAS_TWIN = exists().where(
    _EARLIER.study_instance_uid == Study.study_instance_uid,
    _EARLIER.domain_id != Study.domain_id,
    _EARLIER.id < Study.id,
)
_IS_OWN_NODE = exists().where(
    # Be it under another name.
    _OWN.id == Site.endpoint_id,
    _NODE.id == Delivery.endpoint_id,
    _NODE.ae_title == _OWN.ae_title,
    func.lower(_NODE.host) == func.lower(_OWN.host),
    _NODE.port == _OWN.port,
)
_IDENTIFIERS = (
    select(
        Delivery.id,
        Site.prefix,
        Study.domain_id,
        Study.study_instance_uid,
        Study.site_id,
        Study.id,
        _HAS_TWIN,
    )
    .join(Study, Study.id == Delivery.study_id)
    .join(Site, Site.id == Study.site_id)
    .where(Delivery.id == any_(keys_named("deliveries")), ~_IS_OWN_NODE.correlate(Site, Delivery))
)
"""Built once: it runs with each look of the job that sends."""


async def list_rewritings(
    session: AsyncSession, delivery_ids: Sequence[int]
) -> dict[int, Rewriting]:
    """List, of deliveries of images, how what they send is made unique.

    Its prefix is that of the study's site; its UIDs are replaced when another domain had the same
    study first. It is nothing when the node is the site's own, as where its own radiologists read:
    it knows them. Which of the two came first never changes, so that all that is ever sent of a
    study bears the same UIDs.
    """
    rows = (await session.execute(_IDENTIFIERS, {"deliveries": delivery_ids})).all()
    dummies: dict[int, frozenset[str]] = {}
    rewritings: dict[int, Rewriting] = {}
    for delivery_id, prefix, domain_id, study_instance_uid, site_id, study_id, is_later in rows:
        if site_id not in dummies:
            named = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=site_id)
            dummies[site_id] = frozenset(named)
        inside = await _list_uids(session, study_id) if is_later else frozenset[str]()
        rewritings[delivery_id] = Rewriting(
            prefix=prefix,
            domain_id=domain_id,
            study_instance_uid=study_instance_uid,
            dummies=dummies[site_id],
            own_uids=inside | {study_instance_uid} if is_later else inside,
        )
    return rewritings


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
