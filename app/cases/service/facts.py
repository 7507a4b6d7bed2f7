"""Use cases of what is so beside the state: complete, seen; and why something is done."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.incidents import IncidentKind
from app.cases.domain.timeline import EventKind
from app.cases.service.contents import combine_reasons
from app.kit.errors import Invalid

_LONGEST_REASON = 500


async def note_completeness(
    session: AsyncSession, study_ids: Collection[int], *, now: datetime
) -> list[int]:
    """Label cases complete when the last of their studies is; list those that are due by it."""
    case_ids = await repository.lock_incomplete(session, study_ids)
    studies = defaultdict(list)
    for each in await repository.list_completeness(session, case_ids) if case_ids else ():
        studies[each.case_id].append(each)
    reasons = {
        case_id: combine_reasons(each.complete_reason for each in of_case)
        for case_id, of_case in studies.items()
        if all(each.complete_at is not None for each in of_case)
    }
    return await repository.mark_complete(session, reasons, now=now) if reasons else []


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


async def note_incident(
    session: AsyncSession,
    *,
    case_id: int,
    kind: IncidentKind,
    text: str,
    by_user_id: int,
    now: datetime,
) -> None:
    """Put a technical event on the timeline, in whatever state the case is.

    Raises
    ------
    Invalid
        If nothing is said, or more than a timeline shows.
    """
    check_reason(text)
    await repository.lock_case(session, case_id)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.INCIDENT,
        now=now,
        by_user_id=by_user_id,
        reason=text.strip(),
        detail={"kind": kind.value},
    )
    await repository.touch(session, case_id)


async def note_exam_finished(
    session: AsyncSession, *, case_id: int, by_user_id: int, now: datetime
) -> None:
    """Put on the timeline that the hospital expects no further image of a locked case."""
    await repository.add_event(
        session, case_id=case_id, kind=EventKind.EXAM_FINISHED, now=now, by_user_id=by_user_id
    )
    await repository.touch(session, case_id)


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
