"""What the judge finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.profile import IMPOSSIBLE, SOFT, Rule
from app.planning.domain.seats import Seat


class Severity(StrEnum):
    """What a broken rule means for the statute of whoever breaks it."""

    IMPOSSIBLE = "impossible"
    """Nobody may accept it."""
    HARD = "hard"
    """A planner may accept it, saying why; a roster never does."""
    SOFT = "soft"
    """A roster pays for it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken, by whom and on which seats, in words without patient data.

    Parameters
    ----------
    seats
        All that have a part in it, by id.
    radiologist
        Absent where it is not about one person.
    """

    rule: Rule
    seats: tuple[int, ...]
    radiologist: int | None
    message: str
    severity: Severity = Severity.HARD


def find(rule: Rule, seats: Iterable[Seat], *, text: str, reader: Reader | None) -> Violation:
    """Make a violation, as severe as the reader's statute says, or as usual without one."""
    return Violation(
        rule=rule,
        seats=tuple(sorted({seat.id for seat in seats})),
        radiologist=None if reader is None else reader.id,
        message=text,
        severity=rate(rule, reader),
    )


def rate(rule: Rule, reader: Reader | None) -> Severity:
    """Say how severe a broken rule is for a reader; without one, as usual."""
    if rule in IMPOSSIBLE:
        return Severity.IMPOSSIBLE
    return Severity.SOFT if rule in (reader.profile.soft if reader else SOFT) else Severity.HARD
