"""A sweep removes what is old enough, keeps what is needed, and outlives being killed."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.cases.domain.states import CaseState
from app.cases.models import CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain.setting_keys import SettingKey
from app.intake.models import Instance
from app.retention import service as retention
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from scheduler.job import Bench
from scheduler.jobs.retention import sweep
from tests.factories.kept import (
    add_images_delivery,
    is_kept,
    keep_one,
    keep_study,
    list_files,
    list_instances,
    make_bench,
    set_own_stage,
    set_value_of,
)

DAY = timedelta(days=1)
RETENTION = timedelta(days=15)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    return make_bench(sessions, data_dir=tmp_path, clock=clock)


@pytest.mark.asyncio
async def test_images_of_a_delivered_case_go_with_their_files_and_the_rest_stays(
    bench: Bench, clock: SetClock
) -> None:
    study = await keep_one(bench, at=clock.instant)
    clock.advance(RETENTION)
    await sweep(bench)
    assert await is_kept(bench, study.id)

    clock.advance(timedelta(hours=1))
    await sweep(bench)

    assert not await is_kept(bench, study.id)
    async with bench.sessions() as session:
        for instance in await list_instances(session, study.id):
            assert instance.purged_at == clock.instant
            assert len(instance.digest) == 32
            assert instance.sop_instance_uid
        events = await session.scalars(select(CaseEvent).where(CaseEvent.kind == "images_purged"))
        assert events.one().detail == {"study": study.id, "count": 2, "early": False}


@pytest.mark.asyncio
@pytest.mark.parametrize("state", [CaseState.OPEN, CaseState.NOMINATED, CaseState.SIGNED], ids=str)
async def test_images_of_an_open_case_never_go(
    bench: Bench, clock: SetClock, state: CaseState
) -> None:
    study = await keep_one(bench, at=clock.instant, state=state)
    clock.advance(1000 * DAY)

    await sweep(bench)

    assert await is_kept(bench, study.id)


@pytest.mark.asyncio
@pytest.mark.parametrize("intake_class", ["prior", "test", "out_of_contract"])
async def test_what_is_no_case_goes_by_its_arrival(
    bench: Bench, clock: SetClock, intake_class: str
) -> None:
    study = await keep_one(bench, at=clock.instant, state=None, intake_class=intake_class)
    clock.advance(RETENTION - timedelta(minutes=1))
    await sweep(bench)
    assert await is_kept(bench, study.id)

    clock.advance(timedelta(minutes=1))
    await sweep(bench)

    assert not await is_kept(bench, study.id)


@pytest.mark.asyncio
async def test_images_of_a_voided_case_go_after_it_was_voided(
    bench: Bench, clock: SetClock
) -> None:
    study = await keep_one(bench, at=clock.instant, state=CaseState.VOIDED)
    clock.advance(RETENTION + timedelta(hours=1))

    await sweep(bench)

    assert not await is_kept(bench, study.id)


@pytest.mark.asyncio
@pytest.mark.parametrize("state", ["waiting", "sending"])
async def test_a_retention_shorter_than_an_open_delivery_removes_nothing(
    bench: Bench, clock: SetClock, state: str
) -> None:
    await set_value_of(bench, SettingKey.RETENTION_DAYS, 1)
    async with unit_of_work(bench.sessions) as session:
        stage = await set_own_stage(session)
        study = await keep_study(stage, data_dir=bench.data_dir, at=clock.instant)
        delivery = await add_images_delivery(stage, study, state=state, at=clock.instant)
    clock.advance(5 * DAY)
    await sweep(bench)
    assert await is_kept(bench, study.id)

    async with unit_of_work(bench.sessions) as session:
        await session.merge(delivery)
        await session.execute(
            update(type(delivery)).where(type(delivery).id == delivery.id).values(state="delivered")
        )
    await sweep(bench)

    assert not await is_kept(bench, study.id)


@pytest.mark.asyncio
async def test_a_standing_task_holds_the_images_of_its_case(bench: Bench, clock: SetClock) -> None:
    study = await keep_one(bench, at=clock.instant)
    subject = f"study:{study.id}"
    async with unit_of_work(bench.sessions) as session:
        await tasks.raise_task(session, TaskKind.LATE_IMAGES, subject=subject, now=clock.instant)
    clock.advance(RETENTION + DAY)
    await sweep(bench)
    assert await is_kept(bench, study.id)

    async with unit_of_work(bench.sessions) as session:
        await tasks.settle_by_itself(
            session, TaskKind.LATE_IMAGES, subject=subject, outcome="done", now=clock.instant
        )
    await sweep(bench)

    assert not await is_kept(bench, study.id)


@pytest.mark.asyncio
async def test_a_site_may_keep_its_images_for_longer_or_shorter(
    bench: Bench, clock: SetClock
) -> None:
    longer, shorter = (
        await keep_one(bench, at=clock.instant),
        await keep_one(bench, at=clock.instant),
    )
    await set_value_of(bench, SettingKey.RETENTION_DAYS, 30, site_id=longer.site_id)
    await set_value_of(bench, SettingKey.RETENTION_DAYS, 2, site_id=shorter.site_id)
    clock.advance(3 * DAY)
    await sweep(bench)
    assert not await is_kept(bench, shorter.id)

    clock.advance(RETENTION)
    await sweep(bench)
    assert await is_kept(bench, longer.id)

    clock.advance(RETENTION)
    await sweep(bench)
    assert not await is_kept(bench, longer.id)


@pytest.mark.asyncio
async def test_many_pages_of_what_must_stay_do_not_hide_what_may_go(
    bench: Bench, clock: SetClock
) -> None:
    for _ in range(3):
        await keep_one(bench, at=clock.instant, state=CaseState.OPEN)
    due = await keep_one(bench, at=clock.instant + timedelta(minutes=1))
    now = clock.advance(RETENTION + DAY)

    found: list[int] = []
    async with bench.sessions() as session:
        page = await retention.find_due(session, after=None, pressed=False, now=now, limit=2)
        found += page.study_ids
        while page.rest is not None:
            page = await retention.find_due(
                session, after=page.rest, pressed=False, now=now, limit=2
            )
            found += page.study_ids

    assert due.id in found
    assert set(found) == {due.id}


@pytest.mark.asyncio
async def test_killed_between_the_row_and_the_file_the_next_sweep_removes_the_file(
    bench: Bench, clock: SetClock
) -> None:
    study = await keep_one(bench, at=clock.instant)
    now = clock.advance(RETENTION + DAY)
    # What a sweep does until it is killed: the row is committed, no file is touched.
    async with unit_of_work(bench.sessions) as session:
        given_up = await retention.purge(session, study.id, pressed=False, now=now)
    assert {str(each.arrival_id) for each in given_up} == list_files(bench.data_dir)

    await sweep(bench)

    assert list_files(bench.data_dir) == set()
    assert not await is_kept(bench, study.id)


@pytest.mark.asyncio
async def test_killed_between_two_files_the_next_sweep_removes_the_other(
    bench: Bench, clock: SetClock
) -> None:
    study = await keep_one(bench, at=clock.instant)
    now = clock.advance(RETENTION + DAY)
    async with unit_of_work(bench.sessions) as session:
        given_up = await retention.purge(session, study.id, pressed=False, now=now)
    (bench.data_dir / given_up[0].path).unlink()

    await sweep(bench)

    assert list_files(bench.data_dir) == set()
    assert not await is_kept(bench, study.id)


@pytest.mark.asyncio
async def test_killed_before_the_row_is_committed_nothing_is_gone(
    bench: Bench, clock: SetClock
) -> None:
    study = await keep_one(bench, at=clock.instant)
    now = clock.advance(RETENTION + DAY)
    async with bench.sessions() as session:
        assert await retention.purge(session, study.id, pressed=False, now=now)
        await session.rollback()

    assert await is_kept(bench, study.id)


@pytest.mark.asyncio
async def test_a_file_that_is_gone_already_is_no_trouble(bench: Bench, clock: SetClock) -> None:
    study = await keep_one(bench, at=clock.instant)
    clock.advance(RETENTION + DAY)
    for path in (bench.data_dir / "store").rglob("*.dcm"):
        path.unlink()

    await sweep(bench)

    assert not await is_kept(bench, study.id)


@pytest.mark.asyncio
async def test_images_that_came_again_and_are_not_compared_yet_hold_the_first_ones(
    bench: Bench, clock: SetClock
) -> None:
    study = await keep_one(bench, at=clock.instant)
    async with unit_of_work(bench.sessions) as session:
        first = (await list_instances(session, study.id))[0]
        await session.execute(
            update(Instance).where(Instance.id == first.id).values(repeat="to_compare")
        )
    clock.advance(RETENTION + DAY)

    await sweep(bench)

    assert await is_kept(bench, study.id)
