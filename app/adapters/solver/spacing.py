"""Deep nights of one person should lie apart: each beyond the first in five dates costs."""

from collections import defaultdict

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Person
from app.adapters.solver.model import RosterModel
from app.adapters.solver.nights import deep_night_of
from app.planning.domain.roster.problem import Objective

DATES = 5
"""Two deep nights fewer dates apart are too near; the nearer, the more stretches hold both."""


def apply(model: RosterModel) -> None:
    """Price deep nights that follow each other too soon."""
    for person in model.frame.people:
        _space(model, person)


def _space(model: RosterModel, person: Person) -> None:
    free, sure = _find_nights(model, person)
    nights = sorted({*sure, *(night for night, seats in free.items() if seats)})
    if not any(free.values()):
        return
    for first in range(nights[0] - DATES + 1, nights[-1] + 1):
        dates = range(first, first + DATES)
        seats = [seat for date in dates if date not in sure for seat in free.get(date, ())]
        held = sum(date in sure for date in dates)
        if len([date for date in dates if date not in sure and free.get(date)]) + held > 1:
            beyond = model.cp.new_int_var(max(0, held - 1), DATES - 1, "")
            model.cp.add(beyond >= cp_model.LinearExpr.sum(seats) + (held - 1))
            model.price(Objective.SPACING, beyond)


def _find_nights(
    model: RosterModel, person: Person
) -> tuple[dict[int, list[cp_model.IntVar]], set[int]]:
    """Find the deep nights that a person may have, with what decides them, and those for sure."""
    zone = model.frame.problem.zone
    free: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
    lanes: defaultdict[int, set[bool]] = defaultdict(set)
    sure: set[int] = set()
    for span in model.spans[person.reader.id]:
        night = deep_night_of(span.start, span.end, zone=zone)
        if night is None:
            continue
        if span.is_sure:
            sure.add(night)
        free[night] += span.seats
        lanes[night].add(span.is_on_site)
    for night, own in free.items():
        if len(lanes[night]) > 1 and own and night not in sure:
            free[night] = [_join(model, own)]
    return free, sure


def _join(model: RosterModel, seats: list[cp_model.IntVar]) -> cp_model.IntVar:
    """Count a night once that is held in a site and at a distance."""
    night = model.cp.new_bool_var("")
    model.cp.add_max_equality(night, seats)
    return night
