"""Who is there, as the server sees it: never by a timer of the page, which hidden tabs throttle."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict, Invalid
from app.kit.interval import Interval

GONE_AFTER = timedelta(seconds=90)
"""Without a stream for so long, a reader is gone; a page that is loaded again takes a second."""
SILENT_AFTER = timedelta(seconds=30)
"""Without a stream for so long, a reader is silent: longer than a restart of ours takes."""
BEAT_EVERY = timedelta(seconds=5)
"""How often a web process says that it lives, and its streams with it."""
COMES_BEFORE = timedelta(minutes=10)
"""So long before a seat begins its holder checks in."""
LONGEST_REST = timedelta(hours=12)
"""So long, at most, somebody may say that they take no new case."""


class PresenceState(StrEnum):
    """Whether a reader can be counted on for a new case."""

    PRESENT = "present"
    BUSY = "busy"
    """There, and reading."""
    NO_NEW_WORK = "no_new_work"
    """There, and has said so."""
    GONE = "gone"
    """No stream for 90 s, never one, or their centre is down."""


class Word(StrEnum):
    """Whether a reader takes new cases, by their own word."""

    WORKING = "working"
    RESTING = "resting"


class WordAction(StrEnum):
    """What changes it."""

    REST = "rest"
    RESUME = "resume"
    EXPIRE = "expire"
    """The instant has come that the reader named."""


WORDS: Mapping[tuple[Word, WordAction], Word] = MappingProxyType(
    {
        (Word.WORKING, WordAction.REST): Word.RESTING,
        (Word.RESTING, WordAction.REST): Word.RESTING,
        (Word.RESTING, WordAction.RESUME): Word.WORKING,
        (Word.RESTING, WordAction.EXPIRE): Word.WORKING,
    }
)
"""Every allowed change; saying it again names another instant."""


class WordRefused(Conflict):
    """The reader's word stands where this is not possible."""

    def __init__(self, word: Word, action: WordAction) -> None:
        super().__init__(f"'{action.value}' is not possible for a reader who is {word.value}")
        self.word = word
        self.action = action


def next_word(word: Word, action: WordAction) -> Word:
    """Say where an action leads.

    Raises
    ------
    WordRefused
        If the table has no such change.
    """
    try:
        return WORDS[word, action]
    except KeyError:
        raise WordRefused(word, action) from None


def check_until(until: datetime, *, now: datetime) -> None:
    """Refuse an instant that is over, or too far away; both aware.

    Raises
    ------
    Invalid
        If it does not lie within the next 12 hours.
    """
    if not now < until <= now + LONGEST_REST:
        raise Invalid("no new work lasts until an instant within the next 12 hours")


# Not frozen: a decision makes a hundred of them, and that would take most of the time.
@dataclass(slots=True, kw_only=True)
class ReaderSeen:
    """Somebody on guard at a distance, and when they were last seen."""

    radiologist_id: int
    centre_id: int | None
    guard: Interval
    """Of their seats around now: from the first beginning to the last end."""
    is_expected: bool
    """Holds a seat of the first line: whoever is only on the backup line need not have a page."""
    seen_at: datetime | None = None
    """When a stream of theirs was last open for certain, aware; never yet: nothing."""
    claims: int = 0
    resting_until: datetime | None = None
    is_centre_down: bool = False

    def has_come(self) -> bool:
        """Tell whether they were there at all during this guard, or just before it."""
        return self.seen_at is not None and self.seen_at >= self.guard.start - COMES_BEFORE

    def is_silent(self, now: datetime) -> bool:
        """Tell whether no stream of theirs has been open for 30 s; never seen is silent."""
        return self.seen_at is None or now - self.seen_at >= SILENT_AFTER

    def is_gone(self, now: datetime) -> bool:
        """Tell whether no stream of theirs has been open for 90 s; never seen is gone."""
        return self.seen_at is None or now - self.seen_at >= GONE_AFTER


def find_state(reader: ReaderSeen, *, now: datetime, must_be_heard: bool = True) -> PresenceState:
    """Say whether a reader can be counted on: gone goes before their word, that before reading."""
    if reader.is_centre_down or (must_be_heard and reader.is_gone(now)):
        return PresenceState.GONE
    if reader.resting_until is not None and now < reader.resting_until:
        return PresenceState.NO_NEW_WORK
    return PresenceState.BUSY if reader.claims else PresenceState.PRESENT


def find_reach(
    readers: Iterable[ReaderSeen], *, is_our_fault: bool, now: datetime
) -> dict[int, PresenceState]:
    """Say who can be offered a case, of all who are on guard.

    Silence speaks only against those who must have a page open, and only while others of them are
    heard: who is on the backup line is called by telephone, and when nobody is heard at all the
    fault is elsewhere, and no rule about the site or the skill gives way for it.

    Parameters
    ----------
    is_our_fault
        Whether a mass silence lasts: then nobody is gone for not being heard.
    """
    known = list(readers)
    is_anybody_heard = any(each.is_expected and not each.is_gone(now) for each in known)
    counts = is_anybody_heard and not is_our_fault
    return {
        each.radiologist_id: find_state(each, now=now, must_be_heard=counts and each.is_expected)
        for each in known
    }
