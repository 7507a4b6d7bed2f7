"""The one countdown of a case: what every page, answer and clock of it says is taken from here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_LARGEST_PART = 0.5
"""Of the delay: a read that takes longer is not too late from its first image on."""


class Urgency(StrEnum):
    """How a case stands to its countdown."""

    IN_TIME = "in_time"
    SLACK_USED = "slack_used"
    """A read that begins now is expected to end too late."""
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """What is counted down to; instants are aware."""

    due_at: datetime
    """Until when the report is to be signed."""
    slack_ends_at: datetime
    """Until when a read must begin that is to be in time; before `due_at`."""

    def judge(self, *, now: datetime) -> Urgency:
        """Say how it stands at an instant; at the very instant it is over."""
        if now >= self.due_at:
            return Urgency.LATE
        return Urgency.SLACK_USED if now >= self.slack_ends_at else Urgency.IN_TIME


def find_countdown(
    *,
    first_image_at: datetime | None,
    signed_due_at: datetime | None,
    expected_read: timedelta,
) -> Countdown | None:
    """Find the countdown of a case; nothing while nothing of it is due.

    Parameters
    ----------
    first_image_at, signed_due_at
        Aware; nothing before the first image.
    expected_read
        How long the read is expected to take, > 0. At most half of the whole delay counts: else a
        case whose read takes longer than its delay would be thrown at everybody at once.
    """
    if first_image_at is None or signed_due_at is None:
        return None
    read = min(expected_read, (signed_due_at - first_image_at) * _LARGEST_PART)
    return Countdown(due_at=signed_due_at, slack_ends_at=signed_due_at - read)
