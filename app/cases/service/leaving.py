"""Use cases of a study that turns out to be no case, or one of another site."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.priority import Priority
from app.cases.domain.sla import find_signed_due
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import StudyLeft
from app.cases.service.clocks import take_site_snapshot
from app.cases.service.closing import void
from app.cases.service.contents import take_stock
from app.cases.service.joining import check_open, forget_seen


async def leave(
    session: AsyncSession, *, study_id: int, reason: str, by_user_id: int, now: datetime
) -> StudyLeft | None:
    """Take a study out of its case; a case without any study is set aside.

    Returns
    -------
    StudyLeft or None
        Nothing when it had no case.

    Raises
    ------
    CaseClosed
        If the case is signed: what was read is not taken away.
    """
    case_id = await repository.find_standing_case_of_study(session, study_id)
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    check_open(case)
    request_ids = tuple(await repository.list_request_ids(session, case_id))
    await repository.end_links(
        session, case_id=case_id, now=now, study_ids=[study_id], request_ids=[]
    )
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.STUDY_LEFT,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        detail={"study": study_id},
    )
    if await repository.list_studies(session, case_id):
        was_count = case.instance_count
        await take_stock(session, case_id)
        await forget_seen(session, case_id, was_count=was_count)
        return StudyLeft(case_id=case_id, study_id=study_id, request_ids=(), is_voided=False)
    await void(session, case_id=case_id, reason=reason, by_user_id=by_user_id, now=now)
    return StudyLeft(case_id=case_id, study_id=study_id, request_ids=request_ids, is_voided=True)


async def move_to_site(
    session: AsyncSession, *, study_id: int, site_id: int, now: datetime
) -> int | None:
    """Let the case of a study alone follow it to another site, with that site's clocks.

    Returns
    -------
    int or None
        The case; nothing when the study has none, or shares it with others.

    Raises
    ------
    CaseClosed
        If the case is signed.
    """
    case_id = await repository.find_standing_case_of_study(session, study_id)
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    check_open(case)
    studies = await repository.list_studies(session, case_id)
    if len(studies) > 1 or await repository.list_request_ids(session, case_id):
        return None
    sla = await take_site_snapshot(session, site_id=site_id, priority=Priority(case.priority))
    await repository.add_sla(session, case_id=case_id, sla=sla, now=now)
    offered = CaseState(case.state) is not CaseState.READING
    await repository.change(
        session,
        case_id,
        site_id=site_id,
        signed_due_at=find_signed_due(sla, first_image_at=case.first_image_at),
        # Other readers may read for that site: it is offered anew.
        dispatch_due_at=now if offered else case.dispatch_due_at,
    )
    return case_id
