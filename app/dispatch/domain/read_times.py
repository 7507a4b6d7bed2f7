"""How long reads take: measured by kind of exam and by reader, and drawn to what is known of all.

A median of few reads says little. Each is drawn to a prior as if that were so many more reads: the
one of all readers to the published figure, the one of a reader to that of all readers (Efron and
Morris 1977, Scientific American 236(5): what shrinking does to averages).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType

from app.dispatch.domain.exams import ExamKind, Region

LONGEST = timedelta(hours=3)
"""What took longer was forgotten, not read."""
WINDOW = timedelta(days=180)
"""Reads of so many days count."""
_PRIOR_WEIGHT = 20
"""As many reads the published figure is worth, beside those of all readers."""
_READER_WEIGHT = 10
"""As many reads the figure of all readers is worth, beside those of one."""
_MINUTE = timedelta(minutes=1)

# Minutes by reader and exam, dictation clock of a teaching hospital: upper bounds for a guard.
# Sexauer 2022, J. Imaging 8(8), 106 127 exams, doi 10.3390/jimaging8080208; limb: foot and wrist.
_ALL_EXAMS = 16.62
_CT_MINUTES: Mapping[Region, float] = MappingProxyType(
    {
        Region.HEAD: 16.05,
        Region.CHEST: 15.84,
        Region.ABDOMEN: 17.92,
        Region.SPINE: 9.14,
        Region.LIMB: (10.96 + 8.83) / 2,
        Region.WHOLE_BODY: 39.20,
    }
)


@dataclass(frozen=True, slots=True)
class Read:
    """A read that was signed: what, by whom, and for how many minutes it was in hand."""

    kind: ExamKind
    radiologist_id: int
    minutes: float


@dataclass(frozen=True, slots=True)
class ReadTime:
    """A row of the table.

    Parameters
    ----------
    kind
        Of exam.
    radiologist_id
        Nothing: all readers.
    minutes
        Expected, > 0; to a hundredth.
    read_count
        On so many reads it rests.
    """

    kind: ExamKind
    radiologist_id: int | None
    minutes: float
    read_count: int


def find_prior(kind: ExamKind) -> float:
    """Give what is published of a kind of exam, in minutes; of all exams when nothing is."""
    published = _CT_MINUTES if kind.modality == "CT" else {}
    return published.get(kind.region, _ALL_EXAMS)


def make_table(reads: Iterable[Read]) -> tuple[ReadTime, ...]:
    """Make the table from reads, in any order: a row for each kind, and for each of its readers.

    Reads that took longer than `LONGEST`, or no time at all, do not count.
    """
    by_kind: defaultdict[ExamKind, dict[int, list[float]]] = defaultdict(dict)
    for read in reads:
        if 0 < read.minutes <= LONGEST / _MINUTE:
            by_kind[read.kind].setdefault(read.radiologist_id, []).append(read.minutes)
    rows = []
    for kind, by_reader in by_kind.items():
        of_all = [minutes for own in by_reader.values() for minutes in own]
        shared = _shrink(of_all, prior=find_prior(kind), weight=_PRIOR_WEIGHT)
        rows.append(ReadTime(kind, None, shared, len(of_all)))
        rows += [
            ReadTime(kind, who, _shrink(own, prior=shared, weight=_READER_WEIGHT), len(own))
            for who, own in by_reader.items()
        ]
    return tuple(sorted(rows, key=_place))


def _place(row: ReadTime) -> tuple[str, str, int]:
    return row.kind.modality, row.kind.region, row.radiologist_id or 0


def _shrink(minutes: Sequence[float], *, prior: float, weight: int) -> float:
    count = len(minutes)
    return round((count * median(minutes) + weight * prior) / (count + weight), 2)


class ReadTimes:
    """A version of the table, looked up: the reader's own row, else that of all, else the prior."""

    def __init__(self, rows: Iterable[ReadTime] = ()) -> None:
        self._of_all: dict[ExamKind, float] = {}
        self._own: defaultdict[ExamKind, dict[int, float]] = defaultdict(dict)
        for row in rows:
            if row.radiologist_id is None:
                self._of_all[row.kind] = row.minutes
            else:
                self._own[row.kind][row.radiologist_id] = row.minutes

    def expect_own(self, kind: ExamKind) -> Mapping[int, float]:
        """Say how long those need who have a row of their own, in minutes, > 0; by radiologist."""
        return self._own.get(kind, {})

    def expect(self, kind: ExamKind, *, radiologist_id: int) -> float:
        """Say how long this reader is expected to need, in minutes, > 0."""
        own = self.expect_own(kind).get(radiologist_id)
        return self.expect_of_all(kind) if own is None else own

    def expect_of_all(self, kind: ExamKind) -> float:
        """Say how long any reader is expected to need, in minutes, > 0."""
        shared = self._of_all.get(kind)
        return find_prior(kind) if shared is None else shared


def measure(
    began: datetime, ended: datetime, *, pauses: Iterable[tuple[datetime, datetime]]
) -> float:
    """Say for how many minutes a case was in hand, what it was put aside for taken off.

    Parameters
    ----------
    began, ended
        Claimed and signed; aware.
    pauses
        From when to when it was put aside; they do not overlap, and what lies outside the read
        does not count. Aware.
    """
    aside = sum(
        (max(timedelta(0), min(until, ended) - max(since, began)) for since, until in pauses),
        timedelta(0),
    )
    return (ended - began - aside) / _MINUTE
