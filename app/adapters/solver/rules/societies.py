"""In the seats of a guard are people of several societies, where it asks for that."""

from collections import defaultdict

from ortools.sat.python import cp_model

from app.adapters.solver.model import PRICE, RosterModel
from app.adapters.solver.rules.membership import find_membership
from app.planning.domain.roster.problem import Objective


def apply(model: RosterModel) -> None:
    """Let each society too few cost; a guard cannot have more of them than it has seats."""
    for place, demand in enumerate(model.frame.problem.demands):
        if demand.societies > 1:
            _count(model, place, least=min(demand.societies, len(demand.seats)))


def _count(model: RosterModel, place: int, *, least: int) -> None:
    frame = model.frame
    present = _find_present(model, place)
    missing = least - len(present)
    if missing <= 0 or not any(place in row.demands for row in frame.rows):
        return
    holders: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
    for row in frame.rows:
        if place in row.demands:
            for person in frame.people:
                if (person.reader.id, row.number) in model.held:
                    seat = model.held[person.reader.id, row.number]
                    holders[person.societies[row.number]].append(seat)
    reached = []
    for society in sorted(set(holders) - present):
        some = model.cp.new_bool_var("")
        model.cp.add(cp_model.LinearExpr.sum(holders[society]) >= some)
        reached.append(some)
    short = model.cp.new_int_var(0, missing, "")
    model.cp.add(cp_model.LinearExpr.sum(reached) + short >= missing)
    model.price(Objective.WISHES, short, PRICE)


def _find_present(model: RosterModel, place: int) -> set[int]:
    """Find the societies whose people settled seats of the guard have."""
    seats = model.frame.problem.demands[place].seats
    readers = {person.reader.id: person.reader for person in model.frame.people}
    present = set()
    for each in model.frame.settled:
        reader = readers.get(each.radiologist or 0)
        if reader is not None and each.seat.id in seats:
            belongs = find_membership(reader, at=each.seat.interval.start)
            present |= {belongs.society} if belongs else set()
    return present
