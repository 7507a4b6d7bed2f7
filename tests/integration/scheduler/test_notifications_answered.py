"""What readers answer on the telephone, and what the service outside says of it."""

from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select

from app import pipeline
from app.cases.repository import get_case
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch.domain.notification import Answer
from app.dispatch.models import Claim, Nomination
from app.kit.errors import Conflict, NotFound
from app.pipeline.notifying import (
    Answered,
    telephone_answered,
    telephone_reached,
)
from tests.factories.stage import NIGHT
from tests.factories.telling import BROWSER, HOOK, MINUTE, SECOND, Night


@pytest_asyncio.fixture
async def night(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Night:
    return Night(sessions, clock, data_dir=tmp_path)


@pytest_asyncio.fixture
async def called(night: Night) -> Night:
    await night.begin(readers=3)
    await night.tell(after=15 * SECOND)
    return night


@pytest.mark.asyncio
async def test_who_takes_it_has_acknowledged_and_once_more_is_no_harm(called: Night) -> None:
    row = (await called.list_told(HOOK))[0]

    assert await called.answer(row, Answer.TAKE) is Answered.TAKEN
    assert await called.answer(row, Answer.TAKE) is Answered.TAKEN

    assert (await called.list_told(HOOK))[0].state == "answered"
    async with called.sessions() as session:
        seen = await session.get_one(Nomination, row.nomination_id)
        assert seen.acknowledged_at == called.clock.instant
    with pytest.raises(Conflict, match="answered with 1 before"):
        await called.answer(row, Answer.NOT_AVAILABLE)


@pytest.mark.asyncio
async def test_who_is_not_available_is_let_go_and_the_next_is_offered_it_at_once(
    called: Night,
) -> None:
    row = (await called.list_told(HOOK))[0]
    asked = await called.list_nominees()
    (other,) = {each for each, _ in called.readers} - asked

    assert await called.answer(row, Answer.NOT_AVAILABLE) is Answered.RELEASED
    assert await called.answer(row, Answer.NOT_AVAILABLE) is Answered.RELEASED

    assert await called.list_nominees() == (asked - {row.radiologist_id}) | {other}
    assert other in {each.radiologist_id for each in await called.list_told(BROWSER)}


@pytest.mark.asyncio
async def test_who_alone_is_there_and_says_no_is_not_called_again_for_that_step(
    night: Night,
) -> None:
    await night.begin()
    await night.tell(after=15 * SECOND)
    await night.answer((await night.list_told(HOOK))[0], Answer.NOT_AVAILABLE)

    await night.tell(after=20 * SECOND)

    assert len(night.hook.calls) == 1
    async with night.sessions() as session:
        case = await get_case(session, night.case_id)
    assert (case.state, case.step_due_at) == ("nominated", NIGHT + MINUTE)


@pytest.mark.asyncio
async def test_an_answer_after_another_has_taken_it_is_too_late(called: Night) -> None:
    first, second = (await called.list_told(HOOK))[:2]
    actor = next(who for each, who in called.readers if each == second.radiologist_id)
    async with unit_of_work(called.sessions) as session:
        await pipeline.claim(session, called.case_id, actor=actor, now=called.clock.instant)

    assert await called.answer(first, Answer.TAKE) is Answered.TOO_LATE
    assert await called.answer(second, Answer.TAKE) is Answered.TAKEN


@pytest.mark.asyncio
async def test_an_answer_of_who_has_claimed_it_is_a_human_sign_and_a_repeat_is_none(
    called: Night,
) -> None:
    row = (await called.list_told(HOOK))[0]
    actor = next(who for each, who in called.readers if each == row.radiologist_id)
    async with unit_of_work(called.sessions) as session:
        await pipeline.claim(session, called.case_id, actor=actor, now=called.clock.instant)
    before = await _find_claim(called)

    called.clock.advance(MINUTE)
    assert await called.answer(row, Answer.TAKE) is Answered.TAKEN
    renewed = await _find_claim(called)
    called.clock.advance(MINUTE)
    assert await called.answer(row, Answer.TAKE) is Answered.TAKEN

    assert renewed.last_sign_at == before.last_sign_at + MINUTE
    assert renewed.due_at == (before.due_at or NIGHT) + MINUTE
    assert (await _find_claim(called)).last_sign_at == renewed.last_sign_at


async def _find_claim(night: Night) -> Claim:
    async with night.sessions() as session:
        return (await session.scalars(select(Claim))).one()


@pytest.mark.asyncio
async def test_whether_a_telephone_was_reached_is_kept(called: Night) -> None:
    first, second = (await called.list_told(HOOK))[:2]
    for row, is_reached in ((first, True), (first, True), (second, False), (second, True)):
        async with unit_of_work(called.sessions) as session:
            await telephone_reached(
                session,
                row.reference,
                case_id=row.case_id,
                is_reached=is_reached,
                now=called.clock.instant,
            )

    assert [each.state for each in await called.list_told(HOOK)] == ["delivered", "failed"]


@pytest.mark.asyncio
async def test_an_answer_for_another_case_or_of_no_call_is_refused(called: Night) -> None:
    row = (await called.list_told(HOOK))[0]
    page = (await called.list_told(BROWSER))[0]
    wrong: list[tuple[UUID, int | None]] = [
        (row.reference, called.case_id + 1),
        (row.reference, None),
        (page.reference, page.case_id),
        (UUID(int=1), row.case_id),
        (UUID(int=1), None),
    ]
    for reference, case_id in wrong:
        async with called.sessions() as session:
            with pytest.raises(NotFound):
                await telephone_answered(
                    session,
                    reference,
                    case_id=case_id,
                    answer=Answer.TAKE,
                    now=called.clock.instant,
                )

    assert {each.state for each in await called.list_told(HOOK)} == {"sent"}
