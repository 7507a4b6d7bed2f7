"""Nights on small disks: thirty on one that holds twenty, and one on a disk that holds half of it.

The disk is a file system of its own, so that "full" is the kernel's word; everything is real but
the clock and the hospital's node: reception, spool, index, cases, documents, deliveries, sweeps.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from app.cases.models import Case
from app.db.clock import SetClock
from app.db.session import Sessions
from app.intake.models import Instance
from app.retention import service as retention
from app.tasks.models import Task
from dicom_gateway.upkeep import verify
from scheduler.jobs.disk import take_reading
from scheduler.jobs.retention import sweep
from tests.factories.kept import list_files, list_instances
from tests.factories.nights import (
    Platform,
    Sent,
    mount_small_disk,
    open_platform,
)

pytestmark = [pytest.mark.asyncio, pytest.mark.root]

MEGABYTE = 1 << 20
DAY = timedelta(days=1)
IMAGES = 8
"""Of 128 kB each: a night of 1 MB, and the documents of its report."""


async def _open(
    sessions: Sessions, clock: SetClock, folder: Path, *, size_bytes: int
) -> AsyncIterator[Platform]:
    with mount_small_disk(folder, size_bytes=size_bytes) as disk:
        platform = await open_platform(sessions, data_dir=disk, clock=clock, reserve_bytes=MEGABYTE)
        yield platform
        platform.journal.close()


@pytest_asyncio.fixture
async def twenty_nights(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> AsyncIterator[Platform]:
    """Give a platform whose disk holds twenty nights."""
    async for platform in _open(sessions, clock, tmp_path / "disk", size_bytes=22 * MEGABYTE):
        yield platform


@pytest_asyncio.fixture
async def half_a_night(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> AsyncIterator[Platform]:
    """Give a platform whose disk holds half of what one night brings."""
    async for platform in _open(sessions, clock, tmp_path / "disk", size_bytes=11 * MEGABYTE):
        yield platform


async def _is_kept(platform: Platform, sent: Sent) -> bool:
    study = await platform.find_study(sent)
    files = list_files(platform.bench.data_dir)
    async with platform.sessions() as session:
        instances = await list_instances(session, study.id)
    kept = {each.purged_at is None for each in instances}
    assert kept == {str(each.arrival_id) in files for each in instances}
    return kept == {True}


async def _count_alarms(platform: Platform) -> int:
    async with platform.sessions() as session:
        return (
            await session.scalar(select(func.count()).select_from(Task).where(Task.kind == "disk"))
            or 0
        )


async def test_thirty_nights_are_accepted_on_a_disk_that_holds_twenty(
    twenty_nights: Platform,
) -> None:
    platform = twenty_nights
    read, unread = [], []
    for night in range(30):
        sent = await platform.receive(images=IMAGES)
        assert set(sent.statuses) == {0}
        if night in {2, 11}:
            unread.append(sent)
        else:
            await platform.read_and_deliver(sent)
            read.append(sent)
        await take_reading(platform.bench)
        await sweep(platform.bench)
        platform.clock.advance(DAY)

    async with platform.sessions() as session:
        received = await session.scalar(select(func.sum(Instance.size_bytes)))
        reading = await retention.find_latest(session)
        states = dict(
            (await session.execute(select(Case.state, func.count()).group_by(Case.state))).all()
        )
    assert reading is not None
    # They would not have fitted: thirty nights are more than the whole disk.
    assert received is not None
    assert received > 1.2 * reading.total_bytes
    # Nothing open was lost, everything read was delivered, and the youngest are all there.
    assert all([await _is_kept(platform, each) for each in unread])
    assert states["delivered"] == len(read)
    assert all([await _is_kept(platform, each) for each in read[-10:]])
    assert not await _is_kept(platform, read[0])
    assert (await verify(platform.sessions, spool=platform.spool)).is_sound
    # Retention keeps up: nobody is woken.
    assert await _count_alarms(platform) == 0


async def test_a_disk_that_holds_half_a_night_refuses_what_it_cannot_keep_and_rings_long_before(
    half_a_night: Platform,
) -> None:
    platform = half_a_night
    sent: list[Sent] = []
    rang_at: int | None = None
    for number in range(20):
        sent.append(await platform.receive(images=IMAGES))
        await take_reading(platform.bench)
        await sweep(platform.bench)
        if rang_at is None and await _count_alarms(platform):
            rang_at = number
        platform.clock.advance(timedelta(minutes=30))

    statuses = [status for each in sent for status in each.statuses]
    first_refused = next(number for number, each in enumerate(sent) if not each.statuses)
    # It is refused at its association, and never in the middle of a study.
    assert set(statuses) == {0}
    assert {len(each.statuses) for each in sent} == {IMAGES, 0}
    assert 7 <= first_refused <= 10
    # At least two studies before the first refusal.
    assert rang_at is not None
    assert rang_at + 2 <= first_refused
    # Every image that was accepted is there, and no other.
    checked = await verify(platform.sessions, spool=platform.spool)
    assert checked.is_sound
    assert checked.checked == statuses.count(0)
    # What was refused may come again once there is room: nothing of it was kept.
    assert not list(platform.spool.layout.incoming.glob(".*"))
