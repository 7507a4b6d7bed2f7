"""Where it is settled how many seats each society lends or is lent, these are found here."""

from collections import defaultdict

from ortools.sat.python import cp_model

from app.adapters.solver.model import RosterModel


def apply(model: RosterModel) -> None:
    """Choose the rows of the seats that people of a society hold for others, or leave to them."""
    frame = model.frame
    of_row: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
    for (society, cell), seats in frame.beyond.items():
        own = []
        for row in frame.rows:
            if row.cell == cell and frame.may_hold(society, row):
                beyond = model.cp.new_int_var(
                    max(min(0, seats), -row.size), min(max(0, seats), row.size), ""
                )
                model.beyond[society, row.number] = beyond
                of_row[row.number].append(beyond)
                own.append(beyond)
        model.cp.add(cp_model.LinearExpr.sum(own) == seats)
    if frame.taken is not None:
        for number, lent in of_row.items():
            model.cp.add(cp_model.LinearExpr.sum(lent) <= frame.offered.get(number, 0))
