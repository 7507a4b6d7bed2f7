"""What was promised to a sender is kept until then, however old it is and however full the disk."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.intake.domain.ports import Reported
from app.intake.models import Commitment, CommitmentInstance, Study
from app.intake.service import commitments as service
from app.retention import service as retention
from app.retention.domain.level import Disk
from app.store.room import Room
from scheduler.job import Bench
from scheduler.jobs.retention import sweep
from tests.factories.commitments import let_answer, make_question, set_days
from tests.factories.kept import is_kept, keep_one, list_instances, make_bench

pytestmark = pytest.mark.asyncio
DAY = timedelta(days=1)
RETENTION = timedelta(days=15)
FULL = Disk(total_bytes=1000, free_bytes=0, reserve_bytes=0)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    return make_bench(sessions, data_dir=tmp_path, clock=clock)


async def commit(
    bench: Bench,
    study: Study,
    *,
    days: int,
    now: datetime,
    images: int | None = None,
    is_told: bool = True,
) -> None:
    """Let the sender of a study be promised its images, or some of them."""
    async with unit_of_work(bench.sessions) as session:
        sender = await session.get_one(Sender, study.sender_id)
        await let_answer(session, sender, port=1)
        await set_days(session, sender, days)
        found = await list_instances(session, study.id)
        uids = [each.sop_instance_uid for each in found[:images]]
        await service.ask(session, make_question(sender, *uids), now=now)
        claim = await service.claim_next(session, now=now)
        assert claim is not None
        verdict = await service.settle(
            session, claim, on_disk=claim.arrivals, index_is_behind=False, now=now
        )
        assert verdict is not None
        assert not verdict.report.failed
        if is_told:
            await service.finish(session, claim, reported=Reported(is_taken=True), now=now)


async def test_what_is_committed_stays_beyond_its_age_until_the_promise_ends(
    bench: Bench, clock: SetClock
) -> None:
    study = await keep_one(bench, at=clock.instant)
    other = await keep_one(bench, at=clock.instant)
    await commit(bench, study, days=100, now=clock.instant)
    clock.advance(RETENTION + DAY)
    await sweep(bench)
    kept = (await is_kept(bench, study.id), await is_kept(bench, other.id))
    clock.advance(83 * DAY)
    await sweep(bench)
    still_kept = await is_kept(bench, study.id)

    clock.advance(timedelta(days=1))
    await sweep(bench)

    assert kept == (True, False)
    assert still_kept
    assert not await is_kept(bench, study.id)


async def test_the_promise_of_one_image_keeps_its_study(bench: Bench, clock: SetClock) -> None:
    study = await keep_one(bench, at=clock.instant)
    await commit(bench, study, days=100, now=clock.instant, images=1)
    clock.advance(RETENTION + DAY)

    await sweep(bench)

    assert await is_kept(bench, study.id)


@pytest.mark.parametrize("state", ["asked", "given_up"])
async def test_a_promise_that_could_not_be_told_yet_holds(
    bench: Bench, clock: SetClock, state: str
) -> None:
    study = await keep_one(bench, at=clock.instant)
    await commit(bench, study, days=100, now=clock.instant, is_told=False)
    if state == "given_up":
        async with unit_of_work(bench.sessions) as session:
            await session.execute(update(Commitment).values(state="given_up", next_at=None))
    clock.advance(RETENTION + DAY)

    await sweep(bench)

    assert await is_kept(bench, study.id)


@pytest.mark.parametrize("what", ["failed", "not_judged"])
async def test_what_was_not_promised_goes(bench: Bench, clock: SetClock, what: str) -> None:
    study = await keep_one(bench, at=clock.instant)
    await commit(bench, study, days=100, now=clock.instant)
    async with unit_of_work(bench.sessions) as session:
        if what == "failed":
            await session.execute(update(CommitmentInstance).values(failure_reason=0x0110))
        else:
            await session.execute(update(Commitment).values(until=None))
    clock.advance(RETENTION + DAY)

    await sweep(bench)

    assert not await is_kept(bench, study.id)


async def test_a_sender_of_another_domain_keeps_nothing_by_its_promises(
    bench: Bench, clock: SetClock
) -> None:
    study, other = [await keep_one(bench, at=clock.instant) for _ in range(2)]
    await commit(bench, study, days=100, now=clock.instant)
    async with unit_of_work(bench.sessions) as session:
        await session.execute(update(Commitment).values(sender_id=other.sender_id))
    clock.advance(RETENTION + DAY)

    await sweep(bench)

    assert not await is_kept(bench, study.id)


async def test_a_full_disk_takes_nothing_that_is_committed(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    bench = make_bench(
        sessions,
        data_dir=tmp_path,
        clock=clock,
        measure=lambda _: Room(total_bytes=FULL.total_bytes, free_bytes=FULL.free_bytes),
    )
    study, other = [await keep_one(bench, at=clock.instant) for _ in range(2)]
    await commit(bench, study, days=3, now=clock.instant)
    clock.advance(2 * DAY)
    await sweep(bench)
    kept = (await is_kept(bench, study.id), await is_kept(bench, other.id))

    clock.advance(2 * DAY)
    await sweep(bench)

    assert kept == (True, False)
    assert not await is_kept(bench, study.id)


async def test_the_forecast_counts_on_nothing_that_is_committed(
    bench: Bench, clock: SetClock
) -> None:
    study, other = [await keep_one(bench, at=clock.instant) for _ in range(2)]
    await commit(bench, study, days=100, now=clock.instant)
    clock.advance(2 * DAY)

    async with unit_of_work(bench.sessions) as session:
        reading = await retention.take_reading(session, disk=FULL, now=clock.instant)
        sizes = [each.size_bytes for each in await list_instances(session, other.id)]

    assert reading.can_go_bytes == sum(sizes)
