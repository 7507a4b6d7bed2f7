"""Two people at one request at the same moment, in transactions that really commit."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app import pipeline
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Actor
from app.kit.errors import AppError
from app.requests import service as requests
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.models import Request, RequestDecision, RequestEvent
from app.requests.repository.requests import get_request
from tests.factories.asking import VALIDATION, begin_asking
from tests.factories.requests import CONTENT
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard

READERS = 4
REFUSAL = Decision(kind=DecisionKind.REFUSED, reason="Déjà fait")


async def lay_request(sessions: Sessions) -> tuple[int, Actor, list[Actor]]:
    """Commit a request and several radiologists on guard."""
    async with unit_of_work(sessions) as session:
        asking = await begin_asking(session)
        readers = [asking.reader]
        for _ in range(READERS - 1):
            radiologist, actor = await add_radiologist(asking.stage)
            await put_on_guard(asking.stage, radiologist)
            readers.append(actor)
        return await asking.submit(), asking.hospital, readers


async def decide(
    sessions: Sessions, request_id: int, actor: Actor, decision: Decision
) -> DecisionKind:
    async with unit_of_work(sessions) as session:
        await pipeline.decide_request(
            session, request_id, decision=decision, version=1, actor=actor, now=NIGHT
        )
        return decision.kind


@pytest.mark.asyncio
async def test_of_all_who_decide_at_once_one_wins_and_the_others_are_told(
    sessions: Sessions,
) -> None:
    request_id, _, readers = await lay_request(sessions)
    decisions = [VALIDATION, REFUSAL] * (READERS // 2)

    results = await asyncio.gather(
        *(
            decide(sessions, request_id, actor, decision)
            for actor, decision in zip(readers, decisions, strict=True)
        ),
        return_exceptions=True,
    )

    (won,) = [each for each in results if isinstance(each, DecisionKind)]
    lost = [each for each in results if isinstance(each, requests.AlreadyDecided)]
    assert len(lost) == READERS - 1
    assert all(each.name.startswith("Ada Reader") for each in lost)
    async with unit_of_work(sessions) as session:
        request = await get_request(session, request_id)
        (row,) = await session.scalars(select(RequestDecision))
        moves = select(func.count()).where(RequestEvent.state_from == "requested")
        assert request.state == row.kind == won
        assert request.decided_by == row.by_radiologist_id
        assert await session.scalar(moves) == 1


@pytest.mark.asyncio
async def test_a_decision_and_a_cancellation_at_once_leave_one_of_both(
    sessions: Sessions,
) -> None:
    request_id, hospital, readers = await lay_request(sessions)

    async def cancel() -> None:
        async with unit_of_work(sessions) as session:
            await pipeline.cancel_request(
                session, request_id, reason="Transfert", actor=hospital, now=NIGHT
            )

    results = await asyncio.gather(
        decide(sessions, request_id, readers[0], REFUSAL), cancel(), return_exceptions=True
    )

    assert sum(isinstance(each, AppError) for each in results) == 1
    async with unit_of_work(sessions) as session:
        assert (await get_request(session, request_id)).state in {"refused", "cancelled"}


@pytest.mark.asyncio
async def test_a_decision_on_a_request_that_is_being_amended_is_on_what_was_read_or_refused(
    sessions: Sessions,
) -> None:
    request_id, hospital, readers = await lay_request(sessions)

    async def amend() -> None:
        async with unit_of_work(sessions) as session:
            await requests.amend(
                session,
                request_id,
                content=replace(CONTENT, allergy="Iode"),
                version=1,
                actor=hospital,
                now=NIGHT,
            )

    results = await asyncio.gather(
        decide(sessions, request_id, readers[0], VALIDATION), amend(), return_exceptions=True
    )

    assert sum(isinstance(each, AppError) for each in results) == 1
    async with unit_of_work(sessions) as session:
        request = await get_request(session, request_id)
        assert (request.state, request.allergy) in {("validated", ""), ("requested", "Iode")}


@pytest.mark.asyncio
async def test_a_double_click_makes_one_request(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        asking = await begin_asking(session)
        site_id = asking.stage.site.id

    async def submit() -> tuple[int, bool]:
        async with unit_of_work(sessions) as session:
            event = await requests.submit(
                session,
                site_id=site_id,
                content=CONTENT,
                actor=asking.hospital,
                now=NIGHT,
                submission_key="one form",
            )
            return event.request_id, event.is_new

    results = await asyncio.gather(*(submit() for _ in range(4)))

    assert len({request_id for request_id, _ in results}) == 1
    assert sorted(is_new for _, is_new in results) == [False, False, False, True]
    async with unit_of_work(sessions) as session:
        assert await session.scalar(select(func.count()).select_from(Request)) == 1
