"""The scheduler dies between any two statements of a step: nothing is half done, nothing lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app import pipeline
from app.cases.models import Case, CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.models import Delivery
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.read_times import find_prior
from app.dispatch.models import Claim, Decision, Nomination
from app.tasks.models import Task
from scheduler.job import Job
from scheduler.jobs import audit, dispatch, presence
from tests.factories.bench import make_bench
from tests.factories.bombs import Bomb, laid
from tests.factories.crews import begin_guard, offer_to_first
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)
ASKED = 1.5 * find_prior(ExamKind("CT", Region.HEAD)) * MINUTE
"""After so long without a sign the reader of a claimed case is asked."""
Picture = dict[str, Any]


async def lay_case(sessions: Sessions, *, is_claimed: bool) -> list[int]:
    """Commit a P1 of a hospital with an address, three on guard and one behind them."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        stage.site.email = "urgences@hopital.example"
        readers = [await add_radiologist(stage) for _ in range(4)]
        for radiologist, _ in readers[:3]:
            await put_on_guard(stage, radiologist)
        await put_on_guard(stage, readers[3][0], line="backup")
        case_id = await open_case(stage, urgent=True)
        if is_claimed:
            await pipeline.claim(session, case_id, actor=readers[0][1], now=NIGHT)
    return [radiologist.id for radiologist, _ in readers]


async def look(sessions: Sessions) -> Picture:
    """Look at all that a step of dispatch writes."""
    async with sessions() as session:
        case = (await session.scalars(select(Case))).one()
        claim = (await session.scalars(select(Claim))).one_or_none()
        standing = select(Nomination.radiologist_id).where(Nomination.ended_at.is_(None))
        tasks = select(Task.kind).where(Task.settled_at.is_(None))
        mails = select(func.count()).where(Delivery.mail_to.is_not(None))
        return {
            "state": case.state,
            "dues": (case.step, case.dispatch_due_at, case.step_due_at),
            "version": case.version,
            "claim": claim and (claim.stage, claim.due_at, claim.ended_at, claim.late_told_at),
            "asked": sorted(await session.scalars(standing)),
            "tasks": sorted(await session.scalars(tasks)),
            "mails": await session.scalar(mails),
            "sent": await session.scalar(select(func.count()).select_from(Delivery)),
            "decided": await session.scalar(select(func.count()).select_from(Decision)),
            "events": [
                (each.kind, each.reason, each.at)
                for each in await session.scalars(select(CaseEvent).order_by(CaseEvent.id))
            ],
        }


async def kill_everywhere(
    sessions: Sessions, *, at: datetime, job: Job = dispatch.JOB
) -> tuple[int, Picture]:
    """Kill a job before each of its statements and commits in turn, until none is left.

    Returns
    -------
    tuple
        How often it was killed, and what stands when a run has got through.
    """
    before, number = await look(sessions), 0
    while True:
        bomb = Bomb(number)
        with laid(sessions, bomb):
            try:
                await job.run(make_bench(sessions, SetClock(at)))
            except BaseException:  # noqa: BLE001 - whatever a dying process raises
                assert bomb.has_fired
        if not bomb.has_fired:
            return number, await look(sessions)
        after = await look(sessions)
        if after != before:
            # The step was committed, and the process died before it looked for more.
            return number, after
        number += 1


async def find_more(sessions: Sessions, *, at: datetime, job: Job = dispatch.JOB) -> Picture:
    """Let whoever comes after it look for what is left to do, and look at what stands then."""
    await job.run(make_bench(sessions, SetClock(at)))
    return await look(sessions)


@pytest.mark.asyncio
async def test_killed_while_a_case_is_offered(sessions: Sessions) -> None:
    readers = await lay_case(sessions, is_claimed=False)
    async with unit_of_work(sessions) as session:
        await pipeline.case_due(session, 1, now=NIGHT)
        case = (await session.scalars(select(Case))).one()
        case.dispatch_due_at = NIGHT + MINUTE / 2
    async with unit_of_work(sessions) as session:
        for each in await session.scalars(select(Nomination)):
            each.ended_at, each.end_reason = NIGHT, "a test"

    count, picture = await kill_everywhere(sessions, at=NIGHT + MINUTE / 2)

    assert count > 10
    assert len(picture["asked"]) == 2
    assert set(picture["asked"]) < set(readers)
    assert picture["decided"] == 2
    assert await find_more(sessions, at=NIGHT + MINUTE / 2) == picture


