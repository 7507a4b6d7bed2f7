"""Queries for those who look at the studies that arrived, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Site
from app.directory.repository.rows import inside
from app.intake.models import Patient, Study, StudyIdentity
from app.intake.repository.classes import is_no_case
from app.intake.repository.identities import find_last_choice
from app.kit.interval import Interval


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """Which studies are wanted; what is absent does not limit.

    Parameters
    ----------
    arrived
        When its first image came.
    no_case
        Only those that are no case, or have no image.
    """

    site_id: int | None = None
    arrived: Interval | None = None
    intake_class: str | None = None
    no_case: bool = False


async def list_studies(
    session: AsyncSession, *, scope: Scope, wanted: StudyFilter, limit: int, before: int | None
) -> list[Study]:
    """List the studies of the sites in scope, newest first."""
    query = (
        select(Study)
        .join(Site, Site.id == Study.site_id)
        .where(inside(scope, society=Site.society_id, site=Site.id), *_limit_studies(wanted))
        .order_by(Study.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Study.id < before)
    return list((await session.execute(query)).scalars())


def _limit_studies(wanted: StudyFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wanted.site_id is not None:
        clauses.append(Study.site_id == wanted.site_id)
    if wanted.arrived is not None:
        clauses.append(Study.first_image_at >= wanted.arrived.start)
        clauses.append(Study.first_image_at < wanted.arrived.end)
    if wanted.intake_class is not None:
        clauses.append(Study.intake_class == wanted.intake_class)
    if wanted.no_case:
        clauses.append(or_(is_no_case(), Study.image_count == 0))
    return clauses


@dataclass(frozen=True, slots=True)
class IdentitiesOfStudy:
    """The identities under which a study came, and the last choice among them."""

    rows: Sequence[Row[StudyIdentity, Patient]]
    last_choice_id: int | None


async def list_identities(session: AsyncSession, *, study_id: int) -> IdentitiesOfStudy:
    """List the identities of a study, in the order in which they came."""
    rows = await session.execute(
        select(StudyIdentity, Patient)
        .join(Patient, Patient.id == StudyIdentity.patient_id)
        .where(StudyIdentity.study_id == study_id)
        .order_by(StudyIdentity.id)
    )
    last = await find_last_choice(session, study_id)
    return IdentitiesOfStudy(rows.all(), None if last is None else last.id)


async def find_study(session: AsyncSession, *, study_id: int) -> tuple[Study, Patient, Site] | None:
    """Find a study with its patient as received, and its site."""
    query = (
        select(Study, Patient, Site)
        .join(Patient, Patient.id == Study.patient_id)
        .join(Site, Site.id == Study.site_id)
        .where(Study.id == study_id)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1], row[2])
