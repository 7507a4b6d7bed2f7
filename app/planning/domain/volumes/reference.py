"""The months that count, summed by society; and frozen as the volumes and shares of a period.

A month that a person imported goes before the same month as it was measured: somebody wrote it
knowing better. The common pot is spread in proportion to what each society brought by itself, so
that it changes nobody's share; it is shown beside what they brought.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.planning.domain.sharing.shares import apportion, shares
from app.planning.domain.volumes.counting import MonthlyCount
from app.planning.domain.volumes.months import list_months


class Source(StrEnum):
    """Where a month's volume comes from."""

    MEASURED = "measured"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class SourcedCount:
    """A month of a society, and where it comes from."""

    count: MonthlyCount
    source: Source


@dataclass(frozen=True, slots=True)
class SocietySum:
    """What a society (`None`: the common pot) brought in the months that count.

    Parameters
    ----------
    weighted
        In thousandths of an exam.
    imported, missing
        Months that were imported, and those of which nothing is known.
    """

    society: int | None
    exams: int
    weighted: int
    tests: int
    resends: int
    priors: int
    refusals: int
    imported: tuple[date, ...] = ()
    missing: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """What everybody brought from the month `since` up to, but not including, the month `until`."""

    since: date
    until: date
    societies: tuple[SocietySum, ...]
    pot: SocietySum


def sum_up(
    rows: Iterable[SourcedCount], *, since: date, until: date, societies: Sequence[int]
) -> Reference:
    """Sum the months of each society, in the order of `societies`, and of the common pot.

    Parameters
    ----------
    rows
        Those of other months and societies do not count.
    since, until
        First days of months.
    """
    chosen = choose(rows)
    months = list_months(since, until)
    return Reference(
        since,
        until,
        tuple(_sum(chosen, society=society, months=months) for society in societies),
        _sum(chosen, society=None, months=months),
    )


def choose(rows: Iterable[SourcedCount]) -> dict[tuple[int | None, date], SourcedCount]:
    """Choose one row for each society and month: the imported one, else the measured one."""
    chosen: dict[tuple[int | None, date], SourcedCount] = {}
    for row in rows:
        key = (row.count.society, row.count.month)
        if key not in chosen or row.source is Source.IMPORTED:
            chosen[key] = row
    return chosen


def _sum(
    chosen: Mapping[tuple[int | None, date], SourcedCount],
    *,
    society: int | None,
    months: Sequence[date],
) -> SocietySum:
    found = [row for month in months if (row := chosen.get((society, month))) is not None]
    known = {row.count.month for row in found}
    return SocietySum(
        society,
        exams=sum(row.count.exams for row in found),
        weighted=sum(row.count.weighted for row in found),
        tests=sum(row.count.tests for row in found),
        resends=sum(row.count.resends for row in found),
        priors=sum(row.count.priors for row in found),
        refusals=sum(row.count.refusals for row in found),
        imported=tuple(row.count.month for row in found if row.source is Source.IMPORTED),
        missing=tuple(month for month in months if month not in known),
    )


@dataclass(frozen=True, slots=True)
class FrozenShare:
    """A society in a snapshot.

    Parameters
    ----------
    exams, weighted
        With its part of the common pot; `weighted` in thousandths of an exam.
    common
        Of `weighted`, what comes from the common pot.
    share
        Of what all societies brought by themselves, in millionths.
    """

    society: int
    exams: int
    weighted: int
    common: int
    tests: int
    resends: int
    priors: int
    refusals: int
    share: int


def compute_shares(reference: Reference, *, names: Mapping[int, str]) -> tuple[FrozenShare, ...]:
    """Compute what is frozen of a reference.

    Parameters
    ----------
    names
        Of every society: a tie in the last millionth goes to the name that sorts first.

    Returns
    -------
    tuple
        In the order of the reference; shares sum to one million; exams and weights sum to those of
        the societies and the pot.

    Raises
    ------
    ValueError
        If no society brought anything by itself: the pot alone says nothing about who they are.
    """
    own = {names[_id(each)]: each.weighted for each in reference.societies}
    if not any(own.values()):
        msg = (
            f"no society brought any exam from {reference.since} to {reference.until}: "
            f"measure or import volumes first"
        )
        raise ValueError(msg)
    return tuple(_freeze(reference, own=own))


def _freeze(reference: Reference, *, own: Mapping[str, int]) -> Iterator[FrozenShare]:
    parts = shares(own)
    exams = apportion(reference.pot.exams, volumes=own)
    weighted = apportion(reference.pot.weighted, volumes=own)
    for each, name in zip(reference.societies, own, strict=True):
        yield FrozenShare(
            society=_id(each),
            exams=each.exams + exams[name],
            weighted=each.weighted + weighted[name],
            common=weighted[name],
            tests=each.tests,
            resends=each.resends,
            priors=each.priors,
            refusals=each.refusals,
            share=parts[name],
        )


def _id(each: SocietySum) -> int:
    if each.society is None:
        msg = "the common pot is no society"
        raise ValueError(msg)
    return each.society
