"""From the signature to the hospital's node, with the clock in our hands."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.timeline import EventKind
from app.cases.models import CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.ports import Destination, FileToSend, SendResult
from app.delivery.domain.retry import DELAYS, GIVE_UP_AFTER
from app.intake.models import Study
from app.reports.domain.document import ReportDocument
from app.reports.domain.rendered import RenderedDocuments
from app.reports.models import Document
from scheduler.jobs import deliveries, documents
from tests.factories.reading import add_instances
from tests.factories.sending import CENTRE, Sending, lay_sending, write_images
from tests.fakes.receiver import FakeSender


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


class NoFont:
    """A renderer that fails."""

    def render(self, document: ReportDocument) -> RenderedDocuments:
        raise ValueError(f"no font for version {document.version}")


async def run_jobs(sending: Sending) -> None:
    await documents.run(sending.bench)
    await deliveries.run(sending.bench)


async def get_state(sending: Sending) -> str:
    async with sending.sessions() as session:
        return (await cases.get_case(session, sending.case_id)).state


async def count_events(sending: Sending, kind: EventKind) -> int:
    async with sending.sessions() as session:
        count = await session.scalar(
            select(func.count()).select_from(CaseEvent).where(CaseEvent.kind == kind.value)
        )
        return count or 0


@pytest.mark.asyncio
async def test_a_signed_report_reaches_the_hospital_and_the_case_is_delivered(
    sending: Sending,
) -> None:
    await sending.sign()

    await run_jobs(sending)

    async with sending.sessions() as session:
        rows = await session.scalars(select(Document).where(Document.form != "pdf"))
        uids = {row.sop_instance_uid for row in rows}
    assert {uid for uid, _ in sending.hospital.received} == uids
    assert {each.state for each in await sending.list_deliveries()} == {"delivered"}
    assert await get_state(sending) == "delivered"
    assert await count_events(sending, EventKind.REPORT_DELIVERED) == 2


@pytest.mark.asyncio
async def test_nothing_is_sent_before_it_is_rendered(sending: Sending) -> None:
    await sending.sign()

    await deliveries.run(sending.bench)

    assert sending.hospital.received == []
    async with sending.sessions() as session:
        assert await deliveries.JOB.find_next_due(session) is None


@pytest.mark.asyncio
async def test_a_receiver_that_is_down_for_an_hour_gets_the_report_when_it_is_back(
    sending: Sending,
) -> None:
    await sending.sign()
    back_at = sending.clock.instant + timedelta(hours=1)
    sending.hospital.is_up = False

    for _ in range(20):
        sending.hospital.is_up = sending.clock.instant >= back_at
        await run_jobs(sending)
        async with sending.sessions() as session:
            due = await deliveries.JOB.find_next_due(session)
        sending.clock.instant = due or sending.clock.instant

    assert await get_state(sending) == "delivered"
    assert sending.clock.instant <= back_at + timedelta(minutes=15)
    assert len(sending.hospital.received) == 2
    for delivery in await sending.list_deliveries():
        attempts = await sending.list_attempts(delivery.id)
        assert [each.number for each in attempts] == list(range(1, len(attempts) + 1))
        assert [each.outcome for each in attempts[:-1]] == ["unreachable"] * (len(attempts) - 1)
        assert (attempts[-1].outcome, attempts[-1].status) == ("accepted", 0)


@pytest.mark.asyncio
async def test_a_receiver_that_never_comes_back_leaves_a_dead_letter_that_a_click_revives(
    sending: Sending,
) -> None:
    await sending.sign()
    sending.hospital.is_up = False
    await run_jobs(sending)
    sending.clock.advance(GIVE_UP_AFTER)
    await run_jobs(sending)
    dead = await sending.list_deliveries()
    sending.hospital.is_up = True
    await run_jobs(sending)
    assert sending.hospital.received == []

    for delivery in dead:
        async with unit_of_work(sending.sessions) as session:
            await outbox.resend(
                session,
                delivery_id=delivery.id,
                actor=sending.actor,
                now=sending.clock.instant,
            )
    await run_jobs(sending)

    assert [each.state for each in dead] == ["dead", "dead"]
    assert {each.last_error for each in dead} == {"unreachable"}
    assert await get_state(sending) == "delivered"
    assert await count_events(sending, EventKind.DELIVERY_DEAD) == 2
    assert await count_events(sending, EventKind.DELIVERY_RESENT) == 2


@pytest.mark.asyncio
async def test_what_the_peer_refuses_for_good_is_a_dead_letter_at_once(sending: Sending) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    async with sending.sessions() as session:
        sr = await session.scalar(select(Document.sop_instance_uid).where(Document.form == "sr"))
    assert sr is not None
    sending.hospital.answers[sr] = 0x0122

    await deliveries.run(sending.bench)

    states = {each.state: each for each in await sending.list_deliveries()}
    (attempt,) = await sending.list_attempts(states["dead"].id)
    assert set(states) == {"dead", "delivered"}
    assert (attempt.outcome, attempt.status) == ("refused", 0x0122)
    assert states["dead"].last_error == "refused 0x0122"


@pytest.mark.parametrize("status", [0xB000, 0x0111])
@pytest.mark.asyncio
async def test_a_warning_and_a_duplicate_are_accepted(sending: Sending, status: int) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    async with sending.sessions() as session:
        for uid in await session.scalars(select(Document.sop_instance_uid)):
            sending.hospital.answers[uid or ""] = status

    await deliveries.run(sending.bench)

    assert await get_state(sending) == "delivered"


@pytest.mark.asyncio
async def test_a_repeat_sends_the_same_object(sending: Sending) -> None:
    await sending.sign()
    await run_jobs(sending)
    (delivery, *_) = await sending.list_deliveries()
    first = dict(sending.hospital.received)

    async with unit_of_work(sending.sessions) as session:
        await outbox.resend(
            session, delivery_id=delivery.id, actor=sending.actor, now=sending.clock.instant
        )
    await run_jobs(sending)

    uid, content = sending.hospital.received[-1]
    assert len(sending.hospital.received) == 3
    assert first[uid] == content


@pytest.mark.asyncio
async def test_a_document_whose_file_was_changed_is_not_sent(
    sending: Sending, tmp_path: Path
) -> None:
    await sending.sign()
    await documents.run(sending.bench)
    async with sending.sessions() as session:
        path = await session.scalar(select(Document.path).where(Document.form == "sr"))
    assert path is not None
    (tmp_path / path).write_bytes(b"something else")

    await deliveries.run(sending.bench)

    assert len(sending.hospital.received) == 1
    assert {each.state for each in await sending.list_deliveries()} == {"dead", "delivered"}


@pytest.mark.asyncio
async def test_the_images_of_a_case_reach_the_reader_and_so_do_those_that_come_later(
    sending: Sending, tmp_path: Path
) -> None:
    await sending.ask_for_images()
    await deliveries.run(sending.bench)
    (first,) = await sending.list_deliveries()

    async with unit_of_work(sending.sessions) as session:
        study = await session.get_one(Study, sending.study_id)
        await add_instances(session, study, count=2)
        await write_images(session, data_dir=tmp_path)
        await outbox.send_new_images(session, study_id=study.id, now=sending.clock.instant)
    await deliveries.run(sending.bench)
    (second,) = await sending.list_deliveries()

    assert (first.state, first.sent_count) == ("delivered", 3)
    assert (second.state, second.sent_count) == ("delivered", 5)
    assert len(sending.centre.received) == 5
    assert len(dict(sending.centre.received)) == 5
    assert await count_events(sending, EventKind.IMAGES_FORWARDED) == 2


@pytest.mark.asyncio
async def test_a_transfer_that_breaks_goes_on_where_it_broke(sending: Sending) -> None:
    await sending.ask_for_images()
    sending.centre.falls_silent_after = 2
    await deliveries.run(sending.bench)
    (broken,) = await sending.list_deliveries()
    sending.centre.falls_silent_after = None
    sending.clock.advance(timedelta(seconds=10))

    await deliveries.run(sending.bench)

    (whole,) = await sending.list_deliveries()
    attempts = await sending.list_attempts(whole.id)
    assert (broken.state, broken.sent_count) == ("waiting", 2)
    assert (whole.state, whole.sent_count) == ("delivered", 3)
    assert len(sending.centre.received) == 3
    assert [each.outcome for each in attempts] == ["broken", "accepted"]
    assert attempts[0].detail == "2 of 3 accepted; no answer"


@pytest.mark.asyncio
async def test_a_voided_case_sends_nothing_more(sending: Sending) -> None:
    await sending.ask_for_images()
    async with unit_of_work(sending.sessions) as session:
        await outbox.cancel_for_case(session, case_id=sending.case_id, now=sending.clock.instant)

    await deliveries.run(sending.bench)

    assert [each.state for each in await sending.list_deliveries()] == ["cancelled"]
    assert sending.centre.received == []


@pytest.mark.asyncio
async def test_an_addendum_follows_the_report_to_the_hospital(sending: Sending) -> None:
    await sending.sign()
    await run_jobs(sending)

    async with unit_of_work(sending.sessions) as session:
        await pipeline.add_addendum(
            session,
            sending.case_id,
            base=1,
            text="Ajout.",
            actor=sending.actor,
            now=sending.clock.instant,
        )
    await run_jobs(sending)

    assert len(dict(sending.hospital.received)) == 4
    assert await get_state(sending) == "delivered"


@pytest.mark.asyncio
async def test_a_document_that_cannot_be_rendered_is_tried_again_in_a_minute(
    sending: Sending,
) -> None:
    await sending.sign()

    await documents.run(replace(sending.bench, renderer=NoFont()))
    async with sending.sessions() as session:
        due = await documents.JOB.find_next_due(session)
    sending.clock.advance(timedelta(minutes=1))
    await run_jobs(sending)

    assert due == sending.clock.instant
    assert await get_state(sending) == "delivered"


class FailingSender(FakeSender):
    """A sender with an error of its own."""

    async def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        """Send the first file, then fail."""
        async for result in super().store(files[:1], to=to):
            yield result
        raise ValueError("an error of ours")


@pytest.mark.asyncio
async def test_an_error_of_our_own_is_a_try_that_failed_and_is_not_repeated_at_once(
    sending: Sending,
) -> None:
    await sending.ask_for_images()
    failing = FailingSender({CENTRE: sending.centre})

    await deliveries.run(replace(sending.bench, peers=failing))

    (delivery,) = await sending.list_deliveries()
    (attempt,) = await sending.list_attempts(delivery.id)
    assert (delivery.state, delivery.sent_count) == ("waiting", 1)
    assert delivery.due_at == sending.clock.instant + DELAYS[0]
    assert attempt.outcome == "broken"
    assert attempt.detail == "1 of 3 accepted; the platform's own sender failed: ValueError"
