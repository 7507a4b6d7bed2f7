"""With nobody on guard the steps of a case run: its hospital is told to use its fallback."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.directory.domain import Role
from app.dispatch import repository, service
from app.planning.models import Assignment
from app.tasks.models import Task
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, add_user, put_on_guard, set_stage

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)


async def run_until(session: AsyncSession, case_id: int, *, until: datetime) -> None:
    """Let the platform do what is due until an instant, each at its instant."""
    for _ in range(100):
        due = await service.find_next_due(session)
        if due is None or due > until:
            return
        if case_id in await service.find_due(session, now=due, limit=10):
            await pipeline.case_due(session, case_id, now=due)
    pytest.fail("what is due stays due")


async def list_told(session: AsyncSession, case_id: int) -> list[datetime]:
    events = await cases.list_events(session, case_id)
    return [each.at for each in events if each.kind == "hospital_told"]


@pytest.mark.parametrize(("urgent", "told_at"), [(True, MINUTE), (False, 8 * MINUTE)])
async def test_the_hospital_of_a_case_that_could_be_offered_to_nobody_is_told_once(
    session: AsyncSession, *, urgent: bool, told_at: timedelta
) -> None:
    stage = await set_stage(session)
    case_id = await open_case(stage, urgent=urgent)

    await run_until(session, case_id, until=NIGHT + 20 * MINUTE)

    assert await list_told(session, case_id) == [NIGHT + told_at]
    assert (await cases.get_case(session, case_id)).state == "open"
    standing = select(Task.kind).where(Task.case_id == case_id, Task.settled_at.is_(None))
    assert "use_fallback" in (await session.scalars(standing)).all()


@pytest.mark.parametrize("is_seen", [True, False])
async def test_the_hospital_is_told_when_all_who_were_asked_have_left_guard(
    session: AsyncSession, *, is_seen: bool
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    ends = NIGHT + MINUTE / 2
    await put_on_guard(stage, reader, period=(NIGHT, ends))
    case_id = await open_case(stage, urgent=True)
    assert await pipeline.case_due(session, case_id, now=NIGHT)
    if is_seen:
        await pipeline.acknowledge(session, case_id, actor=actor, now=NIGHT)

    await run_until(session, case_id, until=NIGHT + 10 * MINUTE)

    # The clock of seeing starts anew when who had seen it is no longer asked.
    assert await list_told(session, case_id) == [(ends if is_seen else NIGHT) + MINUTE]
    assert await repository.list_nominees(session, case_id) == set()


async def test_the_hospital_of_a_case_whose_reader_let_it_go_to_nobody_is_told(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case_id = await open_case(stage, urgent=True)
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)
    await session.execute(update(Assignment).values(in_force=False))
    at = NIGHT + 5 * MINUTE

    await pipeline.release(session, case_id, actor=actor, reason="ill", now=at)
    await run_until(session, case_id, until=at + 10 * MINUTE)

    assert await list_told(session, case_id) == [at + MINUTE]


async def test_a_case_that_becomes_urgent_while_nobody_is_on_guard_gets_the_steps_of_that(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    case_id = await open_case(stage)
    await pipeline.change_priority(
        session, case_id, priority=Priority.P4, reason="known", actor=coordinator, now=NIGHT
    )
    at = NIGHT + 10 * MINUTE
    await run_until(session, case_id, until=at)
    assert (await cases.get_case(session, case_id)).step_due_at is None

    await pipeline.change_priority(
        session, case_id, priority=Priority.P1, reason="worse", actor=coordinator, now=at
    )
    await run_until(session, case_id, until=at + 2 * MINUTE)

    assert await list_told(session, case_id) == [at + MINUTE]


async def test_who_comes_on_guard_when_a_step_is_due_is_offered_the_case_by_it(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    case_id = await open_case(stage, urgent=True)
    assert not await pipeline.case_due(session, case_id, now=NIGHT)
    at = NIGHT + MINUTE
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader, period=(at, at + timedelta(hours=8)))
    await cases.change(session, case_id, dispatch_due_at=at + MINUTE / 6)

    assert await pipeline.case_due(session, case_id, now=at)
    await run_until(session, case_id, until=at + MINUTE / 2)

    case = await cases.get_case(session, case_id)
    assert (case.state, case.step) == ("nominated", 1)
    assert case.dispatch_due_at == at + timedelta(hours=8)
    assert await repository.list_nominees(session, case_id) == {reader.id}
    assert await list_told(session, case_id) == []
