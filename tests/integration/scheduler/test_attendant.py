"""An attendant lets its job run when it is woken, when something is due, and never dies of it."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.documents.renderer import TypstDicomRenderer
from app.bootstrap import make_peers
from app.db.clock import DatabaseClock
from app.db.notify import WORK, notify
from app.db.session import Sessions, unit_of_work
from app.kit.errors import Unavailable
from app.settings import read_settings
from scheduler.attendant import Attendant
from scheduler.job import Bench, Job, name_no_instant
from scheduler.main import attend_all

LONG = timedelta(minutes=10)


class Counter:
    """A job that counts its runs; it may fail, and say when it is due again."""

    def __init__(self, *, fails: bool = False, due_in: timedelta | None = None) -> None:
        self.runs = 0
        self.ran = asyncio.Event()
        self.fails = fails
        self.due_in = due_in

    async def run(self, bench: Bench) -> None:
        self.runs += 1
        self.ran.set()
        if self.fails:
            message = "the peer is down"
            raise Unavailable(message)

    async def find_next_due(self, session: AsyncSession) -> datetime | None:
        if self.due_in is None or self.runs > 1:
            return None
        return await DatabaseClock().now(session) + self.due_in

    async def wait(self) -> None:
        async with asyncio.timeout(10):
            await self.ran.wait()
        self.ran.clear()

    @property
    def job(self) -> Job:
        return Job(name="count", run=self.run, find_next_due=self.find_next_due)


@pytest.fixture
def bench(sessions: Sessions) -> Bench:
    """Give a bench on this test's own database."""
    settings = read_settings({"ASTREINTE_TICK": "600"})
    return Bench(
        settings=settings,
        sessions=sessions,
        clock=DatabaseClock(),
        peers=make_peers(settings),
        renderer=TypstDicomRenderer(),
    )


@pytest.mark.asyncio
async def test_it_runs_at_its_start_and_whenever_it_is_woken(bench: Bench) -> None:
    counter = Counter()
    attendant = Attendant(counter.job, bench=bench, longest_wait=LONG)
    task = asyncio.create_task(attendant.attend())

    await counter.wait()
    attendant.wake()
    await counter.wait()

    task.cancel()
    assert counter.runs == 2


@pytest.mark.asyncio
async def test_it_runs_again_when_something_is_due(bench: Bench) -> None:
    counter = Counter(due_in=timedelta(milliseconds=100))
    task = asyncio.create_task(Attendant(counter.job, bench=bench, longest_wait=LONG).attend())

    await counter.wait()
    await counter.wait()

    task.cancel()
    assert counter.runs == 2


@pytest.mark.asyncio
async def test_a_run_that_fails_is_followed_by_another(bench: Bench) -> None:
    counter = Counter(fails=True)
    attendant = Attendant(counter.job, bench=bench, longest_wait=LONG)
    task = asyncio.create_task(attendant.attend())

    await counter.wait()
    attendant.wake()
    await counter.wait()

    assert not task.done()
    task.cancel()


@pytest.mark.asyncio
async def test_a_committed_notification_wakes_the_job_it_names(
    bench: Bench, sessions: Sessions, database_url: str
) -> None:
    counter = Counter()
    task = asyncio.create_task(attend_all(bench, jobs=[counter.job], url=database_url))
    await counter.wait()
    # The listener's first connection wakes everybody once more: nothing may have been missed.
    await counter.wait()

    async with unit_of_work(sessions) as session:
        await notify(session, channel=WORK, payload="count")
    await counter.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert counter.runs >= 3


@pytest.mark.asyncio
async def test_the_tick_wakes_every_job_in_its_turn(bench: Bench, database_url: str) -> None:
    counters = [Counter(), Counter(), Counter()]
    jobs = [replace(each.job, name=f"count {number}") for number, each in enumerate(counters)]
    ticking = replace(bench, settings=read_settings({"ASTREINTE_TICK": "1"}))
    task = asyncio.create_task(attend_all(ticking, jobs=jobs, url=database_url))

    # Its start, the first connection of the listener, which may find it still running, and ticks.
    for _ in range(4):
        for each in counters:
            await each.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.asyncio
async def test_a_job_that_waits_for_no_instant_sleeps_until_it_is_woken(bench: Bench) -> None:
    counter = Counter()
    job = replace(counter.job, find_next_due=name_no_instant)
    attendant = Attendant(job, bench=bench, longest_wait=LONG)
    task = asyncio.create_task(attendant.attend())

    await counter.wait()
    attendant.wake()
    await counter.wait()

    task.cancel()
    assert counter.runs == 2


@pytest.mark.asyncio
async def test_a_run_that_tells_how_long_there_is_nothing_to_do_is_believed(bench: Bench) -> None:
    counter = Counter()

    async def run(given: Bench) -> timedelta:
        await counter.run(given)
        return timedelta(milliseconds=100) if counter.runs == 1 else timedelta.max

    async def refuse(_session: AsyncSession) -> datetime | None:
        raise AssertionError("it was asked in a transaction of its own")

    job = replace(counter.job, run=run, find_next_due=refuse)
    task = asyncio.create_task(Attendant(job, bench=bench, longest_wait=LONG).attend())

    await counter.wait()
    await counter.wait()

    task.cancel()
    assert counter.runs == 2


@pytest.mark.asyncio
async def test_what_wakes_a_job_while_it_rests_is_done_by_one_run(bench: Bench) -> None:
    counter = Counter()
    job = replace(counter.job, rest=timedelta(milliseconds=200))
    attendant = Attendant(job, bench=bench, longest_wait=LONG)
    task = asyncio.create_task(attendant.attend())
    await counter.wait()

    for _ in range(5):
        attendant.wake()
    await counter.wait()
    attendant.wake()
    await counter.wait()

    task.cancel()
    assert counter.runs == 3


@pytest.mark.asyncio
async def test_what_gives_way_waits_for_a_job_that_goes_first(bench: Bench) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def run(_bench: Bench) -> None:
        began.set()
        await may_end.wait()

    job = Job(name="first", run=run, find_next_due=name_no_instant, goes_first=True)
    task = asyncio.create_task(Attendant(job, bench=bench, longest_wait=LONG).attend())
    await asyncio.wait_for(began.wait(), 10)
    giving_way = asyncio.create_task(bench.precedence.give_way(longest_s=3600))
    await asyncio.sleep(0)
    waits = not giving_way.done()
    may_end.set()

    await asyncio.wait_for(giving_way, 10)

    task.cancel()
    assert waits


@pytest.mark.asyncio
async def test_a_job_may_look_more_often_than_all_must(bench: Bench) -> None:
    counter = Counter()
    job = replace(counter.job, longest_wait=timedelta(milliseconds=100))
    task = asyncio.create_task(Attendant(job, bench=bench, longest_wait=LONG).attend())

    await counter.wait()
    await counter.wait()

    task.cancel()
