"""Use cases of a request and its images: which they are, and where they are."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.requests.domain.matching import RequestKey, StudyKey, find_match
from app.requests.domain.states import ACCEPTED, STANDING, RequestState
from app.requests.events import ImagesOverdue
from app.requests.models import Request
from app.requests.repository import requests as repository
from app.requests.service.deciding import find_images_due


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


async def images_came(session: AsyncSession, request_id: int, *, now: datetime) -> bool:
    """Note that images of a request have come; tell whether these are the first.

    Nobody is asked for them any more, and nobody cancels it.
    """
    request = await repository.lock_request(session, request_id)
    if request.images_at is not None:
        return False
    await repository.change(session, request_id, images_at=now, images_due_at=None)
    await repository.add_event(
        session, request_id=request_id, kind="images_came", now=now, by_user_id=None
    )
    return True


async def images_left(session: AsyncSession, request_id: int, *, now: datetime) -> None:
    """Note that the images were not those of a request: if it stands, it waits for them anew."""
    request = await repository.lock_request(session, request_id)
    if request.images_at is None or RequestState(request.state) not in STANDING:
        return
    accepted = RequestState(request.state) in ACCEPTED
    due_at = await find_images_due(session, request, now=now) if accepted else None
    await repository.change(session, request_id, images_at=None, images_due_at=due_at)
    await repository.add_event(
        session, request_id=request_id, kind="images_left", now=now, by_user_id=None
    )


async def take_overdue(session: AsyncSession, *, now: datetime, limit: int) -> list[ImagesOverdue]:
    """Take the accepted requests whose images should have come: each is given once.

    The caller lets the sites be asked, in the same transaction.
    """
    overdue = []
    for request, site in await repository.lock_images_due(session, now=now, limit=limit):
        await repository.change(session, request.id, images_due_at=None)
        await repository.add_event(
            session, request_id=request.id, kind="images_asked_for", now=now, by_user_id=None
        )
        overdue.append(
            ImagesOverdue(
                request_id=request.id,
                radiologist_id=request.decided_by,
                site_id=site.id,
                site_name=site.name,
                telephone=site.telephone_ct,
            )
        )
    return overdue


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next site is to be asked for its images."""
    return await repository.find_next_due(session)
