"""Use cases of requests: a case opens before its images, is owned, or never comes to be."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.priority import Priority, Urgency
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseAwaitsImages, CaseVoided
from app.cases.models import Case
from app.cases.service.clocks import raise_to, take_site_snapshot
from app.cases.service.closing import void
from app.intake.domain.attributes import PatientIdentity
from app.intake.repository.arrivals import save_patients
from app.requests.domain.states import STANDING
from app.requests.models import Request
from app.requests.repository import requests

_ASKED_FOR = "asked for by the request"


async def open_for_request(
    session: AsyncSession,
    *,
    request_id: int,
    owner_id: int,
    by_user_id: int | None,
    now: datetime,
) -> CaseAwaitsImages | None:
    """Open the case of an accepted request, without any image; one that stands gets its owner.

    Parameters
    ----------
    owner_id
        Who accepted it: its images are theirs.

    Returns
    -------
    CaseAwaitsImages or None
        Nothing when the request had a case: its images came before the decision.
    """
    request = await requests.lock_request(session, request_id)
    case_id = await repository.find_case_of_request(session, request_id)
    fresh = case_id is None
    if case_id is None:
        case_id = await _open_case(session, request, now=now)
        await repository.link_request(session, case_id=case_id, request_id=request.id, now=now)
    case = await repository.lock_case(session, case_id)
    if CaseState(case.state) in OPEN_FOR_DISPATCH:
        await repository.change(session, case_id, owner_id=owner_id)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.REQUEST_DECIDED,
        now=now,
        by_user_id=by_user_id,
        detail={"request": request.id, "decision": request.state},
    )
    return CaseAwaitsImages(case_id=case_id, request_id=request.id) if fresh else None


async def _open_case(session: AsyncSession, request: Request, *, now: datetime) -> int:
    priority = Priority(request.priority)
    sla = await take_site_snapshot(session, site_id=request.site_id, priority=priority)
    case = await repository.add_case(
        session,
        Case(
            site_id=request.site_id,
            patient_id=await _save_patient(session, request),
            priority=priority.value,
            priority_reason=_ASKED_FOR,
            state=CaseState.OPEN.value,
            state_at=now,
            state_reason="request validated",
            created_at=now,
            description=request.exam,
        ),
    )
    await repository.add_sla(session, case_id=case.id, sla=sla, now=now)
    return case.id


async def _save_patient(session: AsyncSession, request: Request) -> int:
    """Write the identity that the site typed; that of the images takes its place."""
    domain_id = await repository.find_domain_of_site(session, request.site_id)
    identity = PatientIdentity(
        patient_id=request.patient_id,
        issuer_of_patient_id="",
        patient_name=f"{request.family_name}^{request.given_name}".rstrip("^"),
        patient_birth_date="" if request.birth_date is None else f"{request.birth_date:%Y%m%d}",
        patient_sex=request.sex,
    )
    saved = await save_patients(session, [(domain_id, identity)])
    return saved[domain_id, identity]


async def take_request(
    session: AsyncSession,
    case_id: int,
    *,
    request_id: int,
    now: datetime,
    by_user_id: int | None = None,
) -> None:
    """Put a request that has no case into one that the caller has locked.

    Who accepted the request owns the images; the case is at least as urgent as was asked for.
    """
    request = await requests.get_request(session, request_id)
    await repository.link_request(session, case_id=case_id, request_id=request_id, now=now)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.REQUEST_JOINED,
        now=now,
        by_user_id=by_user_id,
        detail={"request": request_id},
    )
    case = await repository.get_case(session, case_id)
    await repository.change(session, case_id, owner_id=request.decided_by or case.owner_id)
    asked = Urgency(Priority(request.priority), _ASKED_FOR)
    await raise_to(session, case, urgency=asked, now=now)


async def drop_request(
    session: AsyncSession,
    *,
    request_id: int,
    decision: str,
    by_user_id: int | None,
    now: datetime,
) -> CaseVoided | None:
    """Set the case of a refused or cancelled request aside, unless it has images.

    Parameters
    ----------
    decision
        `refused` or `cancelled`.
    """
    await requests.lock_request(session, request_id)
    case_id = await repository.find_case_of_request(session, request_id)
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.REQUEST_DECIDED,
        now=now,
        by_user_id=by_user_id,
        detail={"request": request_id, "decision": decision},
    )
    if CaseState(case.state) is CaseState.VOIDED or await _is_still_asked(session, case_id):
        await repository.touch(session, case_id)
        return None
    return await void(
        session, case_id=case_id, reason=f"request {decision}", by_user_id=by_user_id, now=now
    )


async def _is_still_asked(session: AsyncSession, case_id: int) -> bool:
    """Tell whether a case has images, or a request that stands and waits for them."""
    if await repository.list_studies(session, case_id):
        return True
    linked = await repository.list_request_ids(session, case_id)
    return any([(await requests.get_request(session, each)).state in STANDING for each in linked])
