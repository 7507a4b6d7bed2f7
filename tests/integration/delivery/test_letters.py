"""The on-call sheet goes to each address once, by the same outbox as everything else."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.retry import GIVE_UP_AFTER
from app.delivery.models import Delivery
from app.planning.models import OnCallSheet
from app.store.files import digest
from scheduler.job import Bench
from scheduler.jobs import deliveries, letters
from tests.factories.sending import Sending, lay_sending
from tests.fakes.mailbox import FakeMailSender

SHEET = b"%PDF-1.7 the sheet"
SITE, READER = "urgences@hopital.example", "ada@centre.example"


@dataclass
class Mailing:
    """A sheet that lies in the data folder, and who is to have it."""

    sending: Sending
    sheet_id: int
    bench: Bench
    mails: FakeMailSender = field(default_factory=FakeMailSender)

    async def plan(self, *addresses: str) -> int:
        async with unit_of_work(self.sending.sessions) as session:
            return await outbox.plan_sheet(
                session,
                sheet_id=self.sheet_id,
                addresses=addresses,
                now=self.sending.clock.instant,
            )

    async def run(self) -> None:
        await letters.run(self.bench)

    async def list_letters(self) -> list[Delivery]:
        async with self.sending.sessions() as session:
            query = select(Delivery).where(Delivery.mail_to.is_not(None)).order_by(Delivery.id)
            return list(await session.scalars(query))


async def add_sheet(sending: Sending, *, content: bytes = SHEET) -> int:
    now = sending.clock.instant
    path = f"sheets/{digest([content]).hex()}.pdf"
    (sending.bench.data_dir / "sheets").mkdir(exist_ok=True)
    (sending.bench.data_dir / path).write_bytes(content)
    async with unit_of_work(sending.sessions) as session:
        sheet = OnCallSheet(
            made_at=now,
            period=Range(now, now + timedelta(hours=72)),
            published_count=0,
            path=path,
            digest=digest([content]),
            size_bytes=len(content),
        )
        session.add(sheet)
        await session.flush()
        return sheet.id


@pytest_asyncio.fixture
async def mailing(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Mailing:
    sending = await lay_sending(sessions, data_dir=tmp_path, clock=clock)
    mails = FakeMailSender()
    bench = replace(sending.bench, mails=mails)
    return Mailing(sending, await add_sheet(sending), bench, mails)


@pytest.mark.asyncio
async def test_each_address_gets_the_sheet_once(mailing: Mailing) -> None:
    counts = [await mailing.plan(SITE, READER, SITE), await mailing.plan(SITE)]
    await mailing.run()
    await mailing.run()

    assert counts == [2, 0]
    assert [each.to for each in mailing.mails.received] == [SITE, READER]
    assert {each.content for each in mailing.mails.received} == {SHEET}
    assert {each.state for each in await mailing.list_letters()} == {"delivered"}


@pytest.mark.asyncio
async def test_an_address_that_is_none_keeps_nobody_else_from_the_sheet(mailing: Mailing) -> None:
    count = await mailing.plan("nobody", SITE)

    assert count == 1


@pytest.mark.asyncio
async def test_no_mail_says_anything_about_a_patient(mailing: Mailing) -> None:
    await mailing.plan(SITE)
    await mailing.run()

    (mail,) = mailing.mails.received
    words = mail.subject + mail.text + mail.file_name
    for secret in ("DUPONT", "JEANNE", "PID", "19500101"):
        assert secret not in words


@pytest.mark.asyncio
async def test_a_mail_server_that_is_down_gets_the_sheet_when_it_is_back(mailing: Mailing) -> None:
    await mailing.plan(SITE)
    mailing.mails.is_up = False
    await mailing.run()
    (waiting,) = await mailing.list_letters()
    await mailing.run()
    mailing.mails.is_up = True
    mailing.sending.clock.instant = waiting.due_at

    await mailing.run()

    (letter,) = await mailing.list_letters()
    attempts = await mailing.sending.list_attempts(letter.id)
    assert waiting.last_error == "unreachable: nobody answers"
    assert [each.outcome for each in attempts] == ["unreachable", "accepted"]
    assert letter.state == "delivered"


@pytest.mark.asyncio
async def test_an_address_refused_for_good_is_a_dead_letter_that_a_click_revives(
    mailing: Mailing,
) -> None:
    await mailing.plan(SITE, READER)
    mailing.mails.answers[SITE] = Outcome.REFUSED
    await mailing.run()
    dead, sent = await mailing.list_letters()
    mailing.mails.answers.clear()

    async with unit_of_work(mailing.sending.sessions) as session:
        await outbox.resend(
            session,
            delivery_id=dead.id,
            actor=mailing.sending.actor,
            now=mailing.sending.clock.instant,
        )
    await mailing.run()

    assert (dead.state, sent.state) == ("dead", "delivered")
    assert [each.to for each in mailing.mails.received] == [READER, SITE]


@pytest.mark.asyncio
async def test_a_newer_sheet_replaces_one_that_still_waits(mailing: Mailing) -> None:
    await mailing.plan(SITE)
    mailing.sheet_id = await add_sheet(mailing.sending, content=SHEET + b" newer")
    await mailing.plan(SITE)

    await mailing.run()

    assert [each.content for each in mailing.mails.received] == [SHEET + b" newer"]
    assert [each.state for each in await mailing.list_letters()] == ["cancelled", "delivered"]


@pytest.mark.asyncio
async def test_a_sheet_that_was_changed_on_the_disk_is_not_sent(mailing: Mailing) -> None:
    await mailing.plan(SITE)
    for path in (mailing.bench.data_dir / "sheets").iterdir():
        path.write_bytes(b"something else")

    await mailing.run()

    (letter,) = await mailing.list_letters()
    assert (letter.state, mailing.mails.received) == ("dead", [])


@pytest.mark.asyncio
async def test_without_a_mail_server_mails_wait_and_the_other_job_sleeps(mailing: Mailing) -> None:
    await mailing.plan(SITE)

    await letters.run(replace(mailing.bench, mails=None))
    await deliveries.run(mailing.bench)

    (letter,) = await mailing.list_letters()
    async with mailing.sending.sessions() as session:
        assert await deliveries.JOB.find_next_due(session) is None
        assert await letters.JOB.find_next_due(session) is None
    assert (letter.state, letter.attempt_count) == ("waiting", 0)


@pytest.mark.asyncio
async def test_a_sender_that_was_killed_is_replaced(mailing: Mailing) -> None:
    await mailing.plan(SITE)
    async with unit_of_work(mailing.sending.sessions) as session:
        killed = await outbox.claim_letter(session, now=mailing.sending.clock.instant)
    await mailing.run()
    assert mailing.mails.received == []
    assert killed is not None

    mailing.sending.clock.advance(GIVE_UP_AFTER / 2)
    await mailing.run()

    assert [each.to for each in mailing.mails.received] == [SITE]
