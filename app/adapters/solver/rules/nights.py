"""Nights in a row, and nights in 28 days, have a greatest number."""

from collections import defaultdict
from itertools import chain

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Person
from app.adapters.solver.model import PRICE, RosterModel
from app.adapters.solver.nights import nights_in
from app.planning.domain.roster.problem import Objective
from app.planning.domain.roster.profile import Rule

_MONTH = 28


def apply(model: RosterModel) -> None:
    """Limit the nights of each person in each stretch of dates."""
    for person in model.frame.people:
        profile = person.reader.profile
        nights = _find_nights(model, person)
        if profile.most_consecutive_nights is not None:
            most = profile.most_consecutive_nights
            _limit(model, person, Rule.CONSECUTIVE_NIGHTS, nights, dates=most + 1, most=most)
        if profile.most_nights_in_28_days is not None:
            most = profile.most_nights_in_28_days
            _limit(model, person, Rule.NIGHTS, nights, dates=_MONTH, most=most)


Night = bool | cp_model.IntVar
"""Sure, or to be decided."""


def _find_nights(model: RosterModel, person: Person) -> dict[int, Night]:
    """Say on which dates a person may have a night, and what decides it."""
    enough = int(person.reader.profile.night_hours.total_seconds())
    zone = model.frame.problem.zone
    sure: defaultdict[int, int] = defaultdict(int)
    parts: defaultdict[int, list[tuple[cp_model.IntVar, int]]] = defaultdict(list)
    for span in model.spans[person.reader.id]:
        for date, seconds in nights_in(span.start, span.end, zone=zone).items():
            if span.is_sure:
                sure[date] += seconds
            parts[date] += [(seat, seconds) for seat in span.seats]
    nights: dict[int, Night] = {}
    for date in sorted(chain(sure, parts)):
        if sure[date] >= enough:
            nights[date] = True
        elif sure[date] + sum(seconds for _, seconds in parts[date]) >= enough:
            nights[date] = _decide(model, parts[date], missing=enough - sure[date])
    return nights


def _decide(
    model: RosterModel, parts: list[tuple[cp_model.IntVar, int]], *, missing: int
) -> cp_model.IntVar:
    if len(parts) == 1:
        return parts[0][0]
    night = model.cp.new_bool_var("")
    for seat, seconds in parts:
        if seconds >= missing:
            model.cp.add_implication(seat, night)
    small = [(seat, seconds) for seat, seconds in parts if seconds < missing]
    total = sum(seconds for _, seconds in small)
    if total >= missing:
        together = cp_model.LinearExpr.weighted_sum(
            [seat for seat, _ in small], [seconds for _, seconds in small]
        )
        model.cp.add(together <= missing - 1 + (total - missing + 1) * night)
    return night


def _limit(
    model: RosterModel,
    person: Person,
    rule: Rule,
    nights: dict[int, Night],
    *,
    dates: int,
    most: int,
) -> None:
    for first in nights:
        inside = [nights[date] for date in range(first, first + dates) if date in nights]
        free = [night for night in inside if not isinstance(night, bool)]
        left = most - (len(inside) - len(free))
        if not 0 <= left < len(free):
            # Nothing more is held against somebody whose sure nights are too many already.
            continue
        bought: cp_model.LinearExprT = 0
        if rule in person.reader.profile.soft:
            bought = model.cp.new_int_var(0, len(free), "")
            model.price(Objective.WISHES, bought, PRICE)
        model.cp.add(cp_model.LinearExpr.sum(free) <= left + bought)
