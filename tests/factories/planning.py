"""A small group that shares guards: societies with volumes, radiologists, segments, a planning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.planning.domain.segments import SeatsNeeded
from app.planning.events import PlanningPublished
from app.planning.models import Absence, Volume
from app.planning.service.drafts import generate_draft
from app.planning.service.plannings import Period, create_planning
from app.planning.service.publishing import publish_draft
from app.planning.service.segments import lay_default_segments
from tests.factories.directory import add_radiologist, add_society

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
"""A Friday in the evening, 22:00 in Paris."""
MONDAY = date(2026, 11, 16)
YEAR: Range[date] = Range(date(2025, 1, 1), date(2026, 1, 1))
ONE_OF_EACH = SeatsNeeded(readers=1, backups=1, coordinators=1)
NEEDS: Mapping[str, SeatsNeeded] = dict.fromkeys(
    ("day", "evening", "deep_night", "weekend"), ONE_OF_EACH
)


@dataclass(frozen=True, slots=True)
class Group:
    """Radiologists by society, by id."""

    radiologists: Mapping[int, list[int]]

    @property
    def societies(self) -> list[int]:
        """The ids of the societies, in the order they were added."""
        return list(self.radiologists)

    @property
    def everybody(self) -> list[int]:
        """The ids of all radiologists."""
        return [each for own in self.radiologists.values() for each in own]


async def add_group(
    session: AsyncSession, *, volumes: tuple[int, ...] = (600, 300, 100), people_each: int = 6
) -> Group:
    """Add one society for each volume, its people, and the default segments."""
    radiologists: dict[int, list[int]] = {}
    for exams in volumes:
        society = await add_society(session)
        session.add(Volume(society_id=society.id, period=YEAR, exams=exams, source="test"))
        own = [await add_radiologist(session, society_id=society.id) for _ in range(people_each)]
        radiologists[society.id] = [each.id for each in own]
    await session.flush()
    await lay_default_segments(session, zone=PARIS, valid_from=date(2025, 1, 6))
    return Group(radiologists)


async def add_planning(
    session: AsyncSession, *, first: date = MONDAY, days: int = 7, now: datetime = NOW
) -> int:
    """Lay out a week with one reader, one backup and one coordinator at any time."""
    period = Period(first, first + timedelta(days=days))
    return await create_planning(session, period, actor=SYSTEM, now=now, needs=NEEDS)


async def add_draft(session: AsyncSession, planning_id: int, *, now: datetime = NOW) -> int:
    """Generate a draft."""
    return await generate_draft(session, planning_id=planning_id, actor=SYSTEM, now=now)


async def add_published(session: AsyncSession, *, now: datetime = NOW) -> PlanningPublished:
    """Lay out a week, generate its draft and publish it."""
    draft = await add_draft(session, await add_planning(session, now=now), now=now)
    return await publish_draft(session, revision_id=draft, actor=SYSTEM, now=now)


async def add_absence(
    session: AsyncSession, radiologist_id: int, *, start: datetime, end: datetime
) -> int:
    """Add an absence."""
    absence = Absence(radiologist_id=radiologist_id, period=Range(start, end))
    session.add(absence)
    await session.flush()
    return absence.id
