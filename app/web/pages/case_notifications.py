"""Who was told of a case, by what, when, and what became of it, as the page shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.notification import URGENT, Answer, NotificationState
from app.dispatch.models import Notification
from app.dispatch.repository.notification_lists import list_of_case
from app.web.pages import words
from app.web.pages.texts import Texts

_GOOD = frozenset({"sounded", "shown", "delivered", "take", "heard"})
_BAD = frozenset({"failed", "given_up", "silent", "not_available"})


def make_filters(texts: Texts) -> dict[str, Callable[[str], str]]:
    """Make the filters of the templates: by what somebody is told, and what became of it."""
    return {
        "channel": lambda value: words.name(value, words.CHANNELS, texts=texts),
        "notification_state": lambda value: words.name(
            value, words.NOTIFICATION_STATES, texts=texts
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationShown:
    """One notification.

    Parameters
    ----------
    at
        When it came to stand so, as far as that is kept; else when it was asked for. Aware.
    state
        A key of `app.web.pages.words.NOTIFICATION_STATES`.
    """

    name: str
    channel: str
    step: int
    state: str
    at: datetime
    tries: int

    @property
    def is_good(self) -> bool:
        """Has it reached them?"""
        return self.state in _GOOD

    @property
    def is_bad(self) -> bool:
        """Has it not, or do they not come?"""
        return self.state in _BAD


async def load_notifications(session: AsyncSession, case_id: int) -> tuple[NotificationShown, ...]:
    """Read the notifications of a case, the newest first."""
    return write_notifications([(row, name) for row, name in await list_of_case(session, case_id)])


def write_notifications(
    rows: Sequence[tuple[Notification, str]],
) -> tuple[NotificationShown, ...]:
    """Write each as it is shown, in the same order."""
    return tuple(
        NotificationShown(
            name=name,
            channel=row.channel,
            step=row.step,
            state=find_shown_state(row),
            at=row.answered_at or row.shown_at or row.delivered_at or row.sent_at or row.created_at,
            tries=row.tries,
        )
        for row, name in rows
    )


def find_shown_state(row: Notification) -> str:
    """Find what is said of it: what rings and was shown has sounded, or is said to have not."""
    state = NotificationState(row.state)
    if state is NotificationState.ANSWERED and row.case_id is None:
        return "heard"
    if state is NotificationState.ANSWERED:
        return Answer(row.answer or 0).name.lower()
    if state is NotificationState.SHOWN and row.priority in URGENT:
        return "sounded"
    if state is NotificationState.FAILED and row.shown_at is not None:
        return "silent"
    return state.value
