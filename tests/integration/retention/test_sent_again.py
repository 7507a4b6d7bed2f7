"""A study sent again after its images went is recognised: nothing comes back, nobody is rung."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.cases.models import Case
from app.db.clock import SetClock
from app.db.session import Sessions
from app.intake.models import Study
from dicom_gateway.upkeep import verify
from scheduler.jobs import repeats, studies
from scheduler.jobs.retention import sweep
from tests.factories.dicom import iterate_ct_slices, make_ct_study
from tests.factories.kept import is_kept, list_files
from tests.factories.nights import Platform, open_platform


async def _open(sessions: Sessions, clock: SetClock, folder: Path) -> Platform:
    return await open_platform(sessions, data_dir=folder, clock=clock, reserve_bytes=0)


async def _count(platform: Platform) -> tuple[int, int]:
    """Count the studies and the cases."""
    async with platform.sessions() as session:
        found = [
            await session.scalar(select(func.count()).select_from(table)) for table in (Study, Case)
        ]
    return found[0] or 0, found[1] or 0


@pytest.mark.asyncio
@pytest.mark.parametrize("change", ["same bytes", "other bytes"])
async def test_what_comes_again_after_its_files_went_is_silent(
    sessions: Sessions, clock: SetClock, tmp_path: Path, change: str
) -> None:
    platform = await _open(sessions, clock, tmp_path / "data")
    images = list(iterate_ct_slices(make_ct_study(), slices=3))
    sent = await platform.send(images)
    await platform.read_and_deliver(sent)
    clock.advance(timedelta(days=16))
    await sweep(platform.bench)
    study = await platform.find_study(sent)
    assert not await is_kept(platform.bench, study.id)

    for each in images:
        # Other bytes of the same image: as from an archive that packs it anew.
        each.PixelData = each.PixelData if change == "same bytes" else each.PixelData[::-1]
    again = await platform.send(images)
    await repeats.run(platform.bench)
    await studies.run(platform.bench)

    assert again.statuses == (0, 0, 0)
    assert await _count(platform) == (1, 1)
    assert list_files(platform.bench.data_dir) == set()
    assert platform.spool.list_waiting() == []
    assert (await verify(sessions, spool=platform.spool)).is_sound
    platform.journal.close()
