"""Queries on the identities under which a study came."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Integer, all_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named
from app.intake.domain.attributes import PatientIdentity
from app.intake.models import IdentityChoice, Patient, Study, StudyAccession, StudyIdentity
from app.intake.repository.arrivals import Row

_UNTOLD = (StudyIdentity.news.is_not(None), StudyIdentity.told_at.is_(None))


def make_identity(patient: Patient) -> PatientIdentity:
    """Make the identity that a row keeps."""
    return PatientIdentity(
        patient_id=patient.patient_id,
        issuer_of_patient_id=patient.issuer_of_patient_id,
        patient_name=patient.patient_name,
        patient_birth_date=patient.patient_birth_date,
        patient_sex=patient.patient_sex,
    )


async def read_identities(
    session: AsyncSession, patient_ids: Collection[int]
) -> dict[int, PatientIdentity]:
    """Read identities by their keys."""
    rows = await session.scalars(select(Patient).where(Patient.id.in_(set(patient_ids))))
    return {row.id: make_identity(row) for row in rows}


async def list_identities(
    session: AsyncSession, study_ids: Collection[int]
) -> dict[int, dict[int, PatientIdentity]]:
    """List the known identities of studies: by study, then by the key of the identity.

    One under which only repeats came that are not compared yet is not known, unless a person has
    chosen since: then it was seen.
    """
    rows = await session.execute(
        select(StudyIdentity.study_id, Patient)
        .join(Patient, Patient.id == StudyIdentity.patient_id)
        .where(
            StudyIdentity.study_id.in_(set(study_ids)),
            or_(StudyIdentity.instance_count > 0, StudyIdentity.told_at.is_not(None)),
        )
        .order_by(StudyIdentity.id)
    )
    identities: dict[int, dict[int, PatientIdentity]] = {}
    for study_id, patient in rows:
        identities.setdefault(study_id, {})[patient.id] = make_identity(patient)
    return identities


async def save_identities(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Add identities to locked studies, or count more images under those they have.

    What was news of an identity stays so.
    """
    statement = insert(StudyIdentity)
    new, old = statement.excluded, StudyIdentity
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[old.study_id, old.patient_id],
            set_={
                "first_seen_at": func.least(old.first_seen_at, new.first_seen_at),
                "last_seen_at": func.greatest(old.last_seen_at, new.last_seen_at),
                "instance_count": old.instance_count + new.instance_count,
                "news": func.coalesce(old.news, new.news),
            },
        ),
        list(rows),
    )


async def mark_correction(session: AsyncSession, *, study_id: int, patient_id: int) -> None:
    """Note that the hospital sent known images again under this identity; the case is told."""
    await session.execute(
        update(StudyIdentity)
        .where(
            StudyIdentity.study_id == study_id,
            StudyIdentity.patient_id == patient_id,
            StudyIdentity.is_correction.is_(False),
        )
        .values(is_correction=True, news="correction", told_at=None)
        .execution_options(synchronize_session=False)
    )


async def save_accessions(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Make sure that each accession number of a study has a row."""
    if rows:
        await session.execute(insert(StudyAccession).on_conflict_do_nothing(), list(rows))


async def lock_studies_with_news(
    session: AsyncSession, *, limit: int, without: Collection[int] = ()
) -> Sequence[Study]:
    """Lock studies with an identity that their case was not told of, oldest first.

    Studies with images that nobody was told of come later: their case may not be there yet.
    """
    return (await session.scalars(_WITH_NEWS, {"limit": limit, "without": list(without)})).all()


_WITH_NEWS = (
    select(Study)
    .where(
        Study.id.in_(select(StudyIdentity.study_id).where(*_UNTOLD)),
        Study.id != all_(keys_named("without")),
        Study.instance_count == Study.announced_count,
    )
    .order_by(Study.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)


async def list_untold(session: AsyncSession, study_id: int) -> Sequence[StudyIdentity]:
    """List the identities of a study that its case was not told of."""
    found = await session.scalars(
        select(StudyIdentity)
        .where(StudyIdentity.study_id == study_id, *_UNTOLD)
        .order_by(StudyIdentity.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def find_of_study(
    session: AsyncSession, *, study_id: int, patient_id: int
) -> StudyIdentity | None:
    """Find an identity under which a study came."""
    found: StudyIdentity | None = await session.scalar(
        select(StudyIdentity).where(
            StudyIdentity.study_id == study_id, StudyIdentity.patient_id == patient_id
        )
    )
    return found


async def note_told(session: AsyncSession, study_id: int, *, now: datetime) -> None:
    """Note that the case of a study was told of all its identities."""
    await session.execute(
        update(StudyIdentity)
        .where(StudyIdentity.study_id == study_id, *_UNTOLD)
        .values(told_at=now)
        .execution_options(synchronize_session="fetch")
    )


async def note_all_told(session: AsyncSession, study_id: int, *, now: datetime) -> None:
    """Note that a person has seen all identities of a study."""
    await session.execute(
        update(StudyIdentity)
        .where(StudyIdentity.study_id == study_id, StudyIdentity.told_at.is_(None))
        .values(told_at=now)
        .execution_options(synchronize_session="fetch")
    )


async def count_identities(session: AsyncSession, study_id: int) -> int:
    """Count the identities under which a study came, not yet compared ones too."""
    query = select(func.count()).where(StudyIdentity.study_id == study_id)
    return await session.scalar(query) or 0


async def find_last_choice(session: AsyncSession, study_id: int) -> IdentityChoice | None:
    """Find the choice that is in force."""
    found: IdentityChoice | None = await session.scalar(
        select(IdentityChoice)
        .where(IdentityChoice.study_id == study_id)
        .order_by(IdentityChoice.id.desc())
        .limit(1)
    )
    return found


async def add_choice(session: AsyncSession, choice: IdentityChoice) -> None:
    """Add who settled whose images a study are."""
    session.add(choice)
    await session.flush()
