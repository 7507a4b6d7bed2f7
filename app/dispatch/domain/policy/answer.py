"""What a decision says."""

from dataclasses import dataclass
from datetime import datetime

from app.dispatch.domain.policy.inputs import Circle

RULE_VERSION = "2026-11-4"
"""Changes with each change of what `decide` would answer."""
EXPLAINED = 10
"""Of how many readers a decision says what made their scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A reader who may read, with the score in minutes (less is sooner) and what made it."""

    radiologist_id: int
    score_minutes: int
    """Expected completion less what is held in favour, in whole minutes: less is no difference."""
    completion_minutes: float
    """Until the report, as expected of this reader: images, what lies ahead, the read."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A reader who was left out, and why."""

    radiologist_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, from whom, and why."""

    nominees: tuple[int, ...]
    """Radiologists to nominate, best first; empty when nobody at all is on guard."""
    circle: Circle
    ranking: tuple[Ranked, ...]
    """The first ten (`EXPLAINED`), best first; of those who passed, whether nominated or not."""
    excluded: tuple[Excluded, ...]
    dropped_filters: tuple[str, ...]
    """Filters that would have left nobody."""
    next_deadline: datetime
    """When the case must be looked at again if nothing happens before; after the decision."""
    rule_version: str = RULE_VERSION
