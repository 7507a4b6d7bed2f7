"""What a study is for us, and of which site: by a click, and the case follows."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as case_rows
from app.cases import service as cases
from app.cases.domain.timeline import EventKind
from app.db.notify import WORK, notify
from app.delivery import service as delivery
from app.directory.domain import Actor
from app.directory.models import Site
from app.dispatch import service as dispatch
from app.intake import service as intake
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study
from app.intake.service.found import lock_study
from app.pipeline.offering import wake_dispatch
from app.pipeline.orders import images_left, lock_requests
from app.pipeline.reading import user_of
from app.requests.domain.states import ACCEPTED
from app.requests.repository import requests
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind


async def reclass_study(
    session: AsyncSession,
    study_id: int,
    *,
    intake_class: IntakeClass,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """When somebody says what a study is, it leaves its case, or is told of like new images."""
    await intake.reclass(
        session, study_id, intake_class=intake_class, actor=actor, reason=reason, now=now
    )
    if intake_class is IntakeClass.CASE:
        await notify(session, channel=WORK, payload="studies")
    else:
        await _leave_case(session, study_id, reason=reason, actor=actor, now=now)


async def _leave_case(
    session: AsyncSession, study_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """When a study leaves its case, nobody reads what is left of it if nothing is.

    Whether it still goes to the readers of other cases of the patient, as a prior, is asked anew.
    """
    case_id = await case_rows.find_standing_case_of_study(session, study_id)
    await lock_requests(session, [] if case_id is None else [case_id])
    study = await session.get_one(Study, study_id)
    concerned = await delivery.lock_concerned(session, study)
    await _leave(session, study_id, reason=reason, actor=actor, now=now)
    await delivery.send_anew(session, concerned, now=now)


async def _leave(
    session: AsyncSession, study_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    by_user_id = user_of(actor)
    event = await cases.leave(
        session, study_id=study_id, reason=reason, by_user_id=by_user_id, now=now
    )
    if event is None or not event.is_voided:
        return
    await dispatch.let_go(session, case_id=event.case_id, now=now)
    await delivery.cancel_for_case(session, case_id=event.case_id, now=now)
    await cases.settle_all(
        session, case_id=event.case_id, outcome="set aside", by_user_id=by_user_id, now=now
    )
    for request_id in event.request_ids:
        await images_left(session, request_id, now=now)
        request = await requests.get_request(session, request_id)
        if request.state in ACCEPTED and request.decided_by is not None:
            await cases.open_for_request(
                session,
                request_id=request_id,
                owner_id=request.decided_by,
                by_user_id=by_user_id,
                now=now,
            )


async def confirm_site(
    session: AsyncSession, study_id: int, *, site_id: int, actor: Actor, now: datetime
) -> None:
    """When somebody says of which site a study is, its case follows, or lets it go."""
    event = await intake.confirm_site(session, study_id, site_id=site_id, actor=actor, now=now)
    case_id = await case_rows.find_standing_case_of_study(session, study_id)
    if case_id is not None:
        await case_rows.add_event(
            session,
            case_id=case_id,
            kind=EventKind.SITE_CONFIRMED,
            now=now,
            by_user_id=user_of(actor),
            detail={"study": study_id, "from": event.was_site_id, "to": site_id},
        )
    if event.site_id != event.was_site_id:
        await _move(session, study_id, site_id=site_id, actor=actor, now=now)
    task = await tasks.find_standing(
        session, TaskKind.CONFIRM_SITE, subject=cases.subject_of_study(study_id)
    )
    if task is not None:
        outcome = "site confirmed"
        by_user_id = user_of(actor)
        await tasks.settle(session, task.id, outcome=outcome, by_user_id=by_user_id, now=now)
        await cases.note_settled(session, task, outcome=outcome, by_user_id=by_user_id, now=now)
    await wake_dispatch(session)


async def _move(
    session: AsyncSession, study_id: int, *, site_id: int, actor: Actor, now: datetime
) -> None:
    moved_id = await cases.move_to_site(session, study_id=study_id, site_id=site_id, now=now)
    if moved_id is not None:
        await _tasks_move(session, moved_id, site_id=site_id)
        return
    await _leave_case(
        session, study_id, reason="the study is of another site", actor=actor, now=now
    )
    # Told of again, it finds its case at the right site, or opens one.
    study = (await lock_study(session, study_id)).study
    study.announced_count = 0
    await notify(session, channel=WORK, payload="studies")


async def _tasks_move(session: AsyncSession, case_id: int, *, site_id: int) -> None:
    """When a case is of another site, so is what must be done: nobody calls the wrong hospital."""
    site = await session.get_one(Site, site_id)
    await tasks.move_to_site(
        session, case_id=case_id, site_id=site_id, telephone=site.telephone_emergency
    )
