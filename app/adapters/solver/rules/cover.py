"""A seat has at most one holder; each that has none costs."""

from ortools.sat.python import cp_model

from app.adapters.solver.model import RosterModel
from app.adapters.solver.rows import Row
from app.planning.domain.roster.problem import Objective


def apply(model: RosterModel) -> None:
    """Count what is uncovered of what is owed, in each row and in all."""
    frame = model.frame
    for row in frame.rows:
        uncovered = model.cp.new_int_var(0, row.size, "")
        held = cp_model.LinearExpr.sum(model.holders(row))
        model.cp.add(held + uncovered == _count_owed(model, row))
        model.uncovered[row.number] = uncovered
        model.price(Objective.COVER, uncovered)
    empty = [each for each in frame.settled if each.radiologist is None]
    known = [each for each in empty if frame.staffed is None or each.society in frame.staffed]
    model.price_sure(Objective.COVER, len(known))


def _count_owed(model: RosterModel, row: Row) -> cp_model.LinearExprT:
    if model.frame.staffed is None:
        return row.size
    owned = [model.owned.get((society, row.number), 0) for society in model.frame.staffed]
    beyond = [model.beyond.get((society, row.number), 0) for society in model.frame.staffed]
    return cp_model.LinearExpr.sum(owned + beyond)
