"""A report that its site does not accept rings until it is delivered or somebody has called."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app import pipeline
from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.domain.retry import DELAYS, GIVE_UP_AFTER
from app.delivery.models import Delivery
from app.delivery.service import NothingToDeliver
from app.directory.models import Endpoint, Site
from app.reports.models import Document
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from scheduler.jobs import deliveries, documents, unaccepted
from tests.factories.sending import HOSPITAL, Sending, lay_sending

P1, OTHERS = timedelta(minutes=2), timedelta(minutes=10)


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def run_jobs(sending: Sending) -> None:
    await documents.run(sending.bench)
    await unaccepted.run(sending.bench)
    await deliveries.run(sending.bench)


async def list_tasks(sending: Sending, kind: TaskKind = TaskKind.CALL_SITE) -> Sequence[Task]:
    async with sending.sessions() as session:
        query = select(Task).where(Task.kind == kind.value).order_by(Task.id)
        return (await session.scalars(query)).all()


async def get_case(sending: Sending) -> Case:
    async with sending.sessions() as session:
        return await session.get_one(Case, sending.case_id)


async def count_unaccepted(sending: Sending) -> int:
    async with sending.sessions() as session:
        kind = EventKind.UNACCEPTED.value
        query = select(CaseEvent.id).where(CaseEvent.kind == kind)
        return len((await session.scalars(query)).all())


async def answer(sending: Sending, form: str, status: int | None) -> None:
    """Let the hospital answer to one form with a status; to all with none, as usual."""
    async with sending.sessions() as session:
        query = select(Document.sop_instance_uid).where(Document.form == form)
        for uid in await session.scalars(query):
            sending.hospital.answers[uid or ""] = status or 0


@pytest.mark.parametrize(("priority", "wait"), [("P1", P1), ("P2", OTHERS), ("P4", OTHERS)])
@pytest.mark.asyncio
async def test_the_reader_is_told_to_call_when_the_site_takes_too_long(
    sending: Sending, priority: str, wait: timedelta
) -> None:
    async with unit_of_work(sending.sessions) as session:
        await session.execute(update(Case).values(priority=priority))
    sending.hospital.is_up = False
    await sending.sign()
    await run_jobs(sending)

    sending.clock.advance(wait - timedelta(seconds=1))
    await run_jobs(sending)
    before = await list_tasks(sending)
    version = (await get_case(sending)).version
    sending.clock.advance(timedelta(seconds=1))
    await run_jobs(sending)

    (task,) = await list_tasks(sending)
    assert list(before) == []
    assert task.subject == f"delivery-case:{sending.case_id}"
    assert (task.case_id, task.radiologist_id) == (sending.case_id, sending.actor.radiologist_id)
    assert task.roles == ["coordinator"]
    assert task.detail["telephone"] == "+33500000001"
    assert task.detail["last_error"] == "unreachable"
    assert task.detail["endpoint"]
    assert task.settled_at is None
    assert await count_unaccepted(sending) == 1
    assert (await get_case(sending)).version > version


@pytest.mark.asyncio
async def test_the_job_wakes_for_the_alarm_although_nothing_can_be_sent(sending: Sending) -> None:
    await sending.sign()

    async with sending.sessions() as session:
        due = await unaccepted.JOB.find_next_due(session)
    assert due == sending.clock.instant + OTHERS
    sending.clock.instant = due
    await unaccepted.run(sending.bench)

    assert len(await list_tasks(sending)) == 1


@pytest.mark.asyncio
async def test_the_call_is_settled_by_itself_when_the_site_has_the_report(
    sending: Sending,
) -> None:
    sending.hospital.is_up = False
    await sending.sign()
    await run_jobs(sending)
    sending.clock.advance(OTHERS)
    await run_jobs(sending)
    sending.hospital.is_up = True
    sending.clock.advance(DELAYS[-1])

    await run_jobs(sending)

    (task,) = await list_tasks(sending)
    assert (task.outcome, task.settled_by) == ("delivered", None)
    assert (await get_case(sending)).state == "delivered"


@pytest.mark.asyncio
async def test_a_logged_call_ends_the_ringing_also_when_the_delivery_is_given_up_later(
    sending: Sending,
) -> None:
    sending.hospital.is_up = False
    await sending.sign()
    await run_jobs(sending)
    sending.clock.advance(OTHERS)
    await run_jobs(sending)
    (task,) = await list_tasks(sending)
    assert sending.actor.user_id is not None
    async with unit_of_work(sending.sessions) as session:
        await tasks.settle(
            session,
            task.id,
            outcome="called",
            by_user_id=sending.actor.user_id,
            now=sending.clock.instant,
        )
    sending.clock.advance(GIVE_UP_AFTER)

    await run_jobs(sending)

    assert {each.state for each in await sending.list_deliveries()} == {"dead"}
    assert [each.outcome for each in await list_tasks(sending)] == ["called"]


@pytest.mark.asyncio
async def test_a_report_that_the_site_will_never_take_rings_at_once(sending: Sending) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    for form in ("sr", "encapsulated_pdf"):
        await answer(sending, form, 0x0122)

    await run_jobs(sending)

    (task,) = await list_tasks(sending)
    assert task.detail["standing"] == "stuck"
    assert task.detail["last_error"] == "refused 0x0122"
    assert (await get_case(sending)).state == "signed"


@pytest.mark.parametrize("status", [0x0122, 0xA900])
@pytest.mark.asyncio
async def test_a_site_that_refuses_structured_reports_but_takes_pdf_has_the_report(
    sending: Sending, status: int
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    await answer(sending, "sr", status)

    await run_jobs(sending)
    sending.clock.advance(timedelta(hours=1))
    await run_jobs(sending)

    states = sorted(each.state for each in await sending.list_deliveries())
    assert states == ["dead", "delivered"]
    assert (await get_case(sending)).state == "delivered"
    assert list(await list_tasks(sending)) == []


@pytest.mark.asyncio
async def test_a_form_that_the_node_does_not_understand_is_not_tried_for_hours(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    await answer(sending, "sr", 0xC123)
    started = sending.clock.instant
    await run_jobs(sending)
    assert (await get_case(sending)).state == "signed"

    while (await get_case(sending)).state == "signed":
        async with sending.sessions() as session:
            due = await deliveries.JOB.find_next_due(session)
        assert due is not None
        sending.clock.instant = due
        await run_jobs(sending)

    assert sending.clock.instant - started < timedelta(minutes=10)
    assert list(await list_tasks(sending)) == []


@pytest.mark.asyncio
async def test_what_was_given_up_and_is_asked_for_again_rings_again(sending: Sending) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    for form in ("sr", "encapsulated_pdf"):
        await answer(sending, form, 0x0122)
    await run_jobs(sending)
    (task,) = await list_tasks(sending)
    async with unit_of_work(sending.sessions) as session:
        await tasks.settle_by_itself(
            session,
            TaskKind.CALL_SITE,
            subject=task.subject,
            outcome="called",
            now=sending.clock.instant,
        )
        await pipeline.redeliver(
            session, sending.case_id, actor=sending.actor, now=sending.clock.instant
        )

    await run_jobs(sending)

    assert [each.outcome for each in await list_tasks(sending)] == ["called", None]


async def set_node(sending: Sending, **columns: object) -> None:
    async with unit_of_work(sending.sessions) as session:
        query = update(Endpoint).where(Endpoint.ae_title == HOSPITAL)
        await session.execute(query.values(**columns))


@pytest.mark.asyncio
async def test_a_site_without_a_form_is_told_and_gets_the_report_when_it_takes_one(
    sending: Sending,
) -> None:
    await set_node(sending, forms=[])
    await sending.sign()
    await run_jobs(sending)
    (told,) = await list_tasks(sending, TaskKind.NO_NODE)
    async with sending.sessions() as session:
        with pytest.raises(NothingToDeliver, match="has no node that takes"):
            await pipeline.redeliver(
                session, sending.case_id, actor=sending.actor, now=sending.clock.instant
            )
    await set_node(sending, forms=["encapsulated_pdf"])

    async with unit_of_work(sending.sessions) as session:
        site_id = (await session.get_one(Case, sending.case_id)).site_id
        await pipeline.site_node_changed(
            session, site_id, actor=sending.actor, now=sending.clock.instant
        )
    await run_jobs(sending)

    (settled,) = await list_tasks(sending, TaskKind.NO_NODE)
    assert told.radiologist_id == sending.actor.radiologist_id
    assert (told.settled_at, settled.outcome) == (None, "planned")
    assert len(sending.hospital.received) == 1
    assert (await get_case(sending)).state == "delivered"


@pytest.mark.asyncio
async def test_a_site_without_any_node_is_told_too(sending: Sending) -> None:
    async with unit_of_work(sending.sessions) as session:
        await session.execute(update(Site).values(endpoint_id=None))

    await sending.sign()
    await run_jobs(sending)

    (told,) = await list_tasks(sending, TaskKind.NO_NODE)
    assert told.detail["telephone"] == "+33500000001"
    assert told.detail["endpoint"] is None


@pytest.mark.asyncio
async def test_to_ask_again_for_what_the_site_has_asks_for_nothing(sending: Sending) -> None:
    await sending.sign()
    await run_jobs(sending)

    async with unit_of_work(sending.sessions) as session:
        planned = await pipeline.redeliver(
            session, sending.case_id, actor=sending.actor, now=sending.clock.instant
        )
    await run_jobs(sending)

    assert planned == 0
    assert len(sending.hospital.received) == 2


@pytest.mark.asyncio
async def test_nobody_is_called_about_a_voided_case(sending: Sending) -> None:
    sending.hospital.is_up = False
    await sending.sign()
    await run_jobs(sending)
    sending.clock.advance(OTHERS)
    await run_jobs(sending)

    async with unit_of_work(sending.sessions) as session:
        await pipeline.void(
            session,
            sending.case_id,
            actor=sending.actor,
            reason="test",
            now=sending.clock.instant,
        )

    (task,) = await list_tasks(sending)
    assert task.outcome == "voided"
    async with sending.sessions() as session:
        armed = select(Delivery.id).where(Delivery.alarm_due_at.is_not(None))
        assert await session.scalar(armed) is None
