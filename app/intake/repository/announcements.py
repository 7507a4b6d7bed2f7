"""Queries on what was announced of studies, and on what of it has arrived."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    any_,
    cast,
    distinct,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Endpoint, Sender
from app.intake.domain.announcements import Tally
from app.intake.models import Announcement, Instance, Series, Study

Row = Mapping[str, Any]
_LOOSE = Announcement.study_instance_uid == ""
_LOOSE_FOR = timedelta(days=1)
"""How long before or after the images a list may come that names no study."""


async def find_domains(session: AsyncSession, sender_ids: Iterable[int]) -> dict[int, int]:
    """Find the domains in which senders issue identifiers."""
    rows = await session.execute(
        select(Sender.id, Sender.domain_id).where(Sender.id.in_(set(sender_ids)))
    )
    return {row[0]: row[1] for row in rows}


async def find_steps(
    session: AsyncSession, steps: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], set[str]]:
    """Find the studies that steps were said to be of, by domain and UID of the step."""
    wanted = set(steps)
    rows = await session.execute(
        select(
            Announcement.domain_id, Announcement.step_uid, Announcement.study_instance_uid
        ).where(
            Announcement.domain_id.in_({domain_id for domain_id, _ in wanted}),
            Announcement.step_uid.in_({uid for _, uid in wanted}),
            ~_LOOSE,
        )
    )
    found: dict[tuple[int, str], set[str]] = {}
    for domain_id, step_uid, study_instance_uid in rows:
        found.setdefault((domain_id, step_uid), set()).add(study_instance_uid)
    return found


async def add(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Add announcements; those that are recorded already are passed over."""
    if rows:
        await session.execute(insert(Announcement).on_conflict_do_nothing(), rows)


async def find_studies_named(
    session: AsyncSession, *, domain_id: int, study_instance_uid: str
) -> set[int]:
    """Find the studies of a UID in a domain, or of a sender of it that has a site elsewhere."""
    found = await session.scalars(
        select(Study.id)
        .join(Sender, Sender.id == Study.sender_id)
        .where(
            Study.study_instance_uid == study_instance_uid,
            or_(Study.domain_id == domain_id, Sender.domain_id == domain_id),
        )
    )
    return set(found)


async def find_studies_holding(
    session: AsyncSession, *, domain_id: int, sop_instance_uids: Collection[str]
) -> set[int]:
    """Find the studies, in a domain or of its senders, that have one of the instances."""
    found = await session.scalars(
        select(Series.study_id)
        .distinct()
        .join(Instance, Instance.series_id == Series.id)
        .join(Study, Study.id == Series.study_id)
        .join(Sender, Sender.id == Study.sender_id)
        .where(
            Instance.sop_instance_uid == any_(_texts(sop_instance_uids)),
            or_(Study.domain_id == domain_id, Sender.domain_id == domain_id),
        )
    )
    return set(found)


