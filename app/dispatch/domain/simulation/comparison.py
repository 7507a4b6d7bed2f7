"""Policies beside each other on the very same nights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.dispatch.domain.simulation.night import Night
from app.dispatch.domain.simulation.room import simulate
from app.dispatch.domain.simulation.tally import Tally, measure
from app.dispatch.domain.simulation.ways import Policy
from app.kit.errors import Invalid
from app.planning.domain.calibration.tails import estimate

CONFIDENCE = 0.95
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """How much longer a policy takes than another, in minutes to the signature, night by night."""

    mean: float
    half_width: float
    """Of its 95 % interval by Student's law."""

    @property
    def is_clear(self) -> bool:
        """Does the interval leave out zero?"""
        return abs(self.mean) > self.half_width


def compare(night: Night, policies: Sequence[Policy]) -> dict[str, Tally]:
    """Let one night be read by each policy."""
    return {policy.name: measure(night, simulate(night, policy)) for policy in policies}


def join(found: Sequence[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Put nights together, in their order."""
    tallies: dict[str, Tally] = {}
    for night in found:
        for name, tally in night.items():
            tallies.setdefault(name, Tally()).add(tally)
    return tallies


def find_difference(tally: Tally, other: Tally) -> Difference:
    """Compare two policies by the pairs of their nights.

    Raises
    ------
    Invalid
        If there are fewer than two nights.
    """
    pairs = [one - two for one, two in zip(tally.means, other.means, strict=True)]
    if len(pairs) < _FEWEST:
        raise Invalid("a difference between policies needs two nights at least: ask for more")
    found = estimate(pairs, confidence=CONFIDENCE)
    return Difference(found.mean, found.half_width)
