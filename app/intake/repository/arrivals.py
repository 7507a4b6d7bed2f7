"""Batched writes of arrivals; every statement may be repeated without effect.

Rows that several gateways may insert at once go in with ON CONFLICT DO NOTHING, in one order, and
are read back. The study rows of a batch are then locked, in order of their keys, so that whoever
counts the instances of a study is alone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Sender
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


@dataclass(frozen=True, slots=True)
class SenderPlace:
    """The domain of a sender's identifiers, and the site of its studies."""

    domain_id: int
    site_id: int


async def find_senders(session: AsyncSession, sender_ids: Iterable[int]) -> dict[int, SenderPlace]:
    """Find the places of senders, disabled ones too: what they sent was admitted."""
    rows = await session.execute(
        select(Sender.id, Sender.domain_id, Sender.site_id).where(Sender.id.in_(set(sender_ids)))
    )
    return {sender_id: SenderPlace(domain_id, site_id) for sender_id, domain_id, site_id in rows}


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
        select(Series.study_id, Instance.sop_instance_uid, Instance.arrival_id, Instance.digest)
        .join(Series, Series.id == Instance.series_id)
        .where(
            Series.study_id.in_({study_id for study_id, _ in keys}),
            Instance.sop_instance_uid.in_({uid for _, uid in keys}),
        )
        .order_by(Instance.id)
    )
    kept: dict[InstanceKey, list[Content]] = {}
    for study_id, uid, arrival_id, digest in found:
        kept.setdefault((study_id, uid), []).append(Content(arrival_id, digest))
    return kept


async def add_instances(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Add new instances, and count them in their series."""
    await session.execute(insert(Instance), list(rows))
    counts: dict[int, int] = {}
    for row in rows:
        counts[row["series_id"]] = counts.get(row["series_id"], 0) + 1
    series = Series.__table__
    await session.execute(
        update(series)  # type: ignore[arg-type]
        .where(series.c.id == bindparam("key"))
        .values(instance_count=series.c.instance_count + bindparam("more")),
        [{"key": series_id, "more": more} for series_id, more in sorted(counts.items())],
    )


async def flag_conflicts(session: AsyncSession, arrival_ids: Sequence[UUID]) -> None:
    """Flag instances whose UID came again with other content."""
    await session.execute(
        update(Instance).where(Instance.arrival_id.in_(arrival_ids)).values(conflicting=True)
    )


async def count_series(session: AsyncSession, study_ids: Iterable[int]) -> dict[int, int]:
    """Count the series of studies."""
    rows = await session.execute(
        select(Series.study_id, func.count())
        .where(Series.study_id.in_(set(study_ids)))
        .group_by(Series.study_id)
    )
    return {row[0]: row[1] for row in rows}
