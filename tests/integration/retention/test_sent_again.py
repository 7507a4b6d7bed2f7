"""A study sent again after its images went is recognised: nothing comes back, nobody is rung."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.cases.models import Case
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM
from app.intake import service as intake
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study
from app.kit.errors import Conflict
from app.retention import service as retention
from dicom_gateway.upkeep import verify
from scheduler.jobs import repeats, studies
from scheduler.jobs.retention import sweep
from tests.factories.dicom import Patient, iterate_ct_slices, make_ct_study
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


@pytest.mark.asyncio
@pytest.mark.parametrize("change", ["same bytes", "other bytes"])
@pytest.mark.parametrize("removal", ["over", "cut off"])
async def test_what_no_reader_ever_saw_comes_back_when_it_is_sent_again(
    sessions: Sessions, clock: SetClock, tmp_path: Path, change: str, removal: str
) -> None:
    platform = await _open(sessions, clock, tmp_path / "data")
    phantom = Patient(name="FANTOME^EAU", patient_id="QC-SCANNER")
    images = list(iterate_ct_slices(make_ct_study(patient=phantom), slices=3))
    sent = await platform.send(images)
    clock.advance(timedelta(days=16))
    study = await platform.find_study(sent)
    if removal == "over":
        await sweep(platform.bench)
    else:
        async with unit_of_work(sessions) as session:
            assert await retention.purge(session, study.id, pressed=False, now=clock.instant)
    async with unit_of_work(sessions) as session:
        with pytest.raises(Conflict, match="removed"):
            await intake.reclass(
                session,
                study.id,
                intake_class=IntakeClass.CASE,
                actor=replace(SYSTEM, user_id=platform.reader.user_id),
                reason="a patient after all",
                now=clock.instant,
            )

    for each in images:
        each.PixelData = each.PixelData if change == "same bytes" else each.PixelData[::-1]
    await platform.send([*images, images[0]])
    await repeats.run(platform.bench)
    await sweep(platform.bench)

    assert len(list_files(platform.bench.data_dir)) == 3
    assert platform.spool.list_waiting() == []
    assert (await verify(sessions, spool=platform.spool)).is_sound
    assert await _count(platform) == (1, 0)
    platform.journal.close()
