"""People sit on the seats that their society owes; what another society holds is a loan."""

from ortools.sat.python import cp_model

from app.adapters.solver.model import Lending, RosterModel
from app.planning.domain.roster.problem import Objective


def apply(model: RosterModel) -> None:
    """Keep each society to the seats it owes, or count what it holds beyond them."""
    for row in model.frame.rows:
        societies = {
            person.societies[row.number]
            for person in model.frame.people
            if (person.reader.id, row.number) in model.held
        }
        for society in sorted(societies):
            members = cp_model.LinearExpr.sum(model.members(row, society=society))
            owned = model.owned.get((society, row.number), 0)
            if model.lending is Lending.NONE:
                model.cp.add(members <= owned + model.beyond.get((society, row.number), 0))
                continue
            lent = model.cp.new_int_var(0, row.size, "")
            model.cp.add(members - owned <= lent)
            model.lent[society, row.number] = lent
            model.price(Objective.LOANS, lent)
    model.price_sure(Objective.LOANS, _count_settled_loans(model))


def _count_settled_loans(model: RosterModel) -> int:
    readers = {person.reader.id: person.reader for person in model.frame.people}
    return sum(
        each.radiologist in readers
        and not readers[each.radiologist].is_member(each.society, at=each.seat.interval.start)
        for each in model.frame.settled
    )
