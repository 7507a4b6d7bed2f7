"""An unclaimed case always has an instant at which the platform looks at it again."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.directory.domain import Role
from app.dispatch import repository, service
from app.planning.events import PlanningPublished
from app.planning.models import Assignment
from tests.factories.deciding import take_step
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, add_user, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)
HEAD_READ = timedelta(seconds=963)
"""A head CT of which nothing was measured yet: 16.05 min (Sexauer 2022)."""


@pytest.mark.asyncio
@pytest.mark.parametrize("on_guard", [True, False])
async def test_a_named_reader_of_a_case_that_is_widened_by_slack_is_not_waited_for_beyond_it(
    session: AsyncSession, *, on_guard: bool
) -> None:
    stage = await set_stage(session)
    named, _ = await add_radiologist(stage)
    other, _ = await add_radiologist(stage)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    if on_guard:
        await put_on_guard(stage, named)
    case_id = await open_case(stage)
    await pipeline.change_priority(
        session, case_id, priority=Priority.P3, reason="known", actor=coordinator, now=NIGHT
    )

    await pipeline.reassign(
        session,
        case_id,
        to_radiologist_id=named.id,
        actor=coordinator,
        reason="knows the patient",
        now=NIGHT,
    )

    due = await service.find_next_due(session)
    assert due == NIGHT + timedelta(hours=4) - HEAD_READ
    later = (due + MINUTE, due + timedelta(hours=8))
    await put_on_guard(stage, other, period=later)
    assert await pipeline.case_due(session, case_id, now=due + MINUTE)
    asked = {named.id, other.id} if on_guard else {other.id}
    assert await repository.list_nominees(session, case_id) == asked


@pytest.mark.asyncio
async def test_the_steps_count_from_the_moment_a_reader_was_named(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    named, _ = await add_radiologist(stage)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    case_id = await open_case(stage)
    assert await pipeline.case_due(session, case_id, now=NIGHT + 5 * MINUTE)
    at = NIGHT + 35 * MINUTE
    await pipeline.reassign(
        session,
        case_id,
        to_radiologist_id=named.id,
        actor=coordinator,
        reason="neuro",
        now=at,
    )

    await take_step(session, case_id, now=at + 3 * MINUTE)

    assert (await cases.get_case(session, case_id)).step_due_at == at + 10 * MINUTE


@pytest.mark.asyncio
async def test_the_steps_count_from_the_moment_a_case_became_more_urgent(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    case_id = await open_case(stage)
    await pipeline.change_priority(
        session, case_id, priority=Priority.P3, reason="known", actor=coordinator, now=NIGHT
    )
    await pipeline.case_due(session, case_id, now=NIGHT + 5 * MINUTE)
    at = NIGHT + 10 * MINUTE

    await pipeline.change_priority(
        session, case_id, priority=Priority.P1, reason="worse", actor=coordinator, now=at
    )
    await pipeline.case_due(session, case_id, now=at)

    assert (await cases.get_case(session, case_id)).step_due_at == at + MINUTE


@pytest.mark.asyncio
async def test_a_case_that_was_offered_to_all_is_offered_to_all_of_the_next_guard(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    evening, _ = await add_radiologist(stage)
    midnight = NIGHT + timedelta(hours=2)
    await put_on_guard(stage, evening, period=(NIGHT, midnight))
    night = [(await add_radiologist(stage))[0] for _ in range(4)]
    for each in night:
        await put_on_guard(stage, each, period=(midnight, midnight + timedelta(hours=8)))
    case_id = await open_case(stage, urgent=True)
    await pipeline.case_due(session, case_id, now=NIGHT)
    for _ in range(3):
        await take_step(session, case_id, now=NIGHT + 10 * MINUTE)
    assert (await cases.get_case(session, case_id)).step_due_at is None

    assert await pipeline.case_due(session, case_id, now=midnight)

    assert await repository.list_nominees(session, case_id) == {each.id for each in night}


@pytest.mark.asyncio
async def test_what_was_offered_to_who_lost_the_seat_is_offered_to_who_has_it(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    before, _ = await add_radiologist(stage)
    after, _ = await add_radiologist(stage)
    seat = await put_on_guard(stage, before)
    case_id = await open_case(stage)
    assert await pipeline.case_due(session, case_id, now=NIGHT + 5 * MINUTE)
    held = update(Assignment).where(Assignment.seat_id == seat.id)
    await session.execute(held.values(in_force=False))
    await put_on_guard(stage, after)
    at = NIGHT + 6 * MINUTE

    event = PlanningPublished(
        planning_id=stage.planning.id,
        revision_id=stage.revision.id,
        number=2,
        at=at,
        seat_ids=frozenset({seat.id}),
        radiologist_ids=frozenset({before.id, after.id}),
        concerns_now=True,
    )
    await pipeline.planning_published(session, event)

    assert await service.find_due(session, now=at, limit=10) == [case_id]
    assert await pipeline.case_due(session, case_id, now=at)
    assert await repository.list_nominees(session, case_id) == {after.id}
