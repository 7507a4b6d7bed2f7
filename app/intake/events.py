"""What the use cases of intake tell their callers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.intake.domain.classes import IntakeClass
from app.intake.domain.repeats import Repeat


@dataclass(frozen=True, slots=True)
class DuplicateArrived:
    """The same instance with the same content came again.

    Parameters
    ----------
    arrival_id
        Of the new file.
    kept_arrival_id
        Of the one that is kept.
    kept_is_gone
        Its file was given up on purpose; only its row is left.
    """

    arrival_id: UUID
    kept_arrival_id: UUID
    kept_is_gone: bool = False


@dataclass(frozen=True, slots=True)
class ArrivalsRecorded:
    """A batch of arrivals has its rows.

    Parameters
    ----------
    kept
        Arrivals that have a row of their own now, or had one before.
    duplicates
        Arrivals that brought nothing new.
    study_ids
        Studies that grew.
    repeat_count
        How many of the kept ones repeat a known UID and wait to be compared.
    replaced
        Arrivals that were given up, and whose rows have others now: what is left of them may go.
    """

    kept: tuple[UUID, ...]
    duplicates: tuple[DuplicateArrived, ...]
    study_ids: frozenset[int]
    repeat_count: int = 0
    replaced: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class RepeatSettled:
    """A known UID with other bytes was compared.

    Parameters
    ----------
    arrival_id
        Of the repeat; its file goes when it is the same.
    """

    study_id: int
    instance_id: int
    arrival_id: UUID
    repeat: Repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReclassed:
    """A person gave a study another class: a case opens, or is voided while it is unsigned.

    Parameters
    ----------
    was
        Missing when no rule had looked at it yet.
    at
        Aware.
    """

    study_id: int
    intake_class: IntakeClass
    was: IntakeClass | None
    by_user_id: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChosen:
    """A person settled whose images a study are; its case follows.

    Parameters
    ----------
    patient_id
        The identity in force now: a key, not a Patient ID.
    was_patient_id
        The one in force before; it may be the same.
    at
        Aware.
    """

    study_id: int
    patient_id: int
    was_patient_id: int
    by_user_id: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfirmed:
    """A person said of which site a study is; its case follows.

    Parameters
    ----------
    was_site_id
        It may be the same: then it was only to be confirmed.
    at
        Aware.
    """

    study_id: int
    site_id: int
    was_site_id: int
    by_user_id: int
    at: datetime
