"""What is simulated: how many studies of which societies, who is on guard, under what stress."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from app.dispatch.domain.policy.inputs import Line
from app.dispatch.domain.simulation.night import Arrival, Night, Seated, Trouble, TroubleKind
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_BEGINS, _ENDS = timedelta(hours=20), timedelta(hours=32)
_RELIEF_HOURS = 6.0
_RELIEF_FROM = 1000
"""Ids of those who relieve the night in the morning."""
_BACKUP_FROM = 500
_MILLION = 1_000_000
_SPRING, _AUTUMN = (3, 10)
_LAST_OF_MONTH = 31
_SUNDAY = 6
SKEWED = 0.7
"""Share of the first society under `Stress.SKEWED`; the others share what is left."""


class Stress(StrEnum):
    """What makes a night harder."""

    BURST = "burst"
    """Three times as many studies for two hours from the third on."""
    ASLEEP = "asleep"
    """The first reader sees nothing from the fifth hour to the eighth, their page open."""
    ABSENT = "absent"
    """The first reader never comes."""
    CENTRE_DOWN = "centre-down"
    """The centre of the first society is down for two hours from the third on."""
    CLOCKS = "dst"
    """The clocks change: the night lasts 11 or 13 hours, in turn."""
    SKEWED = "skewed"
    """Seven studies of ten are of the first society."""


_FROM, _UNTIL = 180.0, 300.0
_ASLEEP_FROM, _ASLEEP_UNTIL = 300.0, 480.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all nights of a simulation have in common.

    Parameters
    ----------
    first
        Date on which the first night begins; the others follow.
    zone
        Of the wall clock.
    studies
        Expected in a night of twelve hours, > 0.
    shares
        Of the studies, by society; weights, at least one above 0.
    readers, backups
        The society of each reader of the first line and of the backup line.
    mix
        Weights of P1 to P4.
    read_minutes, sigma
        Mean of a read, and how far its logarithm spreads.
    reaction_minutes
        Mean until somebody awake has seen what they are offered; 0: at once.

    Raises
    ------
    Invalid
        If one of them is out of its range.
    """

    first: date
    zone: tzinfo
    studies: float = 125.0
    shares: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1)
    readers: tuple[int, ...] = (0, 1, 2, 3)
    backups: tuple[int, ...] = (0,)
    mix: tuple[float, ...] = (0.1, 0.55, 0.3, 0.05)
    read_minutes: float = 12.0
    sigma: float = 0.6
    reaction_minutes: float = 0.5
    stresses: frozenset[Stress] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        _check(0 < self.studies <= _MILLION, "studies: a number above 0, and no more than 1000000")
        _check(_are_weights(self.shares), "shares: weights of 0 or more, one of them above 0")
        _check(_are_weights(self.mix), "mix: weights of P1 to P4, 0 or more, one of them above 0")
        _check(bool(self.readers), "readers: at least one is on guard")
        known = all(0 <= each < len(self.shares) for each in (*self.readers, *self.backups))
        _check(known, f"readers: each is of one of the {len(self.shares)} societies, from 0")
        for what, value in (("read", self.read_minutes), ("sigma", self.sigma)):
            _check(0 < value < math.inf, f"{what}: a number above 0")
        _check(0 <= self.reaction_minutes < math.inf, "reaction: 0 or more minutes")

    @property
    def weights(self) -> tuple[float, ...]:
        """Shares by which studies come; they sum to 1."""
        shares = list(self.shares)
        if Stress.SKEWED in self.stresses and len(shares) > 1:
            rest = sum(shares[1:]) or 1.0
            shares = [SKEWED, *((1 - SKEWED) * each / rest for each in shares[1:])]
        return tuple(each / sum(shares) for each in shares)

    def find_span(self, number: int) -> Interval:
        """Find when a night begins and ends, by the wall clock: 11 h to 13 h."""
        day = self.first + number * _DAY
        if Stress.CLOCKS in self.stresses:
            month = _SPRING if number % 2 == 0 else _AUTUMN
            day = _find_last_sunday(self.first.year, month) - _DAY
        midnight = datetime.combine(day, datetime.min.time())
        return Interval(
            instant_of(midnight + _BEGINS, zone=self.zone),
            instant_of(midnight + _ENDS, zone=self.zone),
        )

    def make_night(self, arrivals: Sequence[Arrival], *, span: Interval) -> Night:
        """Put readers and trouble to what arrives; in the morning each reader is relieved."""
        ends = span.duration / _MINUTE
        return Night(
            start=span.start,
            arrivals=tuple(arrivals),
            seated=tuple(self._seat(ends)),
            shares=_to_millionths(self.shares),
            expected_read=self.read_minutes,
            troubles=tuple(self._trouble(ends)),
        )

    def _seat(self, ends: float) -> list[Seated]:
        night = [
            Seated(radiologist_id=number, society=society, begins=0.0, ends=ends)
            for number, society in enumerate(self.readers, start=1)
        ]
        backups = [
            Seated(radiologist_id=number, society=each, begins=0.0, ends=ends, line=Line.BACKUP)
            for number, each in enumerate(self.backups, start=_BACKUP_FROM)
        ]
        relief = [
            Seated(
                radiologist_id=number,
                society=society,
                begins=ends,
                ends=ends + _RELIEF_HOURS * _HOUR / _MINUTE,
            )
            for number, society in enumerate(self.readers, start=_RELIEF_FROM)
        ]
        return night + backups + relief

    def _trouble(self, ends: float) -> list[Trouble]:
        found = []
        spans = (
            (Stress.ABSENT, TroubleKind.ABSENT, 0.0, ends),
            (Stress.ASLEEP, TroubleKind.ASLEEP, _ASLEEP_FROM, _ASLEEP_UNTIL),
            (Stress.CENTRE_DOWN, TroubleKind.CENTRE_DOWN, _FROM, _UNTIL),
        )
        for stress, kind, begins, until in spans:
            if stress in self.stresses:
                found += [
                    Trouble(kind=kind, radiologist_id=number, begins=begins, ends=until)
                    for number in self._find_stricken(stress)
                ]
        return found

    def _find_stricken(self, stress: Stress) -> list[int]:
        if stress is not Stress.CENTRE_DOWN:
            return [1]
        return [at for at, society in enumerate(self.readers, start=1) if society == 0]

    def find_factor(self, hour: int) -> float:
        """Say how many times as many studies come in an elapsed hour of the night."""
        is_burst = Stress.BURST in self.stresses and _FROM <= hour * _HOUR / _MINUTE < _UNTIL
        return 3.0 if is_burst else 1.0


def _check(holds: bool, message: str) -> None:  # noqa: FBT001 - what is checked comes first
    if not holds:
        raise Invalid(message)


def _are_weights(values: Sequence[float]) -> bool:
    return all(0 <= each < math.inf for each in values) and sum(values) > 0


def _to_millionths(shares: Sequence[float]) -> tuple[int, ...]:
    parts = [int(_MILLION * each / sum(shares)) for each in shares]
    parts[0] += _MILLION - sum(parts)
    return tuple(parts)


def _find_last_sunday(year: int, month: int) -> date:
    last = date(year, month, _LAST_OF_MONTH)
    return last - timedelta(days=(last.weekday() - _SUNDAY) % 7)
