"""Compares images that came again under a known UID with other bytes."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.db.notify import WORK, notify
from app.intake import service as intake
from app.intake.domain.ports import Pair
from app.intake.domain.repeats import Repeat
from app.intake.events import RepeatSettled
from app.intake.repository.repeats import RepeatFound
from app.store.files import remove
from app.store.layout import Layout
from scheduler.job import Bench, Job, name_no_instant

_log = structlog.get_logger(__name__)
_BATCH = 20


async def run(bench: Bench) -> None:
    """Compare all that waits: outside any transaction, then settle each in one of its own."""
    failed: set[int] = set()
    while True:
        batch = await bench.transact(
            lambda session, _now: intake.find_repeats(
                session, limit=_BATCH, without=frozenset(failed)
            )
        )
        if not batch:
            return
        for found, same in zip(batch, await _compare(bench, batch), strict=True):
            if not await _settle(bench, found, same_content=same):
                failed.add(found.instance_id)


async def _compare(bench: Bench, batch: Sequence[RepeatFound]) -> list[bool]:
    layout = Layout(bench.data_dir)
    owned = [
        (number, pair)
        for number, found in enumerate(batch)
        for pair in _list_pairs(found, layout=layout)
    ]
    answers = await bench.comparer.are_same([pair for _, pair in owned]) if owned else []
    same = {owner for (owner, _), answer in zip(owned, answers, strict=True) if answer}
    return [number in same or _cannot_differ(found) for number, found in enumerate(batch)]


def _list_pairs(found: RepeatFound, *, layout: Layout) -> list[Pair]:
    mine = layout.find_arrival(found.arrival_id)
    earlier = [layout.find_arrival(each.arrival_id) for each in found.earlier if not each.is_gone]
    return [(mine, theirs) for theirs in earlier if mine is not None and theirs is not None]


def _cannot_differ(found: RepeatFound) -> bool:
    # What was given up on purpose is known by its UID alone. A file that was lost by accident is
    # no reason to lose the next one too, nor is one of several that went.
    return bool(found.earlier) and all(each.is_gone for each in found.earlier)


async def _settle(bench: Bench, found: RepeatFound, *, same_content: bool) -> bool:
    settled: list[RepeatSettled] = []

    async def work(session: AsyncSession, now: datetime) -> bool:
        settled.clear()
        return await succeeds(session, partial(decide, session, now), instance=found.instance_id)

    async def decide(session: AsyncSession, now: datetime) -> None:
        event = await intake.settle_repeat(
            session,
            found,
            same_content=same_content,
            waits=intake.read_waits(bench.settings),
            now=now,
        )
        if event is not None:
            settled.append(event)
            await notify(session, channel=WORK, payload="studies")

    if not await bench.transact(work):
        return False
    for event in settled:
        _log.info("repeat_settled", instance=event.instance_id, repeat=event.repeat.value)
        if event.repeat is Repeat.SAME:
            await _remove(bench, event)
    return True


async def _remove(bench: Bench, event: RepeatSettled) -> None:
    layout = Layout(bench.data_dir)
    # The index may be moving it from the first to the second.
    places = [layout.incoming_path(event.arrival_id), layout.stored_path(event.arrival_id)]
    await asyncio.to_thread(remove, places)
    await bench.transact(
        lambda session, _now: intake.note_repeat_removed(session, event.instance_id)
    )


# The index wakes it, and a failed one waits for a tick.
JOB = Job(name="repeats", run=run, find_next_due=name_no_instant)
