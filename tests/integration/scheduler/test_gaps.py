"""Seats ahead that nobody holds: told once, settled when somebody does, told again when lost."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.bootstrap import make_renderer
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM, Actor, Grant, Role
from app.planning.models import Gap
from app.planning.repository import assignments, seats
from app.planning.service.gaps import tell_gaps
from app.planning.service.publishing import assign_seat
from app.planning.service.seats_cancelled import cancel_guard
from app.settings import Settings
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.worklist.queries.tasks import list_tasks
from scheduler.job import Bench
from scheduler.jobs import gaps
from tests.factories.planning import NOW, PARIS, add_group, add_planning, add_published
from tests.fakes.receiver import FakeSender


async def tell(session: AsyncSession, *, now: datetime = NOW) -> int:
    return await tell_gaps(session, now=now, zone=PARIS)


@pytest.mark.asyncio
async def test_a_gap_is_told_once_and_settled_when_it_is_filled(session: AsyncSession) -> None:
    await add_group(session, people_each=10)
    await add_published(session)
    seat = next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW and each.radiologist is not None
    )

    async def give(holder: int | None, seen: int | None) -> None:
        await assign_seat(
            session, seat_id=seat.seat.id, radiologist_id=holder, seen=seen, actor=SYSTEM, now=NOW
        )

    assert await tell(session) == 0
    await give(None, seat.radiologist)
    assert (await tell(session), await tell(session)) == (1, 0)
    (task,) = await tasks.list_standing(session, TaskKind.GAP)
    assert task.subject == f"seat:{seat.seat.id}"
    local = seat.seat.interval.start.astimezone(PARIS)
    assert task.detail["start"] == f"{local:%Y-%m-%d %H:%M}"

    await give(seat.radiologist, None)
    assert await tell(session) == 0
    assert await tasks.list_standing(session, TaskKind.GAP) == []
    await give(None, seat.radiologist)
    assert await tell(session) == 1
    rows = (await session.scalars(select(Gap).order_by(Gap.id))).all()
    assert [each.closed_at is None for each in rows] == [False, True]


@pytest.mark.asyncio
async def test_gaps_reach_the_planners_of_the_society_that_owes_the_seat(
    session: AsyncSession,
) -> None:
    group = await add_group(session, volumes=(1, 1), people_each=10)
    await add_published(session)
    seat = next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW and each.radiologist is not None
    )
    await assign_seat(
        session,
        seat_id=seat.seat.id,
        radiologist_id=None,
        seen=seat.radiologist,
        actor=SYSTEM,
        now=NOW,
    )
    assert await tell(session) == 1
    other = next(each for each in group.societies if each != seat.society)

    async def count(role: Role, society_id: int | None) -> int:
        actor = Actor(user_id=1, name="P", grants=(Grant(role, society_id=society_id),))
        return len(await list_tasks(session, actor=actor))

    assert await count(Role.PLANNER, seat.society) == 1
    assert await count(Role.PLANNER, None) == 1
    assert await count(Role.PLANNER, other) == 0
    assert await count(Role.SOCIETY_ADMIN, seat.society) == 0


@pytest.mark.asyncio
async def test_gaps_that_are_past_far_ahead_or_of_a_draft_are_not_told(
    session: AsyncSession,
) -> None:
    await add_group(session, volumes=(1,), people_each=1)
    published = await add_published(session)
    await add_planning(session, first=(NOW + timedelta(days=10)).date())

    assert await tell(session, now=NOW - timedelta(days=90)) == 0
    found = await tell(session)
    coming = [
        each
        for each in await assignments.list_in_force(session, planning_id=published.planning_id)
        if each.radiologist is None and each.seat.interval.start >= NOW
    ]
    assert found == len(coming) > 0
    assert await tell(session, now=NOW + timedelta(days=5)) == 0
    assert await tasks.list_standing(session, TaskKind.GAP) == []


@pytest.mark.asyncio
async def test_those_whose_guard_is_cancelled_are_told_why(session: AsyncSession) -> None:
    await add_group(session)
    await add_published(session)
    seat = next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW and each.radiologist is not None
    )
    guard = (await seats.find_facts(session, seat.seat.id)).guard_id

    await cancel_guard(session, guard_id=guard, reason="no current", actor=SYSTEM, now=NOW)

    told = await tasks.list_standing(session, TaskKind.GUARD_CANCELLED)
    assert seat.radiologist in {each.radiologist_id for each in told}
    assert {each.detail["reason"] for each in told} == {"no current"}
    assert await tell(session) == 0


@pytest.mark.asyncio
async def test_the_job_tells_in_the_zone_of_the_group(sessions: Sessions, tmp_path: Path) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session, volumes=(1,), people_each=1)
        await add_published(session)
    bench = Bench(
        settings=Settings(data_dir=tmp_path),
        sessions=sessions,
        clock=SetClock(NOW),
        peers=FakeSender(),
        renderer=make_renderer(),
    )

    await gaps.run(bench)
    await gaps.run(bench)

    async with unit_of_work(sessions) as session:
        rows = (await session.scalars(select(Gap))).all()
        standing = await tasks.list_standing(session, TaskKind.GAP)
        assert len(rows) == len(standing) > 0
