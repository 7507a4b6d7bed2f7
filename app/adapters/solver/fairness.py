"""Fairness inside a society: points, deep nights, weekends and special days, each to its part.

What a person should have is their part of what the society's people hold together, by full-time
equivalent and time of membership, less what they did too much of before.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import ceil, floor, gcd
from typing import Protocol

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Frame, Person
from app.adapters.solver.rows import POINT, Cell
from app.kit.interval import Interval
from app.planning.domain.roster.problem import Counter, Objective
from app.planning.domain.roster.weight import weigh

Worth = Callable[[Cell], int]
"""What a seat of a cell counts, in thousandths."""


class Shared(Protocol):
    """A model in which people share what their society owes."""

    frame: Frame
    cp: cp_model.CpModel

    def shares(self, person: Person, *, society: int) -> list[tuple[cp_model.IntVar, Cell]]:
        """List what a person may hold as a member of the society, and in which cells."""
        ...

    def price(self, objective: Objective, variable: cp_model.IntVar, each: int = 1) -> None:
        """Let an objective cost so much for each unit of a variable."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A person among those of their society.

    Parameters
    ----------
    weight
        Full-time equivalent times seconds of membership in the period.
    carried
        What they did too much of before, and what settled seats count, in thousandths.
    settled
        What settled seats count alone.
    rows
        With what a seat of each counts, in thousandths, above 0.
    """

    person: Person
    weight: int
    carried: int
    settled: int
    rows: tuple[tuple[cp_model.IntVar, int], ...]

    @property
    def own(self) -> cp_model.LinearExpr:
        """What they get beyond the settled seats."""
        return cp_model.LinearExpr.weighted_sum(
            [each[0] for each in self.rows], [each[1] for each in self.rows]
        )


@dataclass(frozen=True, slots=True)
class Contest:
    """Those of one society who share one thing.

    Parameters
    ----------
    together
        What all seats that the society's people hold count, settled or not, if none is uncovered
        and no more are lent than the frame says.
    """

    society: int
    standings: tuple[Standing, ...]
    together: int

    @property
    def weight(self) -> int:
        """Of all."""
        return sum(each.weight for each in self.standings)

    @property
    def step(self) -> int:
        """What every count is a multiple of."""
        return gcd(*(worth for each in self.standings for _, worth in each.rows)) or 1

    @property
    def free(self) -> int:
        """What the seats that are not settled count."""
        return self.together - sum(each.settled for each in self.standings)

    def part_of(self, standing: Standing) -> Fraction:
        """Say what a person should get beyond settled seats, if nothing is uncovered."""
        carried = sum(each.carried for each in self.standings)
        return Fraction((carried + self.free) * standing.weight, self.weight) - standing.carried


_WORTH: Mapping[Counter | None, Worth] = {
    None: lambda cell: cell.points,
    Counter.NIGHTS: lambda cell: POINT * cell.is_deep_night,
    Counter.WEEKENDS: lambda cell: POINT * cell.is_weekend,
    Counter.SPECIAL: lambda cell: POINT * cell.is_special,
}


def worth_of(cell: Cell, *, counter: Counter | None) -> int:
    """Say what a seat of a cell counts for a counter, or in points without one; in thousandths."""
    return _WORTH[counter](cell)


def find_contests(model: Shared, *, counter: Counter | None) -> Iterator[Contest]:
    """Find who shares points (without a counter), or what the counter counts, in each society."""
    frame = model.frame
    worth = _WORTH[counter]
    for society in sorted({each for person in frame.people for each in _own_societies(person)}):
        standings = tuple(
            _stand(model, person, society=society, counter=counter)
            for person in frame.people
            if society in _own_societies(person) and _find_weight(frame, person, society=society)
        )
        owed = sum(worth(cell) * seats for (of, cell), seats in frame.due.items() if of == society)
        if standings:
            yield Contest(society, standings, owed + sum(each.settled for each in standings))


def _stand(model: Shared, person: Person, *, society: int, counter: Counter | None) -> Standing:
    frame, worth = model.frame, _WORTH[counter]
    settled = sum(
        worth(each.cell)
        for each in frame.settled
        if each.radiologist == person.reader.id
        and person.reader.is_member(society, at=each.seat.interval.start)
    )
    rows = [(seats, worth(cell)) for seats, cell in model.shares(person, society=society)]
    return Standing(
        person=person,
        weight=_find_weight(frame, person, society=society),
        carried=settled + _find_balance(frame, person, society=society, counter=counter),
        settled=settled,
        rows=tuple(each for each in rows if each[1]),
    )


def _own_societies(person: Person) -> set[int]:
    return {each.society for each in person.reader.memberships if not each.outside}


def _find_balance(frame: Frame, person: Person, *, society: int, counter: Counter | None) -> int:
    """Find what they bring; to the society they belong to last, if they change it."""
    own = [each for each in person.reader.memberships if not each.outside]
    if max(own, key=lambda each: each.start).society != society:
        return 0
    if counter is None:
        return person.reader.balance
    return frame.problem.carried.get((person.reader.id, counter), 0)


def _find_weight(frame: Frame, person: Person, *, society: int) -> int:
    seats = frame.problem.seats
    if not seats:
        return 0
    period = Interval(
        min(each.interval.start for each in seats), max(each.interval.end for each in seats)
    )
    return weigh(person.reader, society=society, period=period)


def apply(model: Shared, *, is_whole: bool) -> None:
    """Price the largest deviation of points, and all deviations.

    Parameters
    ----------
    is_whole
        Every seat is known to be held by the society that owes it, so that what a society holds
        together is known too.
    """
    largest = model.cp.new_int_var(0, _HIGHEST, "")
    model.price(Objective.LARGEST_DEVIATION, largest)
    for counter in (None, *Counter):
        for contest in find_contests(model, counter=counter):
            if counter is None and is_whole:
                model.cp.add(largest >= find_least_largest(contest))
            for standing in contest.standings:
                deviation = _deviate(model, contest, standing, is_whole=is_whole)
                model.price(Objective.DEVIATION, deviation)
                if counter is None:
                    model.cp.add(largest >= deviation)


_HIGHEST = 10**7
"""Ten thousand points: more than anybody holds."""


def find_least_largest(contest: Contest) -> int:
    """Find the least that the largest deviation can be, if seats could be given to anybody."""
    low, high = -1, _HIGHEST
    while high - low > 1:
        middle = (low + high) // 2
        if _can_all_be_within(contest, middle):
            high = middle
        else:
            low = middle
    return high


def find_least_sum(contest: Contest) -> int:
    """Find the least sum of deviations, if seats could be given to anybody one by one."""
    step = gcd(contest.step, contest.free)
    parts = [contest.part_of(each) for each in contest.standings]
    steps = contest.free // step if contest.free else 0
    least = sum(max(ceil(part), -floor(part)) for part in parts)
    # A step towards one's part spares all of it, one away costs all of it: first come the former,
    # then those across, the cheapest first.
    towards = [max(0, floor(part / step)) for part in parts]
    across = sorted(map(partial(_cost_across, step=step), parts, towards))
    left = steps - sum(towards)
    if left <= 0:
        return least - steps * step
    return least + sum(across[:left]) + step * (max(0, left - len(parts)) - sum(towards))


def _cost_across(part: Fraction, towards: int, *, step: int) -> int:
    """Say what it costs to get one step more than those towards one's part."""
    before, after = towards * step, (towards + 1) * step
    high, low = ceil(part), floor(part)
    return max(high - after, after - low) - max(high - before, before - low)


