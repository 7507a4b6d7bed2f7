"""What is claimed in a centre that is down stays until somebody has called."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.directory.domain import Role
from app.dispatch import repository
from app.dispatch.domain.failover_moves import CheckAction, CheckAnswered
from app.dispatch.models import ReaderCheck
from app.kit.errors import NotFound
from app.pipeline.centres import reader_called
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from tests.factories.crews import Crew, begin_guard, offer_to_first
from tests.factories.flow import decide_due
from tests.factories.stage import NIGHT, add_user, set_stage

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def find_check(session: AsyncSession) -> ReaderCheck:
    return (await session.scalars(select(ReaderCheck))).one()


async def claim_and_fall_silent(guard: Crew) -> tuple[int, int, datetime]:
    """Let a reader claim a case and be gone; give it, the reader's number, and when."""
    case_id, first = await offer_to_first(guard)
    at = NIGHT + 6 * MINUTE
    await pipeline.claim(guard.stage.session, case_id, actor=guard.actor(first), now=at)
    await guard.silence(first, at=at)
    now = at + 90 * SECOND
    await guard.watch(now)
    return case_id, first, now


@pytest.mark.asyncio
async def test_what_is_claimed_there_stays_until_somebody_has_called(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    case_id, first, now = await claim_and_fall_silent(guard)

    case = await cases.get_case(session, case_id)
    (task,) = await tasks.list_standing(session, TaskKind.CALL_READER)
    reader = guard.reader(first)
    assert (case.state, case.reader_id) == ("reading", reader.id)
    assert task.roles == ["coordinator"]
    assert task.detail["reader"] == f"{reader.given_name} {reader.family_name}"
    assert task.detail["telephone"] == f"{reader.telephone} / +33500000003"
    assert task.detail["cases"] == 1
    await guard.watch(now + MINUTE)
    assert len(await tasks.list_standing(session, TaskKind.CALL_READER)) == 1


@pytest.mark.asyncio
async def test_who_still_reads_keeps_it_however_long_they_are_silent(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    case_id, first, now = await claim_and_fall_silent(guard)
    coordinator = await add_user(guard.stage, role=Role.COORDINATOR)

    await reader_called(
        session,
        (await find_check(session)).id,
        action=CheckAction.STILL_READING,
        actor=coordinator,
        now=now + MINUTE,
    )
    await guard.watch(now + 40 * MINUTE)

    case = await cases.get_case(session, case_id)
    assert (case.state, case.reader_id) == ("reading", guard.reader(first).id)
    assert await tasks.list_standing(session, TaskKind.CALL_READER) == []
    check = await find_check(session)
    assert (check.state, check.answered_by) == ("still_reading", coordinator.user_id)


@pytest.mark.asyncio
async def test_who_cannot_be_reached_loses_it_to_others(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    case_id, first, now = await claim_and_fall_silent(guard)
    coordinator = await add_user(guard.stage, role=Role.COORDINATOR)
    check = await find_check(session)

    await reader_called(
        session, check.id, action=CheckAction.FAIL_OVER, actor=coordinator, now=now + MINUTE
    )
    await decide_due(session, now=now + MINUTE)

    case = await cases.get_case(session, case_id)
    nominees = await repository.list_nominees(session, case_id)
    assert (case.state, case.reader_id) == ("nominated", None)
    assert len(nominees) == 1
    assert guard.reader(first).id not in nominees
    assert (await repository.list_decisions(session, case_id))[-1].cause == "failed over"
    with pytest.raises(CheckAnswered):
        await reader_called(
            session, check.id, action=CheckAction.STILL_READING, actor=coordinator, now=now
        )


@pytest.mark.asyncio
async def test_nobody_is_called_any_more_once_the_centre_is_back(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    case_id, first, now = await claim_and_fall_silent(guard)
    await guard.pages.open(guard.reader(first).id, at=now + MINUTE)

    await guard.watch(now + MINUTE)

    case = await cases.get_case(session, case_id)
    assert (case.state, case.reader_id) == ("reading", guard.reader(first).id)
    assert await tasks.list_standing(session, TaskKind.CALL_READER) == []
    assert (await find_check(session)).state == "cancelled"


@pytest.mark.asyncio
async def test_a_call_that_nobody_was_asked_for_is_not_answered(session: AsyncSession) -> None:
    stage = await set_stage(session)
    coordinator = await add_user(stage, role=Role.COORDINATOR)

    with pytest.raises(NotFound):
        await reader_called(
            session, 987_654, action=CheckAction.FAIL_OVER, actor=coordinator, now=NIGHT
        )
