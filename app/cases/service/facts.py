"""Use cases of what is so beside the state: complete, seen; and why something is done."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseCompleted
from app.kit.errors import Invalid

_LONGEST_REASON = 500


async def note_completeness(
    session: AsyncSession, study_id: int, *, now: datetime
) -> CaseCompleted | None:
    """Label a case complete when the last of its studies is."""
    case_id = await repository.find_case_of_study(session, study_id)
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    studies = await repository.list_studies(session, case_id)
    if case.complete_at is not None or any(study.complete_at is None for study in studies):
        return None
    reason = "; ".join(dict.fromkeys(study.complete_reason or "" for study in studies))
    due = case.dispatch_due_at
    await repository.change(
        session,
        case_id,
        complete_at=now,
        complete_reason=reason,
        dispatch_due_at=None if due is None else min(due, now),
    )
    await repository.add_event(
        session, case_id=case_id, kind=EventKind.COMPLETE, now=now, by_user_id=None, reason=reason
    )
    return CaseCompleted(case_id=case_id)


async def mark_images_seen(
    session: AsyncSession, *, case_id: int, seen_count: int, by_user_id: int, now: datetime
) -> None:
    """Note that the reader has seen the case's images.

    Parameters
    ----------
    seen_count
        How many the reader's page showed: those that came since stay unseen.

    Raises
    ------
    Invalid
        If the case never had that many.
    """
    case = await repository.lock_case(session, case_id)
    if not 0 <= seen_count <= case.instance_count:
        msg = f"case {case_id} has {case.instance_count} images, not {seen_count}"
        raise Invalid(msg)
    if seen_count <= case.seen_count:
        return
    await repository.change(session, case_id, seen_count=seen_count)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.IMAGES_SEEN,
        now=now,
        by_user_id=by_user_id,
        detail={"instances": seen_count},
    )


def check_reason(reason: str) -> None:
    """Refuse an empty reason, or one that is longer than a timeline shows.

    Raises
    ------
    Invalid
        If it has not 1 to 500 characters.
    """
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        msg = f"say why, in 1 to {_LONGEST_REASON} characters: the timeline keeps it"
        raise Invalid(msg)
