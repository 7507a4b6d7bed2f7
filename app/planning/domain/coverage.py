"""At which instants nobody is there: no reader for a site, no coordinator, no backup."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.kit.interval import Interval
from app.planning.domain.seats import GuardLine, Placement, SeatKind


class Lack(StrEnum):
    """What is missing."""

    READER = "reader"
    """Nobody of the first line may read for the site."""
    COORDINATOR = "coordinator"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Right:
    """A radiologist may read for a site from an instant to another one (absent: open)."""

    radiologist: int
    site: int
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch in which something is missing throughout, as long as it goes.

    Parameters
    ----------
    site
        For a reader; the others are missing everywhere.
    """

    interval: Interval
    lack: Lack
    site: int | None = None


def find_holes(
    period: Interval,
    placements: Iterable[Placement],
    *,
    sites: Collection[int],
    rights: Iterable[Right],
) -> list[Hole]:
    """Find every instant of a period at which somebody is missing, as the longest stretches.

    Parameters
    ----------
    placements
        What is in force, or would be; seats that nobody holds cover nothing.
    sites
        Those that must have a reader.
    rights
        Who may read for which of them.

    Returns
    -------
    list
        By start, then what is missing, then site.
    """
    held = [each for each in placements if each.radiologist is not None]
    holes = [
        Hole(interval, lack)
        for lack, line, kind in (
            (Lack.COORDINATOR, None, SeatKind.COORDINATOR),
            (Lack.BACKUP, GuardLine.BACKUP, SeatKind.READER),
        )
        for interval in _uncovered(period, _of(held, line=line, kind=kind))
    ]
    by_site = _cover_sites(_select(held), rights)
    holes += [
        Hole(interval, Lack.READER, site)
        for site in sorted(sites)
        for interval in _uncovered(period, by_site.get(site, []))
    ]
    return sorted(holes, key=lambda each: (each.interval, each.lack, each.site or 0))


def _of(held: Iterable[Placement], *, line: GuardLine | None, kind: SeatKind) -> Iterator[Interval]:
    for each in held:
        if each.seat.kind is kind and (line is None or each.seat.line is line):
            yield each.seat.interval


def _select(held: Iterable[Placement]) -> dict[int, list[Interval]]:
    """Select when each radiologist reads in the first line."""
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    for each in held:
        is_reading = (each.seat.line, each.seat.kind) == (GuardLine.FIRST, SeatKind.READER)
        if is_reading and each.radiologist is not None:
            found[each.radiologist].append(each.seat.interval)
    return found


def _cover_sites(
    reading: dict[int, list[Interval]], rights: Iterable[Right]
) -> dict[int, list[Interval]]:
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    for right in rights:
        for interval in reading.get(right.radiologist, ()):
            start = interval.start if right.start is None else max(interval.start, right.start)
            end = interval.end if right.end is None else min(interval.end, right.end)
            if start < end:
                found[right.site].append(Interval(start, end))
    return found


def _uncovered(period: Interval, covers: Iterable[Interval]) -> list[Interval]:
    """Sweep over the boundaries of what covers, and return what is left of the period."""
    left: list[Interval] = []
    reached = period.start
    inside: Sequence[Interval] = sorted(each for each in covers if each.overlaps(period))
    for each in inside:
        if each.start > reached:
            left.append(Interval(reached, each.start))
        reached = max(reached, each.end)
    if reached < period.end:
        left.append(Interval(reached, period.end))
    return left
