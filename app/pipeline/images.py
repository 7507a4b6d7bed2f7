"""From the images of a study to a case."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as case_rows
from app.cases import service as cases
from app.cases.events import CaseOpened, ImagesAdded, StudyJoined
from app.db.locks import wait_for_lock
from app.delivery import service as delivery
from app.intake import service as intake
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study
from app.intake.repository import lists as studies
from app.pipeline.announced import weigh_request
from app.pipeline.offering import wake_dispatch
from app.pipeline.orders import images_came
from app.requests import service as requests
from app.requests.domain.states import STANDING, RequestState
from app.requests.repository import requests as request_rows
from app.settings import Settings
from app.tasks.domain.kinds import TaskKind


async def lock_patients(session: AsyncSession, arrived: Sequence[Study]) -> None:
    """Let only one at a time look for the cases of these studies' patients.

    In one order, so that two who tell of several studies do not wait for each other.
    """
    names = {await cases.name_patient_lock(session, study) for study in arrived}
    for name in sorted(names):
        await wait_for_lock(session, name)


async def images_arrived(
    session: AsyncSession, study: Study, *, settings: Settings, now: datetime
) -> int | None:
    """When images of a study are indexed, a case opens at the first one, is joined, or grows.

    What is no case (a prior, a test, out of contract) is listed, and rings nobody.

    Returns
    -------
    int or None
        The case that opened, or got its first images; it may be offered at once.
    """
    await cases.lock_patient(session, study)
    if not await _is_case(session, study, settings=settings, now=now):
        await _beside_a_case(session, study, now=now)
        return None
    request_id = await _find_request(session, study)
    event = await cases.take_news(
        session,
        study,
        now=now,
        ae_title=settings.ae_title,
        dispatch_latest=settings.dispatch_latest,
        request_id=request_id,
    )
    match event:
        case CaseOpened() | StudyJoined():
            await _ask_for_site(session, study, case_id=event.case_id, now=now)
            if request_id is not None or isinstance(event, StudyJoined):
                await weigh_request(session, event.case_id, settings=settings)
            return await _case_grown(session, event, request_id=request_id, now=now)
        case ImagesAdded():
            await _images_added(session, event, now=now)
            return None
        case None:
            return None


async def _is_case(
    session: AsyncSession, study: Study, *, settings: Settings, now: datetime
) -> bool:
    """Class a study before it is told to anybody; one that has a case goes on with it."""
    if await case_rows.find_standing_case_of_study(session, study.id) is not None:
        return True
    intake_class = await intake.classify(session, study, settings=settings, now=now)
    return intake_class is IntakeClass.CASE


async def _beside_a_case(session: AsyncSession, study: Study, *, now: datetime) -> None:
    """When a prior comes, it follows the images of a case of the same patient to its readers."""
    if study.intake_class == IntakeClass.PRIOR.value and not study.identity_open:
        await delivery.prior_came(session, study, now=now)


async def _ask_for_site(
    session: AsyncSession, study: Study, *, case_id: int, now: datetime
) -> None:
    """When no rule named the site of a study, somebody is asked."""
    if study.site_to_confirm:
        await cases.raise_case_task(
            session,
            TaskKind.CONFIRM_SITE,
            case_id=case_id,
            subject=cases.subject_of_study(study.id),
            now=now,
            detail={"study": study.id, "institution": study.institution_name},
        )


async def _find_request(session: AsyncSession, study: Study) -> int | None:
    """Find and lock the request that a study answers, when it has no case yet."""
    if await case_rows.find_case_of_study(session, study.id) is not None:
        return None
    accession_numbers = await studies.list_accessions(session, study.id)
    patient_id = await studies.get_patient_id(session, study.id)
    while True:
        found = await requests.find_for_study(
            session,
            site_id=study.site_id,
            accession_numbers=accession_numbers,
            patient_id=patient_id,
            at=study.first_image_at,
        )
        if found is None:
            return None
        request = await request_rows.lock_request(session, found.id)
        # It may have been refused or cancelled while this waited for it: then it is none.
        if RequestState(request.state) in STANDING:
            return request.id


async def _case_grown(
    session: AsyncSession, event: CaseOpened | StudyJoined, *, request_id: int | None, now: datetime
) -> int:
    """When a case has another study, its requests are answered and its readers get the images."""
    case_id = event.case_id
    if request_id is not None:
        await images_came(session, request_id, now=now)
    if isinstance(event, CaseOpened):
        await cases.note_no_request(session, case_id, now=now)
    else:
        await delivery.send_to_readers(session, case_id, now=now)
    await wake_dispatch(session)
    return case_id


async def _images_added(session: AsyncSession, event: ImagesAdded, *, now: datetime) -> None:
    """When a case grows, the nodes that have it get the rest; after signature it is a task."""
    if event.image_count or not event.after_signature:
        # Paper that comes after the signature stays here: nobody waits for it.
        await delivery.send_new_images(session, study_id=event.study_id, now=now)
    if event.image_count and event.is_task:
        await cases.raise_case_task(
            session,
            TaskKind.LATE_IMAGES,
            case_id=event.case_id,
            now=now,
            detail={"instances": event.unseen_count, "study": event.study_id},
        )


async def study_completed(session: AsyncSession, study_id: int, *, now: datetime) -> int | None:
    """When a study has been silent long enough, its case is due once all its studies are.

    Returns
    -------
    int or None
        The case that is complete; it may be offered at once.
    """
    event = await cases.note_completeness(session, study_id, now=now)
    if event is None:
        return None
    await wake_dispatch(session)
    return event.case_id
