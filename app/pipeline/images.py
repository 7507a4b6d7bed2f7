"""From the images of a study to a case."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as case_rows
from app.cases import service as cases
from app.cases.events import CaseOpened, ImagesAdded, StudyJoined
from app.delivery import service as delivery
from app.directory.service.settings_history import read_values
from app.intake import service as intake
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study
from app.intake.repository.studies import StudyWithNews
from app.pipeline.alone import ask_for_site, key_of_study, open_alone
from app.pipeline.announced import weigh_request
from app.pipeline.offering import wake_dispatch
from app.pipeline.orders import images_came
from app.requests import service as requests
from app.requests.domain.states import STANDING, RequestState
from app.requests.repository import requests as request_rows
from app.settings import Settings
from app.tasks.domain.kinds import TaskKind


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
    found = await all_images_arrived(session, [study], settings=settings, now=now)
    return found[0] if found else None


async def all_images_arrived(
    session: AsyncSession, studies: Sequence[Study], *, settings: Settings, now: datetime
) -> list[int]:
    """When images of several studies are indexed, the same is done for all of them at once.

    Returns
    -------
    list
        The cases that opened, or got their first images; of those that opened alone the most
        urgent first.
    """
    news = await intake.read_news(session, studies)
    await cases.lock_patients(session, news)
    opened = await open_alone(session, news, settings=settings, now=now)
    found = [each.case_id for each in opened]
    told = {each.study_id for each in opened}
    others = [each for each in news if each.study.id not in told]
    if len(others) > 1:
        await case_rows.lock_cases_of_studies(session, [each.study.id for each in others])
    for each in others:
        case_id = await _tell_case(session, each, settings=settings, now=now)
        found += [] if case_id is None else [case_id]
    if found:
        await wake_dispatch(session)
    return found


async def _tell_case(
    session: AsyncSession, new: StudyWithNews, *, settings: Settings, now: datetime
) -> int | None:
    """When a study is not alone, its request and its patient's other studies are looked for."""
    request_id = None
    if await case_rows.find_standing_case_of_study(session, new.study.id) is None:
        if not await _is_case(session, new, settings=settings):
            await _beside_a_case(session, new.study, now=now)
            return None
        request_id = await _find_request(session, new)
    event = await cases.take_news(
        session,
        new,
        now=now,
        ae_title=settings.ae_title,
        dispatch_latest=settings.dispatch_latest,
        request_id=request_id,
    )
    match event:
        case CaseOpened() | StudyJoined():
            await ask_for_site(session, new.study, case_id=event.case_id, now=now)
            if request_id is not None or isinstance(event, StudyJoined):
                await weigh_request(session, event.case_id, settings=settings)
            await _case_grown(session, event, request_id=request_id, now=now)
            return event.case_id
        case ImagesAdded():
            await _images_added(session, event, now=now)
            return None
        case None:
            return None


async def _is_case(session: AsyncSession, new: StudyWithNews, *, settings: Settings) -> bool:
    """Class a study before it is told to anybody."""
    study = new.study
    values = await read_values(session, intake.CLASS_KEYS, site_ids=[study.site_id])
    await intake.classify(session, [new], values=values, settings=settings)
    return study.intake_class in {None, IntakeClass.CASE.value}


async def _beside_a_case(session: AsyncSession, study: Study, *, now: datetime) -> None:
    """When a prior comes, it follows the images of a case of the same patient to its readers."""
    if study.intake_class == IntakeClass.PRIOR.value and not study.identity_open:
        await delivery.prior_came(session, study, now=now)


async def _find_request(session: AsyncSession, new: StudyWithNews) -> int | None:
    """Find and lock the request that a study answers, when it has no case yet."""
    if await case_rows.find_case_of_study(session, new.study.id) is not None:
        return None
    while True:
        (found,) = await requests.find_for_studies(session, [key_of_study(new)])
        if found is None:
            return None
        request = await request_rows.lock_request(session, found.id)
        # It may have been refused or cancelled while this waited for it: then it is none.
        if RequestState(request.state) in STANDING:
            return request.id


async def _case_grown(
    session: AsyncSession, event: CaseOpened | StudyJoined, *, request_id: int | None, now: datetime
) -> None:
    """When a case has another study, its requests are answered and its readers get the images."""
    case_id = event.case_id
    if request_id is not None:
        await images_came(session, request_id, now=now)
    if isinstance(event, StudyJoined):
        await delivery.send_to_readers(session, case_id, now=now)
    elif not await case_rows.list_request_ids(session, case_id):
        await cases.note_no_request(session, [case_id], now=now)


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


async def studies_completed(
    session: AsyncSession, study_ids: Collection[int], *, now: datetime
) -> list[int]:
    """When studies have been silent long enough, their cases are due once all their studies are.

    Returns
    -------
    list
        The cases that nobody was offered yet; they may be offered at once.
    """
    due = await cases.note_completeness(session, study_ids, now=now)
    if due:
        await wake_dispatch(session)
    return due
