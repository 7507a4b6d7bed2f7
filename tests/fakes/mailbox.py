"""A mail server in memory, and the sender that reaches it: the fake of `MailSender`."""

from dataclasses import dataclass, field

from app.delivery.domain.mail import Mail
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import MailResult

_CODES = {Outcome.REFUSED: 550, Outcome.BUSY: 450}


@dataclass
class FakeMailSender:
    """Keeps what it is given; `answers` maps an address to the outcome for it."""

    is_up: bool = True
    answers: dict[str, Outcome] = field(default_factory=dict)
    received: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> MailResult:
        """Take a mail, or answer as told."""
        if not self.is_up:
            return MailResult(Outcome.UNREACHABLE, detail="nobody answers")
        outcome = self.answers.get(mail.to, Outcome.ACCEPTED)
        if outcome is Outcome.ACCEPTED:
            self.received.append(mail)
            return MailResult(outcome)
        code = _CODES.get(outcome, 554)
        return MailResult(outcome, detail=f"{code} <{mail.to}>: not taken", code=code)
