"""Images that are asked for at the moment they would go: they stay, or who asks hears of it."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import CaseStudy
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.models import Delivery
from app.delivery.repository import images
from app.directory.domain import SYSTEM
from app.intake.models import Study
from app.kit.errors import Conflict
from app.retention import service as retention
from app.retention.domain.level import Disk
from scheduler.job import Bench
from scheduler.jobs.retention import sweep
from tests.factories.kept import (
    add_images_delivery,
    keep_study,
    list_files,
    list_instances,
    make_bench,
    set_own_stage,
)
from tests.factories.sending import claim_one
from tests.factories.stage import add_endpoint

AGE = timedelta(days=16)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    return make_bench(sessions, data_dir=tmp_path, clock=clock)


@pytest_asyncio.fixture
async def study(bench: Bench, clock: SetClock) -> Study:
    """Keep a study that may go."""
    async with unit_of_work(bench.sessions) as session:
        study = await keep_study(
            await set_own_stage(session), data_dir=bench.data_dir, at=clock.instant
        )
    clock.advance(AGE)
    return study


async def _find_case(bench: Bench, study: Study) -> int:
    async with bench.sessions() as session:
        link = select(CaseStudy.case_id).where(CaseStudy.study_id == study.id)
        return (await session.scalars(link)).one()


async def _add_node(bench: Bench) -> int:
    async with unit_of_work(bench.sessions) as session:
        return (await add_endpoint(session)).id


async def _ask_for_images(
    session: AsyncSession, case_id: int, study_id: int, *, node: int, now: datetime
) -> None:
    """Ask for a study to be sent to a node, as a claim does."""
    locked = await images.lock_images(
        session, case_id=case_id, pairs={(node, study_id): False}, now=now
    )
    for delivery in locked.values():
        await images.ask_to_read(session, delivery, case_id=case_id, now=now)


async def _is_kept(bench: Bench, study: Study) -> bool:
    async with bench.sessions() as session:
        instances = await list_instances(session, study.id)
    by_rows = {each.purged_at is None for each in instances}
    by_files = {str(each.arrival_id) in list_files(bench.data_dir) for each in instances}
    assert by_rows == by_files
    assert len(by_rows) == 1
    return by_rows.pop()


@pytest.mark.asyncio
async def test_images_that_somebody_asks_for_just_now_are_left_alone(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    case_id, node = await _find_case(bench, study), await _add_node(bench)
    async with unit_of_work(bench.sessions) as asking:
        await _ask_for_images(asking, case_id, study.id, node=node, now=clock.instant)
        # Not yet committed: nobody can see the delivery, but the study is held.
        await asyncio.wait_for(sweep(bench), 10)
        assert await _is_kept(bench, study)

    await sweep(bench)

    assert await _is_kept(bench, study)


@pytest.mark.asyncio
async def test_who_asks_while_images_go_waits_and_sends_nothing(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    case_id, node = await _find_case(bench, study), await _add_node(bench)

    async def ask() -> None:
        async with unit_of_work(bench.sessions) as session:
            await _ask_for_images(session, case_id, study.id, node=node, now=clock.instant)

    async with unit_of_work(bench.sessions) as going:
        assert await retention.purge(going, study.id, pressed=False, now=clock.instant)
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0.2)
        assert not asking.done()
    await asyncio.wait_for(asking, 10)

    async with unit_of_work(bench.sessions) as session:
        shipment = await claim_one(session, now=clock.instant)
    assert shipment is not None
    assert shipment.items == ()


@pytest.mark.asyncio
async def test_what_was_removed_cannot_be_sent_again(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    async with unit_of_work(bench.sessions) as session:
        stage = await set_own_stage(session)
        delivery = await add_images_delivery(stage, study, state="delivered", at=clock.instant)

    async def ask() -> None:
        async with unit_of_work(bench.sessions) as session:
            await outbox.resend(session, delivery_id=delivery.id, actor=SYSTEM, now=clock.instant)

    async with unit_of_work(bench.sessions) as going:
        assert await retention.purge(going, study.id, pressed=False, now=clock.instant)
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0.2)
        # It waits for the row of the case.
        assert not asking.done()
    with pytest.raises(Conflict, match="gone"):
        await asyncio.wait_for(asking, 10)


@pytest.mark.asyncio
async def test_what_is_sent_again_just_now_is_left_alone(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    async with unit_of_work(bench.sessions) as session:
        stage = await set_own_stage(session)
        delivery = await add_images_delivery(stage, study, state="delivered", at=clock.instant)
    async with unit_of_work(bench.sessions) as asking:
        await outbox.resend(asking, delivery_id=delivery.id, actor=SYSTEM, now=clock.instant)
        await asyncio.wait_for(sweep(bench), 10)

    await sweep(bench)

    assert await _is_kept(bench, study)
    async with bench.sessions() as session:
        assert (await session.get_one(Delivery, delivery.id)).state == "waiting"


@pytest.mark.asyncio
async def test_after_two_sweeps_and_many_who_ask_rows_and_files_say_the_same(
    bench: Bench, clock: SetClock
) -> None:
    studies = []
    node = await _add_node(bench)
    for _ in range(6):
        async with unit_of_work(bench.sessions) as session:
            stage = await set_own_stage(session)
            studies.append(await keep_study(stage, data_dir=bench.data_dir, at=clock.instant - AGE))
    cases = {each.id: await _find_case(bench, each) for each in studies}

    async def ask(study: Study) -> None:
        async with unit_of_work(bench.sessions) as session:
            # As a claim does: the case is locked, and must have its images still.
            if await images.is_purged(session, study.id):
                return
            await _ask_for_images(session, cases[study.id], study.id, node=node, now=clock.instant)

    await asyncio.gather(sweep(bench), *(ask(each) for each in studies[::-1]), sweep(bench))

    async with bench.sessions() as session:
        asked = set(await session.scalars(select(Delivery.study_id)))
        for study in studies:
            instances = await list_instances(session, study.id)
            gone = {each.purged_at is not None for each in instances}
            files = {str(each.arrival_id) in list_files(bench.data_dir) for each in instances}
            assert gone in ({True}, {False})
            assert files == {not each for each in gone}
            if study.id not in asked:
                assert gone == {True}


@pytest.mark.asyncio
async def test_a_sweep_is_begun_by_one_scheduler_only(bench: Bench, clock: SetClock) -> None:
    disk = Disk(total_bytes=1000, free_bytes=900, reserve_bytes=0)
    async with unit_of_work(bench.sessions) as session:
        await retention.take_reading(session, disk=disk, now=clock.instant)

    async def begin() -> bool:
        async with unit_of_work(bench.sessions) as session:
            return await retention.begin_sweep(session, now=clock.instant)

    begun = await asyncio.gather(*(begin() for _ in range(6)))

    assert sorted(begun) == [False] * 5 + [True]
