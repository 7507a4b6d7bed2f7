"""A surge: seen, told once, the backup line called, over by itself."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.models import Case
from app.directory.domain import Role
from app.directory.domain.actor import Scope
from app.dispatch import repository
from app.dispatch.domain.policy import DEFAULTS
from app.dispatch.domain.policy.stored import read_readers
from app.dispatch.domain.surge import CALM_FOR, FEWEST, SurgeMove
from app.dispatch.models import Decision, PageStream, Surge, WebProcess
from app.dispatch.repository.surge import find_hours
from app.dispatch.service import surge
from app.dispatch.service.parameters import Tried, set_parameters
from app.pipeline.surges import backup_called
from app.planning.domain.seats import GuardLine
from app.planning.models import Calibration
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.worklist.queries.board import load_board_of_cases
from app.worklist.queries.row_book import RowBook
from tests.factories.flow import offer_case, open_case
from tests.factories.relief import give_seat
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_user, put_on_guard, set_stage

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)


async def receive_many(stage: Stage, count: int, *, at: datetime = NIGHT) -> list[int]:
    return [await open_case(stage, at=at - MINUTE) for _ in range(count)]


async def look(session: AsyncSession, now: datetime) -> SurgeMove | None:
    return await surge.look_if_due(session, zone=PARIS, now=now)


async def count_told(session: AsyncSession, kind: TaskKind) -> int:
    return len(await tasks.list_standing(session, kind))


@pytest.mark.asyncio
async def test_a_burst_is_told_once_and_ends_by_itself(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    assert await look(session, NIGHT) is SurgeMove.NOTHING
    await receive_many(stage, FEWEST + 1, at=NIGHT + 2 * MINUTE)

    assert await look(session, NIGHT + 2 * MINUTE) is SurgeMove.BEGIN
    assert await look(session, NIGHT + 3 * MINUTE) is SurgeMove.GO_ON
    assert await count_told(session, TaskKind.SURGE) == 1
    after = NIGHT + 20 * MINUTE
    assert await look(session, after) is SurgeMove.CALM
    assert await look(session, after + CALM_FOR) is SurgeMove.END

    assert await count_told(session, TaskKind.SURGE) == 0
    row = (await session.scalars(select(Surge))).one()
    await session.refresh(row)
    assert (row.began_at, row.ended_at) == (NIGHT + 2 * MINUTE, after + CALM_FOR)
    assert row.causes == ["quarter"]
    assert row.detail["quarter"] == FEWEST + 1


@pytest.mark.asyncio
async def test_what_is_planned_for_is_what_the_latest_arrivals_say(session: AsyncSession) -> None:
    assert await find_hours(session) == []

    for last_year, rate in ((2025, 4.0), (2026, 5.0), (2026, 6.0), (2023, 90.0)):
        session.add(
            Calibration(
                state="done",
                period=Range(date(last_year, 1, 1), date(last_year, 12, 31)),
                request={},
                result={"hours": [{"day": "working", "hour": 3, "rate": rate}]},
                requested_at=NIGHT,
            )
        )
        await session.flush()

    (hour,) = await find_hours(session)
    assert hour["rate"] == 6.0


@pytest.mark.asyncio
async def test_nobody_reads_more_in_an_hour_than_the_group_allows(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    admin = await add_user(stage, role=Role.GCS_ADMIN)
    tried = Tried(replace(DEFAULTS, hourly_cap=1), (), None)
    await set_parameters(session, tried, note="", actor=admin, now=NIGHT - MINUTE)
    case = await open_case(stage, at=NIGHT - MINUTE, urgent=True)
    await offer_case(stage, case, at=NIGHT - MINUTE)
    await pipeline.claim(session, case, actor=actor, now=NIGHT)

    assert await look(session, NIGHT) is SurgeMove.BEGIN

    assert await session.scalar(select(Surge.causes)) == ["all_capped"]
    scope = Scope(everything=True)
    board = await load_board_of_cases(
        session, book=RowBook(), scope=scope, radiologist_ids=[reader.id], now=NIGHT
    )
    assert [(each.hourly_cap, each.is_capped) for each in board.loads] == [(1, True)]


@pytest.mark.asyncio
async def test_what_may_wait_until_tomorrow_is_no_surge(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    cases = await receive_many(stage, FEWEST + 1)
    await session.execute(update(Case).where(Case.id == cases[0]).values(priority="P4"))

    assert await look(session, NIGHT) is SurgeMove.NOTHING

    await session.execute(update(Case).where(Case.id == cases[0]).values(priority="P3"))
    assert await look(session, NIGHT + MINUTE) is SurgeMove.BEGIN


@pytest.mark.asyncio
async def test_between_two_looks_lies_a_minute_whatever_clock_was_set_back(
    session: AsyncSession,
) -> None:
    assert await look(session, NIGHT) is SurgeMove.NOTHING
    assert await look(session, NIGHT + 59 * timedelta(seconds=1)) is None
    assert await surge.find_next_look(session) == NIGHT + MINUTE
    assert await look(session, NIGHT - 10 * MINUTE) is SurgeMove.NOTHING


@pytest.mark.asyncio
async def test_a_scheduler_whose_clock_is_a_little_behind_does_not_look_again(
    session: AsyncSession,
) -> None:
    assert await look(session, NIGHT) is SurgeMove.NOTHING
    assert await look(session, NIGHT - timedelta(milliseconds=5)) is None
    assert await surge.find_next_look(session) == NIGHT + MINUTE


@pytest.mark.asyncio
async def test_the_backup_line_is_called_for_one_case_and_once(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    backup, _ = await add_radiologist(stage)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    await put_on_guard(stage, backup, line=GuardLine.BACKUP)
    cases = await receive_many(stage, FEWEST + 1)
    await look(session, NIGHT)

    assert await backup_called(session, actor=coordinator, now=NIGHT) == 1

    asked = [case for case in cases if backup.id in await repository.list_nominees(session, case)]
    assert asked == [cases[0]]
    (told,) = await tasks.list_standing(session, TaskKind.CALLED_IN)
    assert told.radiologist_id == backup.id
    assert await count_told(session, TaskKind.SURGE) == 0
    with pytest.raises(surge.NoSurge):
        await backup_called(session, actor=coordinator, now=NIGHT + MINUTE)


@pytest.mark.asyncio
async def test_a_case_that_none_of_the_called_is_asked_to_read_keeps_its_steps(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    backup, _ = await add_radiologist(stage, may_read=False)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    await put_on_guard(stage, backup, line=GuardLine.BACKUP)
    cases = await receive_many(stage, FEWEST + 1)
    await look(session, NIGHT)

    assert await backup_called(session, actor=coordinator, now=NIGHT) == 1

    steps = await session.scalars(select(Case.step).where(Case.id.in_(cases)))
    assert set(steps) == {0}
    assert await count_told(session, TaskKind.CALLED_IN) == 1


@pytest.mark.asyncio
async def test_who_was_called_is_no_longer_asked_once_their_guard_is_over(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    backup, _ = await add_radiologist(stage)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    seat = await put_on_guard(stage, backup, line=GuardLine.BACKUP)
    await receive_many(stage, FEWEST + 1)
    await look(session, NIGHT)
    await backup_called(session, actor=coordinator, now=NIGHT)
    await look(session, NIGHT + MINUTE)
    assert await count_told(session, TaskKind.CALLED_IN) == 1

    await give_seat(stage, seat, None, at=NIGHT + 2 * MINUTE)
    await look(session, NIGHT + 3 * MINUTE)

    assert await count_told(session, TaskKind.CALLED_IN) == 0
    assert await count_told(session, TaskKind.SURGE) == 0


@pytest.mark.asyncio
async def test_without_a_surge_nobody_is_called(session: AsyncSession) -> None:
    stage = await set_stage(session)
    coordinator = await add_user(stage, role=Role.COORDINATOR)

    with pytest.raises(surge.NoSurge):
        await backup_called(session, actor=coordinator, now=NIGHT)


@pytest.mark.asyncio
async def test_who_was_called_and_has_come_reads_as_the_first_line_until_it_is_over(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    backup, _ = await add_radiologist(stage)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    await put_on_guard(stage, backup, line=GuardLine.BACKUP)
    await receive_many(stage, FEWEST + 1)
    await look(session, NIGHT)
    await backup_called(session, actor=coordinator, now=NIGHT)
    assert await surge.list_come(session, [backup.id], now=NIGHT) == set()
    await open_page(session, backup.id, at=NIGHT)

    assert await surge.list_come(session, [reader.id, backup.id], now=NIGHT) == {backup.id}
    later = await open_case(stage, at=NIGHT + MINUTE, urgent=True)
    await offer_case(stage, later, at=NIGHT + MINUTE)
    assert await find_lines(session, later) == {reader.id: "first", backup.id: "first"}
    await look(session, NIGHT + MINUTE)
    assert await count_told(session, TaskKind.CALLED_IN) == 0

    await look(session, NIGHT + 30 * MINUTE)
    assert await look(session, NIGHT + 50 * MINUTE) is SurgeMove.END
    assert await surge.list_come(session, [backup.id], now=NIGHT + MINUTE) == set()


async def open_page(session: AsyncSession, radiologist_id: int, *, at: datetime) -> None:
    process = WebProcess(started_at=at, beat_at=at)
    session.add(process)
    await session.flush()
    session.add(
        PageStream(process_id=process.id, number=1, radiologist_id=radiologist_id, opened_at=at)
    )
    await session.flush()


async def find_lines(session: AsyncSession, case_id: int) -> dict[int, str]:
    decision = (
        await session.scalars(
            select(Decision).where(Decision.case_id == case_id).order_by(Decision.id).limit(1)
        )
    ).one()
    return {each.radiologist_id: each.line for each in read_readers(decision.inputs["readers"])}
