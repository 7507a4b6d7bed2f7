"""Rules of work as data: one profile per statute, dated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DAILY_REST = timedelta(hours=11)
"""Elapsed time between two seats of one person, unless a statute says otherwise."""


_SHORTEST_NIGHT = timedelta(hours=8)
"""From 21:00 to 06:00 when the clocks go forward."""


class Rule(StrEnum):
    """What a set of placements must keep."""

    OUTSIDE_GUARD = "outside_guard"
    TWO_HOLDERS = "two_holders"
    UNKNOWN_RADIOLOGIST = "unknown_radiologist"
    NOT_MEMBER = "not_member"
    OVERLAP = "overlap"
    ABSENCE = "absence"
    BUSY = "busy"
    SITE = "site"
    SKILL = "skill"
    INCOMPATIBLE = "incompatible"
    REST = "rest"
    LONG_DUTY = "long_duty"
    HOURS = "hours"
    WEEK_HOURS = "week_hours"
    CONSECUTIVE_NIGHTS = "consecutive_nights"
    NIGHTS = "nights"
    WEEKENDS = "weekends"
    NOTICE = "notice"
    SOCIETIES = "societies"
    GUARD_SKILL = "guard_skill"


IMPOSSIBLE = frozenset(
    {
        Rule.OUTSIDE_GUARD,
        Rule.TWO_HOLDERS,
        Rule.UNKNOWN_RADIOLOGIST,
        Rule.NOT_MEMBER,
        Rule.OVERLAP,
        Rule.SITE,
    }
)
"""What nobody may accept, whatever the statute says."""

SOFT = frozenset({Rule.WEEKENDS, Rule.NOTICE, Rule.SOCIETIES})
"""What a roster pays for instead of refusing, unless a statute makes it hard."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of a statute.

    Parameters
    ----------
    statute
        As the radiologist's: `liberal`, `hospital`, ...
    rest
        Elapsed time between two duties (seats that touch are one duty), counted from the end of
        the first or, where it is known, from its last real act.
    longest_duty
        Longest uninterrupted duty; longer ones break `LONG_DUTY`.
    long_duty, rest_after_long
        A duty longer than the first is followed by at least the second.
    most_hours, over_weeks
        Mean hours a week, over so many weeks (17: four months).
    most_hours_in_7_days
        In any seven days of elapsed time; absent: unlimited.
    most_consecutive_nights, most_nights_in_28_days
        Nights: dates (of the group's zone) in which at least `night_hours` between 21:00 and 06:00
        of the next are held. Absent: unlimited.
    most_weekends, of_weekends
        Weekends (Friday 18:00 to Monday 08:00) in which a seat is held, of any so many in a row.
    notice
        Changes of published seats that begin sooner than this are paid for.
    soft
        Rules that a roster pays for instead of refusing; all others it never breaks.

    References
    ----------
    Code de la sante publique, R6152-27 (48 h over four months, 11 h of rest, 24 h at most with
    equal rest). It binds hospital practitioners; the group takes the rest for all.
    """

    statute: str
    rest: timedelta = DAILY_REST
    longest_duty: timedelta = timedelta(hours=24)
    long_duty: timedelta = timedelta(hours=14)
    rest_after_long: timedelta = timedelta(hours=24)
    most_hours: timedelta = timedelta(hours=48)
    over_weeks: int = 17
    most_hours_in_7_days: timedelta | None = None
    most_consecutive_nights: int | None = 3
    most_nights_in_28_days: int | None = 8
    night_hours: timedelta = timedelta(hours=3)
    most_weekends: int = 2
    of_weekends: int = 4
    notice: timedelta = timedelta(days=7)
    soft: frozenset[Rule] = SOFT

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other or no work could keep, naming each of them."""
        if flaws := [*self._find_contradictions(), *self._find_voids()]:
            msg = f"the profile of statute {self.statute!r} {'; it '.join(flaws)}"
            raise ValueError(msg)

    def _find_contradictions(self) -> Iterator[str]:
        """Find rules that cannot stand together."""
        week, nights = self.most_hours_in_7_days, self.most_nights_in_28_days
        if self.rest_after_long < self.rest:
            yield "rests less after a long duty (rest_after_long) than after a short one (rest)"
        if self.long_duty > self.longest_duty:
            yield "calls a duty long (long_duty) that is longer than longest_duty allows"
        if self.most_weekends > self.of_weekends:
            yield f"allows {self.most_weekends} weekends (most_weekends) of {self.of_weekends}"
        if week is not None and week < self.most_hours:
            yield "allows more hours a week on average (most_hours) than most_hours_in_7_days"
        if week is not None and week < self.longest_duty:
            yield "allows a longer duty (longest_duty) than most_hours_in_7_days"
        if nights is not None and (self.most_consecutive_nights or 0) > nights:
            yield "allows most_consecutive_nights beyond most_nights_in_28_days"
        if never := sorted(self.soft & IMPOSSIBLE):
            yield f"would accept (soft) what nobody may: {', '.join(never)}"

    def _find_voids(self) -> Iterator[str]:
        """Find rules that no work could keep, or that mean nothing."""
        none = timedelta(0)
        if self.rest < none or self.notice < none:
            yield "asks for a negative rest or notice"
        if self.long_duty <= none:
            yield "calls a duty without any time long (long_duty)"
        if self.over_weeks < 1 or self.most_hours <= none:
            yield "allows no hours at all (most_hours, over_weeks)"
        if min(self.most_consecutive_nights or 0, self.most_nights_in_28_days or 0) < 0:
            yield "allows a negative number of nights"
        if not none < self.night_hours <= _SHORTEST_NIGHT:
            yield "counts no night at all (night_hours), or every one"
        if self.most_weekends < 1:
            yield "allows no weekend (most_weekends)"


LIBERAL = Profile(statute="liberal")
HOSPITAL = Profile(statute="hospital", most_hours_in_7_days=timedelta(hours=60))