async def lock_studies(session: AsyncSession, study_ids: Iterable[int]) -> Sequence[Study]:
    """Lock studies, in the order of their keys."""
    found = await session.scalars(
        select(Study)
        .where(Study.id.in_(set(study_ids)))
        .order_by(Study.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def list_of_studies(
    session: AsyncSession, *, domain_ids: Collection[int], studies: Collection[Study]
) -> Sequence[Announcement]:
    """List what was said of any of the studies in the domains, by their UIDs."""
    found = await session.scalars(
        select(Announcement).where(
            Announcement.domain_id.in_(domain_ids),
            Announcement.study_instance_uid.in_({each.study_instance_uid for each in studies}),
        )
    )
    return found.all()


async def has_any(session: AsyncSession, studies: Collection[Study]) -> bool:
    """Tell whether anything was said that may be about one of the studies; mostly nothing was."""
    of_senders = select(Sender.domain_id).where(Sender.id.in_({each.sender_id for each in studies}))
    of_studies = {each.domain_id for each in studies}
    named = Announcement.study_instance_uid.in_({each.study_instance_uid for each in studies})
    found = await session.scalar(
        select(
            exists().where(
                or_(Announcement.domain_id.in_(of_studies), Announcement.domain_id.in_(of_senders)),
                or_(named, and_(_LOOSE, _is_near(studies))),
            )
        )
    )
    return bool(found)


def _is_near(studies: Collection[Study]) -> ColumnElement[bool]:
    since = min(each.first_image_at for each in studies) - _LOOSE_FOR
    until = max(each.last_image_at for each in studies) + _LOOSE_FOR
    return Announcement.said_at.between(since, until)


async def list_loose(
    session: AsyncSession,
    *,
    domain_ids: Collection[int],
    studies: Collection[Study],
) -> Sequence[Announcement]:
    """List the lists without a study that were heard about then, and name one of the instances."""
    heard = and_(_LOOSE, Announcement.domain_id.in_(domain_ids), _is_near(studies))
    # There are none, most of the time: that is known without a look at the instances.
    if not await session.scalar(select(exists().where(heard))):
        return []
    uids = await _list_uids(session, [each.id for each in studies])
    found = await session.scalars(
        select(Announcement).where(heard, Announcement.sop_instance_uids.overlap(_texts(uids)))
    )
    return found.all()


async def _list_uids(session: AsyncSession, study_ids: Collection[int]) -> list[str]:
    found = await session.scalars(
        select(Instance.sop_instance_uid)
        .distinct()
        .join(Series, Series.id == Instance.series_id)
        .where(Series.study_id.in_(study_ids))
    )
    return list(found)


async def find_places(
    session: AsyncSession, *, domain_ids: Collection[int], sop_instance_uids: Collection[str]
) -> dict[str, frozenset[int]]:
    """Find the studies that instances have arrived in, by UID; the others are missing."""
    rows = await session.execute(
        select(Instance.sop_instance_uid, Series.study_id)
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Series.study_id)
        .join(Sender, Sender.id == Study.sender_id)
        .where(
            Instance.sop_instance_uid == any_(_texts(sop_instance_uids)),
            or_(Study.domain_id.in_(domain_ids), Sender.domain_id.in_(domain_ids)),
        )
    )
    found: dict[str, frozenset[int]] = {}
    for uid, study_id in rows:
        found[uid] = found.get(uid, frozenset()) | {study_id}
    return found


async def count_arrived(session: AsyncSession, *, study_id: int, named: Collection[str]) -> Tally:
    """Count instances, images, those of them that are named, and images that are not.

    Each UID counts once, however often it came; files that were purged have arrived too.
    """
    uid = Instance.sop_instance_uid
    is_named = uid == any_(_texts(named))
    is_image = Instance.paper.is_(False)
    row = (
        await session.execute(
            select(
                func.count(distinct(uid)),
                func.count(distinct(uid)).filter(is_image),
                func.count(distinct(uid)).filter(is_named),
                func.count(distinct(uid)).filter(is_image, ~is_named),
            )
            .join(Series, Series.id == Instance.series_id)
            .where(Series.study_id == study_id)
        )
    ).one()
    return Tally(instances=row[0], images=row[1], named=row[2], unnamed_images=row[3])


@dataclass(frozen=True, slots=True)
class StudyToCount:
    """A study, and where its sender answers C-FIND."""

    study_id: int
    study_instance_uid: str
    ae_title: str
    host: str
    port: int
    tls: bool


# A study of paper alone is never complete: its archive would be asked for ever.
_UNCOUNTED = and_(Study.complete_at.is_(None), Study.image_count > 0, Sender.disabled_at.is_(None))


async def lock_to_count(
    session: AsyncSession, *, silent_since: datetime, asked_before: datetime, limit: int
) -> list[StudyToCount]:
    """Lock incomplete studies that are silent and were not asked for lately, oldest first."""
    rows = await session.execute(
        select(
            Study.id,
            Study.study_instance_uid,
            Endpoint.ae_title,
            Endpoint.host,
            Endpoint.port,
            Endpoint.tls,
        )
        .join(Sender, Sender.id == Study.sender_id)
        .join(Endpoint, Endpoint.id == Sender.endpoint_id)
        .where(
            _UNCOUNTED,
            Study.last_image_at <= silent_since,
            or_(Study.counted_at.is_(None), Study.counted_at <= asked_before),
        )
        .order_by(Study.last_image_at, Study.id)
        .limit(limit)
        .with_for_update(of=Study, skip_locked=True, key_share=True)
    )
    return [StudyToCount(*row) for row in rows]


async def find_next_count(
    session: AsyncSession, *, silence: timedelta, pause: timedelta
) -> datetime | None:
    """Find when the next incomplete study will be asked for."""
    due: datetime | None = await session.scalar(
        select(
            func.min(
                func.greatest(Study.last_image_at + silence, Study.counted_at + pause),
            )
        )
        .join(Sender, Sender.id == Study.sender_id)
        .where(_UNCOUNTED, Sender.endpoint_id.is_not(None))
    )
    return due


async def note_asked(session: AsyncSession, *, study_ids: Collection[int], at: datetime) -> None:
    """Note when the senders of studies were last asked."""
    await session.execute(
        update(Study)
        .where(Study.id.in_(study_ids))
        .values(counted_at=at)
        .execution_options(synchronize_session="fetch")
    )


def _texts(values: Collection[str]) -> Any:  # noqa: ANN401
    return cast(list(values), ARRAY(Text))
