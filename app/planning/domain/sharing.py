"""Say which society owes each seat of a period: each kind of seat in proportion to volumes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.planning.domain.apportion import apportion, entitlements, shares, spread
from app.planning.domain.seats import GuardLine, Seat, SeatKind


@dataclass(frozen=True, slots=True, order=True)
class KindOfSeat:
    """Seats that are shared together: the currency between societies."""

    segment: str
    line: GuardLine
    kind: SeatKind


@dataclass(frozen=True, slots=True)
class Right:
    """What a society is entitled to of one kind of seat, and what it gets.

    Parameters
    ----------
    volume
        What it brought, in exams.
    share
        Of all volumes, in millionths.
    seats_millionths
        Exact entitlement, in millionths of a seat.
    seats
        Whole seats.
    """

    society: str
    of: KindOfSeat
    volume: int
    share: int
    seats_millionths: int
    seats: int


def share_out(
    seats: Iterable[Seat], *, volumes: Mapping[str, int]
) -> tuple[dict[int, str], list[Right]]:
    """Share the seats of a period among societies.

    Parameters
    ----------
    seats
        Seats of the period, in any order.
    volumes
        Exams by name of society; at least one > 0.

    Returns
    -------
    tuple
        The society of each seat, by seat id, spread over the period; and the rights behind it, by
        kind of seat, then in the order of `volumes`.

    Raises
    ------
    ValueError
        If there is no volume.
    """
    parts = shares(volumes)
    owed: dict[int, str] = {}
    rights = []
    for kind, alike in sorted(_group_by_kind(seats).items()):
        # From the published shares, so that anybody can do the sum again.
        counts = apportion(len(alike), volumes=parts)
        exact = entitlements(len(alike), volumes=volumes)
        owed |= {seat.id: society for seat, society in zip(alike, spread(counts), strict=True)}
        rights += [
            Right(society, kind, volumes[society], parts[society], exact[society], count)
            for society, count in counts.items()
        ]
    return owed, rights


def _group_by_kind(seats: Iterable[Seat]) -> dict[KindOfSeat, list[Seat]]:
    by_kind: defaultdict[KindOfSeat, list[Seat]] = defaultdict(list)
    for seat in sorted(seats, key=lambda each: (each.interval.start, each.id)):
        by_kind[KindOfSeat(seat.segment, seat.line, seat.kind)].append(seat)
    return by_kind
