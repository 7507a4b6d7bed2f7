"""How a reader is told that a case is offered to them, and what becomes of each notification."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum, StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict

SHOWN_WITHIN = timedelta(seconds=15)
"""How long a page may take to say that it has shown a case, and sounded."""
LOOKED_FOR_EVERY = SHOWN_WITHIN * 2 / 3
"""How long the job that tells readers looks away at most: a page that has just been asked to
confirm need not wake it."""
TEST_LASTS = timedelta(minutes=2)
"""How long somebody waits for the call that tests their telephone; none is made after that."""
URGENT = frozenset({"P1", "P2"})
"""Priorities for which somebody is called whose page does not sound, at whatever hour."""
SILENT = frozenset({"P4"})
"""Priorities that never ring, neither the telephone nor the page."""

NOT_AVAILABLE = "not available"
"""Why a nomination ended whose reader has said so on the telephone."""


class Channel(StrEnum):
    """By what a reader is told."""

    BROWSER = "browser"
    """An open page of theirs."""
    MAIL = "mail"
    HOOK = "hook"
    """The service outside that calls their telephone, or sends it a text message."""


class Purpose(StrEnum):
    """Why somebody is told."""

    OFFER = "offer"
    """A case is offered to them."""
    TELEPHONE_TEST = "telephone_test"
    """They want to know, before their guard, whether the telephone reaches them."""
    MASS_SILENCE = "mass_silence"
    """More than half of the readers fell silent at once: our pages may not reach anybody."""
    BACKUP_CALL = "backup_call"
    """They are on the backup line, and the coordinator calls it in a surge."""


class NotificationState(StrEnum):
    """Where a notification stands."""

    DUE = "due"
    """To be sent at its instant; of a page: to be confirmed until then."""
    SENDING = "sending"
    SENT = "sent"
    """Who carries it has taken it."""
    DELIVERED = "delivered"
    """It has reached the telephone."""
    SHOWN = "shown"
    """A page has shown it, and sounded unless it never rings."""
    ANSWERED = "answered"
    FAILED = "failed"
    """It has not reached the reader."""
    GIVEN_UP = "given_up"
    """Nobody would carry it."""
    CANCELLED = "cancelled"
    """It was no longer needed before it went."""


class NotificationAction(StrEnum):
    """What moves a notification."""

    CLAIM = "claim"
    """A scheduler begins a try; also when the one before it was lost."""
    ACCEPT = "accept"
    RETRY = "retry"
    GIVE_UP = "give_up"
    SHOW = "show"
    MISS = "miss"
    """No page has confirmed it in time."""
    DELIVER = "deliver"
    FAIL = "fail"
    """Who carries it says that nobody was reached."""
    ANSWER = "answer"
    CANCEL = "cancel"


_S, _A = NotificationState, NotificationAction
_ON_THE_WAY = (_S.DUE, _S.SENDING, _S.SENT)

TRANSITIONS: Mapping[tuple[NotificationState, NotificationAction], NotificationState] = (
    MappingProxyType(
        {
            (_S.DUE, _A.CLAIM): _S.SENDING,
            (_S.SENDING, _A.CLAIM): _S.SENDING,
            (_S.SENDING, _A.ACCEPT): _S.SENT,
            (_S.SENDING, _A.RETRY): _S.DUE,
            (_S.SENDING, _A.GIVE_UP): _S.GIVEN_UP,
            (_S.DUE, _A.SHOW): _S.SHOWN,
            # A page that was slow is still one that reaches somebody.
            (_S.FAILED, _A.SHOW): _S.SHOWN,
            (_S.DUE, _A.MISS): _S.FAILED,
            # Who carries it may be quicker than the answer to our own try.
            **{(each, _A.DELIVER): _S.DELIVERED for each in (*_ON_THE_WAY, _S.GIVEN_UP)},
            **{(each, _A.FAIL): _S.FAILED for each in (*_ON_THE_WAY, _S.DELIVERED, _S.GIVEN_UP)},
            **{
                (each, _A.ANSWER): _S.ANSWERED
                for each in (*_ON_THE_WAY, _S.DELIVERED, _S.FAILED, _S.GIVEN_UP, _S.CANCELLED)
            },
            (_S.DUE, _A.CANCEL): _S.CANCELLED,
            (_S.SENDING, _A.CANCEL): _S.CANCELLED,
        }
    )
)
"""Every move there is; tests walk every pair of state and action."""


class NotificationRefused(Conflict):
    """The notification stands where this is not possible."""

    def __init__(self, state: NotificationState, action: NotificationAction) -> None:
        super().__init__(f"the notification is {state}: {action} is not possible any more")


def follow(state: NotificationState, action: NotificationAction) -> NotificationState:
    """Say where a notification stands after an action.

    Raises
    ------
    NotificationRefused
        If the action is not possible in that state.
    """
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise NotificationRefused(state, action) from None


def find_shown(state: NotificationState, *, priority: str, has_sounded: bool) -> NotificationState:
    """Say where a notification stands once a page has shown it.

    A page that is mute misses what is urgent. What is settled, or was missed before, stays.
    """
    counts = has_sounded or priority not in URGENT
    return TRANSITIONS.get((state, _A.SHOW if counts else _A.MISS), state)


class Answer(IntEnum):
    """The key that a reader presses on their telephone."""

    TAKE = 1
    """I take it."""
    NOT_AVAILABLE = 2


def find_channels(priority: str, *, step: int) -> tuple[Channel, ...]:
    """Say by what a reader is told of a case at a step, whatever their page does.

    Parameters
    ----------
    step
        How many steps were taken, >= 0; from the first one on the telephone is called.
    """
    if step == 0 or priority in SILENT:
        return (Channel.BROWSER, Channel.MAIL)
    return (Channel.BROWSER, Channel.MAIL, Channel.HOOK)


def find_call_at(
    priority: str, *, now: datetime, quiet: tuple[int, int], zone: tzinfo
) -> datetime | None:
    """Say when the telephone of a reader on guard may be called.

    Parameters
    ----------
    now
        Aware.
    quiet
        From which hour of the day until which no telephone is called for what is not urgent, each
        from 0 to 23; the same twice: there is no such time. At the second hour it may ring again.
    zone
        By whose clock the hours are.

    Returns
    -------
    datetime
        Aware: now, or the end of the quiet hours; nothing for what never rings.
    """
    if priority in SILENT:
        return None
    begin, end = quiet
    local = now.astimezone(zone)
    is_quiet = begin <= local.hour < end if begin <= end else not end <= local.hour < begin
    if priority in URGENT or not is_quiet:
        return now
    day = local.date() if local.hour < end else local.date() + timedelta(days=1)
    until = datetime(day.year, day.month, day.day, end, tzinfo=zone)
    return max(now, until.astimezone(now.tzinfo))
