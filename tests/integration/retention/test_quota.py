"""A site that has stored more than was agreed is told, until it has not; nothing is refused."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Site
from app.intake.models import Instance
from app.retention.domain.quota import GIB
from app.store.room import Room
from app.tasks.models import Task
from scheduler.job import Bench
from scheduler.jobs import disk
from tests.factories.kept import keep_study, make_bench, set_own_stage

pytestmark = pytest.mark.asyncio
HOUR = timedelta(hours=1)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    room = Room(total_bytes=1 << 50, free_bytes=1 << 50)
    return make_bench(sessions, data_dir=tmp_path, clock=clock, measure=lambda _: room)


async def keep(bench: Bench, clock: SetClock, *, gib: list[float], quota_gib: int | None) -> int:
    """Keep one study of a site with a quota; its images have these sizes."""
    async with unit_of_work(bench.sessions) as session:
        stage = await set_own_stage(session)
        study = await keep_study(
            stage, data_dir=bench.data_dir, at=clock.instant - HOUR, images=len(gib)
        )
        assert study.site_id is not None
        await session.execute(
            update(Site).where(Site.id == study.site_id).values(quota_gib=quota_gib)
        )
        ids = await session.scalars(select(Instance.id).order_by(Instance.id.desc()))
        for instance_id, size in zip(ids, gib, strict=False):
            await session.execute(
                update(Instance)
                .where(Instance.id == instance_id)
                .values(size_bytes=int(size * GIB))
            )
        return study.site_id


async def list_tasks(bench: Bench) -> list[Task]:
    async with bench.sessions() as session:
        return list(await session.scalars(select(Task).order_by(Task.id)))


async def test_a_site_above_its_quota_is_told_once_with_what_it_has_stored(
    bench: Bench, clock: SetClock
) -> None:
    site_id = await keep(bench, clock, gib=[1.5, 1.1], quota_gib=2)
    await keep(bench, clock, gib=[1.5], quota_gib=2)
    await keep(bench, clock, gib=[5], quota_gib=None)

    await disk.take_reading(bench)
    clock.advance(timedelta(minutes=5))
    await disk.take_reading(bench)

    (task,) = await list_tasks(bench)
    assert (task.kind, task.site_id) == ("quota", site_id)
    assert task.detail == {"stored": 2.6, "quota": 2}
    assert task.settled_at is None


@pytest.mark.parametrize("relief", ("purged", "raised", "lifted"))
async def test_it_is_over_by_itself_when_less_is_stored_or_more_is_agreed(
    bench: Bench, clock: SetClock, relief: str
) -> None:
    site_id = await keep(bench, clock, gib=[1.5, 1.1], quota_gib=2)
    await disk.take_reading(bench)

    async with unit_of_work(bench.sessions) as session:
        if relief == "purged":
            await session.execute(update(Instance).values(purged_at=clock.instant))
        else:
            quota_gib = 3 if relief == "raised" else None
            await session.execute(
                update(Site).where(Site.id == site_id).values(quota_gib=quota_gib)
            )
    await disk.take_reading(bench)

    (task,) = await list_tasks(bench)
    assert (task.settled_by, task.outcome) == (None, "below_quota")
