"""Two who accept, refuse or look at the same moment at one thing that is handed over."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.session import Sessions, run_unit_of_work, unit_of_work
from app.dispatch import repository as offers
from app.dispatch.domain.handover import ItemRefused
from app.dispatch.models import Handover, HandoverItem
from app.dispatch.service import handover as service
from app.dispatch.service import handover_answers as answers
from app.kit.errors import AppError
from app.pipeline.handing_over import accept_item
from tests.factories.flow import offer_case, open_case
from tests.factories.relief import Relief, lay_relief

END = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOW = END - 10 * MINUTE


async def lay_item(sessions: Sessions) -> tuple[Relief, int]:
    """Commit a case that is handed over to the one who comes."""
    async with unit_of_work(sessions) as session:
        relief = await lay_relief(session, end=END)
        case_id = await open_case(relief.stage, at=END - 30 * MINUTE)
        await offer_case(relief.stage, case_id, at=END - 20 * MINUTE)
    await look(sessions, END - 15 * MINUTE)
    async with unit_of_work(sessions) as session:
        (item,) = (await session.scalars(select(HandoverItem))).all()
        return relief, item.id


async def look(sessions: Sessions, now: datetime) -> bool:
    async def work(session: AsyncSession) -> bool:
        await service.open_all(session, now=now)
        return await service.look_next(session, now=now, zone=ZoneInfo("Europe/Paris"))

    return await run_unit_of_work(sessions, work)


async def attempt(sessions: Sessions, work: Callable[[AsyncSession], Awaitable[object]]) -> str:
    try:
        await run_unit_of_work(sessions, work)
    except AppError as error:
        return type(error).__name__
    return "done"


async def list_rows(sessions: Sessions) -> list[HandoverItem]:
    async with unit_of_work(sessions) as session:
        return list(await session.scalars(select(HandoverItem).order_by(HandoverItem.id)))


@pytest.mark.asyncio
async def test_two_who_accept_the_same_thing_at_once_take_it_once(sessions: Sessions) -> None:
    relief, item_id = await lay_item(sessions)

    results = await asyncio.gather(
        *(
            attempt(
                sessions,
                lambda session: accept_item(session, item_id, actor=relief.coming_actor, now=NOW),
            )
            for _ in range(4)
        )
    )

    assert sorted(results) == ["ItemRefused"] * 3 + ["done"]
    (row,) = await list_rows(sessions)
    assert row.state == "accepted"
    async with unit_of_work(sessions) as session:
        assert await offers.list_nominees(session, row.case_id) == {relief.coming.id}


@pytest.mark.asyncio
async def test_an_acceptance_and_an_offer_to_another_leave_one_owner(sessions: Sessions) -> None:
    relief, item_id = await lay_item(sessions)

    results = await asyncio.gather(
        attempt(
            sessions,
            lambda session: accept_item(session, item_id, actor=relief.coming_actor, now=NOW),
        ),
        attempt(
            sessions,
            lambda session: answers.offer(
                session,
                item_id,
                to_radiologist_id=relief.staying.id,
                actor=relief.leaving_actor,
                now=NOW,
            ),
        ),
    )

    assert sorted(results) == [ItemRefused.__name__, "done"]
    current = [each for each in await list_rows(sessions) if each.superseded_at is None]
    assert [each.state for each in current] in (["accepted"], ["offered"])


@pytest.mark.asyncio
async def test_an_acceptance_while_schedulers_let_it_lapse_is_kept(sessions: Sessions) -> None:
    relief, item_id = await lay_item(sessions)
    now = END - 5 * MINUTE

    results = await asyncio.gather(
        attempt(
            sessions,
            lambda session: accept_item(session, item_id, actor=relief.coming_actor, now=now),
        ),
        *(look(sessions, now) for _ in range(3)),
        return_exceptions=True,
    )

    assert results[0] == "done"
    assert {type(each) for each in results[1:]} == {bool}
    await look(sessions, now + MINUTE)
    (row,) = await list_rows(sessions)
    assert row.state == "accepted"
    async with unit_of_work(sessions) as session:
        assert (await cases.get_case(session, row.case_id)).state == "nominated"


@pytest.mark.asyncio
async def test_schedulers_at_once_open_one_handover_and_offer_each_thing_once(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        relief = await lay_relief(session, end=END)
        for _ in range(3):
            case_id = await open_case(relief.stage, at=END - 30 * MINUTE)
            await offer_case(relief.stage, case_id, at=END - 20 * MINUTE)

    await asyncio.gather(*(look(sessions, END - 15 * MINUTE) for _ in range(4)))
    await asyncio.gather(*(look(sessions, END - 14 * MINUTE) for _ in range(4)))

    async with unit_of_work(sessions) as session:
        assert await session.scalar(select(func.count()).select_from(Handover)) == 1
    rows = await list_rows(sessions)
    assert [each.state for each in rows] == ["offered"] * 3
    assert len({each.case_id for each in rows}) == 3
