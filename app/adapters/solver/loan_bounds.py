"""How fair a roster with loans can be at best, whoever lends to whom."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import gcd

from app.adapters.solver.counts import CountModel
from app.adapters.solver.fairness import (
    Contest,
    find_contests,
    find_least_largest,
    find_least_sum,
    worth_of,
)
from app.adapters.solver.frame import Frame
from app.planning.domain.roster.problem import Counter


@dataclass(frozen=True, slots=True)
class _Range:
    """A society, and how much more or less than it owes its people may hold.

    Parameters
    ----------
    contest
        Absent: nobody is there.
    """

    contest: Contest | None
    beyond: range

    def price(self, find: Callable[[Contest], int]) -> dict[int, int]:
        """Say what holding so much more costs at least; where nobody is, it costs nothing."""
        if self.contest is None:
            return dict.fromkeys(self.beyond, 0)
        contest = self.contest
        return {
            beyond: find(replace(contest, together=contest.together + beyond))
            for beyond in self.beyond
            if contest.free + beyond >= 0
        }


def find_least_largest_lent(frame: Frame, *, lacking: Mapping[int, int]) -> int:
    """Bound the largest deviation, where each society lacks these seats, and others lend them."""
    ranges = list(_find_ranges(frame, lacking, counter=None))
    least = [each.price(find_least_largest) for each in ranges]
    steps = sorted({0, *(price for prices in least for price in prices.values())})
    below = bisect_left(steps, 1, key=lambda most: _can_be_within(least, most))
    return steps[min(below, len(steps) - 1)]


def _can_be_within(least: list[dict[int, int]], most: int) -> bool:
    """Say whether all can hold so much beyond what they owe, in all nothing."""
    reached = {0}
    for prices in least:
        fair = [beyond for beyond, price in prices.items() if price <= most]
        reached = {before + beyond for before in reached for beyond in fair}
    return 0 in reached


def find_least_sum_lent(frame: Frame, *, lacking: Mapping[int, int]) -> int:
    """Bound the sum of deviations, where each society lacks these seats, and others lend them."""
    return sum(
        _find_least(list(_find_ranges(frame, lacking, counter=counter)))
        for counter in (None, *Counter)
    )


def _find_least(ranges: list[_Range]) -> int:
    """Choose who holds how much beyond what is owed, in all nothing, so that the sum is least."""
    most = -sum(each.beyond.start for each in ranges)
    reached = {0: 0}
    for each in ranges:
        costs = each.price(find_least_sum)
        after: dict[int, int] = {}
        for before, cost in reached.items():
            for beyond, more in costs.items():
                total = before + beyond
                # More than all can lack together is never made up for.
                if total <= most:
                    after[total] = min(after.get(total, cost + more), cost + more)
        reached = after
    return reached.get(0, 0)


def _find_ranges(
    frame: Frame, lacking: Mapping[int, int], *, counter: Counter | None
) -> Iterator[_Range]:
    worths = [worth_of(cell, counter=counter) for _, cell in frame.allotted]
    step, least, most = gcd(*worths) or 1, min(worths, default=0), max(worths, default=0)
    loans = sum(lacking.values())
    for society in frame.societies:
        model = CountModel(frame.look_at(society))
        contests = list(find_contests(model, counter=counter))
        own = lacking.get(society, 0)
        # Nobody lends to themselves, and only what others lack is lent.
        beyond = range(-own * most, (loans - own) * most - own * least + 1, step)
        yield _Range(contests[0] if contests else None, beyond)
