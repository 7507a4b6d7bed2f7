"""Use cases of a request and its images: which they are, and where they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_values
from app.requests.domain.matching import RequestKey, StudyKey, find_match
from app.requests.domain.states import ACCEPTED, STANDING, RequestState
from app.requests.events import ImagesOverdue
from app.requests.models import Request
from app.requests.repository import requests as repository
from app.requests.service.deciding import find_images_due


async def find_for_studies(
    session: AsyncSession, studies: Sequence[StudyKey]
) -> list[Request | None]:
    """Find the request that each study answers; nothing when none fits, or more than one."""
    rows = await repository.list_candidates(
        session,
        site_ids={each.site_id for each in studies},
        accession_numbers={text for each in studies for text in each.accession_numbers},
        patient_ids={each.patient_id for each in studies},
    )
    if not rows:
        return [None] * len(studies)
    sites = {each.site_id for each in studies}
    values = await read_values(session, _MATCH_KEYS, site_ids=sites)
    by_id = {each.id: each for each in rows}
    keys = [_key_of(each) for each in rows]
    found = [
        find_match(
            each,
            keys,
            within=timedelta(hours=values[each.site_id][SettingKey.REQUEST_JOIN_HOURS]),
            dummy_patient_ids=values[each.site_id][SettingKey.DUMMY_PATIENT_IDS],
        )
        for each in studies
    ]
    return [None if each is None else by_id[each] for each in found]


_MATCH_KEYS = (SettingKey.REQUEST_JOIN_HOURS, SettingKey.DUMMY_PATIENT_IDS)


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
