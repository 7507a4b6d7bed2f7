"""A claim is watched over: signs, pauses, questions, and the case that is opened in the end."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.directory.domain import Actor, Role
from app.dispatch import repository, service
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.read_times import find_prior
from app.dispatch.domain.watch import ClaimMoveRefused, SignMeans
from app.dispatch.models import Claim
from app.dispatch.repository import CaseAlreadyClaimed
from app.dispatch.service.claims import AnotherActive
from app.dispatch.service.watching import NotYours
from app.reports.domain.document import Chapters
from app.tasks.models import Task
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, put_on_guard, set_stage

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)
ASK = 1.5 * find_prior(ExamKind("CT", Region.HEAD)) * MINUTE
"""One and a half times what a head CT is expected to take."""


async def read_case(session: AsyncSession) -> tuple[Stage, int, Actor, Actor]:
    """Give a P2 that one of two readers on guard has claimed."""
    stage = await set_stage(session)
    readers = [await add_radiologist(stage) for _ in range(2)]
    for radiologist, _ in readers:
        await put_on_guard(stage, radiologist)
    case_id = await open_case(stage)
    await pipeline.claim(session, case_id, actor=readers[0][1], now=NIGHT)
    return stage, case_id, readers[0][1], readers[1][1]


async def find_claim(session: AsyncSession, case_id: int) -> Claim:
    claim = await repository.find_standing(session, case_id)
    assert claim is not None
    return claim


async def list_tasks(session: AsyncSession, case_id: int) -> list[str]:
    standing = select(Task.kind).where(Task.case_id == case_id, Task.settled_at.is_(None))
    return sorted(await session.scalars(standing))


async def list_kinds(session: AsyncSession, case_id: int) -> list[str]:
    return [each.kind for each in await cases.list_events(session, case_id)]


async def run_until(session: AsyncSession, case_id: int, *, until: datetime) -> list[datetime]:
    """Let the platform do what is due until an instant, each at its instant; give the instants."""
    instants: list[datetime] = []
    while (due := await service.find_next_due(session)) is not None and due <= until:
        # A case that is late already is offered and widened at one instant.
        assert instants[-3:] != [due] * 3, "what was done is due no longer"
        instants.append(due)
        for each in await service.find_due(session, now=due, limit=10):
            await pipeline.case_due(session, each, now=due)
    return instants


async def test_without_any_sign_the_reader_is_asked_then_the_coordinator_then_it_is_opened(
    session: AsyncSession,
) -> None:
    _, case_id, reader, other = await read_case(session)

    asked = await run_until(session, case_id, until=NIGHT + ASK)
    tasks_asked = await list_tasks(session, case_id)
    told = await run_until(session, case_id, until=NIGHT + ASK + 5 * MINUTE)
    tasks_told = await list_tasks(session, case_id)
    await run_until(session, case_id, until=NIGHT + ASK + 10 * MINUTE)

    assert (asked, told) == ([NIGHT + ASK], [NIGHT + ASK + 5 * MINUTE])
    assert (tasks_asked, tasks_told) == (["still_reading"], ["claim_silent", "still_reading"])
    opened = await cases.get_case(session, case_id)
    assert (opened.state, opened.reader_id) == ("nominated", None)
    assert (opened.was_with_id, opened.was_with_since) == (reader.radiologist_id, NIGHT)
    assert await repository.list_nominees(session, case_id) == {other.radiologist_id}
    assert await list_tasks(session, case_id) == []
    kinds = await list_kinds(session, case_id)
    assert [each for each in kinds if each.startswith("reader_")] == [
        "reader_asked",
        "reader_silent",
    ]


@pytest.mark.parametrize("means", list(SignMeans))
async def test_a_human_sign_renews_a_claim_and_answers_who_asked(
    session: AsyncSession, means: SignMeans
) -> None:
    _, case_id, reader, _ = await read_case(session)
    await run_until(session, case_id, until=NIGHT + ASK + 5 * MINUTE)
    at = NIGHT + 30 * MINUTE

    await pipeline.still_reading(session, case_id, actor=reader, now=at, means=means)

    claim = await find_claim(session, case_id)
    assert (claim.stage, claim.last_sign_at, claim.due_at) == ("active", at, at + ASK)
    assert await list_tasks(session, case_id) == []
    (answer,) = [
        e for e in await cases.list_events(session, case_id) if e.kind == "reader_answered"
    ]
    assert answer.detail["means"] == means.value


async def test_text_that_is_saved_is_a_sign_and_looking_is_none(session: AsyncSession) -> None:
    _, case_id, reader, _ = await read_case(session)
    at = NIGHT + 10 * MINUTE
    draft = await pipeline.save_draft(
        session, case_id, base=0, chapters=Chapters(findings="RAS"), actor=reader, now=at
    )

    claim = await find_claim(session, case_id)

    assert draft.draft_number == 1
    assert (claim.last_sign_at, claim.due_at) == (at, at + ASK)


async def test_who_had_an_opened_case_writes_on_and_has_it_again_unless_another_took_it(
    session: AsyncSession,
) -> None:
    _, case_id, reader, other = await read_case(session)
    await run_until(session, case_id, until=NIGHT + ASK + 10 * MINUTE)
    at = NIGHT + 40 * MINUTE

    await pipeline.save_draft(
        session, case_id, base=0, chapters=Chapters(findings="RAS"), actor=reader, now=at
    )
    case = await cases.get_case(session, case_id)
    again = (case.state, case.reader_id, case.was_with_id)
    await pipeline.dispossess(session, case_id, actor=other, reason="a test", now=at)
    await pipeline.claim(session, case_id, actor=other, now=at)
    taken = await cases.get_case(session, case_id)

    assert again == ("reading", reader.radiologist_id, None)
    assert (taken.reader_id, taken.was_with_id) == (other.radiologist_id, None)
    with pytest.raises(CaseAlreadyClaimed):
        await pipeline.claim(session, case_id, actor=reader, now=at)
    with pytest.raises(CaseAlreadyClaimed):
        await pipeline.still_reading(session, case_id, actor=reader, now=at)


async def test_the_coordinator_leaves_the_case_with_its_reader_for_as_long_again(
    session: AsyncSession,
) -> None:
    stage, case_id, _, _ = await read_case(session)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    with pytest.raises(ClaimMoveRefused):
        await pipeline.leave_with_reader(
            session, case_id, actor=coordinator, reason="called", now=NIGHT
        )
    await run_until(session, case_id, until=NIGHT + ASK + 5 * MINUTE)
    at = NIGHT + 29 * MINUTE

    await pipeline.leave_with_reader(
        session, case_id, actor=coordinator, reason="called: five minutes", now=at
    )

    claim = await find_claim(session, case_id)
    assert (claim.stage, claim.due_at, claim.last_sign_at) == ("active", at + ASK, NIGHT)
    assert await list_tasks(session, case_id) == []
    assert "claim_left" in await list_kinds(session, case_id)


async def test_a_case_put_aside_is_asked_for_at_its_own_instant_and_never_lost(
    session: AsyncSession,
) -> None:
    stage, case_id, reader, other = await read_case(session)
    urgent = await open_case(stage, urgent=True)
    await pipeline.put_aside(session, case_id, actor=reader, now=NIGHT)
    await pipeline.claim(session, urgent, actor=reader, now=NIGHT)

    aside = await find_claim(session, case_id)
    stood = (aside.stage, aside.paused_until, aside.due_at)
    with pytest.raises(ClaimMoveRefused):
        await pipeline.put_aside(session, case_id, actor=reader, now=NIGHT)
    at = NIGHT + 15 * MINUTE
    asked = [each for each in await run_until(session, case_id, until=at) if each == at]
    tasks = await list_tasks(session, case_id)
    await run_until(session, case_id, until=at + 10 * MINUTE)

    assert stood == ("aside", at, at)
    assert asked == [at]
    assert tasks == ["still_reading"]
    opened = await cases.get_case(session, case_id)
    assert (opened.state, opened.was_with_id) == ("nominated", reader.radiologist_id)
    assert await repository.list_nominees(session, case_id) == {other.radiologist_id}


async def test_a_sign_for_another_case_does_not_lengthen_a_pause(session: AsyncSession) -> None:
    _, case_id, reader, _ = await read_case(session)
    await pipeline.put_aside(session, case_id, actor=reader, now=NIGHT)

    await pipeline.still_reading(session, case_id, actor=reader, now=NIGHT + 10 * MINUTE)

    claim = await find_claim(session, case_id)
    assert (claim.stage, claim.due_at) == ("aside", NIGHT + 15 * MINUTE)


async def test_who_has_put_a_case_aside_reads_one_at_a_time_and_takes_it_up_again(
    session: AsyncSession,
) -> None:
    stage, case_id, reader, other = await read_case(session)
    first, second = [await open_case(stage, urgent=True) for _ in range(2)]
    await pipeline.put_aside(session, case_id, actor=reader, now=NIGHT)
    await pipeline.claim(session, first, actor=reader, now=NIGHT)

    with pytest.raises(AnotherActive):
        await pipeline.claim(session, second, actor=reader, now=NIGHT)
    with pytest.raises(AnotherActive):
        await pipeline.resume(session, case_id, actor=reader, now=NIGHT)
    with pytest.raises(CaseAlreadyClaimed):
        await pipeline.resume(session, case_id, actor=other, now=NIGHT)
    await pipeline.release(session, first, actor=reader, reason="a test", now=NIGHT)
    await pipeline.resume(session, case_id, actor=reader, now=NIGHT + MINUTE)

    claim = await find_claim(session, case_id)
    assert (claim.stage, claim.paused_until) == ("active", None)
    assert claim.due_at == NIGHT + MINUTE + ASK
    kinds = await list_kinds(session, case_id)
    assert [each for each in kinds if each in {"put_aside", "resumed"}] == ["put_aside", "resumed"]
    with pytest.raises(ClaimMoveRefused):
        await pipeline.resume(session, case_id, actor=reader, now=NIGHT + MINUTE)
    with pytest.raises(NotYours):
        await pipeline.resume(session, first, actor=reader, now=NIGHT + MINUTE)


async def test_a_claimed_case_that_is_late_is_told_once_and_stays_with_its_reader(
    session: AsyncSession,
) -> None:
    _, case_id, reader, _ = await read_case(session)
    for minutes in (20, 40, 58):
        await pipeline.still_reading(session, case_id, actor=reader, now=NIGHT + minutes * MINUTE)

    due = NIGHT + 60 * MINUTE
    instants = await run_until(session, case_id, until=due + 10 * MINUTE)

    assert instants == [due]
    assert await list_tasks(session, case_id) == ["claim_late"]
    case = await cases.get_case(session, case_id)
    assert (case.state, case.reader_id) == ("reading", reader.radiologist_id)
    assert (await list_kinds(session, case_id)).count("late") == 1


async def test_a_case_that_becomes_more_urgent_is_late_by_its_new_clock(
    session: AsyncSession,
) -> None:
    stage, case_id, reader, _ = await read_case(session)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await pipeline.change_priority(
        session, case_id, priority=Priority.P1, reason="worse", actor=coordinator, now=NIGHT
    )
    await pipeline.still_reading(session, case_id, actor=reader, now=NIGHT + 20 * MINUTE)

    await run_until(session, case_id, until=NIGHT + 30 * MINUTE)

    assert await list_tasks(session, case_id) == ["claim_late"]


async def test_giving_a_case_back_ends_all_that_was_asked_about_it(session: AsyncSession) -> None:
    _, case_id, reader, other = await read_case(session)
    await run_until(session, case_id, until=NIGHT + ASK + 5 * MINUTE)

    await pipeline.release(session, case_id, actor=reader, reason="stroke", now=NIGHT + 29 * MINUTE)

    assert await list_tasks(session, case_id) == []
    assert await repository.list_nominees(session, case_id) == {other.radiologist_id}
    assert await repository.find_standing(session, case_id) is None
