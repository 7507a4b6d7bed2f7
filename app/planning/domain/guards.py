"""From the calendar to guards and their seats: how a period is laid out before anybody holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.kit.interval import Interval
from app.planning.domain.calendar import Occurrence
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.domain.segments import SeatsNeeded


@dataclass(frozen=True, slots=True)
class PlannedGuard:
    """A guard to be made: one line of one occurrence, with the kind of each of its seats.

    Parameters
    ----------
    points
        Of a seat, in thousandths.
    skills, least_societies
        Sub-specialties that those in its seats must have between them, and of how many societies
        they must be at least.
    site
        Where an on-site line stands.
    """

    segment: str
    line: GuardLine
    interval: Interval
    kinds: tuple[SeatKind, ...]
    points: int = 1000
    skills: frozenset[str] = frozenset()
    least_societies: int = 1
    site: int | None = None


def lay_out(
    occurrences: Iterable[Occurrence], *, needs: Mapping[str, SeatsNeeded]
) -> list[PlannedGuard]:
    """Lay out the guards of a period; the coordinator has a seat in the first line.

    Points hold for both lines, skills and societies for those who read: a backup is often alone.

    Parameters
    ----------
    occurrences
        The guards' times.
    needs
        Seats by segment, instead of those that the rule asks for.

    Returns
    -------
    list
        In the order of the occurrences, first line before backup line; a line that needs nobody
        is left out.
    """
    guards = []
    for each in occurrences:
        needed = needs.get(each.segment, each.rule.needed)
        first = (SeatKind.READER,) * needed.readers + (SeatKind.COORDINATOR,) * needed.coordinators
        backup = (SeatKind.READER,) * needed.backups
        guards += [
            planned
            for planned in (
                _plan_readers(each, line=GuardLine.FIRST, kinds=first),
                PlannedGuard(
                    segment=each.segment,
                    line=GuardLine.BACKUP,
                    interval=each.interval,
                    kinds=backup,
                    points=each.rule.points,
                ),
            )
            if planned.kinds
        ]
    return guards


def lay_out_on_site(occurrences: Iterable[Occurrence], *, site: int) -> list[PlannedGuard]:
    """Lay out the line of a site, in the order of the occurrences.

    Whoever stands in a site reads: its line has neither a backup nor a coordinator of its own, and
    what its rules say of them is left out.
    """
    return [
        _plan_readers(
            each,
            line=GuardLine.ON_SITE,
            kinds=(SeatKind.READER,) * each.rule.needed.readers,
            site=site,
        )
        for each in occurrences
        if each.rule.needed.readers
    ]


def _plan_readers(
    each: Occurrence, *, line: GuardLine, kinds: tuple[SeatKind, ...], site: int | None = None
) -> PlannedGuard:
    return PlannedGuard(
        segment=each.segment,
        line=line,
        interval=each.interval,
        kinds=kinds,
        points=each.rule.points,
        skills=each.rule.skills,
        least_societies=each.rule.least_societies,
        site=site,
    )
