"""The simulation against closed forms and known figures, from fixed seeds."""

from statistics import fmean

import pytest

from app.dispatch.domain.simulation.comparison import find_difference
from app.dispatch.domain.simulation.reference import (
    EQUAL,
    KNOWN_MEANS,
    REFERENCE,
    SHARES,
    make_reference_night,
)
from app.dispatch.domain.simulation.room import simulate
from app.dispatch.domain.simulation.tally import Tally, measure
from app.planning.domain.calibration.tails import estimate
from app.planning.domain.queueing import erlang_c, mean_wait
from tests.unit.dispatch.domain.simulation.queues import draw_exponential

BLOCKS = 6
EXAMS = 400
"""Of each block; the full run, with all policies, is `make bench NAME=simulate`."""
KNOWN = ("pool", "near 10, idle take", "near 10", "near 30, idle take", "alone")
ORDER = (
    ("pool", "near 10, idle take"),
    ("near 10, idle take", "near 10"),
    ("near 10", "near 30, idle take"),
    ("near 30, idle take", "alone"),
)


@pytest.mark.parametrize(("seats", "rate"), ((1, 3.6), (4, 16.0)))
def test_the_pool_waits_as_erlang_says(seats: int, rate: float) -> None:
    waits, waited = [], []
    for seed in range(10):
        night = draw_exponential(seats=seats, rate=rate, exams=1200, seed=seed)
        found = [
            each.began - each.arrival.at for each in simulate(night, REFERENCE["pool"]).cases[200:]
        ]
        waits.append(fmean(found))
        waited.append(fmean(each > 0 for each in found))
    load = rate / 6

    assert estimate(waits, confidence=0.999).holds(mean_wait(seats, load=load, read=10.0))
    assert estimate(waited, confidence=0.999).holds(erlang_c(seats, load=load))


def test_the_known_queue_of_four_readers_has_its_means_and_their_order() -> None:
    tallies: dict[str, Tally] = {}
    for name in KNOWN:
        policy = REFERENCE[name]
        shares = EQUAL if name == "alone" else SHARES
        tally = tallies[name] = Tally()
        for seed in range(BLOCKS):
            night = make_reference_night(seed=seed, exams=EXAMS, shares=shares)
            tally.add(measure(night, simulate(night, policy)))

    for name in KNOWN:
        # Blocks begin with an empty room and are few: the bar of 10 % is that of the full run.
        assert fmean(tallies[name].means) == pytest.approx(KNOWN_MEANS[name], rel=0.15), name
    for less, more in ORDER:
        difference = find_difference(tallies[more], tallies[less])
        assert difference.mean > 0, (less, more)
        assert difference.is_clear, (less, more, difference)
