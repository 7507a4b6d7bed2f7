"""Two readers, two schedulers, at the same moment, in transactions that really commit."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.events import CaseOpened
from app.db.session import Sessions, run_unit_of_work, unit_of_work
from app.directory.domain import Actor
from app.dispatch import service
from app.dispatch.models import Claim, Decision, Nomination
from app.dispatch.repository import CaseAlreadyClaimed
from app.kit.errors import AppError
from tests.factories.deciding import nominate_due, take_step
from tests.factories.flow import take_news
from tests.factories.stage import NIGHT, add_radiologist, add_study, put_on_guard, set_stage

READERS = 6


async def lay_case(sessions: Sessions) -> tuple[int, list[Actor]]:
    """Commit a P1 case and readers on guard."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        actors = []
        for _ in range(READERS):
            radiologist, actor = await add_radiologist(stage)
            await put_on_guard(stage, radiologist)
            actors.append(actor)
        study = await add_study(stage, called_ae_title="ASTREINTE_P1")
        event = await take_news(session, study, now=NIGHT)
        assert isinstance(event, CaseOpened)
        return event.case_id, actors


async def claim(sessions: Sessions, case_id: int, actor: Actor) -> int:
    async with unit_of_work(sessions) as session:
        event = await service.claim(session, case_id=case_id, actor=actor, now=NIGHT)
        return event.radiologist_id


@pytest.mark.asyncio
async def test_of_all_who_claim_at_once_one_wins_and_the_others_are_told_who(
    sessions: Sessions,
) -> None:
    case_id, actors = await lay_case(sessions)

    results = await asyncio.gather(
        *(claim(sessions, case_id, actor) for actor in actors), return_exceptions=True
    )

    winners = [each for each in results if isinstance(each, int)]
    losers = [each for each in results if isinstance(each, CaseAlreadyClaimed)]
    assert len(winners) == 1
    assert len(losers) == READERS - 1
    assert {loser.radiologist_id for loser in losers} == set(winners)
    async with unit_of_work(sessions) as session:
        assert await session.scalar(select(func.count()).select_from(Claim)) == 1
        assert (await cases.get_case(session, case_id)).reader_id == winners[0]


@pytest.mark.asyncio
async def test_two_schedulers_nominate_a_due_case_once(sessions: Sessions) -> None:
    case_id, _ = await lay_case(sessions)

    async def nominate() -> object:
        return await run_unit_of_work(
            sessions, lambda session: nominate_due(session, case_id, now=NIGHT)
        )

    results = await asyncio.gather(*(nominate() for _ in range(4)))

    assert sum(each is not None for each in results) == 1
    async with unit_of_work(sessions) as session:
        assert await session.scalar(select(func.count()).select_from(Decision)) == 1
        assert await session.scalar(select(func.count()).select_from(Nomination)) == 2


@pytest.mark.asyncio
async def test_a_claim_and_a_widening_at_once_leave_one_reader_and_no_open_offer(
    sessions: Sessions,
) -> None:
    case_id, actors = await lay_case(sessions)
    later = NIGHT + timedelta(seconds=60)
    await run_unit_of_work(sessions, lambda session: nominate_due(session, case_id, now=NIGHT))

    async def widen() -> object:
        return await run_unit_of_work(
            sessions, lambda session: take_step(session, case_id, now=later)
        )

    await asyncio.gather(claim(sessions, case_id, actors[0]), widen())

    async with unit_of_work(sessions) as session:
        case = await cases.get_case(session, case_id)
        standing = select(func.count()).where(Nomination.ended_at.is_(None))
        assert (case.state, case.reader_id) == ("reading", actors[0].radiologist_id)
        assert case.step_due_at is None
        assert await session.scalar(standing) == 0


@pytest.mark.asyncio
async def test_a_claim_and_a_void_at_once_never_leave_a_voided_case_being_read(
    sessions: Sessions,
) -> None:
    case_id, actors = await lay_case(sessions)
    user_id = actors[1].user_id
    assert user_id is not None

    async def void() -> None:
        async with unit_of_work(sessions) as session:
            await case_service.void(
                session, case_id=case_id, reason="phantom", by_user_id=user_id, now=NIGHT
            )
            await service.let_go(session, case_id=case_id, now=NIGHT)

    results = await asyncio.gather(
        claim(sessions, case_id, actors[0]), void(), return_exceptions=True
    )

    assert all(result is None or isinstance(result, int | AppError) for result in results)
    async with unit_of_work(sessions) as session:
        standing = select(func.count()).where(Claim.ended_at.is_(None))
        assert (await cases.get_case(session, case_id)).state == "voided"
        assert await session.scalar(standing) == 0
