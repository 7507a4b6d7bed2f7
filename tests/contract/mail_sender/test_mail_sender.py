"""What every `MailSender` does, the one in memory and the one that speaks SMTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from app.adapters.mail.sender import SmtpSender, SmtpServer
from app.delivery.domain.mail import Mail
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import MailSender
from tests.contract.dicom_sender.nodes import find_free_port
from tests.fakes.mailbox import FakeMailSender

MAIL = Mail(
    to="urgences@hopital.example",
    message_id="7.0123456789abcdef@astreinte",
    sent_at=datetime(2026, 11, 20, 18, 0, tzinfo=UTC),
    subject="Téléradiologie : liste de garde du 20/11/2026 au 23/11/2026",
    text="Bonjour,\n\nÀ garder sous la main.\n",
    file_name="liste-de-garde.pdf",
    content=b"%PDF-1.7\n\0\r\n.\r\nend",
)


@dataclass
class Mailbox:
    """A server's handler of aiosmtpd, which answers by the receiver's address."""

    answers: dict[str, Outcome] = field(default_factory=dict)
    received: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the library's
        self, _server: SMTP, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        outcome = self.answers.get(address)
        if outcome is Outcome.REFUSED:
            return "550 5.1.1 no such mailbox"
        if outcome is Outcome.BUSY:
            return "450 4.2.0 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - the library's
        message = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(message, EmailMessage)
        self.received.append((envelope.mail_from or "", list(envelope.rcpt_tos), message))
        return "250 taken"


@contextmanager
def open_server(mailbox: Mailbox, **options: Any) -> Iterator[SmtpServer]:
    port = find_free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield SmtpServer.parse(f"smtp://127.0.0.1:{port}")
    finally:
        controller.stop()


def make_sender(server: SmtpServer) -> SmtpSender:
    return SmtpSender(server=server, mail_from="astreinte@gcs.example", timeout_s=5)


@dataclass
class Office:
    """A sender, what its server answers, and how many mails have arrived."""

    sender: MailSender
    answers: dict[str, Outcome]
    received: list[Any]


@pytest.fixture(params=["memory", "smtp"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    if request.param == "memory":
        fake = FakeMailSender()
        yield Office(fake, fake.answers, fake.received)
        return
    mailbox = Mailbox()
    with open_server(mailbox) as server:
        yield Office(make_sender(server), mailbox.answers, mailbox.received)


@pytest.mark.asyncio
async def test_a_mail_is_accepted_and_arrives_once(office: Office) -> None:
    result = await office.sender.send(MAIL)

    assert result.outcome is Outcome.ACCEPTED
    assert len(office.received) == 1


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.REFUSED, 550), (Outcome.BUSY, 450)])
@pytest.mark.asyncio
async def test_an_address_may_be_refused_for_now_or_for_good(
    office: Office, outcome: Outcome, code: int
) -> None:
    office.answers[MAIL.to] = outcome

    result = await office.sender.send(MAIL)

    assert (result.outcome, result.code) == (outcome, code)
    assert office.received == []


@pytest.mark.parametrize("is_fake", [True, False])
@pytest.mark.asyncio
async def test_a_server_that_does_not_answer_is_unreachable(*, is_fake: bool) -> None:
    gone = make_sender(SmtpServer.parse(f"smtp://127.0.0.1:{find_free_port()}"))
    sender: MailSender = FakeMailSender(is_up=False) if is_fake else gone

    result = await sender.send(MAIL)

    assert result.outcome is Outcome.UNREACHABLE


@pytest.mark.asyncio
async def test_a_mail_arrives_whole_with_its_sheet_and_no_other_header() -> None:
    mailbox = Mailbox()
    with open_server(mailbox) as server:
        await make_sender(server).send(MAIL)

    ((mail_from, receivers, message),) = mailbox.received
    (sheet,) = message.iter_attachments()
    text = message.get_body()
    assert text is not None
    assert (mail_from, receivers) == ("astreinte@gcs.example", [MAIL.to])
    assert (message["To"], message["Subject"]) == (MAIL.to, MAIL.subject)
    assert message["Message-ID"] == f"<{MAIL.message_id}>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == MAIL.sent_at
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    assert sheet.get_content_type() == "application/pdf"
    assert sheet.get_filename() == MAIL.file_name
    assert sheet.get_content() == MAIL.content


def check_login(
    _server: SMTP, _session: Any, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data.password == b"p@ss"
    return AuthResult(success=is_right, handled=is_right)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.asyncio
async def test_a_password_is_never_sent_in_the_clear() -> None:
    mailbox = Mailbox()
    with open_server(
        mailbox, authenticator=check_login, auth_require_tls=False, auth_required=True
    ) as server:
        sender = make_sender(replace(server, username="us", password="p@ss"))
        result = await sender.send(MAIL)

    assert result.outcome is Outcome.REJECTED
    assert mailbox.received == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.asyncio
async def test_a_server_that_wants_a_password_rejects_who_has_none() -> None:
    mailbox = Mailbox()
    with open_server(
        mailbox, authenticator=check_login, auth_require_tls=False, auth_required=True
    ) as server:
        result = await make_sender(server).send(MAIL)

    assert result.outcome in {Outcome.REJECTED, Outcome.REFUSED}
    assert mailbox.received == []
