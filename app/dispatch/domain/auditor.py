"""What must be true of every open case: somebody answers for it, and a deadline is to come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.cases.domain.states import CaseState

AUDIT_EVERY = timedelta(minutes=1)
OVERDUE_AFTER = timedelta(minutes=2)
"""A deadline that nobody has acted on for so long is none: whoever should is not at work."""


class Fault(StrEnum):
    """What is wrong with an open case."""

    NO_OWNER = "no_owner"
    """Neither claimed nor offered to anybody."""
    NO_DEADLINE = "no_deadline"
    """Nothing will ever look at it again."""
    OVERDUE = "overdue"
    """Its deadline passed, and nobody acted on it."""
    CLAIM_LOST = "claim_lost"
    """It is being read, but not by whoever has claimed it, or by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAudited:
    """What an audit looks at of a case that is open for dispatch; instants are aware."""

    case_id: int
    state: CaseState
    has_images: bool
    was_decided: bool
    """Did dispatch ever decide about it? Before that, it is the platform's to offer."""
    is_decided_anew: bool
    """Has it left its reader, and dispatch still to say to whom it goes? Then it is the platform's.
    """
    nominees: int
    reader_id: int | None
    claimed_by: int | None
    """Whose claim stands."""
    dispatch_due_at: datetime | None
    step_due_at: datetime | None
    claim_due_at: datetime | None
    images_due_at: datetime | None
    """When its site is asked, or asked again, for images that have not come."""


def find_faults(case: CaseAudited, *, now: datetime) -> tuple[Fault, ...]:
    """Say what is wrong with an open case; nothing: it is proved.

    A case without an image waits for its site: whoever validated the request or the coordinator is
    told in time. One that nobody was ever offered is owned by the platform until it is due.
    """
    faults = []
    if not _has_owner(case):
        faults.append(Fault.NO_OWNER)
    if case.state is CaseState.READING and case.claimed_by != case.reader_id:
        faults.append(Fault.CLAIM_LOST)
    deadline = _find_deadline(case)
    if deadline is None:
        faults.append(Fault.NO_DEADLINE)
    elif now - deadline > OVERDUE_AFTER:
        faults.append(Fault.OVERDUE)
    return tuple(faults)


def _has_owner(case: CaseAudited) -> bool:
    match case.state:
        case CaseState.READING:
            return case.claimed_by is not None
        case CaseState.NOMINATED:
            return case.nominees > 0 or case.is_decided_anew
        case _:
            return not case.has_images or not case.was_decided


def _find_deadline(case: CaseAudited) -> datetime | None:
    """Find when something looks at the case next, as far as its state lets it."""
    if case.state is CaseState.READING:
        return case.claim_due_at
    if not case.has_images:
        return case.dispatch_due_at or case.images_due_at
    known = [each for each in (case.dispatch_due_at, case.step_due_at) if each is not None]
    return min(known, default=None)
