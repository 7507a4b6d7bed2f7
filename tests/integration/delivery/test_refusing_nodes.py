"""A hospital's PACS that takes one form and not the other, over real associations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.models import Delivery
from app.directory.models import Endpoint
from app.kit.ids import draw_uid
from app.reports.models import Document
from app.tasks.models import Task
from scheduler.jobs import deliveries, documents
from tests.contract.dicom_sender.nodes import Node, open_pynetdicom_node
from tests.factories.sending import HOSPITAL, Sending, lay_sending

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


@contextmanager
def refuse_class(node: Node, uids: dict[str, str], *, form: str) -> Iterator[None]:
    """Let a node answer 0x0122 (SOP class not supported) to one form."""
    node.answers[uids[form]] = 0x0122
    yield
    node.answers.clear()


async def read_uids(sending: Sending) -> dict[str, str]:
    async with sending.sessions() as session:
        rows = await session.execute(
            select(Document.form, Document.sop_instance_uid).where(Document.form != "pdf")
        )
        return {form: uid or "" for form, uid in rows}


async def send_to(sending: Sending, node: Node) -> None:
    async with unit_of_work(sending.sessions) as session:
        query = update(Endpoint).where(Endpoint.ae_title == HOSPITAL)
        await session.execute(query.values(port=node.destination.port))
    await deliveries.run(replace(sending.bench, peers=node.sender))


async def read_end(sending: Sending) -> tuple[str, list[str], int, int]:
    """Read the case's state, those of the deliveries, dead letters told, and calls asked for."""
    async with sending.sessions() as session:
        case = await session.get_one(Case, sending.case_id)
        states = await session.scalars(select(Delivery.state).order_by(Delivery.state))
        dead = select(CaseEvent.id).where(CaseEvent.kind == EventKind.DELIVERY_DEAD.value)
        told = (await session.scalars(dead)).all()
        calls = (await session.scalars(select(Task.id))).all()
        return case.state, list(states), len(told), len(calls)


@pytest.mark.asyncio
async def test_a_pacs_that_refuses_structured_reports_has_the_report_as_pdf(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    uids = await read_uids(sending)

    with open_pynetdicom_node(called_title=HOSPITAL) as node, refuse_class(node, uids, form="sr"):
        await send_to(sending, node)
        received = set(node.received)

    assert received == {uids["encapsulated_pdf"]}
    assert await read_end(sending) == ("delivered", ["dead", "delivered"], 1, 0)


@pytest.mark.asyncio
async def test_a_pacs_that_accepts_no_context_for_structured_reports_has_the_report_too(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    uids = await read_uids(sending)

    with open_pynetdicom_node(called_title=HOSPITAL, only=ENCAPSULATED_PDF) as node:
        await send_to(sending, node)
        received = set(node.received)

    assert received == {uids["encapsulated_pdf"]}
    assert await read_end(sending) == ("delivered", ["dead", "delivered"], 1, 0)
    attempts = [
        each.outcome
        for delivery in await sending.list_deliveries()
        for each in await sending.list_attempts(delivery.id)
    ]
    assert sorted(attempts) == ["accepted", "no_context"]


@pytest.mark.asyncio
async def test_a_pacs_that_takes_neither_form_leaves_the_case_signed_and_rings(
    sending: Sending,
) -> None:
    await sending.sign()
    await documents.run(sending.bench)

    with open_pynetdicom_node(called_title=HOSPITAL, only="1.2.840.10008.5.1.4.1.1.2") as node:
        await send_to(sending, node)

    assert await read_end(sending) == ("signed", ["dead", "dead"], 2, 1)


async def add_page(sending: Sending, *, page: int) -> int:
    """Add a rendered page of a Secondary Capture, as the job of documents does."""
    async with unit_of_work(sending.sessions) as session:
        model = (await session.scalars(select(Document).where(Document.form == "sr"))).one()
        added = Document(
            report_version_id=model.report_version_id,
            study_id=model.study_id,
            accession_number=model.accession_number,
            form="secondary_capture",
            page=page,
            sop_class_uid=model.sop_class_uid,
            series_instance_uid=model.series_instance_uid,
            sop_instance_uid=draw_uid(),
            due_at=sending.clock.instant,
            rendered_at=sending.clock.instant,
            path=model.path,
            digest=model.digest,
            size_bytes=model.size_bytes,
        )
        session.add(added)
        await session.flush()
        return added.id


@pytest.mark.asyncio
async def test_further_pages_go_where_the_first_page_of_their_form_goes(sending: Sending) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    async with sending.sessions() as session:
        first = await session.scalar(
            select(Document.id).where(Document.form == "secondary_capture")
        )
    if first is None:
        first = await add_page(sending, page=1)
    second = await add_page(sending, page=90)
    async with unit_of_work(sending.sessions) as session:
        before = await outbox.plan_pages(session, [second], now=sending.clock.instant)
        sr = (await session.scalars(select(Delivery).order_by(Delivery.id))).first()
        assert sr is not None
        session.add(
            Delivery(
                kind="report",
                case_id=sr.case_id,
                endpoint_id=sr.endpoint_id,
                document_id=first,
                created_at=sending.clock.instant,
                asked_at=sending.clock.instant,
                due_at=sending.clock.instant,
                alarm_due_at=sr.alarm_due_at,
            )
        )
        alarm_due_at = sr.alarm_due_at

    async with unit_of_work(sending.sessions) as session:
        counts = [
            await outbox.plan_pages(session, [second], now=sending.clock.instant),
            await outbox.plan_pages(session, [second], now=sending.clock.instant),
        ]

    (*_, page) = await sending.list_deliveries()
    assert (before, counts) == (0, [1, 0])
    assert (page.document_id, page.alarm_due_at) == (second, alarm_due_at)
