"""What nights came to under a policy: waits, shares in time and read locally, loads, steps."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from app.cases.domain.priority import Priority
from app.cases.domain.sla import Audience
from app.dispatch.domain.policy.inputs import Line
from app.dispatch.domain.simulation.night import Night
from app.dispatch.domain.simulation.room import Outcome


@dataclass(slots=True)
class OfPriority:
    """The cases of one priority; minutes from the arrival, in the order of arrival."""

    waits: list[float] = field(default_factory=list)
    """Until the claim."""
    stays: list[float] = field(default_factory=list)
    """Until the signature."""
    never: int = 0
    """Cases that nobody ever read: they are in neither list."""
    in_time: int = 0
    local: int = 0

    @property
    def count(self) -> int:
        """How many cases there were."""
        return len(self.stays) + self.never

    def add(self, other: "OfPriority") -> None:
        """Take in the cases of another night."""
        self.waits += other.waits
        self.stays += other.stays
        self.never += other.never
        self.in_time += other.in_time
        self.local += other.local

    def to_json(self) -> dict[str, Any]:
        """Write it for a file; who never was read makes no figure, but a share of its own."""
        return {
            "cases": self.count,
            "never_read": self.never,
            "wait_minutes": _describe(self.waits),
            "signature_minutes": _describe(self.stays),
            "share_in_sla": _share(self.in_time, self.count),
            "share_local": _share(self.local, len(self.stays)),
        }


@dataclass(slots=True)
class Tally:
    """What one policy made of one night or more."""

    by_priority: dict[Priority, OfPriority] = field(default_factory=dict)
    means: list[float] = field(default_factory=list)
    """Mean minutes to the signature of each night; who was never read stays until its end."""
    spreads: list[float] = field(default_factory=list)
    """Gini coefficient of the minutes read by the readers of the first line, of each night."""
    steps: Counter[Audience] = field(default_factory=Counter)
    taken_over: int = 0
    widened_cases: int = 0

    @property
    def all(self) -> OfPriority:
        """All priorities together."""
        found = OfPriority()
        for each in self.by_priority.values():
            found.add(each)
        return found

    def add(self, other: "Tally") -> None:
        """Take in another night, which comes after those that are in."""
        for priority, found in other.by_priority.items():
            self.by_priority.setdefault(priority, OfPriority()).add(found)
        self.means += other.means
        self.spreads += other.spreads
        self.steps += other.steps
        self.taken_over += other.taken_over
        self.widened_cases += other.widened_cases

    def to_json(self) -> dict[str, Any]:
        """Write it for a file."""
        found = {priority.value: each.to_json() for priority, each in self.by_priority.items()}
        return {
            "all": self.all.to_json(),
            "by_priority": dict(sorted(found.items())),
            "load_gini": round(fmean(self.spreads), 4) if self.spreads else None,
            "steps": {audience.value: self.steps[audience] for audience in Audience},
            "cases_widened": self.widened_cases,
            "taken_over": self.taken_over,
        }


def measure(night: Night, outcome: Outcome) -> Tally:
    """Measure a night that was simulated."""
    tally = Tally(steps=Counter(outcome.steps))
    societies = {each.radiologist_id: each.society for each in night.seated}
    last = max((each.ends for each in night.seated), default=0.0)
    minutes = {
        each.radiologist_id: 0.0
        for each in night.seated
        if each.begins <= 0 and each.line is Line.FIRST
    }
    stays = []
    for case in outcome.cases:
        found = tally.by_priority.setdefault(case.arrival.priority, OfPriority())
        tally.widened_cases += case.done > 0
        tally.taken_over += case.is_taken_over
        stays.append(min(case.ended, max(last, case.arrival.at)) - case.arrival.at)
        if case.reader_id is None or case.ended == math.inf:
            found.never += 1
            continue
        found.waits.append(case.began - case.arrival.at)
        found.stays.append(case.ended - case.arrival.at)
        found.in_time += case.ended <= case.due
        found.local += societies[case.reader_id] == case.arrival.society
        if case.reader_id in minutes:
            minutes[case.reader_id] += case.arrival.read
    tally.means = [fmean(stays)] if stays else []
    tally.spreads = [find_gini(list(minutes.values()))]
    return tally


def find_gini(values: Sequence[float]) -> float:
    """Compute how unequal values of 0 or more are: 0 all alike, towards 1 one has all.

    References
    ----------
    Gini 1912, by the sorted form: Sen, *On Economic Inequality*, 1973, ch. 2.
    """
    total, count = sum(values), len(values)
    if not total:
        return 0.0
    ranked = sum(rank * value for rank, value in enumerate(sorted(values), start=1))
    return max(0.0, 2 * ranked / (count * total) - (count + 1) / count)


def find_quantile(values: Iterable[float], *, share: float) -> float:
    """Find the least value that a share (above 0, up to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _describe(values: Sequence[float]) -> Mapping[str, float] | None:
    if not values:
        return None
    return {
        "mean": round(fmean(values), 2),
        "p50": round(find_quantile(values, share=0.5), 2),
        "p95": round(find_quantile(values, share=0.95), 2),
        "max": round(max(values), 2),
    }


def _share(part: int, of: int) -> float | None:
    return round(part / of, 4) if of else None
