"""A set of parameters under which a class starves is found, each time alike."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.dispatch.domain.policy import DEFAULTS, Parameters, Ring
from app.dispatch.domain.starvation import QueueTrial


def with_nearness(minutes: float, *, ageing: float) -> Parameters:
    """Keep every case near for so many minutes, and lose so many with each minute it waits."""
    rings = {Ring.REFERENT: minutes, Ring.TERRITORY: 0.0, Ring.GCS: 0.0, Ring.OUTSIDE: 0.0}
    return replace(
        DEFAULTS,
        affinity=dict.fromkeys(("P2", "P3", "P4"), rings),
        ageing=dict.fromkeys(DEFAULTS.ageing, ageing),
    )


def test_the_defaults_starve_nobody() -> None:
    assert QueueTrial().find_starved(DEFAULTS) == ()


def test_nearness_beyond_the_delay_keeps_urgent_cases_with_a_reader_who_is_late() -> None:
    starved = QueueTrial().find_starved(with_nearness(240, ageing=0))

    assert starved[0].priority == "P2"
    assert starved[0].waited_minutes > 2 * starved[0].within_minutes
    assert starved[0].describe().startswith("P2 would starve")


@settings(max_examples=12)
@given(st.integers(0, 240), st.integers(0, 240))
def test_nearness_that_starves_nobody_does_not_when_it_is_less(one: int, other: int) -> None:
    less, more = sorted((one, other))

    if not QueueTrial().find_starved(with_nearness(more, ageing=0)):
        assert not QueueTrial().find_starved(with_nearness(less, ageing=0))