def find_deviations(model: Shared, solution: Sequence[int]) -> dict[int, int]:
    """Sum the deviations of each society's people, where nothing is uncovered or lent."""
    found: dict[int, int] = defaultdict(int)
    for counter in (None, *Counter):
        for contest in find_contests(model, counter=counter):
            for standing in contest.standings:
                own = sum(worth * solution[seats.index] for seats, worth in standing.rows)
                found[contest.society] += ceil(abs(own - contest.part_of(standing)))
    return found


def _can_all_be_within(contest: Contest, bound: int) -> bool:
    free = contest.free
    step = gcd(contest.step, free)
    parts = [contest.part_of(each) for each in contest.standings]
    least = sum(max(0, ceil((part - bound) / step)) for part in parts)
    most = sum(floor((part + bound) / step) for part in parts)
    never = any(part + bound < 0 for part in parts)
    return not never and least * step <= free <= most * step


def _deviate(
    model: Shared, contest: Contest, standing: Standing, *, is_whole: bool
) -> cp_model.IntVar:
    deviation = model.cp.new_int_var(0, _HIGHEST, "")
    own = standing.own
    if not is_whole:
        others = [each for each in contest.standings if each is not standing]
        carried = sum(each.carried for each in others)
        rest = sum((each.own for each in others), start=cp_model.LinearExpr.sum([]))
        # Deviation = own - weight / total * (own + rest), times the total weight.
        total, weight = contest.weight, standing.weight
        shrink = gcd(total, weight)
        total, weight = total // shrink, weight // shrink
        scaled = (total - weight) * (own + standing.carried) - weight * (rest + carried)
        model.cp.add(total * deviation >= scaled)
        model.cp.add(total * deviation >= -scaled)
        return deviation
    part, step = contest.part_of(standing), contest.step
    model.cp.add(deviation >= own - floor(part))
    model.cp.add(deviation >= ceil(part) - own)
    # The chord between the two multiples around the part: what the relaxation would undercut.
    below = floor(part / step)
    low, high = ceil(part - below * step), ceil((below + 1) * step - part)
    model.cp.add(step * (deviation - low) >= (high - low) * (own - below * step))
    return deviation
