"""What no longer stands does not leave: a withdrawn report, a wrong name, a case set aside."""

from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import SendResult
from app.delivery.models import Delivery
from app.intake.domain.classes import IntakeClass
from app.kit.errors import Conflict
from app.reports.models import Document, ReportVersion
from app.settings import Settings
from scheduler.jobs import deliveries, documents
from tests.factories.flow import open_case
from tests.factories.reading import Reading, add_instances, open_reading
from tests.factories.sending import Sending, claim_one, finish_one, lay_sending
from tests.factories.stage import NIGHT

LATER = NIGHT + timedelta(minutes=10)


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def run_jobs(sending: Sending) -> None:
    await documents.run(sending.bench)
    await deliveries.run(sending.bench)


async def list_states(sending: Sending) -> list[tuple[int, int, str]]:
    """List version, issue and state of every report in the outbox."""
    query = (
        select(ReportVersion.number, Document.issue, Delivery.state)
        .join(Document, Document.report_version_id == ReportVersion.id)
        .join(Delivery, Delivery.document_id == Document.id)
        .order_by(Delivery.id)
    )
    async with sending.sessions() as session:
        return [(row[0], row[1], row[2]) for row in await session.execute(query)]


@pytest.mark.asyncio
async def test_no_version_leaves_under_an_identity_that_was_wrong(sending: Sending) -> None:
    sending.hospital.is_up = False
    await sending.sign()
    await run_jobs(sending)
    async with unit_of_work(sending.sessions) as session:
        now = sending.clock.instant
        await pipeline.add_addendum(
            session, sending.case_id, base=1, text="Ajout.", actor=sending.actor, now=now
        )
        await pipeline.reissue_report(session, sending.case_id, now=now)

    sending.hospital.is_up = True
    sending.clock.advance(timedelta(minutes=1))
    await run_jobs(sending)

    gone = [
        (number, issue)
        for number, issue, state in await list_states(sending)
        if state == "delivered"
    ]
    assert gone == [(2, 2), (2, 2)]
    assert len(sending.hospital.received) == 2
    async with sending.sessions() as session:
        assert (await cases.get_case(session, sending.case_id)).state == "delivered"


@pytest.mark.asyncio
@pytest.mark.parametrize("state", ["delivered", "dead"])
async def test_no_click_sends_a_withdrawn_report_again(sending: Sending, state: str) -> None:
    await sending.sign()
    await run_jobs(sending)
    async with unit_of_work(sending.sessions) as session:
        await session.execute(update(Delivery).values(state=state))
        await pipeline.withdraw_report(
            session,
            sending.case_id,
            base=1,
            reason="Images d'un autre patient.",
            actor=sending.actor,
            now=sending.clock.instant,
        )
    await run_jobs(sending)
    first, *_, last = await sending.list_deliveries()

    async with unit_of_work(sending.sessions) as session:
        now = sending.clock.instant
        with pytest.raises(Conflict, match="no longer stands"):
            await outbox.resend(session, delivery_id=first.id, actor=sending.actor, now=now)
        await outbox.resend(session, delivery_id=last.id, actor=sending.actor, now=now)


async def send_elsewhere(session: AsyncSession) -> Reading:
    """Let a study whose images a centre has leave its case, and come to another one."""
    reading = await open_reading(session)
    await outbox.plan_images(
        session, case_id=reading.case_id, radiologist_ids=[reading.radiologist.id], now=NIGHT
    )
    await session.execute(update(Delivery).values(state="delivered"))
    for each in (IntakeClass.TEST, IntakeClass.CASE):
        await pipeline.reclass_study(
            session,
            reading.study.id,
            intake_class=each,
            reason="a mistake",
            actor=reading.actor,
            now=LATER,
        )
    await session.refresh(reading.study)
    await pipeline.images_arrived(session, reading.study, settings=Settings(), now=LATER)
    return reading


@pytest.mark.asyncio
async def test_images_follow_their_study_to_the_case_that_it_is_in_now(
    session: AsyncSession,
) -> None:
    reading = await send_elsewhere(session)
    case_id = await cases.find_case_of_study(session, reading.study.id)
    assert case_id not in {None, reading.case_id}
    assert case_id is not None

    await pipeline.claim(session, case_id, actor=reading.actor, now=LATER)
    assert await session.scalar(select(Delivery.case_id)) == case_id
    await session.execute(update(Delivery).values(state="delivered"))
    await add_instances(session, reading.study, count=1, at=LATER)
    reading.study.instance_count += 1
    await pipeline.images_arrived(session, reading.study, settings=Settings(), now=LATER)

    assert await session.scalar(select(Delivery.state)) == "waiting"


@pytest.mark.asyncio
async def test_what_arrives_after_a_join_is_told_on_the_case_that_stands(
    session: AsyncSession,
) -> None:
    reading = await open_reading(session)
    await outbox.plan_images(
        session, case_id=reading.case_id, radiologist_ids=[reading.radiologist.id], now=NIGHT
    )
    shipment = await claim_one(session, now=NIGHT)
    assert shipment is not None
    kept = await open_case(reading.stage)
    await pipeline.join(
        session, kept, other_id=reading.case_id, reason="one", actor=reading.actor, now=NIGHT
    )

    results = [SendResult(each.sop_instance_uid, Outcome.ACCEPTED) for each in shipment.items]
    arrived = await finish_one(session, shipment, results=results, now=LATER)

    assert arrived is not None
    assert arrived.case_id == kept
    kinds = [each.kind for each in await cases.list_events(session, kept)]
    assert "images_forwarded" in kinds
