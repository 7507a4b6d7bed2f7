"""How urgent a study is, from the destination it was sent to and a table of rules."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.intake.domain.classes import URGENT_SUFFIX
from app.kit.errors import NotAllowed


class Priority(StrEnum):
    """How soon a case must be read."""

    P1 = "P1"
    """Life at stake."""
    P2 = "P2"
    """Urgent; also what nobody has said anything about."""
    P3 = "P3"
    """Within hours."""
    P4 = "P4"
    """Next day; never rings."""


_ORDER = {each: rank for rank, each in enumerate(Priority)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyHeader:
    """What a study says of itself, as far as urgency goes."""

    called_ae_title: str
    sender_id: int
    modalities: frozenset[str]
    station_name: str
    study_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRule:
    """A row of the table; a field that is empty matches everything."""

    rank: int
    priority: Priority
    sender_id: int | None = None
    modality: str | None = None
    station_name: str | None = None
    words: frozenset[str] = frozenset()
    """Folded words (see `fold`), any of which must stand in the study's description."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """A priority and why it was given, in words."""

    priority: Priority
    reason: str


def is_raise(old: Priority, new: Priority) -> bool:
    """Tell whether a change makes a case more urgent."""
    return _ORDER[new] < _ORDER[old]


def find_most_urgent(urgencies: Iterable[Urgency]) -> Urgency:
    """Find the most urgent of at least one; ties go to the first."""
    return min(urgencies, key=lambda each: _ORDER[each.priority])


def check_change(old: Priority, new: Priority, *, may_lower: bool) -> None:
    """Let anybody raise a priority, and only a radiologist or a coordinator lower it.

    Raises
    ------
    NotAllowed
        If it is lowered by somebody else.
    """
    if not may_lower and not is_raise(old, new) and old is not new:
        msg = f"only a radiologist or a coordinator lowers a priority from {old} to {new}"
        raise NotAllowed(msg)


def fold(text: str) -> frozenset[str]:
    """Cut a description into words without accents or case."""
    plain = unicodedata.normalize("NFKD", text)
    letters = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return frozenset("".join(letters).casefold().split())


def matches(rule: PriorityRule, header: StudyHeader) -> bool:
    """Tell whether every field of the rule that is filled agrees with the header."""
    return (
        (rule.sender_id is None or rule.sender_id == header.sender_id)
        and (rule.modality is None or rule.modality in header.modalities)
        and (rule.station_name is None or rule.station_name == header.station_name)
        and (not rule.words or not rule.words.isdisjoint(fold(header.study_description)))
    )


def is_called_urgent(header: StudyHeader, *, ae_title: str) -> bool:
    """Tell whether a study was sent to our second destination, the urgent one.

    Parameters
    ----------
    ae_title
        Our own.
    """
    return header.called_ae_title == ae_title + URGENT_SUFFIX


def find_urgency(header: StudyHeader, *, rules: Iterable[PriorityRule], ae_title: str) -> Urgency:
    """Find how urgent a study is.

    A second destination is the one signal that any console can send, so it goes first. Then the
    rule of the lowest rank that matches; when none does, P2: what is unknown is urgent.

    Parameters
    ----------
    header
        The study's.
    rules
        In any order; ranks are unique.
    ae_title
        Our own; what was sent to `<title>_ANT` is a prior, and no case.
    """
    if is_called_urgent(header, ae_title=ae_title):
        return Urgency(Priority.P1, f"sent to {header.called_ae_title}")
    found = min(
        (rule for rule in rules if matches(rule, header)), key=lambda rule: rule.rank, default=None
    )
    if found is not None:
        return Urgency(found.priority, f"rule {found.rank}")
    return Urgency(Priority.P2, "no rule speaks of it")
