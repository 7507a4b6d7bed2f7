"""Societies may exchange dates, within a cell and within the bound of the period's prefixes."""

from collections import defaultdict
from fractions import Fraction
from math import ceil, floor

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Frame
from app.adapters.solver.model import RosterModel
from app.adapters.solver.rows import Row
from app.planning.domain.seats import KindOfSeat

_MILLION = 1_000_000


def apply(model: RosterModel) -> None:
    """Make what each society owes of each row a decision, or a fact where dates stay."""
    frame = model.frame
    is_fixed = frame.problem.prefix_bound is None
    for row in frame.rows:
        owners = [society for society in frame.societies if frame.may_owe(society, row)]
        for society in owners:
            model.owned[society, row.number] = (
                row.owed[society] if is_fixed else _decide(model, society, row)
            )
        if frame.taken is not None and not is_fixed:
            total = cp_model.LinearExpr.sum([model.owned[each, row.number] for each in owners])
            model.cp.add(total == row.size - frame.taken.get(row.number, 0))
    if is_fixed:
        return
    _keep_cells(model)
    for society in frame.societies:
        for kind in sorted({row.cell.kind for row in frame.rows}):
            _keep_prefixes(model, society=society, kind=kind)


def _decide(model: RosterModel, society: int, row: Row) -> cp_model.IntVar:
    frame = model.frame
    left = row.size - (frame.taken or {}).get(row.number, 0)
    most = min(left, frame.allotted[society, row.cell])
    return model.cp.new_int_var(0, most, "")


def _keep_cells(model: RosterModel) -> None:
    rows: defaultdict[tuple[int, object], list[cp_model.IntVar | int]] = defaultdict(list)
    for (society, number), owned in model.owned.items():
        rows[society, model.frame.rows[number].cell].append(owned)
    for (society, cell), allotted in model.frame.allotted.items():
        model.cp.add(cp_model.LinearExpr.sum(rows[society, cell]) == allotted)


def _keep_prefixes(model: RosterModel, *, society: int, kind: KindOfSeat) -> None:
    """Keep the running count of a society's seats near what it is entitled to, at each start."""
    frame = model.frame
    steps = _find_steps(frame, society=society, kind=kind)
    corridor = _find_corridor(frame, steps, society=society, kind=kind)
    before: cp_model.IntVar | int = 0
    for step, (least, most) in zip(steps, corridor, strict=True):
        rows = [model.owned.get((society, row.number), 0) for row in step.rows]
        after = model.cp.new_int_var(max(0, least), most, "")
        model.cp.add(cp_model.LinearExpr.sum([before, *rows]) + step.settled == after)
        before = after


class _Step:
    """All seats of one kind that begin at one instant."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.seats = 0
        self.owed = 0
        self.settled = 0


def _find_steps(frame: Frame, *, society: int, kind: KindOfSeat) -> list[_Step]:
    steps: defaultdict[int, _Step] = defaultdict(_Step)
    for row in frame.rows:
        if row.cell.kind == kind:
            step = steps[row.start]
            step.rows.append(row)
            step.seats += row.size
            step.owed += row.owed.get(society, 0)
    for each in frame.settled:
        if each.cell.kind == kind:
            step = steps[int(each.seat.interval.start.timestamp())]
            step.seats += 1
            step.owed += each.society == society
            step.settled += each.society == society
    return [steps[start] for start in sorted(steps)]


def _find_corridor(
    frame: Frame, steps: list[_Step], *, society: int, kind: KindOfSeat
) -> list[tuple[int, int]]:
    """Find the least and the most seats that the society may owe by each step."""
    seats = sum(step.seats for step in steps)
    owed = sum(step.owed for step in steps)
    entitled = Fraction(
        frame.problem.entitled.get((society, kind), owed * _MILLION), seats * _MILLION
    )
    exact, reached = [], []
    count = shared = 0
    for step in steps:
        count += step.seats
        shared += step.owed
        exact.append(entitled * count)
        reached.append(abs(shared - exact[-1]))
    # What sharing could not keep is not asked of the roster.
    bound = max(Fraction(frame.problem.prefix_bound or 0, _MILLION), *reached)
    return [(ceil(each - bound), floor(each + bound)) for each in exact]
