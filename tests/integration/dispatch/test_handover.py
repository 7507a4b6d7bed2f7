"""What a reader leaves who goes off guard passes to named persons, who accept it or not."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.dispatch import repository as offers
from app.dispatch.domain.handover import ItemRefused
from app.dispatch.repository.handover_facts import find_stints
from app.dispatch.service import handover as service
from app.dispatch.service import handover_answers as answers
from app.kit.errors import Invalid
from app.pipeline.handing_over import accept_item
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from tests.factories.flow import open_case, sign_case
from tests.factories.relief import (
    Relief,
    find_handover,
    lay_relief,
    list_rows,
    list_told,
    look,
    offer_one,
)

END = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def relief(session: AsyncSession) -> Relief:
    return await lay_relief(session, end=END)


@pytest.mark.asyncio
async def test_seats_that_follow_each_other_are_one_guard(relief: Relief) -> None:
    session = relief.stage.session

    found = await find_stints(session, None, at=END - MINUTE)

    assert found[relief.leaving.id].end == END
    assert found[relief.leaving.id].start == END - timedelta(hours=11)
    assert relief.coming.id not in found


@pytest.mark.asyncio
async def test_nothing_is_opened_before_its_time_or_for_who_holds_nothing(relief: Relief) -> None:
    session = relief.stage.session

    assert await service.open_all(session, now=END - 15 * MINUTE) == 0
    await offer_one(relief)
    assert await service.open_all(session, now=END - 16 * MINUTE) == 0
    assert await service.open_all(session, now=END - 15 * MINUTE) == 1
    assert await service.open_all(session, now=END - 15 * MINUTE) == 0


@pytest.mark.asyncio
async def test_an_unclaimed_case_is_offered_to_who_comes_and_theirs_once_accepted(
    relief: Relief,
) -> None:
    session = relief.stage.session
    case_id = await offer_one(relief)

    await look(relief, END - 15 * MINUTE)
    (item,) = await list_rows(relief)
    assert (item.kind, item.state, item.case_id) == ("case", "offered", case_id)
    assert (item.to_radiologist_id, item.due_at) == (relief.coming.id, END - 5 * MINUTE)
    assert await list_told(relief, TaskKind.HANDOVER_OFFERED) == [(relief.coming.id, 1)]

    now = END - 8 * MINUTE
    await accept_item(session, item.id, actor=relief.coming_actor, now=now)
    assert await offers.list_nominees(session, case_id) == {relief.coming.id}
    assert await list_told(relief, TaskKind.HANDOVER_OFFERED) == []
    (item,) = await list_rows(relief)
    assert (item.state, item.answered_at) == ("accepted", now)
    assert item.answered_by == relief.coming_actor.user_id

    await look(relief, END)
    assert (await find_handover(relief)).outcome == "all of it has a new owner"


@pytest.mark.asyncio
async def test_who_does_not_accept_in_time_is_the_coordinators_task_until_somebody_does(
    relief: Relief,
) -> None:
    session = relief.stage.session
    await offer_one(relief)
    await look(relief, END - 15 * MINUTE)
    await look(relief, END - 6 * MINUTE)
    assert await list_told(relief, TaskKind.HANDOVER_OPEN) == []

    await look(relief, END - 5 * MINUTE)
    assert await list_told(relief, TaskKind.HANDOVER_OPEN) == [(relief.coordinator.id, 1)]
    assert await list_told(relief, TaskKind.HANDOVER_OFFERED) == []

    (item,) = await list_rows(relief)
    assert item.state == "lapsed"
    await accept_item(session, item.id, actor=relief.coming_actor, now=END - 4 * MINUTE)
    assert await list_told(relief, TaskKind.HANDOVER_OPEN) == []


@pytest.mark.asyncio
async def test_a_claimed_case_stays_until_another_accepts_it(relief: Relief) -> None:
    session = relief.stage.session
    case_id = await offer_one(relief)
    await pipeline.claim(session, case_id, actor=relief.leaving_actor, now=END - 18 * MINUTE)
    await look(relief, END - 15 * MINUTE)
    await look(relief, END + 60 * MINUTE)
    (item,) = await list_rows(relief)
    assert (item.kind, item.state, item.to_radiologist_id) == ("claim", "kept", None)
    assert (await find_handover(relief)).closed_at is None
    assert (await cases.get_case(session, case_id)).reader_id == relief.leaving.id
    with pytest.raises(answers.NotNamed):
        await accept_item(session, item.id, actor=relief.coming_actor, now=END)

    offered = await answers.offer(
        session,
        item.id,
        to_radiologist_id=relief.coming.id,
        actor=relief.leaving_actor,
        note="Draft begun",
        now=END + 61 * MINUTE,
    )
    assert offered is not None
    await accept_item(session, offered, actor=relief.coming_actor, now=END + 62 * MINUTE)

    case = await cases.get_case(session, case_id)
    assert (case.state, case.reader_id) == ("reading", relief.coming.id)
    await look(relief, END + 63 * MINUTE)
    assert (await find_handover(relief)).closed_at == END + 63 * MINUTE
    kept, passed = await list_rows(relief)
    assert (kept.state, kept.superseded_at) == ("settled", END + 61 * MINUTE)
    assert (passed.state, passed.note) == ("accepted", "Draft begun")


@pytest.mark.asyncio
async def test_a_claimed_case_that_is_signed_needs_nobody_any_more(relief: Relief) -> None:
    case_id = await offer_one(relief)
    await pipeline.claim(
        relief.stage.session, case_id, actor=relief.leaving_actor, now=END - 18 * MINUTE
    )
    await look(relief, END - 15 * MINUTE)
    await sign_case(
        relief.stage, case_id, actor=relief.leaving_actor, instances=2, at=END - 10 * MINUTE
    )

    await look(relief, END - 8 * MINUTE)

    rows = [(each.kind, each.state) for each in await list_rows(relief)]
    assert rows == [("claim", "settled"), ("delivery", "offered")]


@pytest.mark.asyncio
async def test_a_request_without_images_passes_with_what_is_asked_about_it(
    relief: Relief,
) -> None:
    session = relief.stage.session
    case_id = await open_case(relief.stage, at=END - 40 * MINUTE)
    await cases.change(
        session,
        case_id,
        owner_id=relief.leaving.id,
        first_image_at=None,
        signed_due_at=None,
        state="open",
    )
    await tasks.raise_task(
        session,
        TaskKind.ASK_FOR_IMAGES,
        subject="request:1",
        now=END - 20 * MINUTE,
        case_id=case_id,
        radiologist_id=relief.leaving.id,
    )
    await look(relief, END - 15 * MINUTE)
    (item,) = await list_rows(relief)
    assert (item.kind, item.state) == ("request", "offered")

    await accept_item(session, item.id, actor=relief.coming_actor, now=END - 9 * MINUTE)

    (task,) = await tasks.list_standing(session, TaskKind.ASK_FOR_IMAGES)
    assert task.radiologist_id == relief.coming.id
    assert (await cases.get_case(session, case_id)).owner_id == relief.coming.id


@pytest.mark.asyncio
async def test_a_call_that_is_still_to_be_made_passes(relief: Relief) -> None:
    session = relief.stage.session
    case_id = await open_case(relief.stage, at=END - 30 * MINUTE)
    await tasks.raise_task(
        session,
        TaskKind.CALL_SITE,
        subject="delivery-case:1",
        now=END - 20 * MINUTE,
        case_id=case_id,
        radiologist_id=relief.leaving.id,
    )
    await look(relief, END - 15 * MINUTE)
    calls = [each for each in await list_rows(relief) if each.kind == "call"]

    await accept_item(session, calls[0].id, actor=relief.coming_actor, now=END - 9 * MINUTE)

    (task,) = await tasks.list_standing(session, TaskKind.CALL_SITE)
    assert (task.id, task.radiologist_id) == (calls[0].task_id, relief.coming.id)
    await look(relief, END - 8 * MINUTE)
    assert len([each for each in await list_rows(relief) if each.kind == "call"]) == 1


@pytest.mark.asyncio
async def test_a_refusal_says_why_and_the_coordinator_names_somebody_else(
    relief: Relief,
) -> None:
    session = relief.stage.session
    await offer_one(relief)
    await look(relief, END - 15 * MINUTE)
    (item,) = await list_rows(relief)
    with pytest.raises(Invalid):
        await answers.refuse(
            session, item.id, reason="", actor=relief.coming_actor, now=END - 9 * MINUTE
        )
    await answers.refuse(
        session, item.id, reason="late train", actor=relief.coming_actor, now=END - 9 * MINUTE
    )
    await look(relief, END - 9 * MINUTE)
    assert await list_told(relief, TaskKind.HANDOVER_OPEN) == [(relief.coordinator.id, 1)]

    other = await answers.offer(
        session,
        item.id,
        to_radiologist_id=relief.staying.id,
        actor=relief.leaving_actor,
        now=END - 8 * MINUTE,
    )
    assert other is not None
    with pytest.raises(ItemRefused):
        await accept_item(session, item.id, actor=relief.coming_actor, now=END - 7 * MINUTE)
    await accept_item(session, other, actor=relief.staying_actor, now=END - 7 * MINUTE)

    rows = [(each.state, each.outcome) for each in await list_rows(relief)]
    assert rows == [("refused", "late train"), ("accepted", "")]
    assert await list_told(relief, TaskKind.HANDOVER_OPEN) == []


@pytest.mark.asyncio
async def test_it_is_not_offered_to_who_may_not_read_for_the_site_or_to_who_leaves(
    relief: Relief,
) -> None:
    session = relief.stage.session
    await offer_one(relief)
    await look(relief, END - 15 * MINUTE)
    (item,) = await list_rows(relief)

    for whom in (relief.leaving.id, relief.coordinator.id):
        with pytest.raises(Invalid):
            await answers.offer(
                session,
                item.id,
                to_radiologist_id=whom,
                actor=relief.leaving_actor,
                now=END - 9 * MINUTE,
            )

    assert [each.state for each in await list_rows(relief)] == ["offered"]
