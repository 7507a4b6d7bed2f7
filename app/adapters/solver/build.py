"""Which rules a model keeps, and when each objective gets its price."""

from ortools.sat.python import cp_model

from app.adapters.solver import fairness, spacing, stability
from app.adapters.solver.engine import Hint
from app.adapters.solver.frame import Frame
from app.adapters.solver.model import Lending, RosterModel
from app.adapters.solver.placing import Held, Owned
from app.adapters.solver.rules import (
    cover,
    exchange,
    guard_skill,
    hours,
    incompatible,
    loans,
    long_duty,
    nights,
    overlap,
    quota,
    rest,
    societies,
    weekends,
    wishes,
)

RULES = (
    exchange,
    loans,
    cover,
    quota,
    overlap,
    rest,
    long_duty,
    hours,
    nights,
    weekends,
    guard_skill,
    incompatible,
    societies,
    wishes,
)
"""In this order: later ones use what earlier ones make."""


def build(frame: Frame, *, lending: Lending) -> RosterModel:
    """Make the model of a problem, with every rule, and without what is fair."""
    model = RosterModel(frame, lending=lending)
    for rule in RULES:
        rule.apply(model)
    stability.apply_changes(model)
    stability.apply_notice(model)
    stability.apply_stability(model)
    return model


def add_fairness(model: RosterModel, *, is_whole: bool) -> None:
    """Add the objectives of people, once cover and loans are known.

    Parameters
    ----------
    is_whole
        Nothing is uncovered or lent: then it stays so, and what each society holds is known.
    """
    if is_whole:
        for uncovered in model.uncovered.values():
            model.cp.add(uncovered == 0)
        for lent in model.lent.values():
            model.cp.add(lent == 0)
    fairness.apply(model, is_whole=is_whole)
    spacing.apply(model)


def hint_from(model: RosterModel, *, held: Held, owned: Owned) -> Hint:
    """Say what a roster has, of what a model decides."""
    hint = {seat.index: int(key in held) for key, seat in model.held.items()}
    for key, seats in model.owned.items():
        if isinstance(seats, cp_model.IntVar) and key in owned:
            hint[seats.index] = owned[key]
    return hint
