"""What a calibration must hold: limits, shares, and what a reader can and should do in an hour."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kit.errors import Invalid
from app.planning.domain.calibration.reads import ReadTime

MINUTES_OF_HOUR = 60


class LimitOutOfReach(Invalid):
    """So many reads alone last longer than the limit that no number of seats can hold it."""

    def __init__(self, *, limit_min: float, read_min: float) -> None:
        super().__init__(
            f"a limit of {limit_min:g} min leaves no time to wait: five reads of a hundred alone "
            f"last {read_min:.1f} min or more; give a longer limit or shorter reads"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What is asked of the seats.

    Parameters
    ----------
    read
        In minutes. The default spreads reads as measured, around what emergency CT takes.
    limit_min
        From arrival to the end of the read, in minutes.
    target
        Share of the exams that keep the limit; below 1.
    quantile
        Which rate is planned for: one that is not exceeded in this share of the days.
    least_seats
        For safety, in each segment; `least_by_segment` says otherwise for one.
    hourly_cap, mean_cap
        Most exams for a reader in the busiest hour, and in an hour of the whole guard.
    floor
        Fewest exams a reader should have in an hour for the guard to be a real session.

    References
    ----------
    Hanna et al., *Radiology* 287, 2018: guards with a major discrepancy had 13 exams an hour.
    """

    read: ReadTime = field(default_factory=lambda: ReadTime(mean=10, sigma=0.6))
    limit_min: float = 60
    target: float = 0.95
    quantile: float = 0.9
    least_seats: int = 1
    least_by_segment: Mapping[str, int] = field(default_factory=dict)
    hourly_cap: float = 10
    mean_cap: float = 6
    floor: float = 2

    def __post_init__(self) -> None:
        """Refuse what no seats could hold, naming it."""
        for name in ("target", "quantile"):
            if not 0 < getattr(self, name) < 1:
                raise Invalid(f"{name} is a share between 0 and 1, not {getattr(self, name)}")
        for name in ("limit_min", "least_seats", "hourly_cap", "mean_cap"):
            if getattr(self, name) <= 0:
                raise Invalid(f"{name} must be above 0, not {getattr(self, name)}")
        if self.floor < 0 or self.floor >= self.mean_cap:
            raise Invalid(f"floor must be from 0 to below mean_cap, not {self.floor}")
        if self.wait_min <= 0:
            raise LimitOutOfReach(limit_min=self.limit_min, read_min=self.slow_read_min)

    @property
    def slow_read_min(self) -> float:
        """What 95 % of the reads keep."""
        return self.read.quantile(0.95)

    @property
    def wait_min(self) -> float:
        """What is left of the limit for waiting."""
        return self.limit_min - self.slow_read_min

    @property
    def read_in_hours(self) -> ReadTime:
        """The read, in the unit of the rates."""
        return ReadTime(self.read.mean / MINUTES_OF_HOUR, self.read.sigma)

    def least(self, segment: str) -> int:
        """Look up the seats that safety asks for."""
        return self.least_by_segment.get(segment, self.least_seats)
