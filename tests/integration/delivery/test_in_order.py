"""What waited for a node goes in order: the most urgent first, versions one after the other."""

from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from app import pipeline
from app.cases import repository as cases
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.domain.retry import DELAYS
from app.delivery.models import Delivery
from app.kit.ids import draw_uid
from app.reports.models import Document, ReportVersion
from scheduler.jobs import deliveries, documents
from tests.factories.sending import Sending, lay_sending

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def run_jobs(sending: Sending) -> None:
    await documents.run(sending.bench)
    await deliveries.run(sending.bench)


async def add_addendum(sending: Sending, *, base: int, text: str) -> None:
    async with unit_of_work(sending.sessions) as session:
        await pipeline.add_addendum(
            session,
            sending.case_id,
            base=base,
            text=text,
            actor=sending.actor,
            now=sending.clock.instant,
        )


async def list_received_versions(sending: Sending) -> list[int]:
    async with sending.sessions() as session:
        rows = await session.execute(
            select(Document.sop_instance_uid, ReportVersion.number).join(
                ReportVersion, ReportVersion.id == Document.report_version_id
            )
        )
        numbers = {uid: number for uid, number in rows if uid is not None}
    return [numbers[uid] for uid, _ in sending.hospital.received]


async def wait_until(sending: Sending, end: timedelta) -> None:
    """Let the scheduler work until an instant, each time when something is due."""
    last = sending.clock.instant + end
    while sending.clock.instant < last:
        async with sending.sessions() as session:
            due = await deliveries.JOB.find_next_due(session)
        sending.clock.instant = min(due or last, last)
        await run_jobs(sending)


@pytest.mark.asyncio
async def test_after_an_hour_the_versions_arrive_in_their_order_and_the_case_is_delivered(
    sending: Sending,
) -> None:
    sending.hospital.is_up = False
    await sending.sign()
    await run_jobs(sending)
    await wait_until(sending, HOUR / 2)
    await add_addendum(sending, base=1, text="Premier ajout.")
    await run_jobs(sending)
    await wait_until(sending, HOUR / 2)
    sending.hospital.is_up = True

    await wait_until(sending, DELAYS[-1])

    assert await list_received_versions(sending) == [1, 1, 2, 2]
    async with sending.sessions() as session:
        case = await cases.get_case(session, sending.case_id)
    assert case.state == "delivered"


@pytest.mark.asyncio
async def test_what_waited_longest_goes_first_although_the_newest_is_due_first(
    sending: Sending,
) -> None:
    sending.hospital.is_up = False
    await sending.sign()
    await run_jobs(sending)
    await wait_until(sending, HOUR)
    # The first report has long pauses by now; the second one is tried at once.
    second = await _add_second_report(sending)
    await deliveries.run(sending.bench)
    sending.hospital.is_up = True
    sending.clock.advance(DELAYS[0])

    await deliveries.run(sending.bench)

    received = [uid for uid, _ in sending.hospital.received]
    assert len(received) == 3
    assert received[-1] == second


async def _add_second_report(sending: Sending) -> str:
    """Ask for one more document of the version, as of another case: it is younger."""
    uid = draw_uid()
    async with unit_of_work(sending.sessions) as session:
        sr = (await session.scalars(select(Document).where(Document.form == "sr"))).one()
        page = Document(
            report_version_id=sr.report_version_id,
            study_id=sr.study_id,
            accession_number=sr.accession_number,
            form="secondary_capture",
            sop_class_uid=sr.sop_class_uid,
            series_instance_uid=draw_uid(),
            sop_instance_uid=uid,
            due_at=sending.clock.instant,
            rendered_at=sending.clock.instant,
            path=sr.path,
            digest=sr.digest,
            size_bytes=sr.size_bytes,
        )
        session.add(page)
        await session.flush()
        first = (await session.scalars(select(Delivery).order_by(Delivery.id))).first()
        assert first is not None
        session.add(
            Delivery(
                kind="report",
                case_id=first.case_id,
                endpoint_id=first.endpoint_id,
                document_id=page.id,
                created_at=sending.clock.instant,
                asked_at=sending.clock.instant,
                due_at=sending.clock.instant,
            )
        )
    return uid


@pytest.mark.asyncio
async def test_a_node_that_is_away_is_called_once_for_all_that_is_due(sending: Sending) -> None:
    sending.hospital.is_up = False
    await sending.sign()

    await run_jobs(sending)

    first, second = await sending.list_deliveries()
    assert [len(await sending.list_attempts(each.id)) for each in (first, second)] == [1, 0]
    assert first.due_at == second.due_at == sending.clock.instant + DELAYS[0]
    assert first.node_was_away
    assert second.node_was_away
