"""Count what was received inside the segments of the group, by society and month."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from app.planning.domain.calendars import LaidCalendar
from app.planning.domain.volumes.contracts import Contract, part_of_referent, split
from app.planning.domain.volumes.months import month_of
from app.planning.domain.volumes.weights import WeightTable


class Kind(StrEnum):
    """What something received is to the volumes: only exams count, the others are shown apart."""

    EXAM = "exam"
    RESEND = "resend"
    TEST = "test"
    PRIOR = "prior"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Received:
    """One thing that a site sent or asked for.

    Parameters
    ----------
    at
        When its first image came, or when the refused request was made; aware.
    """

    kind: Kind
    at: datetime
    site: int
    modalities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthlyCount:
    """What a society brought in a month; `society` `None` is the common pot.

    Parameters
    ----------
    weighted
        In thousandths of an exam.
    """

    society: int | None
    month: date
    exams: int = 0
    weighted: int = 0
    tests: int = 0
    resends: int = 0
    priors: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts by month and society, the pot last; and exams that came outside the segments."""

    counts: tuple[MonthlyCount, ...]
    outside: Mapping[date, int] = field(default_factory=dict)


_APART = {
    Kind.TEST: "tests",
    Kind.RESEND: "resends",
    Kind.PRIOR: "priors",
    Kind.REFUSAL: "refusals",
}


_SPLIT = frozenset({"exams", "weighted"})


class _Key(NamedTuple):
    """What is split together."""

    month: date
    referent: int
    site: int
    part: int


@dataclass(frozen=True, slots=True)
class Rules:
    """By what is counted.

    Parameters
    ----------
    segments
        The calendar of guards, laid out over all that was received.
    zone
        Where months begin and end.
    referents
        The referent society of each site.
    """

    segments: LaidCalendar
    zone: tzinfo
    referents: Mapping[int, int]
    contracts: Sequence[Contract] = ()
    weights: WeightTable = field(default_factory=WeightTable)


def count(received: Iterable[Received], *, rules: Rules) -> Measured:
    """Count what was received.

    An exam counts when the segment of its instant needs at least one reader: outside it the group
    is not on guard. Exams are split between the referent and the common pot by site, month and
    contract; what is shown apart is always the referent's, who can do something about it.

    Raises
    ------
    KeyError
        If a site has no referent.
    """
    totals: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
    outside: Counter[date] = Counter()
    for each in received:
        day = each.at.astimezone(rules.zone).date()
        if not is_inside(each.at, segments=rules.segments):
            outside[month_of(day)] += each.kind is Kind.EXAM
            continue
        part = part_of_referent(rules.contracts, site=each.site, on=day)
        total = totals[_Key(month_of(day), rules.referents[each.site], each.site, part)]
        if each.kind is Kind.EXAM:
            total["exams"] += 1
            total["weighted"] += rules.weights.weigh(each.modalities, regions=each.regions, on=day)
        else:
            total[_APART[each.kind]] += 1
    return Measured(_share_out(totals), {month: n for month, n in outside.items() if n})


def is_inside(at: datetime, *, segments: LaidCalendar) -> bool:
    """Say whether the group is on guard at an instant: whether its segment needs a reader."""
    return any(each.rule.needed.readers > 0 for each in segments.find(at))


def _share_out(totals: Mapping[_Key, Counter[str]]) -> tuple[MonthlyCount, ...]:
    sums: defaultdict[tuple[date, int | None], Counter[str]] = defaultdict(Counter)
    for key, total in totals.items():
        own, pot = sums[key.month, key.referent], Counter[str]()
        for name, number in total.items():
            mine, rest = split(number, part=key.part) if name in _SPLIT else (number, 0)
            own[name] += mine
            pot[name] += rest
        if any(pot.values()):
            sums[key.month, None].update(pot)
    ordered = sorted(
        sums.items(), key=lambda item: (item[0][0], item[0][1] is None, item[0][1] or 0)
    )
    return tuple(MonthlyCount(society, month, **found) for (month, society), found in ordered)
