"""A handover while the planning changes, nobody may take it, or much is accepted at once."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.delivery.service.alarms import ring_next
from app.dispatch import repository as offers
from app.dispatch.repository.handover import list_items
from app.dispatch.service import handover_answers as answers
from app.pipeline.handing_over import accept_all, accept_item
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from tests.factories.flow import sign_case
from tests.factories.relief import (
    Relief,
    find_handover,
    give_seat,
    lay_relief,
    list_rows,
    list_told,
    look,
    offer_one,
)
from tests.factories.slow import SLOW_DECISIONS

END = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def relief(session: AsyncSession) -> Relief:
    return await lay_relief(session, end=END)


@pytest.mark.asyncio
async def test_when_another_comes_instead_the_offer_goes_to_that_one(relief: Relief) -> None:
    await offer_one(relief)
    await look(relief, END - 15 * MINUTE)

    await give_seat(relief.stage, relief.coming_seat, relief.replacing, at=END - 12 * MINUTE)
    await look(relief, END - 12 * MINUTE)

    first, second = await list_rows(relief)
    assert (first.state, first.outcome) == ("settled", "the planning changed")
    assert (second.state, second.to_radiologist_id) == ("offered", relief.replacing.id)
    told = await list_told(relief, TaskKind.HANDOVER_OFFERED)
    assert told == [(relief.replacing.id, 1)]


@pytest.mark.asyncio
async def test_when_the_guard_goes_on_after_all_the_handover_is_called_off(
    relief: Relief,
) -> None:
    session = relief.stage.session
    case_id = await offer_one(relief)
    await look(relief, END - 15 * MINUTE)

    await give_seat(relief.stage, relief.coming_seat, relief.leaving, at=END - 12 * MINUTE)
    await look(relief, END - 12 * MINUTE)

    handover = await find_handover(relief)
    assert (handover.closed_at, handover.outcome) == (END - 12 * MINUTE, "the planning changed")
    assert [each.state for each in await list_rows(relief)] == ["settled"]
    assert await offers.list_nominees(session, case_id) == {relief.leaving.id}
    assert await list_told(relief, TaskKind.HANDOVER_OFFERED) == []


@pytest.mark.asyncio
async def test_what_nobody_may_take_is_the_coordinators_at_once(relief: Relief) -> None:
    await offer_one(relief)
    await give_seat(relief.stage, relief.coming_seat, None, at=END - 19 * MINUTE)
    await give_seat(relief.stage, relief.staying_seat, None, at=END - 19 * MINUTE)

    await look(relief, END - 15 * MINUTE)

    (item,) = await list_rows(relief)
    assert (item.state, item.outcome) == ("lapsed", "nobody on guard may take it")
    assert await list_told(relief, TaskKind.HANDOVER_OPEN) == [(relief.coordinator.id, 1)]
    await answers.set_aside(
        relief.stage.session,
        item.id,
        reason="told by telephone",
        actor=relief.leaving_actor,
        now=END,
    )
    assert await list_told(relief, TaskKind.HANDOVER_OPEN) == []


@pytest.mark.asyncio
async def test_all_is_accepted_with_one_key_but_for_what_cannot_be_any_more(
    relief: Relief,
) -> None:
    session = relief.stage.session
    first, second = await offer_one(relief), await offer_one(relief)
    await look(relief, END - 15 * MINUTE)
    handover = await find_handover(relief)
    await pipeline.claim(session, second, actor=relief.leaving_actor, now=END - 14 * MINUTE)
    await sign_case(
        relief.stage, second, actor=relief.leaving_actor, instances=2, at=END - 13 * MINUTE
    )

    left = await accept_all(session, handover.id, actor=relief.coming_actor, now=END - 10 * MINUTE)

    items = await list_items(session, handover.id)
    assert [each.case_id for each in items if each.id in left] == [second]
    states = {each.case_id: each.state for each in items}
    assert states == {first: "accepted", second: "offered"}
    await look(relief, END - 9 * MINUTE)
    rows = [(each.case_id, each.kind, each.state) for each in await list_rows(relief)]
    assert (second, "case", "settled") in rows
    assert (second, "delivery", "offered") in rows


@pytest.mark.asyncio
async def test_what_is_too_much_for_once_stays_offered_and_is_accepted_next(
    relief: Relief,
) -> None:
    session = relief.stage.session
    for _ in range(6):
        await offer_one(relief)
    await look(relief, END - 15 * MINUTE)
    handover = await find_handover(relief)
    await session.execute(text(SLOW_DECISIONS))

    rounds = []
    while left := await accept_all(
        session, handover.id, actor=relief.coming_actor, now=END - 10 * MINUTE
    ):
        states = {each.id: each.state for each in await list_items(session, handover.id)}
        assert {states[each] for each in left} == {"offered"}
        rounds.append(len(left))

    assert len(rounds) >= 1
    rows = await list_items(session, handover.id)
    assert {each.state for each in rows} == {"accepted"}


@pytest.mark.asyncio
async def test_who_accepts_to_watch_over_a_report_is_told_when_it_does_not_arrive(
    relief: Relief,
) -> None:
    session = relief.stage.session
    case_id = await offer_one(relief)
    await sign_case(
        relief.stage, case_id, actor=relief.leaving_actor, instances=2, at=END - 18 * MINUTE
    )
    await look(relief, END - 15 * MINUTE)
    (item,) = await list_rows(relief)
    assert (item.kind, item.to_radiologist_id) == ("delivery", relief.coming.id)
    await accept_item(session, item.id, actor=relief.coming_actor, now=END - 9 * MINUTE)

    for kind in (TaskKind.CALL_SITE, TaskKind.NO_NODE):
        assert await tasks.list_standing(session, kind) == []
    assert await ring_next(session, now=END + 60 * MINUTE)

    (task,) = await tasks.list_standing(session, TaskKind.CALL_SITE)
    assert task.radiologist_id == relief.coming.id
