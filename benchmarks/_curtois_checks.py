"""What a roster breaks and costs, told from the instance alone: the model is not asked.

Before the first day and after the last, everybody is taken to go on as they do at the border: runs
that touch it are never too short.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from benchmarks._curtois_file import Instance, Kind, Worker

Row = Sequence[str | None]
"""The kind that somebody works each day; absent: off."""

_WEEK, _SATURDAY = 7, 5


def find_broken(instance: Instance, roster: Mapping[str, Row]) -> Iterator[str]:
    """Tell each rule that a row breaks, in words."""
    kinds = {kind.name: kind for kind in instance.kinds}
    for worker in instance.workers:
        row = roster[worker.name]
        for what in (*_judge_kinds(worker, row, kinds), *_judge_days(worker, row)):
            yield f"{worker.name}: {what}"


def _judge_kinds(worker: Worker, row: Row, kinds: Mapping[str, Kind]) -> Iterator[str]:
    for name, most in worker.most_of.items():
        if row.count(name) > most:
            yield f"{row.count(name)} of {name}, at most {most}"
    minutes = sum(kinds[name].minutes for name in row if name is not None)
    if not worker.least_minutes <= minutes <= worker.most_minutes:
        yield f"{minutes} minutes, not {worker.least_minutes} to {worker.most_minutes}"
    for day, (held, after) in enumerate(pairwise(row), start=1):
        if held is not None and after in kinds[held].never_before:
            yield f"{after} on day {day} follows {held}"


def _judge_days(worker: Worker, row: Row) -> Iterator[str]:
    for day in worker.days_off:
        if row[day] is not None:
            yield f"works on day {day}, a day off"
    day = 0
    for is_at_work, run in groupby(row, lambda name: name is not None):
        first, length = day, len(list(run))
        day += length
        least = worker.least_in_a_row if is_at_work else worker.least_off_in_a_row
        if length < least and first > 0 and day < len(row):
            yield f"{length} days in a row from day {first}, at least {least}"
        if is_at_work and length > worker.most_in_a_row:
            yield f"{length} days in a row from day {first}, at most {worker.most_in_a_row}"
    weekends = [row[day : day + 2] for day in range(_SATURDAY, len(row), _WEEK)]
    worked = sum(any(name is not None for name in weekend) for weekend in weekends)
    if worked > worker.most_weekends:
        yield f"{worked} weekends, at most {worker.most_weekends}"


def count_cost(instance: Instance, roster: Mapping[str, Row]) -> int:
    """Count what requests not met and cover not exact cost."""
    cost = 0
    for request in instance.requests:
        is_held = roster[request.worker][request.day] == request.kind
        cost += request.weight * (is_held is not request.is_on)
    for cover in instance.covers:
        held = sum(row[cover.day] == cover.kind for row in roster.values())
        lacking = cover.needed - held
        cost += cover.under * lacking if lacking > 0 else cover.over * -lacking
    return cost
