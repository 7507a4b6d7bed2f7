"""What the service outside is asked that calls telephones and sends text messages.

Nothing about a patient: the number of a case, its priority, the code of its site, where to look.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.delivery.domain.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody to be told of a case, of an alarm, or to come; or a telephone to be tested.

    Attributes
    ----------
    reference
        The same for each try: who gets it twice calls once.
    asked_at
        Aware instant of this try.
    purpose
        `offer`, `telephone_test`, `mass_silence` or `backup_call`.
    means
        `voice`, or `sms` for what is not urgent.
    telephone
        Of the reader.
    case_id, priority, site
        Of an offer alone; the site's code, never its name.
    path
        Of the page that shows it.
    language
        `fr` or `en`.
    """

    reference: str
    asked_at: datetime
    purpose: str
    means: str
    telephone: str
    case_id: int | None
    priority: str | None
    site: str | None
    path: str
    language: str


@dataclass(frozen=True, slots=True)
class CallResult:
    """What became of asking.

    Attributes
    ----------
    detail
        For a person; free of secrets and of the telephone.
    """

    outcome: Outcome
    detail: str = ""


class Caller(Protocol):
    """Asks the service outside to call."""

    async def call(self, call: Call) -> CallResult:
        """Ask once.

        Never raises for what the service or the network does: that is an outcome.
        """
        ...
