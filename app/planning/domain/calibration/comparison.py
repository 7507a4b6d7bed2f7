"""Guards and nights of each society and each radiologist: alone, and in the group.

Alone, each society must hold the same limits by its own seats, in every segment of the year, found
by the same rule as those of the group. In the group the seats are shared by volume. Counts of
guards are exact.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.planning.domain.calibration.arrivals import ArrivalPattern
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.calibration.staffing import expected_exams
from app.planning.domain.calibration.tails import count_below, count_probability

_NIGHT_HOUR = 3


@dataclass(frozen=True, slots=True)
class Member:
    """A society as it is compared.

    Parameters
    ----------
    exams
        That it brought in the period looked at.
    radiologists
        Who take guards; 0 where nobody is registered.
    """

    society: str
    exams: int
    radiologists: int
    pattern: ArrivalPattern
    seats_alone: Mapping[str, int]
    """By segment."""


@dataclass(frozen=True, slots=True)
class Burden:
    """What somebody holds in the horizon.

    Parameters
    ----------
    guards, deep_nights
        Seats held; the second are those of the first that cover three in the morning.
    """

    guards: Fraction
    deep_nights: Fraction

    def each(self, people: int) -> "Burden | None":
        """Share it equally; nothing where there is nobody."""
        if not people:
            return None
        return self.scale(Fraction(1, people))

    def scale(self, part: Fraction) -> "Burden":
        """Take a part of it."""
        return Burden(self.guards * part, self.deep_nights * part)


@dataclass(frozen=True, slots=True)
class Emptiness:
    """How often a reader has next to nothing to read.

    Parameters
    ----------
    nothing
        Share of the seats whose reader reads no exam, when exams are spread evenly.
    below_floor
        Share of the seats in guards with fewer exams for each reader than a real session has.
    """

    nothing: float
    below_floor: float


@dataclass(frozen=True, slots=True)
class Change:
    """A society before and after: its burden alone, and its part of the group's."""

    member: Member
    alone: Burden
    pooled: Burden
    alone_emptiness: Emptiness


@dataclass(frozen=True, slots=True)
class Comparison:
    """All societies, and the group as a whole."""

    changes: tuple[Change, ...]
    alone: Burden
    pooled: Burden
    pooled_emptiness: Emptiness
    nights: tuple[str, ...]
    """Segments that count as deep nights."""


def find_nights(horizon: Horizon) -> tuple[str, ...]:
    """List the segments that cover three in the morning."""
    found = {
        guard.segment
        for guard in horizon.guards
        for hour, _ in guard.parts()
        if horizon.cells[hour].hour == _NIGHT_HOUR
    }
    return tuple(sorted(found))


def compare(
    members: Sequence[Member],
    *,
    seats: Mapping[str, int],
    pattern: ArrivalPattern,
    horizon: Horizon,
    floor: float,
) -> Comparison:
    """Compare each society alone with its part of the group.

    Parameters
    ----------
    members
        At least one, with one exam at least together; without volume there is no part.
    seats, pattern
        Of the group: by segment, and of the exams of all together.
    floor
        Fewest exams that a reader should have in an hour.
    """
    nights = find_nights(horizon)
    pooled = _burden(seats, horizon=horizon, nights=nights)
    total = sum(member.exams for member in members)
    changes = [
        Change(
            member=member,
            alone=_burden(member.seats_alone, horizon=horizon, nights=nights),
            pooled=pooled.scale(Fraction(member.exams, total)),
            alone_emptiness=measure_emptiness(
                member.seats_alone, pattern=member.pattern, horizon=horizon, floor=floor
            ),
        )
        for member in members
    ]
    return Comparison(
        changes=tuple(changes),
        alone=_add(change.alone for change in changes),
        pooled=pooled,
        pooled_emptiness=measure_emptiness(seats, pattern=pattern, horizon=horizon, floor=floor),
        nights=nights,
    )


def measure_emptiness(
    seats: Mapping[str, int], *, pattern: ArrivalPattern, horizon: Horizon, floor: float
) -> Emptiness:
    """Compute how many seats have nothing, or less than a session, from Poisson counts of exams."""
    known: dict[tuple[float, int, float], tuple[float, float]] = {}
    nothing, below, places = 0.0, 0.0, 0
    for guard in horizon.guards:
        count = seats[guard.segment]
        mean = expected_exams(guard, cells=horizon.cells, pattern=pattern)
        key = (round(mean, 9), count, round(floor * guard.length * count, 9))
        if key not in known:
            known[key] = (
                math.fsum(
                    count_probability(exams, mean=mean, spread=0) * (count - exams)
                    for exams in range(count)
                ),
                count_below(key[2], mean=mean, spread=0) * count,
            )
        nothing += known[key][0]
        below += known[key][1]
        places += count
    return Emptiness(nothing / places, below / places)


def _burden(seats: Mapping[str, int], *, horizon: Horizon, nights: Iterable[str]) -> Burden:
    held = {
        segment: sum(guard.begins_inside for guard in horizon.of_segment(segment)) * count
        for segment, count in seats.items()
    }
    return Burden(
        Fraction(sum(held.values())), Fraction(sum(held.get(segment, 0) for segment in nights))
    )


def _add(burdens: Iterable[Burden]) -> Burden:
    every = [*burdens]
    return Burden(
        sum((each.guards for each in every), Fraction(0)),
        sum((each.deep_nights for each in every), Fraction(0)),
    )