@pytest.mark.asyncio
async def test_killed_while_all_steps_are_taken_and_the_hospital_is_told(
    sessions: Sessions,
) -> None:
    readers = await lay_case(sessions, is_claimed=False)
    async with unit_of_work(sessions) as session:
        await pipeline.case_due(session, 1, now=NIGHT)

    count, picture = await kill_everywhere(sessions, at=NIGHT + 6 * MINUTE)

    assert count > 20
    assert picture["asked"] == sorted(readers)
    assert (picture["tasks"], picture["mails"]) == (["use_fallback"], 1)
    kinds = [kind for kind, _, _ in picture["events"]]
    assert (kinds.count("widened"), kinds.count("hospital_told")) == (3, 1)
    assert await find_more(sessions, at=NIGHT + 6 * MINUTE) == picture


@pytest.mark.asyncio
async def test_killed_while_the_reader_of_a_claimed_case_is_asked(sessions: Sessions) -> None:
    await lay_case(sessions, is_claimed=True)

    count, picture = await kill_everywhere(sessions, at=NIGHT + ASKED)

    assert count > 5
    due = NIGHT + ASKED + 2 * MINUTE
    assert picture["claim"] == ("asked", due, None, None)
    assert picture["tasks"] == ["still_reading"]
    assert [kind for kind, _, _ in picture["events"]].count("reader_asked") == 1


@pytest.mark.asyncio
async def test_killed_while_a_case_whose_reader_is_silent_is_opened_to_others(
    sessions: Sessions,
) -> None:
    readers = await lay_case(sessions, is_claimed=True)
    for minutes in (0, 2):
        await dispatch.run(make_bench(sessions, SetClock(NIGHT + ASKED + minutes * MINUTE)))
    at = NIGHT + ASKED + 4 * MINUTE

    count, picture = await kill_everywhere(sessions, at=at)

    assert count > 15
    assert picture["state"] == "nominated"
    assert picture["claim"] == ("opened", None, at, None)
    assert picture["tasks"] == []
    assert readers[0] not in picture["asked"]
    assert len(picture["asked"]) >= 2


@pytest.mark.asyncio
async def test_killed_while_the_auditor_tells_of_a_forgotten_case_and_mends_it(
    sessions: Sessions,
) -> None:
    await lay_case(sessions, is_claimed=False)
    async with unit_of_work(sessions) as session:
        await session.execute(update(Case).values(dispatch_due_at=None, step_due_at=None))

    count, picture = await kill_everywhere(sessions, at=NIGHT + MINUTE, job=audit.JOB)

    assert count > 10
    assert picture["tasks"] == ["case_forgotten"]
    assert picture["dues"] == (0, NIGHT + MINUTE, None)
    assert await find_more(sessions, at=NIGHT + MINUTE, job=audit.JOB) == picture


@pytest.mark.asyncio
async def test_killed_while_a_centre_is_found_to_be_down_and_its_case_is_made_due(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        guard = await begin_guard(session, readers=2)
        _, first = await offer_to_first(guard)
        gone, staying = guard.reader(first).id, guard.reader(1 - first).id
        left, seen_at = NIGHT + 6 * MINUTE, NIGHT + 7.5 * MINUTE
        await guard.silence(first, at=left)
        await guard.pages.beat(seen_at)

    count, seen = await kill_everywhere(sessions, at=seen_at, job=presence.JOB)

    assert count > 5
    assert (seen["asked"], seen["dues"][1]) == ([gone], seen_at)
    picture = await find_more(sessions, at=seen_at)
    assert picture["asked"] == [staying]
    async with sessions() as session:
        causes = (await session.scalars(select(Decision.cause).order_by(Decision.id))).all()
    assert causes == ["due", "centre is down"]
