"""Queries on instances that repeat a known UID with other bytes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.intake.domain.repeats import Repeat
from app.intake.models import Instance, Series, Study

_First = aliased(Instance, name="first_instance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An instance that had the UID before; `is_gone`: its file was given up."""

    instance_id: int
    arrival_id: UUID
    identity_id: int | None
    is_gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatFound:
    """A repeat that waits to be compared, with those it may repeat, oldest first."""

    instance_id: int
    arrival_id: UUID
    study_id: int
    earlier: tuple[Earlier, ...]


async def list_to_compare(
    session: AsyncSession, *, limit: int, without: Collection[int]
) -> list[RepeatFound]:
    """List repeats; those under another identity first, for they keep a report from its signature.

    Parameters
    ----------
    without
        Instances that are passed over.
    """
    rows = await session.execute(
        select(Instance, Series.study_id)
        .join(Series, Series.id == Instance.series_id)
        .join(_First, _First.id == Instance.repeats_id)
        .where(Instance.repeat == Repeat.TO_COMPARE.value, Instance.id.not_in(without))
        .order_by(Instance.identity_id == _First.identity_id, Instance.id)
        .limit(limit)
    )
    return [
        RepeatFound(
            instance_id=instance.id,
            arrival_id=instance.arrival_id,
            study_id=study_id,
            earlier=tuple(await list_earlier(session, instance, study_id=study_id)),
        )
        for instance, study_id in rows.all()
    ]


async def list_earlier(
    session: AsyncSession, instance: Instance, *, study_id: int
) -> list[Earlier]:
    """List what had the UID of an instance in its study before, and was not the same again."""
    rows = await session.execute(
        select(Instance.id, Instance.arrival_id, Instance.identity_id, Instance.purged_at)
        .join(Series, Series.id == Instance.series_id)
        .where(
            Series.study_id == study_id,
            Instance.sop_instance_uid == instance.sop_instance_uid,
            Instance.id != instance.id,
            or_(
                Instance.repeat.is_(None),
                Instance.repeat.in_([Repeat.PIXELS.value, Repeat.IDENTITY.value]),
            ),
        )
        .order_by(Instance.id)
    )
    return [
        Earlier(
            instance_id=instance_id,
            arrival_id=arrival_id,
            identity_id=identity_id,
            is_gone=purged_at is not None,
        )
        for instance_id, arrival_id, identity_id, purged_at in rows
    ]


async def lock_study(session: AsyncSession, study_id: int) -> Study | None:
    """Lock a study as those do who record its instances."""
    found: Study | None = await session.scalar(
        select(Study)
        .where(Study.id == study_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found


async def find_waiting(session: AsyncSession, instance_id: int) -> tuple[Instance, Series] | None:
    """Find a repeat that nobody has settled yet, with its series; its study is locked."""
    row = (
        await session.execute(
            select(Instance, Series)
            .join(Series, Series.id == Instance.series_id)
            .where(Instance.id == instance_id, Instance.repeat == Repeat.TO_COMPARE.value)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def flag_conflicts(session: AsyncSession, instance_ids: Sequence[int]) -> None:
    """Flag instances whose UID came again with another image."""
    await session.execute(
        update(Instance)
        .where(Instance.id.in_(instance_ids))
        .values(conflicting=True)
        .execution_options(synchronize_session="fetch")
    )


async def note_removed(session: AsyncSession, instance_id: int) -> None:
    """Note that the file of an instance is gone."""
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id, Instance.purged_at.is_not(None))
        .values(path="")
        .execution_options(synchronize_session=False)
    )


async def give_up(session: AsyncSession, instance: Instance, *, now: datetime) -> None:
    """Give up the file of an instance; its row stays, so that it is known again."""
    instance.purged_at = now
    await session.flush()
