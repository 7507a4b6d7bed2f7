"""Wishes of radiologists: a wish not kept costs its weight, once."""

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Person
from app.adapters.solver.model import RosterModel
from app.planning.domain.roster.people import Wish, WishKind
from app.planning.domain.roster.problem import Objective


def apply(model: RosterModel) -> None:
    """Price what people would rather not, and what they would like and do not get."""
    for person in model.frame.people:
        for wish in person.reader.wishes:
            _price(model, person, wish)


def _price(model: RosterModel, person: Person, wish: Wish) -> None:
    start, end = wish.interval.start.timestamp(), wish.interval.end.timestamp()
    if any(each.start < end and start < each.end for each in person.sure):
        # Settled: the wish is kept, or it is not.
        if wish.kind is WishKind.AVOID:
            model.price_sure(Objective.WISHES, wish.weight)
        return
    seats = [
        seat
        for span in model.spans[person.reader.id]
        if span.start < end and start < span.end
        for seat in span.seats
    ]
    if wish.kind is WishKind.AVOID:
        _avoid(model, seats, weight=wish.weight)
    elif not seats:
        model.price_sure(Objective.WISHES, wish.weight)
    else:
        missed = model.cp.new_bool_var("")
        model.cp.add_bool_or([missed, *seats])
        model.price(Objective.WISHES, missed, wish.weight)


def _avoid(model: RosterModel, seats: list[cp_model.IntVar], *, weight: int) -> None:
    if len(seats) == 1:
        model.price(Objective.WISHES, seats[0], weight)
    elif seats:
        touched = model.cp.new_bool_var("")
        for seat in seats:
            model.cp.add_implication(seat, touched)
        model.price(Objective.WISHES, touched, weight)
