"""Who can take a seat that falls free: tonight, or any time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.domain.validator import Severity, Violation, judge

RESTED = timedelta(hours=48)
"""More rest than this makes nobody a better choice."""

_STEP = timedelta(hours=12)
_RANK = {Severity.SOFT: 1, Severity.HARD: 2}


@dataclass(frozen=True, slots=True)
class Replacement:
    """Somebody who could take the seat.

    Parameters
    ----------
    placement
        The seat in their hands; a loan where their society does not owe it.
    violations
        The rules that this would break, none of them impossible to accept.
    rest
        The shorter of the pauses before and after the seat, as far as is known (at most a week).
    deficit
        Points that they have done too few, in thousandths.
    """

    placement: Placement
    radiologist: int
    is_own_society: bool
    violations: tuple[Violation, ...]
    rest: timedelta
    deficit: int

    @property
    def is_legal(self) -> bool:
        """Would it break nothing that a roster must keep?"""
        return all(each.severity is Severity.SOFT for each in self.violations)


def find_replacements(
    free: Placement,
    *,
    readers: Iterable[Reader],
    around: Sequence[Placement],
    zone: tzinfo,
    demands: Sequence[GuardDemand] = (),
) -> list[Replacement]:
    """Find who could take a seat, the best first.

    Parameters
    ----------
    free
        The seat, and who held it (nobody: uncovered).
    readers
        Everybody who may hold seats, with what they work beside them.
    around, zone, demands
        As for `judge`; what is said of the seat itself does not count.

    Returns
    -------
    list
        Whoever breaks nothing comes first, then soft rules, then hard ones (fewest first); within
        these, members of the society that owes the seat; then the better rested, by half days up to
        `RESTED`; then those who have done too few points; then by id. Who held the seat is left
        out, and whoever cannot hold it at all.
    """
    others = [each for each in around if each.seat.id != free.seat.id]
    found = [
        _weigh(free, reader, others=others, zone=zone, demands=demands, readers=by_id)
        for by_id in [{reader.id: reader for reader in readers}]
        for reader in by_id.values()
        if reader.id != free.radiologist
    ]
    possible = [
        each
        for each in found
        if all(one.severity is not Severity.IMPOSSIBLE for one in each.violations)
    ]
    return sorted(possible, key=_rank)


def _rank(each: Replacement) -> tuple[int, int, bool, int, int, int]:
    ranks = [_RANK[one.severity] for one in each.violations]
    rested = min(each.rest, RESTED) // _STEP
    worst = max(ranks, default=0)
    count = ranks.count(worst)
    return worst, count, not each.is_own_society, -rested, -each.deficit, each.radiologist


def _weigh(
    free: Placement,
    reader: Reader,
    *,
    others: Sequence[Placement],
    readers: dict[int, Reader],
    zone: tzinfo,
    demands: Sequence[GuardDemand],
) -> Replacement:
    is_own = reader.is_member(free.society, at=free.seat.interval.start)
    reason = AssignmentReason.REPAIR if is_own else AssignmentReason.LOAN
    taken = replace(free, radiologist=reader.id, reason=reason)
    # Those who are on guard at the same time matter too: they may be incompatible.
    near = [
        each
        for each in others
        if each.radiologist == reader.id or each.seat.interval.overlaps(free.seat.interval)
    ]
    involved = {each.radiologist for each in near} | {reader.id}
    violations = judge(
        [*near, taken],
        readers=[readers[each] for each in involved if each is not None and each in readers],
        zone=zone,
        demands=[each for each in demands if free.seat.id in each.seats],
    )
    own = [each.seat.interval for each in near if each.radiologist == reader.id]
    return Replacement(
        placement=taken,
        radiologist=reader.id,
        is_own_society=is_own,
        violations=tuple(each for each in violations if free.seat.id in each.seats),
        rest=_measure_rest(free.seat.interval, own, reader),
        deficit=-reader.balance,
    )


def _measure_rest(seat: Interval, own: Sequence[Interval], reader: Reader) -> timedelta:
    known = [(each.start, each.end) for each in own]
    known += [(work.interval.start, work.last_act or work.interval.end) for work in reader.past]
    after = [(each.start, each.end) for each in reader.busy]
    pauses = [seat.start - end for start, end in known if start < seat.start]
    pauses += [start - seat.end for start, _ in (*known, *after) if start >= seat.start]
    return max(timedelta(0), min(pauses, default=7 * 2 * _STEP))
