"""Queries for the classes of studies, and for the sets of rules that give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Sender, Site, SiteRule, User
from app.intake.domain.classes import IntakeClass
from app.intake.models import Instance, IntakeRuleSet, Patient, Series, Study

MOST_STUDIES = 5000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderToClass:
    """What the class of a study depends on of who sent it."""

    name: str
    ae_title: str
    endpoint_id: int | None
    centre_id: int | None
    has_site_rules: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyToClass:
    """A study with all that its class depends on."""

    study: Study
    patient: Patient
    sender: SenderToClass
    zone: str


_HAS_SITE_RULES = exists(select(SiteRule.id).where(SiteRule.sender_id == Sender.id))
BESIDE = (
    Patient,
    Sender.name,
    Sender.ae_title,
    Sender.endpoint_id,
    Sender.centre_id,
    _HAS_SITE_RULES.label("has_site_rules"),
    Site.zone,
)
"""What `read_beside` reads of a row, its first columns."""


def from_beside(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join what stands beside a study."""
    return (
        query.join(Patient, Patient.id == Study.patient_id)
        .join(Sender, Sender.id == Study.sender_id)
        .join(Site, Site.id == Study.site_id)
    )


def read_beside(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Read the fields of `StudyToClass` beside the study."""
    return {
        "patient": row[0],
        "sender": SenderToClass(
            name=row[1],
            ae_title=row[2],
            endpoint_id=row[3],
            centre_id=row[4],
            has_site_rules=row[5],
        ),
        "zone": row[6],
    }


async def list_of_patient(
    session: AsyncSession, found: StudyToClass, *, limit: int = 50
) -> list[Study]:
    """List other studies of the same patient and device that came within a day.

    Only the device itself shows that its clock is right: what another one made tonight says nothing
    of a scanner that dates tonight's exam 2005.
    """
    at = found.study.first_image_at
    rows = await session.scalars(
        select(Study)
        .join(Patient, Patient.id == Study.patient_id)
        .where(
            Study.id != found.study.id,
            Study.site_id == found.study.site_id,
            Study.domain_id == found.study.domain_id,
            Study.sender_id == found.study.sender_id,
            Study.station_name == found.study.station_name,
            Patient.domain_id == found.patient.domain_id,
            Patient.patient_id == found.patient.patient_id,
            Study.first_image_at.between(at - _DAY, at + _DAY),
        )
        .order_by(Study.id.desc())
        .limit(limit)
    )
    return list(rows)


async def list_classed(
    session: AsyncSession, *, site_id: int, since: datetime
) -> list[StudyToClass]:
    """List the classed studies of a site, newest first, at most 5000."""
    rows = await session.execute(
        from_beside(select(*BESIDE, Study).select_from(Study))
        .where(
            Study.site_id == site_id,
            Study.first_image_at >= since,
            Study.intake_class.is_not(None),
        )
        .order_by(Study.first_image_at.desc())
        .limit(MOST_STUDIES)
    )
    return [StudyToClass(study=row.Study, **read_beside(row)) for row in rows]


async def has_lost_all(session: AsyncSession, study_id: int) -> bool:
    """Tell whether a study had images, and all of their files were given up."""
    kept = await session.scalar(
        select(func.bool_or(Instance.purged_at.is_(None)))
        .join(Series, Series.id == Instance.series_id)
        .where(Series.study_id == study_id)
    )
    return kept is False


async def list_rule_sets(
    session: AsyncSession, *, site_id: int, limit: int, before: int | None
) -> Sequence[Row[IntakeRuleSet, str]]:
    """List the sets that a site had, newest first, with who made them."""
    query = (
        select(IntakeRuleSet, User.display_name)
        .join(User, User.id == IntakeRuleSet.made_by)
        .where(IntakeRuleSet.site_id == site_id)
        .order_by(IntakeRuleSet.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(IntakeRuleSet.id < before)
    return (await session.execute(query)).all()


async def add_rule_set(session: AsyncSession, row: IntakeRuleSet) -> None:
    """Add a set; it is in force from now on."""
    session.add(row)
    await session.flush()


async def lock_site(session: AsyncSession, site_id: int) -> Site | None:
    """Find a site, and let only one at a time change its rules."""
    return await session.get(Site, site_id, with_for_update={"key_share": True})


def is_no_case() -> ColumnElement[bool]:
    """Limit a query to studies that are no cases."""
    return Study.intake_class != IntakeClass.CASE.value
