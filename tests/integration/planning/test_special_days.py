"""Seats of special days on a real database, by society and by radiologist."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.planning.domain.special_days import SpecialDay, find_occasion
from app.planning.models import Assignment
from app.planning.repository.people import to_interval
from app.planning.service.plannings import Period, create_planning
from app.planning.service.publishing import publish_draft
from app.planning.service.special_days import count_special_seats
from tests.factories.planning import NEEDS, NOW, PARIS, add_draft, add_group


async def publish(session: AsyncSession, *, first: date, now: datetime) -> None:
    period = Period(first, first + timedelta(days=14))
    planning_id = await create_planning(session, period, actor=SYSTEM, now=now, needs=NEEDS)
    draft = await add_draft(session, planning_id, now=now)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=now)


@pytest.mark.asyncio
async def test_published_seats_of_christmas_and_new_year_are_counted_and_no_others(
    session: AsyncSession,
) -> None:
    group = await add_group(session, people_each=8)
    await publish(session, first=date(2026, 12, 21), now=NOW)

    found = await count_special_seats(session, until=date(2027, 6, 1), zone=PARIS)

    in_force = (await session.scalars(select(Assignment).where(Assignment.in_force))).all()
    special = [
        (occasion.day, row.society_id, row.radiologist_id)
        for row in in_force
        if (occasion := find_occasion(to_interval(row.period), zone=PARIS)) is not None
    ]
    # Evening, deep night and the day itself, each with a reader, a backup and a coordinator.
    assert sum(found.societies[SpecialDay.CHRISTMAS].values()) == 9
    assert sum(found.societies[SpecialDay.NEW_YEAR].values()) == 9
    assert len(special) == 18
    assert set(found.societies[SpecialDay.CHRISTMAS]) <= set(group.societies)
    held = [each for each in special if each[2] is not None]
    assert sum(sum(counts.values()) for counts in found.radiologists.values()) == len(held)
    assert found.societies[SpecialDay.FIRST_OF_MAY] == {}


@pytest.mark.asyncio
async def test_what_lies_outside_the_five_years_is_not_counted(session: AsyncSession) -> None:
    await add_group(session, people_each=8)
    await publish(session, first=date(2026, 12, 21), now=NOW)

    before = await count_special_seats(session, until=date(2026, 12, 25), zone=PARIS)
    between = await count_special_seats(session, until=date(2026, 12, 26), zone=PARIS)
    after = await count_special_seats(session, until=date(2031, 12, 26), zone=PARIS)

    assert [
        (
            sum(each.societies[SpecialDay.CHRISTMAS].values()),
            sum(each.societies[SpecialDay.NEW_YEAR].values()),
        )
        for each in (before, between, after)
    ] == [(0, 0), (9, 0), (0, 9)]
