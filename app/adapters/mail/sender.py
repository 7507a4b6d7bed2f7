"""Sends mails by SMTP, encrypted where the server can, always where a password is given."""

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.delivery.domain.mail import Mail, check_address
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import MailResult
from app.kit.errors import Invalid

_SUBMISSION, _SUBMISSIONS = 587, 465  # RFC 8314 §7.3, RFC 6409 §3.1
_PERMANENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mails are handed in.

    Attributes
    ----------
    is_tls
        TLS from the first byte; else STARTTLS, if the server has it or a password is given.
    """

    host: str
    port: int
    is_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtp://[user:password@]host[:port]` or `smtps://...`.

        Raises
        ------
        Invalid
            If it is none; the message does not repeat it, for it may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Invalid("the address of the mail server has a port that is none") from error
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/"):
            raise Invalid("a mail server is smtp://host:port or smtps://host:port")
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (_SUBMISSIONS if is_tls else _SUBMISSION),
            is_tls=is_tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSender:
    """Hands each mail in on a connection of its own.

    Attributes
    ----------
    mail_from
        Our own address.
    timeout_s
        How long each step may take.
    """

    server: SmtpServer
    mail_from: str
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        """Refuse a sender that no answer could go to."""
        check_address(self.mail_from)

    async def send(self, mail: Mail) -> MailResult:
        """Send one mail, and tell what the server said."""
        try:
            await self._hand_in(mail)
        except aiosmtplib.SMTPException as error:
            return _explain(error)
        except (OSError, ssl.SSLError) as error:
            return MailResult(Outcome.UNREACHABLE, detail=type(error).__name__)
        return MailResult(Outcome.ACCEPTED)

    async def _hand_in(self, mail: Mail) -> None:
        server = self.server
        await aiosmtplib.send(
            write_message(mail, mail_from=self.mail_from),
            sender=self.mail_from,
            recipients=[mail.to],
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            timeout=self.timeout_s,
            use_tls=server.is_tls,
            start_tls=_choose_start_tls(server),
        )


def _choose_start_tls(server: SmtpServer) -> bool | None:
    """Insist on STARTTLS for a password; else take it where the server offers it."""
    if server.is_tls:
        return False
    return True if server.password is not None else None


def write_message(mail: Mail, *, mail_from: str) -> EmailMessage:
    """Write a mail as it travels; the same one for each try but for its date."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail_from
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.sent_at)
    message["Message-ID"] = f"<{mail.message_id}>"
    # RFC 3834 §5: nobody's absence notice shall answer it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.content is not None:
        message.add_attachment(
            mail.content, maintype="application", subtype="pdf", filename=mail.file_name
        )
    return message


_BEFORE_THE_MAIL: tuple[tuple[type[aiosmtplib.SMTPException], Outcome], ...] = (
    (aiosmtplib.SMTPAuthenticationError, Outcome.REJECTED),
    (aiosmtplib.SMTPHeloError, Outcome.REJECTED),
    (aiosmtplib.SMTPNotSupported, Outcome.REJECTED),
    (aiosmtplib.SMTPConnectError, Outcome.UNREACHABLE),
    (aiosmtplib.SMTPServerDisconnected, Outcome.BROKEN),
    (aiosmtplib.SMTPTimeoutError, Outcome.BROKEN),
)
"""What ends the conversation before the server has said anything about the mail."""


def _explain(error: aiosmtplib.SMTPException) -> MailResult:
    code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None
    for kind, outcome in _BEFORE_THE_MAIL:
        if isinstance(error, kind):
            return MailResult(outcome, detail=error.message, code=code)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        (refused, *_) = error.recipients
        return _read_reply(refused.code, refused.message)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _read_reply(error.code, error.message)
    # Such as a server without STARTTLS, when a password is to be sent.
    return MailResult(Outcome.REJECTED, detail=error.message)


def _read_reply(code: int, text: str) -> MailResult:
    """Read a refusal: what is refused for good is not tried again (RFC 5321 §4.2.1)."""
    outcome = Outcome.REFUSED if code >= _PERMANENT else Outcome.BUSY
    return MailResult(outcome, detail=f"{code} {text}", code=code)
