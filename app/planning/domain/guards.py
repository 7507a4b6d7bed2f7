"""From the calendar to guards and their seats: how a period is laid out before anybody holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.kit.interval import Interval
from app.planning.domain.calendar import Occurrence
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.domain.segments import SeatsNeeded


@dataclass(frozen=True, slots=True)
class PlannedGuard:
    """A guard to be made: one line of one occurrence, with the kind of each of its seats."""

    segment: str
    line: GuardLine
    interval: Interval
    kinds: tuple[SeatKind, ...]


def lay_out(
    occurrences: Iterable[Occurrence], *, needs: Mapping[str, SeatsNeeded]
) -> list[PlannedGuard]:
    """Lay out the guards of a period; the coordinator has a seat in the first line.

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
            PlannedGuard(segment=each.segment, line=line, interval=each.interval, kinds=kinds)
            for line, kinds in ((GuardLine.FIRST, first), (GuardLine.BACKUP, backup))
            if kinds
        ]
    return guards
