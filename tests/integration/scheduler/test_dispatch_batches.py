"""Whoever decides lets others have their turn: a batch is bounded in number and in time."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from app.adapters.documents.renderer import TypstDicomRenderer
from app.cases.models import Case
from app.cases.repository import lock_case
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch import service
from app.dispatch.models import Nomination
from app.settings import read_settings
from scheduler.job import Bench
from scheduler.jobs import dispatch
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage
from tests.fakes.receiver import FakeSender

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)
SLOW = """
CREATE TABLE decided_in (transaction_id xid8);
CREATE FUNCTION decide_slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO decided_in VALUES (pg_current_xact_id());
    PERFORM pg_sleep(0.4);
    RETURN NULL;
END $$;
CREATE TRIGGER decide_slowly AFTER INSERT ON decision FOR EACH ROW EXECUTE FUNCTION decide_slowly();
"""


@pytest.fixture
def bench(sessions: Sessions) -> Bench:
    return Bench(
        settings=read_settings({}),
        sessions=sessions,
        clock=SetClock(NIGHT),
        peers=FakeSender(),
        renderer=TypstDicomRenderer(),
    )


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


async def list_offered(sessions: Sessions) -> set[int]:
    async with sessions() as session:
        return set(await session.scalars(select(Nomination.case_id)))


async def test_a_batch_that_takes_long_is_committed_before_the_next_case(
    bench: Bench, sessions: Sessions, case_ids: list[int]
) -> None:
    async with unit_of_work(sessions) as session:
        await session.execute(text(SLOW))

    await dispatch.run(bench)

    assert await list_offered(sessions) == set(case_ids)
    async with sessions() as session:
        query = "SELECT count(*) FROM decided_in GROUP BY transaction_id"
        sizes = (await session.scalars(text(query))).all()
    assert sum(sizes) == 6
    assert max(sizes) <= 3, "the third one is over a second after the first has begun"


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
