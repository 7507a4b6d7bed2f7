"""Removes images whose time is over; under pressure, delivered ones go before it.

A sweep follows each reading of the disk. It works study by study and rests in between, so that
reception has the disk for at least half of the time.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import structlog

from app.kit.clock import read_monotonic_s
from app.retention import service as retention
from app.retention.repository.files import GivenUp
from app.retention.repository.stays import Cursor
from app.retention.service import Page
from app.store.files import remove, sync_folder
from app.store.layout import Layout
from scheduler.job import Bench, Job, name_no_instant
from scheduler.jobs.disk import measure

_log = structlog.get_logger(__name__)


async def run(bench: Bench) -> None:
    """Sweep, if a reading of the disk asks for it."""
    if await bench.transact(lambda session, now: retention.begin_sweep(session, now=now)):
        await sweep(bench)


async def sweep(bench: Bench) -> None:
    """Remove what an interrupted sweep left, what is old enough, and more while room is short."""
    await finish_interrupted(bench)
    async for study_id in _find_due(bench, pressed=False):
        await _purge(bench, study_id, pressed=False)
    if not await _is_pressed(bench):
        return
    async for study_id in _find_due(bench, pressed=True):
        await _purge(bench, study_id, pressed=True)
        if not await _is_pressed(bench):
            return


async def finish_interrupted(bench: Bench) -> None:
    """Remove files whose rows say already that they are gone."""
    while left := await bench.transact(lambda session, _: retention.list_left(session)):
        _log.info("removal_resumed", files=len(left))
        await _remove(bench, left)


async def _is_pressed(bench: Bench) -> bool:
    disk = await measure(bench)
    marks = await bench.transact(lambda session, _: retention.read_marks(session))
    return disk.lacks(marks.pressure_percent) > 0


async def _find_due(bench: Bench, *, pressed: bool) -> AsyncIterator[int]:
    after = None
    while True:
        page = await _find_page(bench, after=after, pressed=pressed)
        for study_id in page.study_ids:
            yield study_id
        if page.rest is None:
            return
        after = page.rest


async def _find_page(bench: Bench, *, after: Cursor | None, pressed: bool) -> Page:
    return await bench.transact(
        lambda session, now: retention.find_due(session, after=after, pressed=pressed, now=now)
    )


async def _purge(bench: Bench, study_id: int, *, pressed: bool) -> None:
    began_s = read_monotonic_s()

    given_up = await bench.transact(
        lambda session, now: retention.purge(session, study_id, pressed=pressed, now=now)
    )
    if not given_up:
        return
    await _remove(bench, given_up)
    size = sum(each.size_bytes for each in given_up)
    _log.info("study_purged", study=study_id, files=len(given_up), bytes=size, early=pressed)
    await asyncio.sleep(read_monotonic_s() - began_s)


async def _remove(bench: Bench, given_up: Sequence[GivenUp]) -> None:
    await asyncio.to_thread(_remove_files, Layout(bench.data_dir), given_up)
    ids = [each.instance_id for each in given_up]
    await bench.transact(lambda session, _: retention.note_removed(session, ids))


def _remove_files(layout: Layout, given_up: Sequence[GivenUp]) -> None:
    paths = [path for each in given_up for path in _places(layout, each)]
    remove(paths)
    for folder in {path.parent for path in paths}:
        if folder.is_dir():
            sync_folder(folder)


def _places(layout: Layout, file: GivenUp) -> tuple[Path, ...]:
    """Name all places of a file; where it waited for the index, too: its move may have failed."""
    # Where it comes from first: the index may be moving it from there.
    return (
        layout.incoming_path(file.arrival_id),
        layout.data_dir / file.path,
        layout.stored_path(file.arrival_id),
    )


# A reading of the disk wakes the sweep.
JOB = Job(name="retention", run=run, find_next_due=name_no_instant)
