"""Offers of seats expire when the guard begins, and the scheduler knows when that is."""

import pytest

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.planning.models import Swap
from scheduler.jobs.swaps import JOB
from tests.factories.bench import make_bench
from tests.factories.swaps import add_stage, offer_seat


@pytest.mark.asyncio
async def test_an_offer_expires_when_its_guard_begins(sessions: Sessions, clock: SetClock) -> None:
    bench = make_bench(sessions, clock)
    async with unit_of_work(sessions) as session:
        assert await JOB.find_next_due(session) is None
        stage = await add_stage(session)
        swap = await offer_seat(session, stage)
        assert await JOB.find_next_due(session) == stage.given.seat.interval.start

    async def find_state() -> str:
        async with unit_of_work(sessions) as session:
            return (await session.get_one(Swap, swap.id)).state

    await JOB.run(bench)
    assert await find_state() == "offered"
    clock.instant = stage.given.seat.interval.start
    await JOB.run(bench)
    assert await find_state() == "expired"
    async with unit_of_work(sessions) as session:
        assert await JOB.find_next_due(session) is None
