"""What a roster changes: published seats in a repair, seats of the roster before, late notice."""

from collections.abc import Mapping
from datetime import timedelta

from app.adapters.solver.model import PRICE, RosterModel
from app.adapters.solver.rows import Row
from app.planning.domain.roster.problem import Objective
from app.planning.domain.roster.profile import Rule


def apply_changes(model: RosterModel) -> None:
    """Price each published seat whose holder changes."""
    _count(model, model.frame.problem.published, objective=Objective.CHANGES)


def apply_stability(model: RosterModel) -> None:
    """Price each seat whose holder differs from the roster before."""
    _count(model, model.frame.problem.previous, objective=Objective.STABILITY)


def apply_notice(model: RosterModel) -> None:
    """Price each published seat that somebody gets later than their statute's notice."""
    frame = model.frame
    for row in frame.rows:
        if any(seat.id not in frame.problem.published for seat in row.seats):
            continue
        ahead = timedelta(seconds=row.start - frame.problem.now.timestamp())
        stay = _holders(row, frame.problem.published)
        for person in frame.people:
            takes = model.held.get((person.reader.id, row.number))
            profile = person.reader.profile
            if takes is None or person.reader.id in stay or ahead >= profile.notice:
                continue
            if Rule.NOTICE in profile.soft:
                model.price(Objective.WISHES, takes, PRICE)
            else:
                model.cp.add(takes == 0)


def _holders(row: Row, roster: Mapping[int, int | None]) -> list[int]:
    named = {roster.get(seat.id) for seat in row.seats}
    return sorted(each for each in named if each is not None)


def _count(model: RosterModel, roster: Mapping[int, int | None], *, objective: Objective) -> None:
    for row in model.frame.rows:
        for holder in _holders(row, roster):
            if model.frame.staffed is None or (holder, row.number) in model.held:
                _price_leaving(model, row, holder, objective=objective)
        if model.frame.staffed is not None:
            continue
        empty = sum(seat.id in roster and roster[seat.id] is None for seat in row.seats)
        if empty:
            # Who leaves the row makes room for somebody new without a second change.
            filled = model.cp.new_int_var(0, empty, "")
            model.cp.add(filled >= empty - model.uncovered[row.number])
            model.price(objective, filled)


def _price_leaving(model: RosterModel, row: Row, holder: int, *, objective: Objective) -> None:
    model.price_sure(objective, 1)
    stays = model.held.get((holder, row.number))
    if stays is not None:
        model.price(objective, stays, -1)
