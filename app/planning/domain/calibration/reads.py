"""How long a read lasts: lognormal, as measured reads are."""

import math
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class ReadTime:
    """A lognormal read.

    Parameters
    ----------
    mean
        > 0, in any unit of time.
    sigma
        Standard deviation of the logarithm, > 0; 0.6 spreads reads as measured ones are.

    Raises
    ------
    ValueError
        If one of them is not above 0.
    """

    mean: float
    sigma: float

    def __post_init__(self) -> None:
        """Refuse what is no lognormal law."""
        if not (self.mean > 0 and self.sigma > 0):
            raise ValueError(
                f"a read lasts {self.mean} with a spread of {self.sigma}: both must be above 0"
            )

    @property
    def location(self) -> float:
        """Mean of the logarithm."""
        return math.log(self.mean) - self.sigma**2 / 2

    @property
    def mean_square(self) -> float:
        """Mean of the square of the read."""
        return self.mean**2 * math.exp(self.sigma**2)

    @property
    def lag(self) -> float:
        """How far the mean load runs behind the arrivals: the mean of what is left of a read.

        References
        ----------
        Green, Kolesar & Soares, *Operations Research* 49, 2001; Eick, Massey & Whitt, *Operations
        Research* 41, 1993.
        """
        return self.mean_square / (2 * self.mean)

    def quantile(self, share: float) -> float:
        """Compute the time within which a share (0 to 1, both excluded) of the reads end."""
        return math.exp(self.location + self.sigma * _NORMAL.inv_cdf(share))

    def share_within(self, time: float) -> float:
        """Compute the share of reads that end within a time."""
        if time <= 0:
            return 0.0
        return _NORMAL.cdf((math.log(time) - self.location) / self.sigma)

    def mean_up_to(self, time: float) -> float:
        """Compute the mean of a read that is cut off after a time (0 for a negative one).

        It is the integral of the share of reads that still last, from 0 to `time`.
        """
        if time <= 0:
            return 0.0
        score = (math.log(time) - self.location) / self.sigma
        return self.mean * _NORMAL.cdf(score - self.sigma) + time * _NORMAL.cdf(-score)

    def draw(self, chance: Random) -> float:
        """Draw a read."""
        return math.exp(chance.normalvariate(self.location, self.sigma))
