"""Arrivals on a real database: counted from our own cases, by hour of the wall and society."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain import SYSTEM, Actor, Grant, PermissionDenied, Role
from app.planning.models import ArrivalCount
from app.planning.repository import arrivals, volumes_monthly
from tests.factories.planning import PARIS
from tests.factories.stage import NIGHT
from tests.integration.planning.test_volumes_measured import receive, set_ground

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


async def measure(session: AsyncSession, *, actor: Actor = SYSTEM) -> int:
    return await pipeline.measure_arrivals(
        session, since=NOVEMBER, until=DECEMBER, zone=PARIS, actor=actor, now=NOW
    )


@pytest.mark.asyncio
async def test_exams_are_counted_by_hour_and_referent_and_nothing_else_is(
    session: AsyncSession,
) -> None:
    stage = await set_ground(session)
    await receive(stage)
    await receive(stage, at=NIGHT + timedelta(hours=2))
    await receive(stage, at=NIGHT, intake_class="prior", state=None)
    await receive(stage, at=NIGHT, intake_class="test", state=None)
    await receive(stage, at=NIGHT - timedelta(days=60))

    counted = await measure(session)
    again = await measure(session)

    assert counted == again == 2
    rows = (await session.scalars(select(ArrivalCount).order_by(ArrivalCount.id))).all()
    walls = [(NIGHT + timedelta(hours=hours)).astimezone(PARIS) for hours in (0, 2)]
    assert [(row.society_id, row.day, row.hour, row.exams, row.source) for row in rows] == [
        (stage.society.id, wall.date(), wall.hour, 1, "measured") for wall in walls
    ]


@pytest.mark.asyncio
async def test_a_day_that_was_imported_goes_before_the_measured_one(session: AsyncSession) -> None:
    stage = await set_ground(session)
    await receive(stage)
    await receive(stage, at=NIGHT - timedelta(days=3))
    await measure(session)
    wall = NIGHT.astimezone(PARIS)
    key = (stage.society.id, wall.date(), 5)
    row = await volumes_monthly.add_import(
        session,
        kind="arrivals",
        filename="a",
        digest=b"1",
        row_count=1,
        user_id=None,
        now=NOW,
    )
    await arrivals.replace_imported(session, {key: 9}, import_id=row.id)

    found = await arrivals.list_counts(session, since=NOVEMBER, until=DECEMBER)

    earlier = (wall.date() - timedelta(days=3), wall.hour)
    assert found == {stage.society.id: {(wall.date(), 5): 9, earlier: 1}}
    assert await arrivals.find_span(session) == (earlier[0], wall.date())


@pytest.mark.asyncio
async def test_only_who_writes_the_volumes_of_the_group_measures(session: AsyncSession) -> None:
    stage = await set_ground(session)
    own = Actor(None, "x", grants=(Grant(Role.PLANNER, society_id=stage.society.id),))

    with pytest.raises(PermissionDenied):
        await measure(session, actor=own)
