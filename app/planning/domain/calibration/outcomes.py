"""What simulated exams lived through: waits, limits kept, and how many were late in a month."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

HOURS_OF_MONTH = 365.25 * 24 / 12
_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long exams of one priority waited for a reader, in minutes, and how many were late.

    Parameters
    ----------
    in_limit
        Share whose wait and read together kept the limit.
    """

    exams: int
    mean_min: float
    p50_min: float
    p95_min: float
    longest_min: float
    in_limit: float
    late_per_month: float


def sum_up(waits: Sequence[float], *, late: int, hours: float) -> Waits | None:
    """Sum up waits (in hours) seen in a number of elapsed hours; nothing for no exam."""
    if not waits:
        return None
    ordered = sorted(waits)
    return Waits(
        exams=len(ordered),
        mean_min=fmean(ordered) * _MINUTES,
        p50_min=find_rank(ordered, share=0.5) * _MINUTES,
        p95_min=find_rank(ordered, share=0.95) * _MINUTES,
        longest_min=ordered[-1] * _MINUTES,
        in_limit=1 - late / len(ordered),
        late_per_month=late * HOURS_OF_MONTH / hours,
    )


def find_rank(ordered: Sequence[float], *, share: float) -> float:
    """Find the least value that a share of the values (in (0, 1]) does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]
