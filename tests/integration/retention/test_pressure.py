"""While the disk is short of room, delivered images go early; what is needed stays all the same."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.cases.domain.states import CaseState
from app.db.clock import SetClock
from app.db.session import Sessions
from app.directory.domain.setting_keys import SettingKey
from app.intake.models import Study
from app.store.room import Room
from scheduler.job import Bench
from scheduler.jobs.retention import sweep
from tests.factories.kept import FILE_BYTES, is_kept, keep_one, make_bench, set_value_of

DAY = timedelta(days=1)


class SmallDisk:
    """A disk of a given size, on which only the images in a folder take room."""

    def __init__(self, total_bytes: int) -> None:
        self.total_bytes = total_bytes

    def measure(self, folder: Path) -> Room:
        used = sum(path.stat().st_size for path in (folder / "store").rglob("*.dcm"))
        return Room(total_bytes=self.total_bytes, free_bytes=max(0, self.total_bytes - used))


async def _keep_nights(bench: Bench, clock: SetClock, *, nights: int) -> list[Study]:
    studies = []
    for _ in range(nights):
        studies.append(await keep_one(bench, at=clock.instant))
        clock.advance(DAY)
    return studies


@pytest.mark.asyncio
async def test_under_pressure_the_oldest_go_early_until_there_is_room_again(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    # 8 nights of 2 files fill the disk to 80 %, 9 to 90 %: pressure begins below 20 % free.
    disk = SmallDisk(20 * FILE_BYTES)
    bench = make_bench(sessions, data_dir=tmp_path, clock=clock, measure=disk.measure)
    studies = await _keep_nights(bench, clock, nights=9)

    await sweep(bench)

    assert [await is_kept(bench, each.id) for each in studies] == [False] + [True] * 8


@pytest.mark.asyncio
async def test_under_pressure_nothing_goes_that_is_younger_than_the_least_age(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    disk = SmallDisk(4 * FILE_BYTES)
    bench = make_bench(sessions, data_dir=tmp_path, clock=clock, measure=disk.measure)
    await set_value_of(bench, SettingKey.RETENTION_LEAST_HOURS, 48)
    (study,) = await _keep_nights(bench, clock, nights=1)
    young = await keep_one(bench, at=clock.instant)
    clock.advance(DAY)
    await sweep(bench)
    assert await is_kept(bench, study.id)

    clock.advance(timedelta(hours=1))
    await sweep(bench)

    assert not await is_kept(bench, study.id)
    assert await is_kept(bench, young.id)


@pytest.mark.asyncio
async def test_under_pressure_what_must_stay_stays(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    disk = SmallDisk(1)
    bench = make_bench(sessions, data_dir=tmp_path, clock=clock, measure=disk.measure)
    unread = await keep_one(bench, at=clock.instant, state=CaseState.OPEN)
    signed = await keep_one(bench, at=clock.instant, state=CaseState.SIGNED)
    read = await keep_one(bench, at=clock.instant)
    clock.advance(3 * DAY)

    await sweep(bench)

    assert await is_kept(bench, unread.id)
    assert await is_kept(bench, signed.id)
    assert not await is_kept(bench, read.id)
