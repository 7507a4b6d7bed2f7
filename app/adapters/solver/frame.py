"""A problem made ready: rows, people, and who may sit where."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.adapters.solver.rows import Cell, Row, cell_of, form_rows, is_settled, settled_holder
from app.adapters.solver.rules import absence, busy, membership, site, skill
from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import RosterProblem
from app.planning.domain.seats import GuardLine, Seat


@dataclass(frozen=True, slots=True)
class Stretch:
    """Work that is sure: seconds since the epoch, from when rest is counted, and in which lane."""

    start: int
    end: int
    rest_from: int
    is_on_site: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """A seat of the period whose holder stays."""

    seat: Seat
    society: int
    radiologist: int | None
    cell: Cell


@dataclass(frozen=True, slots=True)
class Person:
    """A radiologist of the problem.

    Parameters
    ----------
    societies
        By number of the rows that they may hold: as whose member.
    sure
        Work that is not for this search to move, by start.
    """

    reader: Reader
    societies: Mapping[int, int]
    sure: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What rules and objectives look at.

    Parameters
    ----------
    allotted
        Free seats that each society owes, by cell.
    staffed
        The societies whose people are looked at; absent: all.
    taken
        By row, seats that are given already; absent: what others do is not asked.
    beyond
        How many seats more than it owes the people of a society hold (below 0: fewer, which are
        lent to it), by cell. Only looked at where the people of some societies are.
    offered
        By row, seats that others have left to be lent, less those that are lent already.
    """

    problem: RosterProblem
    rows: tuple[Row, ...]
    settled: tuple[Settled, ...]
    people: tuple[Person, ...]
    allotted: Mapping[tuple[int, Cell], int]
    staffed: frozenset[int] | None = None
    taken: Mapping[int, int] | None = field(default_factory=dict[int, int])
    beyond: Mapping[tuple[int, Cell], int] = field(default_factory=dict[tuple[int, Cell], int])
    offered: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def societies(self) -> list[int]:
        """All that owe seats, by id."""
        return sorted({society for society, _ in self.allotted})

    @property
    def due(self) -> Counter[tuple[int, Cell]]:
        """Count the free seats that the people of each society hold, by cell, if all are held."""
        due = Counter(self.allotted)
        due.update(self.beyond)
        return due

    def may_hold(self, society: int, row: Row) -> bool:
        """May people of the society sit in this row without another loan?"""
        return self.may_owe(society, row) or self.beyond.get((society, row.cell), 0) > 0

    def may_owe(self, society: int, row: Row) -> bool:
        """May seats of this row be owed by the society, after dates were exchanged?"""
        if self.problem.prefix_bound is None:
            return row.owed.get(society, 0) > 0
        return self.allotted.get((society, row.cell), 0) > 0

    def lend(self, beyond: Mapping[tuple[int, Cell], int]) -> "Frame":
        """Settle how many seats each society lends or is lent."""
        return replace(self, beyond=beyond)

    def look_at(self, society: int) -> "Frame":
        """Leave one society alone, as if all others did what suits it: nothing joins societies."""
        return self._narrow(frozenset({society}), owners=frozenset({society}), taken=None)

    def look_beside(
        self,
        staffed: frozenset[int],
        *,
        unstaffed: frozenset[int] = frozenset(),
        taken: Mapping[int, int],
        offered: Mapping[int, int],
    ) -> "Frame":
        """Look at the people of some societies, beside others that only own dates."""
        frame = replace(self, offered=offered)
        return frame._narrow(staffed, owners=staffed | unstaffed, taken=taken)  # noqa: SLF001

    def _narrow(
        self, staffed: frozenset[int], *, owners: frozenset[int], taken: Mapping[int, int] | None
    ) -> "Frame":
        left = {
            row.number: row.size
            - (taken or {}).get(row.number, 0)
            + max(0, self.offered.get(row.number, 0))
            for row in self.rows
        }
        people = tuple(
            replace(person, societies=own)
            for person in self.people
            if (own := {key: of for key, of in person.societies.items() if of in staffed})
        )
        people = tuple(
            replace(each, societies={key: of for key, of in each.societies.items() if left[key]})
            for each in people
        )
        rows = tuple(replace(row, demands=frozenset()) for row in self.rows)
        allotted = {key: seats for key, seats in self.allotted.items() if key[0] in owners}
        return replace(
            self,
            problem=replace(self.problem, demands=()),
            rows=rows,
            people=people,
            allotted=allotted,
            staffed=staffed,
            taken=taken,
            beyond={key: seats for key, seats in self.beyond.items() if key[0] in staffed},
        )


def make_frame(problem: RosterProblem) -> Frame:
    """Make a problem ready."""
    settled = tuple(
        Settled(seat, problem.owed[seat.id], settled_holder(seat, problem), cell_of(seat, problem))
        for seat in problem.seats
        if is_settled(seat, problem)
    )
    free = [seat for seat in problem.seats if not is_settled(seat, problem)]
    rows = form_rows(free, problem=problem)
    allotted: Counter[tuple[int, Cell]] = Counter()
    for row in rows:
        for society, seats in row.owed.items():
            allotted[society, row.cell] += seats
    sure = _collect_sure(problem, settled)
    people = tuple(
        Person(
            reader=reader,
            societies=dict(_find_places(reader, rows)),
            sure=tuple(sorted(sure[reader.id], key=lambda each: (each.start, each.end))),
        )
        for reader in problem.readers
    )
    return Frame(problem, rows, settled, people, allotted)


def _find_places(reader: Reader, rows: tuple[Row, ...]) -> Iterator[tuple[int, int]]:
    for row in rows:
        seat = row.model
        belongs = membership.find_membership(reader, at=seat.interval.start)
        if belongs is None or not membership.allows(belongs, row):
            continue
        if all(rule.allows(reader, seat) for rule in (absence, busy, site, skill)):
            yield row.number, belongs.society


def _collect_sure(problem: RosterProblem, settled: tuple[Settled, ...]) -> dict[int, list[Stretch]]:
    # Work may be told twice, as a seat around the period and as past work with its last act.
    sure: defaultdict[int, dict[tuple[int, int, bool], Stretch]] = defaultdict(dict)
    held = [(each.radiologist, each.seat) for each in settled]
    held += [(each.radiologist, each.seat) for each in problem.around]
    for radiologist, seat in held:
        if radiologist is not None:
            stretch = replace(_stretch(seat.interval), is_on_site=seat.line is GuardLine.ON_SITE)
            sure[radiologist][stretch.start, stretch.end, stretch.is_on_site] = stretch
    for reader in problem.readers:
        own = sure[reader.id]
        for work in reader.past:
            stretch = _stretch(work.interval, last_act=work.last_act)
            hours = (stretch.start, stretch.end)
            known = [(*hours, lane) for lane in (False, True) if (*hours, lane) in own]
            for key in known or [(*hours, False)]:
                stands = own.get(key, stretch)
                own[key] = replace(stands, rest_from=stretch.rest_from)
    return {radiologist: list(own.values()) for radiologist, own in sure.items()}


def _stretch(interval: Interval, *, last_act: datetime | None = None) -> Stretch:
    start, end = int(interval.start.timestamp()), int(interval.end.timestamp())
    return Stretch(start, end, int(last_act.timestamp()) if last_act else end)
