"""Which earlier studies of a patient go to the reader beside the images to be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.dispatch.domain.exams import ExamKind, Region


@dataclass(frozen=True, slots=True)
class Prior:
    """A study of the same patient that could help: of what kind, made when, and here since when.

    Attributes
    ----------
    made_on
        StudyDate as received, `YYYYMMDD`; what is no such date counts as the day of its arrival.
    arrived_at
        Aware instant of its first image.
    """

    study_id: int
    kind: ExamKind
    made_on: str
    arrived_at: datetime


def choose_priors(priors: Iterable[Prior], *, kind: ExamKind, most: int) -> tuple[int, ...]:
    """Choose the studies that say most, in the order in which they are to be sent.

    Those of the same region and modality come first, then of the same region, of the same modality,
    and all others; inside each, the newest first.

    Parameters
    ----------
    kind
        Of the exam that is to be read.
    most
        How many are chosen at most, >= 0.
    """
    newest = sorted(priors, key=_find_age, reverse=True)
    nearest = sorted(newest, key=lambda prior: _measure_distance(prior.kind, kind))
    return tuple(prior.study_id for prior in nearest[:most])


def _find_age(prior: Prior) -> tuple[str, datetime, int]:
    is_date = len(prior.made_on) == len("YYYYMMDD") and prior.made_on.isdecimal()
    made_on = prior.made_on if is_date else f"{prior.arrived_at:%Y%m%d}"
    return made_on, prior.arrived_at, prior.study_id


def _measure_distance(one: ExamKind, other: ExamKind) -> tuple[bool, bool]:
    is_same_region = one.region is other.region is not Region.OTHER
    return not is_same_region, one.modality != other.modality
