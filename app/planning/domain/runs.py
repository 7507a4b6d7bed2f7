"""Roster runs: what is asked for, how far it is, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Level, Limits, Roster

MOST_ATTEMPTS = 3
"""Schedulers that may die over one run before it is given up."""


class RunKind(StrEnum):
    """What is computed."""

    GENERATE = "generate"
    REPAIR = "repair"


class RunState(StrEnum):
    """How far a run is; it is over when it is done or failed."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a planner asked for.

    Parameters
    ----------
    limits
        How long, and how, to search.
    draft
        Whose locked seats stay, and from which the search begins; absent: what is in force.
    freed
        Seats of a repair whose holder cannot come.
    away
        Radiologists of a repair who cannot come at all.
    name, reason
        Of the draft that is made.
    """

    limits: Limits
    draft: int | None = None
    freed: frozenset[int] = frozenset()
    away: frozenset[int] = frozenset()
    name: str = ""
    reason: str = ""

    def write(self) -> dict[str, object]:
        """Write it for the row of the run."""
        return {
            "seconds": self.limits.seconds,
            "deterministic": self.limits.deterministic,
            "workers": self.limits.workers,
            "seed": self.limits.seed,
            "draft": self.draft,
            "freed": sorted(self.freed),
            "away": sorted(self.away),
            "name": self.name,
            "reason": self.reason,
        }

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "RunRequest":
        """Read it from the row of a run."""
        return cls(
            limits=Limits(
                seconds=told["seconds"],
                deterministic=told["deterministic"],
                workers=told["workers"],
                seed=told["seed"],
            ),
            draft=told["draft"],
            freed=frozenset(told["freed"]),
            away=frozenset(told["away"]),
            name=told["name"],
            reason=told["reason"],
        )


def write_progress(progress: Progress) -> dict[str, object]:
    """Write how far a search is: objective, best, bound, gap, seconds."""
    level = Level(progress.objective, progress.best, progress.bound)
    return {
        "objective": progress.objective.value,
        "best": progress.best,
        "bound": progress.bound,
        "gap": round(level.gap, 4),
        "seconds": round(progress.seconds, 1),
    }


def write_result(roster: Roster, *, seconds: float) -> dict[str, object]:
    """Write how good a roster is: each objective with its value and proven bound."""
    return {
        "levels": [
            {
                "objective": level.objective.value,
                "value": level.value,
                "bound": level.bound,
                "proven": level.is_proven,
                "gap": round(level.gap, 4),
            }
            for level in roster.levels
        ],
        "stopped": roster.stopped,
        "uncovered": sum(each.radiologist is None for each in roster.placements),
        "seconds": round(seconds, 1),
    }
