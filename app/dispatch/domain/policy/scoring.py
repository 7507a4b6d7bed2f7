"""How soon each reader would have read a case, and what is held in their favour."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import copysign
from operator import attrgetter
from typing import NamedTuple

from app.dispatch.domain.policy.answer import Ranked
from app.dispatch.domain.policy.inputs import CaseToRead, Line, Reader, Ring
from app.dispatch.domain.policy.parameters import Parameters

_MINUTE = timedelta(minutes=1)
_NO_AFFINITY: Mapping[Ring, float] = dict.fromkeys(Ring, 0.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """What a score of this case is made with."""

    owner_id: int | None
    affinity: Mapping[Ring, float]
    bonus: float
    preferred: frozenset[str]
    waited: float
    """Since there is something to read, in minutes."""
    lost: float
    """How many minutes of what is held in favour this has cost."""


def make_scale(case: CaseToRead, *, parameters: Parameters, now: datetime) -> Scale:
    """Say what scores are made with; where life is at stake, nearness counts for nothing."""
    since = case.waiting_since or now
    waited = max(0.0, (now - since) / _MINUTE)
    return Scale(
        owner_id=case.owner_id,
        affinity=parameters.affinity.get(case.priority, _NO_AFFINITY),
        bonus=parameters.bonus[case.priority],
        preferred=frozenset(
            each.sub_specialty
            for each in parameters.specialties
            if each.concerns(modality=case.modality, region=case.region)
        ),
        waited=waited,
        lost=waited * parameters.ageing[case.priority],
    )


class Score(NamedTuple):
    """A reader, and the parts of the score in minutes."""

    reader: Reader
    completion: float
    affinity: float
    bonus: float
    kept: float
    """What is left of both, the case having waited."""
    minutes: int
    order: tuple[bool, int, float, int, int]


def rank(readers: Iterable[Reader], scale: Scale) -> list[Score]:
    """Rank readers: the owner of the case, then by score.

    Ties go to whose society is shortest of its share, then to who has done the fewest points too
    many, then to the smallest id.
    """
    scores = [_score(reader, scale) for reader in readers]
    scores.sort(key=attrgetter("order"))
    return scores


def explain(scores: Sequence[Score], scale: Scale, *, first: int) -> tuple[Ranked, ...]:
    """Say of the first of a ranking what made their scores; ties are those among all."""
    often = Counter(each.minutes for each in scores)
    return tuple(
        Ranked(
            radiologist_id=each.reader.radiologist_id,
            score_minutes=each.minutes,
            completion_minutes=round(each.completion, 1),
            reasons=tuple(_explain(each, scale, is_tied=often[each.minutes] > 1)),
        )
        for each in scores[:first]
    )


def _score(reader: Reader, scale: Scale) -> Score:
    """Work out a score; images travel while what lies ahead is read."""
    completion = max(reader.ahead_minutes, reader.transfer_minutes) + reader.read_minutes
    affinity, bonus = scale.affinity[reader.ring], 0.0
    if scale.bonus and not scale.preferred.isdisjoint(reader.sub_specialties):
        bonus = scale.bonus
    favour = affinity + bonus
    kept = copysign(max(0.0, abs(favour) - scale.lost), favour)
    minutes = round(completion - kept)
    order = (
        reader.radiologist_id != scale.owner_id,
        minutes,
        -reader.society_deficit,
        reader.points,
        reader.radiologist_id,
    )
    return Score(reader, completion, affinity, bonus, kept, minutes, order)


def _explain(score: Score, scale: Scale, *, is_tied: bool) -> Iterator[str]:
    reader = score.reader
    if reader.radiologist_id == scale.owner_id:
        yield "validated the request"
    ahead = f"{reader.ahead_minutes:.0f} min ahead"
    yield f"{reader.claims} being read, {reader.nominations} offered: {ahead}"
    yield f"reads it in {reader.read_minutes:.0f} min"
    if reader.transfer_minutes >= 1:
        yield f"images there in {reader.transfer_minutes:.0f} min"
    yield from _explain_favour(score, scale)
    if reader.line is not Line.FIRST:
        yield f"called from the {reader.line.value} line"
    if is_tied and (reader.society_deficit or reader.points):
        yield _explain_tie(reader)


def _explain_favour(score: Score, scale: Scale) -> Iterator[str]:
    affinity, ring = score.affinity, score.reader.ring
    if affinity > 0:
        yield f"{ring.value} society: {affinity:g} min nearer"
    elif affinity < 0:
        yield f"{ring.value} reader: {-affinity:g} min further"
    if score.bonus:
        yield f"sub-specialty: {score.bonus:g} min nearer"
    lost = abs(affinity + score.bonus - score.kept)
    if lost:
        yield f"{scale.waited:.0f} min waited: {lost:.0f} min of that count no more"


def _explain_tie(reader: Reader) -> str:
    short = reader.society_deficit
    side = "short of" if short >= 0 else "beyond"
    return (
        f"as soon as others: society {abs(short):.1f} exams {side} its share, "
        f"{reader.points / 1000:.1f} points too many"
    )
