"""How long reads take is worked out anew once a day, from what the timelines say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.dispatch import service
from app.dispatch.domain.transfers import MIB, Transfer
from app.dispatch.models import ReadTime, ReadTimeTable, TransferTime
from app.dispatch.repository import find_endpoints, read_times, transfers
from app.dispatch.service.read_times import find_next
from scheduler.job import Bench
from scheduler.jobs import read_times as job
from tests.factories.flow import open_case, sign_case
from tests.factories.kept import make_bench
from tests.factories.planning import PARIS
from tests.factories.stage import NIGHT, Stage, add_radiologist, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    return make_bench(sessions, data_dir=tmp_path, clock=clock)


async def list_tables(session: AsyncSession) -> list[ReadTimeTable]:
    return list(await session.scalars(select(ReadTimeTable).order_by(ReadTimeTable.id)))


@pytest.mark.asyncio
async def test_a_table_is_made_at_once_then_each_morning_and_by_one_only(
    bench: Bench, clock: SetClock
) -> None:
    clock.instant = NIGHT
    await job.run(bench)
    await job.run(bench)
    clock.instant = NIGHT + timedelta(hours=11, minutes=1)
    await job.run(bench)
    clock.instant = NIGHT + timedelta(hours=30)
    await job.run(bench)

    async with unit_of_work(bench.sessions) as session:
        first, second = await list_tables(session)
        assert first.next_due_at == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        assert second.next_due_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        assert await job.JOB.find_next_due(session) == second.next_due_at


@pytest.mark.parametrize(
    ("made_at", "next_at"),
    [
        (datetime(2026, 3, 28, 7, 59, tzinfo=UTC), datetime(2026, 3, 28, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 8, 0, tzinfo=UTC), datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 7, 0, tzinfo=UTC), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
    ],
)
def test_the_next_is_due_at_nine_on_the_wall_also_when_the_clocks_change(
    made_at: datetime, next_at: datetime
) -> None:
    assert find_next(made_at, zone=PARIS) == next_at


async def read_one(stage: Stage, *, actor: object, minutes: int, at: datetime) -> int:
    """Let a case be claimed, and signed so many minutes later."""
    case_id = await open_case(stage, at=at)
    await service.nominate(stage.session, case_id, cause="due", now=at)
    await service.claim(stage.session, case_id=case_id, actor=actor, now=at)  # type: ignore[arg-type]
    await sign_case(
        stage,
        case_id,
        actor=actor,  # type: ignore[arg-type]
        instances=2,
        at=at + (minutes - 1) * MINUTE,
    )
    return case_id


@pytest.mark.asyncio
async def test_reads_count_from_the_last_claim_without_pauses_and_within_the_window(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    other, second = await add_radiologist(stage)
    for each in (reader, other):
        await put_on_guard(stage, each)
    await read_one(stage, actor=actor, minutes=9, at=NIGHT)
    aside = await open_case(stage, at=NIGHT)
    await service.claim(session, case_id=aside, actor=second, now=NIGHT)
    await service.put_aside(session, case_id=aside, actor=second, now=NIGHT + 4 * MINUTE)
    await service.resume(session, case_id=aside, actor=second, now=NIGHT + 10 * MINUTE)
    await sign_case(stage, aside, actor=second, instances=2, at=NIGHT + 12 * MINUTE)
    given = await open_case(stage, at=NIGHT)
    await service.claim(session, case_id=given, actor=actor, now=NIGHT + 15 * MINUTE)
    await service.release(
        session, case_id=given, actor=actor, reason="neuro", now=NIGHT + 20 * MINUTE
    )
    await service.claim(session, case_id=given, actor=second, now=NIGHT + 25 * MINUTE)
    await sign_case(stage, given, actor=second, instances=2, at=NIGHT + 30 * MINUTE)

    reads = await read_times.list_reads(session, since=NIGHT, until=NIGHT + 60 * MINUTE)

    assert sorted((each.radiologist_id, each.minutes) for each in reads) == [
        (reader.id, 9.0),
        (other.id, 6.0),
        (other.id, 7.0),
    ]
    since = NIGHT + 20 * MINUTE
    (late,) = await read_times.list_reads(session, since=since, until=NIGHT + 60 * MINUTE)
    assert late.minutes == 6.0


@pytest.mark.asyncio
async def test_the_table_has_a_row_for_all_and_one_for_each_reader_and_times_of_nodes(
    bench: Bench, clock: SetClock
) -> None:
    async with unit_of_work(bench.sessions) as session:
        stage = await set_stage(session)
        reader, actor = await add_radiologist(stage)
        await put_on_guard(stage, reader)
        await read_one(stage, actor=actor, minutes=9, at=NIGHT)
        node = (await find_endpoints(session, [reader.id]))[reader.id]
        assert node is not None
        transfer = Transfer(node, 100 * MIB, 30 * timedelta(seconds=1))
        await transfers.add_transfers(session, [transfer], now=NIGHT + MINUTE)
        reader_id = reader.id
    clock.instant = NIGHT + timedelta(hours=2)

    await job.run(bench)

    async with unit_of_work(bench.sessions) as session:
        (table,) = await list_tables(session)
        rows = (await session.scalars(select(ReadTime).order_by(ReadTime.id))).all()
        nodes = (await session.scalars(select(TransferTime))).all()
    assert table.read_count == 1
    shared = round((9 + 20 * 16.05) / 21, 2)
    own = round((9 + 10 * shared) / 11, 2)
    assert [(row.modality, row.region, row.radiologist_id, row.minutes) for row in rows] == [
        ("CT", "head", None, shared),
        ("CT", "head", reader_id, own),
    ]
    assert [(each.endpoint_id, each.seconds, each.transfer_count) for each in nodes] == [
        (node, 0.2, 1)
    ]
