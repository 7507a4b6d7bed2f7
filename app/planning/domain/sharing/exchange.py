"""Exchange seats of one kind between two societies, so that counters come nearer to exact.

An exchange leaves the number of seats of everybody as it is, for each kind and in all; it only says
which of them. What is counted (special days over all kinds, classes of days of one kind) crosses
the prefixes, so that no flow holds both: this is a local search, and what remains is told.
"""

from collections.abc import Sequence

from app.planning.domain.sharing.room import UNCOUNTED, Lineup, Room
from app.planning.domain.sharing.shares import MILLION
from app.planning.domain.sharing.solve import Limits


class Exchange:
    """Brings counters to their targets, rounded down or up, as far as exchanges go.

    Parameters
    ----------
    targets
        Exact number of seats by society and group, in millionths.
    """

    def __init__(self, lineups: Sequence[Lineup], *, targets: Sequence[Sequence[int]]) -> None:
        self._lineups = lineups
        self._targets = targets
        self._low = [[max(each // MILLION, 0) for each in row] for row in targets]
        self._high = [[max(-(-each // MILLION), 0) for each in row] for row in targets]
        self._counts = [[0] * len(row) for row in targets]
        for lineup in lineups:
            for holder, group in zip(lineup.holders, lineup.groups, strict=True):
                if group != UNCOUNTED:
                    self._counts[holder][group] += 1
        self._wrong = [
            sum(self._outside(society, group, 0) for group in range(len(row)))
            for society, row in enumerate(targets)
        ]

    @property
    def is_done(self) -> bool:
        """Is every counter its target, rounded down or up?"""
        return not any(self._wrong)

    def run(self, limits: Sequence[Limits]) -> bool:
        """Exchange seats within limits of deviation until it is done or nothing helps."""
        for lineup, limit in zip(self._lineups, limits, strict=True):
            if self._concerns(lineup):
                room = Room(lineup, limit)
                while self._improve(lineup, room) and not self.is_done:
                    continue
        return self.is_done

    def _concerns(self, lineup: Lineup) -> bool:
        """Is a counter of this column wrong?"""
        groups = set(lineup.groups) - {UNCOUNTED}
        return any(
            self._outside(society, group, 0)
            for society, wrong in enumerate(self._wrong)
            if wrong
            for group in groups
        )

    def _improve(self, lineup: Lineup, room: Room) -> bool:
        """Make one pass over the places of a column; did anything change?"""
        changed = False
        groups = lineup.groups
        counted = set(groups) - {UNCOUNTED}
        for place in sorted(lineup.movable):
            wanted = self._find_wanted(lineup.holders[place], groups[place], counted)
            if not wanted:
                continue
            best = min(
                (
                    (self._gain(lineup, place, other), other)
                    for other in room.partners(place)
                    if groups[other] in wanted and other in lineup.movable
                ),
                default=((0, 0), 0),
            )
            if best[0] < (0, 0):
                self._apply(lineup, room, place, best[1])
                changed = True
        return changed

    def _find_wanted(self, society: int, group: int, counted: set[int]) -> set[int]:
        """Say for which groups the society would give a place of this one, to be less wrong."""
        if not self._wrong[society]:
            return set()
        if group != UNCOUNTED and self._counts[society][group] > self._high[society][group]:
            return (counted | {UNCOUNTED}) - {group}
        lacking = self._low[society]
        return {
            other
            for other in counted
            if other != group and self._counts[society][other] < lacking[other]
        }

    def _outside(self, society: int, group: int, change: int) -> int:
        count = self._counts[society][group] + change
        if count < self._low[society][group]:
            return self._low[society][group] - count
        return max(count - self._high[society][group], 0)

    def _gain(self, lineup: Lineup, place: int, other: int) -> tuple[int, int]:
        """Tell what an exchange changes, outside the bounds and in squares: negative is better."""
        outside = squares = 0
        for society, group, change in _changes(lineup, place, other):
            outside += self._outside(society, group, change) - self._outside(society, group, 0)
            # The change of the square of what is missing, without the factor of a million.
            missing = self._targets[society][group] - self._counts[society][group] * MILLION
            squares += MILLION - 2 * change * missing
        return outside, squares

    def _apply(self, lineup: Lineup, room: Room, place: int, other: int) -> None:
        for society, group, change in _changes(lineup, place, other):
            self._wrong[society] -= self._outside(society, group, 0)
            self._counts[society][group] += change
            self._wrong[society] += self._outside(society, group, 0)
        holders = lineup.holders
        holders[place], holders[other] = holders[other], holders[place]
        room.note(place, other)


def _changes(lineup: Lineup, place: int, other: int) -> list[tuple[int, int, int]]:
    """List the counters that an exchange changes: society, group, by how much."""
    giver, taker = lineup.holders[place], lineup.holders[other]
    mine, theirs = lineup.groups[place], lineup.groups[other]
    changes = []
    if mine != UNCOUNTED:
        changes += [(giver, mine, -1), (taker, mine, 1)]
    if theirs != UNCOUNTED:
        changes += [(giver, theirs, 1), (taker, theirs, -1)]
    return changes
