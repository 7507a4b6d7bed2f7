"""Queries on what was received, refused and read in a stretch of time, for those who count it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Date, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case, CaseEvent, CaseStudy
from app.directory.models import RadiologistSociety
from app.intake.models import Series, Study
from app.kit.interval import Interval
from app.requests.models import Request


@dataclass(frozen=True, slots=True)
class ReceivedStudy:
    """A study of a case, a prior or a test.

    Parameters
    ----------
    case_id
        The case that it is in; a study whose case was voided is in none.
    accession_number, taken
        As received; `taken` is its date and time.
    regions
        BodyPartExamined of its series, each once, sorted.
    came_again
        Whether instances of it came again with other content.
    """

    id: int
    site_id: int
    at: datetime
    intake_class: str
    case_id: int | None
    modalities: tuple[str, ...]
    regions: tuple[str, ...]
    accession_number: str
    taken: str
    came_again: bool


@dataclass(frozen=True, slots=True)
class SignedCase:
    """A case whose report was signed, and the society of its reader on that day, if any."""

    at: datetime
    site_id: int
    society_id: int | None


async def find_first_study(session: AsyncSession) -> datetime | None:
    """Find when the first study of all came."""
    return await session.scalar(select(func.min(Study.first_image_at)))


async def list_received(session: AsyncSession, *, interval: Interval) -> list[ReceivedStudy]:
    """List the studies whose first image came in a stretch of time, by that instant."""
    query = (
        select(Study, CaseStudy.case_id, _REGIONS)
        .outerjoin(CaseStudy, (CaseStudy.study_id == Study.id) & CaseStudy.ended_at.is_(None))
        .where(
            Study.first_image_at >= interval.start,
            Study.first_image_at < interval.end,
            Study.intake_class.in_(("case", "prior", "test")),
        )
        .order_by(Study.first_image_at, Study.id)
    )
    return [_read(*row) for row in (await session.execute(query)).all()]


_REGIONS = (
    select(
        func.coalesce(
            func.array_agg(
                aggregate_order_by(Series.body_part_examined.distinct(), Series.body_part_examined)
            ),
            [],
        )
    )
    .where(Series.study_id == Study.id)
    .scalar_subquery()
)


def _read(study: Study, case_id: int | None, regions: list[str]) -> ReceivedStudy:
    return ReceivedStudy(
        id=study.id,
        site_id=study.site_id,
        at=study.first_image_at,
        intake_class=study.intake_class or "",
        case_id=case_id,
        modalities=tuple(study.modalities),
        regions=tuple(regions),
        accession_number=study.accession_number,
        taken=study.study_date + study.study_time,
        came_again=study.conflict_count > 0,
    )


async def list_refused(session: AsyncSession, *, interval: Interval) -> list[tuple[int, datetime]]:
    """List the site and the instant of the requests of a stretch of time that were refused."""
    query = (
        select(Request.site_id, Request.requested_at)
        .where(
            Request.state == "refused",
            Request.requested_at >= interval.start,
            Request.requested_at < interval.end,
        )
        .order_by(Request.requested_at, Request.id)
    )
    return [(row.site_id, row.requested_at) for row in (await session.execute(query)).all()]


async def list_signed(session: AsyncSession, *, interval: Interval, zone: str) -> list[SignedCase]:
    """List the cases signed in a stretch of time; membership is that of the date in the zone."""
    day = cast(func.timezone(zone, CaseEvent.at), Date)
    query = (
        select(CaseEvent.at, Case.site_id, RadiologistSociety.society_id)
        .join(Case, Case.id == CaseEvent.case_id)
        .outerjoin(
            RadiologistSociety,
            (RadiologistSociety.radiologist_id == Case.reader_id)
            & RadiologistSociety.valid.contains(day),
        )
        .where(
            CaseEvent.state_to == "signed",
            CaseEvent.at >= interval.start,
            CaseEvent.at < interval.end,
        )
        .order_by(CaseEvent.at, CaseEvent.id)
    )
    return [SignedCase(*row) for row in (await session.execute(query)).all()]
