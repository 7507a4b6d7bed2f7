"""Who should read a case: one pure function, with its reasons."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.kit.interval import Interval

RULE_VERSION = "2026-11-2"
"""Changes with each change of what `decide` would answer."""

EXPECTED_READ = timedelta(minutes=15)
"""How long one case takes, until read times are measured: Sexauer 2022 gives 16.05 min for a head
CT as an upper bound (doi 10.3390/jimaging8080208)."""


class Line(StrEnum):
    """How a reader is on guard."""

    FIRST = "first"
    BACKUP = "backup"
    COORDINATOR = "coordinator"


class Circle(StrEnum):
    """To whom a case may be offered at this step."""

    NEAREST = "nearest"
    """The best readers of the first line."""
    ON_GUARD = "on_guard"
    """Everybody on the first line."""
    BACKUP = "backup"
    """Also the backup line and the coordinator."""


class Ring(StrEnum):
    """How near a reader's society is to the site."""

    REFERENT = "referent"
    TERRITORY = "territory"
    GCS = "gcs"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToRead:
    """What a decision needs to know of a case."""

    case_id: int
    priority: str
    signed_due_at: datetime
    readers_at_once: int
    owner_id: int | None = None
    """Who validated the request: while on guard, and on whatever line, they are asked first."""
    modality_minutes: float = EXPECTED_READ / timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a decision needs to know of somebody on guard."""

    radiologist_id: int
    line: Line
    guard: Interval
    ring: Ring
    may_read_site: bool
    claims: int
    """Cases being read now, >= 0."""
    nominations: int
    """Cases offered to this reader and not yet taken by anybody, >= 0, without this case."""
    claims_last_hour: int
    hourly_cap: int
    has_declined: bool = False
    """Released this very case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A reader who may read, with the score in minutes (less is sooner) and what made it."""

    radiologist_id: int
    score_minutes: float
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
    excluded: tuple[Excluded, ...]
    dropped_filters: tuple[str, ...]
    """Filters that would have left nobody."""
    rule_version: str = RULE_VERSION


AFFINITY_MINUTES: dict[str, dict[Ring, float]] = {
    # Minutes of waiting that a site's own society is worth: none where life is at stake.
    "P1": {Ring.REFERENT: 0, Ring.TERRITORY: 0, Ring.GCS: 0},
    "P2": {Ring.REFERENT: 10, Ring.TERRITORY: 5, Ring.GCS: 0},
    "P3": {Ring.REFERENT: 25, Ring.TERRITORY: 12, Ring.GCS: 0},
    "P4": {Ring.REFERENT: 60, Ring.TERRITORY: 30, Ring.GCS: 0},
}

_LINES: dict[Circle, frozenset[Line]] = {
    Circle.NEAREST: frozenset({Line.FIRST}),
    Circle.ON_GUARD: frozenset({Line.FIRST}),
    Circle.BACKUP: frozenset(Line),
}

_Test = Callable[[CaseToRead, Reader], bool]

# In the order in which they are dropped when they leave nobody: the cap first, then having
# declined, then the right to read for the site.
_FILTERS: tuple[tuple[str, _Test], ...] = (
    (
        "reads more than their hourly cap",
        lambda case, reader: case.priority == "P1" or reader.claims_last_hour < reader.hourly_cap,
    ),
    ("has released this case", lambda _case, reader: not reader.has_declined),
    ("may not read for this site", lambda _case, reader: reader.may_read_site),
)


def decide(
    case: CaseToRead, *, readers: Iterable[Reader], circle: Circle, now: datetime
) -> Decision:
    """Rank the readers on guard for a case, and say whom to nominate.

    On guard means holding a seat at `now`. When nobody is on the first line, the circle is widened
    to the backup line and the coordinator at once. When the filters leave nobody, they are dropped
    one by one. Who validated the request stands first. Ties go to the smallest id.

    Parameters
    ----------
    case
        The case, open for dispatch.
    readers
        Everybody who holds a seat around now, in any order; at most one entry for each line that a
        radiologist holds.
    circle
        How far to look.
    now
        Aware.
    """
    on_guard = [reader for reader in readers if reader.guard.contains(now)]
    reached = _reach(on_guard, circle)
    kept, excluded, dropped = _filter(case, _reachable(case, on_guard, reached))
    ranking = tuple(
        sorted(
            (_rank(case, reader) for reader in kept),
            key=lambda each: _order(case, each),
        )
    )
    chosen = ranking[: case.readers_at_once] if reached is Circle.NEAREST else ranking
    return Decision(
        nominees=tuple(each.radiologist_id for each in chosen),
        circle=reached,
        ranking=ranking,
        excluded=excluded,
        dropped_filters=dropped,
    )


def _order(case: CaseToRead, ranked: Ranked) -> tuple[bool, float, int]:
    """Put the owner first, then who will have read it soonest."""
    return ranked.radiologist_id != case.owner_id, ranked.score_minutes, ranked.radiologist_id


def _reach(on_guard: Sequence[Reader], circle: Circle) -> Circle:
    """Widen at once when the first line is empty: a step that reaches nobody is not waited for."""
    return circle if _of(on_guard, circle) else Circle.BACKUP


def _reachable(case: CaseToRead, readers: Sequence[Reader], circle: Circle) -> list[Reader]:
    """Keep the readers of a circle, and the owner of the case from whatever line."""
    of_circle = _of(readers, circle)
    known = {each.radiologist_id for each in of_circle}
    owner = [
        each
        for each in _of(readers, Circle.BACKUP)
        if each.radiologist_id == case.owner_id and not each.has_declined
    ]
    return of_circle + [each for each in owner if each.radiologist_id not in known]


def _of(readers: Sequence[Reader], circle: Circle) -> list[Reader]:
    """Keep the readers of a circle, each once, by their first line before any other."""
    order = list(Line)
    found: dict[int, Reader] = {}
    for reader in sorted(readers, key=lambda each: order.index(each.line)):
        if reader.line in _LINES[circle]:
            found.setdefault(reader.radiologist_id, reader)
    return list(found.values())


def _filter(
    case: CaseToRead, readers: list[Reader]
) -> tuple[list[Reader], tuple[Excluded, ...], tuple[str, ...]]:
    for first in range(len(_FILTERS) + 1):
        standing = _FILTERS[first:]
        excluded = {
            reader.radiologist_id: reason
            for reader in readers
            for reason, passes in reversed(standing)
            if not passes(case, reader)
        }
        kept = [reader for reader in readers if reader.radiologist_id not in excluded]
        if kept or not readers:
            return (
                kept,
                tuple(
                    Excluded(radiologist_id=who, reason=why)
                    for who, why in sorted(excluded.items())
                ),
                tuple(reason for reason, _ in _FILTERS[:first]) if readers else (),
            )
    return [], (), ()


def _rank(case: CaseToRead, reader: Reader) -> Ranked:
    ahead = (reader.claims + reader.nominations) * case.modality_minutes
    affinity = AFFINITY_MINUTES[case.priority][reader.ring]
    reasons = ["validated the request"] if reader.radiologist_id == case.owner_id else []
    reasons.append(f"{reader.claims} being read, {reader.nominations} offered: {ahead:g} min ahead")
    if affinity:
        reasons.append(f"{reader.ring.value} society: {affinity:g} min nearer")
    if reader.line is not Line.FIRST:
        reasons.append(f"called from the {reader.line.value} line")
    return Ranked(
        radiologist_id=reader.radiologist_id,
        score_minutes=ahead + case.modality_minutes - affinity,
        reasons=tuple(reasons),
    )
