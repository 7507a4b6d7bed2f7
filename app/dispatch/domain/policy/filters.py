"""Who may be asked at all, and which rules give way when they leave nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from app.dispatch.domain.policy.answer import Excluded
from app.dispatch.domain.policy.inputs import CaseToRead, Reader
from app.dispatch.domain.policy.parameters import VITAL, Parameters
from app.dispatch.domain.presence import PresenceState


@dataclass(frozen=True, slots=True)
class Question:
    """What the filters compare readers with."""

    is_vital: bool
    hourly_cap: int
    closes_at: datetime
    """Whose guard ends before this is offered nothing new."""
    skills: frozenset[str]


_Test: TypeAlias = Callable[[Question, Reader], bool]


def _is_below_cap(asked: Question, reader: Reader) -> bool:
    return asked.is_vital or reader.claims_last_hour < min(reader.hourly_cap, asked.hourly_cap)


def _takes_new_work(asked: Question, reader: Reader) -> bool:
    return asked.is_vital or reader.presence is not PresenceState.NO_NEW_WORK


def _stays(asked: Question, reader: Reader) -> bool:
    return asked.is_vital or reader.guard.end >= asked.closes_at


def _has_skills(asked: Question, reader: Reader) -> bool:
    return not asked.skills or asked.skills.issubset(reader.sub_specialties)


# In the order in which they are dropped when they leave nobody: first what spares people, then the
# skill, then the right to read for the site.
FILTERS: tuple[tuple[str, _Test], ...] = (
    ("reads more than their hourly cap", _is_below_cap),
    ("guard ends within minutes", _stays),
    ("takes no new work", _takes_new_work),
    ("has released this case", lambda _asked, reader: not reader.has_declined),
    ("has not the sub-specialty asked for", _has_skills),
    ("may not read for this site", lambda _asked, reader: reader.may_read_site),
)
AWAY = ("is gone from their workstation", "is called to a site")
"""Why somebody on guard is not at hand; who is not, is asked only when nobody is."""
_REASONS_AWAY = ((), AWAY[:1], AWAY[1:], AWAY)
"""By how far somebody is: at hand, gone, called to a site, both."""
_BACKWARDS = tuple((at, passes) for at, (_, passes) in reversed(tuple(enumerate(FILTERS))))


def _find_away(reader: Reader) -> int:
    return (reader.presence is PresenceState.GONE) + 2 * reader.is_called_to_site


def keep_at_hand(readers: Sequence[Reader]) -> list[Reader]:
    """Keep who is at hand; else who is gone, else who is called to a site, else who is both."""
    away = [_find_away(reader) for reader in readers]
    nearest = min(away, default=0)
    return [reader for reader, each in zip(readers, away, strict=True) if each == nearest]


def ask(case: CaseToRead, *, parameters: Parameters, now: datetime) -> Question:
    """Say what is asked of the readers of a case."""
    return Question(
        is_vital=case.priority == VITAL,
        hourly_cap=parameters.hourly_cap,
        closes_at=now + timedelta(minutes=parameters.closing_minutes),
        skills=frozenset(
            each.sub_specialty
            for each in parameters.specialties
            if each.is_required and each.concerns(modality=case.modality, region=case.region)
        ),
    )


def filter_readers(
    readers: Sequence[Reader], asked: Question
) -> tuple[list[Reader], tuple[Excluded, ...], tuple[str, ...]]:
    """Keep who passes, of those at hand; filters that leave nobody are dropped one by one.

    Returns
    -------
    tuple
        Who is left; who is not, by id, with the first reason that still stands; the names of the
        filters that were dropped.
    """
    at_hand = keep_at_hand(readers)
    passed_from = [(reader, _find_passed(asked, reader)) for reader in at_hand]
    dropped = min((each for _, each in passed_from), default=0)
    overlooked = _REASONS_AWAY[_find_away(at_hand[0])] if at_hand else ()
    standing = FILTERS[dropped:]
    excluded = {
        reader.radiologist_id: next(name for name, passes in standing if not passes(asked, reader))
        for reader, each in passed_from
        if each > dropped
    }
    if len(at_hand) < len(readers):
        known = {reader.radiologist_id for reader in at_hand}
        away = (reader for reader in readers if reader.radiologist_id not in known)
        excluded |= {each.radiologist_id: _say_away(each, overlooked) for each in away}
    return (
        [reader for reader, each in passed_from if each <= dropped],
        tuple(Excluded(radiologist_id=who, reason=why) for who, why in sorted(excluded.items())),
        (*(name for name, _ in FILTERS[:dropped]), *overlooked),
    )


def _say_away(reader: Reader, overlooked: Sequence[str]) -> str:
    return next(each for each in _REASONS_AWAY[_find_away(reader)] if each not in overlooked)


def _find_passed(asked: Question, reader: Reader) -> int:
    """Find from which filter on a reader passes all."""
    for at, passes in _BACKWARDS:
        if not passes(asked, reader):
            return at + 1
    return 0
