"""Nights of our own cases or of a file of arrivals, to be read again by other policies.

The first line of a file names the columns, in any order, separated by semicolons, commas or tabs:
`arrived_at` (`2026-03-14 20:45`, on the wall unless an offset follows) and `society` (any name);
`priority` (P1 to P4) and `read_minutes` where they are known: else they are drawn. A line of the
day belongs to no night. Nothing is taken of a file with a fault.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from app.cases.domain.priority import Priority
from app.dispatch.domain.simulation.drawn import complete
from app.dispatch.domain.simulation.night import Arrival, Night
from app.dispatch.domain.simulation.plan import Plan, Stress
from app.kit.errors import Invalid
from app.planning.domain.calibration.flows import Chances

MOST_LINES = 200_000
_NEEDED = {"arrived_at", "society"}
_COLUMNS = ("arrived_at", "society", "priority", "read_minutes")
_OF_ARRIVALS = frozenset({Stress.BURST, Stress.CLOCKS, Stress.SKEWED})
_LONGEST_READ = 600.0
_HALF_DAY = timedelta(hours=12)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One arrival; what is not known of it is nothing."""

    arrived_at: datetime
    society: str
    priority: Priority | None
    read: float | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What arrived: the lines of each night by its evening, and the societies.

    Parameters
    ----------
    societies
        The one with the most studies first: readers are given by their place here.
    by_day
        How many lines are outside the hours of the night; they are left out.
    """

    nights: Mapping[date, tuple[Line, ...]]
    societies: tuple[str, ...]
    by_day: int


def read_replay(text: str, *, plan: Plan) -> Replay:
    """Read a file of arrivals.

    Raises
    ------
    Invalid
        If a column is missing, a line has a fault (it is named), or no line is of a night.
    """
    first_line = text.partition("\n")[0]
    delimiter = max(";,\t", key=first_line.count)
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter)
    missing = _NEEDED - set(rows.fieldnames or ())
    if missing:
        raise Invalid(f"line 1: no column {' and no column '.join(sorted(missing))}")
    lines = []
    for number, row in enumerate(rows, start=2):
        if number > MOST_LINES:
            raise Invalid(f"line {number}: a file has at most {MOST_LINES} lines")
        lines.append(_read_line(row, number=number, plan=plan))
    return make_replay(lines, plan=plan)


def make_replay(lines: Iterable[Line], *, plan: Plan) -> Replay:
    """Sort arrivals into the nights of a plan's hours.

    Raises
    ------
    Invalid
        If none is of a night.
    """
    nights: dict[date, list[Line]] = {}
    by_day = 0
    for line in lines:
        evening = (line.arrived_at.astimezone(plan.zone) - _HALF_DAY).date()
        if replace(plan, first=evening).find_span(0).contains(line.arrived_at):
            nights.setdefault(evening, []).append(line)
        else:
            by_day += 1
    if not nights:
        raise Invalid("no arrival is of a night: there is nothing to replay")
    counts = Counter(line.society for night in nights.values() for line in night)
    societies = tuple(sorted(counts, key=lambda name: (-counts[name], name)))
    ordered = {day: _order(night) for day, night in sorted(nights.items())}
    return Replay(ordered, societies, by_day)


def write_replay(replay: Replay) -> str:
    """Write the nights as a file that `read_replay` reads, the instants in UTC."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for night in replay.nights.values():
        for line in night:
            read = "" if line.read is None else f"{line.read:.2f}"
            at = line.arrived_at.astimezone(UTC).isoformat(timespec="seconds")
            rows.writerow((at, line.society, line.priority or "", read))
    return text.getvalue()


def fit_plan(plan: Plan, replay: Replay) -> Plan:
    """Give a plan the shares of what arrived; a society from which nothing came has none.

    Raises
    ------
    Invalid
        If its stress would change what arrives: that is known.
    """
    drawn = plan.stresses & _OF_ARRIVALS
    if drawn:
        names = ", ".join(sorted(drawn))
        raise Invalid(f"stress: {names} changes what arrives, and a replayed night stays as it was")
    counts = Counter(line.society for lines in replay.nights.values() for line in lines)
    shares = [float(counts[name]) for name in replay.societies]
    absent = max((*plan.readers, *plan.backups)) + 1 - len(shares)
    return replace(plan, shares=(*shares, *(0.0 for _ in range(absent))))


def replay_night(replay: Replay, *, plan: Plan, seed: int, evening: date) -> Night:
    """Let one night arrive again; what is not known of it is drawn."""
    lines = replay.nights[evening]
    span = replace(plan, first=evening).find_span(0)
    times = [(line.arrived_at - span.start) / _MINUTE for line in lines]
    drawn = complete(times, plan=plan, chances=Chances(seed, evening.toordinal()))
    places = {name: number for number, name in enumerate(replay.societies)}
    arrivals = [
        _say(each, line, society=places[line.society])
        for each, line in zip(drawn, lines, strict=True)
    ]
    return plan.make_night(arrivals, span=span)


def _say(drawn: Arrival, line: Line, *, society: int) -> Arrival:
    return replace(
        drawn,
        society=society,
        priority=line.priority or drawn.priority,
        read=line.read or drawn.read,
    )


def _order(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: line.arrived_at))


def _read_line(row: Mapping[str, str | None], *, number: int, plan: Plan) -> Line:
    said = {name: (value or "").strip() for name, value in row.items() if name in _COLUMNS}
    try:
        found = datetime.fromisoformat(said["arrived_at"])
    except ValueError:
        written = said["arrived_at"]
        raise Invalid(f"line {number}: {written!r} is no instant like 2026-03-14 20:45") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=plan.zone)
    if not said["society"]:
        raise Invalid(f"line {number}: no society")
    return Line(
        # Elapsed time is taken in UTC: two wall clocks of one zone do not subtract.
        found.astimezone(UTC),
        said["society"],
        _read_priority(said.get("priority", ""), number=number),
        _read_minutes(said.get("read_minutes", ""), number=number),
    )


def _read_priority(written: str, *, number: int) -> Priority | None:
    if not written:
        return None
    try:
        return Priority(written.upper())
    except ValueError:
        raise Invalid(f"line {number}: {written!r} is no priority, P1 to P4") from None


def _read_minutes(written: str, *, number: int) -> float | None:
    if not written:
        return None
    try:
        minutes = float(written.replace(",", "."))
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= _LONGEST_READ:
        message = f"line {number}: {written!r} is no read of 0 to {_LONGEST_READ:g} minutes"
        raise Invalid(message)
    return minutes
