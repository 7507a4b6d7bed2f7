"""Seeing a case stops one clock, its slack goes on; the hospital is really told."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.cases.domain.sla import DEFAULTS
from app.delivery import service as delivery
from app.delivery.domain.notices import Notice
from app.delivery.domain.shipment import NoticeLetter
from app.delivery.models import Delivery
from app.directory.domain import Actor
from app.directory.models import Radiologist
from app.dispatch import repository
from app.tasks.models import Task
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, put_on_guard, set_stage

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)


async def offer(
    session: AsyncSession, *, urgent: bool = True
) -> tuple[Stage, int, list[tuple[Radiologist, Actor]]]:
    """Offer a case on a night with three on the first line and one behind them."""
    stage = await set_stage(session)
    readers = [await add_radiologist(stage) for _ in range(4)]
    for radiologist, _ in readers[:3]:
        await put_on_guard(stage, radiologist)
    await put_on_guard(stage, readers[3][0], line="backup")
    case_id = await open_case(stage, urgent=urgent)
    return stage, case_id, readers


async def test_who_sees_a_case_stops_the_steps_until_its_slack_is_used_up(
    session: AsyncSession,
) -> None:
    _, case_id, readers = await offer(session)
    await pipeline.case_due(session, case_id, now=NIGHT)

    await pipeline.acknowledge(session, case_id, actor=readers[0][1], now=NIGHT + MINUTE / 2)
    seen = (await cases.get_case(session, case_id)).step_due_at
    widened = await pipeline.case_due(session, case_id, now=NIGHT + MINUTE)
    slack_ends = NIGHT + 15 * MINUTE
    late = await pipeline.case_due(session, case_id, now=slack_ends)

    assert seen == slack_ends
    assert (widened, late) == (False, True)
    nominees = await repository.list_nominees(session, case_id)
    assert nominees == {radiologist.id for radiologist, _ in readers[:3]}
    assert (await cases.get_case(session, case_id)).step_due_at == slack_ends + 2 * MINUTE


async def test_the_clock_of_seeing_starts_anew_when_who_saw_it_is_asked_no_more(
    session: AsyncSession,
) -> None:
    _, case_id, readers = await offer(session)
    await pipeline.case_due(session, case_id, now=NIGHT)
    await pipeline.acknowledge(session, case_id, actor=readers[0][1], now=NIGHT)
    later = NIGHT + 5 * MINUTE
    await repository.end_nominations(session, case_id=case_id, reason="a test", now=later)
    await cases.change(session, case_id, dispatch_due_at=later)

    await pipeline.case_due(session, case_id, now=later)

    assert (await cases.get_case(session, case_id)).step_due_at == later + MINUTE


async def test_the_steps_of_a_case_are_those_of_its_site_when_it_was_opened(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    radiologist, _ = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    own = DEFAULTS[Priority.P1].to_json() | {"after_s": [20, 40, 80], "readers_at_once": 1}
    stage.site.escalation = {"P1": own}
    await session.flush()
    case_id = await open_case(stage, urgent=True)
    stage.site.escalation = {}
    await session.flush()

    await pipeline.case_due(session, case_id, now=NIGHT)

    assert (await cases.get_case(session, case_id)).step_due_at == NIGHT + timedelta(seconds=20)


async def test_the_hospital_is_told_on_its_page_and_by_mail_and_told_again_when_it_is_taken(
    session: AsyncSession,
) -> None:
    stage, case_id, readers = await offer(session)
    stage.site.email = "urgences@hopital.example"
    await session.flush()
    await pipeline.case_due(session, case_id, now=NIGHT)
    for minutes in (1, 3, 6):
        await pipeline.case_due(session, case_id, now=NIGHT + minutes * MINUTE)

    standing = select(Task).where(Task.case_id == case_id, Task.settled_at.is_(None))
    (task,) = await session.scalars(standing)
    letter = await delivery.claim_letter(session, now=NIGHT + 6 * MINUTE)
    await pipeline.claim(session, case_id, actor=readers[0][1], now=NIGHT + 7 * MINUTE)
    taken = await delivery.claim_letter(session, now=NIGHT + 7 * MINUTE)

    assert (task.kind, task.roles, task.site_id) == (
        "use_fallback",
        ["coordinator", "site"],
        stage.site.id,
    )
    assert task.detail["telephone"] == stage.site.telephone_emergency
    assert isinstance(letter, NoticeLetter)
    assert isinstance(taken, NoticeLetter)
    assert (letter.notice, letter.mail_to) == (Notice.FALLBACK, "urgences@hopital.example")
    assert (letter.told.case_id, letter.told.priority) == (case_id, "P1")
    assert taken.notice is Notice.TAKEN
    assert (await session.scalars(standing)).all() == []
    events = await cases.list_events(session, case_id)
    assert [each.detail for each in events if each.kind == "hospital_told"] == [{"mail": True}]


async def test_a_hospital_without_an_address_is_told_on_its_page(session: AsyncSession) -> None:
    _, case_id, readers = await offer(session)
    await pipeline.case_due(session, case_id, now=NIGHT)
    for minutes in (1, 3, 6):
        await pipeline.case_due(session, case_id, now=NIGHT + minutes * MINUTE)
    await pipeline.claim(session, case_id, actor=readers[0][1], now=NIGHT + 7 * MINUTE)

    mails = select(Delivery.id).where(Delivery.case_id == case_id, Delivery.mail_to.is_not(None))
    assert (await session.scalars(mails)).all() == []
    events = await cases.list_events(session, case_id)
    assert [each.detail for each in events if each.kind == "hospital_told"] == [{"mail": False}]
