"""The job opens handovers, and looks at them again in time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch.models import HandoverItem
from app.dispatch.repository.handover import add_handover, get_handover
from app.kit.interval import Interval
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from scheduler.jobs.handover import JOB
from tests.factories.bench import make_bench
from tests.factories.flow import offer_case, open_case
from tests.factories.relief import lay_relief

END = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.asyncio
async def test_what_nobody_accepts_is_told_to_the_coordinator_in_time(sessions: Sessions) -> None:
    clock = SetClock(END - 15 * MINUTE)
    bench = make_bench(sessions, clock)
    async with unit_of_work(sessions) as session:
        relief = await lay_relief(session, end=END)
        case_id = await open_case(relief.stage, at=END - 30 * MINUTE)
        await offer_case(relief.stage, case_id, at=END - 20 * MINUTE)

    await JOB.run(bench)
    while clock.instant < END - 4 * MINUTE:
        async with unit_of_work(sessions) as session:
            due = await JOB.find_next_due(session)
        assert due is not None
        assert clock.instant < due <= clock.instant + MINUTE
        clock.instant = due
        await JOB.run(bench)
        if due == END - 5 * MINUTE:
            break

    assert clock.instant == END - 5 * MINUTE
    async with unit_of_work(sessions) as session:
        (item,) = (await session.scalars(select(HandoverItem))).all()
        (task,) = await tasks.list_standing(session, TaskKind.HANDOVER_OPEN)
        assert item.state == "lapsed"
        assert task.detail["end"] == "08:00"
        assert task.radiologist_id == relief.coordinator.id


@pytest.mark.asyncio
async def test_a_handover_that_fails_keeps_no_other_waiting(sessions: Sessions) -> None:
    now = END - 15 * MINUTE
    bench = make_bench(sessions, SetClock(now))
    async with unit_of_work(sessions) as session:
        relief = await lay_relief(session, end=END)
        case_id = await open_case(relief.stage, at=END - 30 * MINUTE)
        await offer_case(relief.stage, case_id, at=END - 20 * MINUTE)
        stint = Interval(END - 600 * MINUTE, END)
        opened = [
            await add_handover(session, radiologist_id=each.id, stint=stint, now=now)
            for each in (relief.leaving, relief.replacing)
        ]
        failing, other = [each.id for each in opened if each is not None]
        # What it tells its coordinator cannot be written.
        await session.execute(
            text(
                "ALTER TABLE task ADD CONSTRAINT ck_task_of_test "
                f"CHECK (subject NOT LIKE 'handover:{failing}%')"
            )
        )
    try:
        await asyncio.wait_for(JOB.run(bench), 60)

        async with unit_of_work(sessions) as session:
            looked = await get_handover(session, other)
            assert looked.look_due_at is None or looked.look_due_at > now
            put_off = await get_handover(session, failing)
            assert put_off.look_due_at == now + MINUTE
    finally:
        async with unit_of_work(sessions) as session:
            await session.execute(text("ALTER TABLE task DROP CONSTRAINT ck_task_of_test"))
