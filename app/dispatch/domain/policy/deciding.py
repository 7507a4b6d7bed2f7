"""Who should read a case: one pure function, with its reasons and the next deadline."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.dispatch.domain.policy.answer import EXPLAINED, Decision
from app.dispatch.domain.policy.filters import ask, filter_readers, keep_at_hand
from app.dispatch.domain.policy.inputs import CaseToRead, Circle, Line, Reader
from app.dispatch.domain.policy.parameters import DEFAULTS, Parameters
from app.dispatch.domain.policy.scoring import Score, explain, make_scale, rank

RETRY = timedelta(seconds=15)
"""How soon a case for which nobody is on guard is decided again."""

_LINES: dict[Circle, frozenset[Line]] = {
    Circle.NEAREST: frozenset({Line.FIRST}),
    Circle.ON_GUARD: frozenset({Line.FIRST}),
    Circle.BACKUP: frozenset(Line),
}
_PLACES = {line: place for place, line in enumerate(Line)}


def decide(
    case: CaseToRead,
    *,
    readers: Iterable[Reader],
    circle: Circle,
    now: datetime,
    parameters: Parameters = DEFAULTS,
) -> Decision:
    """Rank the readers on guard for a case, and say whom to nominate.

    On guard means holding a seat at `now`. When nobody at hand is on the first line, the circle is
    widened to the backup line and the coordinator at once. Who is gone or called to a site is asked
    when nobody at all is at hand. When the filters leave nobody, they are dropped one by one
    (`filters.FILTERS`). Who validated the request stands first.

    Parameters
    ----------
    readers
        Everybody who holds a seat around now, in any order; at most one entry for each line that a
        radiologist holds.
    circle
        How far to look.
    now
        Aware.
    """
    on_guard = sorted((each for each in readers if each.guard.contains(now)), key=_find_place)
    reached = _reach(keep_at_hand(on_guard), circle)
    asked = ask(case, parameters=parameters, now=now)
    kept, excluded, dropped = filter_readers(_reachable(case, on_guard, reached), asked)
    scale = make_scale(case, parameters=parameters, now=now)
    scores = rank(kept, scale)
    chosen = [each.reader for each in _take(scores, case, circle=reached)]
    return Decision(
        nominees=tuple(each.radiologist_id for each in chosen),
        circle=reached,
        ranking=explain(scores, scale, first=EXPLAINED),
        excluded=excluded,
        dropped_filters=dropped,
        next_deadline=_find_deadline(case, chosen=chosen, now=now),
    )


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


def _take(scores: Sequence[Score], case: CaseToRead, *, circle: Circle) -> Sequence[Score]:
    """Take as many as are asked at once; whoever a wider circle reaches is asked."""
    return scores[: case.readers_at_once] if circle is Circle.NEAREST else scores


def _find_place(reader: Reader) -> int:
    return _PLACES[reader.line]


def _of(readers: Sequence[Reader], circle: Circle) -> list[Reader]:
    """Keep the readers of a circle, each once, by their first line before any other.

    Parameters
    ----------
    readers
        By the place of their line.
    """
    lines = _LINES[circle]
    found: dict[int, Reader] = {}
    for reader in readers:
        if reader.line in lines:
            found.setdefault(reader.radiologist_id, reader)
    return list(found.values())


def _find_deadline(case: CaseToRead, *, chosen: Sequence[Reader], now: datetime) -> datetime:
    """Say when to look again: when the circle is widened, or when the last guard ends."""
    if not chosen:
        return now + RETRY
    guards_end = max(each.guard.end for each in chosen)
    step = case.step_due_at
    return guards_end if step is None or step <= now else min(step, guards_end)
