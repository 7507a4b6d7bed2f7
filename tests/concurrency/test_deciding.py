"""Only one decides at a time."""

import asyncio
from datetime import timedelta

import pytest

from app import pipeline
from app.cases import repository as cases
from app.db.locks import limit_waits, try_lock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Role
from app.dispatch.repository import list_decisions, list_nominees, surge
from app.pipeline.surges import backup_called
from app.planning.domain.seats import GuardLine
from app.planning.events import PlanningPublished
from app.settings import read_settings
from tests.factories.flow import decide_due, offer_case, open_case
from tests.factories.relief import give_seat
from tests.factories.rings import wait_for_waiter
from tests.factories.stage import (
    NIGHT,
    add_radiologist,
    add_study,
    add_user,
    put_on_guard,
    set_stage,
)


@pytest.mark.asyncio
async def test_a_case_opened_while_another_decides_is_left_to_the_next_decision(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        reader, _ = await add_radiologist(stage)
        await put_on_guard(stage, reader)
        study = await add_study(stage, called_ae_title="ASTREINTE_P1")

    async with unit_of_work(sessions) as deciding:
        assert await try_lock(deciding, pipeline.DECIDING)
        async with unit_of_work(sessions) as session:
            own = await session.merge(study)
            settings = read_settings({})
            case_id = await pipeline.images_arrived(session, own, settings=settings, now=NIGHT)
            assert case_id is not None
            await pipeline.offer_at_once(session, case_id, now=NIGHT)
            assert (await cases.get_case(session, case_id)).state == "open"

    async with unit_of_work(sessions) as session:
        assert await pipeline.case_due(session, case_id, now=NIGHT)


@pytest.mark.asyncio
async def test_who_waits_while_another_decides_reads_the_instant_after_it(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        reader, _ = await add_radiologist(stage)
        seat = await put_on_guard(stage, reader)
        case_id = await open_case(stage, urgent=True)
        await offer_case(stage, case_id, at=NIGHT)
        await give_seat(stage, seat, None, at=NIGHT)
    event = PlanningPublished(
        planning_id=stage.planning.id,
        revision_id=stage.revision.id,
        number=2,
        at=NIGHT,
        seat_ids=frozenset({seat.id}),
        radiologist_ids=frozenset({reader.id}),
        concerns_now=True,
    )

    async def publish() -> None:
        async with unit_of_work(sessions) as session:
            await pipeline.planning_published(session, event)

    async with unit_of_work(sessions) as deciding:
        assert await try_lock(deciding, pipeline.DECIDING)
        published = asyncio.create_task(publish())
        await wait_for_waiter(sessions)
    await published

    async with sessions() as session:
        due = (await cases.get_case(session, case_id)).dispatch_due_at
    assert due is not None
    assert due > NIGHT


@pytest.mark.asyncio
async def test_a_call_of_the_backup_line_that_waited_is_as_late_as_it_was(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        backup, _ = await add_radiologist(stage)
        await put_on_guard(stage, backup, line=GuardLine.BACKUP)
        coordinator = await add_user(stage, role=Role.COORDINATOR)
        await surge.begin(session, causes=["quarter"], detail={}, now=NIGHT)

    async def call() -> None:
        async with unit_of_work(sessions) as session:
            await backup_called(session, actor=coordinator, now=NIGHT)

    async with unit_of_work(sessions) as deciding:
        assert await try_lock(deciding, pipeline.DECIDING)
        called = asyncio.create_task(call())
        await wait_for_waiter(sessions)
    await called

    async with sessions() as session:
        standing = await surge.find_standing(session)
    assert standing is not None
    assert standing.called_at is not None
    assert standing.called_at > NIGHT


@pytest.mark.asyncio
async def test_a_call_of_the_backup_line_passes_a_case_that_somebody_has_in_hand(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        reader, _ = await add_radiologist(stage)
        backup, _ = await add_radiologist(stage)
        await put_on_guard(stage, reader)
        await put_on_guard(stage, backup, line=GuardLine.BACKUP)
        coordinator = await add_user(stage, role=Role.COORDINATOR)
        first, second = [await open_case(stage, at=NIGHT) for _ in range(2)]
        await surge.begin(session, causes=["quarter"], detail={}, now=NIGHT)

    async with unit_of_work(sessions) as claiming:
        await cases.lock_case(claiming, first)
        async with unit_of_work(sessions) as session:
            await limit_waits(session, timedelta(seconds=1))
            await backup_called(session, actor=coordinator, now=NIGHT)

    async with sessions() as session:
        assert backup.id not in await list_nominees(session, first)
        assert backup.id in await list_nominees(session, second)


@pytest.mark.asyncio
async def test_a_case_given_back_while_another_decides_is_decided_later_for_that_reason(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        (reader, actor), (other, _) = [await add_radiologist(stage) for _ in range(2)]
        await put_on_guard(stage, reader)
        await put_on_guard(stage, other)
        case_id = await open_case(stage, urgent=True)
        await offer_case(stage, case_id, at=NIGHT)
        await pipeline.claim(session, case_id, actor=actor, now=NIGHT)

    async with unit_of_work(sessions) as deciding:
        assert await try_lock(deciding, pipeline.DECIDING)
        async with unit_of_work(sessions) as session:
            await pipeline.release(session, case_id, actor=actor, reason="ill", now=NIGHT)
    async with unit_of_work(sessions) as session:
        await decide_due(session, now=NIGHT)

    async with sessions() as session:
        decisions = await list_decisions(session, case_id)
    assert [each.cause for each in decisions] == ["due", "released"]
