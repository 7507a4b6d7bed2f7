"""Parameters under which a class starves on simulated nights, and parameters under which none."""

from dataclasses import replace

from app.dispatch.domain.policy import DEFAULTS, Parameters, Ring
from app.dispatch.domain.simulation.trial import NightTrial
from app.dispatch.domain.starvation import QueueTrial


def near(minutes: float) -> Parameters:
    rings = {ring: minutes if ring is Ring.REFERENT else 0.0 for ring in Ring}
    return replace(
        DEFAULTS,
        affinity=dict.fromkeys(("P2", "P3", "P4"), rings),
        ageing=dict.fromkeys(("P1", "P2", "P3", "P4"), 0.0),
    )


def test_the_proposed_parameters_starve_nobody() -> None:
    assert NightTrial().find_starved(DEFAULTS) == ()


def test_what_the_queue_lets_pass_a_busy_night_may_not() -> None:
    assert QueueTrial().find_starved(near(120)) == ()

    [starved] = NightTrial().find_starved(near(120))
    assert starved.priority == "P2"
    assert starved.waited_minutes > 2 * 60
    assert "P2 would starve" in starved.describe()


def test_what_the_queue_refuses_is_refused() -> None:
    assert NightTrial().find_starved(near(240)) == QueueTrial().find_starved(near(240)) != ()
