"""Use cases of a request and its images: which they are, and where they are."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.requests.domain.matching import RequestKey, StudyKey, find_match
from app.requests.models import Request
from app.requests.repository import requests as repository
from app.requests.service.writing import subject_of
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind


async def find_for_study(
    session: AsyncSession,
    *,
    site_id: int,
    accession_numbers: Collection[str],
    patient_id: str,
    at: datetime,
) -> Request | None:
    """Find the request that a study answers; nothing when none fits, or more than one.

    Parameters
    ----------
    accession_numbers
        All that the study carries.
    patient_id
        As received; a dummy one says nothing.
    at
        When its first image arrived, aware.
    """
    rows = await repository.list_candidates(
        session, site_id=site_id, accession_numbers=accession_numbers, patient_id=patient_id
    )
    if not rows:
        return None
    hours = await read_value(session, SettingKey.REQUEST_JOIN_HOURS, site_id=site_id)
    dummies = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=site_id)
    found = find_match(
        StudyKey(
            site_id=site_id,
            accession_numbers=frozenset(accession_numbers),
            patient_id=patient_id,
            at=at,
        ),
        [_key_of(each) for each in rows],
        within=timedelta(hours=hours),
        dummy_patient_ids=dummies,
    )
    return next((each for each in rows if each.id == found), None)


def _key_of(request: Request) -> RequestKey:
    return RequestKey(
        request_id=request.id,
        site_id=request.site_id,
        accession_number=request.accession_number,
        patient_id=request.patient_id,
        requested_at=request.requested_at,
    )


async def images_came(session: AsyncSession, request_id: int, *, now: datetime) -> None:
    """Note that images of a request have come: nobody is asked for them, nobody cancels it."""
    request = await repository.lock_request(session, request_id)
    if request.images_at is not None:
        return
    await repository.change(session, request_id, images_at=now, images_due_at=None)
    await repository.add_event(
        session, request_id=request_id, kind="images_came", now=now, by_user_id=None
    )
    await tasks.settle_by_itself(
        session,
        TaskKind.ASK_FOR_IMAGES,
        subject=subject_of(request_id),
        outcome="images came",
        now=now,
    )


async def ask_for_images(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Let sites be asked for the images of accepted requests; return how many."""
    due = await repository.lock_images_due(session, now=now, limit=limit)
    for request, site in due:
        await tasks.raise_task(
            session,
            TaskKind.ASK_FOR_IMAGES,
            subject=subject_of(request.id),
            now=now,
            site_id=site.id,
            radiologist_id=request.decided_by,
            detail={"request": request.id, "site": site.name, "telephone": site.telephone_ct},
        )
        await repository.change(session, request.id, images_due_at=None)
        await repository.add_event(
            session, request_id=request.id, kind="images_asked_for", now=now, by_user_id=None
        )
    return len(due)


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next site is to be asked for its images."""
    return await repository.find_next_due(session)
