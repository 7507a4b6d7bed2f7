"""Batched writes of arrivals; every statement may be repeated without effect.

Rows that several gateways may insert at once go in with ON CONFLICT DO NOTHING, in one order, and
are read back. The study rows of a batch are then locked, in order of their keys, so that whoever
counts the instances of a study is alone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.attributes import PatientIdentity
from app.intake.domain.content import Content, InstanceKey
from app.intake.models import Instance, Patient, Series, Study

Row = Mapping[str, Any]
_IDENTITY = (
    Patient.domain_id,
    Patient.patient_id,
    Patient.issuer_of_patient_id,
    Patient.patient_name,
    Patient.patient_birth_date,
    Patient.patient_sex,
)


async def save_patients(
    session: AsyncSession, identities: Iterable[tuple[int, PatientIdentity]]
) -> dict[tuple[int, PatientIdentity], int]:
    """Make sure that each identity has a row in its domain, and return the keys of all."""
    values: dict[tuple[int | str, ...], tuple[int, PatientIdentity]] = {
        (
            domain_id,
            each.patient_id,
            each.issuer_of_patient_id,
            each.patient_name,
            each.patient_birth_date,
            each.patient_sex,
        ): (domain_id, each)
        for domain_id, each in identities
    }
    names = [column.key for column in _IDENTITY]
    rows = [dict(zip(names, value, strict=True)) for value in sorted(values)]
    await session.execute(insert(Patient).on_conflict_do_nothing(), rows)
    found = await session.execute(
        select(Patient.id, *_IDENTITY).where(tuple_(*_IDENTITY).in_(list(values)))
    )
    saved = {}
    for patient_id, domain_id, *texts in found:
        _, identity = values[domain_id, *texts]
        saved[domain_id, identity] = patient_id
    return saved


async def save_studies(session: AsyncSession, rows: Sequence[Row]) -> dict[tuple[int, str], Study]:
    """Make sure that each study has a row, and lock them all until the end of the transaction.

    Parameters
    ----------
    session
        The unit of work.
    rows
        New rows with counts of zero, at least one; those of known studies are passed over.

    Returns
    -------
    dict
        By domain and Study Instance UID.
    """
    ordered = sorted(rows, key=lambda row: (row["domain_id"], row["study_instance_uid"]))
    await session.execute(insert(Study).on_conflict_do_nothing(), ordered)
    keys = [(row["domain_id"], row["study_instance_uid"]) for row in ordered]
    studies = await session.scalars(
        select(Study)
        .where(tuple_(Study.domain_id, Study.study_instance_uid).in_(keys))
        .order_by(Study.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {(study.domain_id, study.study_instance_uid): study for study in studies}


async def save_series(session: AsyncSession, rows: Sequence[Row]) -> dict[tuple[int, str], int]:
    """Make sure that each series of locked studies has a row; return keys by study and UID."""
    await session.execute(insert(Series).on_conflict_do_nothing(), list(rows))
    keys = [(row["study_id"], row["series_instance_uid"]) for row in rows]
    found = await session.execute(
        select(Series.id, Series.study_id, Series.series_instance_uid).where(
            tuple_(Series.study_id, Series.series_instance_uid).in_(keys)
        )
    )
    return {(study_id, uid): series_id for series_id, study_id, uid in found}


async def find_kept(
    session: AsyncSession, keys: Collection[InstanceKey]
) -> dict[InstanceKey, list[Content]]:
    """Find what is kept under the same SOP Instance UIDs in the same studies, oldest first."""
    found = await session.execute(
        select(
            Series.study_id,
            Instance.sop_instance_uid,
            Instance.arrival_id,
            Instance.digest,
            or_(Instance.purged_at.is_not(None), Instance.path == ""),
        )
        .join(Series, Series.id == Instance.series_id)
        .where(
            Series.study_id.in_({study_id for study_id, _ in keys}),
            Instance.sop_instance_uid.in_({uid for _, uid in keys}),
        )
        .order_by(Instance.id)
    )
    kept: dict[InstanceKey, list[Content]] = {}
    for study_id, uid, arrival_id, digest, is_gone in found:
        content = Content(arrival_id, digest, is_gone)
        kept.setdefault((study_id, uid), []).append(content)
    return kept


async def add_instances(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Add new instances; repeats are not counted in their series until they are compared."""
    await session.execute(insert(Instance), list(rows))
    counts: dict[int, int] = {}
    for row in rows:
        if row["repeat"] is None:
            counts[row["series_id"]] = counts.get(row["series_id"], 0) + 1
    await count_in_series(session, counts)


async def count_in_series(session: AsyncSession, more: Mapping[int, int]) -> None:
    """Count more instances in their series."""
    if not more:
        return
    series = Series.__table__
    await session.execute(
        update(series)  # type: ignore[arg-type]
        .where(series.c.id == bindparam("key"))
        .values(instance_count=series.c.instance_count + bindparam("more")),
        [{"key": series_id, "more": count} for series_id, count in sorted(more.items())],
    )


async def take_back(session: AsyncSession, rows: Mapping[UUID, Row]) -> None:
    """Give instances whose files were given up the files that came again.

    An arrival of its own keeps the new file from a removal of the old one that is not over yet.

    Parameters
    ----------
    rows
        New columns, by the arrival of the instance until now.
    """
    for arrival_id, row in sorted(rows.items()):
        await session.execute(
            update(Instance)
            .where(Instance.arrival_id == arrival_id, Instance.purged_at.is_not(None))
            .values(**row, purged_at=None)
            .execution_options(synchronize_session=False)
        )


async def link_repeats(session: AsyncSession, repeats: Mapping[UUID, UUID]) -> None:
    """Say of each repeat which instance had its UID first; both by their arrival."""
    if not repeats:
        return
    keys = dict(
        (
            await session.execute(
                select(Instance.arrival_id, Instance.id).where(
                    Instance.arrival_id.in_(set(repeats.values()))
                )
            )
        ).all()
    )
    instance = Instance.__table__
    await session.execute(
        update(instance)  # type: ignore[arg-type]
        .where(instance.c.arrival_id == bindparam("repeat_arrival"))
        .values(repeats_id=bindparam("first")),
        [
            {"repeat_arrival": arrival_id, "first": keys[first]}
            for arrival_id, first in repeats.items()
        ],
    )


async def count_series(session: AsyncSession, study_ids: Iterable[int]) -> dict[int, int]:
    """Count the series of studies that have instances."""
    rows = await session.execute(
        select(Series.study_id, func.count())
        .where(Series.study_id.in_(set(study_ids)), Series.instance_count > 0)
        .group_by(Series.study_id)
    )
    return {row[0]: row[1] for row in rows}
