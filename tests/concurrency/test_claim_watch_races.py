"""Readers, the coordinator and the scheduler act on one claim at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.db.session import Sessions, run_unit_of_work, unit_of_work
from app.directory.domain import Actor, Role
from app.dispatch.models import Claim, Nomination
from app.kit.errors import AppError
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, add_user, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)
LATE = NIGHT + 30 * MINUTE
Work = Callable[[AsyncSession], Awaitable[object]]


async def lay_cases(sessions: Sessions) -> tuple[list[int], list[Actor]]:
    """Commit a claimed P2, two P1 that are offered, two readers and a coordinator."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        readers = [await add_radiologist(stage) for _ in range(2)]
        for radiologist, _ in readers:
            await put_on_guard(stage, radiologist)
        claimed = await open_case(stage)
        urgent = [await open_case(stage, urgent=True) for _ in range(2)]
        await pipeline.claim(session, claimed, actor=readers[0][1], now=NIGHT)
        for each in urgent:
            await pipeline.case_due(session, each, now=NIGHT)
        coordinator = await add_user(stage, role=Role.COORDINATOR)
    return [claimed, *urgent], [actor for _, actor in readers] + [coordinator]


async def race(sessions: Sessions, *works: Work) -> list[object]:
    """Do all at once, each in a transaction of its own; who is refused is given their error."""

    async def do(work: Work) -> object:
        try:
            return await run_unit_of_work(sessions, work)
        except AppError as error:
            return error

    return list(await asyncio.gather(*(do(work) for work in works)))


async def check_whole(sessions: Sessions, case_id: int) -> str:
    """Check that a case has one owner and an instant to come, or is offered; give its state."""
    async with sessions() as session:
        case = await cases.get_case(session, case_id)
        claims = select(Claim).where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        standing = (await session.scalars(claims)).all()
        offered = select(func.count()).where(
            Nomination.case_id == case_id, Nomination.ended_at.is_(None)
        )
        if case.state == "reading":
            assert [each.radiologist_id for each in standing] == [case.reader_id]
            assert standing[0].due_at is not None
            assert await session.scalar(offered) == 0
        else:
            assert standing == []
            assert case.dispatch_due_at is not None
        return case.state


@pytest.mark.asyncio
@pytest.mark.parametrize("order", list(permutations(range(4), 2)))
async def test_a_sign_a_pause_a_release_and_the_clock_at_once_leave_one_owner_or_none(
    sessions: Sessions, order: tuple[int, int]
) -> None:
    (case_id, *_), (reader, _, _) = await lay_cases(sessions)
    works: list[Work] = [
        lambda session: pipeline.still_reading(session, case_id, actor=reader, now=LATE),
        lambda session: pipeline.put_aside(session, case_id, actor=reader, now=LATE),
        lambda session: pipeline.release(session, case_id, actor=reader, reason="x", now=LATE),
        lambda session: pipeline.case_due(session, case_id, now=LATE),
    ]

    results = await race(sessions, *(works[each] for each in order))

    state = await check_whole(sessions, case_id)
    assert (state == "nominated") == (2 in order)
    refused = [each for each in results if isinstance(each, AppError)]
    assert not refused or 2 in order, "only after a release is there nothing to sign for"


@pytest.mark.asyncio
async def test_the_coordinator_opens_a_case_while_its_reader_writes_and_another_claims_it(
    sessions: Sessions,
) -> None:
    (case_id, *_), (reader, other, coordinator) = await lay_cases(sessions)

    await race(
        sessions,
        lambda session: pipeline.dispossess(
            session, case_id, actor=coordinator, reason="asleep", now=LATE
        ),
        lambda session: pipeline.take_up_again(session, case_id, actor=reader, now=LATE),
        lambda session: pipeline.claim(session, case_id, actor=other, now=LATE),
    )

    await check_whole(sessions, case_id)


@pytest.mark.asyncio
async def test_who_has_a_case_aside_takes_only_one_of_two_at_once(sessions: Sessions) -> None:
    (case_id, first, second), (reader, _, _) = await lay_cases(sessions)
    async with unit_of_work(sessions) as session:
        await pipeline.put_aside(session, case_id, actor=reader, now=NIGHT)

    results = await race(
        sessions,
        lambda session: pipeline.claim(session, first, actor=reader, now=NIGHT),
        lambda session: pipeline.claim(session, second, actor=reader, now=NIGHT),
        lambda session: pipeline.resume(session, case_id, actor=reader, now=NIGHT),
    )

    async with sessions() as session:
        active = select(func.count()).where(Claim.ended_at.is_(None), Claim.stage == "active")
        aside = select(func.count()).where(Claim.ended_at.is_(None), Claim.stage == "aside")
        counts = (await session.scalar(active), await session.scalar(aside))
    refused = sum(isinstance(each, AppError) for each in results)
    # Resumed first, nothing is aside any more: then a reader may hold several.
    assert counts == (1, 1) or (counts[1] == 0 and refused == 0)
    assert refused == (2 if counts[1] else 0)
    for each in (case_id, first, second):
        await check_whole(sessions, each)


@pytest.mark.asyncio
async def test_two_schedulers_ask_a_silent_reader_once(sessions: Sessions) -> None:
    (case_id, *_), _ = await lay_cases(sessions)

    await race(
        sessions,
        *(lambda session: pipeline.case_due(session, case_id, now=LATE) for _ in range(3)),
    )

    async with sessions() as session:
        kinds = [each.kind for each in await cases.list_events(session, case_id)]
    assert kinds.count("reader_asked") == 1
    assert await check_whole(sessions, case_id) == "reading"
