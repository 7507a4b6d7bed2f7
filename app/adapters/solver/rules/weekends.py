"""Of so many weekends in a row, nobody sits in more than a few."""

from collections import defaultdict

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Person
from app.adapters.solver.model import PRICE, RosterModel
from app.adapters.solver.nights import weekend_of
from app.planning.domain.roster.problem import Objective
from app.planning.domain.roster.profile import Rule

_WEEK = 7


def apply(model: RosterModel) -> None:
    """Count the weekends of each person that are too many, and let them cost."""
    for person in model.frame.people:
        weekends = _find_weekends(model, person)
        if weekends:
            _limit(model, person, weekends)


def _find_weekends(model: RosterModel, person: Person) -> dict[int, bool | cp_model.IntVar]:
    zone = model.frame.problem.zone
    seats: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
    sure = {weekend_of(each.start, each.end, zone=zone) for each in person.sure}
    for span in model.spans[person.reader.id]:
        friday = weekend_of(span.start, span.end, zone=zone)
        if friday is not None:
            seats[friday] += span.seats
    weekends: dict[int, bool | cp_model.IntVar] = {each: True for each in sure if each is not None}
    for friday, own in seats.items():
        if friday in weekends or not own:
            continue
        weekend = model.cp.new_bool_var("")
        for seat in own:
            model.cp.add_implication(seat, weekend)
        weekends[friday] = weekend
    return weekends


def _limit(model: RosterModel, person: Person, weekends: dict[int, bool | cp_model.IntVar]) -> None:
    profile = person.reader.profile
    stretch = profile.of_weekends * _WEEK
    for first in range(min(weekends), max(weekends) + 1, _WEEK):
        inside = [
            weekends[each] for each in range(first, first + stretch, _WEEK) if each in weekends
        ]
        free = [each for each in inside if not isinstance(each, bool)]
        left = profile.most_weekends - (len(inside) - len(free))
        if not 0 <= left < len(free):
            continue
        bought: cp_model.LinearExprT = 0
        if Rule.WEEKENDS in profile.soft:
            bought = model.cp.new_int_var(0, len(free) - left, "")
            model.price(Objective.WISHES, bought, PRICE)
        model.cp.add(cp_model.LinearExpr.sum(free) <= left + bought)
