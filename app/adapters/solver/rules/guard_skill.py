"""Those in the seats of a guard have between them the skills that it asks for."""

from app.adapters.solver.model import RosterModel


def apply(model: RosterModel) -> None:
    """Keep a seat for each skill: it is held by somebody who has it, or uncovered."""
    for place, demand in enumerate(model.frame.problem.demands):
        for skill in sorted(demand.skills):
            _keep_seat(model, place, skill=skill)


def _keep_seat(model: RosterModel, place: int, *, skill: str) -> None:
    able = {each.reader.id for each in model.frame.people if skill in each.reader.skills}
    demand = model.frame.problem.demands[place]
    settled = [each for each in model.frame.settled if each.seat.id in demand.seats]
    if any(each.radiologist is None or each.radiologist in able for each in settled):
        return
    rows = [row for row in model.frame.rows if place in row.demands]
    if not rows:
        return
    holders = [
        model.held[radiologist, row.number]
        for row in rows
        for radiologist in sorted(able)
        if (radiologist, row.number) in model.held
    ]
    uncovered = [model.uncovered[row.number] for row in rows]
    model.cp.add(sum(holders) + sum(uncovered) >= 1)
