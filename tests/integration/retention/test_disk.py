"""The disk is read every few minutes; people are told long before it is full."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.cases.domain.states import CaseState
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.retention.models import DiskReading
from app.store.room import Room
from app.tasks.models import Task
from scheduler.job import Bench
from scheduler.jobs import disk, retention
from tests.factories.kept import FILE_BYTES, keep_study, make_bench, set_own_stage

HOUR = timedelta(hours=1)


class SetRoom:
    """A disk whose free room is what the test says."""

    def __init__(self, *, total: int, free: int) -> None:
        self.room = Room(total_bytes=total, free_bytes=free)

    def measure(self, folder: Path) -> Room:
        del folder
        return self.room

    def set_free(self, free: int) -> None:
        """Change what is free."""
        self.room = Room(total_bytes=self.room.total_bytes, free_bytes=free)


@pytest.fixture
def room() -> SetRoom:
    return SetRoom(total=100 * FILE_BYTES, free=60 * FILE_BYTES)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path, room: SetRoom) -> Bench:
    return make_bench(sessions, data_dir=tmp_path, clock=clock, measure=room.measure)


async def _receive(bench: Bench, clock: SetClock, *, images: int, state: CaseState) -> None:
    async with unit_of_work(bench.sessions) as session:
        stage = await set_own_stage(session)
        await keep_study(
            stage, data_dir=bench.data_dir, at=clock.instant - HOUR, images=images, state=state
        )


async def _read_levels(bench: Bench) -> list[str]:
    async with bench.sessions() as session:
        return list(await session.scalars(select(DiskReading.level).order_by(DiskReading.id)))


async def _list_alarms(bench: Bench) -> list[Task]:
    async with bench.sessions() as session:
        return list(await session.scalars(select(Task).order_by(Task.id)))


@pytest.mark.asyncio
async def test_the_disk_is_read_every_five_minutes_and_a_sweep_follows_each_reading(
    bench: Bench, clock: SetClock
) -> None:
    for _ in range(11):
        await disk.run(bench)
        await retention.run(bench)
        clock.advance(timedelta(minutes=1))

    async with bench.sessions() as session:
        readings = list(await session.scalars(select(DiskReading).order_by(DiskReading.id)))
    assert len(readings) == 3
    assert all(each.swept_at == each.at for each in readings)
    assert {each.level for each in readings} == {"good"}


@pytest.mark.asyncio
async def test_a_disk_that_will_be_full_in_three_days_is_told_once_and_is_over_by_itself(
    bench: Bench, clock: SetClock, room: SetRoom
) -> None:
    # 21 files a day that nobody has read, and room for 60: two days and 20 hours.
    await _receive(bench, clock, images=21, state=CaseState.OPEN)
    await disk.take_reading(bench)
    clock.advance(timedelta(minutes=5))
    await disk.take_reading(bench)

    (task,) = await _list_alarms(bench)
    assert (task.kind, task.subject, task.site_id) == ("disk", "disk", None)
    assert task.detail["free_bytes"] == 60 * FILE_BYTES
    assert task.detail["full_at"].startswith("2026-11-23T")
    assert task.settled_at is None

    room.set_free(99 * FILE_BYTES)
    await disk.take_reading(bench)

    (task,) = await _list_alarms(bench)
    assert (task.settled_by, task.outcome) == (None, "enough_room")
    assert await _read_levels(bench) == ["alarm", "alarm", "good"]


@pytest.mark.asyncio
async def test_what_retention_will_free_in_time_is_no_alarm(bench: Bench, clock: SetClock) -> None:
    await _receive(bench, clock, images=21, state=CaseState.DELIVERED)

    await disk.take_reading(bench)

    assert await _read_levels(bench) == ["good"]
    assert await _list_alarms(bench) == []


@pytest.mark.asyncio
async def test_pressure_that_a_sweep_can_relieve_is_no_alarm(
    bench: Bench, clock: SetClock, room: SetRoom
) -> None:
    await _receive(bench, clock, images=10, state=CaseState.DELIVERED)
    clock.advance(timedelta(hours=30))
    room.set_free(15 * FILE_BYTES)

    await disk.take_reading(bench)

    assert await _read_levels(bench) == ["pressure"]


@pytest.mark.asyncio
async def test_pressure_that_no_sweep_can_relieve_is_an_alarm(
    bench: Bench, clock: SetClock, room: SetRoom
) -> None:
    await _receive(bench, clock, images=10, state=CaseState.SIGNED)
    clock.advance(timedelta(hours=30))
    room.set_free(15 * FILE_BYTES)

    await disk.take_reading(bench)

    assert await _read_levels(bench) == ["alarm"]
    assert len(await _list_alarms(bench)) == 1


@pytest.mark.asyncio
async def test_too_little_room_is_an_alarm_though_nothing_comes(
    bench: Bench, room: SetRoom
) -> None:
    room.set_free(9 * FILE_BYTES)

    await disk.take_reading(bench)

    assert await _read_levels(bench) == ["alarm"]
