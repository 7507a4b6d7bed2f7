"""Whoever decides lets others have their turn: a batch is bounded in number and in time."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from app.cases.models import Case
from app.cases.repository import lock_case
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch import service
from app.dispatch.domain.policy.stored import replay, write_answer
from app.dispatch.models import Decision, Nomination
from scheduler.job import Bench
from scheduler.jobs import dispatch, presence
from tests.factories.crews import begin_guard
from tests.factories.flow import decide_due, open_case
from tests.factories.slow import SLOW_DECISIONS
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage

pytestmark = pytest.mark.asyncio
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest_asyncio.fixture
async def case_ids(sessions: Sessions) -> list[int]:
    """Commit six cases that are due."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        await put_on_guard(stage, (await add_radiologist(stage))[0])
        return [
            await open_case(stage, urgent=True, at=NIGHT - number * MINUTE)
            for number in range(6, 0, -1)
        ]


async def list_sizes(sessions: Sessions) -> list[int]:
    """List how many decisions each transaction has written since they are slow."""
    async with sessions() as session:
        query = "SELECT count(*) FROM decided_in GROUP BY transaction_id"
        return list((await session.scalars(text(query))).all())


async def list_offered(sessions: Sessions) -> set[int]:
    async with sessions() as session:
        return set(await session.scalars(select(Nomination.case_id)))


async def test_a_batch_that_takes_long_is_committed_before_the_next_case(
    bench: Bench, sessions: Sessions, case_ids: list[int]
) -> None:
    async with unit_of_work(sessions) as session:
        await session.execute(text(SLOW_DECISIONS))

    await dispatch.run(bench)

    assert await list_offered(sessions) == set(case_ids)
    sizes = await list_sizes(sessions)
    assert sum(sizes) == 6
    assert max(sizes) <= 3, "the third one is over a second after the first has begun"


async def test_of_cases_offered_together_each_knows_what_those_before_were_given(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        readers = [(await add_radiologist(stage))[0] for _ in range(3)]
        for reader in readers:
            await put_on_guard(stage, reader)
        for number in (3, 2, 1):
            await open_case(stage, urgent=True, at=NIGHT - number * MINUTE)

    await dispatch.run(bench)

    async with sessions() as session:
        asked = Counter(await session.scalars(select(Nomination.radiologist_id)))
        decisions = (await session.scalars(select(Decision))).all()
    assert asked == {each.id: 2 for each in readers}, "two readers at once for each of three"
    for each in decisions:
        again = replay(each.inputs, rule_version=each.rule_version)
        assert write_answer(again) == (each.ranking, each.exclusions)


async def test_a_case_that_cannot_be_decided_keeps_none_back_that_is_decided_with_it(
    bench: Bench, sessions: Sessions, case_ids: list[int]
) -> None:
    bad, *others = case_ids
    async with unit_of_work(sessions) as session:
        await session.execute(
            text(
                "ALTER TABLE decision ADD CONSTRAINT ck_decision_refused"
                f" CHECK (case_id <> {bad}) NOT VALID"
            )
        )

    await dispatch.run(bench)

    assert await list_offered(sessions) == set(others)
    async with sessions() as session:
        left = await session.get_one(Case, bad)
    assert left.dispatch_due_at is not None
    assert left.dispatch_due_at > NIGHT


async def test_a_centre_that_is_down_leaves_what_it_had_to_short_batches(
    bench: Bench, sessions: Sessions
) -> None:
    offered_at, left = NIGHT + 5 * MINUTE, NIGHT + 6 * MINUTE
    seen_at = left + 90 * SECOND
    async with unit_of_work(sessions) as session:
        guard = await begin_guard(session, readers=1)
        case_ids = [await open_case(guard.stage) for _ in range(6)]
        await decide_due(session, now=offered_at)
        await guard.join()
        await guard.pages.open(guard.reader(1).id, at=left)
        await guard.silence(0, at=left)
        await guard.pages.beat(seen_at)
        await session.execute(text(SLOW_DECISIONS))
    looking = replace(bench, clock=SetClock(seen_at))

    await presence.run(looking)
    decided_by_who_looks = await list_sizes(sessions)
    await dispatch.run(looking)

    assert decided_by_who_looks == []
    sizes = await list_sizes(sessions)
    assert sum(sizes) == 6
    assert max(sizes) <= 3
    async with sessions() as session:
        causes = select(Decision.case_id).where(Decision.cause == "centre is down")
        assert set(await session.scalars(causes)) == set(case_ids)


async def test_a_case_that_somebody_changes_now_keeps_no_other_waiting(
    bench: Bench, sessions: Sessions, case_ids: list[int]
) -> None:
    held, *others = case_ids

    async with unit_of_work(sessions) as changing:
        await lock_case(changing, held)
        await dispatch.run(bench)
        assert await list_offered(sessions) == set(others)
    await dispatch.run(bench)

    assert await list_offered(sessions) == set(case_ids)


async def test_of_many_that_are_due_each_kind_has_its_turn(
    sessions: Sessions, case_ids: list[int]
) -> None:
    *new, stepped = case_ids
    async with unit_of_work(sessions) as session:
        await service.nominate(session, stepped, cause="due", now=NIGHT)
        case = await session.get_one(Case, stepped)
        case.step_due_at = NIGHT

        assert await service.find_due(session, now=NIGHT, limit=3) == [new[0], stepped, new[1]]
